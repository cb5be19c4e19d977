//! A ranking from its options to its result.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use creamc_lang::arch::Arch;
use creamc_lang::plan::Plan;
use tch::{Device, Kind};

use super::contenders::{Contenders, contenders, file_of};
use super::deal::deal;
use super::entry::{Done, Entry};
use super::options::{New, RankOptions, Request, Task};
use super::record::{Parts, Ranking};
use super::supernet::newest_supernet;
use super::truth::{Alone, alone};
use crate::config::{self, Loaded, RetrainSettings, SearchSettings, TrainSettings};
use crate::nn::Place;
use crate::ranks::Ranks;
use crate::run::{Journal, Log, RunFolder, Stop, tell};
use crate::search::{Judge, judge_shared};
use crate::train::prepare::{
    Asked, Opened, Source, agree, load_data, open_folder, reopen_folder, warnings,
};
use crate::train::{DeviceChoice, Error, PartImages, RunOptions, compare_images};

const REQUEST: &str = "rank.json";
/// What is done is in `rank.jsonl`, and in `rank.N.jsonl` what rank N did.
const JOURNAL: &str = "rank";
const SETTINGS: &str = "settings.yaml";
/// The files of the training under way, of rank N in `training.N`; gone when it is done.
const TRAINING: &str = "training";
/// What ranks say when their trainings are done.
const TRAINED: &str = "trainings";
/// The sampled paths.
const PATHS: &str = "paths.cream";

/// How a ranking ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ranked {
    /// With everything done.
    Whole(Box<Ranking>),
    /// Before its end, because the user asked; it can go on.
    Stopped {
        /// Trainings that are done.
        done: usize,
        /// Trainings in all.
        all: usize,
        /// The run folder.
        run: PathBuf,
    },
    /// This rank's part is done; the first tells the whole.
    Part,
}

/// Judges the paths with a search's supernet, trains each alone, and compares the two orders.
///
/// Everything is checked before the run folder is made.
///
/// # Errors
/// When the text, the settings or the data are wrong, there is no supernet or it is another
/// space's, there are fewer than two paths, a loss is not a number, the disk is full, or a rank is lost.
pub fn run(options: &RankOptions) -> Result<Ranked, Error> {
    let stop = Stop::install()?;
    run_until(options, &|| stop.asked())
}

/// As [`run`], until `stop` says so: asked before every training.
///
/// # Errors
/// As [`run`].
pub fn run_until(options: &RankOptions, stop: &dyn Fn() -> bool) -> Result<Ranked, Error> {
    let mut run = options.run.clone();
    let opened = match &options.task {
        Task::New(new) => begin(new, &options.run)?,
        Task::Resume(folder) => {
            let (opened, manifest) = reopen_folder("rank", folder, &run.ranks)?;
            if options.run.device == DeviceChoice::Auto {
                run.device = manifest.device.parse()?;
            }
            opened
        }
    };
    // The others read what the first has written.
    run.ranks.meet()?;
    let goes_on = matches!(options.task, Task::Resume(_)) || !run.ranks.is_first();
    let under_way = UnderWay::open(opened, run, goes_on)?;
    // All know the same to be done before anything more is.
    under_way.options.ranks.meet()?;
    let folder = under_way.folder.path().to_owned();
    let ranked = under_way.run(stop);
    ranked.map_err(|error| error.with_cure("rank", &folder))
}

/// Checks everything and makes the folder that any ranking goes on from.
fn begin(new: &New, options: &RunOptions) -> Result<Opened, Error> {
    let searched = search_settings(&new.search, options.data.as_deref())?;
    let loaded = config::retrain(options.config.as_deref(), &options.overrides())?;
    let train = &loaded.settings.train;
    let chosen = contenders(new, &searched.supernet, train, options.show)?;
    let data = load_data(
        &searched.train,
        &chosen.plan,
        searched.supernet.judge_images,
    )?;
    let device = options.device.open()?;
    newest_supernet(&new.search, &chosen.plan, place(device), &Ranks::alone())?;
    // The first writes them down; the others compare theirs with what it wrote.
    let images = match new.truth_seeds > 0 && options.ranks.is_first() {
        true => words(&images_of(train, &chosen.plan)?),
        false => BTreeMap::new(),
    };
    let known = [&loaded.warnings[..], &loaded.settings.test_only];
    let warnings = warnings(&known, train, &data);
    let resolved = (loaded.resolved.as_str(), warnings.as_slice());
    let asked = Asked {
        command: "rank",
        files: &chosen.files,
        arch: None,
        classes: new.classes,
        require: &new.require,
        resolution: None,
        inherit: None,
    };
    let opened = open_folder(asked, options, train, resolved, device)?;
    let file = write_paths(&opened, &chosen)?;
    let request = Request {
        file,
        search: absolute(&new.search),
        data: options.data.as_deref().map(absolute),
        truth_seeds: new.truth_seeds,
        classes: new.classes,
        images,
    };
    let text = serde_json::to_string_pretty(&request).expect("a request is plain JSON");
    opened.folder.write(REQUEST, text + "\n")?;
    Ok(opened)
}

/// The images that every path is trained on, and tested on.
fn images_of(train: &TrainSettings, plan: &Plan) -> Result<Vec<PartImages>, Error> {
    Ok(PartImages::all(&load_data(train, plan, 0)?))
}

fn words(images: &[PartImages]) -> BTreeMap<String, String> {
    images.iter().flat_map(PartImages::words).collect()
}

fn place(device: Device) -> Place {
    Place {
        kind: Kind::Float,
        device,
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The settings that the search in `run` was made with.
fn search_settings(run: &Path, data: Option<&Path>) -> Result<SearchSettings, Error> {
    let file = run.join(SETTINGS);
    let set = data.map(|data| format!("DATA_DIR={}", serde_json::json!(data.to_string_lossy())));
    let loaded = config::search(Some(&file), set.as_slice()).map_err(|error| {
        Error::Refused(format!(
            "{} is no folder of a search ({error}): give --run the folder that `creamc search` made",
            run.display()
        ))
    })?;
    Ok(loaded.settings)
}

/// Writes down the paths where they were sampled; the file that holds them, inside the folder.
fn write_paths(opened: &Opened, chosen: &Contenders) -> Result<PathBuf, Error> {
    if !chosen.sampled {
        return Ok(opened.file.clone());
    }
    let space = opened.file.to_string_lossy();
    let text = file_of(&chosen.archs, &chosen.plan, &space);
    opened.folder.write(PATHS, text)?;
    Ok(PathBuf::from(PATHS))
}

/// A ranking under way.
struct UnderWay {
    folder: RunFolder,
    log: Log,
    journal: Journal,
    done: Done,
    request: Request,
    settings: RetrainSettings,
    archs: Vec<Arch>,
    plan: Plan,
    options: RunOptions,
    /// Whether another process began it: its images may be others.
    goes_on: bool,
}

impl UnderWay {
    /// What the folder holds.
    fn open(opened: Opened, options: RunOptions, goes_on: bool) -> Result<UnderWay, Error> {
        let Opened { folder, log, .. } = opened;
        let text = folder.read(REQUEST).map_err(|error| {
            Error::Refused(format!("{error}: give --resume the folder of a ranking"))
        })?;
        let request: Request = serde_json::from_str(&text).map_err(|error| {
            Error::Refused(format!(
                "{}: is damaged: {error}",
                folder.path().join(REQUEST).display()
            ))
        })?;
        let Loaded { settings, .. } = config::retrain_again(
            Some(&folder.path().join(SETTINGS)),
            &RunOptions {
                set: Vec::new(),
                seed: None,
                ..options.clone()
            }
            .overrides(),
        )?;
        let file = folder.path().join(&request.file);
        let (archs, plan) = Source::load(&file, request.classes, |_| {})?.plan_archs()?;
        let rank = options.ranks.rank();
        let done = folder.finished(JOURNAL)?;
        let (journal, _) = folder.journal::<Entry>(&(name_of(JOURNAL, rank) + ".jsonl"))?;
        Ok(UnderWay {
            folder,
            log,
            journal,
            done: Done(done),
            request,
            settings,
            archs,
            plan,
            options,
            goes_on,
        })
    }

    fn run(mut self, stop: &dyn Fn() -> bool) -> Result<Ranked, Error> {
        self.judge()?;
        self.train(stop)?;
        self.options.ranks.parts_done(TRAINED)?;
        if !self.options.ranks.is_first() {
            return Ok(Ranked::Part);
        }
        // What others trained; judged was here.
        let mut finished: Vec<Entry> = self.folder.finished(JOURNAL)?;
        finished.retain(|entry| matches!(entry, Entry::Trained { .. }));
        let is_judged = |entry: &Entry| matches!(entry, Entry::Judged { .. });
        self.done.0.retain(is_judged);
        self.done.0.extend(finished);
        let (all, open) = (self.trainings().len(), self.open_trainings().len());
        if open == 0 {
            return Ok(Ranked::Whole(Box::new(self.finish()?)));
        }
        let (done, run) = (all - open, self.folder.path().to_owned());
        self.say(&format!("stopped after {done} of {all} trainings"))?;
        Ok(Ranked::Stopped { done, all, run })
    }

    fn say(&mut self, text: &str) -> Result<(), Error> {
        if self.options.progress {
            tell(text);
        }
        Ok(self.log.line(text)?)
    }

    fn add(&mut self, entry: Entry) -> Result<(), Error> {
        self.journal.add(&entry)?;
        self.done.0.push(entry);
        Ok(())
    }

    /// Judges all paths, unless that was done.
    fn judge(&mut self) -> Result<(), Error> {
        let judged = |arch: &Arch| self.done.verdict(&arch.name).is_some();
        if self.archs.iter().all(judged) {
            return Ok(());
        }
        // All with one supernet: a search may have gone on since a kill.
        self.done
            .0
            .retain(|entry| !matches!(entry, Entry::Judged { .. }));
        let data = self.options.data.as_ref().or(self.request.data.as_ref());
        let searched = search_settings(&self.request.search, data.map(PathBuf::as_path))?;
        let data = load_data(&searched.train, &self.plan, searched.supernet.judge_images)?;
        let ranks = self.options.ranks.clone();
        agree(&ranks, &self.plan, &data)?;
        let device = self.options.device.open()?;
        let search = &self.request.search;
        let saved = newest_supernet(search, &self.plan, place(device), &ranks)?;
        ranks.compare("what judges", &saved.supernet.tensors())?;
        self.say(&format!(
            "judging {} paths with {}",
            self.archs.len(),
            saved.file.display()
        ))?;
        let (train, supernet) = (&searched.train, &searched.supernet);
        let judge = Judge::new(
            &data,
            train.seed,
            train.workers,
            (supernet.recal_images, supernet.recal_batch),
            train.eval_batch,
        )
        .pinned_for(device, train.pin_memory);
        let paths: Vec<_> = self.archs.iter().map(|arch| arch.path.clone()).collect();
        let judged = judge_shared(&saved.supernet, &judge, &paths, &ranks)?;
        if !ranks.is_first() {
            return Ok(());
        }
        let file = saved.file.to_string_lossy();
        let names: Vec<String> = self.archs.iter().map(|arch| arch.name.clone()).collect();
        for (name, judged) in names.iter().zip(judged) {
            self.add(Entry::judged(name, judged, &file, saved.epoch))?;
        }
        Ok(())
    }

    fn seeds(&self) -> Vec<u64> {
        let first = self.settings.train.seed;
        (0..self.request.truth_seeds)
            .map(|more| first.wrapping_add(more))
            .collect()
    }

    /// Every training: all paths with the first seed, then all with the next.
    fn trainings(&self) -> Vec<(u64, String)> {
        let names = || self.archs.iter().map(|arch| arch.name.clone());
        let seeds = self.seeds().into_iter();
        seeds
            .flat_map(|seed| names().map(move |name| (seed, name)))
            .collect()
    }

    fn open_trainings(&self) -> Vec<(u64, String)> {
        let mut open = self.trainings();
        open.retain(|(seed, name)| self.done.truth(name, *seed).is_none());
        open
    }

    /// Of what is not trained yet, what is dealt to this rank.
    fn own_trainings(&self) -> Vec<(u64, String)> {
        let open = self.open_trainings();
        let cost = |(_, name): &(u64, String)| {
            let arch = self.archs.iter().find(|arch| arch.name == *name);
            self.plan
                .cost(&arch.expect("a training is of a path").path)
                .flops
        };
        let costs: Vec<u64> = open.iter().map(cost).collect();
        let ranks = deal(&costs, self.options.ranks.world());
        let dealt = open.into_iter().zip(ranks);
        let own = self.options.ranks.rank();
        dealt
            .filter_map(|(training, rank)| (rank == own).then_some(training))
            .collect()
    }

    /// Compares the images of what is to be trained with those of what is trained already.
    fn compare_images(&mut self) -> Result<(), Error> {
        let images = images_of(&self.settings.train, &self.plan)?;
        let told = compare_images(&images, &self.request.images).map_err(|text| {
            let file = self.folder.path().join(REQUEST);
            Error::Refused(format!("{} {text}", file.display()))
        })?;
        match told {
            Some(warning) => self.say(&format!("warning: {warning}")),
            None => Ok(()),
        }
    }

    /// Makes this rank's trainings, until it is to stop.
    fn train(&mut self, stop: &dyn Fn() -> bool) -> Result<(), Error> {
        let own = self.own_trainings();
        if self.goes_on && !own.is_empty() {
            self.compare_images()?;
        }
        // One process counts those of its runs before, too.
        let (before, whose) = match self.options.ranks.is_alone() {
            true => (self.trainings().len() - own.len(), ""),
            false => (0, "its "),
        };
        let start = Instant::now();
        for (at, (seed, name)) in own.iter().enumerate() {
            if stop() || !self.train_one(name, *seed)? {
                return Ok(());
            }
            let top1 = self.done.truth(name, *seed).expect("it was just added");
            let left = own.len() - at - 1;
            let rest = start.elapsed().mul_f64(left as f64 / (at + 1) as f64);
            self.say(&format!(
                "training {} of {whose}{}: {name} with seed {seed}: test top-1 {top1:.2}%; {} left",
                before + at + 1,
                before + own.len(),
                duration(rest.as_secs())
            ))?;
        }
        Ok(())
    }

    /// Trains one path alone; whether to its end.
    fn train_one(&mut self, name: &str, seed: u64) -> Result<bool, Error> {
        let folder = name_of(TRAINING, self.options.ranks.rank());
        // A killed training is made again from its start: equal seeds, equal results.
        self.folder.remove_folder(&folder)?;
        let tested = alone(
            &Alone {
                file: &self.folder.path().join(&self.request.file),
                settings: &self.folder.path().join(SETTINGS),
                classes: self.request.classes,
                run: &self.options,
            },
            name,
            seed,
            &self.folder.path().join(&folder),
        )?;
        let Some(tested) = tested else {
            return Ok(false);
        };
        self.add(Entry::trained(name, seed, tested))?;
        self.folder.remove_folder(&folder)?;
        Ok(true)
    }

    /// The figures, written down.
    fn finish(mut self) -> Result<Ranking, Error> {
        // Kills may have left some of ranks that are no more.
        self.folder.remove_all(TRAINING)?;
        let ranking = Ranking::new(
            Parts {
                archs: &self.archs,
                plan: &self.plan,
                done: &self.done,
                seeds: &self.seeds(),
                search: self.request.search.clone(),
                run: self.folder.path().to_owned(),
            },
            self.settings.train.seed,
        );
        let json = serde_json::to_string_pretty(&ranking).expect("a result is plain JSON");
        self.folder.write("rank.csv", ranking.csv())?;
        self.folder.write("result.json", json + "\n")?;
        self.log.line("done: result.json, rank.csv")?;
        Ok(ranking)
    }
}

/// The name of what belongs to a rank; the first's has no number.
fn name_of(stem: &str, rank: usize) -> String {
    match rank {
        0 => stem.to_owned(),
        rank => format!("{stem}.{rank}"),
    }
}

/// `48 s`, `12 min`, `3.5 h`.
fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}
