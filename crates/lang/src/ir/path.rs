//! One path through the slots.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One value for each live decision: the resolution where it is searched, and for every row the
/// candidate of each of its blocks, which also says the widths.
///
/// The length of a row's list is its depth; slots beyond it are dead and do not
/// appear, so equal live decisions are equal values.
///
/// Written with serde it is the list of rows alone where no resolution is decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// Side of its images in pixels where the space searches that (`resolution in`).
    pub resolution: Option<u32>,
    /// For every row, the candidate of each of its blocks.
    pub rows: Vec<Vec<u16>>,
}

impl Path {
    /// A path of a space that does not search the resolution.
    pub fn new(rows: Vec<Vec<u16>>) -> Path {
        Path {
            resolution: None,
            rows,
        }
    }

    /// Every block as `(row, block, candidate)`, in order.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.rows.iter().enumerate().flat_map(|(row, blocks)| {
            blocks
                .iter()
                .enumerate()
                .map(move |(block, &candidate)| (row, block, usize::from(candidate)))
        })
    }
}

/// `[[0], [3, 1], [0]]`, behind `160: ` where the path decides its resolution.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(side) = self.resolution {
            write!(f, "{side}: ")?;
        }
        write!(f, "{:?}", self.rows)
    }
}

/// A path as it is written in files.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written<R> {
    Rows(R),
    At { resolution: u32, rows: R },
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = &self.rows;
        let written = match self.resolution {
            None => Written::Rows(rows),
            Some(resolution) => Written::At { resolution, rows },
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Path, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Rows(rows) => Path::new(rows),
            Written::At { resolution, rows } => Path {
                resolution: Some(resolution),
                rows,
            },
        })
    }
}
