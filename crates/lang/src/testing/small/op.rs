//! What may stand in a block: operators and blocks with `or` between.

use rand::Rng;
use rand::seq::SliceRandom;

use super::{Piece, Place, Writer};

/// The most candidates of a block for one width in and one width out.
pub(super) const MOST: u32 = 14;

/// Those that can stand anywhere. `far` and `ir` have values that `conv` and `mb` never have.
const ANYWHERE: [&str; 9] = [
    "mb",
    "both",
    "conv",
    "far",
    "ir",
    "ds",
    "er",
    "bottleneck",
    "sum",
];

impl<R: Rng> Writer<'_, R> {
    /// Up to three alternatives, of which none shares a candidate with another.
    pub(super) fn op(&mut self, place: &Place) -> Piece {
        let count = self.rng.random_range(1..=3);
        let most = self.one_of(&[1, 2, 2, 4, 6, MOST]);
        let mut names = self.standing(place);
        names.shuffle(self.rng);
        let op = self.alternatives(&names, count, most, place);
        let is_idle = op.iter().all(|one| one.text == "skip");
        match is_idle {
            true => Piece::new("conv(kernel = 3)", 1),
            false => self.joined(op),
        }
    }

    /// The first `count` of some that have at most so many candidates together.
    fn alternatives(
        &mut self,
        names: &[&'static str],
        count: usize,
        most: u32,
        place: &Place,
    ) -> Vec<Piece> {
        let mut taken: Vec<&str> = Vec::new();
        let mut found: Vec<Piece> = Vec::new();
        for name in names {
            let is_twice = reached(name).iter().any(|one| taken.contains(one));
            if is_twice || found.len() == count {
                continue;
            }
            let one = self.alternative(name, place);
            let ways: u32 = found.iter().map(|one| one.ways).sum();
            if ways + one.ways <= most {
                taken.extend(reached(name));
                found.push(one);
            }
        }
        found
    }

    /// Alternatives with `or` between; some perhaps in parentheses, where they mean the same.
    fn joined(&mut self, op: Vec<Piece>) -> Piece {
        let ways = op.iter().map(|one| one.ways).sum();
        let mut texts: Vec<String> = op.into_iter().map(|one| one.text).collect();
        if self.chance(0.2) {
            let start = self.rng.random_range(0..texts.len());
            let end = self.rng.random_range(start..texts.len());
            let group = format!("({})", texts[start..=end].join(" or "));
            texts.splice(start..=end, [group]);
        }
        Piece::new(texts.join(" or "), ways)
    }

    /// The operators and blocks that can stand at a place and, in a stage, behind it.
    fn standing(&self, place: &Place) -> Vec<&'static str> {
        let mut names = ANYWHERE.to_vec();
        let recipes = self.known.recipes.iter().copied();
        names.extend(recipes.filter(|recipe| Self::can_stand(recipe, place)));
        if self.known.recipes.contains(&"own") && Self::can_stand("unit", place) {
            names.push("unit");
        }
        if place.keeps_width() {
            names.extend(["dw", "avgpool", "maxpool"]);
        }
        if place.keeps_shape() {
            names.extend(["skip", "maybe"]);
        }
        let is_even = place.input.is_divided_by(2) && place.output.is_divided_by(2);
        if is_even && (place.keeps_shape() || place.widens()) {
            names.extend(["shuffle", "xception"]);
        }
        names
    }

    fn alternative(&mut self, name: &str, place: &Place) -> Piece {
        let mut blocks = self.known.blocks.iter();
        if let Some(&(_, ways)) = blocks.find(|(block, _)| *block == name) {
            return Piece::new(name, ways);
        }
        match name {
            "skip" => Piece::new("skip", 1),
            "sum" => self.sum(place),
            "far" => {
                let act = self.act();
                self.call("conv", vec![Piece::new("kernel = 7", 1), act])
            }
            "ir" => {
                let (kernel, se) = (self.kernel(), self.se());
                self.call("ir", vec![kernel, Piece::new("expand = 6", 1), se])
            }
            "conv" | "dw" => self.convolution(name, place),
            recipe if self.known.recipes.contains(&recipe) => self.use_of(recipe),
            _ => self.operator(name),
        }
    }

    fn convolution(&mut self, name: &str, place: &Place) -> Piece {
        let mut given = vec![self.kernel()];
        if name == "conv" {
            given.push(self.groups(place));
        }
        if self.chance(0.5) {
            given.push(self.act());
        }
        if self.chance(0.4) {
            given.push(self.norm());
        }
        if self.chance(0.4) {
            given.push(self.padding());
        }
        self.call(name, given)
    }

    fn operator(&mut self, name: &str) -> Piece {
        let kernel = match name {
            // Without a kernel they are over the whole map.
            "avgpool" | "maxpool" => Piece::new("kernel = 3", 1),
            _ => self.kernel(),
        };
        let mut given = vec![kernel];
        match name {
            "ds" => given.push(self.se()),
            "er" => given.extend([self.expand(), self.se()]),
            "bottleneck" => given.push(self.ratio()),
            _ => {}
        }
        let is_pool = matches!(name, "avgpool" | "maxpool");
        if !is_pool && self.chance(0.2) {
            given.push(self.act());
        }
        if !is_pool && self.chance(0.2) {
            given.push(self.norm());
        }
        self.call(name, given)
    }

    /// An operator with what is written in its parentheses, in any order.
    pub(super) fn call(&mut self, name: &str, mut given: Vec<Piece>) -> Piece {
        given.retain(|one| !one.text.is_empty());
        if self.chance(0.2) {
            given.shuffle(self.rng);
        }
        let ways = given.iter().map(|one| one.ways).product();
        let inside: Vec<&str> = given.iter().map(|one| one.text.as_str()).collect();
        match inside.is_empty() {
            true => Piece::new(name, ways),
            false => Piece::new(format!("{name}({})", inside.join(", ")), ways),
        }
    }

    /// Two or three branches; the second may be left out, and be a sum itself.
    fn sum(&mut self, place: &Place) -> Piece {
        let first = self.convolution("conv", place);
        let second = self.branch(place);
        let mut branches = vec![first, second];
        if self.chance(0.3) {
            let name = match place.keeps_shape() {
                true => "skip",
                false => "ds",
            };
            branches.push(self.alternative(name, place));
        }
        let inside: Vec<&str> = branches.iter().map(|one| one.text.as_str()).collect();
        let end = self.pick(&["", "", "", ","]);
        let text = format!("sum({}{end})", inside.join(", "));
        Piece::new(text, branches.iter().map(|one| one.ways).product())
    }

    fn branch(&mut self, place: &Place) -> Piece {
        if self.chance(0.15) {
            let (one, other) = (self.operator("ds"), self.operator("er"));
            let text = format!("sum({}, {} or zero)", one.text, other.text);
            return Piece::new(text, one.ways * (other.ways + 1));
        }
        let mut names = vec!["ds", "er", "mb"];
        if place.keeps_width() {
            names.push("dw");
        }
        names.shuffle(self.rng);
        let count = self.rng.random_range(1..=2);
        let mut op = self.alternatives(&names, count, 4, place);
        if op.is_empty() || self.chance(0.6) {
            op.push(Piece::new("zero", 1));
        }
        self.joined(op)
    }
}

/// What the alternatives are that stand behind a name: no two of a block are the same.
fn reached(name: &'static str) -> &'static [&'static str] {
    match name {
        "mb" => &["mb"],
        "both" => &["mb", "conv"],
        "maybe" => &["mb", "skip"],
        "unit" | "own" => &["own"],
        "conv" => &["conv"],
        "far" => &["far"],
        "ir" => &["ir"],
        "ds" => &["ds"],
        "er" => &["er"],
        "bottleneck" => &["bottleneck"],
        "sum" => &["sum"],
        "thin" => &["thin"],
        "apart" => &["apart"],
        "nest" => &["nest"],
        "dw" => &["dw"],
        "avgpool" => &["avgpool"],
        "maxpool" => &["maxpool"],
        "skip" => &["skip"],
        "shuffle" => &["shuffle"],
        "xception" => &["xception"],
        _ => panic!("`{name}` is none of them"),
    }
}
