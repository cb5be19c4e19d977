//! How often every depth and every candidate was trained.

use std::collections::BTreeMap;

use creamc_lang::ir::{Ir, Path};
use serde::{Deserialize, Serialize};

/// Visits of every depth and candidate over the whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// One for each row of the space, in order.
    pub rows: Vec<RowVisits>,
}

/// Visits of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowVisits {
    /// The row's name.
    pub row: String,
    /// The visits of every depth that the row may take.
    pub depths: BTreeMap<u32, u64>,
    /// `blocks[block][candidate]`
    pub blocks: Vec<Vec<u64>>,
}

impl Visits {
    /// None yet.
    #[must_use]
    pub fn none(ir: &Ir) -> Visits {
        let rows = ir.rows.iter().map(|row| RowVisits {
            row: row.name.clone(),
            depths: row.depths.iter().map(|&depth| (depth, 0)).collect(),
            blocks: row
                .slots
                .iter()
                .map(|slot| vec![0; slot.candidates.len()])
                .collect(),
        });
        Visits {
            rows: rows.collect(),
        }
    }

    /// Whether these are visits of this space.
    #[must_use]
    pub fn fits(&self, ir: &Ir) -> bool {
        let none = Visits::none(ir);
        let fits = |(own, row): (&RowVisits, &RowVisits)| {
            own.row == row.row
                && own.depths.keys().eq(row.depths.keys())
                && own
                    .blocks
                    .iter()
                    .map(Vec::len)
                    .eq(row.blocks.iter().map(Vec::len))
        };
        self.rows.len() == none.rows.len() && self.rows.iter().zip(&none.rows).all(fits)
    }

    /// Counts one training of `path`.
    ///
    /// # Panics
    /// When the path is not one of this space.
    pub fn count(&mut self, path: &Path) {
        for (row, blocks) in self.rows.iter_mut().zip(&path.rows) {
            let depth = blocks.len() as u32;
            let visited = row.depths.get_mut(&depth);
            *visited.expect("a path has a depth of its row") += 1;
            for (block, &candidate) in row.blocks.iter_mut().zip(blocks) {
                block[usize::from(candidate)] += 1;
            }
        }
    }

    /// The fewest and the most visits of a candidate where there is a choice; `None` where there is none.
    #[must_use]
    pub fn extremes(&self) -> Option<(u64, u64)> {
        let blocks = self.rows.iter().flat_map(|row| &row.blocks);
        let chosen = blocks.filter(|block| block.len() > 1).flatten().copied();
        chosen.fold(None, |found, visits| match found {
            None => Some((visits, visits)),
            Some((least, most)) => Some((least.min(visits), most.max(visits))),
        })
    }
}
