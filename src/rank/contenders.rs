//! Which paths are ranked.

use std::path::PathBuf;

use creamc_lang::arch::{self, Arch};
use creamc_lang::count::{Measure, Sampler};
use creamc_lang::plan::Plan;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::options::{COUNT, New};
use crate::config::{SupernetSettings, TrainSettings};
use crate::train::prepare::Source;
use crate::train::{Error, Show};

/// The paths of a ranking: two or more, none twice, all of one plan.
#[derive(Debug)]
pub struct Contenders {
    /// The paths, each with the name it is trained under.
    pub archs: Vec<Arch>,
    /// What they are paths of.
    pub plan: Plan,
    /// Path and text of the file and all it uses, the file first.
    pub files: Vec<(PathBuf, String)>,
    /// Whether they were sampled: then the file holds the space and not them.
    pub sampled: bool,
}

/// Reads the architectures of a file, or samples from its space inside every bound: those of the
/// file, of `require`, and of the search's settings.
///
/// # Errors
/// When the text is wrong, there are fewer than two paths or one twice, or nothing can be sampled.
pub fn contenders(
    new: &New,
    searched: &SupernetSettings,
    train: &TrainSettings,
    show: Show,
) -> Result<Contenders, Error> {
    let mut source = Source::load_for(&new.file, new.classes, train, show)?;
    let (archs, plan) = match source.has_archs() {
        true => {
            refuse_sampling(new)?;
            source.plan_archs()?
        }
        false => {
            let plan = source.plan_search(&new.require, searched)?;
            (
                sampled(&plan, new.count.unwrap_or(COUNT), train.seed)?,
                plan,
            )
        }
    };
    require_ranking(&archs)?;
    Ok(Contenders {
        sampled: !source.has_archs(),
        archs,
        plan,
        files: source.files,
    })
}

/// What only sampling heeds is refused rather than ignored.
fn refuse_sampling(new: &New) -> Result<(), Error> {
    let given = [
        ("--count", new.count.is_some()),
        ("--require", !new.require.is_empty()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Error::Refused(format!(
            "`{flag}` is for sampling from a space, and {} holds archs, which are all ranked: leave it out",
            new.file.display()
        ))),
        None => Ok(()),
    }
}

/// Tries for each path that is asked for; a space may hold fewer.
const TRIES: usize = 50;

/// Up to `count` different paths, each as likely as any other.
fn sampled(plan: &Plan, count: usize, seed: u64) -> Result<Vec<Arch>, Error> {
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths)
        .map_err(|error| Error::Refused(error.to_string()))?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut archs: Vec<Arch> = Vec::new();
    for _ in 0..count.saturating_mul(TRIES) {
        if archs.len() == count {
            break;
        }
        let path = sampler.draw(&mut random);
        if archs.iter().all(|arch| arch.path != path) {
            let name = format!("sample_{}", archs.len() + 1);
            archs.push(Arch::of_plan(name, path, plan));
        }
    }
    Ok(archs)
}

fn require_ranking(archs: &[Arch]) -> Result<(), Error> {
    if archs.len() < 2 {
        return Err(Error::Refused(format!(
            "{} path is no ranking: give two or more, about 24 for a figure to rely on",
            archs.len()
        )));
    }
    for (at, arch) in archs.iter().enumerate() {
        if let Some(other) = archs[..at].iter().find(|other| other.path == arch.path) {
            return Err(Error::Refused(format!(
                "`{}` and `{}` are one path: remove one of them",
                other.name, arch.name
            )));
        }
    }
    Ok(())
}

/// The sampled paths as a file that uses the space at `space`, a path without quotes.
#[must_use]
pub fn file_of(archs: &[Arch], plan: &Plan, space: &str) -> String {
    let items: Vec<String> = archs
        .iter()
        .map(|arch| arch::write(arch, &plan.ir))
        .collect();
    format!("cream 1\nuse \"{space}\"\n\n{}", items.join("\n"))
}
