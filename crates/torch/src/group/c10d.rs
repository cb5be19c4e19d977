//! A group of c10d, of either kind.

use std::ffi::{c_int, c_void};
use std::time::Duration;

use tch::{Device, Kind, Tensor};

use super::store::{milliseconds, text};
use super::{ProcessGroup, Reduce, Store, ffi};
use crate::TorchError;
use crate::shim::{self, pointer, pointers};

/// As much of a path's gradients as is sent at once: large enough that latency does not count, small enough
/// that sending overlaps with the backward pass. A path of `mobile` has 22 MB of gradients: in PyTorch's 25 MiB
/// they would all leave after the pass.
const BUCKET_BYTES: usize = 4 << 20;

/// One rank's place in a group.
#[derive(Debug)]
pub struct C10d {
    handle: *mut c_void,
    rank: usize,
    world: usize,
    device: Device,
}

// SAFETY: c10d's groups may be used from any thread; ours are used from one at a time, but for `abort`,
// which is made for that.
unsafe impl Send for C10d {}
// SAFETY: as above.
unsafe impl Sync for C10d {}

/// Where the other ranks of a Gloo group connect to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An address of this machine.
    Address(String),
    /// Interfaces of this machine with commas between them, as many on all ranks.
    Interfaces(String),
}

impl C10d {
    fn of(handle: *mut c_void, (rank, world): (usize, usize), device: Device) -> C10d {
        C10d {
            handle,
            rank,
            world,
            device,
        }
    }

    /// Joins the Gloo group `name` of `world` CPUs. Waits until all have joined.
    ///
    /// # Errors
    /// When one has not within `timeout`, which every operation of the group has too.
    pub fn gloo(
        store: &Store,
        name: &str,
        (rank, world): (usize, usize),
        place: &Place,
        timeout: Duration,
    ) -> Result<C10d, TorchError> {
        let (place, interfaces) = match place {
            Place::Address(address) => (text(address)?, false),
            Place::Interfaces(names) => (text(names)?, true),
        };
        let name = text(name)?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: a live store, strings that live through the call, an output of ours.
        shim::outcome(unsafe {
            ffi::group_gloo(
                store.handle(),
                name.as_ptr(),
                small(rank),
                small(world),
                place.as_ptr(),
                interfaces,
                milliseconds(timeout),
                &mut handle,
            )
        })?;
        Ok(C10d::of(handle, (rank, world), Device::Cpu))
    }

    /// Loads NCCL, which every GPU of a group needs, before anybody waits for it.
    ///
    /// # Errors
    /// When the library is not there (`CREAMC_NCCL` names another than the usual one), or is not NCCL.
    pub fn load_nccl() -> Result<(), TorchError> {
        // SAFETY: no pointer is passed.
        shim::outcome(unsafe { ffi::group_nccl_load() })
    }

    /// Joins the NCCL group `name` of `world` GPUs with CUDA device `device`.
    ///
    /// # Errors
    /// When NCCL is not there or refuses. It waits for the others as long as the store does.
    pub fn nccl(
        store: &Store,
        name: &str,
        (rank, world): (usize, usize),
        device: usize,
    ) -> Result<C10d, TorchError> {
        let name = text(name)?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: a live store, a string that lives through the call, an output of ours.
        shim::outcome(unsafe {
            ffi::group_nccl(
                store.handle(),
                name.as_ptr(),
                small(rank),
                small(world),
                small(device),
                &mut handle,
            )
        })?;
        Ok(C10d::of(handle, (rank, world), Device::Cuda(device)))
    }
}

impl ProcessGroup for C10d {
    fn rank(&self) -> usize {
        self.rank
    }

    fn world(&self) -> usize {
        self.world
    }

    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Pending, TorchError> {
        let mut work = std::ptr::null_mut();
        // SAFETY: a live group and tensor; the output is ours.
        shim::outcome(unsafe {
            ffi::group_broadcast(self.handle, pointer(tensor), small(root), &mut work)
        })?;
        Ok(Pending::of(work, None))
    }

    fn all_reduce(&self, tensor: &Tensor, how: Reduce) -> Result<Pending, TorchError> {
        let mut work = std::ptr::null_mut();
        // SAFETY: as above.
        shim::outcome(unsafe {
            let largest = how == Reduce::Max;
            ffi::group_all_reduce(self.handle, pointer(tensor), largest, &mut work)
        })?;
        let mean = (how == Reduce::Mean).then(|| (tensor.shallow_clone(), self.world));
        Ok(Pending::of(work, mean))
    }

    fn all_gather(&self, tensor: &Tensor) -> Result<Vec<Tensor>, TorchError> {
        let outputs: Vec<Tensor> = (0..self.world).map(|_| tensor.zeros_like()).collect();
        let mut work = std::ptr::null_mut();
        // SAFETY: as above, and the list of outputs lives through the call.
        shim::outcome(unsafe {
            let list = pointers(&outputs);
            let input = pointer(tensor);
            ffi::group_all_gather(self.handle, input, list.as_ptr(), list.len(), &mut work)
        })?;
        Pending::of(work, None).wait()?;
        Ok(outputs)
    }

    fn barrier(&self) -> Result<(), TorchError> {
        let here = Tensor::ones([1], (Kind::Int, self.device));
        self.all_reduce(&here, Reduce::Sum)?.wait()
    }

    fn abort(&self) {
        // SAFETY: a live group.
        unsafe { ffi::group_abort(self.handle) }
    }

    fn is_broken(&self) -> bool {
        // SAFETY: a live group.
        unsafe { ffi::group_is_broken(self.handle) }
    }

    fn gradients(&self, loss: &Tensor, parameters: &[Tensor]) -> Result<Vec<Tensor>, TorchError> {
        let mut outputs = vec![std::ptr::null_mut::<c_void>(); parameters.len()];
        // SAFETY: a live group, lists of one length that live through the call.
        shim::outcome(unsafe {
            let list = pointers(parameters);
            ffi::group_gradients(
                self.handle,
                pointer(loss),
                list.as_ptr(),
                list.len(),
                BUCKET_BYTES,
                outputs.as_mut_ptr(),
            )
        })?;
        let owned = outputs.into_iter().map(|output| {
            // SAFETY: without a message every output is a new at::Tensor, which this one owns.
            unsafe { Tensor::from_ptr(output.cast()) }
        });
        Ok(owned.collect())
    }

    fn watched_sum(&self, tensor: &Tensor) -> Result<Tensor, TorchError> {
        shim::one_tensor(|output| {
            // SAFETY: a live group and tensor.
            unsafe { ffi::group_watched_sum(self.handle, pointer(tensor), output) }
        })
    }
}

impl Drop for C10d {
    fn drop(&mut self) {
        // SAFETY: made by the shim and freed once.
        unsafe { ffi::group_free(self.handle) }
    }
}

/// An operation under way.
#[derive(Debug)]
#[must_use = "an operation is done only when it was waited for"]
pub struct Pending {
    /// None where there is nothing to wait for.
    work: Option<Work>,
    /// What becomes a mean, and of how many.
    mean: Option<(Tensor, usize)>,
}

#[derive(Debug)]
struct Work(*mut c_void);

impl Drop for Work {
    fn drop(&mut self) {
        // SAFETY: made by the shim and freed once. What is under way goes on without it.
        unsafe { ffi::group_work_free(self.0) }
    }
}

impl Pending {
    /// Nothing to wait for.
    pub(super) fn done() -> Pending {
        Pending {
            work: None,
            mean: None,
        }
    }

    fn of(work: *mut c_void, mean: Option<(Tensor, usize)>) -> Pending {
        Pending {
            work: Some(Work(work)),
            mean,
        }
    }

    /// Waits for its end; on a GPU later kernels wait, not this thread.
    ///
    /// # Errors
    /// When a rank did not answer in time, or its connection is closed.
    pub fn wait(self) -> Result<(), TorchError> {
        if let Some(work) = &self.work {
            // SAFETY: a live operation.
            shim::outcome(unsafe { ffi::group_wait(work.0) })?;
        }
        if let Some((mut sum, world)) = self.mean {
            let _ = tch::no_grad(|| sum.divide_scalar_(world as f64));
        }
        Ok(())
    }
}

fn small(number: usize) -> c_int {
    c_int::try_from(number).expect("ranks and devices are few")
}
