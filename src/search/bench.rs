//! Steps and judgements of a search that is thrown away, to see how long they take.

use std::time::{Duration, Instant};

use creamc_lang::board::{Board, Score};
use creamc_lang::ir::Path;
use creamc_lang::plan::Plan;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::Kind;

use super::judge::Judge;
use super::pick::{board_paths, judge_all};
use super::recipe::{PickMethod, Recipe, Strategy};
use super::run::{self, Ready};
use super::sandwich::{DRAWN, Ends};
use super::step::{Learner, Moment};
use super::teacher::Probe;
use super::training::{Epoch, Walker};
use crate::config::SearchSettings;
use crate::data::{Batch, Data, Loader, Shard};
use crate::nn::{Mode, Place};
use crate::train::Error;
use crate::train::epoch::Steps;
use crate::train::prepare::train_loader;
use crate::train::sgd::Momentum;

/// Steps that are made before any is timed, at least; more while batches made ahead last.
const WARM_UP: usize = 3;
/// Batches that a worker may have ready: what is timed should wait for images as a long run does.
const AHEAD: usize = 5;
/// Steps that are timed, of each kind.
const TIMED: usize = 21;
/// At least so many are timed when they take long.
const LEAST: usize = 3;
/// After so many steps every block that is ever trained has been, or nearly.
const EVERY_BLOCK: u64 = 2000;
/// How long warming up, and timing one kind of step, may take beyond that.
const PATIENCE: Duration = Duration::from_secs(10);

/// A search to try things with.
pub(super) struct Bench<'a> {
    /// Its settings.
    pub settings: &'a SearchSettings,
    /// What is searched.
    pub plan: Plan,
    /// Its images.
    pub data: Data,
    /// The numbers of a step.
    pub recipe: Recipe,
    /// Kind and device of all tensors.
    pub place: Place,
    /// What moves.
    pub learner: Learner,
    /// What judges.
    pub judge: Judge,
    /// The probe paths.
    pub probes: Vec<Path>,
    walker: Walker,
    loader: Loader,
}

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinds {
    /// Without a teacher from the board.
    Plain,
    /// With a teacher.
    Distilled,
    /// With a teacher, and a meta update.
    Meta,
}

impl<'a> Bench<'a> {
    /// A search of what `ready` holds.
    pub fn new(settings: &'a SearchSettings, ready: Ready) -> Bench<'a> {
        let train = &settings.train;
        Bench {
            probes: run::probes(&ready.draws, train, settings.supernet.probe_paths),
            learner: run::learner(settings, &ready.plan, ready.place, ready.ranks),
            judge: run::judge(settings, &ready.data, ready.place.device),
            loader: train_loader(train, &ready.data, ready.place.device),
            walker: Walker {
                draws: ready.draws,
                random: ChaCha8Rng::seed_from_u64(train.seed),
                at: Moment { epoch: 0, step: 0 },
            },
            settings,
            plan: ready.plan,
            data: ready.data,
            recipe: ready.recipe,
            place: ready.place,
        }
    }

    /// Training batches without end, on the CPU.
    pub fn batches(&self) -> impl Iterator<Item = Result<Batch, Error>> + use<> {
        let (loader, batch) = (self.loader.clone(), self.settings.train.batch);
        let epochs = (1..).flat_map(move |epoch| loader.epoch(batch, epoch, 0, Shard::ALONE));
        epochs.map(|batch| Ok(batch?))
    }

    /// The paths that the first `count` steps of the run train, or all of them.
    pub fn first_paths(&self, count: u64) -> Vec<Path> {
        let mut random = ChaCha8Rng::seed_from_u64(self.settings.train.seed);
        let steps = self.recipe.train.schedule.steps.min(count);
        let (mut paths, each) = match &self.recipe.strategy {
            Strategy::Cream(_) | Strategy::Single => (Vec::new(), 1),
            Strategy::Sandwich(Ends { largest, smallest }) => {
                (vec![largest.clone(), smallest.clone()], DRAWN as u64)
            }
            Strategy::Untrained => return Vec::new(),
        };
        paths.extend((0..steps * each).map(|_| self.walker.draws.draw(&mut random)));
        paths
    }

    /// A momentum for every weight that the run will move; some lie on no path inside the bounds.
    pub fn whole_momentum(&self) -> Momentum {
        let mut momentum = Momentum::of(&self.learner.supernet.tensors());
        for path in self.first_paths(EVERY_BLOCK) {
            momentum.begin(&self.learner.supernet.parameters(&path));
        }
        momentum
    }

    /// Steps of the run without a teacher from the board, and with one.
    pub fn step_counts(&self) -> (u64, u64) {
        let (epochs, steps) = (self.settings.train.epochs, self.recipe.train.steps);
        let plain = match self.recipe.strategy {
            Strategy::Cream(_) => self.recipe.start_epoch.min(epochs),
            Strategy::Single | Strategy::Sandwich(_) => epochs,
            Strategy::Untrained => return (0, 0),
        };
        let count = |epochs: u64| epochs.saturating_mul(steps);
        (count(plain), count(epochs - plain))
    }

    /// The share of the distilled steps that make a meta update; 0 where none does.
    pub fn meta_share(&self) -> f64 {
        meta_share(&self.recipe)
    }

    /// Fills the board with paths that were never trained.
    pub fn fill_board(&mut self, batch: &Batch) {
        let size = self.settings.supernet.pool_size;
        let paths = self.drawn(size);
        let batch = batch.to(self.place.device, self.place.kind);
        let slice = self.recipe.slice;
        let images = batch.images.narrow(0, 0, slice);
        self.learner.board = Board::new(size, self.settings.supernet.acc_gap);
        for path in paths {
            let logits =
                tch::no_grad(|| (self.learner.supernet).forward(&images, &path, Mode::Probe));
            let probe = Probe {
                images: images.copy(),
                softmax: logits.softmax(-1, None::<Kind>),
            };
            let flops = self.plan.cost(&path).flops;
            let score = Score::new(0.0).expect("zero is a number");
            self.learner.board.offer(path, score, flops, probe);
        }
    }

    /// Makes steps until workers hold nothing back any more.
    pub fn warm_up(
        &mut self,
        kind: Kinds,
        batches: &mut impl Iterator<Item = Result<Batch, Error>>,
    ) -> Result<(), Error> {
        let start = Instant::now();
        let wanted = WARM_UP.max(AHEAD * self.settings.train.workers);
        for made in 0..wanted {
            if made >= WARM_UP && start.elapsed() >= PATIENCE {
                break;
            }
            self.step(kind, batches)?;
        }
        Ok(())
    }

    /// The median of so many steps of a kind, waiting for images included: seconds.
    pub fn time(
        &mut self,
        kind: Kinds,
        batches: &mut impl Iterator<Item = Result<Batch, Error>>,
    ) -> Result<f64, Error> {
        let start = Instant::now();
        let mut seconds = Vec::new();
        while seconds.len() < TIMED && (seconds.len() < LEAST || start.elapsed() < PATIENCE) {
            seconds.push(self.step(kind, batches)?);
        }
        Ok(median(seconds))
    }

    fn step(
        &mut self,
        kind: Kinds,
        batches: &mut impl Iterator<Item = Result<Batch, Error>>,
    ) -> Result<f64, Error> {
        let start = Instant::now();
        let place = self.place;
        let batch = batches.next().expect("batches have no end")?;
        let batch = batch.to(place.device, place.kind);
        self.walker.at = before(&self.recipe, kind);
        let mut show = |_: usize, _: &_| {};
        let mut epoch = Epoch::new(
            &self.plan,
            &self.recipe,
            &mut self.learner,
            &mut self.walker,
            &|| false,
            &mut show,
        );
        let measured = epoch.step(&batch)?;
        // Reading the loss waits for the device.
        match measured.loss.double_value(&[]).is_finite() {
            true => Ok(start.elapsed().as_secs_f64()),
            false => Err(epoch.not_a_number(0)),
        }
    }

    /// Seconds of judging the first `count` of these paths, images read anew.
    pub fn time_judge(&self, paths: &[Path], count: usize) -> Result<f64, Error> {
        let start = Instant::now();
        judge_all(&self.learner, &self.judge, &paths[..count])?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// So many paths to judge, or all that there are: the board's, the probes, others.
    pub fn judged_paths(&mut self, count: usize) -> Vec<Path> {
        let mut paths = board_paths(&self.learner);
        paths.extend(self.probes.iter().cloned());
        paths.extend(self.drawn(count));
        paths.truncate(count);
        paths
    }

    fn drawn(&mut self, count: usize) -> Vec<Path> {
        let walker = &mut self.walker;
        walker.draws.distinct(&mut walker.random, count)
    }
}

/// The moment before a step of this kind; of meta steps, where [`meta_share`] says that there are.
fn before(recipe: &Recipe, kind: Kinds) -> Moment {
    let (plain, distilled) = (recipe.start_epoch, recipe.start_epoch + 1);
    let (epoch, step) = match kind {
        Kinds::Plain => (plain, 0),
        // With `UPDATE_ITER` 1 there is no other.
        Kinds::Distilled => (distilled, 0),
        // The released code counts from 0.
        Kinds::Meta if recipe.strategy.is_released() => (distilled, recipe.update_every),
        Kinds::Meta => (distilled, recipe.update_every - 1),
    };
    Moment { epoch, step }
}

fn meta_share(recipe: &Recipe) -> f64 {
    let (every, steps) = (recipe.update_every, recipe.train.steps);
    match (recipe.strategy.is_released(), recipe.pick) {
        // Whoever picks; in every epoch anew, and never in its first step.
        (true, _) => ((steps - 1) / every) as f64 / steps as f64,
        (false, PickMethod::Meta) => 1.0 / every as f64,
        (false, PickMethod::Top1) => 0.0,
    }
}

/// Of an even number the higher of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::{Kinds, before, median, meta_share};
    use crate::search::recipe::{PickMethod, Recipe, Strategy, Variant};
    use crate::search::released;
    use crate::search::step::{Learner, Moment};
    use crate::train::loss::KdLoss;
    use crate::train::optimiser::OptimiserKind;
    use crate::train::{self, Per, Schedule, Shape};

    /// Epochs of twelve steps.
    fn recipe(variant: Variant, update_every: u64) -> Recipe {
        let schedule = Schedule {
            shape: Shape::Linear,
            per: Per::Update,
            unit: 1,
            lr: 0.1,
            min_lr: 0.0,
            warmup_lr: 0.0,
            warmup: 0.0,
            end: 36.0,
            steps: 36,
            noise: None,
        };
        Recipe {
            train: train::Recipe {
                schedule,
                steps: 12,
                momentum: 0.9,
                weight_decay: 1e-4,
                smoothing: 0.1,
                sync_norms: false,
                short: None,
                optimiser: OptimiserKind::Sgd {
                    nesterov: true,
                    momentum: 0.9,
                },
            },
            strategy: Strategy::Cream(variant),
            start_epoch: 1,
            update_every,
            slice: 2,
            pick: PickMethod::Meta,
            kd_loss: KdLoss::Half,
            meta_lr: 1e-4,
        }
    }

    #[test]
    fn a_meta_step_and_its_share_are_those_of_the_variant() {
        for (variant, every) in [
            (Variant::Paper, 1),
            (Variant::Paper, 3),
            (Variant::Paper, 18),
            (Variant::Released, 1),
            (Variant::Released, 3),
            (Variant::Released, 11),
            (Variant::Released, 12),
            (Variant::Released, 13),
        ] {
            let recipe = recipe(variant, every);
            let updates = |step: u64| {
                let at = Moment { epoch: 2, step };
                match variant {
                    Variant::Paper => Learner::updates_meta(&recipe, at),
                    Variant::Released => released::updates_meta(&recipe, at),
                }
            };
            let made = (1..=36).filter(|&step| updates(step)).count();
            let share = meta_share(&recipe);
            assert!(
                (36.0 * share - made as f64).abs() < 1e-9,
                "{variant:?} {every}"
            );
            let step = before(&recipe, Kinds::Meta).step + 1;
            assert_eq!(updates(step), made > 0, "{variant:?} {every}");
        }
    }

    #[test]
    fn one_slow_step_does_not_move_the_median() {
        assert_eq!(median(vec![1.0, 90.0, 2.0]), 2.0);
        assert_eq!(median(vec![3.0]), 3.0);
    }
}
