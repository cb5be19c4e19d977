//! Who is there, who is not, and which of them is named when all must end.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use creamc_torch::group::{ProcessGroup, Store};
use creamc_torch::{TorchError, end_at_once};

use super::talk::{LOOK, SILENCE, Talk, first_line};
use super::watch::{Pace, Watch};
use super::{Ending, Joining, RanksError, Seat, StoreOwner};
use crate::run::tell;

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(1);
/// How long the store may take to answer, once something went wrong.
const ANSWER: Duration = Duration::from_secs(4);
/// The fewest signs of life that may be missed while nothing went wrong.
const FEWEST: u64 = 10;
/// Beats that a rank has to end by itself, once another is lost.
const GRACE: u64 = 30;
/// Exit code of a process that would hang for ever.
const HUNG: i32 = 2;
/// How long rank 0 keeps the store that it serves for the others, once it ends.
const LINGER: Duration = Duration::from_secs(15);

/// The other ranks, through the store.
#[derive(Debug)]
pub(super) struct Peers {
    talk: Arc<Talk>,
    timeout: Duration,
    watch: Watch,
}

impl Peers {
    /// Says that this rank is there, every second from now on, and looks that the others are.
    pub fn new(
        store: Store,
        prefix: String,
        (seat, names): (&Seat, Vec<String>),
        Joining { timeout, .. }: Joining,
    ) -> Result<Peers, TorchError> {
        let talk = Talk::new(store, prefix, seat, names);
        let waited = timeout.as_secs().max(FEWEST);
        let pace = Pace {
            beat: BEAT,
            silent: waited,
            behind: waited,
            grace: GRACE,
            end: hung,
        };
        let watch = Watch::start(&talk.store, talk.watched(), pace)?;
        Ok(Peers {
            talk: Arc::new(talk),
            timeout,
            watch,
        })
    }

    /// Gives up what this group has under way when a rank is lost.
    pub fn abort_when_lost(&self, group: Arc<dyn ProcessGroup>) {
        self.watch.abort_when_lost(group);
    }

    /// A rank with its machine and process.
    pub fn name(&self, rank: usize) -> String {
        self.talk.name(rank)
    }

    /// This rank has come to where all meet.
    pub fn meet(&self) {
        self.talk.progress.meet();
    }

    /// This rank is at this step.
    pub fn at(&self, step: u64) {
        self.talk.progress.at(step);
    }

    /// An error where a rank was found to be lost already.
    pub fn check(&self) -> Result<(), RanksError> {
        match self.watch.lost() {
            None => Ok(()),
            Some(_) => Err(self.lost(&TorchError("nothing yet".to_owned()))),
        }
    }

    /// From now on nobody is missed: this rank has done its work.
    pub fn stop_watching(&self) {
        self.watch.stop();
    }

    /// Says a text to all others.
    pub fn tell(&self, key: &str, text: &str) -> Result<(), RanksError> {
        self.remember(&self.talk.told(key), text)
    }

    /// What rank 0 tells under this key.
    pub fn ask(&self, key: &str) -> Result<String, RanksError> {
        let key = self.talk.told(key);
        let since = Instant::now();
        loop {
            if let Some(told) = self.recall(&key)? {
                return Ok(told);
            }
            if self.talk.ended(0).is_some() {
                return Err(self.lost(&TorchError("nothing, rank 0 had ended".to_owned())));
            }
            if since.elapsed() > self.timeout {
                let reason = format!("nothing within {} s", self.timeout.as_secs());
                return Err(self.lost(&TorchError(reason)));
            }
            thread::sleep(LOOK);
        }
    }

    /// Writes what a later start in the same store recalls.
    pub fn remember(&self, key: &str, text: &str) -> Result<(), RanksError> {
        let written = self.talk.store.set(key, text);
        written.map_err(|error| self.lost(&error))
    }

    /// What this start or an earlier one remembered.
    pub fn recall(&self, key: &str) -> Result<Option<String>, RanksError> {
        let found = self.talk.store.get(key);
        found.map_err(|error| self.lost(&error))
    }

    /// Says under `key` that this rank has done its part.
    pub fn done(&self, key: &str) -> Result<(), RanksError> {
        self.tell(&format!("{key}/{}", self.talk.seat.rank), "done")
    }

    /// Waits until all others have done theirs, as long as they live.
    pub fn all_done(&self, key: &str) -> Result<(), RanksError> {
        for other in self.talk.others() {
            self.done_by(other, key)?;
        }
        Ok(())
    }

    /// Waits until this one has.
    fn done_by(&self, other: usize, key: &str) -> Result<(), RanksError> {
        let done = self.talk.told(&format!("{key}/{other}"));
        let sign = || self.talk.signs(&[other]).map_err(|error| self.lost(&error));
        let (mut since, mut seen) = (Instant::now(), sign()?);
        while self.recall(&done)?.is_none() {
            let now = sign()?;
            if now != seen {
                (since, seen) = (Instant::now(), now);
            }
            if since.elapsed() > self.timeout || self.talk.ended(other).is_some() {
                let reason = format!("rank {other} did not end its part");
                return Err(self.lost(&TorchError(reason)));
            }
            thread::sleep(LOOK * 5);
        }
        Ok(())
    }

    /// Tells the others why this rank ends.
    pub fn end(&self, ending: &Ending) {
        let ending = ending.clone();
        // Where the store is gone nobody hears it.
        self.within(ANSWER, move |talk| talk.end(&ending));
    }

    /// Keeps the store that this rank serves until the others have read why it ended.
    pub fn linger(&self) {
        let Seat { rank, store, .. } = self.talk.seat;
        if rank == 0 && store == StoreOwner::First {
            self.within(LINGER, Talk::outlast_others);
        }
    }

    /// An error that names who is lost: who said why it ended, else who is silent.
    pub fn lost(&self, error: &TorchError) -> RanksError {
        RanksError::Lost {
            rank: self.talk.seat.rank,
            world: self.talk.names.len(),
            what: match self.watch.lost() {
                Some(lost) => lost.to_owned(),
                None => self.who(),
            },
            reason: first_line(&error.0),
        }
    }

    fn who(&self) -> String {
        match self.within(SILENCE + ANSWER, Talk::why) {
            Some(Ok(why)) => why,
            Some(Err(_)) | None => self.watch.no_store(),
        }
    }

    /// What comes of some talk within this time. An answer of a machine that cannot be reached may take a quarter of an
    /// hour: the question is left behind, and ends with the process.
    fn within<T: Send + 'static>(
        &self,
        time: Duration,
        ask: impl FnOnce(&Talk) -> T + Send + 'static,
    ) -> Option<T> {
        let (say, said) = mpsc::channel();
        let talk = Arc::clone(&self.talk);
        thread::spawn(move || say.send(ask(&talk)));
        said.recv_timeout(time).ok()
    }
}

/// The end of a process that nothing else ends; what it saved is whole.
fn hung(why: &str) {
    tell(&format!(
        "error: {why}; what this process waits for does not end, so it is ended. The last checkpoint is whole"
    ));
    end_at_once(HUNG)
}
