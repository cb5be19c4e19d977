//! Ranks that compute with other kernels: the weights drift apart by bits, and the run ends before anybody trusts them.

use super::common::skip::skip;
use super::ranks::{HALF, end, free_port, launched};
use super::tool::{Running, newest_step, retrain, search};

/// Longer than a hundred steps an epoch, and no checkpoint before its end.
const LONG: [&str; 4] = [
    HALF,
    "DATASET.IMAGES_PER_CLASS=200",
    "RECOVERY_INTERVAL=0",
    "EPOCHS=2",
];

/// Whether libtorch has kernels of vectors here, and plain ones beside them.
fn has_vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

#[test]
fn a_rank_with_other_kernels_is_named_after_a_hundred_steps_though_no_checkpoint_is_due() {
    if !has_vectors() {
        skip("libtorch has one set of kernels for this processor");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in [
        ("search", search as fn(&_, &_) -> _),
        ("retraining", retrain),
    ] {
        let (run, port) = (folder.path().join(name), free_port());
        let ranks = ["0", "1"].map(|rank| {
            let mut command = start(&run, &LONG);
            launched(rank, port, &mut command);
            if rank == "1" {
                // Without vectors libtorch rounds after every product.
                command.env("ATEN_CPU_CAPABILITY", "default");
            }
            Running::start(&mut command)
        });
        for (code, said) in ranks.map(end) {
            assert_eq!(code, Some(2), "{name}: {said}");
            let named = "what is trained is not the same on all ranks: rank 1 (";
            assert!(said.contains(named), "{name}: {said}");
        }
        assert_eq!(newest_step(&run), 0, "{name}");
    }
}
