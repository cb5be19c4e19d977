//! The processes of one training: who this one is, how they find each other, what they agree on.
//!
//! Every process (a *rank*) runs the same program on the same path of the space with its own piece of each
//! batch. Equal weights, equal random streams and equal decisions are kept equal by three things: gradients
//! and norm statistics are averaged, what is measured is summed, and what only one can know (the time, a
//! signal, whose images the board keeps) comes from rank 0 or from all.

mod agree;
mod begun;
mod environment;
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
use tch::{Device, Kind, Tensor};

use crate::data::Shard;
use crate::nn::{NamedTensor, Over};

pub use environment::{Environment, Launcher, Seat, StoreOwner};
pub use join::{Joining, join};
pub use launch::{Launch, end_with_launcher, launch};
use peers::Peers;
pub use sharing::Sharing;

/// Why the ranks do not go on together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RanksError {
    /// The launcher's environment is wrong.
    #[error("{0}")]
    Environment(String),
    /// Ranks could not be started.
    #[error("{0}")]
    Launch(String),
    /// The user stopped it before all had come.
    #[error("stopped before all ranks had come; nothing was begun")]
    Interrupted,
    /// Not all came, or not the right ones.
    #[error("{0}")]
    Join(String),
    /// One ended, or answers no more.
    #[error("{what} (this is rank {rank} of {world}; libtorch said: {reason})")]
    Lost {
        /// This rank.
        rank: usize,
        /// All ranks.
        world: usize,
        /// Who, as far as it is known.
        what: String,
        /// What libtorch said.
        reason: String,
    },
    /// One was started with something else than the first.
    #[error(
        "rank {rank} has `{own}` where rank 0 has `{first}`: start all ranks with the same command, settings and files"
    )]
    Unlike {
        /// This rank.
        rank: usize,
        /// A line of what it has.
        own: String,
        /// The same line on rank 0.
        first: String,
    },
    /// What must be equal on all ranks is not.
    #[error(
        "{what} is not the same on all ranks: rank {rank} differs from rank 0. Do all machines run the same binary on the same \
         kind of device, with the same files?"
    )]
    Apart {
        /// What.
        what: String,
        /// The first rank that differs.
        rank: usize,
    },
}

/// Steps between two comparisons of what must be equal on all ranks.
pub const COMPARE_EVERY: u64 = 100;
/// What is compared between checkpoints.
pub const TRAINED: &str = "what is trained";
/// What is compared before each checkpoint.
pub const SAVED: &str = "what a checkpoint holds";

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
    /// When a rank is lost.
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
        if self.is_alone() {
            return Ok(says);
        }
        if let Some(peers) = &self.peers {
            peers.check()?;
        }
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
        if self.is_alone() || numbers.is_empty() {
            return Ok(());
        }
        self.meets();
        let all = Tensor::from_slice(numbers);
        let pending = self.control.all_reduce(&all, Reduce::Sum);
        self.found(pending.and_then(Pending::wait))?;
        all.copy_data(numbers, numbers.len());
        Ok(())
    }

    /// Compares what must be equal on all ranks, by a sum of its bits.
    ///
    /// # Errors
    /// When it is not, or a rank is lost.
    pub fn compare(&self, what: &str, tensors: &[NamedTensor]) -> Result<(), RanksError> {
        if self.is_alone() {
            return Ok(());
        }
        let own = tch::no_grad(|| bits(tensors)).to_device(Device::Cpu);
        self.meets();
        let all = self.found(self.control.all_gather(&own))?;
        match all.iter().position(|theirs| *theirs != all[0]) {
            None => Ok(()),
            Some(rank) => Err(RanksError::Apart {
                what: what.to_owned(),
                rank,
            }),
        }
    }

    /// A text that rank 0 knows, known to all: asked for once under this key.
    ///
    /// # Errors
    /// When rank 0 ended before it said so.
    pub fn text_of_first(&self, key: &str, own: Option<&str>) -> Result<String, RanksError> {
        self.meets();
        match (&self.peers, own) {
            (Some(peers), Some(text)) if self.is_first() => peers.tell(key, text),
            (Some(peers), _) if !self.is_first() => return peers.ask(key),
            _ => Ok(()),
        }?;
        Ok(own.unwrap_or_default().to_owned())
    }

    /// Says which step of the whole run this rank is at, for when the others wait for it.
    pub fn at(&self, step: u64) {
        if let Some(peers) = &self.peers {
            peers.at(step);
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
    pub fn leave(self, error: Option<&str>) {
        let Ranks {
            tensors,
            control,
            peers,
            ..
        } = self;
        match (peers, error) {
            (Some(peers), Some(error)) => {
                peers.end(error);
                // Those that wait for this rank find it gone now, and why.
                drop((tensors, control));
                peers.linger();
            }
            // A rank that is lost now has done its work.
            (Some(peers), None) => {
                peers.stop_watching();
                drop(control.barrier());
            }
            (None, _) => {}
        }
    }

    /// What libtorch gives, or who is lost.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn found<T>(&self, result: Result<T, TorchError>) -> Result<T, RanksError> {
        result.map_err(|error| match &self.peers {
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

/// A sum of the bits of tensors, each tensor with a weight of its own. It sees drift, not every exchange of values inside
/// a tensor.
fn bits(tensors: &[NamedTensor]) -> Tensor {
    let sums: Vec<Tensor> = tensors
        .iter()
        .map(|one| {
            let words = match one.tensor.kind() {
                Kind::Double | Kind::Int64 => Kind::Int64,
                Kind::Half | Kind::BFloat16 => Kind::Int16,
                _ => Kind::Int,
            };
            one.tensor.detach().view_dtype(words).sum(Kind::Int64)
        })
        .collect();
    if sums.is_empty() {
        return Tensor::from_slice(&[0_i64]);
    }
    let sums = Tensor::stack(&sums, 0);
    let weights = Tensor::arange(sums.size()[0], (Kind::Int64, sums.device())) * 2 + 1;
    (sums * weights).sum(Kind::Int64).view([1])
}

#[cfg(test)]
mod tests {
    use creamc_torch::group::testing;

    use super::*;

    /// What two ranks say of these numbers, the last of which may differ.
    fn compared(of_rank: fn(usize) -> f32) -> Vec<Result<(), RanksError>> {
        testing::ranks(2, |group| {
            let ranks = Ranks::of(Arc::new(group));
            let last = of_rank(ranks.rank());
            let tensors = [[1.0, 2.0], [3.0, last]].map(|numbers| NamedTensor {
                name: "weight".into(),
                tensor: Tensor::from_slice(&numbers),
            });
            ranks.compare(TRAINED, &tensors)
        })
    }

    #[test]
    fn one_bit_that_differs_ends_all_ranks_and_the_rank_is_named() {
        assert_eq!(compared(|_| 0.1), [Ok(()), Ok(())]);
        for result in compared(|rank| f32::from_bits(0.1_f32.to_bits() + rank as u32)) {
            let error = result.unwrap_err().to_string();
            assert!(
                error.contains("what is trained is not the same") && error.contains("rank 1"),
                "{error}"
            );
        }
    }
}
