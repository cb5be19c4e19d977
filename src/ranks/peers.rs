//! Who is there, who is not: each rank says every second that it lives, and at its end why it ended.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use creamc_torch::TorchError;
use creamc_torch::group::Store;

use super::RanksError;

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(1);
/// How long a rank may be silent before it counts as lost.
const SILENCE: Duration = Duration::from_millis(3500);
/// Between two looks for what another rank says.
const LOOK: Duration = Duration::from_millis(20);

/// The other ranks, through the store.
#[derive(Debug)]
pub(super) struct Peers {
    store: Store,
    /// Before every key: a launcher that starts ranks again keeps its store.
    prefix: String,
    rank: usize,
    /// Machine and process of every rank.
    names: Vec<String>,
    timeout: Duration,
    beating: Arc<AtomicBool>,
    heart: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Peers {
    /// Says that this rank is there, every second from now on.
    pub fn new(
        store: Store,
        prefix: String,
        (rank, names): (usize, Vec<String>),
        timeout: Duration,
    ) -> Result<Peers, TorchError> {
        let beating = Arc::new(AtomicBool::new(true));
        let own = store.another()?;
        let (key, alive) = (format!("{prefix}/alive/{rank}"), Arc::clone(&beating));
        let heart = thread::spawn(move || beat(&own, &key, &alive));
        Ok(Peers {
            store,
            prefix,
            rank,
            names,
            timeout,
            beating,
            heart: std::sync::Mutex::new(Some(heart)),
        })
    }

    /// Says a text to all others.
    pub fn tell(&self, key: &str, text: &str) -> Result<(), RanksError> {
        let key = format!("{}/told/{key}", self.prefix);
        self.store
            .set(&key, text)
            .map_err(|error| self.lost(&error))
    }

    /// What rank 0 tells under this key.
    pub fn ask(&self, key: &str) -> Result<String, RanksError> {
        let key = format!("{}/told/{key}", self.prefix);
        let since = Instant::now();
        loop {
            let told = self.store.get(&key).map_err(|error| self.lost(&error))?;
            if let Some(told) = told {
                return Ok(told);
            }
            let late = since.elapsed() > self.timeout;
            if late || self.ended(0).is_some() {
                let reason = format!("nothing came within {} s", self.timeout.as_secs());
                return Err(self.lost(&TorchError(reason)));
            }
            thread::sleep(LOOK);
        }
    }

    /// Tells the others why this rank ends.
    pub fn end(&self, why: &str) {
        let key = format!("{}/ended/{}", self.prefix, self.rank);
        // Where the store is gone nobody hears it.
        let _ = self.store.set(&key, why.lines().next().unwrap_or(why));
    }

    /// An error that names who is lost: who said why it ended, else who is silent.
    pub fn lost(&self, error: &TorchError) -> RanksError {
        let what = self.why().unwrap_or_else(|_| {
            "the store where ranks meet does not answer: its machine, or rank 0, is gone".to_owned()
        });
        RanksError::Lost {
            rank: self.rank,
            world: self.names.len(),
            what,
            reason: first_line(&error.0),
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
            silent => format!(
                "{} answers no more: it was killed, hangs, or cannot be reached",
                silent.join(" and ")
            ),
        })
    }

    fn signs(&self, ranks: &[usize]) -> Result<BTreeMap<usize, Option<String>>, TorchError> {
        let sign = |&rank: &usize| {
            let key = format!("{}/alive/{rank}", self.prefix);
            Ok((rank, self.store.get(&key)?))
        };
        ranks.iter().map(sign).collect()
    }

    fn ended(&self, rank: usize) -> Option<String> {
        let key = format!("{}/ended/{rank}", self.prefix);
        self.store.get(&key).ok().flatten()
    }

    fn name(&self, rank: usize) -> String {
        format!("rank {rank} ({})", self.names[rank])
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.beating.store(false, Ordering::Relaxed);
        let mut heart = self.heart.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(heart) = heart.take() {
            heart.thread().unpark();
            // It panics nowhere; and at the end nobody minds.
            let _ = heart.join();
        }
    }
}

/// Counts, until told to end or the store is gone.
fn beat(store: &Store, key: &str, beating: &AtomicBool) {
    let mut count = 0_u64;
    while beating.load(Ordering::Relaxed) {
        if store.set(key, &count.to_string()).is_err() {
            return;
        }
        count += 1;
        thread::park_timeout(BEAT);
    }
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
