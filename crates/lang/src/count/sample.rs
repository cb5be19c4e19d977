//! Drawing paths, exactly conditioned on windows.
//!
//! The tables of a slightly larger, rounded window say how likely every edge is; the
//! few paths that end outside the true windows are drawn again. Both steps keep the
//! conditional distribution exact, up to the last places of an `f64`.

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::table::{AXES, Grid, Point, Side, Table};
use super::weight::Weights;
use super::{Edge, Graph, Measure, Prior, Window, Witness};
use crate::cost::Cost;
use crate::ir::Path;

/// Numbers in all tables of a sampler: 64 MB.
const BUDGET: usize = 1 << 23;

/// Below this acceptance a sampler looks for a better grid.
const LOW_ACCEPTANCE: f64 = 0.3;

/// Below this acceptance drawing is not workable.
const LEAST_ACCEPTANCE: f64 = 1e-4;

/// Binary logarithm of the least chance that an `f64` surely holds.
const LEAST_CHANCE: f64 = -900.0;

/// Steps of all walks made where paths inside may be rare: about two seconds, as tables are larger than caches.
const STEPS: usize = 1 << 21;

/// Why no sampler can be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoSample {
    /// No path lies inside every window; this is proven.
    Empty,
    /// Paths inside every window could not be found, or too seldom to draw them.
    TooRare,
    /// A prior gives weight 0 to a candidate of every path inside every window.
    LeftOut,
}

impl fmt::Display for NoSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoSample::Empty => "no path lies inside every bound",
            NoSample::TooRare => {
                "fewer than one path in 10,000 that look right lie inside every bound; widen the bounds"
            }
            NoSample::LeftOut => {
                "the prior gives weight 0 to a candidate of every path inside every bound; \
                 make those weights larger"
            }
        })
    }
}

impl std::error::Error for NoSample {}

/// Draws paths of a graph inside windows.
pub struct Sampler {
    graph: Graph,
    windows: Vec<Window>,
    /// Cells of every edge.
    cells: Vec<Vec<Point>>,
    table: Table,
    acceptance: f64,
    /// As many as [`STEPS`] allow, however long each is.
    most_walks: usize,
}

/// Paths drawn with limited work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The paths.
    pub paths: Vec<Path>,
    /// How many walks were made for them; those that ended outside a window are lost.
    pub walks: usize,
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler")
            .field("windows", &self.windows)
            .field("acceptance", &self.acceptance)
            .finish_non_exhaustive()
    }
}

impl Sampler {
    /// A sampler of the paths of `graph` inside every window, under a measure.
    ///
    /// # Errors
    /// When there is no such path, or so few that drawing is hopeless.
    pub fn new(graph: &Graph, windows: &[Window], measure: Measure) -> Result<Sampler, NoSample> {
        Sampler::with_budget(graph, windows, measure, BUDGET)
    }

    /// The same with a prior over the candidates (see [`Prior`]).
    ///
    /// # Errors
    /// When there is no such path, when the prior leaves none of them, or when so few walks
    /// end inside that drawing is hopeless.
    ///
    /// # Panics
    /// When the prior is one of another space.
    pub fn with_prior(
        graph: &Graph,
        windows: &[Window],
        measure: Measure,
        prior: &Prior,
    ) -> Result<Sampler, NoSample> {
        let made = Sampler::by_edges(&graph.with_prior(measure, prior), windows, BUDGET);
        match made {
            Err(NoSample::Empty) if graph.witness(windows) != Witness::Impossible => {
                Err(NoSample::LeftOut)
            }
            made => made,
        }
    }

    pub(super) fn with_budget(
        graph: &Graph,
        windows: &[Window],
        measure: Measure,
        budget: usize,
    ) -> Result<Sampler, NoSample> {
        Sampler::by_edges(&graph.measured(measure), windows, budget)
    }

    /// A sampler by the weights that the edges have.
    fn by_edges(graph: &Graph, windows: &[Window], budget: usize) -> Result<Sampler, NoSample> {
        let binding = graph.binding(windows).ok_or(NoSample::Empty)?;
        let weights = Weights::of_edges(graph);
        let mut best: Option<Sampler> = None;
        for (metrics, scale) in [(1, 1), (3, 1), (3, 4)] {
            let (axes, _) = graph.tightest(&binding, &weights, metrics);
            let mut sampler = Sampler::along(graph, &binding, &axes, &weights, budget * scale)?;
            sampler.acceptance = sampler.measure_acceptance();
            let better = |best: &Sampler| sampler.acceptance > best.acceptance;
            if best.as_ref().is_none_or(better) {
                best = Some(sampler);
            }
            if best
                .as_ref()
                .is_some_and(|best| best.acceptance >= LOW_ACCEPTANCE)
            {
                break;
            }
        }
        best.filter(|best| best.acceptance >= LEAST_ACCEPTANCE)
            .ok_or(NoSample::TooRare)
    }

    /// A sampler by the weights that the edges have, with tables of about `budget` numbers
    /// along the tightest windows, for a few draws: it is quick to make, its acceptance is not measured.
    pub(super) fn coarse(
        graph: &Graph,
        windows: &[Window],
        budget: usize,
    ) -> Result<Sampler, NoSample> {
        let binding = graph.binding(windows).ok_or(NoSample::Empty)?;
        let weights = Weights::of_edges(graph);
        let (axes, _) = graph.tightest(&binding, &weights, AXES);
        Sampler::along(graph, &binding, &axes, &weights, budget)
    }

    /// A sampler with tables along some of the windows; the others are left to rejection.
    /// Its acceptance is not measured yet.
    fn along(
        graph: &Graph,
        windows: &[Window],
        axes: &[Window],
        weights: &Weights,
        budget: usize,
    ) -> Result<Sampler, NoSample> {
        let grid = Grid::new(graph, axes, budget);
        let table = Table::new(&grid, weights, Side::Outer);
        if table.share().1 == 0.0 {
            // Only where an f64 holds the chance of every path, none is there.
            let proven = graph.least_likely() > LEAST_CHANCE;
            return Err(if proven {
                NoSample::Empty
            } else {
                NoSample::TooRare
            });
        }
        let of_node = |node: usize| {
            let edges = 0..graph.nodes[node].edges.len();
            edges.map(|edge| grid.cells(node, edge)).collect()
        };
        Ok(Sampler {
            cells: (0..graph.nodes.len()).map(of_node).collect(),
            graph: graph.clone(),
            windows: windows.to_vec(),
            table,
            acceptance: 1.0,
            most_walks: (STEPS / graph.longest_walk().max(1)).max(1),
        })
    }

    /// The share of walks that are kept, measured when the sampler was made.
    pub fn acceptance(&self) -> f64 {
        self.acceptance
    }

    /// Draws one path.
    pub fn draw(&self, random: &mut impl Rng) -> Path {
        loop {
            if let Some(edges) = self.attempt(random) {
                return Graph::path(edges);
            }
        }
    }

    /// Draws up to `wanted` paths, each as [`Sampler::draw`] does. Fewer come where so many walks end outside
    /// that finding them all would take long.
    pub fn draw_up_to(&self, wanted: usize, random: &mut impl Rng) -> Drawn {
        let mut drawn = Drawn::default();
        while drawn.paths.len() < wanted && drawn.walks < self.most_walks {
            drawn.walks += 1;
            drawn.paths.extend(self.attempt(random).map(Graph::path));
        }
        drawn
    }

    /// One walk; `None` when it ends outside a window.
    pub(super) fn attempt(&self, random: &mut impl Rng) -> Option<Vec<&Edge>> {
        let (edges, cost) = self.walk(random);
        let inside = self.windows.iter().all(|window| window.holds(cost));
        inside.then_some(edges)
    }

    /// The chance that one walk is this path. Walks that end outside a window are made again,
    /// so a path inside is drawn with this chance over the exact acceptance; 0 for a path that
    /// is never drawn.
    pub fn walk_chance(&self, path: &Path) -> f64 {
        let Some(walk) = self.graph.walk_of(path) else {
            return 0.0;
        };
        let mut chance = 1.0;
        let mut spent = Point::default();
        for (at, index) in walk {
            let edges = &self.graph.nodes[at].edges;
            let all = self.table.at(at, spent);
            for (spent, cells) in spent.iter_mut().zip(self.cells[at][index]) {
                *spent += cells;
            }
            if edges.len() > 1 {
                let through = self.table.through(at, index, edges[index].to, spent);
                if through == 0.0 {
                    return 0.0;
                }
                chance *= through / all;
            }
        }
        chance
    }

    fn walk(&self, random: &mut impl Rng) -> (Vec<&Edge>, Cost) {
        let mut edges = Vec::with_capacity(64);
        let mut cost = Cost::default();
        let mut spent = Point::default();
        let mut at = 0;
        while at + 1 < self.graph.nodes.len() {
            let index = self.choose(at, spent, random);
            let edge = &self.graph.nodes[at].edges[index];
            for (spent, cells) in spent.iter_mut().zip(self.cells[at][index]) {
                *spent += cells;
            }
            cost += edge.cost;
            at = edge.to;
            edges.push(edge);
        }
        (edges, cost)
    }

    /// Picks an edge by its chance to end inside.
    fn choose(&self, at: usize, spent: Point, random: &mut impl Rng) -> usize {
        let edges = &self.graph.nodes[at].edges;
        if edges.len() == 1 {
            return 0;
        }
        let mut left = random.random::<f64>() * self.table.at(at, spent);
        let mut last = 0;
        for (index, edge) in edges.iter().enumerate() {
            let cells = &self.cells[at][index];
            let then = std::array::from_fn(|axis| spent[axis] + cells[axis]);
            let chance = self.table.through(at, index, edge.to, then);
            if chance > 0.0 {
                last = index;
                if left < chance {
                    break;
                }
                left -= chance;
            }
        }
        last
    }

    /// Walks until 200 were kept or 20,000 were made, fewer where walks are very long.
    fn measure_acceptance(&self) -> f64 {
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let (mut kept, mut made) = (0u32, 0u32);
        while kept < 200 && made < 20_000 && (made as usize) < self.most_walks {
            made += 1;
            let (_, cost) = self.walk(&mut random);
            kept += u32::from(self.windows.iter().all(|window| window.holds(cost)));
        }
        f64::from(kept) / f64::from(made)
    }
}
