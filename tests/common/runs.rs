//! Runs of seconds on a few of the shipped images.

use std::path::{Path, PathBuf};

use creamc::train::{DeviceChoice, Findings, RunOptions};

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A silent run on the CPU with the shipped images, seed 7 and these settings.
pub fn run_options(out: Option<&Path>, set: &[&str]) -> RunOptions {
    // Bit-equal runs need one number of threads, which OpenMP keeps for each calling thread.
    creamc_torch::set_threads(1).expect("one thread is allowed");
    fn ignore(_: &Findings) {}
    RunOptions {
        ranks: creamc::ranks::Ranks::alone(),
        config: None,
        data: Some(repository("examples/fashion-mnist")),
        out: out.map(Path::to_owned),
        device: DeviceChoice::Cpu,
        seed: Some(7),
        set: set.iter().map(|&one| one.to_owned()).collect(),
        progress: false,
        warn: |_| {},
        show: ignore,
    }
}
