//! Around autograd.

use tch::Tensor;

use crate::shim::{self, TorchError};

/// The same numbers in memory as a tensor of its own for autograd: a change through it is not
/// counted, so that a graph that has kept the original is run backward with the changed numbers.
/// (Optimisers changed weights this way before PyTorch 1.5.)
///
/// # Errors
/// When libtorch refuses.
pub fn unwatched(tensor: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: the pointer is that of a live tensor, which the shim only reads.
    shim::one_tensor(|output| unsafe { shim::shim_unwatched(shim::pointer(tensor), output) })
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::*;

    #[test]
    fn a_change_past_autograd_is_seen_by_the_graph_that_kept_the_tensor() {
        let w = Tensor::from_slice(&[3.0]).set_requires_grad(true);
        let square = w.square().sum(None::<tch::Kind>);
        let _ = unwatched(&w).unwrap().fill_(5.0);
        let gradient = Tensor::run_backward(&[square], &[&w], false, false);
        assert_eq!(gradient[0].double_value(&[0]), 10.0);
    }
}
