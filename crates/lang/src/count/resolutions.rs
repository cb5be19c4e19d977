//! Paths of a space that searches its resolution: a step that decides it, then the paths at that
//! resolution, in a graph of their own.

use super::{Edge, Graph, Node, Step};
use crate::cost::Cost;

impl Graph {
    /// One graph of those at several resolutions of one space, each resolution as likely as any other.
    ///
    /// # Panics
    /// When there are none.
    pub fn of_resolutions(graphs: &[(u32, Graph)]) -> Graph {
        let weight = 1.0 / graphs.len() as f64;
        let is_shared = !graphs[0].1.cores.is_empty();
        let end = 1 + (graphs.iter().map(|(_, graph)| graph.nodes.len() - 1)).sum::<usize>();
        let mut joined = Graph {
            nodes: vec![Node::default()],
            sharing: graphs[0].1.sharing.clone(),
            cores: if is_shared { vec![0] } else { Vec::new() },
        };
        for &(side, ref graph) in graphs {
            let first = joined.nodes.len();
            if graph.has_paths() {
                joined.nodes[0].edges.push(Edge {
                    to: first,
                    step: Step::Resolution { side },
                    cost: Cost::default(),
                    weight,
                });
            }
            joined.append(graph, end);
        }
        joined.nodes.push(Node::default());
        let last = joined.cores.last().map(|core| core + 1);
        joined.cores.extend(last);
        joined
    }

    /// Adds all nodes of a graph but its end, which becomes `end`.
    fn append(&mut self, graph: &Graph, end: usize) {
        let first = self.nodes.len();
        let last = graph.nodes.len() - 1;
        let moved = graph.nodes[..last].iter().cloned().map(|mut node| {
            for edge in &mut node.edges {
                edge.to = if edge.to == last {
                    end
                } else {
                    first + edge.to
                };
            }
            node
        });
        self.nodes.extend(moved);
        let next = self.cores.last().map_or(0, |core| core + 1);
        let cores = graph.cores.iter().take(last);
        self.cores.extend(cores.map(|core| next + core));
    }

    /// The paths at each resolution, ascending; `None` where paths decide none.
    pub(super) fn resolutions(&self) -> Option<Vec<(u32, Graph)>> {
        let side = |edge: &Edge| match edge.step {
            Step::Resolution { side } => Some(side),
            _ => None,
        };
        let edges = &self.nodes[0].edges;
        let sides: Vec<u32> = edges.iter().map(side).collect::<Option<_>>()?;
        let last = self.nodes.len() - 1;
        let starts = edges.iter().map(|edge| edge.to);
        let ends = starts.clone().skip(1).chain([last]);
        let graphs = starts.zip(ends).map(|(start, end)| self.part(start, end));
        (!sides.is_empty()).then(|| sides.into_iter().zip(graphs).collect())
    }

    /// The paths at one resolution; `None` where paths decide none, or not this one.
    pub(crate) fn at_resolution(&self, side: u32) -> Option<Graph> {
        let mut graphs = self.resolutions()?.into_iter();
        graphs
            .find(|(other, _)| *other == side)
            .map(|(_, graph)| graph)
    }

    /// The graph of the nodes `start..end`, which lead to each other and to the end of all.
    fn part(&self, start: usize, end: usize) -> Graph {
        let last = self.nodes.len() - 1;
        let moved = self.nodes[start..end].iter().cloned().map(|mut node| {
            for edge in &mut node.edges {
                edge.to = edge.to.min(if edge.to == last { end } else { last }) - start;
            }
            node
        });
        let mut cores: Vec<usize> = self.cores.iter().take(end).skip(start).copied().collect();
        let first = cores.first().copied().unwrap_or(0);
        cores.iter_mut().for_each(|core| *core -= first);
        cores.extend(cores.last().map(|core| core + 1));
        Graph {
            nodes: moved.chain([Node::default()]).collect(),
            sharing: self.sharing.clone(),
            cores,
        }
    }

    /// Whether paths decide the resolution, be it among one.
    pub(crate) fn decides_resolution(&self) -> bool {
        let first = self.nodes[0].edges.first();
        first.is_some_and(|edge| matches!(edge.step, Step::Resolution { .. }))
    }
}
