//! New paths from good ones, exactly conditioned on windows and on what is kept.
//!
//! What a child may be is a graph of its own, cut out of the graph of all paths: for a
//! mutation the walks that agree with what is held, for a crossing one edge for each
//! parent's row. A child is one draw from that graph.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::Rng;

use super::sample::Sampler;
use super::sharing::{Sharing, Taken};
use super::{Edge, Graph, Measure, Node, Prior, Step, Window};
use crate::cost::Cost;
use crate::ir::Path;

/// Numbers in the tables of one child, and how many nodes the walks made with them may pass:
/// coarse tables take a fraction of a millisecond, finer ones follow where too few of their
/// walks end inside.
const ROUNDS: [(usize, usize); 3] = [(1 << 13, 20_000), (1 << 17, 100_000), (1 << 21, MOST)];

/// About two seconds.
const MOST: usize = 20_000_000;

/// Makes paths inside every window out of others.
#[derive(Debug, Clone)]
pub struct Evolver {
    /// The paths that can be drawn, edges weighted by the measure and the prior.
    graph: Graph,
    windows: Vec<Window>,
    /// For every node of the graph, its row and how many blocks that has.
    places: Vec<(usize, usize)>,
    choices: Choices,
}

/// What is left to decide anywhere in a graph.
#[derive(Debug, Clone)]
struct Choices {
    /// Whether paths decide among several resolutions.
    resolution: bool,
    /// Rows that end at more than one depth.
    depths: Vec<bool>,
    /// Slots with more than one candidate, those that differ in shared values taken as one,
    /// `[row][block]`.
    blocks: Vec<Vec<bool>>,
    /// Shared decisions with more than one value, widths among them.
    shared: Vec<bool>,
}

/// The decisions of a path that are made anew.
pub(super) struct Free {
    pub resolution: bool,
    pub depths: Vec<bool>,
    pub blocks: Vec<Vec<bool>>,
    pub shared: Vec<bool>,
}

/// One of them.
enum Decision {
    Resolution,
    Depth(usize),
    Block(usize, usize),
    Shared(usize),
}

impl Evolver {
    /// For the paths of `graph` inside every window, weighted by a measure and a prior as a
    /// [`Sampler`]'s are.
    ///
    /// # Panics
    /// When the prior is one of another space.
    pub fn new(graph: &Graph, windows: &[Window], measure: Measure, prior: &Prior) -> Evolver {
        let graph = graph.with_prior(measure, prior);
        let places = graph.places();
        Evolver {
            choices: Choices::of(&graph, &places),
            graph,
            windows: windows.to_vec(),
            places,
        }
    }

    /// Whether a path can be a parent: it lies inside every bound, and the prior does not
    /// leave it out. Every child can.
    pub fn admits(&self, path: &Path) -> bool {
        let cost = self.graph.cost(path);
        cost.is_some_and(|cost| self.windows.iter().all(|window| window.holds(cost)))
    }

    /// A path like `parent`. Each decision that leaves a choice (the resolution, a row's depth or width, a
    /// block's candidate, a shared decision that some block follows) is set free with probability `rate`, and
    /// one of them at random where none was; all others are held. The child is drawn, as a [`Sampler`] draws, from the paths
    /// inside every bound that agree with what is held; blocks that the parent has not, and shared
    /// decisions that none of its blocks follows, are free. The parent itself is one of them.
    ///
    /// Where no walk is found inside within about two seconds, as with hundreds of free blocks
    /// against a narrow bound, the child is the parent.
    ///
    /// # Panics
    /// When the parent is not [admitted](Evolver::admits).
    pub fn mutate(&self, parent: &Path, rate: f64, random: &mut impl Rng) -> Path {
        assert!(self.admits(parent), "a parent lies inside every bound");
        let taken = self.graph.sharing.taken_by(parent);
        match self.choices.set_free(parent, &taken, rate, random) {
            Some(free) => {
                let kin = self.agreeing(parent, &free);
                let walk = draw(&kin, &self.windows, random);
                walk.map_or_else(|| parent.clone(), |edges| Graph::path(&edges))
            }
            None => parent.clone(),
        }
    }

    /// A path each row of which, depth, blocks and width together, comes from one of two parents, and so
    /// does its resolution: any combination inside every bound, with equal chances. The parents are two of
    /// them. A row takes whatever width the rows before it have.
    ///
    /// Where none is found within about two seconds, as with hundreds of rows against a narrow
    /// bound, the child is one of the parents.
    ///
    /// # Panics
    /// When a parent is not [admitted](Evolver::admits).
    pub fn crossover(&self, a: &Path, b: &Path, random: &mut impl Rng) -> Path {
        let admitted = self.admits(a) && self.admits(b);
        assert!(admitted, "a parent lies inside every bound");
        let crossings = self.crossings(a, b).measured(Measure::Paths);
        let Some(edges) = draw(&crossings, &self.windows, random) else {
            return if random.random() {
                a.clone()
            } else {
                b.clone()
            };
        };
        self.crossed([a, b], &edges)
    }

    /// The path of a walk through crossings, whose edges say the parent of each row.
    fn crossed(&self, parents: [&Path; 2], edges: &[Edge]) -> Path {
        let mut path = Path::new(Vec::new());
        let mut at = 0;
        for edge in edges {
            at = match edge.step {
                Step::Resolution { side } => {
                    path.resolution = Some(side);
                    let mut edges = self.graph.nodes[at].edges.iter();
                    let same = edges.find(|other| other.step == edge.step);
                    same.expect("a crossing is cut out of the graph").to
                }
                Step::Block { row, candidate } => {
                    let blocks = &parents[usize::from(candidate)].rows[row];
                    let walk = self.walk_like(at, row, blocks);
                    let walk = walk.expect("the edge was such a walk");
                    path.rows.push(walk.blocks);
                    walk.to
                }
                Step::EndRow => unreachable!("a crossing has an edge a row"),
            };
        }
        path
    }

    /// The walk along one row, from the node where it opens, that takes blocks like these, but for the
    /// widths that other rows decide.
    fn walk_like(&self, mut at: usize, row: usize, blocks: &[u16]) -> Option<RowWalk> {
        let mut taken = Vec::new();
        let mut cost = Cost::default();
        for (block, &wanted) in blocks.iter().enumerate() {
            let mut edges = self.graph.nodes[at].edges.iter();
            let (edge, candidate) = edges.find_map(|edge| match edge.step {
                Step::Block { candidate, .. } => {
                    let sharing = &self.graph.sharing;
                    let same = sharing.is_same_block((row, block), candidate, wanted);
                    same.then_some((edge, candidate))
                }
                _ => None,
            })?;
            taken.push(candidate);
            cost += edge.cost;
            at = edge.to;
        }
        let mut edges = self.graph.nodes[at].edges.iter();
        let end = edges.find(|edge| edge.step == Step::EndRow)?;
        Some(RowWalk {
            blocks: taken,
            to: end.to,
            cost: cost + end.cost,
        })
    }

    /// The paths that agree with what a parent holds.
    pub(super) fn agreeing(&self, parent: &Path, free: &Free) -> Graph {
        let sharing = &*self.graph.sharing;
        let mut held_values = sharing.taken_by(parent);
        for (value, _) in held_values
            .iter_mut()
            .zip(&free.shared)
            .filter(|(_, free)| **free)
        {
            *value = 0;
        }
        let agrees = |(row, block): (usize, usize), step: Step| {
            let held = &parent.rows[row];
            match step {
                Step::Resolution { side } => free.resolution || parent.resolution == Some(side),
                Step::EndRow => free.depths[row] || block == held.len(),
                Step::Block { candidate, .. } => {
                    let open = match held.get(block) {
                        Some(&kept) => {
                            free.blocks[row][block] || alike(sharing, (row, block), candidate, kept)
                        }
                        None => free.depths[row],
                    };
                    open && follows(sharing, (row, block), candidate, &held_values)
                }
            }
        };
        let mut nodes = self.graph.nodes.clone();
        for (node, &place) in nodes.iter_mut().zip(&self.places) {
            node.edges.retain(|edge| agrees(place, edge.step));
        }
        Graph::pruned(nodes, self.graph.sharing.clone()).normalised()
    }

    /// The combinations of two parents' rows that meet the bounds on depths: a node where a
    /// row opens, an edge for each parent whose row can follow (the "candidate": 0 or 1). Rows
    /// that are equal are one.
    pub(super) fn crossings(&self, a: &Path, b: &Path) -> Graph {
        let last = self.graph.nodes.len() - 1;
        let mut nodes = vec![Node::default(); self.graph.nodes.len()];
        let mut opens = vec![false; nodes.len()];
        opens[0] = true;
        for at in 0..last {
            if !opens[at] {
                continue;
            }
            let resolutions = self.resolutions_of(at, [a, b]);
            nodes[at].edges = match resolutions.is_empty() {
                true => self.rows_of(at, [a, b]),
                false => resolutions,
            };
            (nodes[at].edges.iter()).for_each(|edge| opens[edge.to] = true);
        }
        // Its edges are rows, which have shared all that they will.
        Graph::pruned(nodes, Arc::default())
    }

    /// The steps from a node to the parents' resolutions; none where it decides none.
    fn resolutions_of(&self, at: usize, parents: [&Path; 2]) -> Vec<Edge> {
        let sides = parents.map(|parent| parent.resolution);
        let is_of_parent = |edge: &&Edge| match edge.step {
            Step::Resolution { side } => sides.contains(&Some(side)),
            _ => false,
        };
        let edges = self.graph.nodes[at].edges.iter().filter(is_of_parent);
        let even = edges.map(|edge| Edge {
            weight: 1.0,
            ..edge.clone()
        });
        even.collect()
    }

    /// An edge for each of the parents' rows that can follow where that row opens.
    fn rows_of(&self, at: usize, parents: [&Path; 2]) -> Vec<Edge> {
        let (row, _) = self.places[at];
        let [one, other] = parents.map(|parent| self.walk_like(at, row, &parent.rows[row]));
        let is_new = |walk: &RowWalk| one.as_ref().is_none_or(|one| one.blocks != walk.blocks);
        let other = other.filter(is_new);
        let walks = [(0, one), (1, other)].into_iter();
        let edge = |(candidate, walk): (u16, Option<RowWalk>)| {
            walk.map(|walk| Edge {
                to: walk.to,
                step: Step::Block { row, candidate },
                cost: walk.cost,
                weight: 1.0,
            })
        };
        walks.filter_map(edge).collect()
    }
}

/// A walk along one row.
struct RowWalk {
    blocks: Vec<u16>,
    /// The node where the next row opens.
    to: usize,
    cost: Cost,
}

impl Choices {
    fn of(graph: &Graph, places: &[(usize, usize)]) -> Choices {
        let (rows, _) = places[places.len() - 1];
        let mut ends = vec![Vec::new(); rows];
        let mut blocks = vec![Vec::new(); rows];
        for (node, &(row, block)) in graph.nodes.iter().zip(places) {
            let ending = node.edges.iter().filter(|edge| edge.step == Step::EndRow);
            let ending = ending.count();
            let candidates = kinds(&graph.sharing, node, block);
            if ending > 0 && !ends[row].contains(&block) {
                ends[row].push(block);
            }
            if candidates > 0 {
                let slots: &mut Vec<bool> = &mut blocks[row];
                slots.resize(slots.len().max(block + 1), false);
                slots[block] |= candidates > 1;
            }
        }
        let depths = ends.iter().map(|depths| depths.len() > 1).collect();
        Choices {
            resolution: graph.decides_resolution() && graph.nodes[0].edges.len() > 1,
            depths,
            blocks,
            shared: open_choices(graph, places),
        }
    }

    /// Draws which of a path's decisions are made anew; `None` where it has none.
    fn set_free(
        &self,
        path: &Path,
        taken: &Taken,
        rate: f64,
        random: &mut impl Rng,
    ) -> Option<Free> {
        let none = |blocks: &Vec<u16>| vec![false; blocks.len()];
        let mut free = Free {
            resolution: false,
            depths: vec![false; path.rows.len()],
            blocks: path.rows.iter().map(none).collect(),
            shared: vec![false; self.shared.len()],
        };
        let mut decisions: Vec<Decision> = Vec::new();
        decisions.extend(self.resolution.then_some(Decision::Resolution));
        for (row, blocks) in path.rows.iter().enumerate() {
            decisions.extend(self.depths[row].then_some(Decision::Depth(row)));
            let open = (0..blocks.len()).filter(|&block| self.blocks[row][block]);
            decisions.extend(open.map(|block| Decision::Block(row, block)));
        }
        let live = (0..self.shared.len()).filter(|&at| self.shared[at] && taken[at] != 0);
        decisions.extend(live.map(Decision::Shared));
        if decisions.is_empty() {
            return None;
        }
        let mut chosen: Vec<bool> = decisions
            .iter()
            .map(|_| random.random::<f64>() < rate)
            .collect();
        if !chosen.contains(&true) {
            chosen[random.random_range(0..decisions.len())] = true;
        }
        for (decision, _) in decisions.into_iter().zip(chosen).filter(|(_, free)| *free) {
            match decision {
                Decision::Resolution => free.resolution = true,
                Decision::Depth(row) => free.depths[row] = true,
                Decision::Block(row, block) => free.blocks[row][block] = true,
                Decision::Shared(choice) => free.shared[choice] = true,
            }
        }
        Some(free)
    }
}

/// Whether two candidates of a slot differ in shared values at most.
fn alike(sharing: &Sharing, (row, block): (usize, usize), one: u16, other: u16) -> bool {
    let kind = |candidate| sharing.candidate(row, block, candidate).map(|of| of.kind);
    one == other || kind(one).is_some() && kind(one) == kind(other)
}

/// Whether a candidate agrees with what is held of shared decisions.
fn follows(sharing: &Sharing, (row, block): (usize, usize), candidate: u16, held: &Taken) -> bool {
    let shared = sharing.candidate(row, block, candidate);
    shared.is_none_or(|shared| sharing.take(held, shared).is_some())
}

/// How many candidates can follow at a node, those that differ in shared values taken as one.
fn kinds(sharing: &Sharing, node: &Node, block: usize) -> usize {
    let mut kinds = BTreeSet::new();
    for edge in &node.edges {
        if let Step::Block { row, candidate } = edge.step {
            let shared = sharing.candidate(row, block, candidate);
            kinds.insert(shared.map_or(candidate, |shared| shared.kind));
        }
    }
    kinds.len()
}

/// Which shared decisions have more than one value on the walks of a graph.
fn open_choices(graph: &Graph, places: &[(usize, usize)]) -> Vec<bool> {
    let mut seen = vec![BTreeSet::new(); graph.sharing.sizes.len()];
    for (node, &(_, block)) in graph.nodes.iter().zip(places) {
        for edge in &node.edges {
            let Step::Block { row, candidate } = edge.step else {
                continue;
            };
            let shared = graph.sharing.candidate(row, block, candidate);
            for &(choice, value) in shared.map(|of| of.values.as_slice()).unwrap_or_default() {
                seen[usize::from(choice)].insert(value);
            }
        }
    }
    seen.iter().map(|values| values.len() > 1).collect()
}

/// One walk inside every window; `None` when none was found in all rounds. Whichever round
/// finds it, every walk inside has its exact chance: rounds differ in how many end outside.
fn draw(graph: &Graph, windows: &[Window], random: &mut impl Rng) -> Option<Vec<Edge>> {
    ROUNDS.iter().find_map(|&(budget, passed)| {
        let walks = passed / graph.nodes.len();
        let sampler = Sampler::coarse(graph, windows, budget).ok()?;
        (0..walks).find_map(|_| {
            let edges = sampler.attempt(random)?;
            Some(edges.into_iter().cloned().collect())
        })
    })
}
