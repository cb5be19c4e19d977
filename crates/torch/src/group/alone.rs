//! A group of one process: nothing is sent.

use tch::Tensor;

use super::{Pending, ProcessGroup, Reduce};
use crate::TorchError;

/// One process alone. Every operation gives what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alone;

impl ProcessGroup for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn world(&self) -> usize {
        1
    }

    fn broadcast(&self, _: &Tensor, _: usize) -> Result<Pending, TorchError> {
        Ok(Pending::done())
    }

    fn all_reduce(&self, _: &Tensor, _: Reduce) -> Result<Pending, TorchError> {
        Ok(Pending::done())
    }

    fn all_gather(&self, tensor: &Tensor) -> Result<Vec<Tensor>, TorchError> {
        Ok(vec![tensor.copy()])
    }

    fn barrier(&self) -> Result<(), TorchError> {
        Ok(())
    }

    fn abort(&self) {}

    fn is_broken(&self) -> bool {
        false
    }

    fn gradients(&self, loss: &Tensor, parameters: &[Tensor]) -> Result<Vec<Tensor>, TorchError> {
        let (keep_graph, create_graph) = (false, false);
        Ok(Tensor::run_backward(
            &[loss],
            parameters,
            keep_graph,
            create_graph,
        ))
    }

    fn watched_sum(&self, tensor: &Tensor) -> Result<Tensor, TorchError> {
        Ok(tensor.shallow_clone())
    }
}
