//! Random small spaces as text, for comparing with brute force.

mod attributes;
mod bounds;
mod changed;
mod names;
mod op;
mod recipes;
mod rows;
#[cfg(test)]
mod tests;

pub use changed::changed_space;

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};

/// A space without errors that may use everything the language has for one file without tables and archs: an image of at
/// most 32 pixels, one to three stages of at most three blocks, at most fourteen candidates a block and width, perhaps
/// with decisions that blocks share, blocks of rows, names at the level of the file, searched widths and a searched
/// resolution. Bounds are on depths and widths only, and may leave no path.
///
/// The space is called `small`, its rows `stem`, `s1` to `s3`, `pool`, `logits`; between them `mid1` to `mid3`,
/// `head` and `hidden` may stand.
pub fn small_space(rng: &mut impl Rng) -> String {
    let mut writer = Writer::new(rng);
    writer.ports();
    writer.defaults();
    writer.names();
    writer.layers_and_stages();
    writer.order();
    writer.bounds();
    writer.width_bounds();
    writer.text()
}

/// A space while it is written.
struct Writer<'a, R> {
    rng: &'a mut R,
    /// What stands in the space beside rows.
    items: Vec<String>,
    /// What stands beside the space.
    beside: Vec<String>,
    rows: Vec<String>,
    /// Width of the rows so far.
    width: Width,
    /// Rows with a width that may be bounded.
    widths: Vec<String>,
    /// Stages of a searched or fitted depth, with the largest one.
    open_depths: Vec<(String, u32)>,
    /// Those of a fitted one.
    fitted: Vec<String>,
    known: Known,
}

/// What may be mentioned.
#[derive(Default)]
struct Known {
    choices: Vec<&'static str>,
    /// Values of the choice `early`.
    early: u32,
    /// Attributes that have a default.
    defaults: Vec<&'static str>,
    /// Blocks of rows.
    recipes: Vec<&'static str>,
    /// Other blocks, with the number of their candidates.
    blocks: Vec<(&'static str, u32)>,
}

/// A piece of text, and how many values or candidates it leaves.
#[derive(Clone)]
struct Piece {
    text: String,
    ways: u32,
}

/// How wide a row is.
#[derive(Clone, PartialEq, Eq)]
struct Width {
    values: Vec<u32>,
    /// The row with the `channels in` that decides it, by its number.
    decided_by: Option<usize>,
}

/// Where a block stands.
struct Place {
    input: Width,
    output: Width,
    stride: u32,
}

impl Piece {
    fn new(text: impl Into<String>, ways: u32) -> Piece {
        Piece {
            text: text.into(),
            ways,
        }
    }
}

impl Width {
    fn fixed(width: u32) -> Width {
        Width {
            values: vec![width],
            decided_by: None,
        }
    }

    fn is_divided_by(&self, number: u32) -> bool {
        self.values.iter().all(|width| width.is_multiple_of(number))
    }
}

impl Place {
    fn keeps_width(&self) -> bool {
        self.input == self.output
    }

    fn keeps_shape(&self) -> bool {
        self.keeps_width() && self.stride == 1
    }

    /// Whether every width that comes out is larger than every one that goes in.
    fn widens(&self) -> bool {
        self.input.values.iter().max() < self.output.values.iter().min()
    }

    fn is_divided_by(&self, number: u32) -> bool {
        self.input.is_divided_by(number) && self.output.is_divided_by(number)
    }

    /// That of the later blocks of a stage.
    fn later(&self) -> Place {
        Place {
            input: self.output.clone(),
            output: self.output.clone(),
            stride: 1,
        }
    }
}

impl<'a, R: Rng> Writer<'a, R> {
    fn new(rng: &'a mut R) -> Writer<'a, R> {
        Writer {
            rng,
            items: Vec::new(),
            beside: Vec::new(),
            rows: Vec::new(),
            width: Width::fixed(0),
            widths: Vec::new(),
            open_depths: Vec::new(),
            fitted: Vec::new(),
            known: Known::default(),
        }
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        self.one_of(from)
    }

    fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        *from
            .choose(self.rng)
            .expect("there is something to choose from")
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    fn ports(&mut self) {
        let channels = self.rng.random_range(1..=3);
        self.width = Width::fixed(channels);
        let resolution = self.pick(&[
            "= 8",
            "= 14",
            "= 32",
            "= edge",
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

    fn text(mut self) -> String {
        if self.chance(0.3) {
            self.items.shuffle(self.rng);
        }
        let rows_come_first = self.chance(0.15);
        let [first, last] = match rows_come_first {
            true => [&self.rows, &self.items],
            false => [&self.items, &self.rows],
        };
        let lines = first.iter().chain(last);
        let body: String = lines.map(|line| format!("    {line}\n")).collect();
        let space = format!("space small {{\n{body}}}\n");
        let above = self.rng.random_range(0..=self.beside.len());
        let (above, below) = self.beside.split_at(above);
        let beside = |items: &[String]| -> String {
            let items = items.iter();
            items.map(|item| format!("{item}\n")).collect()
        };
        format!("cream 1\n\n{}{space}{}", beside(above), beside(below))
    }
}
