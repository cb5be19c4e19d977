//! Paths that share what they have in common.

use std::collections::BTreeMap;

use creamc_lang::ir::Path;
use tch::Tensor;

use crate::nn::BlockStatistics;
use crate::supernet::Supernet;

/// Paths as a tree of blocks: one node for every different beginning.
///
/// A block's input depends on the blocks before it alone, and on the resolution where paths decide that, so that
/// one run of a node serves all paths through it, and its norm statistics are theirs.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<Node>,
    /// First blocks, each with the resolution of its paths.
    roots: Vec<(Option<u32>, usize)>,
}

/// Row, block, candidate.
type At = (usize, usize, usize);

#[derive(Debug)]
struct Node {
    block: At,
    statistics: BlockStatistics,
    children: Vec<usize>,
    /// The paths, by index, that end here.
    ends: Vec<usize>,
}

impl Trie {
    /// The tree of `paths`, with empty norm statistics.
    #[must_use]
    pub fn new(supernet: &Supernet, paths: &[Path]) -> Trie {
        let mut trie = Trie {
            nodes: Vec::new(),
            roots: Vec::new(),
        };
        for (index, path) in paths.iter().enumerate() {
            let mut at = None;
            for block in path.blocks() {
                at = Some(match at {
                    None => trie.root(supernet, path.resolution, block),
                    Some(parent) => trie.child(supernet, parent, block),
                });
            }
            if let Some(last) = at {
                trie.nodes[last].ends.push(index);
            }
        }
        trie
    }

    /// Number of block runs for one batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no path.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Runs every path on a batch of images and adds the batch's norm statistics
    /// to the tree's. No gradient is kept.
    pub fn measure(&mut self, supernet: &Supernet, images: &Tensor) {
        tch::no_grad(|| {
            for (images, root) in self.inputs(supernet, images) {
                self.measure_from(supernet, root, &images);
            }
        });
    }

    /// Runs every path on a batch of images with the tree's norm statistics and
    /// gives each one's logits, `[N, classes]`, to `take`. No gradient is kept.
    pub fn judge(
        &self,
        supernet: &Supernet,
        images: &Tensor,
        take: &mut impl FnMut(usize, &Tensor),
    ) {
        tch::no_grad(|| {
            for (images, root) in self.inputs(supernet, images) {
                self.judge_from(supernet, root, &images, take);
            }
        });
    }

    /// What every first block reads, each resolution made once.
    fn inputs(&self, supernet: &Supernet, images: &Tensor) -> Vec<(Tensor, usize)> {
        let mut sides: BTreeMap<Option<u32>, Tensor> = BTreeMap::new();
        let roots = self.roots.iter();
        roots
            .map(|&(side, root)| {
                let images = sides
                    .entry(side)
                    .or_insert_with(|| supernet.place().images_at(images, side));
                (images.shallow_clone(), root)
            })
            .collect()
    }

    /// The first block of paths of this resolution.
    fn root(&mut self, supernet: &Supernet, side: Option<u32>, block: At) -> usize {
        let mut roots = self.roots.iter();
        let known = roots.find(|&&(other, node)| other == side && self.nodes[node].block == block);
        if let Some(&(_, known)) = known {
            return known;
        }
        let new = self.node(supernet, block);
        self.roots.push((side, new));
        new
    }

    /// The block behind `parent`.
    fn child(&mut self, supernet: &Supernet, parent: usize, block: At) -> usize {
        let mut siblings = self.nodes[parent].children.iter();
        let known = siblings.find(|&&node| self.nodes[node].block == block);
        if let Some(&known) = known {
            return known;
        }
        let new = self.node(supernet, block);
        self.nodes[parent].children.push(new);
        new
    }

    fn node(&mut self, supernet: &Supernet, block: At) -> usize {
        let (row, at, candidate) = block;
        self.nodes.push(Node {
            block,
            statistics: supernet.block(row, at, candidate).statistics(),
            children: Vec::new(),
            ends: Vec::new(),
        });
        self.nodes.len() - 1
    }

    fn measure_from(&mut self, supernet: &Supernet, at: usize, x: &Tensor) {
        let node = &mut self.nodes[at];
        let (row, block, candidate) = node.block;
        let x = supernet
            .block(row, block, candidate)
            .measure(x, &mut node.statistics);
        for child in node.children.clone() {
            self.measure_from(supernet, child, &x);
        }
    }

    fn judge_from(
        &self,
        supernet: &Supernet,
        at: usize,
        x: &Tensor,
        take: &mut impl FnMut(usize, &Tensor),
    ) {
        let node = &self.nodes[at];
        let (row, block, candidate) = node.block;
        let x = supernet
            .block(row, block, candidate)
            .judge(x, &node.statistics);
        for &path in &node.ends {
            take(path, &x);
        }
        for &child in &node.children {
            self.judge_from(supernet, child, &x, take);
        }
    }
}
