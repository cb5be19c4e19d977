//! Tensors of one kind averaged in one message.

use creamc_torch::TorchError;
use creamc_torch::group::{Pending, Reduce};
use tch::Tensor;

use super::{Ranks, RanksError};

/// An average under way.
#[derive(Debug)]
#[must_use = "the tensors are averaged only when it is finished"]
pub struct Sharing<'a> {
    ranks: &'a Ranks,
    tensors: Vec<Tensor>,
    /// All of them, one behind the other.
    flat: Option<(Tensor, Pending)>,
}

impl Sharing<'_> {
    pub(super) fn start<'a>(
        ranks: &'a Ranks,
        tensors: &[Tensor],
    ) -> Result<Sharing<'a>, TorchError> {
        let tensors: Vec<Tensor> = tensors.iter().map(Tensor::shallow_clone).collect();
        if ranks.is_without_group() || tensors.is_empty() {
            return Ok(Sharing {
                ranks,
                tensors,
                flat: None,
            });
        }
        let flat = tch::no_grad(|| {
            let parts: Vec<Tensor> = tensors.iter().map(|one| one.reshape([-1])).collect();
            Tensor::cat(&parts, 0)
        });
        let pending = ranks.tensors.all_reduce(&flat, Reduce::Mean)?;
        Ok(Sharing {
            ranks,
            tensors,
            flat: Some((flat, pending)),
        })
    }

    /// Waits for it; the tensors hold the averages then.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn finish(self) -> Result<(), RanksError> {
        let Some((flat, pending)) = self.flat else {
            return Ok(());
        };
        self.ranks.found(pending.wait())?;
        tch::no_grad(|| {
            let mut at = 0;
            for mut tensor in self.tensors {
                let length = tensor.numel() as i64;
                let own = flat.narrow(0, at, length).view(tensor.size().as_slice());
                tensor.copy_(&own);
                at += length;
            }
        });
        Ok(())
    }
}
