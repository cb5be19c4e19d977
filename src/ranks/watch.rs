//! Signs of life, and what to do when they end.
//!
//! Two threads beside the one that trains. The *heart* speaks with the store: it says every second that this rank lives and
//! looks at one other, so that every rank is looked at and nobody reads the signs of all; who finds it silent, or waits for it too
//! long though its heart beats, says so to all.
//! The *watch* speaks with nobody, since a cut cable may hold the heart for a quarter of an hour. When a rank is lost it
//! aborts what waits for it on the GPU; the training thread then finds an error, and ends as always. Where it does not (a
//! driver that hangs), the process ends all the same.
//!
//! Silence is counted in beats of this process, not read off a clock: a whole training that was stopped and continued has
//! lost nobody.

mod heart;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use creamc_torch::TorchError;
use creamc_torch::group::{ProcessGroup, Store};

use super::progress::{Progress, Sign};

/// What the watch needs to know.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    /// Where this rank writes that it lives.
    pub own: String,
    /// Where the one that it looks at does.
    pub next: String,
    /// Who that one is.
    pub next_name: String,
    /// What is said when that one is silent.
    pub silent: String,
    /// Where a rank that is lost is named to all.
    pub lost: String,
    /// What is said when the store is gone.
    pub no_store: String,
    /// Where the rank writes that it lives whose end takes the store along.
    pub server: Option<String>,
    /// How far this rank is.
    pub progress: Arc<Progress>,
}

/// How often, and how patiently.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between two signs of life.
    pub beat: Duration,
    /// Beats that a rank or the store may be silent for.
    pub silent: u64,
    /// Beats that a rank may keep this one waiting while its heart beats.
    pub behind: u64,
    /// Beats that the training thread has to end by itself, once a rank is lost.
    pub grace: u64,
    /// What happens then, given why.
    pub end: fn(&str),
}

/// The two threads; they end with it.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Arc<Seen>,
    threads: Vec<JoinHandle<()>>,
}

/// What the two threads and the one that trains know of each other.
#[derive(Debug, Default)]
struct Seen {
    /// This rank is at its end: whoever is lost now has done its work.
    over: AtomicBool,
    /// Times that the store answered.
    rounds: AtomicU64,
    /// Times that the other rank was found to have lived on.
    signs: AtomicU64,
    /// What to tell all.
    to_tell: OnceLock<String>,
    /// Who is lost, and how this rank knows.
    lost: OnceLock<String>,
    group: Mutex<Option<Arc<dyn ProcessGroup>>>,
    /// The last sign of the rank that serves the store.
    served: Mutex<Option<Sign>>,
    no_store: String,
}

impl Watch {
    /// Lives from now on.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn start(store: &Store, watched: Watched, pace: Pace) -> Result<Watch, TorchError> {
        let seen = Arc::new(Seen {
            no_store: watched.no_store.clone(),
            ..Seen::default()
        });
        let own = store.another()?;
        let (by_heart, by_watch) = (Arc::clone(&seen), Arc::clone(&seen));
        let silent = watched.silent.clone();
        let threads = vec![
            thread::spawn(move || heart::beat(&own, &watched, &by_heart, pace)),
            thread::spawn(move || look(&by_watch, &silent, pace)),
        ];
        Ok(Watch { seen, threads })
    }

    /// Gives up what this group has under way when a rank is lost.
    pub fn abort_when_lost(&self, group: Arc<dyn ProcessGroup>) {
        *self.seen.group() = Some(group);
    }

    /// Who is lost, if anybody is.
    pub fn lost(&self) -> Option<&str> {
        self.seen.lost.get().map(String::as_str)
    }

    /// What is said when the store is gone.
    pub fn no_store(&self) -> String {
        self.seen.store_gone()
    }

    /// From now on nobody is missed.
    pub fn stop(&self) {
        self.seen.over.store(true, Ordering::Relaxed);
        for thread in &self.threads {
            thread.thread().unpark();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
        // A heart that a dead store holds is left behind.
        let since = Instant::now();
        while self.threads.iter().any(|one| !one.is_finished()) {
            if since.elapsed() > Duration::from_secs(1) {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Seen {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// What is said when the store is gone, with what was last heard of who served it.
    fn store_gone(&self) -> String {
        let served = self.served();
        match &*served {
            Some(Sign { step, .. }) if *step > 0 => {
                format!(
                    "{}; when it was last heard of, it was at step {step}",
                    self.no_store
                )
            }
            _ => self.no_store.clone(),
        }
    }

    fn served(&self) -> MutexGuard<'_, Option<Sign>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn group(&self) -> MutexGuard<'_, Option<Arc<dyn ProcessGroup>>> {
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The watch.
fn look(seen: &Seen, silent: &str, pace: Pace) {
    let (mut rounds, mut signs) = (Missed::default(), Missed::default());
    while !seen.is_over() && seen.lost.get().is_none() {
        thread::park_timeout(pace.beat);
        let without_store = rounds.count(seen.rounds.load(Ordering::Relaxed));
        let without_sign = signs.count(seen.signs.load(Ordering::Relaxed));
        if without_store > pace.silent {
            let _ = seen.lost.set(seen.store_gone());
        } else if without_sign > pace.silent {
            // The heart tells it to all, who find it as this rank does.
            let _ = seen.to_tell.set(silent.to_owned());
            let _ = seen.lost.set(silent.to_owned());
        }
    }
    let Some(lost) = seen.lost.get().filter(|_| !seen.is_over()) else {
        return;
    };
    if let Some(group) = seen.group().take() {
        group.abort();
    }
    for _ in 0..pace.grace {
        thread::park_timeout(pace.beat);
        if seen.is_over() {
            return;
        }
    }
    (pace.end)(lost);
}

/// How often in a row a number stayed what it was.
#[derive(Default)]
struct Missed {
    last: u64,
    times: u64,
}

impl Missed {
    fn count(&mut self, now: u64) -> u64 {
        self.times = if now == self.last { self.times + 1 } else { 0 };
        self.last = now;
        self.times
    }
}

#[cfg(test)]
mod tests;
