//! A search from its options to its result.

use std::time::Instant;

use creamc_lang::board::Board;
use creamc_lang::count::{self, Sampler};
use creamc_lang::plan::Plan;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::Kind;

use super::judge::Judge;
use super::meta::MetaLayer;
use super::options::SearchOptions;
use super::pick::{Pick, judge_board, judge_sampled, rescore};
use super::recipe::{PickMethod, Recipe};
use super::records::{EpochRecord, Found, Records};
use super::step::{Learner, Lessons, Moment};
use super::text::lessons_text;
use super::training::{Epoch, Walker};
use crate::config::{self, SearchSettings};
use crate::data::{Data, Loader, Shard, Wanted, balanced_batches};
use crate::nn::Place;
use crate::run::{Progress, Stop, Tick};
use crate::supernet::Supernet;
use crate::train::Error;
use crate::train::epoch::{Done, epoch};
use crate::train::loss::KdLoss;
use crate::train::meter::Reading;
use crate::train::prepare::{Source, augmentation, data_dir, open_folder, schedule};
use crate::train::sgd::Momentum;

/// With this many classes or fewer the meta layer sees too little to choose by.
const FEW_CLASSES: u32 = 20;
/// Steps between two readings of the losses.
const READ_EVERY: usize = 10;
/// Paths that are judged when the board is empty.
const SAMPLED: usize = 10;

/// Searches: trains a supernet on the space and picks the best path of its board.
///
/// Everything is checked before the run folder is made. `best.cream` follows the pick at
/// every re-scoring of the board (`RESCORE_EPOCHS`) and is final at the end.
///
/// # Errors
/// When the text, the settings or the data are wrong, the loss is not a number, or
/// the disk is full.
pub fn run(options: &SearchOptions) -> Result<Found, Error> {
    let stop = Stop::install()?;
    run_until(options, &|| stop.asked())
}

/// As [`run`], until `stop` says so: asked before every step.
///
/// # Errors
/// As [`run`].
pub fn run_until(options: &SearchOptions, stop: &dyn Fn() -> bool) -> Result<Found, Error> {
    let loaded = config::search(options.run.config.as_deref(), &options.run.overrides())?;
    let settings = &loaded.settings;
    let classes = options.classes.or(settings.train.classes);
    let mut source = Source::load(&options.space, classes, options.run.show)?;
    let flops = (
        settings.supernet.flops_min.unwrap_or(0),
        settings.supernet.flops_max.unwrap_or(u64::MAX),
    );
    let plan = source.plan_search(&options.require, flops)?;
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, measure(settings))
        .map_err(|error| Error::Refused(error.to_string()))?;
    let data = load_data(settings, &plan)?;
    let train = Loader::new(
        &data.train,
        &data.normalisation,
        augmentation(&settings.train),
        settings.train.seed,
        settings.train.workers,
    );
    let steps = train.steps(settings.train.batch, Shard::ALONE) as u64;
    require_steps(settings, &data, steps)?;
    let recipe = recipe(settings, &plan, steps)?;
    let device = options.run.device.open()?;
    let place = Place {
        kind: Kind::Float,
        device,
    };
    let resolved = (loaded.resolved.as_str(), loaded.warnings.as_slice());
    let (folder, log) = open_folder("search", &options.run, &settings.train, resolved, device)?;
    let records = Records::open(folder, log, &source.files, data.normalisation.clone())?;
    let search = Search {
        settings,
        learner: learner(settings, &plan, place),
        judge: judge(settings, &data),
        walker: Walker {
            sampler,
            random: ChaCha8Rng::seed_from_u64(settings.train.seed),
            at: Moment { epoch: 0, step: 0 },
        },
        plan,
        recipe,
        records,
        train,
        steps,
        place,
        pick: None,
    };
    search.run(options.run.progress, stop)
}

fn measure(settings: &SearchSettings) -> count::Measure {
    match settings.supernet.measure {
        config::Measure::Paths => count::Measure::Paths,
        config::Measure::Decisions => count::Measure::Decisions,
    }
}

fn load_data(settings: &SearchSettings, plan: &Plan) -> Result<Data, Error> {
    let dir = data_dir(&settings.train)?;
    let wanted = Wanted {
        classes: plan.ir.classes as usize,
        channels: plan.ir.input_channels as usize,
        resolution: plan.resolution as usize,
        judge_images: settings.supernet.judge_images,
        images_per_class: settings.train.images_per_class,
        seed: settings.train.seed,
    };
    Ok(Data::load(dir, &wanted)?)
}

fn require_steps(settings: &SearchSettings, data: &Data, steps: u64) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::Refused(text));
    if steps == 0 {
        return refuse(format!(
            "the train part has {} images, fewer than `DATASET.BATCH_SIZE`, {}: lower it",
            data.train.len(),
            settings.train.batch
        ));
    }
    let (images, batch) = (
        settings.supernet.recal_images,
        settings.supernet.recal_batch,
    );
    if balanced_batches(&data.train, images, batch, settings.train.seed).is_empty() {
        return refuse(format!(
            "the train part has too few images of each class for one batch of `SUPERNET.RECAL_BATCH`, {batch}: lower it"
        ));
    }
    if data.judge.is_empty() {
        return refuse(
            "`SUPERNET.JUDGE_IMAGES` leaves the judge part empty: ask for one image a class or more"
                .to_owned(),
        );
    }
    Ok(())
}

fn recipe(settings: &SearchSettings, plan: &Plan, steps: u64) -> Result<Recipe, Error> {
    let (train, supernet) = (&settings.train, &settings.supernet);
    Ok(Recipe {
        schedule: schedule(&train.schedule, train.epochs, steps)?,
        momentum: train.optimizer.momentum,
        weight_decay: train.optimizer.weight_decay,
        smoothing: train.smoothing,
        start_epoch: supernet.meta_sta_epoch,
        update_every: supernet.update_iter,
        slice: supernet.slice as i64,
        pick: match supernet.pick_method {
            Some(config::PickMethod::Meta) => PickMethod::Meta,
            Some(config::PickMethod::Top1) => PickMethod::Top1,
            None if plan.ir.classes <= FEW_CLASSES => PickMethod::Top1,
            None => PickMethod::Meta,
        },
        kd_loss: match supernet.kd_loss {
            config::KdLoss::Half => KdLoss::Half,
            config::KdLoss::Sum => KdLoss::Sum,
        },
        meta_lr: supernet.meta_lr,
    })
}

fn learner(settings: &SearchSettings, plan: &Plan, place: Place) -> Learner {
    let (seed, supernet) = (settings.train.seed, &settings.supernet);
    let (slice, classes) = (supernet.slice as i64, i64::from(plan.ir.classes));
    Learner {
        supernet: Supernet::new(&plan.ir.at(plan.resolution), place, seed),
        momentum: Momentum::default(),
        meta: MetaLayer::new(slice, classes, place, seed),
        board: Board::new(supernet.pool_size, supernet.acc_gap),
        lessons: Lessons::new(),
    }
}

fn judge(settings: &SearchSettings, data: &Data) -> Judge {
    let (train, supernet) = (&settings.train, &settings.supernet);
    Judge::new(
        data,
        train.seed,
        train.workers,
        (supernet.recal_images, supernet.recal_batch),
        train.eval_batch,
    )
}

/// A search under way.
struct Search<'a> {
    settings: &'a SearchSettings,
    plan: Plan,
    recipe: Recipe,
    learner: Learner,
    judge: Judge,
    walker: Walker,
    records: Records,
    train: Loader,
    /// Steps of an epoch.
    steps: u64,
    place: Place,
    /// The best path so far and the step it was picked at.
    pick: Option<(Pick, u64)>,
}

impl Search<'_> {
    fn run(mut self, progress: bool, stop: &dyn Fn() -> bool) -> Result<Found, Error> {
        let epochs = self.settings.train.epochs;
        let mut progress = Progress::new(epochs * self.steps, 0, epochs, progress);
        let mut stopped = false;
        while !stopped && self.walker.at.epoch < epochs {
            let start = Instant::now();
            let done = self.epoch(&mut progress, stop)?;
            stopped = done.stopped;
            if done.steps > 0 {
                self.after_epoch(&done, start)?;
            }
        }
        progress.finish();
        self.finish(stopped)
    }

    fn epoch(&mut self, progress: &mut Progress, stop: &dyn Fn() -> bool) -> Result<Done, Error> {
        let number = self.walker.at.epoch + 1;
        let batch = self.settings.train.batch;
        let batches = self.train.epoch(batch, number, 0, Shard::ALONE);
        let mut shown = 0;
        let mut show = |steps: usize, so_far: &Reading| {
            let newest = steps - shown;
            shown = steps;
            let tick = Tick {
                epoch: number,
                loss: so_far.mean_loss(),
                top1: so_far.top1(),
                images: newest * batch,
            };
            progress.advance(newest as u64, &tick);
        };
        let mut training = Epoch::new(
            &self.plan,
            &self.recipe,
            &mut self.learner,
            &mut self.walker,
            stop,
            &mut show,
        );
        epoch(batches, self.place, READ_EVERY, &mut training)
    }

    /// Re-scores the board, follows the pick, and writes everything down.
    fn after_epoch(&mut self, done: &Done, start: Instant) -> Result<(), Error> {
        let Moment { epoch, step } = self.walker.at;
        let every = self.settings.supernet.rescore_epochs;
        if every > 0 && epoch.is_multiple_of(every) {
            let pick = rescore(&mut self.learner, &self.judge);
            self.follow(pick)?;
        }
        let judged = self.pick.as_ref().map(|(pick, _)| pick.judged);
        let record = EpochRecord {
            step,
            epoch,
            loss: done.reading.mean_loss(),
            top1: done.reading.top1(),
            lr: self.recipe.schedule.lr(step.saturating_sub(1)),
            seconds: start.elapsed().as_secs_f64(),
            board: self.learner.board.len(),
            judge_loss: judged.map(|judged| judged.loss),
            judge_top1: judged.map(|judged| judged.top1),
        };
        self.records
            .epoch(&self.plan, &record, &self.learner, &done.reading)
    }

    /// Takes over a pick and writes `best.cream`.
    fn follow(&mut self, pick: Option<Pick>) -> Result<(), Error> {
        let Some(pick) = pick else { return Ok(()) };
        let Moment { epoch, step } = self.walker.at;
        self.records
            .best(&self.plan, &pick, epoch, self.settings.train.seed)?;
        self.pick = Some((pick, step));
        Ok(())
    }

    /// Picks with the weights as they are now, unless that was done after the last step.
    fn finish(mut self, stopped: bool) -> Result<Found, Error> {
        let Moment { epoch, step } = self.walker.at;
        if self.pick.as_ref().is_none_or(|(_, at)| *at != step) {
            let pick = match self.learner.board.is_empty() {
                false => judge_board(&self.learner, &self.judge),
                true => {
                    self.records
                        .say("the board is empty: picked among sampled paths")?;
                    judge_sampled(&self.learner, &self.judge, &mut self.walker, SAMPLED)
                }
            };
            self.follow(pick)?;
        }
        let taught = lessons_text(&self.learner.lessons, &self.plan.ir);
        self.records.say(&taught)?;
        let (pick, _) = self.pick.expect("a board or a sampled path was judged");
        self.records
            .finish(&self.plan, &pick, (epoch, stopped))
            .map_err(Error::from)
    }
}
