//! How a run draws its paths: its bounds, its measure and its prior in one place.

use std::fmt;

use creamc_lang::count::{self, Evolver, Graph, Prior, Sampler, Window};
use creamc_lang::ir::{Ir, Path};
use creamc_lang::plan::Plan;
use rand_chacha::ChaCha8Rng;

use super::released;
use crate::config::{self, PathPrior, SupernetSettings};
use crate::train::Error;

/// What draws the paths of a run: inside every bound, or as the released code does, which lets a
/// bound choose the depths and then draws every candidate evenly.
#[derive(Debug)]
pub struct Draws {
    ir: Ir,
    graph: Graph,
    windows: Vec<Window>,
    measure: count::Measure,
    prior: Prior,
    sampler: Sampler,
    follows: Option<Followed>,
}

/// The board that the prior follows (`HOW_TO_PROB: teacher`).
#[derive(Debug, Default)]
struct Followed {
    /// Its paths when the epoch began; none before it taught.
    paths: Vec<Path>,
}

/// A prior that cannot be followed inside the bounds; draws are even instead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotFollowed(pub count::NoSample);

impl fmt::Display for NotFollowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the board's prior cannot be followed, paths are drawn evenly: {}",
            self.0
        )
    }
}

impl Draws {
    /// The draws that the settings ask for.
    ///
    /// # Errors
    /// When no path lies inside every bound, drawing is hopeless, or the prior does not fit the space.
    pub fn new(supernet: &SupernetSettings, plan: &Plan) -> Result<Draws, Error> {
        let (graph, windows, measure) = match supernet.variant {
            config::Variant::Paper => (
                plan.bounded_graph.clone(),
                plan.windows.clone(),
                measure(supernet),
            ),
            config::Variant::Released => {
                let depths = released::fixed_depths(plan);
                let graph = released::with_depths(plan, &depths).map_err(refuse)?;
                (graph, Vec::new(), count::Measure::Paths)
            }
        };
        let prior = match &supernet.prior {
            PathPrior::Even | PathPrior::Teacher => Prior::even(&plan.ir),
            PathPrior::Weights(weights) => {
                Prior::per_candidate(&plan.ir, weights).map_err(|error| {
                    refuse(format!(
                        "`SUPERNET.PRE_PROB`: {error} (or set `SUPERNET.HOW_TO_PROB: even`)"
                    ))
                })?
            }
        };
        Ok(Draws {
            sampler: Sampler::with_prior(&graph, &windows, measure, &prior).map_err(refuse)?,
            follows: (supernet.prior == PathPrior::Teacher).then(Followed::default),
            ir: plan.ir.clone(),
            graph,
            windows,
            measure,
            prior,
        })
    }

    /// Draws one path.
    pub fn draw(&self, random: &mut ChaCha8Rng) -> Path {
        self.sampler.draw(random)
    }

    /// Up to `count` drawn paths, none twice; fewer when new ones hardly come any more.
    #[must_use]
    pub fn distinct(&self, random: &mut ChaCha8Rng, count: usize) -> Vec<Path> {
        let mut paths: Vec<Path> = Vec::new();
        for _ in 0..count.saturating_mul(20) {
            if paths.len() == count {
                break;
            }
            let path = self.draw(random);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// What makes new paths out of these draws'.
    #[must_use]
    pub fn evolver(&self) -> Evolver {
        Evolver::new(&self.graph, &self.windows, self.measure, &self.prior)
    }

    /// Weighs candidates from now on by how many paths of the board have them, plus one, where
    /// the settings ask for it; else nothing happens.
    ///
    /// # Errors
    /// When hardly any path of that prior lies inside the bounds: draws are even then.
    pub fn follow(&mut self, board: Vec<Path>) -> Result<(), NotFollowed> {
        let Some(followed) = self.follows.as_mut().filter(|own| own.paths != board) else {
            return Ok(());
        };
        followed.paths = board;
        let draw =
            |prior: &Prior| Sampler::with_prior(&self.graph, &self.windows, self.measure, prior);
        let prior = Prior::from_paths(&self.ir, followed.paths.iter());
        let made = draw(&prior).map(|sampler| (prior, sampler));
        let even = || {
            let prior = Prior::even(&self.ir);
            let sampler = draw(&prior).expect("even draws were made before");
            (prior, sampler)
        };
        let failed = made.as_ref().err().map(|&error| NotFollowed(error));
        (self.prior, self.sampler) = made.unwrap_or_else(|_| even());
        failed.map_or(Ok(()), Err)
    }

    /// The paths that the prior follows now.
    #[must_use]
    pub fn followed(&self) -> &[Path] {
        self.follows.as_ref().map_or(&[], |own| &own.paths)
    }
}

fn measure(supernet: &SupernetSettings) -> count::Measure {
    match supernet.measure {
        config::Measure::Paths => count::Measure::Paths,
        config::Measure::Decisions => count::Measure::Decisions,
    }
}

fn refuse(error: impl fmt::Display) -> Error {
    Error::Refused(error.to_string())
}
