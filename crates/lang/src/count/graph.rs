//! Building the graph of all paths, bounds on depths compiled in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use num_bigint::BigUint;

use super::sharing::{Sharing, Taken};
use super::{Edge, Graph, Node, Step};
use crate::cost::{self, Cost};
use crate::ir::{Ir, Path};
use crate::space::{Relation, Require};
use crate::syntax::ast::Comparison;

/// The most nodes a graph may have; far above what depths alone can make (10,000 blocks).
const MOST_NODES: usize = 100_000;
/// The most edges that the graphs of all resolutions may have, what their states remember counted in. Rows
/// alone have at most 500,000 candidates at all resolutions, and no more ends than that.
const MOST_EDGES: usize = 1_000_000;
/// How many remembered values take about as much room as an edge.
const VALUES_AN_EDGE: usize = 16;

/// Bounds on depths and shared decisions are so entangled that their graph would pass 100,000 nodes or
/// 1,000,000 edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyStates;

impl fmt::Display for TooManyStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bounds on depths and shared decisions tie too many stages together")
    }
}

impl std::error::Error for TooManyStates {}

/// What the graph needs to know of a row.
#[derive(Debug, Clone, Copy)]
pub struct GraphRow<'a> {
    /// The depths it may take, ascending, each at least 1.
    pub depths: &'a [u32],
    /// Costs of every slot's candidates, one slot a block up to the largest depth.
    pub slots: &'a [Vec<Cost>],
}

impl<'a> GraphRow<'a> {
    /// Every row of a lowered space with its costs, `costs[row][block][candidate]`.
    pub fn all(ir: &'a Ir, costs: &'a [Vec<Vec<Cost>>]) -> Vec<GraphRow<'a>> {
        let rows = ir.rows.iter().zip(costs);
        rows.map(|(row, slots)| GraphRow {
            depths: &row.depths,
            slots,
        })
        .collect()
    }
}

/// An interval of depths, both ends included; empty when the first is the larger.
type Depths = (u32, u32);

/// What bounds on depths say before a walk begins, and what they say of two rows.
struct Relations<'a> {
    /// The depths every row may take as long as no other row has said more.
    first: Vec<Depths>,
    /// The relations of the rows whose depths depend on another row's, each once.
    pairs: BTreeMap<usize, Vec<&'a Relation>>,
}

/// A state between two steps: rows before `row` are closed, `placed` blocks of it are set.
/// `open` says which depths are left to the rows from this one on of which closed rows have said more
/// than bounds did, ascending. Ordered as walks run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    row: usize,
    placed: u32,
    open: Vec<(usize, Depths)>,
    /// What is decided of the choices that a later block can follow.
    taken: Taken,
}

/// A state with what can follow: where to, what it does, its cost and its weight.
type Expanded = (State, Vec<(State, Step, Cost, f64)>);

impl Graph {
    /// The graph of a lowered space with the costs of one resolution
    /// (`costs[row][block][candidate]`) and the bounds on depths and widths among `requires`;
    /// bounds on metrics are left to the windows of each question.
    ///
    /// # Errors
    /// When the bounds on depths and widths or shared decisions relate too many stages to each other.
    pub fn build(
        ir: &Ir,
        costs: &[Vec<Vec<Cost>>],
        requires: &[Require],
    ) -> Result<Graph, TooManyStates> {
        let rows = GraphRow::all(ir, costs);
        let relations: Vec<&Relation> = requires.iter().map(|r| &r.relation).collect();
        Graph::from_rows(&rows, Sharing::bounded(ir, &relations), &relations)
    }

    /// The same over several resolutions, each with its costs; paths decide which.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub fn build_over(
        ir: &Ir,
        costs: &[(u32, cost::Table)],
        requires: &[Require],
    ) -> Result<Graph, TooManyStates> {
        let mut graphs = Vec::with_capacity(costs.len());
        let mut room = MOST_EDGES;
        for (side, costs) in costs {
            let graph = Graph::build(ir, costs, requires)?;
            let edges = graph.nodes.iter().map(|node| node.edges.len()).sum();
            room = room.checked_sub(edges).ok_or(TooManyStates)?;
            graphs.push((*side, graph));
        }
        Ok(Graph::of_resolutions(&graphs))
    }

    /// The same from bare rows; relations that bound a metric are passed over, and those that bound a width,
    /// which `sharing` knows of.
    ///
    /// # Errors
    /// When the bounds on depths or shared decisions relate too many stages to each other.
    pub fn from_rows(
        rows: &[GraphRow],
        sharing: Sharing,
        relations: &[&Relation],
    ) -> Result<Graph, TooManyStates> {
        let relations = &Relations::of(rows, relations);
        let end = State {
            row: rows.len(),
            ..start()
        };
        let mut pending = BTreeSet::from([start()]);
        let mut expanded: Vec<Expanded> = Vec::new();
        let mut room = MOST_EDGES;
        while let Some(state) = pending.pop_first() {
            if state == end {
                continue;
            }
            let edges = expand(&state, rows, &sharing, relations);
            let size = edges.iter().map(|edge| edge.0.size()).sum();
            room = room.checked_sub(size).ok_or(TooManyStates)?;
            pending.extend(edges.iter().map(|edge| edge.0.clone()));
            expanded.push((state, edges));
            if expanded.len() > MOST_NODES {
                return Err(TooManyStates);
            }
        }
        expanded.push((end, Vec::new()));
        let cores = match sharing.is_empty() {
            true => Vec::new(),
            false => cores(&expanded),
        };
        let (nodes, alive) = without_ends(number(expanded));
        let living = cores.into_iter().zip(&alive).filter(|(_, lives)| **lives);
        Ok(Graph {
            cores: living.map(|(core, _)| core).collect(),
            nodes: compact(nodes, &alive),
            sharing: Arc::new(sharing),
        })
    }

    /// The graph of nodes that were made elsewhere, to count in. They are in topological order, the first
    /// the start, the last the end, and from each but these two both are reached.
    ///
    /// What the graphs they came from know of shared decisions speaks of other nodes and is left out.
    pub(crate) fn of_nodes(nodes: Vec<Node>) -> Graph {
        Graph {
            nodes,
            sharing: Arc::default(),
            cores: Vec::new(),
        }
    }

    /// The graph of nodes whose edges go up, without those that no path from the first to the
    /// last passes, and the edges to them.
    pub(super) fn pruned(nodes: Vec<Node>, sharing: Arc<Sharing>) -> Graph {
        let (nodes, alive) = without_ends(nodes);
        Graph {
            nodes: compact(nodes, &alive),
            sharing,
            cores: Vec::new(),
        }
    }

    /// How many paths there are.
    pub fn count(&self) -> BigUint {
        self.suffix_counts().swap_remove(0)
    }

    /// For every node, how many ways lead from it to the end.
    pub(super) fn suffix_counts(&self) -> Vec<BigUint> {
        let mut counts = vec![BigUint::ZERO; self.nodes.len()];
        let last = self.nodes.len() - 1;
        counts[last] = BigUint::from(1u32);
        for at in (0..last).rev() {
            let mut targets: BTreeMap<usize, u64> = BTreeMap::new();
            for edge in &self.nodes[at].edges {
                *targets.entry(edge.to).or_default() += 1;
            }
            counts[at] = targets
                .into_iter()
                .map(|(to, edges)| &counts[to] * edges)
                .sum();
        }
        counts
    }

    /// How many edges the longest walk from start to end has.
    pub(super) fn longest_walk(&self) -> usize {
        let mut longest = vec![0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let ways = node.edges.iter().map(|edge| longest[edge.to] + 1);
            longest[at] = ways.max().unwrap_or(0);
        }
        longest[0]
    }

    /// The path that a walk from start to end spells.
    pub(super) fn path<'a>(edges: impl IntoIterator<Item = &'a Edge>) -> Path {
        let mut path = Path::new(Vec::new());
        let mut blocks = Vec::new();
        for edge in edges {
            match edge.step {
                Step::Resolution { side } => path.resolution = Some(side),
                Step::Block { candidate, .. } => blocks.push(candidate),
                Step::EndRow => path.rows.push(std::mem::take(&mut blocks)),
            }
        }
        path
    }

    /// The cost of a path, or `None` where the graph does not hold it.
    pub fn cost(&self, path: &Path) -> Option<Cost> {
        let walk = self.walk_of(path)?.into_iter();
        Some(walk.fold(Cost::default(), |sum, (node, edge)| {
            sum + self.nodes[node].edges[edge].cost
        }))
    }

    /// The walk that spells a path, as nodes and the edges taken there; `None` where the graph
    /// does not hold it.
    pub(super) fn walk_of(&self, path: &Path) -> Option<Vec<(usize, usize)>> {
        let mut walk = Vec::new();
        let mut at = 0;
        if let Some(side) = path.resolution {
            at = self.walk_step(at, Step::Resolution { side }, &mut walk)?;
        }
        for blocks in &path.rows {
            at = self.walk_row(at, blocks, &mut walk)?;
        }
        self.nodes[at].edges.is_empty().then_some(walk)
    }

    /// Adds the walk along one row from the node where it opens; the node where the next does.
    pub(super) fn walk_row(
        &self,
        mut at: usize,
        blocks: &[u16],
        walk: &mut Vec<(usize, usize)>,
    ) -> Option<usize> {
        let blocks = blocks.iter().map(|&candidate| Some(candidate));
        for wanted in blocks.chain(std::iter::once(None)) {
            let edges = &self.nodes[at].edges;
            let edge = edges.iter().position(|edge| match edge.step {
                Step::Block { candidate, .. } => wanted == Some(candidate),
                Step::EndRow => wanted.is_none(),
                Step::Resolution { .. } => false,
            })?;
            walk.push((at, edge));
            at = edges[edge].to;
        }
        Some(at)
    }

    /// Adds one step to a walk; the node it leads to.
    fn walk_step(&self, at: usize, step: Step, walk: &mut Vec<(usize, usize)>) -> Option<usize> {
        let edges = &self.nodes[at].edges;
        let edge = edges.iter().position(|edge| edge.step == step)?;
        walk.push((at, edge));
        Some(edges[edge].to)
    }
}

/// The nodes without the edges to such as lead nowhere, and which of them some path passes.
fn without_ends(mut nodes: Vec<Node>) -> (Vec<Node>, Vec<bool>) {
    let last = nodes.len() - 1;
    let mut reached = vec![false; nodes.len()];
    reached[0] = true;
    for at in 0..last {
        if reached[at] {
            nodes[at].edges.iter().for_each(|e| reached[e.to] = true);
        }
    }
    let mut alive = vec![false; nodes.len()];
    alive[last] = true;
    for at in (0..last).rev() {
        nodes[at].edges.retain(|edge| alive[edge.to]);
        alive[at] = reached[at] && !nodes[at].edges.is_empty();
    }
    alive[0] = true; // the start stays, without edges when there is no path at all
    (nodes, alive)
}

/// Only the nodes that live, renumbered.
fn compact(nodes: Vec<Node>, alive: &[bool]) -> Vec<Node> {
    let mut numbers = Vec::with_capacity(nodes.len());
    let mut next = 0;
    for &lives in alive {
        numbers.push(next);
        next += usize::from(lives);
    }
    let living = nodes.into_iter().zip(alive).filter(|(_, lives)| **lives);
    let renumbered = living.map(|(mut node, _)| {
        for edge in &mut node.edges {
            edge.to = numbers[edge.to];
        }
        node
    });
    renumbered.collect()
}

impl<'a> Relations<'a> {
    /// Every depth a row lists, bounds on single depths applied; relations that bound no depth are passed over.
    fn of(rows: &[GraphRow], relations: &[&'a Relation]) -> Relations<'a> {
        let mut first: Vec<Depths> = rows.iter().map(|row| settle(row, (0, u32::MAX))).collect();
        let mut pairs: BTreeMap<usize, Vec<&Relation>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for relation in relations {
            match **relation {
                Relation::Depth { row, low, high } => {
                    first[row] = settle(&rows[row], meet(first[row], (low, high)));
                }
                Relation::DepthPair {
                    left,
                    comparison,
                    right,
                } if known.insert((left, comparison, right)) => {
                    for row in BTreeSet::from([left, right]) {
                        pairs.entry(row).or_default().push(*relation);
                    }
                }
                _ => {}
            }
        }
        Relations { first, pairs }
    }

    /// The depths that a row may take as far as a state knows.
    fn open(&self, state: &State, row: usize) -> Depths {
        match state.place(row) {
            Ok(at) => state.open[at].1,
            Err(_) => self.first[row],
        }
    }
}

impl State {
    /// Where the depths of a row stand, or would.
    fn place(&self, row: usize) -> Result<usize, usize> {
        self.open.binary_search_by_key(&row, |open| open.0)
    }

    /// How much room it takes, in edges.
    fn size(&self) -> usize {
        1 + (self.open.len() + self.taken.len()) / VALUES_AN_EDGE
    }

    /// Leaves a row these depths; `first` is what bounds leave it.
    fn narrow(&mut self, row: usize, depths: Depths, first: Depths) {
        match self.place(row) {
            Ok(at) => self.open[at].1 = depths,
            // Equal possibilities are equal states.
            Err(_) if depths == first => {}
            Err(at) => self.open.insert(at, (row, depths)),
        }
    }
}

/// Before the first block.
fn start() -> State {
    State {
        row: 0,
        placed: 0,
        open: Vec::new(),
        taken: Taken::new(),
    }
}

/// The interval shrunk to listed depths, so that equal possibilities are equal states.
fn settle(row: &GraphRow, (low, high): Depths) -> Depths {
    let mut listed = row.depths.iter().filter(|&&d| (low..=high).contains(&d));
    match (listed.next(), listed.next_back()) {
        (Some(&first), last) => (first, last.copied().unwrap_or(first)),
        (None, _) => (1, 0),
    }
}

fn meet(a: Depths, b: Depths) -> Depths {
    (a.0.max(b.0), a.1.min(b.1))
}

/// Everything that can follow a state.
fn expand(
    state: &State,
    rows: &[GraphRow],
    sharing: &Sharing,
    relations: &Relations,
) -> Vec<(State, Step, Cost, f64)> {
    if sharing.is_impossible() {
        return Vec::new();
    }
    let row = &rows[state.row];
    let (low, high) = relations.open(state, state.row);
    let stop = stop_probability(row, state.placed);
    let mut edges = Vec::new();
    if state.placed < high {
        let candidates = &row.slots[state.placed as usize];
        edges.extend(candidates.iter().enumerate().filter_map(|(at, &cost)| {
            let candidate = u16::try_from(at).expect("a block has at most 4,096 candidates");
            let (next, ways) = with_block(state, candidate, sharing, candidates.len())?;
            let step = Step::Block {
                row: state.row,
                candidate,
            };
            Some((next, step, cost, (1.0 - stop) / ways))
        }));
    }
    if stop > 0.0
        && (low..=high).contains(&state.placed)
        && let Some(next) = close(state, rows, sharing, relations)
    {
        edges.push((next, Step::EndRow, Cost::default(), stop));
    }
    edges
}

/// The state after one more block, and among how many equally likely ways to fill it this is one;
/// `None` when the candidate does not agree with what is decided.
fn with_block(
    state: &State,
    candidate: u16,
    sharing: &Sharing,
    candidates: usize,
) -> Option<(State, f64)> {
    let mut next = state.clone();
    next.placed += 1;
    let Some(slot) = sharing.slot(state.row, state.placed as usize) else {
        return Some((next, candidates as f64));
    };
    let (taken, ways) = sharing.take(&state.taken, &slot.candidates[usize::from(candidate)])?;
    next.taken = taken;
    sharing.forget(&mut next.taken, (next.row, next.placed as usize));
    Some((next, ways * slot.kinds as f64))
}

/// Chance that a row ends here when every depth is equally likely and this many blocks stand.
fn stop_probability(row: &GraphRow, placed: u32) -> f64 {
    let open = row.depths.iter().filter(|&&depth| depth >= placed).count();
    if row.depths.contains(&placed) {
        1.0 / open as f64
    } else {
        0.0
    }
}

/// The state after the open row ends; `None` when a later row could take no depth any more.
fn close(
    state: &State,
    rows: &[GraphRow],
    sharing: &Sharing,
    relations: &Relations,
) -> Option<State> {
    let mut next = State {
        row: state.row + 1,
        placed: 0,
        ..state.clone()
    };
    let own = relations.pairs.get(&state.row);
    for relation in own.into_iter().flatten() {
        if let Some((other, allowed)) = consequence(relation, state.row, state.placed)
            && other > state.row
        {
            let left = meet(relations.open(&next, other), allowed);
            let left = settle(&rows[other], left);
            if left.0 > left.1 {
                return None;
            }
            next.narrow(other, left, relations.first[other]);
        }
    }
    // Nothing later asks for it.
    next.open.retain(|&(row, _)| row > state.row);
    sharing.forget(&mut next.taken, (next.row, 0));
    Some(next)
}

/// What a relation says about the other row once `row` has taken `depth`.
fn consequence(relation: &Relation, row: usize, depth: u32) -> Option<(usize, Depths)> {
    let Relation::DepthPair {
        left,
        comparison,
        right,
    } = *relation
    else {
        return None;
    };
    let (at_most, at_least, equal) = ((0, depth), (depth, u32::MAX), (depth, depth));
    match comparison {
        Comparison::Equal if left == row => Some((right, equal)),
        Comparison::Equal if right == row => Some((left, equal)),
        Comparison::AtMost if left == row => Some((right, at_least)),
        Comparison::AtMost if right == row => Some((left, at_most)),
        Comparison::AtLeast if left == row => Some((right, at_most)),
        Comparison::AtLeast if right == row => Some((left, at_least)),
        _ => None,
    }
}

/// For every state the number of those that differ in what is remembered only.
fn cores(expanded: &[Expanded]) -> Vec<usize> {
    let mut cores = Vec::with_capacity(expanded.len());
    let mut before: Option<&State> = None;
    for (state, _) in expanded {
        // States are in order, and what is remembered comes last in it.
        let same = before.is_some_and(|before| {
            (before.row, before.placed, &before.open) == (state.row, state.placed, &state.open)
        });
        let last = cores.last().copied();
        cores.push(last.map_or(0, |last: usize| last + usize::from(!same)));
        before = Some(state);
    }
    cores
}

/// States to node numbers; expansion went in order, so every edge goes up.
fn number(expanded: Vec<Expanded>) -> Vec<Node> {
    let index: BTreeMap<State, usize> = expanded
        .iter()
        .enumerate()
        .map(|(at, (state, _))| (state.clone(), at))
        .collect();
    expanded
        .into_iter()
        .map(|(_, edges)| Node {
            edges: edges
                .into_iter()
                .map(|(to, step, cost, weight)| Edge {
                    to: index[&to],
                    step,
                    cost,
                    weight,
                })
                .collect(),
        })
        .collect()
}
