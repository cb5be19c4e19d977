//! A search from its options to its result.

use std::path;

use creamc_lang::board::{Board, Rules};
use creamc_lang::ir::Path;
use creamc_lang::plan::Plan;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind};

use super::draws::Draws;
use super::judge::Judge;
use super::meta::MetaLayer;
use super::options::SearchOptions;
use super::recipe::{PickMethod, Recipe, Strategy, Variant};
use super::records::{Found, Records};
use super::sandwich::Ends;
use super::step::{Learner, Lessons, Moment};
use super::training::Walker;
use super::under_way::Search;
use super::visits::Visits;
use crate::checkpoint::Store;
use crate::config::{self, SearchSettings, TrainSettings, Warning};
use crate::data::{Data, balanced_batches};
use crate::nn::Place;
use crate::ranks::Ranks;
use crate::run::Stop;
use crate::supernet::{Sharing, Supernet};
use crate::train::checkpoints::{Checkpoints, Subject};
use crate::train::loss::KdLoss;
use crate::train::meter::Reading;
use crate::train::prepare::{
    Asked, Opened, Source, agree, identity, load_data, open_folder, train_loader,
};
use crate::train::sgd::Momentum;
use crate::train::{self, Clock, DeviceChoice, Error, Show};

/// With this many classes or fewer the meta layer sees too little to choose by.
const FEW_CLASSES: u32 = 20;
/// The stream of the seed that draws the probes; training draws from stream 0.
const PROBE_STREAM: u64 = 1;

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
    let run = &options.run;
    let loaded = config::search(run.config.as_deref(), &run.overrides())?;
    let settings = &loaded.settings;
    let ready = Ready::new(
        settings,
        &options.space,
        (options.classes, &options.require),
        (run.device, run.show),
        run.ranks.clone(),
    )?;
    let warnings = ready.warnings(&loaded.warnings, settings);
    let resolved = (loaded.resolved.as_str(), warnings.as_slice());
    let asked = Asked {
        command: "search",
        files: &ready.source.files,
        arch: None,
        classes: options.classes,
        require: &options.require,
        resolution: None,
        inherit: None,
    };
    let opened = open_folder(asked, run, &settings.train, resolved, ready.place.device)?;
    let search = ready.search(settings, opened, &loaded.resolved)?;
    search.run(run.progress && run.ranks.is_first(), stop)
}

/// A search of which all is checked and nothing is made yet.
pub(super) struct Ready {
    source: Source,
    pub(super) plan: Plan,
    pub(super) draws: Draws,
    pub(super) data: Data,
    pub(super) recipe: Recipe,
    pub(super) place: Place,
    pub(super) ranks: Ranks,
}

impl Ready {
    /// What to say of the settings and the images, beside what is known of the settings alone.
    pub(super) fn warnings(&self, known: &[Warning], settings: &SearchSettings) -> Vec<String> {
        let without_meta = match self.recipe.pick {
            PickMethod::Top1 => settings.supernet.without_meta.as_slice(),
            PickMethod::Meta => &[],
        };
        train::prepare::warnings(&[known, without_meta], &settings.train, &self.data)
    }

    /// Checks all that a search of `space` needs, with the number of classes and the bounds
    /// that were asked for beside the file's.
    ///
    /// # Errors
    /// When the text or the data are wrong, or the device is not there.
    pub fn new(
        settings: &SearchSettings,
        space: &path::Path,
        (classes, require): (Option<u32>, &[String]),
        (device, show): (DeviceChoice, Show),
        ranks: Ranks,
    ) -> Result<Ready, Error> {
        let mut source = Source::load_for(space, classes, &settings.train, show)?;
        let plan = source.plan_search(require, &settings.supernet)?;
        let draws = Draws::new(&settings.supernet, &plan)?;
        let data = load_data(&settings.train, &plan, settings.supernet.judge_images)?;
        agree(&ranks, &plan, &data)?;
        let recipe = recipe(settings, &plan, (data.train.len(), ranks.world()))?;
        if recipe.strategy.is_released() && !ranks.is_alone() {
            return Err(Error::Refused(
                "`SUPERNET.VARIANT: released` trains in one process: its meta update takes no notice of the others, and \
                 they would drift apart (docs/paper.md, 17)"
                    .to_owned(),
            ));
        }
        if recipe.strategy != Strategy::Untrained {
            require_judge(settings, &data)?;
        }
        let place = Place {
            kind: Kind::Float,
            device: device.open()?,
        };
        Ok(Ready {
            source,
            plan,
            draws,
            data,
            recipe,
            place,
            ranks,
        })
    }

    /// The search before its first step. `resolved` is the text of its settings.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn search<'a>(
        self,
        settings: &'a SearchSettings,
        opened: Opened,
        resolved: &str,
    ) -> Result<Search<'a>, Error> {
        let store = Store::new(opened.folder.checkpoint(), settings.checkpoints.keep);
        let subject = Subject::Plan(self.plan.fingerprint.clone());
        let made_with = (resolved, self.place.device, self.ranks.world());
        let weights = sharing(settings).identity(&self.plan.weights);
        let identity = identity(weights, subject, &self.data, made_with);
        Ok(Search {
            probes: probes(&self.draws, &settings.train, settings.supernet.probe_paths),
            settings,
            learner: learner(settings, &self.plan, self.place, self.ranks.clone()),
            judge: judge(settings, &self.data, self.place.device),
            walker: Walker {
                draws: self.draws,
                random: ChaCha8Rng::seed_from_u64(settings.train.seed),
                at: Moment { epoch: 0, step: 0 },
            },
            plan: self.plan,
            recipe: self.recipe,
            records: Records::open(opened)?,
            train: train_loader(&settings.train, &self.data, self.place.device),
            place: self.place,
            pick: None,
            best: None,
            reading: Reading::default(),
            checkpoints: Checkpoints::new(store, identity, self.ranks),
            clock: Clock::after(0.0, 0.0),
        })
    }
}

/// The probe paths, none twice: what a stream of their own draws, so that training draws the
/// same paths with and without them. A space may hold fewer than asked for.
pub(super) fn probes(draws: &Draws, train: &TrainSettings, count: usize) -> Vec<Path> {
    let mut random = ChaCha8Rng::seed_from_u64(train.seed);
    random.set_stream(PROBE_STREAM);
    draws.distinct(&mut random, count)
}

/// What the judge needs is there: images to estimate norm statistics from, and images to judge by.
fn require_judge(settings: &SearchSettings, data: &Data) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::Refused(text));
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

fn recipe(
    settings: &SearchSettings,
    plan: &Plan,
    (images, world): (usize, usize),
) -> Result<Recipe, Error> {
    let supernet = &settings.supernet;
    let variant = match supernet.variant {
        config::Variant::Paper => Variant::Paper,
        config::Variant::Released => Variant::Released,
    };
    let strategy = match supernet.strategy {
        config::Strategy::Cream => Strategy::Cream(variant),
        config::Strategy::Spos => Strategy::Single,
        config::Strategy::Sandwich => Strategy::Sandwich(Ends::of(plan)),
        config::Strategy::Random => Strategy::Untrained,
    };
    Ok(Recipe {
        train: train::Recipe::new(&settings.train, images, world)?,
        strategy,
        start_epoch: supernet.meta_sta_epoch,
        update_every: supernet.update_iter,
        slice: supernet.slice as i64,
        pick: match supernet.pick_method {
            Some(config::PickMethod::Meta) => PickMethod::Meta,
            Some(config::PickMethod::Top1) => PickMethod::Top1,
            None if plan.ir.classes <= FEW_CLASSES && variant == Variant::Paper => PickMethod::Top1,
            None => PickMethod::Meta,
        },
        kd_loss: match supernet.kd_loss {
            config::KdLoss::Half => KdLoss::Half,
            config::KdLoss::Sum => KdLoss::Sum,
        },
        meta_lr: supernet.meta_lr,
    })
}

/// Everything that training moves, before the first step.
pub(super) fn learner(
    settings: &SearchSettings,
    plan: &Plan,
    place: Place,
    ranks: Ranks,
) -> Learner {
    let (seed, supernet) = (settings.train.seed, &settings.supernet);
    let slice = match supernet.strategy {
        config::Strategy::Cream => supernet.slice as i64,
        // Nothing is chosen: the layer only keeps its place in a checkpoint.
        _ => 1,
    };
    let classes = i64::from(plan.ir.classes);
    let rules = match supernet.variant {
        config::Variant::Paper => Rules::Paper,
        config::Variant::Released => Rules::Released,
    };
    let ir = plan.ir.at(plan.resolution);
    let net = Supernet::sharing(&ir, sharing(settings), place, seed);
    Learner {
        momentum: Momentum::of(&net.tensors()),
        supernet: net,
        meta: MetaLayer::new(slice, classes, place, seed),
        board: Board::with_rules(rules, supernet.pool_size, supernet.acc_gap),
        lessons: Lessons::new(),
        visits: Visits::none(&plan.ir),
        ranks,
    }
}

/// How candidates share their weights.
pub(super) fn sharing(settings: &SearchSettings) -> Sharing {
    match settings.supernet.sharing {
        config::Sharing::Independent => Sharing::Independent,
        config::Sharing::Elastic => Sharing::Elastic,
    }
}

/// What paths are judged by, on `device`.
pub(super) fn judge(settings: &SearchSettings, data: &Data, device: Device) -> Judge {
    let (train, supernet) = (&settings.train, &settings.supernet);
    Judge::new(
        data,
        train.seed,
        train.workers,
        (supernet.recal_images, supernet.recal_batch),
        train.eval_batch,
    )
    .pinned_for(device, train.pin_memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who picks the teacher in a space of so many classes.
    fn pick(classes: u32, set: &[&str]) -> PickMethod {
        let file = path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces/tiny.cream");
        let mut source = Source::load(&file, Some(classes), |_| {}).unwrap();
        let set: Vec<String> = set.iter().map(|&one| format!("SUPERNET.{one}")).collect();
        let settings = config::search(None, &set).unwrap().settings;
        let plan = source.plan_search(&[], &settings.supernet).unwrap();
        recipe(&settings, &plan, (1000, 1)).unwrap().pick
    }

    /// Row 21 of the differences from the released code, docs/paper.md.
    #[test]
    fn up_to_twenty_classes_the_best_entry_teaches_and_from_twenty_one_on_the_meta_layer_chooses() {
        assert_eq!(
            [20, 21].map(|n| pick(n, &[])),
            [PickMethod::Top1, PickMethod::Meta]
        );
        assert_eq!(pick(20, &["VARIANT=released"]), PickMethod::Meta);
        assert_eq!(pick(20, &["PICK_METHOD=meta"]), PickMethod::Meta);
        assert_eq!(pick(21, &["PICK_METHOD=top1"]), PickMethod::Top1);
    }
}
