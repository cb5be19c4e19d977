//! Where a run is among its epochs, and when its next checkpoint is due.
//!
//! A checkpoint follows whatever an epoch ends with, so that one at the last step of an epoch
//! means that all of it is done.

/// The epoch to go on with, from 1, and how many of its steps are made, after step `step` of
/// the run in epoch `epoch` (0 before the first), where an epoch has `steps` steps.
#[must_use]
pub fn position((epoch, step): (u64, u64), steps: u64) -> (u64, usize) {
    let made = step - epoch.saturating_sub(1) * steps;
    match epoch == 0 || made == steps {
        true => (epoch + 1, 0),
        false => {
            let made = usize::try_from(made).expect("steps of an epoch are batches in memory");
            (epoch, made)
        }
    }
}

/// Whole epochs that are made after step `step` of the run in epoch `epoch`.
#[must_use]
pub fn whole_epochs(at: (u64, u64), steps: u64) -> u64 {
    position(at, steps).0 - 1
}

/// Steps to make before the next checkpoint of an epoch that is at step `made`, when there is
/// one every `every` steps; 0: none before its end.
#[must_use]
pub fn until_checkpoint(made: usize, every: u64) -> usize {
    match usize::try_from(every).unwrap_or(usize::MAX) {
        0 => usize::MAX,
        every => every - made % every,
    }
}

/// How steps count from a checkpoint on whose run goes on with another number of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recount {
    /// The checkpoint's step, as it was counted.
    then: u64,
    /// The step to go on from, as it is counted now.
    pub now: u64,
    /// Whether both are after as much of the epoch.
    same: bool,
}

impl Recount {
    /// Of the checkpoint after `step` in epoch `epoch`, where an epoch had `from` steps and has `to` now: the run goes on
    /// after as many whole epochs, and as much of the one under way as whole updates of `batches` batches are. What of
    /// an update was gathered is of other batches: it begins anew.
    #[must_use]
    pub fn new((epoch, step): (u64, u64), (from, to): (u64, u64), batches: u64) -> Recount {
        let whole = whole_epochs((epoch, step), from);
        let then = step - whole * from;
        let made = then * to / from;
        let now = made - made % batches;
        Recount {
            then: step,
            now: whole * to + now,
            same: now * from == then * to,
        }
    }

    /// The number of a step of then, as steps are counted now. Of the steps before the checkpoint there is none:
    /// other numbers are between the same images.
    #[must_use]
    pub fn step(&self, then: u64) -> Option<u64> {
        (self.same && then == self.then).then_some(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_inside_its_epoch_or_with_the_next() {
        assert_eq!(position((0, 0), 12), (1, 0));
        assert_eq!(position((1, 5), 12), (1, 5));
        assert_eq!(position((1, 12), 12), (2, 0));
        assert_eq!(position((3, 25), 12), (3, 1));
        let whole = [(0, 0), (1, 5), (1, 12), (3, 25)].map(|at| whole_epochs(at, 12));
        assert_eq!(whole, [0, 0, 1, 2]);
    }

    #[test]
    fn another_number_of_processes_keeps_whole_epochs() {
        let now = |at, counts| Recount::new(at, counts, 1).now;
        assert_eq!(now((0, 0), (12, 6)), 0);
        assert_eq!(now((3, 36), (12, 6)), 18);
        assert_eq!(now((3, 18), (6, 12)), 36);
        assert_eq!(now((2, 17), (12, 6)), 8);
        assert_eq!(now((2, 17), (12, 12)), 17);
    }

    #[test]
    fn a_step_of_before_has_a_number_now_only_where_it_is_the_same_moment() {
        let whole = Recount::new((3, 36), (12, 6), 1);
        assert_eq!(
            [36, 18, 24].map(|then| whole.step(then)),
            [Some(18), None, None]
        );
        let within = Recount::new((2, 16), (12, 6), 1);
        assert_eq!(within.step(16), Some(8));
        // Some images are trained on again: 12 is not the same as the 6 that it goes on from.
        let rounded = Recount::new((2, 13), (12, 6), 1);
        assert_eq!(
            (rounded.now, rounded.step(13), rounded.step(12)),
            (6, None, None)
        );
        assert_eq!(Recount::new((2, 17), (12, 12), 3).step(17), None);
    }

    #[test]
    fn an_update_that_was_gathered_in_part_begins_anew() {
        let now = |at, counts| Recount::new(at, counts, 3).now;
        assert_eq!(now((2, 38), (24, 12)), 18);
        assert_eq!(now((2, 17), (12, 12)), 15);
        // The last update of an epoch may have fewer batches; it is whole.
        assert_eq!(now((2, 20), (10, 7)), 14);
    }

    #[test]
    fn checkpoints_lie_at_multiples_of_their_distance() {
        assert_eq!(until_checkpoint(0, 4), 4);
        assert_eq!(until_checkpoint(5, 4), 3);
        assert_eq!(until_checkpoint(8, 4), 4);
        assert_eq!(until_checkpoint(8, 0), usize::MAX);
    }
}
