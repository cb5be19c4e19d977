//! Sums that may not become too large.

/// A sum over the whole space. That it is too large is told once.
pub(in crate::space) struct Tally {
    sum: u64,
    /// The largest sum there may be.
    most: u64,
}

impl Tally {
    pub(in crate::space) fn new(most: u64) -> Tally {
        Tally { sum: 0, most }
    }

    /// Counts more; `None` where it is too much with all before it. `tell` is given the first such sum.
    pub(in crate::space) fn add(&mut self, more: u64, tell: impl FnOnce(u64)) -> Option<()> {
        let was_too_much = self.sum > self.most;
        self.sum = self.sum.saturating_add(more);
        let is_too_much = self.sum > self.most;
        if is_too_much && !was_too_much {
            tell(self.sum);
        }
        (!is_too_much).then_some(())
    }
}
