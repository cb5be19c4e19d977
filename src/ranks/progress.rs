//! How far a rank is.
//!
//! All ranks meet at the same places in the same order. Who has come to fewer of them than the others is the one that they wait
//! for, however well its heart beats.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the training thread says of itself.
#[derive(Debug, Default)]
pub(super) struct Progress {
    met: AtomicU64,
    step: AtomicU64,
}

impl Progress {
    /// This rank has come to where all meet.
    pub fn meet(&self) {
        self.met.fetch_add(1, Ordering::Relaxed);
    }

    /// It is at this step.
    pub fn at(&self, step: u64) {
        self.step.store(step, Ordering::Relaxed);
    }

    /// Its next sign of life.
    pub fn sign(&self, last: &Sign) -> Sign {
        let (met, step) = (
            self.met.load(Ordering::Relaxed),
            self.step.load(Ordering::Relaxed),
        );
        let same = (met, step) == (last.met, last.step);
        Sign {
            beat: last.beat + 1,
            met,
            step,
            idle: if same { last.idle + 1 } else { 0 },
        }
    }

    /// How often it has met the others.
    pub fn met(&self) -> u64 {
        self.met.load(Ordering::Relaxed)
    }
}

/// A sign of life, as it is written to the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sign {
    /// Its number.
    pub beat: u64,
    /// How often the rank has met the others.
    pub met: u64,
    /// The step that it is at; 0 before the first.
    pub step: u64,
    /// Signs since that changed.
    pub idle: u64,
}

impl Sign {
    /// What is read from the store, where it is one.
    pub fn read(text: &str) -> Option<Sign> {
        let numbers: Vec<u64> = text
            .split(' ')
            .map(|one| one.parse().ok())
            .collect::<Option<_>>()?;
        let [beat, met, step, idle] = numbers.try_into().ok()?;
        Some(Sign {
            beat,
            met,
            step,
            idle,
        })
    }

    /// What is said of a rank of this name that the others wait for.
    pub fn no_progress(&self, name: &str) -> String {
        let step = match self.step {
            0 => String::new(),
            step => format!(" (step {step})"),
        };
        format!(
            "{name} is alive but has made no progress for {} s{step}; where its work takes that long, --rank-timeout SECONDS waits \
             longer",
            self.idle
        )
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sign {
            beat,
            met,
            step,
            idle,
        } = self;
        write!(f, "{beat} {met} {step} {idle}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_count_how_long_nothing_went_on() {
        let progress = Progress::default();
        let first = progress.sign(&Sign::default());
        progress.meet();
        progress.at(7);
        let moved = progress.sign(&first);
        let idle = progress.sign(&progress.sign(&moved));
        assert_eq!(
            (moved.beat, moved.met, moved.step, moved.idle),
            (2, 1, 7, 0)
        );
        assert_eq!((idle.beat, idle.met, idle.idle), (4, 1, 2));
        assert_eq!(Sign::read(&idle.to_string()), Some(idle.clone()));
        assert_eq!(
            idle.no_progress("rank 1"),
            "rank 1 is alive but has made no progress for 2 s (step 7); where its work takes that long, --rank-timeout SECONDS \
             waits longer"
        );
        for wrong in ["", "1 2 3", "1 2 3 x", "1 2 3 4 5"] {
            assert_eq!(Sign::read(wrong), None, "{wrong}");
        }
    }
}
