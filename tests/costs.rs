//! Costs a second time: counted from the tensors that libtorch really makes, op by op.
//!
//! The language crate sums costs from numbers of its own; here every op is built alone and run
//! on one image, and what it costs is read from the sizes of its weights and of its output.

#![cfg(feature = "torch")]

use creamc::disk::Disk;
use creamc::lang::compile::{self, Overrides};
use creamc::lang::cost::{self, Cost};
use creamc::lang::count::{Measure, Sampler};
use creamc::lang::ir::{Input, Ir, Layer, Network, Op, Primitive};
use creamc::lang::plan::{self, Plan, Request};
use creamc::lang::space::Activation;
use creamc::nn::{Block, Initial, Mode, Place};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

const INITIAL: Initial = Initial {
    seed: 1,
    place: Place::CPU,
};

fn planned(space: &str) -> Plan {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(space);
    let unit = compile::load(&Disk, &file, &Overrides::default()).expect("the space is there");
    let mut ir: Ir = unit.ir.expect("the space is right");
    ir.requires.clear();
    plan::plan(&ir, &Request::default())
        .expect("without bounds there is a path")
        .0
}

/// Numbers of a tensor, as a cost counts them.
fn count(tensor: &Tensor) -> u64 {
    u64::try_from(tensor.numel()).expect("a size is not negative")
}

/// Runs an op on what it reads; its output and its cost.
fn measure(network: &Network, op: &Op, inputs: &[&Tensor]) -> (Tensor, Cost) {
    if matches!(op.primitive, Primitive::Add) {
        return (inputs[0] + inputs[1], Cost::default());
    }
    if matches!(op.primitive, Primitive::Mul) {
        return (inputs[0] * inputs[1], Cost::default());
    }
    if matches!(op.primitive, Primitive::Concat { .. }) {
        return (Tensor::cat(inputs, 1), Cost::default());
    }
    let alone = Op {
        inputs: vec![Input::Block],
        ..op.clone()
    };
    let block = Block::new("row.0", &[alone], network.norm, INITIAL);
    let output = block.forward(inputs[0], Mode::Probe);
    let params = block
        .parameters()
        .iter()
        .map(|one| count(&one.tensor))
        .sum();
    let weight = || &block.parameters()[0].tensor;
    // A weight of a convolution is used once for every pixel of the output.
    let (macs, more) = match op.primitive {
        Primitive::Conv { bias, .. } => {
            let pixels = count(&output) / u64::try_from(output.size()[1]).expect("channels");
            let bias = if bias { count(&output) } else { 0 };
            (count(weight()) * pixels, bias)
        }
        Primitive::Linear { .. } => (count(weight()), 0),
        Primitive::Norm { .. } | Primitive::LayerNorm { .. } => (0, 2 * count(&output)),
        Primitive::Scale { .. } => (0, count(&output)),
        Primitive::GlobalAvgPool
        | Primitive::AvgPool { .. }
        | Primitive::GlobalMaxPool
        | Primitive::MaxPool { .. } => (0, count(inputs[0])),
        Primitive::Act(Activation::Relu | Activation::Relu6) => (0, count(&output)),
        _ => (0, 0),
    };
    let activations = match op.primitive {
        Primitive::Conv { .. } => count(&output),
        _ => 0,
    };
    let cost = Cost {
        flops: macs + more,
        macs,
        params,
        activations,
        ..Cost::default()
    };
    (output, cost)
}

/// Runs a block op by op; its output and its cost.
fn run(network: &Network, layer: &Layer, images: Tensor) -> (Tensor, Cost) {
    let mut outputs: Vec<Tensor> = Vec::new();
    let mut sum = Cost::default();
    for op in &layer.ops {
        let read = |input: &Input| match *input {
            Input::Block => &images,
            Input::Op(at) => &outputs[at],
        };
        let inputs: Vec<&Tensor> = op.inputs.iter().map(read).collect();
        let (output, cost) = measure(network, op, &inputs);
        outputs.push(output);
        sum += cost;
    }
    (outputs.pop().unwrap_or(images), sum)
}

fn assert_equal_costs(space: &str, networks: usize) {
    let plan = planned(space);
    let sampler = Sampler::new(&plan.graph, &[], Measure::Decisions).expect("there are paths");
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let side = i64::from(plan.resolution);
    let channels = i64::from(plan.ir.input_channels);
    for _ in 0..networks {
        let path = sampler.draw(&mut random);
        let network = plan.ir.network(&path, plan.resolution);
        let mut images = Tensor::rand([1, channels, side, side], (Kind::Float, Device::Cpu));
        let mut sum = Cost::default();
        for layer in &network.layers {
            let (output, cost) = tch::no_grad(|| run(&network, layer, images));
            assert_eq!(cost, cost::of_layer(layer), "{} {}", layer.row, layer.text);
            (images, sum) = (output, sum + cost);
        }
        assert_eq!(images.size(), [1, i64::from(network.classes)]);
        assert_eq!(sum, plan.cost(&path), "{path:?}");
    }
}

#[test]
fn costs_of_the_tiny_space_are_those_of_the_built_modules() {
    assert_equal_costs("spaces/tiny.cream", 8);
}

#[test]
fn costs_of_other_operators_are_those_of_the_built_modules() {
    assert_equal_costs("tests/fixtures/operators.cream", 24);
}

#[test]
fn costs_of_fused_and_grouped_operators_are_those_of_the_built_modules() {
    assert_equal_costs("tests/fixtures/elastic.cream", 24);
}

#[test]
fn costs_of_padded_maps_and_layer_norms_are_those_of_the_built_modules() {
    assert_equal_costs("tests/fixtures/padded.cream", 24);
}

#[test]
fn costs_of_blocks_of_rows_are_those_of_the_built_modules() {
    assert_equal_costs("tests/fixtures/blocks.cream", 24);
}

#[test]
fn costs_of_the_space_for_cifar_are_those_of_the_built_modules() {
    assert_equal_costs("examples/cifar10/small.cream", 8);
}

#[test]
fn costs_of_the_papers_space_are_those_of_the_built_modules() {
    assert_equal_costs("spaces/mobile.cream", 4);
}
