//! Primitives to tensors: one builder for the supernet and for single networks.
//!
//! In: the primitive operators of one block, as [`creamc_lang::ir::Op`] lists
//! them. Out: a [`Block`], its tensors named after the operators. Nothing here
//! waits for a device: no value is read back inside a forward.
//!
//! 32-bit floats on a CPU, where no gradient is asked for, run in few passes ([`Mode::Probe`], [`Mode::ProbeGroups`],
//! [`Mode::Eval`], measuring and judging); everything else by libtorch's operators. Both are equal to rounding.

mod block;
mod folded;
mod init;
mod layer_norm;
mod lazy;
mod norm;
mod op;
mod overall;
mod resize;
mod source;
mod statistics;
mod stored;
mod tensors;

#[cfg(test)]
mod tests;

use creamc_torch::group::ProcessGroup;
use tch::{Device, Kind, Tensor};

pub use block::Block;
pub use folded::FoldedBlock;
pub use init::Initial;
pub use statistics::{BlockStatistics, Statistics};
pub use stored::{Stored, slice};
pub use tensors::{NamedTensor, WeightsError, copy_into};

/// What kind of numbers tensors hold and where they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `Float` in runs; `Double` where a test compares to many digits.
    pub kind: Kind,
    /// CPU or a CUDA device.
    pub device: Device,
}

impl Place {
    /// float32 on the CPU.
    pub const CPU: Place = Place {
        kind: Kind::Float,
        device: Device::Cpu,
    };

    /// Brings a tensor of images here, `[N, C, H, W]`, stored channels last.
    ///
    /// # Panics
    /// When the tensor has not four dimensions.
    pub fn images(&self, images: &Tensor) -> Tensor {
        let here = images.to_device(self.device).to_kind(self.kind);
        creamc_torch::channels_last(&here).expect("images have four dimensions")
    }
}

/// Which statistics a batch norm uses, and whether its running ones move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The batch's; the running ones move towards them.
    Train,
    /// The batch's; the running ones are left alone.
    Probe,
    /// Those of each group of so many consecutive images, as if the groups were
    /// batches of their own; the running ones are left alone. The batch must be
    /// a whole number of groups.
    ProbeGroups(i64),
    /// The running ones.
    Eval,
}

/// Whose images a batch's statistics are over.
#[derive(Debug, Clone, Copy)]
pub enum Over<'a> {
    /// Those of this process.
    Own,
    /// Those of all ranks of a group, which all make the same forward. The group must outlive the graph.
    /// Groups of images ([`Mode::ProbeGroups`]) stay batches of their own.
    All(&'a dyn ProcessGroup),
}
