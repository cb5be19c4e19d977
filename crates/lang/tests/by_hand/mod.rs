//! Spaces built by hand, for tests of what comes after the checker, and the published networks.
#![allow(dead_code, reason = "each test file uses some of them")]

use std::sync::Arc;

use creamc_lang::ir::{Ir, lower};
use creamc_lang::quantity::Ratio;
use creamc_lang::source::{Span, Spanned};
use creamc_lang::space::{
    Activation, Alternative, Attribute, AttributeName, AttributeValue, Block, Domain, Members,
    Norm, NormSettings, Operator, Padding, Row, Setting, Space, Width,
};

fn here<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}

fn ratio(numerator: u64, denominator: u64) -> AttributeValue {
    AttributeValue::Ratio(Ratio {
        numerator,
        denominator,
    })
}

fn attribute(name: AttributeName, values: Vec<AttributeValue>) -> Attribute {
    let setting = match values.len() {
        1 => Setting::Fixed(values[0]),
        _ => Setting::Searched(Domain::new(values).expect("the values differ")),
    };
    Attribute {
        name,
        setting,
        choice: None,
        span: Span::default(),
    }
}

fn operator(operator: Operator, mut own: Vec<Attribute>, norm: Norm) -> Block {
    let rest = [
        (AttributeName::Act, AttributeValue::Act(Activation::Swish)),
        (AttributeName::Norm, AttributeValue::Norm(norm)),
        (
            AttributeName::Padding,
            AttributeValue::Padding(Padding::Symmetric),
        ),
    ];
    if !matches!(operator, Operator::AvgPool | Operator::Linear) {
        own.extend(rest.map(|(name, value)| attribute(name, vec![value])));
    }
    Block {
        alternatives: [Alternative {
            operator,
            attributes: own,
            branches: Vec::new(),
            recipe: None,
            block: None,
            told: None,
            span: Span::default(),
        }]
        .into(),
        span: Span::default(),
    }
}

fn kernel(sides: &[u32]) -> Attribute {
    let values = sides.iter().map(|&side| AttributeValue::Integer(side));
    attribute(AttributeName::Kernel, values.collect())
}

fn conv(side: u32, norm: Norm) -> Block {
    let groups = attribute(AttributeName::Groups, vec![AttributeValue::Integer(1)]);
    operator(Operator::Conv, vec![kernel(&[side]), groups], norm)
}

fn squeeze() -> Attribute {
    attribute(AttributeName::Se, vec![ratio(1, 4)])
}

fn ds() -> Block {
    operator(Operator::Ds, vec![kernel(&[3]), squeeze()], Norm::Batch)
}

fn mb() -> Block {
    let expand = attribute(AttributeName::Expand, vec![ratio(4, 1), ratio(6, 1)]);
    let own = vec![kernel(&[3, 5, 7]), expand, squeeze()];
    operator(Operator::Ir, own, Norm::Batch)
}

struct Rows(Vec<Row>, u32);

impl Rows {
    fn row(&mut self, name: &str, block: Block, width: u32, stride: u32, deepest: u32) {
        let depth = match deepest {
            0 => Setting::Fixed(1),
            _ => Setting::Searched(Domain::new((1..=deepest).collect()).expect("depths differ")),
        };
        self.0.push(Row {
            name: here(name.to_owned()),
            is_stage: deepest > 0,
            blocks: vec![block],
            in_channels: Width::fixed(self.1),
            out_channels: here(Width::fixed(width)),
            stride,
            depth: here(depth),
            was_open: false,
            span: Span::default(),
        });
        self.1 = width;
    }

    fn layer(&mut self, name: &str, block: Block, width: u32, stride: u32) {
        self.row(name, block, width, stride, 0);
    }
}

struct Widths {
    stem: u32,
    entry: u32,
    /// Width, stride and largest depth.
    stages: Vec<(u32, u32, u32)>,
    last: u32,
    head: u32,
    classes: u32,
}

/// The shape of every network of the paper: stem, entry, stages, last, pool, head, logits.
fn paper(name: &str, resolution: u32, widths: Widths) -> Space {
    let mut rows = Rows(Vec::new(), 3);
    rows.layer("stem", conv(3, Norm::Batch), widths.stem, 2);
    rows.layer("entry", ds(), widths.entry, 1);
    for (at, (width, stride, deepest)) in widths.stages.into_iter().enumerate() {
        rows.row(&format!("s{}", at + 1), mb(), width, stride, deepest);
    }
    rows.layer("last", conv(1, Norm::Batch), widths.last, 1);
    let pool = operator(Operator::AvgPool, Vec::new(), Norm::Batch);
    rows.layer("pool", pool, widths.last, 1);
    rows.layer("head", conv(1, Norm::None), widths.head, 1);
    let logits = operator(Operator::Linear, Vec::new(), Norm::Batch);
    rows.layer("logits", logits, widths.classes, 1);
    Space {
        name: here(name.to_owned()),
        input_channels: here(3),
        resolution: here(Setting::Fixed(resolution)),
        listed_by_base: None,
        classes: here(widths.classes),
        rows: rows.0,
        choices: Vec::new(),
        tables: Vec::new(),
        requires: Vec::new(),
        fit: Vec::new(),
        norm: NormSettings {
            eps: Ratio {
                numerator: 1,
                denominator: 100_000,
            },
            momentum: Ratio {
                numerator: 1,
                denominator: 10,
            },
        },
        members: Members::default(),
        is_derived: false,
        span: Span::default(),
    }
}

/// The paper's space at 224 pixels.
pub fn mobile() -> Ir {
    lower(&mobile_space())
}

/// The paper's space where the resolution is fitted among these.
pub fn mobile_with_resolutions(resolutions: &[u32]) -> Ir {
    let mut space = mobile_space();
    let domain = Domain::new(resolutions.to_vec()).expect("they differ");
    space.resolution = here(Setting::Fitted(domain));
    lower(&space)
}

fn mobile_space() -> Space {
    let stages = vec![(24, 2, 6), (40, 2, 6), (80, 2, 6), (96, 1, 6), (192, 2, 6)];
    let widths = Widths {
        stem: 16,
        entry: 16,
        stages,
        last: 320,
        head: 1280,
        classes: 1000,
    };
    paper("mobile", 224, widths)
}

/// A small space that holds the network of the recorded checkpoints.
pub fn tiny_childnet() -> Ir {
    lower(&tiny_space())
}

/// The small space with a decision in its first row.
pub fn tiny_with_searched_stem() -> Ir {
    let mut space = tiny_space();
    let stem = Arc::make_mut(&mut space.rows[0].blocks[0].alternatives);
    stem[0].attributes[0] = kernel(&[3, 5]);
    lower(&space)
}

/// The small space where blocks are one of two alternatives that differ in fixed values only.
pub fn tiny_with_twins() -> Ir {
    let mut space = tiny_space();
    for row in &mut space.rows {
        if row.is_stage {
            let mut narrow = row.blocks[0].alternatives[0].clone();
            narrow.attributes[1] = attribute(AttributeName::Expand, vec![ratio(4, 1)]);
            let mut wide = narrow.clone();
            wide.attributes[1] = attribute(AttributeName::Expand, vec![ratio(6, 1)]);
            row.blocks[0].alternatives = [narrow, wide].into();
        }
    }
    lower(&space)
}

fn tiny_space() -> Space {
    let widths = Widths {
        stem: 8,
        entry: 8,
        stages: vec![(16, 2, 3), (24, 2, 3), (32, 1, 3)],
        last: 48,
        head: 64,
        classes: 10,
    };
    paper("tiny", 32, widths)
}

/// A network of the paper.
#[derive(serde::Deserialize)]
pub struct Published {
    /// Its flops in millions.
    pub name: String,
    /// Side of its images in pixels.
    pub resolution: u32,
    /// Its lists of choices as published.
    pub published: Vec<Vec<u32>>,
    /// Its lists as the original really builds them.
    pub as_built: Vec<Vec<u32>>,
    /// Cost of what is built.
    pub flops: u64,
    /// Cost of what is built.
    pub macs: u64,
    /// Cost of what is built.
    pub params: u64,
}

/// The six networks of the paper.
pub fn published() -> Vec<Published> {
    serde_json::from_str(include_str!("../../../../tests/golden/published.json"))
        .expect("the file holds networks")
}
