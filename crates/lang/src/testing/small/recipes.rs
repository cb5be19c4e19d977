//! Blocks of rows.

use rand::Rng;

use super::{Piece, Place, Writer};

/// Two shares of the channels. Can stand where `share` divides the width out.
const OWN: &str = "block own(kernel, act, share = 2) {
        left: conv(kernel = 1) channels = out_channels / share stride = stride
        norm
        seen: act
        right: dwconv(kernel = kernel) channels = out_channels - out_channels / share
        last: norm(layer)
        concat(seen, last)
        residual
    }";

/// Words and numbers with and without a value. Can stand anywhere.
const THIN: &str = "block thin(kernel, ratio = 0.25, act = gelu, norm, padding) {
        conv(kernel = kernel) channels = round8((in_channels + 1) * 3 / halves) stride = stride
        norm
        act
        squeeze(ratio = ratio)
        linear channels = out_channels
        scale(start = 0.5)
        residual
    }";

/// Channels apart and together again, behind a gate. Can stand where 2 divides the width out.
const APART: &str = "block apart(kernel = 3, groups = 2) {
        conv(kernel = 1) channels = out_channels stride = stride
        whole: norm
        near: split(whole, part = 1, parts = 2)
        far: split(whole, part = 1 + 1, parts = 2)
        dwconv(far, kernel = kernel, padding = same)
        norm(layer)
        turned: act(hswish)
        concat(near, turned)
        mixed: shuffle(groups = groups)
        mean: pool(mixed)
        conv(kernel = 1) channels = out_channels
        open: act(hsigmoid)
        gated: scale(mixed, open)
        short: shortcut
        add(gated, short)
    }";

/// Blocks that a row of `nest` may name.
const INNER: [&str; 5] = [
    "dw(shrunk, kernel = kernel)",
    "ds(shrunk, kernel = three, se = 0.25)",
    "ir(shrunk, kernel = 1, expand = 2, act = relu6)",
    "er(shrunk, kernel = kernel, expand = 1)",
    "bottleneck(shrunk, ratio = side)",
];

impl<R: Rng> Writer<'_, R> {
    pub(super) fn recipes(&mut self) {
        let has_nest = self.chance(0.2);
        if has_nest || self.chance(0.3) {
            self.recipe("own", OWN);
        }
        if has_nest || self.chance(0.2) {
            self.recipe("thin", THIN);
        }
        if self.chance(0.2) {
            self.recipe("apart", APART);
        }
        if has_nest {
            let nest = self.nest();
            self.recipe("nest", &nest);
        }
    }

    fn recipe(&mut self, name: &'static str, text: &str) {
        self.known.recipes.push(name);
        self.declare(text);
    }

    /// Blocks of rows inside of one. Can stand where 2 divides the width out.
    fn nest(&mut self) -> String {
        let inner = self.pick(&INNER);
        let pool = self.pick(&["pool", "maxpool"]);
        format!(
            "block nest(kernel = 3, side = 1, act, norm) {{
        {pool}(input, kernel = 3) stride = stride
        shrunk: conv(kernel = 1, groups = 1) channels = out_channels
        thin(input, kernel = kernel, ratio = side / 2) channels = out_channels stride = stride
        second: own(kernel = 3)
        third: {inner}
        add(second, third, shrunk)
    }}"
        )
    }

    /// Whether a block of rows can stand at a place, whatever its parameters are.
    pub(super) fn can_stand(recipe: &str, place: &Place) -> bool {
        match recipe {
            "own" | "unit" => place.output.is_divided_by(4),
            "apart" | "nest" => place.output.is_divided_by(2),
            _ => true,
        }
    }

    /// A block of rows with its parameters, which are searched where it is used.
    pub(super) fn use_of(&mut self, recipe: &str) -> Piece {
        let kernel = self.kernel();
        let own = match recipe {
            "own" if self.has_choice("parts") && self.chance(0.5) => Piece::new("share = parts", 2),
            "own" => self.form(&[("", 1), ("", 1), ("share in {2, 4}", 2)]),
            "thin" => self.form(&[("", 1), ("ratio in {0, 0.25}", 2), ("ratio = squeeze", 1)]),
            "apart" => self.form(&[("", 1), ("groups in {1, 2}", 2)]),
            _ => self.form(&[("", 1), ("side in {0, 1}", 2), ("side = 0.5", 1)]),
        };
        let mut given = vec![kernel, own];
        if recipe != "apart" && self.chance(0.4) {
            given.push(self.act());
        }
        if matches!(recipe, "thin" | "nest") && self.chance(0.3) {
            given.push(self.norm());
        }
        if recipe == "thin" && self.chance(0.3) {
            given.push(self.padding());
        }
        self.call(recipe, given)
    }

    fn form(&mut self, forms: &[(&str, u32)]) -> Piece {
        let (text, ways) = self.one_of(forms);
        Piece::new(text, ways)
    }
}
