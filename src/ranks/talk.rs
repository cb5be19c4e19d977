//! What ranks say to each other through the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use creamc_torch::TorchError;
use creamc_torch::group::Store;

use super::progress::{Progress, Sign};
use super::watch::Watched;
use super::{Ending, Launcher, Seat, StoreOwner};

/// How long a rank may be silent before it counts as lost, once something went wrong.
pub(super) const SILENCE: Duration = Duration::from_millis(3500);
/// Between two looks for what another rank says.
pub(super) const LOOK: Duration = Duration::from_millis(20);

/// What is said through the store, and by whom.
#[derive(Debug)]
pub(super) struct Talk {
    pub store: Store,
    /// Before every key of this start: a launcher that starts ranks again keeps its store.
    prefix: String,
    pub seat: Seat,
    /// Machine and process of every rank.
    pub names: Vec<String>,
    pub progress: Arc<Progress>,
}

/// Where creamc's launcher, which outlives the ranks, finds why one ended.
pub(super) fn reason_key(rank: usize) -> String {
    format!("creamc/reason/{rank}")
}

pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

impl Talk {
    pub fn new(store: Store, prefix: String, seat: &Seat, names: Vec<String>) -> Talk {
        Talk {
            store,
            prefix,
            seat: seat.clone(),
            names,
            progress: Arc::default(),
        }
    }

    pub fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// Where what is said under `name` lies.
    pub fn told(&self, name: &str) -> String {
        self.key(&format!("told/{name}"))
    }

    /// All but this rank.
    pub fn others(&self) -> Vec<usize> {
        let all = 0..self.names.len();
        all.filter(|&one| one != self.seat.rank).collect()
    }

    /// Every rank looks at the next one; and at rank 0, where that takes the store with it.
    pub fn watched(&self) -> Watched {
        let rank = self.seat.rank;
        let next = (rank + 1) % self.names.len();
        let first_serves = self.seat.store == StoreOwner::First;
        Watched {
            own: self.alive(rank),
            next: self.alive(next),
            next_name: self.name(next),
            silent: answers_no_more(&[self.name(next)]),
            lost: self.key("lost"),
            no_store: self.no_store(),
            server: (first_serves && rank != 0).then(|| self.alive(0)),
            progress: Arc::clone(&self.progress),
        }
    }

    fn no_store(&self) -> String {
        let Seat { host, port, .. } = &self.seat;
        let place = format!("the store where ranks meet, at {host}:{port}, does not answer");
        match self.seat.store {
            StoreOwner::First => format!(
                "{}, which serves {place}: it ended, was killed, hangs, or cannot be reached",
                self.name(0)
            ),
            StoreOwner::Launcher => {
                format!("{place}: the launcher or its machine is gone, or cannot be reached")
            }
        }
    }

    /// Tells the others why this rank ends: those that ask, and those that wait for it on a GPU.
    pub fn end(&self, ending: &Ending) {
        let (rank, text) = (self.seat.rank, ending.to_string());
        let _ = self.store.set(&self.key(&format!("ended/{rank}")), &text);
        if self.seat.launcher == Launcher::Creamc {
            let _ = self.store.set(&reason_key(rank), &text);
        }
        if let Ending::Cause(why) = ending {
            let text = format!("{} ended: {why}", self.name(rank));
            let _ = self.store.set(&self.key("lost"), &text);
        }
    }

    /// Waits until all others that live have said why they end.
    pub fn outlast_others(&self) {
        let mut left: Vec<(usize, Option<String>, Instant)> = self
            .others()
            .into_iter()
            .map(|rank| (rank, None, Instant::now()))
            .collect();
        while !left.is_empty() {
            left.retain_mut(|(rank, last, since)| {
                let sign = self.store.get(&self.alive(*rank)).ok().flatten();
                if sign != *last {
                    (*last, *since) = (sign, Instant::now());
                }
                self.ended(*rank).is_none() && since.elapsed() < SILENCE
            });
            thread::sleep(LOOK);
        }
    }

    /// Who is lost, and how this rank knows: who said why it ended, who is silent, or who is behind.
    pub fn why(&self) -> Result<String, TorchError> {
        let others = self.others();
        let since = Instant::now();
        let before = self.signs(&others)?;
        let mut silent = others.clone();
        while since.elapsed() < SILENCE {
            // A rank that found the error first ends with a message of its own: the first cause is another's.
            let cause = others.iter().find_map(|&one| match self.ended(one)? {
                Ending::Cause(why) => Some(format!("{} ended: {why}", self.name(one))),
                Ending::Consequence(_) => None,
            });
            if let Some(cause) = cause {
                return Ok(cause);
            }
            let now = self.signs(&others)?;
            silent.retain(|one| now.get(one) == before.get(one) && self.ended(*one).is_none());
            if silent.is_empty() {
                break;
            }
            thread::sleep(LOOK * 5);
        }
        let silent: Vec<String> = silent.into_iter().map(|one| self.name(one)).collect();
        match silent.as_slice() {
            [] => self.who_is_behind(&others),
            silent => Ok(answers_no_more(silent)),
        }
    }

    /// Whom the others wait for, though all live.
    fn who_is_behind(&self, others: &[usize]) -> Result<String, TorchError> {
        let signs = self.signs(others)?;
        let signs = signs
            .iter()
            .filter_map(|(&rank, text)| Some((rank, Sign::read(text.as_deref()?)?)));
        // Who ended because of the same waits no more, and nobody waits for it.
        let behind: Vec<String> = signs
            .filter(|(_, sign)| sign.met < self.progress.met())
            .filter(|(rank, _)| self.ended(*rank).is_none())
            .map(|(rank, sign)| sign.no_progress(&self.name(rank)))
            .collect();
        Ok(match behind.as_slice() {
            [] => "the connection to another rank broke, though all ranks live".to_owned(),
            behind => behind.join("; "),
        })
    }

    pub fn signs(&self, ranks: &[usize]) -> Result<BTreeMap<usize, Option<String>>, TorchError> {
        let sign = |&rank: &usize| Ok((rank, self.store.get(&self.alive(rank))?));
        ranks.iter().map(sign).collect()
    }

    /// Why a rank ended, where it said so.
    pub fn ended(&self, rank: usize) -> Option<Ending> {
        let key = self.key(&format!("ended/{rank}"));
        let text = self.store.get(&key).ok().flatten()?;
        Some(Ending::read(&text))
    }

    fn alive(&self, rank: usize) -> String {
        self.key(&format!("alive/{rank}"))
    }

    pub fn name(&self, rank: usize) -> String {
        format!("rank {rank} ({})", self.names[rank])
    }
}

fn answers_no_more(names: &[String]) -> String {
    format!(
        "{} answers no more: it was killed, hangs, or cannot be reached",
        names.join(" and ")
    )
}
