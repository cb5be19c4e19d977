//! Layers and stages.

use rand::Rng;
use rand::seq::SliceRandom;

use super::{Place, Width, Writer};

/// Searched widths as they may be written.
const SEARCHED: [(&str, &[u32]); 4] = [
    ("{8, 12}", &[8, 12]),
    ("{8, 16}", &[8, 16]),
    ("{12}", &[12]),
    ("widths", &[8, 12, 16]),
];

impl<R: Rng> Writer<'_, R> {
    pub(super) fn layers_and_stages(&mut self) {
        self.stem();
        for stage in 1..=self.rng.random_range(1..=3) {
            self.stage(stage);
            if self.chance(0.1) {
                self.layer(&format!("mid{stage}"));
            }
        }
        self.tail();
    }

    fn stem(&mut self) {
        let (place, width) = self.next_place("stem");
        let op = match self.chance(0.8) {
            true => "conv(kernel = 3)".to_owned(),
            false => self.op(&place).text,
        };
        self.row("layer", "stem", &op, vec![width, stride(&place)]);
    }

    /// A layer that keeps the width.
    fn layer(&mut self, name: &str) {
        let place = Place {
            input: self.width.clone(),
            output: self.width.clone(),
            stride: self.rng.random_range(1..=2),
        };
        let simple = [
            "dw(kernel = 3)",
            "maxpool(kernel = 3)",
            "avgpool(kernel = 3)",
        ];
        let op = match self.chance(0.7) {
            true => self.pick(&simple).to_owned(),
            false => self.op(&place).text,
        };
        self.row("layer", name, &op, vec![stride(&place)]);
    }

    fn tail(&mut self) {
        let pool = self.pick(&["avgpool", "avgpool", "avgpool", "maxpool"]);
        self.row("layer", "pool", pool, Vec::new());
        if self.chance(0.2) {
            let (_, width) = self.next_place("head");
            let op = self.pick(&["conv(kernel = 1, norm = none)", "conv(kernel = 1)"]);
            self.row("layer", "head", op, vec![width]);
        }
        if self.chance(0.1) {
            let (_, width) = self.next_place("hidden");
            self.row("layer", "hidden", "linear", vec![width]);
        }
        let width = "channels = classes".to_owned();
        self.row("layer", "logits", "linear", vec![width]);
    }

    /// The place of the next row, and its `channels …`; nothing where that keeps the width.
    fn next_place(&mut self, row: &str) -> (Place, String) {
        let input = self.width.clone();
        let width = self.next_width(row);
        let place = Place {
            input,
            output: self.width.clone(),
            stride: self.one_of(&[1, 1, 1, 2, 2, 3]),
        };
        (place, width)
    }

    fn next_width(&mut self, row: &str) -> String {
        let way = self.rng.random_range(0..10);
        // Only that of the image can be odd.
        if way == 0 && self.width.is_divided_by(2) {
            return String::new();
        }
        self.widths.push(row.to_owned());
        if way < 4 {
            let (text, values) = self.one_of(&SEARCHED);
            self.width = Width {
                values: values.to_vec(),
                decided_by: Some(self.rows.len()),
            };
            return format!("channels in {text}");
        }
        let (text, width) = self.one_of(&[("8", 8), ("12", 12), ("16", 16), ("broad", 12)]);
        self.width = Width::fixed(width);
        format!("channels = {text}")
    }

    fn stage(&mut self, number: usize) {
        let name = format!("s{number}");
        let (place, width) = self.next_place(&name);
        let depth = self.rng.random_range(1..=3);
        let mut op = self.op(&place).text;
        // Else the same operator stands in every block, and fits all of them.
        if depth > 1 && self.chance(0.4) {
            let later = self.op(&place.later());
            op = format!("{op} then {}", later.text);
        }
        let stride = format!("stride = {}", place.stride);
        if depth == 1 && self.chance(0.3) {
            return self.row("layer", &name, &op, vec![width, stride]);
        }
        let depth = self.depth(&name, depth);
        self.row("stage", &name, &op, vec![width, stride, depth]);
    }

    fn depth(&mut self, name: &str, largest: u32) -> String {
        if largest == 1 {
            return String::new();
        }
        let word = match self.fitted.is_empty() {
            true => self.pick(&["in", "in", "in", "fit", "="]),
            // That there is an order.
            false => self.pick(&["in", "fit", "fit", "="]),
        };
        let last = match largest == 3 && self.chance(0.2) {
            true => "most".to_owned(),
            false => largest.to_string(),
        };
        if word == "=" {
            return format!("depth = {last}");
        }
        self.open_depths.push((name.to_owned(), largest));
        if word == "fit" {
            self.fitted.push(name.to_owned());
        }
        let has_gap = largest == 3 && self.chance(0.2);
        match has_gap {
            true => format!("depth {word} {{1, {last}}}"),
            false => format!("depth {word} 1..{last}"),
        }
    }

    /// One row; what stands behind its operator in any order.
    fn row(&mut self, kind: &str, name: &str, op: &str, mut attributes: Vec<String>) {
        attributes.retain(|one| !one.is_empty());
        if self.chance(0.2) {
            attributes.shuffle(self.rng);
        }
        let parts = [kind, name, op].into_iter();
        let parts = parts.chain(attributes.iter().map(String::as_str));
        let row = parts.collect::<Vec<_>>().join(" ");
        self.rows.push(row);
    }
}

/// `stride = N`; nothing for 1, which need not be written.
fn stride(place: &Place) -> String {
    match place.stride {
        1 => String::new(),
        stride => format!("stride = {stride}"),
    }
}
