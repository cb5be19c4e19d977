//! What the comparisons with recorded numbers do not reach.

use creamc_lang::ir::{Input, Op, Primitive};
use creamc_lang::quantity::Ratio;
use creamc_lang::space::{Activation, NormSettings, Padding};
use tch::{Device, Kind, Tensor};

use super::*;

const PLACE: Place = Place {
    kind: Kind::Double,
    device: Device::Cpu,
};

const NORM: NormSettings = NormSettings {
    eps: Ratio {
        numerator: 1,
        denominator: 100_000,
    },
    momentum: Ratio {
        numerator: 1,
        denominator: 10,
    },
};

const INITIAL: Initial = Initial {
    seed: 7,
    place: PLACE,
};

fn op(name: &str, primitive: Primitive, inputs: &[Input]) -> Op {
    Op {
        name: name.to_owned(),
        primitive,
        inputs: inputs.to_vec(),
    }
}

fn conv(kernel: u32, stride: u32, padding: Padding) -> Primitive {
    Primitive::Conv {
        in_channels: 3,
        out_channels: 4,
        kernel,
        stride,
        groups: 1,
        padding,
        bias: false,
    }
}

/// conv, norm: one block with statistics.
fn normed() -> Block {
    let ops = [
        op("conv", conv(3, 1, Padding::Symmetric), &[Input::Block]),
        op("bn1", Primitive::Norm { channels: 4 }, &[Input::Op(0)]),
    ];
    Block::new("stem.0", &ops, NORM, INITIAL)
}

fn single(primitive: Primitive) -> Block {
    Block::new(
        "row.0",
        &[op("op", primitive, &[Input::Block])],
        NORM,
        INITIAL,
    )
}

fn images(count: i64, size: i64) -> Tensor {
    let numbers = Tensor::arange(count * 3 * size * size, (Kind::Double, Device::Cpu));
    PLACE.images(&(numbers * 0.7).sin().view([count, 3, size, size]))
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).abs().max().double_value(&[])
}

#[test]
fn same_padding_puts_the_odd_pixel_right_and_bottom() {
    let block = single(conv(3, 2, Padding::Same));
    let x = images(1, 8);
    let weight = &block.parameters()[0].tensor;
    let expected =
        x.constant_pad_nd([0, 1, 0, 1])
            .conv2d(weight, None::<&Tensor>, [2, 2], [0, 0], [1, 1], 1);
    let out = block.forward(&x, Mode::Eval);
    assert_eq!(out.size(), [1, 4, 4, 4]);
    assert!(largest_difference(&out, &expected) < 1e-14);
    // Odd sizes need as much on both sides; then the two rules agree.
    let odd = images(1, 7);
    let symmetric = single(conv(3, 2, Padding::Symmetric)).forward(&odd, Mode::Eval);
    assert!(largest_difference(&block.forward(&odd, Mode::Eval), &symmetric) < 1e-14);
}

#[test]
fn an_average_pool_does_not_count_its_padding() {
    let pool = single(Primitive::AvgPool {
        kernel: 3,
        stride: 2,
    });
    let ones = Tensor::ones([1, 3, 5, 5], (Kind::Double, Device::Cpu));
    let out = pool.forward(&ones, Mode::Eval);
    assert!(out.equal(&Tensor::ones([1, 3, 3, 3], (Kind::Double, Device::Cpu))));
}

#[test]
fn a_max_pool_never_finds_its_padding() {
    let minus = Tensor::ones([1, 3, 5, 5], (Kind::Double, Device::Cpu)) * -1.0;
    let out = single(Primitive::MaxPool {
        kernel: 3,
        stride: 2,
    })
    .forward(&minus, Mode::Eval);
    assert!(out.equal(&(Tensor::ones([1, 3, 3, 3], (Kind::Double, Device::Cpu)) * -1.0)));
    let x = images(2, 4);
    let whole = single(Primitive::GlobalMaxPool).forward(&x, Mode::Eval);
    assert_eq!(whole.size(), [2, 3, 1, 1]);
    assert_eq!(
        whole.double_value(&[1, 2, 0, 0]),
        x.get(1).get(2).max().double_value(&[])
    );
}

/// Half of the channels, an activation of the other half, both together.
fn shuffled() -> Block {
    let ops = [
        op("even", Primitive::Half { first: 0 }, &[Input::Block]),
        op("odd", Primitive::Half { first: 1 }, &[Input::Block]),
        op("act", Primitive::Act(Activation::Relu), &[Input::Op(1)]),
        op(
            "concat",
            Primitive::Concat { out_channels: 4 },
            &[Input::Op(0), Input::Op(2)],
        ),
    ];
    Block::new("row.0", &ops, NORM, INITIAL)
}

#[test]
fn a_shuffle_puts_even_channels_before_odd_ones_and_leaves_its_input_alone() {
    let x = PLACE.images(&Tensor::from_slice(&[-1.0, -2.0, 3.0, 4.0]).view([1, 4, 1, 1]));
    let expected = Tensor::from_slice(&[-1.0, 3.0, 0.0, 4.0]).view([1, 4, 1, 1]);
    let block = shuffled();
    for out in [block.forward(&x, Mode::Eval), block.folded().forward(&x)] {
        assert!(out.to_kind(Kind::Double).equal(&expected));
    }
    assert_eq!(x.double_value(&[0, 1, 0, 0]), -2.0);
}

#[test]
fn activations_have_their_textbook_values() {
    let at_one = [
        (Activation::Relu, 1.0),
        (Activation::Relu6, 1.0),
        (Activation::Swish, 0.731_058_578_630_004_9),
        (Activation::Hswish, 4.0 / 6.0),
        (Activation::Gelu, 0.841_344_746_068_542_9),
        (Activation::Sigmoid, 0.731_058_578_630_004_9),
        (Activation::Hsigmoid, 4.0 / 6.0),
    ];
    for (activation, expected) in at_one {
        let x = Tensor::from_slice(&[1.0, -9.0, 9.0]);
        let y = single(Primitive::Act(activation)).forward(&x, Mode::Eval);
        assert!(
            (y.double_value(&[0]) - expected).abs() < 1e-14,
            "{activation:?}"
        );
        assert!(y.double_value(&[1]).abs() < 0.002, "{activation:?}");
    }
}

#[test]
fn only_training_moves_the_running_statistics() {
    let block = normed();
    let mean = &block.buffers()[0].tensor;
    let x = images(4, 5);
    for mode in [Mode::Probe, Mode::ProbeGroups(2), Mode::Eval] {
        let _ = block.forward(&x, mode);
        assert_eq!(mean.abs().max().double_value(&[]), 0.0, "{mode:?}");
    }
    let mut statistics = block.statistics();
    let _ = block.measure(&x, &mut statistics);
    assert_eq!(mean.abs().max().double_value(&[]), 0.0);
    let _ = block.forward(&x, Mode::Train);
    assert!(mean.abs().max().double_value(&[]) > 0.0);
}

#[test]
fn a_group_is_normalised_as_if_it_were_a_batch_of_its_own() {
    let block = normed();
    let x = images(6, 5);
    let together = block.forward(&x, Mode::ProbeGroups(2));
    for group in 0..3 {
        let alone = block.forward(&x.narrow(0, 2 * group, 2), Mode::Probe);
        let slice = together.narrow(0, 2 * group, 2);
        assert!(largest_difference(&slice, &alone) < 1e-12);
    }
}

#[test]
fn measured_statistics_are_the_plain_mean_over_batches() {
    let block = normed();
    let batches = [images(4, 5), images(4, 5) * 2.0 + 1.0, images(4, 5) * 0.5];
    let mut statistics = block.statistics();
    for batch in &batches {
        let _ = block.measure(batch, &mut statistics);
    }
    assert_eq!(statistics.batches(), 3);
    // By hand: mean and variance (over count − 1) of each batch behind the convolution.
    let weight = &block.parameters()[0].tensor;
    let moments = batches.each_ref().map(|batch| {
        let y = batch.conv2d(weight, None::<&Tensor>, [1, 1], [1, 1], [1, 1], 1);
        let y = y.permute([1, 0, 2, 3]).reshape([4, -1]);
        (
            y.mean_dim([1_i64].as_slice(), false, None::<Kind>),
            y.var_dim([1_i64].as_slice(), true, false),
        )
    });
    let third = |pick: fn(&(Tensor, Tensor)) -> &Tensor| {
        (pick(&moments[0]) + pick(&moments[1]) + pick(&moments[2])) / 3.0
    };
    let own = &statistics.norms[0];
    assert!(largest_difference(&own.mean, &third(|m| &m.0)) < 1e-12);
    assert!(largest_difference(&own.var, &third(|m| &m.1)) < 1e-12);
    // Judging with them is evaluation with them in the running statistics' place.
    let judged = block.judge(&batches[1], &statistics);
    block.adopt(&statistics);
    assert!(judged.equal(&block.forward(&batches[1], Mode::Eval)));
}

#[test]
fn first_values_follow_from_seed_and_name_alone() {
    let place = PLACE;
    let draw = |seed, name: &str| Initial { seed, place }.conv(name, [64, 32, 3, 3], 1);
    let values = draw(7, "stem.0.conv.weight");
    assert!(values.equal(&draw(7, "stem.0.conv.weight")));
    assert!(!values.equal(&draw(8, "stem.0.conv.weight")));
    assert!(!values.equal(&draw(7, "head.0.conv.weight")));
    let expected = (2.0_f64 / (9.0 * 64.0)).sqrt();
    let deviation = values.std(true).double_value(&[]);
    assert!(
        (deviation / expected - 1.0).abs() < 0.03,
        "{deviation} {expected}"
    );
    assert!(creamc_torch::is_channels_last(&values).unwrap());
    let linear = INITIAL.linear("logits.0.weight", [16, 100]);
    let reach = linear.abs().max().double_value(&[]);
    assert!(reach <= 0.25 && reach > 0.24, "{reach}");
}

#[test]
fn weights_of_another_network_are_refused_and_nothing_changes() {
    let block = normed();
    let own: Vec<NamedTensor> = block
        .parameters()
        .iter()
        .chain(block.buffers())
        .cloned()
        .collect();
    let good: std::collections::BTreeMap<String, Tensor> = own
        .iter()
        .map(|own| (own.name.to_string(), own.tensor.ones_like().detach()))
        .collect();
    let mut bad = [(); 3].map(|()| {
        good.iter()
            .map(|(name, tensor)| (name.clone(), tensor.shallow_clone()))
            .collect::<std::collections::BTreeMap<_, _>>()
    });
    bad[0].remove("stem.0.bn1.bias");
    bad[1].insert("stem.0.bn9.bias".to_owned(), Tensor::from_slice(&[1.0]));
    bad[2].insert("stem.0.bn1.bias".to_owned(), Tensor::from_slice(&[1.0]));
    let messages = bad.map(|bad| copy_into(&own, &bad).unwrap_err().to_string());
    assert_eq!(
        messages,
        [
            "1 tensors are missing, the first is `stem.0.bn1.bias`",
            "1 tensors belong to no part of the network, the first is `stem.0.bn9.bias`",
            "`stem.0.bn1.bias` is [1], the network's is [4]",
        ]
    );
    assert_eq!(own[2].tensor.max().double_value(&[]), 0.0);
    copy_into(&own, &good).unwrap();
    assert_eq!(own[2].tensor.min().double_value(&[]), 1.0);
}

/// Maps so large that the caches hold two groups and no third.
#[test]
fn groups_that_run_one_after_the_other_are_batches_of_their_own_too() {
    let ops = [
        op("conv", conv(3, 1, Padding::Symmetric), &[Input::Block]),
        op("bn1", Primitive::Norm { channels: 4 }, &[Input::Op(0)]),
        op("act", Primitive::Act(Activation::Swish), &[Input::Op(1)]),
    ];
    let place = Place::CPU;
    let block = Block::new("s.0", &ops, NORM, Initial { place, ..INITIAL });
    let x = place.images(&images(5, 256));
    tch::no_grad(|| {
        let together = block.forward(&x, Mode::ProbeGroups(1));
        for (at, image) in x.split(1, 0).iter().enumerate() {
            let alone = block.forward(image, Mode::Probe);
            assert!(together.narrow(0, at as i64, 1).equal(&alone), "image {at}");
        }
    });
}

#[test]
#[should_panic(expected = "3 images in groups of 2")]
fn groups_that_are_not_whole_are_refused() {
    let place = Place::CPU;
    let ops = [op("conv", conv(3, 1, Padding::Symmetric), &[Input::Block])];
    let block = Block::new("s.0", &ops, NORM, Initial { place, ..INITIAL });
    let x = place.images(&images(3, 5));
    let _ = tch::no_grad(|| block.forward(&x, Mode::ProbeGroups(2)));
}

#[test]
fn a_folded_block_gives_what_the_block_gives_in_evaluation() {
    let act = Primitive::Act;
    let norm = || Primitive::Norm { channels: 4 };
    let first = || op("conv", conv(3, 1, Padding::Symmetric), &[Input::Block]);
    let usual = |activation| {
        vec![
            first(),
            op("bn1", norm(), &[Input::Op(0)]),
            op("act", act(activation), &[Input::Op(1)]),
        ]
    };
    let mut blocks: Vec<Vec<Op>> = Activation::ALL.iter().map(|&one| usual(one)).collect();
    // The convolution is read beside its norm: it must stay what it is.
    blocks.push(vec![
        first(),
        op("bn1", norm(), &[Input::Op(0)]),
        op("add", Primitive::Add, &[Input::Op(0), Input::Op(1)]),
    ]);
    // An earlier reader of the convolution.
    blocks.push(vec![
        first(),
        op("act", act(Activation::None), &[Input::Op(0)]),
        op("bn1", norm(), &[Input::Op(0)]),
        op("act2", act(Activation::Relu), &[Input::Op(2)]),
        op("mul", Primitive::Mul, &[Input::Op(1), Input::Op(3)]),
    ]);
    // What an activation reads is read again later.
    blocks.push(vec![
        first(),
        op("bn1", norm(), &[Input::Op(0)]),
        op("act", act(Activation::Hswish), &[Input::Op(1)]),
        op("bn2", norm(), &[Input::Op(2)]),
        op("add", Primitive::Add, &[Input::Op(3), Input::Op(1)]),
    ]);
    blocks.extend(residuals());
    // 32-bit floats run by kernels of our own.
    for (place, precision) in [(PLACE, 1e-12), (Place::CPU, 1e-5)] {
        for ops in &blocks {
            folds(ops, place, precision);
        }
    }
}

/// Blocks that add their input to what comes from a convolution, where that may be one step and where it may not.
fn residuals() -> [Vec<Op>; 5] {
    let act = Primitive::Act;
    let start = || {
        vec![
            op("conv", conv(3, 1, Padding::Symmetric), &[Input::Block]),
            op("bn1", Primitive::Norm { channels: 4 }, &[Input::Op(0)]),
            op("back", channels(4, 3), &[Input::Op(1)]),
            op("bn2", Primitive::Norm { channels: 3 }, &[Input::Op(2)]),
        ]
    };
    let add = |first, second| op("add", Primitive::Add, &[first, second]);
    let with = |more: Vec<Op>| [start(), more].concat();
    [
        with(vec![add(Input::Op(3), Input::Block)]),
        // The input is read again later.
        with(vec![
            add(Input::Block, Input::Op(3)),
            op("act", act(Activation::Relu), &[Input::Op(4)]),
            op("mul", Primitive::Mul, &[Input::Op(5), Input::Block]),
        ]),
        // What the convolution gives is read again later.
        with(vec![
            add(Input::Op(3), Input::Block),
            op("mul", Primitive::Mul, &[Input::Op(4), Input::Op(3)]),
        ]),
        // The input lives on under another name.
        vec![
            op("none", act(Activation::None), &[Input::Block]),
            op("conv", channels(3, 3), &[Input::Block]),
            op("conv2", channels(3, 3), &[Input::Op(1)]),
            add(Input::Op(2), Input::Block),
            op("mul", Primitive::Mul, &[Input::Op(3), Input::Op(0)]),
        ],
        // The convolution reads what it would write over.
        vec![
            op("conv", channels(3, 3), &[Input::Block]),
            add(Input::Op(0), Input::Block),
        ],
    ]
}

fn channels(in_channels: u32, out_channels: u32) -> Primitive {
    Primitive::Conv {
        in_channels,
        out_channels,
        kernel: 3,
        stride: 1,
        groups: 1,
        padding: Padding::Symmetric,
        bias: false,
    }
}

/// Asserts that the block of these operators gives the same folded, up to `precision` of its largest value.
fn folds(ops: &[Op], place: Place, precision: f64) {
    let block = Block::new("s.0", ops, NORM, Initial { place, ..INITIAL });
    let x = place.images(&(images(4, 5) - 40.0));
    // Statistics and weights of the norms that are no ones and zeros.
    for (at, tensor) in block.buffers().iter().chain(block.parameters()).enumerate() {
        let rows = tensor.tensor.size()[0];
        let values =
            Tensor::arange(rows, (Kind::Double, Device::Cpu)) * 0.3 + 0.2 + at as f64 * 0.1;
        if tensor.tensor.dim() == 1 {
            tch::no_grad(|| tensor.tensor.shallow_clone().copy_(&values));
        }
    }
    let expected = tch::no_grad(|| block.forward(&x, Mode::Eval));
    let folded = tch::no_grad(|| block.folded());
    // Twice: what was packed for the first images serves the next.
    for _ in 0..2 {
        let found = tch::no_grad(|| folded.forward(&x));
        let scale = expected.abs().max().double_value(&[]);
        let difference = largest_difference(&found, &expected);
        assert!(
            difference < precision * scale,
            "{ops:#?} in {place:?}: {difference} of {scale}"
        );
    }
    // Nothing of the block itself has changed.
    assert!(tch::no_grad(|| block.forward(&x, Mode::Eval)).equal(&expected));
}

#[test]
fn a_layer_norm_is_torchs_over_the_channels_of_each_pixel() {
    let norm = single(Primitive::LayerNorm { channels: 3 });
    let x = images(2, 4);
    let [weight, bias] = [0, 1].map(|at| norm.parameters()[at].tensor.shallow_clone());
    tch::no_grad(|| {
        weight
            .shallow_clone()
            .copy_(&Tensor::from_slice(&[0.5, 2.0, -1.0]));
        bias.shallow_clone()
            .copy_(&Tensor::from_slice(&[1.0, 0.0, 3.0]));
    });
    let last = x.permute([0, 2, 3, 1]);
    let expected = last.layer_norm([3], Some(&weight), Some(&bias), 1e-5, false);
    for mode in [Mode::Train, Mode::Eval] {
        let out = norm.forward(&x, mode);
        assert!(largest_difference(&out, &expected.permute([0, 3, 1, 2])) < 1e-12);
    }
    assert!(norm.buffers().is_empty());
    let folded = tch::no_grad(|| norm.folded().forward(&x));
    assert!(largest_difference(&folded, &expected.permute([0, 3, 1, 2])) < 1e-12);
}

#[test]
fn a_shuffle_of_groups_is_torchs_and_a_slice_takes_consecutive_channels() {
    let x = Tensor::arange(2 * 6 * 4, (Kind::Double, Device::Cpu)).view([2, 6, 2, 2]);
    for groups in [1, 2, 3, 6] {
        let out = single(Primitive::Shuffle { groups }).forward(&x, Mode::Eval);
        assert!(out.equal(&x.channel_shuffle(i64::from(groups))), "{groups}");
    }
    let slice = Primitive::Slice {
        from: 2,
        channels: 3,
    };
    let out = single(slice).forward(&x, Mode::Eval);
    assert!(out.equal(&x.narrow(1, 2, 3)));
}

#[test]
fn a_folded_block_writes_over_no_slice_or_shuffle_of_what_others_read() {
    let act = || Primitive::Act(Activation::Relu);
    let slice = Primitive::Slice {
        from: 0,
        channels: 4,
    };
    for view in [slice, Primitive::Shuffle { groups: 1 }] {
        let ops = [
            op("conv", conv(3, 1, Padding::Symmetric), &[Input::Block]),
            op("view", view, &[Input::Op(0)]),
            op("act", act(), &[Input::Op(1)]),
            op("add", Primitive::Add, &[Input::Op(2), Input::Op(0)]),
        ];
        let block = Block::new("row.0", &ops, NORM, INITIAL);
        let x = images(2, 4);
        let expected = tch::no_grad(|| block.forward(&x, Mode::Eval));
        let folded = tch::no_grad(|| block.folded().forward(&x));
        assert!(largest_difference(&folded, &expected) < 1e-12);
    }
}

#[test]
fn a_scale_begins_where_it_is_told_and_is_trained() {
    let start = Ratio {
        numerator: 1,
        denominator: 4,
    };
    let scale = single(Primitive::Scale { channels: 3, start });
    let x = images(2, 4);
    let out = scale.forward(&x, Mode::Train);
    assert!(largest_difference(&out, &(&x * 0.25)) < 1e-15);
    out.sum(Kind::Double).backward();
    let gradient = scale.parameters()[0].tensor.grad();
    let expected = x.sum_dim_intlist([0_i64, 2, 3].as_slice(), false, None::<Kind>);
    assert!(largest_difference(&gradient, &expected) < 1e-12);
}

#[test]
fn dropped_images_are_zero_and_the_others_larger_by_what_is_lost() {
    let x = Tensor::ones([4000, 2, 1, 3], (Kind::Float, Device::Cpu));
    let dropped = op::drop_images(&x, 0.25);
    let images: Vec<Vec<f32>> = Vec::try_from(dropped.flatten(1, -1)).unwrap();
    let kept = images.iter().filter(|image| image[0] != 0.0).count();
    for image in &images {
        let all = |value: f32| image.iter().all(|&one| (one - value).abs() < 1e-6);
        assert!(all(0.0) || all(1.0 / 0.75), "{image:?}");
    }
    // Five deviations of 4,000 draws.
    assert!((kept as f64 / 4000.0 - 0.75).abs() < 0.035, "{kept}");
    assert!(op::drop_images(&x, 0.0).equal(&x));
}
