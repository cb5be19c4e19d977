//! Defaults, `let`s, choices and blocks with a name.

use rand::Rng;

use super::{Piece, Writer};

/// What may have a default: how often, and with which values.
const DEFAULTS: [(&str, f64, &[&str]); 9] = [
    (
        "act",
        0.5,
        &["relu", "swish", "swish", "hswish", "gelu", "bent"],
    ),
    ("norm", 0.2, &["layer", "layer", "none", "batch", "kind"]),
    ("padding", 0.2, &["same", "same", "symmetric"]),
    ("eps", 0.15, &["1e-3", "0.001", "0"]),
    ("momentum", 0.15, &["0.2", "1e-2"]),
    ("kernel", 0.15, &["3", "three"]),
    ("expand", 0.1, &["2"]),
    ("se", 0.1, &["0.25", "squeeze"]),
    ("ratio", 0.1, &["0.5"]),
];

/// One decision for all that follow it, with how often there is one.
const CHOICES: [(&str, f64, &str); 6] = [
    ("wide", 0.25, "{1, 2}"),
    ("bend", 0.2, "{relu, swish,}"),
    ("squeezed", 0.15, "{0, 0.5}"),
    ("normed", 0.1, "{batch, layer}"),
    ("few", 0.1, "{1, 2}"),
    ("parts", 0.15, "{2, 4}"),
];

impl<R: Rng> Writer<'_, R> {
    pub(super) fn defaults(&mut self) {
        let mut given = Vec::new();
        for (name, often, values) in DEFAULTS {
            if self.chance(often) {
                given.push((name, self.pick(values)));
            }
        }
        // It reaches the convolution of the image.
        if self.width.is_divided_by(2) && self.chance(0.3) {
            given.push(("groups", "2"));
        }
        self.known.defaults = given.iter().map(|(name, _)| *name).collect();
        let given: Vec<String> = given
            .into_iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        match self.chance(0.4) && given.len() > 1 {
            true => self.items.push(format!("default {}", given.join(", "))),
            false => self
                .items
                .extend(given.iter().map(|one| format!("default {one}"))),
        }
    }

    pub(super) fn names(&mut self) {
        self.lets();
        self.choices();
        self.recipes();
        self.blocks();
    }

    /// In the space, or beside it.
    pub(super) fn declare(&mut self, text: impl Into<String>) {
        match self.chance(0.15) {
            true => self.beside.push(text.into()),
            false => self.items.push(text.into()),
        }
    }

    fn lets(&mut self) {
        let ratio = self.pick(&["0.25", "0.25", "0.5", "2.5e-1", "1"]);
        self.declare(format!("let squeeze = {ratio}"));
        let kernels = self.pick(&["{1, 3}", "{1, 3}", "{1, three}", "1..three step 2"]);
        self.declare(format!("let kernels = {kernels}"));
        let bent = self.pick(&["relu6", "hswish", "none"]);
        self.declare(format!("let bent = {bent}"));
        let kind = self.pick(&["layer", "none"]);
        self.declare(format!("let kind = {kind}"));
        for text in [
            "let dots = kernels",
            "let sides = {8, 20}",
            "let edge = 16",
            "let widths = 8..16 step 4",
            "let broad = 12",
            "let three = 0.3e1",
            "let most = three",
            "let halves = 2",
        ] {
            self.declare(text);
        }
    }

    fn choices(&mut self) {
        if self.chance(0.4) {
            let all = [
                ("{1, 3}", 2),
                ("1..5 step 2", 3),
                ("kernels", 2),
                ("{3}", 1),
            ];
            let (kernels, values) = self.one_of(&all);
            self.known.early = values;
            self.known.choices.push("early");
            self.items.push(format!("choice early in {kernels}"));
        }
        for (name, often, values) in CHOICES {
            if self.chance(often) {
                self.known.choices.push(name);
                self.items.push(format!("choice {name} in {values}"));
            }
        }
    }

    pub(super) fn has_choice(&self, name: &str) -> bool {
        self.known.choices.contains(&name)
    }

    fn blocks(&mut self) {
        let kernel = self.kernel();
        let expand = match self.has_choice("wide") && self.chance(0.7) {
            true => Piece::new("expand = wide", 2),
            false => Piece::new("expand in {1, 4}", 2),
        };
        let mb = self.call("ir", vec![kernel, expand, Piece::new("se = squeeze", 1)]);
        self.block("mb", &mb);
        let conv = "conv(kernel = 5, norm = layer)";
        let both = match self.chance(0.3) {
            true => format!("(mb or {conv})"),
            false => format!("mb or {conv}"),
        };
        self.block("both", &Piece::new(both, mb.ways + 1));
        self.block("maybe", &Piece::new("skip or mb", mb.ways + 1));
        if self.known.recipes.contains(&"own") {
            let unit = Piece::new("own(kernel in {1, 3}, act in {relu, none})", 4);
            self.block("unit", &unit);
        }
    }

    fn block(&mut self, name: &'static str, op: &Piece) {
        self.known.blocks.push((name, op.ways));
        self.declare(format!("block {name} = {}", op.text));
    }
}
