//! The heart: says that this rank lives, and hears of the others.

use std::sync::atomic::Ordering;
use std::thread;

use creamc_torch::TorchError;
use creamc_torch::group::Store;

use super::super::progress::Sign;
use super::{Pace, Seen, Watched};

/// The heart: beats until this rank is at its end, or the store does not answer.
pub(super) fn beat(store: &Store, watched: &Watched, seen: &Seen, pace: Pace) {
    let mut heart = Heart {
        store,
        watched,
        seen,
        own: Sign::default(),
        next: None,
        behind: Behind::default(),
    };
    while !seen.is_over() {
        if heart.beat(pace.behind).is_err() {
            // Where this rank is at its end, so is the one that served the store.
            if !seen.is_over() {
                let _ = seen.lost.set(seen.store_gone());
            }
            return;
        }
        seen.rounds.fetch_add(1, Ordering::Relaxed);
        thread::park_timeout(pace.beat);
    }
}

/// What the heart knows from one beat to the next.
struct Heart<'a> {
    store: &'a Store,
    watched: &'a Watched,
    seen: &'a Seen,
    /// This rank's last sign of life.
    own: Sign,
    /// The next rank's, as it was written.
    next: Option<String>,
    behind: Behind,
}

impl Heart<'_> {
    fn beat(&mut self, behind: u64) -> Result<(), TorchError> {
        self.own = self.watched.progress.sign(&self.own);
        self.store.set(&self.watched.own, &self.own.to_string())?;
        self.hear_of_the_lost()?;
        self.hear_the_server()?;
        self.hear_the_next(behind)
    }

    /// Hears who is lost; where nobody has said so, says whom this rank misses.
    fn hear_of_the_lost(&self) -> Result<(), TorchError> {
        if let Some(lost) = self.store.get(&self.watched.lost)? {
            let _ = self.seen.lost.set(lost);
        } else if let Some(text) = self.seen.to_tell.get() {
            self.store.set(&self.watched.lost, text)?;
        }
        Ok(())
    }

    fn hear_the_server(&self) -> Result<(), TorchError> {
        if let Some(server) = &self.watched.server {
            let sign = self.store.get(server)?.as_deref().and_then(Sign::read);
            *self.seen.served() = sign;
        }
        Ok(())
    }

    /// Whether the next rank lives on, and whether it has kept this one waiting for more beats than it may.
    fn hear_the_next(&mut self, behind: u64) -> Result<(), TorchError> {
        let sign = self.store.get(&self.watched.next)?;
        if let Some(next) = sign.as_deref().and_then(Sign::read)
            && self.behind.count(self.own.met, next.met) > behind
        {
            let text = next.no_progress(&self.watched.next_name);
            let _ = self.seen.to_tell.set(text);
        }
        if sign != self.next {
            self.seen.signs.fetch_add(1, Ordering::Relaxed);
            self.next = sign;
        }
        Ok(())
    }
}

/// How long the next rank has kept this one waiting.
#[derive(Default)]
struct Behind {
    at: (u64, u64),
    beats: u64,
}

impl Behind {
    /// Beats in a row in which both had met the others this often, this rank oftener.
    fn count(&mut self, own: u64, next: u64) -> u64 {
        let same = self.at == (own, next);
        self.beats = if next < own && same {
            self.beats + 1
        } else {
            0
        };
        self.at = (own, next);
        self.beats
    }
}
