//! Who is there, who is not: what ranks tell each other through the store, and which of them is named when all must end.

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use creamc_torch::group::{ProcessGroup, Store};
use creamc_torch::{TorchError, end_at_once};

use super::watch::{Pace, Watch, Watched};
use super::{RanksError, Seat};
use crate::run::tell;

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(1);
/// How long a rank may be silent before it counts as lost, once something went wrong.
const SILENCE: Duration = Duration::from_millis(3500);
/// How long the store may take to answer, once something went wrong.
const ANSWER: Duration = Duration::from_secs(4);
/// The fewest signs of life that may be missed while nothing went wrong.
const FEWEST: u64 = 10;
/// Beats that a rank has to end by itself, once another is lost.
const GRACE: u64 = 30;
/// Exit code of a process that would hang for ever.
const HUNG: i32 = 2;
/// Between two looks for what another rank says.
const LOOK: Duration = Duration::from_millis(20);

/// The other ranks, through the store.
#[derive(Debug)]
pub(super) struct Peers {
    talk: Arc<Talk>,
    timeout: Duration,
    watch: Watch,
}

/// What is said through the store, and by whom.
#[derive(Debug)]
struct Talk {
    store: Store,
    /// Before every key of this start: a launcher that starts ranks again keeps its store.
    prefix: String,
    rank: usize,
    /// Machine and process of every rank.
    names: Vec<String>,
    no_store: String,
}

impl Peers {
    /// Says that this rank is there, every second from now on, and looks that the others are.
    pub fn new(
        store: Store,
        prefix: String,
        (seat, names): (&Seat, Vec<String>),
        timeout: Duration,
    ) -> Result<Peers, TorchError> {
        let Seat { host, port, .. } = seat;
        let talk = Talk {
            prefix,
            rank: seat.rank,
            names,
            no_store: format!(
                "the store where ranks meet, at {host}:{port}, does not answer: its machine, the launcher or rank 0 is gone, or \
                 cannot be reached"
            ),
            store,
        };
        let pace = Pace {
            beat: BEAT,
            missed: timeout.as_secs().max(FEWEST),
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
        let key = self.talk.key(&format!("told/{key}"));
        let told = self.talk.store.set(&key, text);
        told.map_err(|error| self.lost(&error))
    }

    /// What rank 0 tells under this key.
    pub fn ask(&self, key: &str) -> Result<String, RanksError> {
        let key = self.talk.key(&format!("told/{key}"));
        let since = Instant::now();
        loop {
            let told = self.talk.store.get(&key);
            let told = told.map_err(|error| self.lost(&error))?;
            if let Some(told) = told {
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
        self.tell(&format!("{key}/{}", self.talk.rank), "done")
    }

    /// Waits until all others have done theirs, as long as they live.
    pub fn all_done(&self, key: &str) -> Result<(), RanksError> {
        for other in (0..self.talk.names.len()).filter(|&one| one != self.talk.rank) {
            let done = self.talk.key(&format!("told/{key}/{other}"));
            let sign = || self.talk.signs(&[other]).map_err(|error| self.lost(&error));
            let (mut since, mut seen) = (Instant::now(), sign()?);
            loop {
                let told = self
                    .talk
                    .store
                    .get(&done)
                    .map_err(|error| self.lost(&error))?;
                if told.is_some() {
                    break;
                }
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
        }
        Ok(())
    }

    /// Tells the others why this rank ends.
    pub fn end(&self, why: &str) {
        let why = first_line(why);
        // Where the store is gone nobody hears it.
        self.within(ANSWER, move |talk| talk.end(&why));
    }

    /// An error that names who is lost: who said why it ended, else who is silent.
    pub fn lost(&self, error: &TorchError) -> RanksError {
        RanksError::Lost {
            rank: self.talk.rank,
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
            Some(Err(_)) | None => self.talk.no_store.clone(),
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

impl Talk {
    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// Every rank looks at the next one.
    fn watched(&self) -> Watched {
        let next = (self.rank + 1) % self.names.len();
        Watched {
            own: self.key(&format!("alive/{}", self.rank)),
            next: self.key(&format!("alive/{next}")),
            silent: self.answers_no_more(&[self.name(next)]),
            lost: self.key("lost"),
            no_store: self.no_store.clone(),
        }
    }

    fn answers_no_more(&self, names: &[String]) -> String {
        format!(
            "{} answers no more: it was killed, hangs, or cannot be reached",
            names.join(" and ")
        )
    }

    /// Tells the others why this rank ends: those that ask, and those that wait for it on a GPU.
    fn end(&self, why: &str) {
        let _ = self
            .store
            .set(&self.key(&format!("ended/{}", self.rank)), why);
        if !is_consequence(why) {
            let text = format!("{} ended: {why}", self.name(self.rank));
            let _ = self.store.set(&self.key("lost"), &text);
        }
    }

    fn why(&self) -> Result<String, TorchError> {
        let others: Vec<usize> = (0..self.names.len())
            .filter(|&one| one != self.rank)
            .collect();
        let since = Instant::now();
        let before = self.signs(&others)?;
        let mut silent = others.clone();
        while since.elapsed() < SILENCE {
            // A rank that found the error first ends with a message of its own: the first cause is another's.
            let ended = others.iter().find_map(|&one| Some((one, self.ended(one)?)));
            if let Some((rank, why)) = ended.filter(|(_, why)| !is_consequence(why)) {
                return Ok(format!("{} ended: {why}", self.name(rank)));
            }
            let now = self.signs(&others)?;
            silent.retain(|one| now.get(one) == before.get(one) && self.ended(*one).is_none());
            if silent.is_empty() {
                break;
            }
            thread::sleep(LOOK * 5);
        }
        let silent: Vec<String> = silent.into_iter().map(|one| self.name(one)).collect();
        Ok(match silent.as_slice() {
            [] => "the connection to another rank broke, though all ranks live".to_owned(),
            silent => self.answers_no_more(silent),
        })
    }

    fn signs(&self, ranks: &[usize]) -> Result<BTreeMap<usize, Option<String>>, TorchError> {
        let sign = |&rank: &usize| {
            let key = self.key(&format!("alive/{rank}"));
            Ok((rank, self.store.get(&key)?))
        };
        ranks.iter().map(sign).collect()
    }

    fn ended(&self, rank: usize) -> Option<String> {
        let key = self.key(&format!("ended/{rank}"));
        self.store.get(&key).ok().flatten()
    }

    fn name(&self, rank: usize) -> String {
        format!("rank {rank} ({})", self.names[rank])
    }
}

/// The end of a process that nothing else ends; what it saved is whole.
fn hung(why: &str) {
    tell(&format!(
        "error: {why}; what this process waits for does not end, so it is ended. The last checkpoint is whole"
    ));
    end_at_once(HUNG)
}

/// Whether a rank ended because of another one.
fn is_consequence(why: &str) -> bool {
    why.contains(CONSEQUENCE)
}

/// In the text of every [`RanksError::Lost`].
const CONSEQUENCE: &str = "libtorch said:";

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
