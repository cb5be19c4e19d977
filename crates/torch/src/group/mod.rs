//! Processes that train together, over libtorch's own c10d: Gloo between CPUs, NCCL between GPUs.
//!
//! A process is a *rank* of a group; the number of ranks is its *world size*. Every rank makes the same
//! calls in the same order. What a peer does not answer within the time-out is an error, never a wait
//! without end.

mod alone;
mod c10d;
mod ffi;
mod store;
pub mod testing;
#[cfg(test)]
mod tests;

use std::fmt::Debug;

use tch::Tensor;

use crate::TorchError;

pub use alone::Alone;
pub use c10d::{C10d, Pending, Place};
pub use store::Store;

/// How tensors of all ranks become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduce {
    /// Their sum.
    Sum,
    /// Their sum over the number of ranks.
    Mean,
    /// The largest value of each place.
    Max,
}

/// Collective operations of one rank. Those that give a [`Pending`] are under way when they return, several
/// at a time; the tensor must not be touched before [`Pending::wait`].
pub trait ProcessGroup: Debug + Send + Sync {
    /// This process among all, from 0.
    fn rank(&self) -> usize;

    /// The number of processes.
    fn world(&self) -> usize;

    /// Makes `tensor` what it is on rank `root`.
    ///
    /// # Errors
    /// When the group is broken.
    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Pending, TorchError>;

    /// Makes `tensor` the same on all ranks: what `how` makes of all of them.
    ///
    /// # Errors
    /// When the group is broken.
    fn all_reduce(&self, tensor: &Tensor, how: Reduce) -> Result<Pending, TorchError>;

    /// Every rank's tensor, in the order of ranks. Waits for all.
    ///
    /// # Errors
    /// When a rank does not answer.
    fn all_gather(&self, tensor: &Tensor) -> Result<Vec<Tensor>, TorchError>;

    /// Waits until every rank is here.
    ///
    /// # Errors
    /// When a rank does not answer.
    fn barrier(&self) -> Result<(), TorchError>;

    /// Breaks the group: every later operation fails at once. What is under way is given up over NCCL; over Gloo it ends by
    /// itself, within the time-out.
    fn abort(&self);

    /// Whether an operation failed, which is another rank's doing, or the group was aborted.
    fn is_broken(&self) -> bool;

    /// Gradients of a scalar loss, averaged over ranks, in the order and the layout of `parameters`; the
    /// loss's graph is used up. They are sent in buckets while the backward pass goes on.
    ///
    /// # Errors
    /// When a parameter did not take part in the loss, or a rank does not answer.
    fn gradients(&self, loss: &Tensor, parameters: &[Tensor]) -> Result<Vec<Tensor>, TorchError>;

    /// The sum over ranks, which gradients pass through: each rank's input gets the sum of all ranks'
    /// gradients. Waits for all. The group must outlive the graph.
    ///
    /// # Errors
    /// When a rank does not answer.
    fn watched_sum(&self, tensor: &Tensor) -> Result<Tensor, TorchError>;
}
