//! One path written out with every shape a number.

use super::shape::shapes;
use super::{Candidate, Ir, Op, Path, Primitive};
use crate::source::Spanned;
use crate::space::{NormSettings, Setting};

/// Shape of one image inside the network: `[C, H, W]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Channels.
    pub channels: u32,
    /// Height in pixels.
    pub height: u32,
    /// Width in pixels.
    pub width: u32,
}

/// One architecture: what `cost` sums, `nn` builds and `export` walks.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Shape of an image.
    pub input: Shape,
    /// Number of classes.
    pub classes: u32,
    /// Constants of every batch norm.
    pub norm: NormSettings,
    /// The blocks in order, each reading the one before.
    pub layers: Vec<Layer>,
}

/// One block of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Name of its row.
    pub row: String,
    /// Index of the row.
    pub row_index: usize,
    /// Index of the block in its row.
    pub block: usize,
    /// As written in an arch: `ir(kernel = 3, expand = 4)`.
    pub text: String,
    /// The primitives; empty for `skip`.
    pub ops: Vec<Op>,
    /// Shape of every op's output, in the order of `ops`.
    pub shapes: Vec<Shape>,
    /// Shape that goes in.
    pub input: Shape,
    /// Shape that comes out.
    pub output: Shape,
}

impl Ir {
    /// Shape of an image of `resolution` pixels a side.
    pub fn image(&self, resolution: u32) -> Shape {
        Shape {
            channels: self.input_channels,
            height: resolution,
            width: resolution,
        }
    }

    /// Shape that goes into every slot: `shapes[row][block]`, the largest width where it is searched.
    ///
    /// Height and width in pixels depend on the resolution alone, because strides belong to
    /// rows and all blocks after a row's first keep the shape.
    pub fn shapes(&self, resolution: u32) -> Vec<Vec<Shape>> {
        let mut input = self.image(resolution);
        self.rows
            .iter()
            .map(|row| {
                row.slots
                    .iter()
                    .map(|slot| {
                        let output = slot.output(input);
                        std::mem::replace(&mut input, output)
                    })
                    .collect()
            })
            .collect()
    }

    /// The same space with its resolution settled, which also settles the widths
    /// of linear layers that flatten a map.
    pub fn at(&self, resolution: u32) -> Ir {
        let mut settled = self.clone();
        settled.resolution = Spanned::new(Setting::Fixed(resolution), self.resolution.span);
        settled.flatten(resolution);
        settled
    }

    /// The same space with the depths of some rows settled, `(row, depth)`.
    ///
    /// # Panics
    /// When a depth is none of its row's.
    pub(crate) fn with_depths(&self, settled: &[(usize, u32)]) -> Ir {
        let mut ir = self.clone();
        for &(row, depth) in settled {
            let row = &mut ir.rows[row];
            assert!(
                row.depths.contains(&depth),
                "{depth} blocks of `{}`",
                row.name
            );
            row.depths = vec![depth];
            row.slots.truncate(depth as usize);
        }
        ir
    }

    /// Gives every linear layer the size of the map it flattens at `resolution`.
    pub(super) fn flatten(&mut self, resolution: u32) {
        let inputs = self.shapes(resolution);
        for (row, inputs) in self.rows.iter_mut().zip(inputs) {
            for (slot, input) in row.slots.iter_mut().zip(inputs) {
                if slot.candidates.iter().any(Candidate::flattens) {
                    let settled = slot.candidates.iter();
                    let settled = settled.map(|one| one.flattened(one.input(input)));
                    slot.candidates = settled.collect();
                }
            }
        }
    }

    /// One path written out for images of the path's own resolution where it decides that, else of
    /// `resolution` pixels a side.
    ///
    /// # Panics
    /// When the path is not one of this space.
    pub fn network(&self, path: &Path, resolution: u32) -> Network {
        let input = self.image(path.resolution.unwrap_or(resolution));
        let mut layers = Vec::new();
        let mut reached = input;
        for (row, block, candidate) in path.blocks() {
            let candidate = &self.rows[row].slots[block].candidates[candidate];
            let layer = self.layer(row, block, candidate, reached);
            reached = layer.output;
            layers.push(layer);
        }
        Network {
            input,
            classes: self.classes,
            norm: self.norm,
            layers,
        }
    }

    /// Width of a row's output on a path.
    ///
    /// # Panics
    /// When the path is not one of this space.
    pub fn width_of(&self, path: &Path, row: usize) -> u32 {
        let candidate = usize::from(path.rows[row][0]);
        self.rows[row].slots[0].candidates[candidate].widths.1
    }

    fn layer(&self, row: usize, block: usize, candidate: &Candidate, input: Shape) -> Layer {
        let ops = flattened(&candidate.ops, input);
        let shapes = shapes(&ops, input);
        Layer {
            row: self.rows[row].name.clone(),
            row_index: row,
            block,
            text: candidate.text(),
            output: shapes.last().copied().unwrap_or(input),
            ops,
            shapes,
            input,
        }
    }
}

impl Candidate {
    fn flattens(&self) -> bool {
        let is_linear = |op: &Op| matches!(op.primitive, Primitive::Linear { .. });
        self.ops.iter().any(is_linear)
    }

    fn flattened(&self, input: Shape) -> Candidate {
        Candidate {
            ops: flattened(&self.ops, input),
            ..self.clone()
        }
    }
}

/// `ops` with the width of every linear layer that of its input, all pixels counted.
fn flattened(ops: &[Op], input: Shape) -> Vec<Op> {
    let shapes = shapes(ops, input);
    let mut ops = ops.to_vec();
    for op in &mut ops {
        let read = op.input(input, &shapes);
        if let Primitive::Linear { in_features, .. } = &mut op.primitive {
            *in_features = u32::try_from(read.elements()).unwrap_or(u32::MAX);
        }
    }
    ops
}
