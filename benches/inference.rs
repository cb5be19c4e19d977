//! The published 604M network in evaluation: milliseconds a batch.
//!
//! `cargo bench --bench inference -- BATCH REPEATS` prints one line of JSON: the medians of the network as
//! it trains and of the network with folded norms, in turn, on one compute thread.
//! `benches/inference.py` runs it beside the same network of timm's blocks.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its space")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use creamc::childnet::{Childnet, Inference};
use creamc::lang::arch::{from_choices, parse_choices};
use creamc::lang::compile::{self, Overrides};
use creamc::lang::source::{Files, ReadError};
use creamc::nn::{Mode, Place};
use tch::{Device, Kind, Tensor};

const CHOICES: &str = "[[0], [3, 3, 2, 3, 3], [3, 2, 3, 2, 3], [3, 2, 3, 2, 3], [3, 3, 2, 2, 3, 3], [3, 3, 2, 3, 3, 3], [0]]";
const SIZE: i64 = 224;

struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        std::fs::read_to_string(path).map_err(|error| ReadError(error.to_string()))
    }
}

fn main() {
    let numbers: Vec<i64> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [batch, repeats] = numbers[..] else {
        println!("two numbers are needed: the batch and how often it is run");
        return;
    };
    creamc_torch::set_threads(1).expect("one thread is allowed");
    creamc_torch::keep_freed_memory();
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("spaces/mobile.cream");
    let unit = compile::load(&Disk, &file, &Overrides::default()).expect("it is readable");
    let ir = unit.ir.expect("the space is right");
    let lists = parse_choices(CHOICES).expect("lists");
    let arch = from_choices("net604", &lists, &ir).expect("a path of the space");
    let network = ir.network(&arch.arch.path, SIZE as u32);
    let childnet = Childnet::new(&network, Place::CPU, 1);
    let folded = Inference::of(&childnet);
    let images = Tensor::rand([batch, 3, SIZE, SIZE], (Kind::Float, Device::Cpu));
    let usual = || tch::no_grad(|| childnet.forward(&images, Mode::Eval));
    let inference = || folded.forward(&images);
    let (_, _) = (usual(), inference());
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..repeats {
        times[0].push(milliseconds(&usual));
        times[1].push(milliseconds(&inference));
    }
    let [usual, folded] = times.map(median);
    println!("{{\"batch\":{batch},\"childnet\":{usual:.2},\"folded\":{folded:.2}}}");
}

fn milliseconds(work: &dyn Fn() -> Tensor) -> f64 {
    let start = Instant::now();
    let _ = std::hint::black_box(work());
    1e3 * start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
