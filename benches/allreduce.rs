//! Sums over two ranks through Gloo on this machine: milliseconds and bandwidth by size.
//!
//! `cargo bench --bench allreduce` prints one line a size, medians of 21 sums between two threads; `docs/distributed.md`
//! says what the bandwidth is for. Gloo does not mind whether ranks are threads or processes: they speak over TCP.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Instant;

use creamc_torch::group::{ProcessGroup, Reduce, testing};
use tch::{Device, Kind, Tensor};

const RANKS: usize = 2;
const TIMES: usize = 21;
/// In KiB.
const SIZES: [usize; 6] = [4, 64, 512, 4096, 22_000, 65_536];

fn main() {
    println!("      size    median      best  bus bandwidth (median)");
    for size in SIZES {
        let elements = (size << 10) / size_of::<f32>();
        let mut seconds = measure(elements);
        seconds.sort_by(f64::total_cmp);
        let (best, median) = (seconds[0], seconds[seconds.len() / 2]);
        // A ring sends each byte 2 (p - 1) / p times.
        let sent = (size << 10) as f64 * 2.0 * (RANKS - 1) as f64 / RANKS as f64;
        println!(
            "{size:>6} KiB {:>6.2} ms {:>6.2} ms  {:.2} GB/s",
            median * 1e3,
            best * 1e3,
            sent / median / 1e9
        );
    }
}

/// Seconds of every sum, as rank 0 saw them.
fn measure(elements: usize) -> Vec<f64> {
    let mut of_ranks = testing::ranks(RANKS, |group| {
        let tensor = Tensor::zeros([elements as i64], (Kind::Float, Device::Cpu));
        let mut seconds = Vec::new();
        for _ in 0..=TIMES {
            group.barrier().expect("both ranks live");
            let start = Instant::now();
            let sum = group.all_reduce(&tensor, Reduce::Sum);
            sum.and_then(|sum| sum.wait()).expect("both ranks live");
            seconds.push(start.elapsed().as_secs_f64());
        }
        // The first one connects.
        seconds.split_off(1)
    });
    of_ranks.swap_remove(0)
}
