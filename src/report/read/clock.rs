//! When the run began and last wrote, and whether it still goes on.

use std::fs::{File, TryLockError};

use time::{Date, Month, PrimitiveDateTime, Time};

use super::files::Files;
use super::{Epoch, Outcome};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A process holds the folder.
    Running,
    /// It came to its end.
    Finished,
    /// It was stopped, and wrote a result all the same.
    Stopped,
    /// No process holds the folder, and there is no result.
    BrokenOff,
}

/// The times of a run, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    pub started: PrimitiveDateTime,
    /// When it last wrote a line.
    pub last: PrimitiveDateTime,
}

/// How far the run is.
pub fn state(files: &Files, outcome: Option<&Outcome>) -> State {
    match outcome {
        Some(outcome) if outcome.stopped => State::Stopped,
        Some(_) => State::Finished,
        None if is_held(files) => State::Running,
        None => State::BrokenOff,
    }
}

/// Whether a process writes there: it holds the lock as long as it lives.
fn is_held(files: &Files) -> bool {
    let Ok(lock) = File::open(files.path(".lock")) else {
        return false;
    };
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// The times that the log tells.
pub fn read(files: &mut Files, epochs: &[Epoch]) -> Option<Clock> {
    let text = files.text("log.txt")?;
    let mut lines = text.lines().filter_map(|line| Some((moment(line)?, line)));
    let (first, words) = lines.next()?;
    let last = lines.next_back().map_or(first, |(last, _)| last);
    // A first line about the first epoch was written at its end.
    let before = match words.contains("  epoch 1:") {
        true => epochs.first().and_then(|epoch| epoch.get("seconds")),
        false => None,
    };
    let before = time::Duration::seconds_f64(before.unwrap_or(0.0).clamp(0.0, 1e7));
    Some(Clock {
        started: first.checked_sub(before).unwrap_or(first),
        last,
    })
}

/// The time that a line of the log begins with: `2026-11-24 07:21:56`.
fn moment(line: &str) -> Option<PrimitiveDateTime> {
    let number = |from: usize, to: usize| line.get(from..to)?.parse::<u16>().ok();
    let small = |from, to| u8::try_from(number(from, to)?).ok();
    let month = Month::try_from(small(5, 7)?).ok()?;
    let date = Date::from_calendar_date(number(0, 4)?.into(), month, small(8, 10)?).ok()?;
    let time = Time::from_hms(small(11, 13)?, small(14, 16)?, small(17, 19)?).ok()?;
    Some(PrimitiveDateTime::new(date, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_begins_with_its_time() {
        let at = moment("2026-11-24 07:21:56  epoch 1: loss").unwrap();
        assert_eq!((at.year(), at.hour(), at.second()), (2026, 7, 56));
        for wrong in ["", "hello", "2026-13-24 07:21:56", "2026-11-2é 07:21:56"] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }
}
