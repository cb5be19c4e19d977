//! The processes of one training: who this one is, how they find each other, what they agree on.
//!
//! Every process (a *rank*) runs the same program on the same path of the space with its own piece of each
//! batch. Equal weights, equal random streams and equal decisions are kept equal by three things: gradients
//! and norm statistics are averaged, what is measured is summed, and what only one can know (the time, a
//! signal, whose images the board keeps) comes from rank 0 or from all.

mod agree;
mod begun;
mod compare;
mod ending;
mod environment;
mod error;
mod join;
mod launch;
mod peers;
mod progress;
mod reach;
mod roll;
mod sharing;
mod talk;
mod texts;
mod watch;

use std::sync::Arc;

use creamc_torch::TorchError;
use creamc_torch::group::{Alone, Pending, ProcessGroup, Reduce};
use tch::Tensor;

use crate::data::Shard;
use crate::nn::{NamedTensor, Over};

pub use compare::{COMPARE_EVERY, FIRST, SAVED, TRAINED};
pub use ending::Ending;
pub use environment::{Environment, Launcher, Seat, StoreOwner};
pub use error::RanksError;
pub use join::{Joining, join};
pub use launch::{Launch, Launched, end_with_launcher, launch};
use peers::Peers;
pub use sharing::Sharing;

/// This process among those that train together.
#[derive(Debug, Clone)]
pub struct Ranks {
    /// Between the devices that train.
    tensors: Arc<dyn ProcessGroup>,
    /// Between CPUs: decisions, which no device must be waited for.
    control: Arc<dyn ProcessGroup>,
    peers: Option<Arc<Peers>>,
    local: usize,
}

impl Ranks {
    /// One process alone.
    #[must_use]
    pub fn alone() -> Ranks {
        Ranks {
            tensors: Arc::new(Alone),
            control: Arc::new(Alone),
            peers: None,
            local: 0,
        }
    }

    /// Ranks over a group that is joined already, whose peers nobody watches.
    #[must_use]
    pub fn of(group: Arc<dyn ProcessGroup>) -> Ranks {
        Ranks {
            control: Arc::clone(&group),
            tensors: group,
            peers: None,
            local: 0,
        }
    }

    /// This rank, from 0.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.control.rank()
    }

    /// The number of ranks.
    #[must_use]
    pub fn world(&self) -> usize {
        self.control.world()
    }

    /// This process among those of its machine, from 0.
    #[must_use]
    pub fn local(&self) -> usize {
        self.local
    }

    /// Whether nobody else trains.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.world() == 1
    }

    /// Whether it has joined no group. One process alone may have: a launcher started it, and it does all that several do.
    fn is_without_group(&self) -> bool {
        self.is_alone() && self.peers.is_none()
    }

    /// Whether this rank writes and speaks for all.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// This rank's piece of every batch.
    #[must_use]
    pub fn shard(&self) -> Shard {
        Shard {
            rank: self.rank(),
            world: self.world(),
        }
    }

    /// Gradients of a scalar loss, averaged over ranks, in the order of `parameters`; the loss's graph is used up.
    ///
    /// # Errors
    /// When libtorch refuses, or a rank is lost.
    pub fn gradients(
        &self,
        loss: &Tensor,
        parameters: &[NamedTensor],
    ) -> Result<Vec<Tensor>, RanksError> {
        let inputs: Vec<Tensor> = parameters
            .iter()
            .map(|one| one.tensor.shallow_clone())
            .collect();
        self.meets();
        self.found(self.tensors.gradients(loss, &inputs))
    }

    /// Whose images the norms of a training see: all ranks' where they are `synced`.
    #[must_use]
    pub fn norms(&self, synced: bool) -> Over<'_> {
        match synced && !self.is_alone() {
            true => Over::All(&*self.tensors),
            false => Over::Own,
        }
    }

    /// Begins to average tensors of one kind over ranks, in place.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn share(&self, tensors: &[Tensor]) -> Result<Sharing<'_>, RanksError> {
        self.meets();
        self.found(Sharing::start(self, tensors))
    }

    /// Makes tensors what they are on rank 0.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn follow_first(&self, tensors: &[&Tensor]) -> Result<(), RanksError> {
        for tensor in tensors {
            self.meets();
            let sent = self.tensors.broadcast(tensor, 0);
            self.found(sent.and_then(Pending::wait))?;
        }
        Ok(())
    }

    /// Whether any rank says so. All ask it at the same place.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn any(&self, says: bool) -> Result<bool, RanksError> {
        if self.is_without_group() {
            return Ok(says);
        }
        self.require_all()?;
        self.meets();
        let flag = Tensor::from_slice(&[i32::from(says)]);
        let pending = self.control.all_reduce(&flag, Reduce::Max);
        self.found(pending.and_then(Pending::wait))?;
        Ok(flag.int64_value(&[0]) > 0)
    }

    /// Rows of numbers, each known to one rank (zeros elsewhere), known to all.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn sum(&self, numbers: &mut [f64]) -> Result<(), RanksError> {
        if self.is_without_group() || numbers.is_empty() {
            return Ok(());
        }
        self.meets();
        let all = Tensor::from_slice(numbers);
        let pending = self.control.all_reduce(&all, Reduce::Sum);
        self.found(pending.and_then(Pending::wait))?;
        all.copy_data(numbers, numbers.len());
        Ok(())
    }

    /// A text that rank 0 knows, known to all: asked for once under this key.
    ///
    /// # Errors
    /// When rank 0 ended before it said so.
    pub fn text_of_first(&self, key: &str, own: Option<&str>) -> Result<String, RanksError> {
        let own = own.unwrap_or_default();
        let Some(peers) = &self.peers else {
            return Ok(self.texts(own)?.swap_remove(0));
        };
        self.meets();
        if !self.is_first() {
            return peers.ask(key);
        }
        peers.tell(key, own)?;
        Ok(own.to_owned())
    }

    /// An error where a rank was found to be lost; asks nobody.
    ///
    /// # Errors
    /// When one is.
    pub fn require_all(&self) -> Result<(), RanksError> {
        match &self.peers {
            Some(peers) => peers.check(),
            None => Ok(()),
        }
    }

    /// Says which step of the whole run this rank is at, for when the others wait for it.
    pub fn at(&self, step: u64) {
        if let Some(peers) = &self.peers {
            peers.at(step);
        }
    }

    /// A rank with its machine and process, as far as they are known.
    fn name(&self, rank: usize) -> String {
        match &self.peers {
            Some(peers) => peers.name(rank),
            None => format!("rank {rank}"),
        }
    }

    /// Counts that this rank has come to where all meet, before it waits for the others there.
    fn meets(&self) {
        if let Some(peers) = &self.peers {
            peers.meet();
        }
    }

    /// Waits until every rank is here, for parts of a work of about the same length.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn meet(&self) -> Result<(), RanksError> {
        self.any(false).map(|_| ())
    }

    /// Says under `key` that this rank has done its part of a work, and waits until all have, however long it takes: a rank
    /// that ended early would be missed.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn parts_done(&self, key: &str) -> Result<(), RanksError> {
        match &self.peers {
            None => Ok(()),
            Some(peers) => {
                peers.done(key)?;
                peers.all_done(key)
            }
        }
    }

    /// Says to the others why this rank ends, so that they name it; without an error, waits until all
    /// are at their end.
    pub fn leave(self, ending: Option<&Ending>) {
        let Ranks {
            tensors,
            control,
            peers,
            ..
        } = self;
        match (peers, ending) {
            (Some(peers), Some(ending)) => {
                peers.end(ending);
                // Those that wait for this rank find it gone now, and why.
                drop((tensors, control));
                peers.linger();
            }
            (Some(peers), None) => {
                // A rank that is lost now has done its work.
                peers.stop_watching();
                drop(control.barrier());
            }
            (None, _) => {}
        }
    }

    /// What libtorch gives, or who is lost: another rank where an operation between ranks failed, else nobody.
    ///
    /// # Errors
    /// When libtorch refuses, or a rank is lost.
    pub fn found<T>(&self, result: Result<T, TorchError>) -> Result<T, RanksError> {
        let is_broken = || self.tensors.is_broken() || self.control.is_broken();
        result.map_err(|error| match &self.peers {
            _ if !is_broken() => RanksError::Torch(error),
            Some(peers) => peers.lost(&error),
            None => RanksError::Lost {
                rank: self.rank(),
                world: self.world(),
                what: "the ranks cannot go on together".to_owned(),
                reason: error.0,
            },
        })
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
