//! What a search would take, measured on a few steps that are thrown away.

use creamc_lang::plan::Plan;
use serde::Serialize;
use tch::Device;

use super::bench::{Bench, Kinds};
use super::disk_use::DiskUse;
use super::options::SearchOptions;
use super::run::Ready;
use super::run_time::RunTime;
use crate::config;
use crate::run::{RunFolder, tell};
use crate::train::Error;
use crate::train::prepare::device_text;

/// Paths that are judged together to see what one more costs.
const JUDGED: usize = 4;

/// What a search would take; seconds and bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DryRun {
    /// The space.
    pub space: String,
    /// All its paths, in decimal digits.
    pub paths: String,
    /// Paths inside every bound: at least so many.
    pub feasible_min: String,
    /// At most so many.
    pub feasible_max: String,
    /// Where it was measured.
    pub device: String,
    /// Threads of one operator.
    pub threads: usize,
    /// Trainable numbers of the supernet.
    pub parameters: u64,
    /// Their bytes.
    pub parameter_bytes: u64,
    /// The most memory.
    pub memory: Memory,
    /// Images a step.
    pub batch: usize,
    /// Epochs of the run.
    pub epochs: u64,
    /// Steps of an epoch.
    pub epoch_steps: u64,
    /// Time of a step.
    pub step_seconds: StepTimes,
    /// Time of judging.
    pub judging: Judging,
    /// Time of the run.
    pub run: RunTime,
    /// What is written.
    pub disk: DiskUse,
}

/// The most memory that was held at once while steps were made and paths judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Of the whole process, images included; `None` where the system does not say.
    pub process_peak: Option<u64>,
    /// What libtorch held on the CUDA device; `None` on the CPU.
    pub device_peak: Option<u64>,
}

/// The time of a step, waiting for images included: the median of a few. `None`: there is no such step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StepTimes {
    /// Without a teacher from the board.
    pub plain: Option<f64>,
    /// With a teacher from a full board.
    pub distilled: Option<f64>,
    /// With a teacher, and a meta update.
    pub meta: Option<f64>,
}

/// The time of judging paths on the judge part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judging {
    /// One path alone.
    pub one: f64,
    /// One more beside it; a little less the more there are, as paths share blocks.
    pub one_more: f64,
    /// Probe paths, judged after every epoch.
    pub probes: usize,
    /// Entries of a full board, judged where it is re-scored.
    pub board: usize,
}

/// Checks a search, then measures what it would take. Makes no run folder and keeps nothing.
///
/// # Errors
/// As [`super::run()`].
pub fn dry_run(options: &SearchOptions) -> Result<DryRun, Error> {
    let run = &options.run;
    let loaded = config::search(run.config.as_deref(), &run.overrides())?;
    for warning in &loaded.warnings {
        (run.warn)(&warning.to_string());
    }
    let settings = &loaded.settings;
    let ready = Ready::new(
        settings,
        &options.space,
        (options.classes, &options.require),
        (run.device, run.show),
        run.ranks.clone(),
    )?;
    for warning in ready.warnings(&[], settings) {
        (run.warn)(&warning);
    }
    if let Some(out) = &run.out {
        RunFolder::check(out)?;
    }
    let bench = Bench::new(settings, ready);
    let said = |text: &str| {
        if run.progress {
            tell(text);
        }
    };
    measure(bench, &loaded.resolved, &said)
}

fn measure(mut bench: Bench, resolved: &str, say: &dyn Fn(&str)) -> Result<DryRun, Error> {
    // A long run has all of it, and the peak should hold it too.
    bench.learner.momentum = bench.whole_momentum();
    let step_seconds = steps(&mut bench, say)?;
    say("timing the judge");
    let judging = judging(&mut bench)?;
    let memory = memory(bench.place.device)?;
    let plan = &bench.plan;
    let (feasible_min, feasible_max) = feasible(plan);
    let (parameters, parameter_bytes) = parameters(&bench);
    Ok(DryRun {
        space: plan.ir.space.clone(),
        paths: plan.graph.count().to_string(),
        feasible_min,
        feasible_max,
        device: device_text(bench.place.device),
        threads: creamc_torch::threads(),
        parameters,
        parameter_bytes,
        memory,
        batch: bench.settings.train.batch,
        epochs: bench.settings.train.epochs,
        epoch_steps: bench.recipe.train.steps,
        step_seconds,
        judging,
        run: RunTime::of(&bench, &step_seconds, &judging),
        disk: DiskUse::of(&mut bench, resolved),
    })
}

fn feasible(plan: &Plan) -> (String, String) {
    let (least, most) = plan.bounded_graph.count_interval(&plan.windows);
    (least.to_string(), most.to_string())
}

/// Number and bytes of what is trained.
fn parameters(bench: &Bench) -> (u64, u64) {
    let tensors = bench.learner.supernet.tensors();
    let trained = tensors.iter().filter(|named| named.tensor.requires_grad());
    trained.fold((0, 0), |(numbers, bytes), named| {
        let own = named.tensor.numel();
        let size = own * named.tensor.kind().elt_size_in_bytes();
        (numbers + own as u64, bytes + size as u64)
    })
}

fn steps(bench: &mut Bench, say: &dyn Fn(&str)) -> Result<StepTimes, Error> {
    let mut batches = bench.batches();
    let mut times = StepTimes {
        plain: None,
        distilled: None,
        meta: None,
    };
    let (plain, distilled) = bench.step_counts();
    if plain > 0 {
        say("timing steps without a teacher");
        bench.warm_up(Kinds::Plain, &mut batches)?;
        times.plain = Some(bench.time(Kinds::Plain, &mut batches)?);
    }
    if distilled > 0 {
        let batch = batches.next().expect("batches have no end")?;
        bench.fill_board(&batch);
        say("timing steps with a teacher, from a full board");
        bench.warm_up(Kinds::Distilled, &mut batches)?;
        times.distilled = Some(bench.time(Kinds::Distilled, &mut batches)?);
        if bench.meta_share() > 0.0 {
            times.meta = Some(bench.time(Kinds::Meta, &mut batches)?);
        }
    }
    Ok(times)
}

fn judging(bench: &mut Bench) -> Result<Judging, Error> {
    let paths = bench.judged_paths(JUDGED);
    let count = paths.len();
    // The first look at the images is not timed: a run has it once.
    bench.time_judge(&paths, 1)?;
    let one = bench.time_judge(&paths, 1)?;
    let all = bench.time_judge(&paths, count)?;
    let more = (all - one) / (count - 1).max(1) as f64;
    Ok(Judging {
        one,
        one_more: more.clamp(0.0, one),
        probes: bench.probes.len(),
        board: bench.learner.board.len(),
    })
}

fn memory(device: Device) -> Result<Memory, Error> {
    Ok(Memory {
        process_peak: creamc_torch::peak_memory(),
        device_peak: match device {
            Device::Cuda(number) => Some(creamc_torch::peak_cuda_memory(number)?),
            _ => None,
        },
    })
}
