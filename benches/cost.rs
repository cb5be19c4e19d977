//! Paths whose cost (flops, macs, params, activations) is summed a second on one core, of `mobile`.
//!
//! `cargo bench --bench cost --no-default-features`

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::Instant;

use creamc::lang::count::{Measure, Sampler};
use creamc::lang::ir::Path;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// As many paths as stay in the processor's cache, so that costs are measured and not memory.
const PATHS: usize = 1000;
const REPEATED: usize = 1000;
const RUNS: usize = 11;

fn main() {
    let mobile = creamc::include_space!("../spaces/mobile.cream");
    let plan = mobile.plan().expect("its bounds can be met");
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths);
    let sampler = sampler.expect("paths are inside the bounds");
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let paths: Vec<Path> = (0..PATHS).map(|_| sampler.draw(&mut random)).collect();
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..REPEATED {
                for path in &paths {
                    black_box(plan.cost(black_box(path)));
                }
            }
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let millions = (PATHS * REPEATED) as f64 / seconds[RUNS / 2] / 1e6;
    println!("{millions:.1} million paths a second (median of {RUNS} runs)");
}
