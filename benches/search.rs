//! What batching saves in a search: the choice of a teacher, and judging many paths at once.
//!
//! `cargo bench --bench search` prints the medians of both ways, taken in turn in one run, and their ratio.
//! One compute thread; `-- --device cuda` runs on the first GPU.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its space")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use creamc::config;
use creamc::lang::compile::{self, Overrides};
use creamc::lang::count::Evolver;
use creamc::lang::ir::Path;
use creamc::lang::plan::{self, Plan};
use creamc::lang::source::{Files, ReadError};
use creamc::nn::{Mode, Place};
use creamc::search::meta::MetaLayer;
use creamc::search::teacher::{self, Probe};
use creamc::search::{Draws, Trie};
use creamc::supernet::Supernet;
use nix::time::{ClockId, clock_gettime};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

/// Images that a board's entry stores.
const SLICE: i64 = 4;
/// Entries of the board.
const BOARD: usize = 10;
/// Paths that are judged.
const JUDGED: usize = 200;
/// The bound of `mobile`.
const BOUND: &str = "flops in 260M..310M";

fn main() {
    let cuda = std::env::args().any(|word| word == "cuda");
    let device = if cuda { Device::Cuda(0) } else { Device::Cpu };
    creamc_torch::keep_freed_memory();
    creamc_torch::set_threads(1).expect("one thread is allowed");
    let place = Place {
        kind: Kind::Float,
        device,
    };
    println!("on {device:?}, one compute thread");
    choosing("spaces/tiny.cream", &[], 28, place, 30);
    choosing("spaces/mobile.cream", &[BOUND], 64, place, 10);
    choosing("spaces/mobile.cream", &[BOUND], 224, place, 5);
    let plan = plan("spaces/mobile.cream", &[BOUND]);
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let draws = draws(&plan);
    let sampled = draws.distinct(&mut random, JUDGED);
    judging("200 random paths of mobile", &plan, &sampled, place);
    let evolver = draws.evolver();
    let children = children(&evolver, &sampled[..10], &mut random);
    judging(
        "200 children of 10 paths of mobile",
        &plan,
        &children,
        place,
    );
}

/// A board of ten: the choice as a search makes it, against ten ordinary forwards of the supernet as it trains, on one
/// entry's images each, without gradient, as the original makes it.
fn choosing(file: &str, require: &[&str], size: i64, place: Place, repeats: usize) {
    let plan = plan(file, require);
    let ir = plan.ir.at(plan.resolution);
    let supernet = Supernet::new(&ir, place, 1);
    let classes = i64::from(plan.ir.classes);
    let meta = MetaLayer::new(SLICE, classes, place, 1);
    let channels = if size == 28 { 1 } else { 3 };
    let image = || Tensor::rand([SLICE, channels, size, size], (Kind::Float, place.device));
    let probes: Vec<Probe> = (0..BOARD)
        .map(|_| Probe {
            images: place.images(&image()),
            softmax: Tensor::rand([SLICE, classes], (Kind::Float, place.device)),
        })
        .collect();
    let probes: Vec<&Probe> = probes.iter().collect();
    let students = draws(&plan).distinct(&mut ChaCha8Rng::seed_from_u64(1), repeats);
    let together = |student: &Path| {
        teacher::choose(&supernet, student, &probes, &meta);
    };
    let apart = |student: &Path| {
        for probe in &probes {
            let logits = tch::no_grad(|| supernet.forward(&probe.images, student, Mode::Train));
            let difference = logits.softmax(-1, None::<Kind>) - &probe.softmax;
            meta.scores(&difference.reshape([1, -1]));
        }
    };
    let [together, apart] = medians(&students, place.device, &together, &apart);
    println!(
        "choosing a teacher, board of {BOARD}, {file} at {size} pixels: {:.2} ms against {:.2} ms of ten forwards, {:.2}x",
        1e3 * together,
        1e3 * apart,
        apart / together
    );
}

/// One walk over what paths share, against one path after the other: norm statistics of four
/// images, then logits of four.
fn judging(what: &str, plan: &Plan, paths: &[Path], place: Place) {
    let supernet = Supernet::new(&plan.ir.at(plan.resolution), place, 1);
    let size = i64::from(plan.resolution);
    let images = place.images(&Tensor::rand(
        [4, 3, size, size],
        (Kind::Float, place.device),
    ));
    let judge = |paths: &[Path]| {
        let mut trie = Trie::new(&supernet, paths);
        trie.measure(&supernet, &images);
        let mut last = Tensor::new();
        trie.judge(&supernet, &images, &mut |_, logits| {
            last = logits.sum(Kind::Float)
        });
        last.double_value(&[])
    };
    judge(&paths[..2]);
    let mut shared = Vec::new();
    let mut single = Vec::new();
    for _ in 0..3 {
        shared.push(seconds(|| judge(paths)));
        single.push(seconds(|| {
            for path in paths {
                judge(std::slice::from_ref(path));
            }
        }));
    }
    let (shared, single) = (median(shared), median(single));
    let macs = |(row, block, candidate): Block| plan.costs[row][block][candidate].macs as f64;
    let times = block_times(&supernet, paths, &images);
    println!(
        "judging {what}: {shared:.2} s against {single:.2} s one by one, {:.2}x; the shared prefixes save {:.2}x of the \
         macs, {:.2}x of the blocks' measured time",
        single / shared,
        saving(paths, macs),
        saving(paths, |block| times[&block])
    );
}

/// Row, block and candidate of a path's block.
type Block = (usize, usize, usize);

/// The median seconds that each block of the paths takes alone: norm statistics, then logits.
fn block_times(supernet: &Supernet, paths: &[Path], images: &Tensor) -> BTreeMap<Block, f64> {
    let mut times: BTreeMap<Block, Vec<f64>> = BTreeMap::new();
    let wait = |x: &Tensor| x.get(0).sum(Kind::Float).double_value(&[]);
    tch::no_grad(|| {
        for path in paths {
            let (mut measured, mut judged) = (images.shallow_clone(), images.shallow_clone());
            for (row, at, candidate) in path.blocks() {
                let block = supernet.block(row, at, candidate);
                let took = seconds(|| {
                    let mut statistics = block.statistics();
                    measured = block.measure(&measured, &mut statistics);
                    judged = block.judge(&judged, &statistics);
                    wait(&judged)
                });
                times.entry((row, at, candidate)).or_default().push(took);
            }
        }
    });
    times
        .into_iter()
        .map(|(at, times)| (at, median(times)))
        .collect()
}

/// The weight of all paths' blocks over that of all different beginnings, each of which runs once.
fn saving(paths: &[Path], weight: impl Fn(Block) -> f64) -> f64 {
    let mut seen = BTreeSet::new();
    let (mut all, mut different) = (0.0, 0.0);
    for path in paths {
        let mut prefix = Vec::new();
        for block in path.blocks() {
            all += weight(block);
            prefix.push(block);
            if seen.insert(prefix.clone()) {
                different += weight(block);
            }
        }
    }
    all / different
}

fn children(evolver: &Evolver, parents: &[Path], random: &mut ChaCha8Rng) -> Vec<Path> {
    let mut children: Vec<Path> = Vec::new();
    while children.len() < JUDGED {
        let parent = &parents[children.len() % parents.len()];
        let child = evolver.mutate(parent, 0.1, random);
        if !children.contains(&child) {
            children.push(child);
        }
    }
    children
}

/// The median seconds of two ways over the same students, in turn, after one of each: of the processor, where it does
/// the work.
fn medians(
    students: &[Path],
    device: Device,
    one: &dyn Fn(&Path),
    two: &dyn Fn(&Path),
) -> [f64; 2] {
    let measure = |work: &dyn Fn()| match device {
        Device::Cpu => processor_seconds(work),
        _ => seconds(work),
    };
    one(&students[0]);
    two(&students[0]);
    let mut times = [Vec::new(), Vec::new()];
    for student in students {
        times[0].push(measure(&|| one(student)));
        times[1].push(measure(&|| two(student)));
    }
    times.map(median)
}

/// Seconds of the processor for work of this thread: a busy machine does not count.
fn processor_seconds(work: impl FnOnce()) -> f64 {
    let now = || {
        let clock = ClockId::CLOCK_THREAD_CPUTIME_ID;
        Duration::from(clock_gettime(clock).expect("there is such a clock"))
    };
    let start = now();
    work();
    (now() - start).as_secs_f64()
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn draws(plan: &Plan) -> Draws {
    let settings = config::search(None, &["SUPERNET.MEASURE=paths".to_owned()]).expect("right");
    Draws::new(&settings.settings.supernet, plan).expect("paths are inside the bound")
}

struct Disk;

impl Files for Disk {
    fn read(&self, path: &std::path::Path) -> Result<String, ReadError> {
        std::fs::read_to_string(path).map_err(|error| ReadError(error.to_string()))
    }
}

fn plan(file: &str, require: &[&str]) -> Plan {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut unit = compile::load(&Disk, &path, &Overrides::default()).expect("it is readable");
    let space = unit.space.clone().expect("it is a space");
    let parse =
        |text: &&str| compile::parse_require(&mut unit.sources, text, &space).expect("a bound");
    let request = plan::Request {
        requires: require.iter().map(parse).collect(),
        ..plan::Request::default()
    };
    let ir = unit.ir.as_ref().expect("the space is right");
    plan::plan(ir, &request).expect("a path fits").0
}
