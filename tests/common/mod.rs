//! Recorded numbers, the two tiny spaces they belong to, and comparing tensors.

use std::collections::BTreeMap;
use std::path::PathBuf;

use creamc::lang::ir::{Ir, Path, lower};
use creamc::lang::quantity::Ratio;
use creamc::lang::source::{FileId, Span, Spanned};
use creamc::lang::space::{
    Activation, Alternative, Attribute, AttributeName, AttributeValue, Block, Domain, Norm,
    NormSettings, Operator, Padding, Row, Setting, Space,
};
use tch::Tensor;

/// The tensors of a file in `tests/fixtures/`.
pub fn fixture(name: &str) -> BTreeMap<String, Tensor> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    Tensor::read_safetensors(&path)
        .expect("the fixture is readable")
        .into_iter()
        .collect()
}

/// Panics unless `found` is `expected` up to `tolerance` times the largest expected value.
#[track_caller]
pub fn assert_close(name: &str, found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.size(), expected.size(), "{name}");
    let largest = expected.abs().max().double_value(&[]);
    let difference = (found - expected).abs().max().double_value(&[]);
    assert!(
        difference <= tolerance * largest,
        "{name}: {difference:e} apart, the largest value is {largest:e}"
    );
}

/// The network of `tiny_childnet*`, as a space of one path.
pub fn tiny_childnet() -> Ir {
    space(vec![
        layer("stem", conv(3), 3, 8, 2),
        layer("entry", ds(), 8, 8, 1),
        stage("s1", ir(&[3], &[4]), ir(&[5], &[6]), [8, 16], 2, 2),
        stage("s2", ir(&[7], &[6]), ir(&[3, 5], &[4]), [16, 24], 2, 3),
        stage("s3", ir(&[5], &[6]), ir(&[5], &[6]), [24, 32], 1, 1),
        layer("last", conv(1), 32, 48, 1),
        layer(
            "pool",
            one(Operator::AvgPool, vec![integer(AttributeName::Kernel, 0)]),
            48,
            48,
            1,
        ),
        layer("head", head(), 48, 64, 1),
        layer("logits", one(Operator::Linear, Vec::new()), 64, 10, 1),
    ])
}

/// Its path: s2's blocks behind the first are k3e4 and k5e4.
pub fn tiny_childnet_path() -> Path {
    let rows: [&[u16]; 9] = [
        &[0],
        &[0],
        &[0, 0],
        &[0, 0, 1],
        &[0],
        &[0],
        &[0],
        &[0],
        &[0],
    ];
    Path(rows.map(<[u16]>::to_vec).into())
}

/// The space of `tiny_supernet*`.
pub fn tiny_supernet() -> Ir {
    let mb = || ir(&[3, 5, 7], &[4, 6]);
    space(vec![
        layer("stem", conv(3), 3, 8, 2),
        layer("entry", ds(), 8, 8, 1),
        stage("s1", mb(), mb(), [8, 8], 2, 2),
        stage("s2", mb(), mb(), [8, 12], 2, 2),
        stage("s3", mb(), mb(), [12, 16], 2, 1),
        stage("s4", mb(), mb(), [16, 16], 1, 1),
        stage("s5", mb(), mb(), [16, 24], 1, 1),
        layer("last", conv(1), 24, 32, 1),
        layer(
            "pool",
            one(Operator::AvgPool, vec![integer(AttributeName::Kernel, 0)]),
            32,
            32,
            1,
        ),
        layer("head", head(), 32, 48, 1),
        layer("logits", one(Operator::Linear, Vec::new()), 48, 10, 1),
    ])
}

/// A path of [`tiny_supernet`] in the original's form: one list a row between stem and pool.
pub fn tiny_path(index: &serde_json::Value) -> Path {
    let inner: Vec<Vec<u16>> = serde_json::from_value(index.clone()).expect("lists of candidates");
    let one = || vec![vec![0]];
    Path([one(), inner, vec![vec![0]; 3]].concat())
}

const HERE: Span = Span {
    file: FileId(0),
    start: 0,
    end: 0,
};

fn space(rows: Vec<Row>) -> Ir {
    lower(&Space {
        name: Spanned::new("tiny".to_owned(), HERE),
        input_channels: Spanned::new(3, HERE),
        resolution: Spanned::new(Setting::Fixed(32), HERE),
        classes: Spanned::new(10, HERE),
        rows,
        requires: Vec::new(),
        norm: NormSettings {
            eps: ratio(1, 100_000),
            momentum: ratio(1, 10),
        },
        span: HERE,
    })
}

fn ratio(numerator: u64, denominator: u64) -> Ratio {
    Ratio {
        numerator,
        denominator,
    }
}

fn layer(name: &str, block: Block, from: u32, to: u32, stride: u32) -> Row {
    Row {
        is_stage: false,
        ..stage(name, block.clone(), block, [from, to], stride, 1)
    }
}

fn stage(
    name: &str,
    first: Block,
    rest: Block,
    [from, to]: [u32; 2],
    stride: u32,
    depth: u32,
) -> Row {
    Row {
        name: Spanned::new(name.to_owned(), HERE),
        is_stage: true,
        first,
        rest,
        in_channels: from,
        out_channels: Spanned::new(to, HERE),
        stride,
        depth: Spanned::new(Setting::Fixed(depth), HERE),
        span: HERE,
    }
}

fn one(operator: Operator, attributes: Vec<Attribute>) -> Block {
    Block {
        alternatives: vec![Alternative {
            operator,
            attributes,
            block: None,
            span: HERE,
        }],
        span: HERE,
    }
}

fn attribute(name: AttributeName, setting: Setting<AttributeValue>) -> Attribute {
    Attribute {
        name,
        setting,
        span: HERE,
    }
}

fn fixed(name: AttributeName, value: AttributeValue) -> Attribute {
    attribute(name, Setting::Fixed(value))
}

fn integer(name: AttributeName, value: u32) -> Attribute {
    fixed(name, AttributeValue::Integer(value))
}

fn searched(name: AttributeName, values: Vec<AttributeValue>) -> Attribute {
    attribute(
        name,
        Setting::Searched(Domain::new(values).expect("no doubles")),
    )
}

fn rest(norm: Norm) -> [Attribute; 3] {
    [
        fixed(AttributeName::Act, AttributeValue::Act(Activation::Swish)),
        fixed(AttributeName::Norm, AttributeValue::Norm(norm)),
        fixed(
            AttributeName::Padding,
            AttributeValue::Padding(Padding::Symmetric),
        ),
    ]
}

fn quarter() -> Attribute {
    fixed(AttributeName::Se, AttributeValue::Ratio(ratio(1, 4)))
}

fn conv_with(kernel: u32, norm: Norm) -> Block {
    let own = [
        integer(AttributeName::Kernel, kernel),
        integer(AttributeName::Groups, 1),
    ];
    one(Operator::Conv, own.into_iter().chain(rest(norm)).collect())
}

fn conv(kernel: u32) -> Block {
    conv_with(kernel, Norm::Batch)
}

fn head() -> Block {
    conv_with(1, Norm::None)
}

fn ds() -> Block {
    let own = [integer(AttributeName::Kernel, 3), quarter()];
    one(
        Operator::Ds,
        own.into_iter().chain(rest(Norm::Batch)).collect(),
    )
}

fn ir(kernels: &[u32], expands: &[u64]) -> Block {
    let kernels = kernels
        .iter()
        .map(|&k| AttributeValue::Integer(k))
        .collect();
    let expands = expands
        .iter()
        .map(|&e| AttributeValue::Ratio(ratio(e, 1)))
        .collect();
    let own = [
        searched(AttributeName::Kernel, kernels),
        searched(AttributeName::Expand, expands),
        quarter(),
    ];
    one(
        Operator::Ir,
        own.into_iter().chain(rest(Norm::Batch)).collect(),
    )
}
