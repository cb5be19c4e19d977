//! From what the user wrote to what training needs: the space or the
//! architecture with its plan, and an opened run folder.

mod archs;
mod bounds;

use std::path::{Path, PathBuf};

use creamc_lang::arch::{self, Arch, FromChoices};
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::diagnostic::{Diagnostic, Severity};
use creamc_lang::ir::Ir;
use creamc_lang::plan::{self, Plan, Request};
use creamc_lang::source::{Files, Span, Spanned};
use creamc_lang::syntax::ast;
use tch::Device;

use super::checkpoints::{Identity, Subject};
use super::{Error, Findings, PartImages, RunOptions, Show};
use crate::config::{Classes, IdleSettings, TrainSettings, Warning};
use crate::data::{Augmentation, Data, Loader, Normalisation, Part, Wanted};
use crate::disk::Disk;
use crate::ranks::{Ranks, RanksError};
use crate::run::{Log, Manifest, RunFolder};

/// A compiled file and the texts of all files it is made of.
pub struct Source {
    unit: Unit,
    /// Path and text of the file and all it uses, the file first.
    pub files: Vec<(PathBuf, String)>,
    show: Show,
}

impl Source {
    /// Compiles `file`.
    ///
    /// # Errors
    /// When it cannot be read or its text is wrong.
    pub fn load(file: &Path, classes: Option<u32>, show: Show) -> Result<Source, Error> {
        Source::of(&Disk, file, classes, show)
    }

    /// Compiles `file` with the number of classes that was typed, if one was; else the file's
    /// own must be the settings', where they say one.
    ///
    /// # Errors
    /// As [`Source::load`], or when the two differ.
    pub fn load_for(
        file: &Path,
        typed: Option<u32>,
        settings: &TrainSettings,
        show: Show,
    ) -> Result<Source, Error> {
        let source = Source::load(file, typed, show)?;
        if let (None, Some(wanted)) = (typed, &settings.classes) {
            source.require_classes(file, wanted)?;
        }
        Ok(source)
    }

    fn require_classes(&self, file: &Path, wanted: &Classes) -> Result<(), Error> {
        let Some(ir) = self
            .unit
            .ir
            .as_ref()
            .filter(|ir| ir.classes != wanted.count)
        else {
            return Ok(());
        };
        let (own, wanted, settings) = (ir.classes, wanted.count, &wanted.place);
        let place = self.unit.space.as_ref().map(|space| {
            let span = space.classes.span;
            let source = self.unit.sources.get(span.file);
            let at = source.position(span.range().start);
            format!("{}:{}:{}", source.name, at.line, at.column)
        });
        let place = place.unwrap_or_else(|| file.display().to_string());
        Err(Error::Refused(format!(
            "{settings}: `DATASET.NUM_CLASSES` is {wanted}, but the space has {own} classes ({place}): make them \
             equal, or say which with --classes {own} or --classes {wanted}"
        )))
    }

    /// Compiles the one of `files` at `path`.
    ///
    /// # Errors
    /// When it cannot be read or its text is wrong.
    pub fn of(
        files: &dyn Files,
        path: &Path,
        classes: Option<u32>,
        show: Show,
    ) -> Result<Source, Error> {
        let overrides = Overrides {
            classes,
            ..Overrides::default()
        };
        let unit = compile::load(files, path, &overrides)
            .map_err(|error| Error::Refused(error.to_string()))?;
        let files = unit.sources.iter();
        let files = files.map(|(_, source)| (PathBuf::from(&source.name), source.text.clone()));
        let source = Source {
            files: files.collect(),
            unit,
            show,
        };
        match source.unit.has_errors() {
            true => Err(source.refuse(source.unit.diagnostics.clone())),
            false => Ok(source),
        }
    }

    /// The same without the space's bounds, which limit searches only.
    #[must_use]
    pub fn without_bounds(mut self) -> Source {
        if let Some(ir) = &mut self.unit.ir {
            ir.requires.clear();
        }
        self
    }

    fn refuse(&self, diagnostics: Vec<Diagnostic>) -> Error {
        Error::Text(Box::new(self.findings(diagnostics)))
    }

    fn findings(&self, diagnostics: Vec<Diagnostic>) -> Findings {
        Findings {
            sources: self.unit.sources.clone(),
            diagnostics,
        }
    }

    fn show(&self, more: Vec<Diagnostic>) {
        let mut warnings = self.unit.diagnostics.clone();
        warnings.extend(more);
        if !warnings.is_empty() {
            (self.show)(&self.findings(warnings));
        }
    }

    fn ir(&self) -> Result<&Ir, Error> {
        self.unit
            .ir
            .as_ref()
            .ok_or_else(|| Error::Refused("the file holds no space".to_owned()))
    }

    fn planned(&self, ir: &Ir, request: &Request) -> Result<(Plan, Vec<Diagnostic>), Error> {
        plan::plan(ir, request).map_err(|errors| self.refuse(errors))
    }

    /// The architecture called `name`, or the only one, and its plan. Bounds limit a
    /// search: an architecture outside them is planned too, with a warning.
    ///
    /// # Errors
    /// When there is no such architecture, or its text is wrong.
    pub fn plan_arch(&self, name: Option<&str>) -> Result<(Arch, Plan), Error> {
        let ir = self.ir()?;
        let written = self.written(name)?;
        let (arch, mut found) = arch::read(written, ir);
        let arch = match arch {
            Some(arch) if !has_errors(&found) => arch,
            _ => return Err(self.refuse(found)),
        };
        let resolution = arch.resolution;
        let request = Request {
            resolution: resolution.map(|side| Spanned::new(side, written.span)),
            depths: Some(arch.depths()),
            ..Request::default()
        };
        let mut free = ir.clone();
        if resolution.is_some() {
            free.requires.clear();
        }
        let (plan, _) = self.planned(&free, &request)?;
        let cost = plan.cost(&arch.path);
        if resolution.is_none() {
            // Where it is known, `arch::read` has said it.
            let place = written.name.span;
            found.extend(arch::outside_bounds(&arch, place, cost, &ir.requires, ir));
        }
        self.show(found);
        Ok((arch, plan))
    }

    /// The architecture of the space that lists of indices mean, and its plan at images of
    /// this `side` where the space leaves it open.
    ///
    /// # Errors
    /// When the lists do not fit the space; the position is named.
    pub fn plan_indices(
        &mut self,
        lists: &[Vec<u64>],
        side: Option<u32>,
    ) -> Result<(FromChoices, Plan), Error> {
        // What does not fit is no candidate anyway.
        let narrow = |&index: &u64| u32::try_from(index).unwrap_or(u32::MAX);
        let lists: Vec<Vec<u32>> = lists
            .iter()
            .map(|list| list.iter().map(narrow).collect())
            .collect();
        let mut found = arch::from_choices("input", &lists, self.ir()?)
            .map_err(|error| Error::Refused(format!("`INPUT_ARCH`: {error}")))?;
        let side = side.filter(|_| found.arch.resolution.is_none());
        let request = Request {
            resolution: side.map(|side| self.settings_side(side)),
            depths: Some(found.arch.depths()),
            ..Request::default()
        };
        let (plan, warnings) = self.planned(self.ir()?, &request)?;
        self.show(warnings);
        found.arch.resolution = Some(plan.resolution);
        Ok((found, plan))
    }

    /// The settings' side of the images, as if it were written in a file called like them.
    fn settings_side(&mut self, side: u32) -> Spanned<u32> {
        let text = side.to_string();
        let file = self.unit.sources.add("DATASET.IMAGE_SIZE", text.clone());
        Spanned::new(side, Span::new(file, 0, text.len()))
    }

    fn written(&self, name: Option<&str>) -> Result<&ast::Arch, Error> {
        let archs = &self.unit.archs;
        let found = match name {
            Some(name) => archs.iter().find(|arch| arch.name.value == name),
            None if archs.len() == 1 => archs.first(),
            None => None,
        };
        found.ok_or_else(|| {
            let names: Vec<&str> = archs.iter().map(|arch| arch.name.value.as_str()).collect();
            Error::Refused(match (name, names.as_slice()) {
                (_, []) => "the file holds no arch: `creamc search` and `creamc sample --format cream` write them".to_owned(),
                (Some(name), names) => format!("the file has no arch `{name}`; it has {}", names.join(", ")),
                (None, names) => format!("which arch? Name it with --arch; there are {}", names.join(", ")),
            })
        })
    }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|one| one.severity == Severity::Error)
}

/// What a run was asked for, beside its settings: enough to compile its file again.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `search` or `retrain`.
    pub command: &'a str,
    /// The file and all it uses, the file first.
    pub files: &'a [(PathBuf, String)],
    /// Which of the file's architectures.
    pub arch: Option<&'a str>,
    /// The number of classes instead of the file's.
    pub classes: Option<u32>,
    /// Bounds beside the file's.
    pub require: &'a [String],
    /// Side of the images of a network that is given by lists of indices.
    pub resolution: Option<u32>,
    /// The checkpoint of a search whose weights a retraining starts from.
    pub inherit: Option<&'a Path>,
}

/// A run folder with its log.
#[derive(Debug)]
pub struct Opened {
    /// The folder.
    pub folder: RunFolder,
    /// Its log.
    pub log: Log,
    /// The copy of the run's file, inside the folder.
    pub file: PathBuf,
}

/// Makes the run folder and writes down what the run is made of, `run.json` last: with it the
/// folder holds all that a resumed run needs.
///
/// # Errors
/// When the folder is not empty or cannot be written.
pub fn open_folder(
    asked: Asked,
    options: &RunOptions,
    settings: &TrainSettings,
    (resolved, warnings): (&str, &[String]),
    device: Device,
) -> Result<Opened, Error> {
    let folder = make_folder(options, settings)?;
    options.ranks.agree("settings", &alike(resolved))?;
    compare_threads(options, device)?;
    let file = folder.copy_files(asked.files)?.swap_remove(0);
    folder.write("settings.yaml", resolved)?;
    folder.write_manifest(&Manifest {
        creamc: env!("CARGO_PKG_VERSION").to_owned(),
        libtorch: Some(creamc_torch::LIBTORCH_VERSION.to_owned()),
        command: asked.command.to_owned(),
        arguments: std::env::args_os()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect(),
        seed: settings.seed,
        device: device_text(device),
        threads: creamc_torch::threads(),
        file: file.clone(),
        arch: asked.arch.map(str::to_owned),
        classes: asked.classes,
        require: asked.require.to_vec(),
        resolution: asked.resolution,
        inherit: asked.inherit.map(absolute),
    })?;
    let mut log = folder.log()?;
    for warning in warnings {
        log.line(&format!("warning: {warning}"))?;
        if folder.writes() {
            (options.warn)(warning);
        }
    }
    Ok(Opened { folder, log, file })
}

/// The settings that ranks share: each may find its images elsewhere and read them with threads of its own number.
fn alike(resolved: &str) -> String {
    const OWN: [&str; 3] = ["DATA_DIR:", "WORKERS:", "SAVE_PATH:"];
    let lines = resolved.lines();
    let shared = lines.filter(|line| !OWN.iter().any(|own| line.trim_start().starts_with(own)));
    shared.map(|line| format!("{line}\n")).collect()
}

/// Warns where ranks on CPUs compute with other numbers of threads: sums round otherwise then, and so does what is shared out.
fn compare_threads(options: &RunOptions, device: Device) -> Result<(), Error> {
    let threads = options.ranks.texts(&creamc_torch::threads().to_string())?;
    let other = (0..threads.len()).find(|&rank| threads[rank] != threads[0]);
    if let Some(rank) = other.filter(|_| !device.is_cuda()) {
        (options.warn)(&format!(
            "rank {rank} computes with {} thread(s), rank 0 with {}: results differ in their last bits from those of ranks that are \
             alike. OMP_NUM_THREADS sets the number",
            threads[rank], threads[0]
        ));
    }
    Ok(())
}

/// The folder, made by rank 0; the others know its name.
fn make_folder(options: &RunOptions, settings: &TrainSettings) -> Result<RunFolder, Error> {
    let ranks = &options.ranks;
    if !ranks.is_first() {
        let path = ranks.text_of_first(RUN, None)?;
        return Ok(RunFolder::unwritten(path.into()));
    }
    let folder = match ranks.begun_folder()? {
        Some(begun) => RunFolder::begin_again(&begun)?,
        None => {
            let place = absolute(options.out.as_deref().unwrap_or(&settings.save_path));
            if ranks.world() > 1 && place.to_str().is_none() {
                return Err(Error::Refused(format!(
                    "{}: its name is not UTF-8, so that the other processes cannot be told of it: name another folder with --out DIR",
                    place.display()
                )));
            }
            RunFolder::create(options.out.as_deref(), &settings.save_path, &settings.name)?
        }
    };
    ranks.begin(folder.path())?;
    ranks.text_of_first(RUN, Some(&folder.path().to_string_lossy()))?;
    Ok(folder)
}

/// The key of the run folder's path among ranks.
const RUN: &str = "run";

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Opens the folder of a run that goes on. All ranks read it, so it must lie where all can; the first writes.
///
/// # Errors
/// When it is none, another process writes to it, or it is the run of another command.
pub fn reopen_folder(
    command: &str,
    path: &Path,
    ranks: &Ranks,
) -> Result<(Opened, Manifest), Error> {
    let folder = match ranks.is_first() {
        true => RunFolder::resume(path)?,
        false => RunFolder::unwritten(path.to_owned()),
    };
    let manifest = folder.manifest()?;
    if manifest.command != command {
        return Err(Error::Refused(format!(
            "{} is a run of `creamc {}`, not of `creamc {command}`: resume it with `creamc {} --resume {0}`",
            path.display(),
            manifest.command,
            manifest.command
        )));
    }
    let opened = Opened {
        log: folder.log()?,
        file: manifest.file.clone(),
        folder,
    };
    Ok((opened, manifest))
}

/// What checkpoints of this run are of.
#[must_use]
pub fn identity(
    weights: String,
    subject: Subject,
    data: &Data,
    (settings, device, world): (&str, Device, usize),
) -> Identity {
    let Normalisation { mean, deviation } = &data.normalisation;
    Identity {
        weights,
        subject,
        settings: settings.to_owned(),
        images: format!(
            "{} to train on, {} to judge by, {} to test on",
            data.train.len(),
            data.judge.len(),
            data.test.len()
        ),
        parts: PartImages::all(data),
        mean: format!("{mean:?}"),
        deviation: format!("{deviation:?}"),
        device: device_text(device),
        threads: creamc_torch::threads().to_string(),
        libtorch: creamc_torch::LIBTORCH_VERSION.to_owned(),
        ranks: world.to_string(),
    }
}

/// The device as the user would write it.
#[must_use]
pub fn device_text(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        _ => "cpu".to_owned(),
    }
}

/// The folder of images that the settings or the command line name.
///
/// # Errors
/// When neither does.
fn data_dir(settings: &TrainSettings) -> Result<&Path, Error> {
    settings.data_dir.as_deref().ok_or_else(|| {
        Error::Refused(
            "no data: give the folder with --data DIR, or DATA_DIR in the settings".into(),
        )
    })
}

/// Reads the images and makes their parts, as the plan's space needs them.
///
/// # Errors
/// When no folder is named, or the images are wrong or do not fit the space.
pub fn load_data(
    settings: &TrainSettings,
    plan: &Plan,
    judge_images: usize,
) -> Result<Data, Error> {
    let wanted = wanted(settings, plan, judge_images);
    Ok(Data::load(data_dir(settings)?, &wanted)?)
}

/// Reads the images for a test, for which image folders need no `train/`.
///
/// # Errors
/// As [`load_data`].
pub fn load_test_data(settings: &TrainSettings, plan: &Plan) -> Result<Data, Error> {
    let wanted = wanted(settings, plan, 0);
    Ok(Data::load_to_test(data_dir(settings)?, &wanted)?)
}

fn wanted(settings: &TrainSettings, plan: &Plan, judge_images: usize) -> Wanted {
    Wanted {
        classes: plan.ir.classes as usize,
        channels: plan.ir.input_channels as usize,
        resolution: plan.resolution as usize,
        judge_images,
        images_per_class: settings.images_per_class,
        seed: settings.seed,
        crop_share: settings.crop_share,
        fraction: settings.fraction,
        class_map: settings.class_map.clone(),
        val_labels: settings.val_labels.clone(),
        strict: settings.strict,
    }
}

/// What to say before anything is computed: what is known of the settings, which of them these images leave without effect,
/// and which images are passed over.
#[must_use]
pub fn warnings(known: &[&[Warning]], settings: &TrainSettings, data: &Data) -> Vec<String> {
    let settings = [known.concat(), idle(settings, data)].concat();
    let settings = settings.iter().map(ToString::to_string);
    settings.chain(data.passed_over()).collect()
}

fn idle(settings: &TrainSettings, data: &Data) -> Vec<Warning> {
    let IdleSettings {
        in_memory,
        unlisted,
        cropped: _,
    } = &settings.idle;
    let in_memory = in_memory.iter().filter(|_| !data.is_decoded());
    let unlisted = unlisted.iter().filter(|_| !data.is_listed());
    in_memory.chain(unlisted).cloned().collect()
}

/// Compares what the ranks have compiled and found.
///
/// # Errors
/// When it is not the same on all.
pub fn agree(ranks: &Ranks, plan: &Plan, data: &Data) -> Result<(), Error> {
    ranks.agree("data", &compared(plan, data))?;
    match ranks.is_alone() {
        true => Ok(()),
        false => agree_on_contents(ranks, data),
    }
}

/// Compares what the images hold, of parts that lie in one form on this rank and on rank 0.
fn agree_on_contents(ranks: &Ranks, data: &Data) -> Result<(), Error> {
    let images = PartImages::all(data);
    let own: String = images
        .iter()
        .map(|one| one.contents.clone().unwrap_or_default() + "\n")
        .collect();
    let first = ranks.text_of_first("images", Some(&own))?;
    let mut parts = images.iter().zip(first.lines());
    let other = parts.find(|(one, first)| {
        let first = Some(*first).filter(|first| !first.is_empty());
        one.hold(first) == Some(false)
    });
    other.map_or(Ok(()), |(one, first)| {
        let told = |word: &str| format!("{} images that hold what has the hash {word}", one.part);
        Err(Error::from(RanksError::Unlike {
            rank: ranks.rank(),
            own: told(one.contents.as_deref().unwrap_or_default()),
            first: told(first),
        }))
    })
}

/// The space, which images there are, and what they are normalised by; not where they lie.
fn compared(plan: &Plan, data: &Data) -> String {
    let part = |part: &Part| {
        let digest = part.digest();
        format!(
            "{} {} images, whose names and classes have the hash {digest:016x}\n",
            part.len(),
            part.name
        )
    };
    let parts: String = [&data.train, &data.judge, &data.test].map(part).concat();
    let Normalisation { mean, deviation } = &data.normalisation;
    format!(
        "space {}\n{parts}mean {mean:?}\ndeviation {deviation:?}\n",
        plan.fingerprint
    )
}

/// The training images for a training on `device`, shuffled and augmented as the settings say.
#[must_use]
pub fn train_loader(settings: &TrainSettings, data: &Data, device: Device) -> Loader {
    Loader::new(
        &data.train,
        &data.normalisation,
        Augmentation::new(&settings.augmentation, data.is_decoded()),
        settings.seed,
        settings.workers,
    )
    .pinned_for(device, settings.pin_memory)
}
