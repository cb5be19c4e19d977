//! Paths that share what they have in common.

use creamc_lang::ir::Path;
use tch::Tensor;

use crate::nn::BlockStatistics;
use crate::supernet::Supernet;

/// Paths as a tree of blocks: one node for every different beginning.
///
/// A block's input depends on the blocks before it alone, so that one run of a
/// node serves all paths through it, and its norm statistics are theirs.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

#[derive(Debug)]
struct Node {
    /// Row, block, candidate.
    block: (usize, usize, usize),
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
                at = Some(trie.child(supernet, at, block));
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
            let images = supernet.place().images(images);
            for root in self.roots.clone() {
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
            let images = supernet.place().images(images);
            for &root in &self.roots {
                self.judge_from(supernet, root, &images, take);
            }
        });
    }

    fn child(
        &mut self,
        supernet: &Supernet,
        parent: Option<usize>,
        block: (usize, usize, usize),
    ) -> usize {
        let siblings = match parent {
            Some(parent) => &self.nodes[parent].children,
            None => &self.roots,
        };
        let known = siblings
            .iter()
            .find(|&&node| self.nodes[node].block == block);
        if let Some(&known) = known {
            return known;
        }
        let new = self.nodes.len();
        let (row, at, candidate) = block;
        self.nodes.push(Node {
            block,
            statistics: supernet.block(row, at, candidate).statistics(),
            children: Vec::new(),
            ends: Vec::new(),
        });
        match parent {
            Some(parent) => self.nodes[parent].children.push(new),
            None => self.roots.push(new),
        }
        new
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
