//! One path through the slots.

/// One value for each live decision: for every row, the candidate of each of its blocks.
///
/// The length of a row's list is its depth; slots beyond it are dead and do not
/// appear, so equal live decisions are equal values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Vec<u16>>);

impl Path {
    /// Every block as `(row, block, candidate)`, in order.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.0.iter().enumerate().flat_map(|(row, blocks)| {
            blocks
                .iter()
                .enumerate()
                .map(move |(block, &candidate)| (row, block, usize::from(candidate)))
        })
    }
}
