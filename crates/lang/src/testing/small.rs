//! Random small spaces as text, for comparing with brute force.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};

/// A space without errors: an image of at most 32 pixels, one to three stages of at most three blocks,
/// at most fourteen candidates a block and width, perhaps with decisions that blocks share, a block of rows, searched
/// widths and a searched resolution. Bounds are on depths and widths only, and may leave no path.
///
/// The space is called `small`, its rows `stem`, `s1` to `s3`, `pool`, `logits`.
pub fn small_space(rng: &mut impl Rng) -> String {
    let mut builder = Builder {
        rng,
        items: Vec::new(),
        rows: Vec::new(),
        width: Width::Fixed(0),
        widths: Vec::new(),
        open_depths: Vec::new(),
        shared: Shared::default(),
        fitted: Vec::new(),
        has_rows: false,
    };
    builder.ports();
    builder.names();
    builder.layers_and_stages();
    builder.order();
    builder.bounds();
    builder.width_bounds();
    builder.text()
}

/// Pieces of a small space with what may stand in their place.
const EDITS: [[&str; 2]; 27] = [
    ["kernel in {1, 3}", "kernel in {1, 3, 5}"],
    ["kernel in {1, 3}", "kernel = 3"],
    ["kernel = 3", "kernel in {1, 3}"],
    ["kernels = {1, 3}", "kernels = {3, 5}"],
    ["expand in {1, 4}", "expand in {1, 2, 4}"],
    ["expand in {1, 4}", "expand = 4"],
    ["squeeze = 0.25", "squeeze = 0.5"],
    ["in 1..3", "in 1..2"],
    ["in 1..2", "in 1..3"],
    ["fit 1..3", "in 1..3"],
    ["channels = 12", "channels = 16"],
    ["channels in {8, 12}", "channels in {8, 12, 16}"],
    ["channels in {8, 16}", "channels = 16"],
    ["resolution in {8, 16}", "resolution = 16"],
    ["resolution in {8, 16}", "resolution in {8, 12, 16}"],
    ["s1", "t1"],
    ["s2", "before_s2"],
    ["act in {relu, none}", "act in {none, relu}"],
    ["act = swish", "act = relu"],
    ["fit {8, 12, 16}", "fit {8, 16}"],
    [" or ", " or conv(kernel = 5) or "],
    ["kernel = early", "kernel in {1, 3}"],
    ["kernel in {1, 3}", "kernel = early"],
    ["expand = wide", "expand in {1, 2}"],
    ["act = bend", "act in {relu, swish}"],
    [" channels in {8, 12}", ""],
    ["own(kernel, act, share = 2)", "own(act, kernel, share = 2)"],
];

/// A small space with up to three things changed: domains, depths, widths, names of rows. It may
/// have errors then, or be the same.
pub fn changed_space(text: &str, rng: &mut impl Rng) -> String {
    let fitting = |[piece, _]: &&[&str; 2]| text.contains(piece);
    let mut edits: Vec<_> = EDITS.iter().filter(fitting).collect();
    edits.shuffle(rng);
    edits.truncate(rng.random_range(0..=3));
    edits
        .into_iter()
        .fold(text.to_owned(), |text, [piece, other]| {
            text.replace(piece, other)
        })
}

struct Builder<'a, R> {
    rng: &'a mut R,
    items: Vec<String>,
    rows: Vec<String>,
    /// Width of the rows so far.
    width: Width,
    /// Rows with a width that may be bounded.
    widths: Vec<String>,
    /// Stages of a searched or fitted depth, with the largest one.
    open_depths: Vec<(String, u32)>,
    shared: Shared,
    /// Those of a fitted one.
    fitted: Vec<String>,
    /// Whether there is a block of rows, `own`.
    has_rows: bool,
}

/// Which choices there are.
#[derive(Clone, Copy, Default)]
struct Shared {
    /// `early`, of kernels.
    early: bool,
    /// `wide`, of expansions.
    wide: bool,
    /// `bend`, of activations.
    bend: bool,
    /// `squeezed`, of ratios of SE.
    squeezed: bool,
}

/// A block of rows that can stand wherever 4 divides the width.
const OWN: &str = "block own(kernel, act, share = 2) {
        left: conv(kernel = 1) channels = out_channels / share stride = stride
        norm
        seen: act
        right: dwconv(kernel = kernel) channels = out_channels - out_channels / share
        last: norm(layer)
        concat(seen, last)
        residual
    }";

/// How wide a row is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Fixed(u32),
    /// By the `channels in` of the row with this number.
    Searched(usize),
}

/// Only that of the image can be.
fn is_odd(width: Width) -> bool {
    matches!(width, Width::Fixed(1 | 3))
}

impl<R: Rng> Builder<'_, R> {
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from.choose(self.rng)
            .expect("there is something to choose from")
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    fn ports(&mut self) {
        let channels = self.rng.random_range(1..=3);
        self.width = Width::Fixed(channels);
        let resolution = self.pick(&[
            "= 8",
            "= 14",
            "= 32",
            "fit {8, 12, 16}",
            "fit 16..32 step 16",
            "in {8, 16}",
            "in {12, 32}",
            "in sides",
            "fit sides",
        ]);
        let classes = self.rng.random_range(2..=10);
        self.items.push(format!(
            "input image(channels = {channels}, resolution {resolution})"
        ));
        self.items.push(format!("output classes({classes})"));
    }

    fn names(&mut self) {
        if self.chance(0.5) {
            let act = self.pick(&["relu", "swish", "hswish", "gelu"]);
            self.items.push(format!("default act = {act}"));
        }
        let ratio = self.pick(&["0.25", "0.5", "1"]);
        self.items.push(format!("let squeeze = {ratio}"));
        self.items.push("let kernels = {1, 3}".to_owned());
        self.items.push("let sides = {8, 20}".to_owned());
        self.items.push("let widths = 8..16 step 4".to_owned());
        self.choices();
        let kernel = self.kernel();
        let expand = match self.shared.wide && self.chance(0.7) {
            true => "= wide",
            false => "in {1, 4}",
        };
        self.items.push(format!(
            "block mb = ir({kernel}, expand {expand}, se = squeeze)"
        ));
        self.items
            .push("block both = mb or conv(kernel = 5, norm = layer)".to_owned());
        self.has_rows = self.chance(0.4);
        if self.has_rows {
            self.items.push(OWN.to_owned());
        }
    }

    fn choices(&mut self) {
        self.shared = Shared {
            early: self.chance(0.4),
            wide: self.chance(0.3),
            bend: self.chance(0.2),
            squeezed: self.chance(0.2),
        };
        if self.shared.early {
            let kernels = self.pick(&["{1, 3}", "1..5 step 2", "kernels", "{3}"]);
            self.items.push(format!("choice early in {kernels}"));
        }
        let others = [
            (self.shared.wide, "choice wide in {1, 2}"),
            (self.shared.bend, "choice bend in {relu, swish}"),
            (self.shared.squeezed, "choice squeezed in {0, 0.5}"),
        ];
        let others = others.iter().filter(|(there, _)| *there);
        self.items
            .extend(others.map(|(_, text)| (*text).to_owned()));
    }

    fn layers_and_stages(&mut self) {
        let stride = self.pick(&["", " stride = 2"]);
        let width = self.next_width("stem");
        self.rows
            .push(format!("layer stem conv(kernel = 3){width}{stride}"));
        for stage in 1..=self.rng.random_range(1..=3) {
            self.stage(stage);
        }
        self.rows.push("layer pool avgpool".to_owned());
        self.rows
            .push("layer logits linear channels = classes".to_owned());
    }

    /// ` channels …` of the next row; nothing where that keeps the width.
    fn next_width(&mut self, row: &str) -> String {
        let searched = self.pick(&["{8, 12}", "{8, 16}", "{12}", "widths"]);
        let fixed = *[8, 12, 16].choose(self.rng).expect("there are widths");
        let way = self.rng.random_range(0..10);
        if way == 0 && !is_odd(self.width) {
            return String::new();
        }
        self.widths.push(row.to_owned());
        if way < 4 {
            self.width = Width::Searched(self.rows.len());
            return format!(" channels in {searched}");
        }
        self.width = Width::Fixed(fixed);
        format!(" channels = {fixed}")
    }

    fn stage(&mut self, number: usize) {
        let width_before = self.width;
        let name = format!("s{number}");
        let width = self.next_width(&name);
        let stride = self.rng.random_range(1..=2);
        let keeps_shape = self.width == width_before && stride == 1;
        let depth = self.rng.random_range(1..=3);
        let first = self.op(keeps_shape);
        let then = match depth > 1 && self.chance(0.4) {
            true => format!(" then {}", self.op(true)),
            // The same operator in every block: it must fit the first.
            false => String::new(),
        };
        let depth = self.depth(&name, depth);
        self.rows.push(format!(
            "stage {name} {first}{then}{width} stride = {stride}{depth}"
        ));
    }

    fn depth(&mut self, name: &str, largest: u32) -> String {
        if largest == 1 {
            return String::new();
        }
        let word = self.pick(&["in", "in", "in", "fit", "="]);
        if word == "=" {
            return format!(" depth = {largest}");
        }
        self.open_depths.push((name.to_owned(), largest));
        if word == "fit" {
            self.fitted.push(name.to_owned());
        }
        let has_gap = largest == 3 && self.chance(0.2);
        match has_gap {
            true => format!(" depth {word} {{1, 3}}"),
            false => format!(" depth {word} 1..{largest}"),
        }
    }

    /// Up to three alternatives of different operators, so that none shares a candidate.
    fn op(&mut self, keeps_shape: bool) -> String {
        let mut operators = vec!["mb", "both", "conv", "ds", "er", "bottleneck", "sum"];
        if self.has_rows {
            operators.push("own");
        }
        if keeps_shape {
            operators.extend(["dw", "skip", "shuffle", "xception", "avgpool", "maxpool"]);
        }
        let count = self.rng.random_range(1..=3);
        operators.shuffle(self.rng);
        operators.truncate(count);
        if operators.contains(&"both") {
            operators.retain(|name| !matches!(*name, "mb" | "conv"));
        }
        let alternatives: Vec<String> = operators
            .iter()
            .map(|name| self.alternative(name))
            .collect();
        match alternatives.iter().all(|alternative| alternative == "skip") {
            true => self.alternative("conv"),
            false => alternatives.join(" or "),
        }
    }

    fn alternative(&mut self, operator: &str) -> String {
        if matches!(operator, "mb" | "both" | "skip") {
            return operator.to_owned();
        }
        let kernel = self.kernel();
        if operator == "sum" {
            let first = match self.chance(0.5) {
                true => "kernel = 3",
                false => kernel,
            };
            return format!("sum(conv({first}), ds({kernel}) or zero)");
        }
        let more = match operator {
            "ds" if self.shared.squeezed && self.chance(0.5) => ", se = squeezed",
            "ds" => self.pick(&["", ", se = 0.25", ", se in {0, 0.5}"]),
            "avgpool" | "maxpool" | "shuffle" | "xception" => "",
            // A quarter of the image's 2 channels is no width.
            "own" if self.width == Width::Fixed(2) => self.pick(&["", ", act in {relu, none}"]),
            "own" => self.pick(&["", ", act in {relu, none}", ", share in {2, 4}"]),
            "bottleneck" => self.pick(&["", ", ratio in {0.25, 1}"]),
            "er" if self.shared.wide && self.chance(0.5) => ", expand = wide",
            "er" => self.pick(&[
                ", expand = 2",
                ", expand in {1, 1.5}",
                ", expand = 4, se = squeeze",
            ]),
            _ if self.shared.bend && self.chance(0.5) => ", act = bend",
            "conv" if !is_odd(self.width) && self.chance(0.2) => ", groups = 2",
            _ => self.pick(&[
                "",
                ", act = relu6",
                ", norm = none",
                ", norm = layer",
                ", padding = same",
                ", act in {relu, none}",
            ]),
        };
        format!("{operator}({kernel}{more})")
    }

    fn kernel(&mut self) -> &'static str {
        if self.shared.early && self.chance(0.6) {
            return "kernel = early";
        }
        self.pick(&[
            "kernel = 3",
            "kernel in {1, 3}",
            "kernel in 1..3 step 2",
            "kernel in kernels",
        ])
    }

    /// The order in which fitted depths grow, where it is written.
    fn order(&mut self) {
        if self.fitted.len() > 1 && self.chance(0.5) {
            self.fitted.shuffle(self.rng);
            self.items.push(format!("fit {}", self.fitted.join(", ")));
        }
    }

    fn bounds(&mut self) {
        let stages = self.open_depths.clone();
        for (name, largest) in &stages {
            if self.chance(0.2) {
                let low = self.rng.random_range(1..=*largest);
                self.items
                    .push(format!("require {name}.depth in {low}..{largest}"));
            }
        }
        if let ([(first, _), (second, _), ..], true) = (&stages[..], self.chance(0.4)) {
            let sign = self.pick(&["<=", ">=", "=="]);
            self.items
                .push(format!("require {first}.depth {sign} {second}.depth"));
        }
    }

    fn width_bounds(&mut self) {
        let rows = self.widths.clone();
        for row in &rows {
            if self.chance(0.1) {
                let range = self.pick(&["8..12", "12..16", "8..8"]);
                self.items
                    .push(format!("require {row}.channels in {range}"));
            }
        }
        if let ([first, .., last], true) = (&rows[..], self.chance(0.3)) {
            let sign = self.pick(&["<=", ">=", "=="]);
            self.items
                .push(format!("require {first}.channels {sign} {last}.channels"));
        }
    }

    fn text(&self) -> String {
        let lines = self.items.iter().chain(&self.rows);
        let body: String = lines.map(|line| format!("    {line}\n")).collect();
        format!("cream 1\n\nspace small {{\n{body}}}\n")
    }
}
