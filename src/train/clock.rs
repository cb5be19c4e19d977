//! How long a run takes, over all its processes.

use std::time::Instant;

/// Seconds of the epoch under way and of the run, over all its processes.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    epoch: f64,
    run: f64,
}

impl Clock {
    /// A clock that goes on after so many seconds of an epoch and a run.
    #[must_use]
    pub fn after(epoch: f64, run: f64) -> Clock {
        Clock {
            start: Instant::now(),
            epoch,
            run,
        }
    }

    /// Seconds of the epoch and of the run.
    #[must_use]
    pub fn read(&self) -> [f64; 2] {
        let now = self.start.elapsed().as_secs_f64();
        [self.epoch + now, self.run + now]
    }

    /// A new epoch begins.
    pub fn next_epoch(&mut self) {
        *self = Clock::after(0.0, self.read()[1]);
    }
}
