//! Whether bounds on depths leave a path where some depths are settled, from intervals alone.
//!
//! Bounds give a depth an interval or compare two. Where every row takes the least depth that is left to it
//! all comparisons hold, as raising one depth never asks for less of another: there is a path when
//! each row has a depth left.

use crate::ir::Ir;
use crate::space::{Relation, Require};
use crate::syntax::ast::Comparison;

/// The least depths that are left, while depths of `fit` are settled and grow.
pub(super) struct Least<'a> {
    rows: Vec<Left<'a>>,
    /// For every row those that must be as deep at least, each once.
    deeper: Vec<Vec<usize>>,
    /// How many rows have no depth left.
    empty: usize,
}

/// What is left to a row.
struct Left<'a> {
    /// All of it, ascending.
    listed: &'a [u32],
    settled: Option<u32>,
    low: u32,
    high: u32,
}

impl Left<'_> {
    /// What other rows must expect of it. Where nothing is left it is what is asked of the row: more it
    /// will not be.
    fn least(&self) -> u32 {
        match self.settled {
            Some(depth) => depth.max(self.low),
            None => {
                let at = self.listed.partition_point(|&depth| depth < self.low);
                self.listed.get(at).copied().unwrap_or(self.low)
            }
        }
    }

    fn is_empty(&self) -> bool {
        let least = self.least();
        let is_taken = match self.settled {
            Some(depth) => depth == least,
            None => self.listed.binary_search(&least).is_ok(),
        };
        !is_taken || least > self.high
    }
}

impl<'a> Least<'a> {
    /// With depths settled, `(row, depth)`.
    pub fn of(ir: &'a Ir, requires: &[Require], settled: &[(usize, u32)]) -> Least<'a> {
        let left = ir.rows.iter().map(|row| Left {
            listed: &row.depths,
            settled: None,
            low: 0,
            high: u32::MAX,
        });
        let mut rows: Vec<Left> = left.collect();
        let mut deeper = vec![Vec::new(); rows.len()];
        for &(row, depth) in settled {
            rows[row].settled = Some(depth);
        }
        for require in requires {
            match require.relation {
                Relation::Depth { row, low, high } => {
                    rows[row].low = rows[row].low.max(low);
                    rows[row].high = rows[row].high.min(high);
                }
                Relation::DepthPair {
                    left,
                    comparison,
                    right,
                } => {
                    if comparison != Comparison::AtLeast {
                        deeper[left].push(right);
                    }
                    if comparison != Comparison::AtMost {
                        deeper[right].push(left);
                    }
                }
                _ => {}
            }
        }
        for rows in &mut deeper {
            rows.sort_unstable();
            rows.dedup();
        }
        let mut least = Least {
            empty: rows.iter().filter(|row| row.is_empty()).count(),
            rows,
            deeper,
        };
        for row in 0..least.rows.len() {
            least.follow(row, |_| false, &mut Vec::new());
        }
        least
    }

    /// Settles a row one depth deeper, unless that takes the last path away.
    ///
    /// # Errors
    /// The row that has no depth left, then: as long as that one stays as it is, the same step takes it again.
    pub fn deepen(&mut self, row: usize, depth: u32) -> Result<(), usize> {
        let was_possible = self.empty == 0;
        let before = self.rows[row].settled;
        self.change(row, |left| left.settled = Some(depth));
        let is_lost = |least: &Least| was_possible && least.empty > 0;
        let mut raised = Vec::new();
        let emptied = match is_lost(self) {
            true => Some(row),
            false => self.follow(row, is_lost, &mut raised),
        };
        let Some(emptied) = emptied else {
            return Ok(());
        };
        for (row, low) in raised.into_iter().rev() {
            self.change(row, |left| left.low = low);
        }
        self.change(row, |left| left.settled = before);
        Err(emptied)
    }

    /// Raises what must be as deep as a row, and so on, and adds the rows that were raised, with what was asked of them
    /// before. The one behind which nothing was followed any more, as `is_enough` held.
    fn follow(
        &mut self,
        row: usize,
        is_enough: impl Fn(&Least) -> bool,
        raised: &mut Vec<(usize, u32)>,
    ) -> Option<usize> {
        let mut open = vec![row];
        while let Some(row) = open.pop() {
            let least = self.rows[row].least();
            for at in 0..self.deeper[row].len() {
                let other = self.deeper[row][at];
                let low = self.rows[other].low;
                if low < least {
                    raised.push((other, low));
                    self.change(other, |left| left.low = least);
                    if is_enough(self) {
                        return Some(other);
                    }
                    open.push(other);
                }
            }
        }
        None
    }

    fn change(&mut self, row: usize, change: impl FnOnce(&mut Left)) {
        let left = &mut self.rows[row];
        self.empty -= usize::from(left.is_empty());
        change(left);
        self.empty += usize::from(left.is_empty());
    }
}
