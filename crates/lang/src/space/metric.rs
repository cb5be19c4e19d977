//! What paths are bounded by.

use crate::quantity::{count_for_reading, exact_count, exact_time, time_for_reading};

/// Something that adds up over the blocks of a path: one of the numbers creamc counts in every
/// space, or the times of one of a space's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// What the paper and its code call FLOPs.
    Flops,
    /// Multiply-accumulates of convolutions and linear layers.
    Macs,
    /// Trainable numbers.
    Params,
    /// Output elements of convolutions.
    Activations,
    /// Whole nanoseconds by the table with this index, below [`TABLES`](super::TABLES).
    Table(u8),
}

impl Metric {
    /// Those that are counted in every space.
    pub const COUNTED: &[Metric] = &[
        Metric::Flops,
        Metric::Macs,
        Metric::Params,
        Metric::Activations,
    ];

    /// Its word in the language; `None` for a table, which has a name of its own.
    pub fn word(self) -> Option<&'static str> {
        Some(match self {
            Metric::Flops => "flops",
            Metric::Macs => "macs",
            Metric::Params => "params",
            Metric::Activations => "activations",
            Metric::Table(_) => return None,
        })
    }

    /// The counted metric of a word.
    pub fn from_word(word: &str) -> Option<Metric> {
        let mut counted = Metric::COUNTED.iter().copied();
        counted.find(|metric| metric.word() == Some(word))
    }

    /// The counted metrics and those of tables with these names, each with its name.
    pub(crate) fn all<'a>(
        tables: impl Iterator<Item = &'a str>,
    ) -> impl Iterator<Item = (Metric, &'a str)> {
        let counted = Metric::COUNTED.iter();
        let counted = counted.filter_map(|&metric| Some((metric, metric.word()?)));
        counted.chain((0..).map(Metric::Table).zip(tables))
    }

    /// Whether its values are times, in whole nanoseconds, and no counts.
    pub fn is_time(self) -> bool {
        matches!(self, Metric::Table(_))
    }

    /// A value for reading: `81.7M`, `22.1ms`.
    pub fn for_reading(self, value: u64) -> String {
        match self.is_time() {
            true => time_for_reading(value),
            false => count_for_reading(value.into()),
        }
    }

    /// A value as it may be written in a file: `60M`, `22ms`.
    pub fn exact(self, value: u64) -> String {
        match self.is_time() && value > 0 {
            true => exact_time(value),
            false => exact_count(value),
        }
    }
}
