//! The space of the run and its chosen network, compiled as `creamc cost` does.

use creamc_lang::arch::{self, Arch};
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::diagnostic::{Diagnostic, Severity};
use creamc_lang::ir::Ir;
use creamc_lang::plan::{self, Plan, Request};
use creamc_lang::space::Require;

use super::files::Files;
use super::{Command, Manifest, Outcome, Setting};
use crate::config;
use crate::disk::Disk;

/// The space of a run.
#[derive(Debug)]
pub struct Space {
    pub ir: Ir,
    /// The space inside the bounds of the run, or why there is none.
    pub plan: Result<Plan, String>,
    /// The network that was chosen or is trained, with its resolution, or why there is none.
    pub chosen: Result<(Arch, u32), String>,
}

/// What says which space, which bounds and which network.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub manifest: &'a Manifest,
    pub settings: &'a [Setting],
    pub outcome: Option<&'a Outcome>,
}

impl Wanted<'_> {
    fn setting(&self, key: &str) -> Option<f64> {
        let found = self.settings.iter().find(|one| one.key == key)?;
        found.value.parse().ok()
    }

    fn classes(&self) -> Option<u32> {
        let typed = self.manifest.option("--classes").pop()?.parse().ok();
        typed.filter(|&classes| classes > 0)
    }

    fn overrides(&self) -> Overrides {
        let set = || {
            self.setting("DATASET.NUM_CLASSES")
                .map(|count| count as u32)
        };
        Overrides {
            classes: self.classes().or_else(set).filter(|&classes| classes > 0),
            ..Overrides::default()
        }
    }
}

/// Compiles the run's copy of its space; else why that cannot be done.
pub fn read(files: &mut Files, wanted: Wanted) -> Result<Space, String> {
    let mut unit = unit(files, wanted)?;
    let Some(ir) = unit.ir.clone().filter(|_| !unit.has_errors()) else {
        return Err(format!(
            "the space has errors: {}",
            first(&unit.diagnostics)
        ));
    };
    let plan = planned(&mut unit, &ir, wanted);
    let chosen = chosen(&unit, &ir, wanted).and_then(|arch| {
        let settled = plan.as_ref().ok().map(|plan| plan.resolution);
        let resolution = arch.resolution.or(settled);
        let resolution = resolution.ok_or("no resolution is settled for it")?;
        Ok((arch, resolution))
    });
    Ok(Space { ir, plan, chosen })
}

/// The file of the result where there is one, else the copy of the file that was searched.
fn unit(files: &mut Files, wanted: Wanted) -> Result<Unit, String> {
    let copies = files.list("space").into_iter();
    let mut names: Vec<String> = copies.filter(|name| name.ends_with(".cream")).collect();
    // The file that was typed comes first, then what it uses.
    names.sort_by_key(|name| !is_typed(name, wanted.manifest));
    if wanted.manifest.command == Command::Search && files.path("best.cream").is_file() {
        names.insert(0, "best.cream".to_owned());
    }
    let mut why = "the folder `space` holds no space".to_owned();
    for name in names {
        match compile::load(&Disk, &files.path(&name), &wanted.overrides()) {
            Ok(unit) if unit.ir.is_some() => return Ok(unit),
            Ok(unit) if unit.has_errors() => why = format!("{name}: {}", first(&unit.diagnostics)),
            Ok(_) => {}
            Err(error) => why = format!("{name}: {}", error.reason),
        }
    }
    Err(why)
}

fn is_typed(copy: &str, manifest: &Manifest) -> bool {
    let last = |path: &str| path.rsplit('/').next().map(str::to_owned);
    let mut words = manifest.arguments.iter();
    words.any(|word| last(word) == last(copy))
}

fn planned(unit: &mut Unit, ir: &Ir, wanted: Wanted) -> Result<Plan, String> {
    let space = unit.space.clone().ok_or("there is no space")?;
    let mut requires = Vec::new();
    for text in wanted.manifest.option("--require") {
        let read = compile::parse_require(&mut unit.sources, text, &space);
        requires.push(read.map_err(|found| first(&found))?);
    }
    requires.extend(settings_bound(unit, wanted));
    let request = Request {
        requires,
        ..Request::default()
    };
    let (plan, _) = plan::plan(ir, &request).map_err(|found| first(&found))?;
    Ok(plan)
}

/// The bound of the settings `FLOPS_MINIMUM` and `FLOPS_MAXIMUM`, in millions.
fn settings_bound(unit: &mut Unit, wanted: Wanted) -> Option<Require> {
    let end = |key| wanted.setting(key).map(config::flops_of);
    let flops = ["SUPERNET.FLOPS_MINIMUM", "SUPERNET.FLOPS_MAXIMUM"].map(end);
    flops[0].or(flops[1])?;
    let text = "FLOPS_MINIMUM, FLOPS_MAXIMUM";
    let sources = &mut unit.sources;
    Some(compile::flops_bound(sources, (text, text), flops))
}

fn chosen(unit: &Unit, ir: &Ir, wanted: Wanted) -> Result<Arch, String> {
    let named = wanted.manifest.option("--arch").pop();
    let named = named.filter(|_| wanted.manifest.command == Command::Retrain);
    let mut archs = unit.archs.iter();
    let written = archs.find(|arch| named.is_none_or(|name| arch.name.value == name));
    let Some(written) = written else {
        return from_result(ir, wanted).ok_or_else(|| "no network is chosen yet".to_owned());
    };
    let (arch, found) = arch::read(written, ir);
    arch.ok_or_else(|| first(&found))
}

/// A retraining of a network that was given by lists has no file of it.
fn from_result(ir: &Ir, wanted: Wanted) -> Option<Arch> {
    let outcome = wanted.outcome?;
    let lists = arch::parse_choices(outcome.choices.as_ref()?).ok()?;
    let name = outcome.arch.as_deref().unwrap_or("network");
    let read = arch::from_choices(name, &lists, ir).ok()?;
    let side = outcome.resolution.and_then(|side| u32::try_from(side).ok());
    let side = side.filter(|side| ir.resolution.value.values().contains(side));
    Some(Arch {
        resolution: side.or(read.arch.resolution),
        ..read.arch
    })
}

/// The first error in one sentence.
fn first(found: &[Diagnostic]) -> String {
    let error = found.iter().find(|one| one.severity == Severity::Error);
    error.map_or_else(|| "it cannot be used".to_owned(), |one| one.message.clone())
}
