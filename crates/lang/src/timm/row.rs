//! Blocks as rows, and a whole space around them.

use super::Blocks;
use crate::builder::{Alternative, Row, SpaceBuilder, layer, number, op, stage};
use crate::space::{Activation, Operator, Padding};

/// What a string does not say: the network around its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Name of the space.
    pub name: String,
    /// Side of the image in pixels.
    pub resolution: u32,
    /// Number of classes.
    pub classes: u32,
    /// Width of the first convolution, 3×3 with stride 2.
    pub stem: u32,
    /// The activation where a string names none.
    pub act: Activation,
    /// How convolutions pad.
    pub padding: Padding,
    /// Width of a 1×1 convolution before the pool, if there is one.
    pub features: Option<u32>,
    /// Width of a 1×1 convolution without norm behind the pool, if there is one.
    pub head: Option<u32>,
}

/// A stage a string: `s1`, `s2`, ….
pub fn rows(blocks: &[Blocks]) -> Vec<Row> {
    let numbered = blocks.iter().zip(1..);
    numbered
        .map(|(blocks, number)| row(blocks, &format!("s{number}")))
        .collect()
}

fn row(blocks: &Blocks, name: &str) -> Row {
    let mut row = stage(name, block(blocks)).channels(blocks.channels);
    if blocks.stride != 1 {
        row = row.stride(blocks.stride);
    }
    match blocks.repeat {
        1 => row,
        repeat => row.depth(repeat),
    }
}

fn block(blocks: &Blocks) -> Alternative {
    let mut block = op(blocks.operator.as_str()).with("kernel", blocks.kernel);
    if matches!(blocks.operator, Operator::Ir | Operator::Er) {
        block = block.with("expand", number(&blocks.expand.to_string()));
    }
    if !blocks.se.is_zero() {
        block = block.with("se", number(&blocks.se.to_string()));
    }
    match blocks.act {
        Some(act) => block.with("act", act.as_str()),
        None => block,
    }
}

/// The network of these blocks, as a space that leaves nothing open.
pub fn space(blocks: &[Blocks], frame: &Frame) -> SpaceBuilder {
    let mut space = SpaceBuilder::new(&frame.name)
        .image(3, frame.resolution)
        .classes(frame.classes)
        .default("act", frame.act.as_str());
    if frame.padding != Padding::Symmetric {
        space = space.default("padding", frame.padding.as_str());
    }
    let stem = layer("stem", op("conv").with("kernel", 3));
    space = space.row(stem.channels(frame.stem).stride(2));
    for row in rows(blocks) {
        space = space.row(row);
    }
    if let Some(width) = frame.features {
        let features = op("conv").with("kernel", 1);
        space = space.row(layer("features", features).channels(width));
    }
    space = space.row(layer("pool", op("avgpool")));
    if let Some(width) = frame.head {
        let head = op("conv").with("kernel", 1).with("norm", "none");
        space = space.row(layer("head", head).channels(width));
    }
    space.row(layer("logits", op("linear")).channels("classes"))
}
