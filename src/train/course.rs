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

/// Steps of the run after `step` in epoch `epoch`, where an epoch had `from` steps and has `to` now: as many whole
/// epochs, and as much of the one under way as whole updates of `batches` batches are. What of an update was gathered
/// is of other batches: it begins anew.
#[must_use]
pub fn rebased((epoch, step): (u64, u64), (from, to): (u64, u64), batches: u64) -> u64 {
    let whole = whole_epochs((epoch, step), from);
    let made = (step - whole * from) * to / from;
    whole * to + made - made % batches
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
        assert_eq!(rebased((0, 0), (12, 6), 1), 0);
        assert_eq!(rebased((3, 36), (12, 6), 1), 18);
        assert_eq!(rebased((3, 18), (6, 12), 1), 36);
        assert_eq!(rebased((2, 17), (12, 6), 1), 8);
        assert_eq!(rebased((2, 17), (12, 12), 1), 17);
    }

    #[test]
    fn an_update_that_was_gathered_in_part_begins_anew() {
        assert_eq!(rebased((2, 38), (24, 12), 3), 18);
        assert_eq!(rebased((2, 17), (12, 12), 3), 15);
        // The last update of an epoch may have fewer batches; it is whole.
        assert_eq!(rebased((2, 20), (10, 7), 3), 14);
    }

    #[test]
    fn checkpoints_lie_at_multiples_of_their_distance() {
        assert_eq!(until_checkpoint(0, 4), 4);
        assert_eq!(until_checkpoint(5, 4), 3);
        assert_eq!(until_checkpoint(8, 4), 4);
        assert_eq!(until_checkpoint(8, 0), usize::MAX);
    }
}
