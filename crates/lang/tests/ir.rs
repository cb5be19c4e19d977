//! Lowering: every operator as primitives, shapes, and what the repository's space becomes.

mod by_hand;

use std::path::Path;

use creamc_lang::arch;
use creamc_lang::compile::{Overrides, load};
use creamc_lang::cost;
use creamc_lang::ir::{Ir, Primitive, Shape};
use creamc_lang::source::Texts;
use creamc_lang::space::Setting;
use creamc_lang::syntax::{format, parse};

fn lowered(text: &str) -> Ir {
    let files = Texts(&[("text.cream", text)]);
    let unit = load(&files, Path::new("text.cream"), &Overrides::default()).expect("in memory");
    unit.ir.unwrap_or_else(|| panic!("{:?}", unit.diagnostics))
}

const EVERY_OPERATOR: &str = "\
cream 1

space all {
    input  image(channels = 3, resolution = 33)
    output classes(10)

    default act = swish

    layer stem    conv(kernel = 3, padding = same)                         channels = 16    stride = 2
    layer blur    dw(kernel = 5, act = none)
    layer entry   ds(kernel = 3, se = 0.25, act = relu6)
    stage fused   er(kernel in {3, 5}, expand = 4, se = 0.5)               channels = 24    stride = 2
    stage s1      ir(kernel = 3, expand = 1, norm = none)                  channels = 24
                  depth in 1..3
    stage maybe   ir(kernel = 3, expand in {4, 6}) or skip                 channels = 24
    layer split   conv(kernel = 1, groups = 8)                             channels = 48
    stage units   shuffle(kernel = 3)                                      channels = 96    depth = 2
    stage deep    xception(act = relu)                                     channels = 120   depth = 2
    stage necks   bottleneck(ratio = 0.5)                                  channels = 48    depth = 2
    layer large   maxpool(kernel = 3)
    layer twin    sum(ir(kernel = 3, expand = 1), dw(kernel in {3, 5}) or skip or zero)
    layer window  avgpool(kernel = 3)                                      stride = 2
    layer pool    avgpool
    layer logits  linear                                                   channels = classes
}
";

#[test]
fn every_operator_is_written_out_as_primitives() {
    insta::assert_snapshot!(lowered(EVERY_OPERATOR).print());
}

#[test]
fn what_is_lowered_keeps_its_promises_and_a_broken_promise_is_named() {
    let mut ir = lowered(EVERY_OPERATOR);
    assert_eq!(ir.verify(), Ok(()));
    ir.rows[1].slots[0].in_channels = 7;
    let broken = ir.verify().expect_err("widths no longer meet");
    assert!(broken.starts_with("row `blur`, block 0"), "{broken}");
}

#[test]
fn sides_round_up_with_both_paddings() {
    let ir = lowered(EVERY_OPERATOR);
    let shapes = ir.shapes(33);
    let sides: Vec<u32> = shapes.iter().map(|row| row[0].height).collect();
    // 33 is halved by `stem`, 17 by `fused`, 9 by `window`.
    assert_eq!(sides, [33, 17, 17, 17, 9, 9, 9, 9, 9, 9, 9, 9, 9, 5, 1]);
}

#[test]
fn every_path_has_the_same_shapes_at_the_same_places() {
    let ir = lowered(EVERY_OPERATOR);
    for (row, inputs) in ir.rows.iter().zip(ir.shapes(33)) {
        for (slot, input) in row.slots.iter().zip(inputs) {
            let outputs: Vec<Shape> = slot
                .candidates
                .iter()
                .map(|one| one.output(input))
                .collect();
            assert!(outputs.iter().all(|output| *output == outputs[0]));
            assert_eq!(outputs[0].channels, slot.out_channels);
        }
    }
}

#[test]
fn skip_costs_nothing_and_params_do_not_depend_on_the_resolution() {
    let ir = lowered(EVERY_OPERATOR);
    let table = cost::table(&ir, 33);
    assert_eq!(table[5][0].last(), Some(&cost::Cost::default()));
    let params = |side: u32| cost::ceiling(&cost::table(&ir, side)).params;
    assert_eq!(params(33), params(64));
}

#[test]
fn linear_takes_every_pixel_of_the_map_it_flattens() {
    let mut ir = lowered(EVERY_OPERATOR);
    let pool = ir.rows.remove(13);
    assert_eq!(pool.name, "pool");
    for (resolution, side) in [(33, 5), (16, 2)] {
        let settled = ir.at(resolution);
        let expected = Primitive::Linear {
            in_features: 48 * side * side,
            out_features: 10,
        };
        assert_eq!(
            settled.rows[13].slots[0].candidates[0].ops[0].primitive,
            expected
        );
    }
}

#[test]
fn the_papers_space_in_the_repository_is_the_one_its_numbers_were_tested_on() {
    let file = lowered(include_str!("../../../spaces/mobile.cream"));
    let by_hand = by_hand::mobile();
    assert!(matches!(file.resolution.value, Setting::Fitted(_)));
    assert_eq!(file.norm, by_hand.norm);
    assert_eq!(cost::table(&file, 224), cost::table(&by_hand, 224));
    for (row, expected) in file.rows.iter().zip(&by_hand.rows) {
        assert_eq!((&row.name, &row.depths), (&expected.name, &expected.depths));
        for (slot, expected) in row.slots.iter().zip(&expected.slots) {
            for (one, other) in slot.candidates.iter().zip(expected.candidates.iter()) {
                assert_eq!((one.text(), &one.ops), (other.text(), &other.ops));
            }
        }
    }
}

#[test]
fn an_arch_of_a_space_without_decisions_is_empty_and_formatted() {
    let ir = lowered(
        "cream 1\nspace one {\n    input image(channels = 1, resolution = 8)\n    output classes(2)\n    \
         layer pool avgpool\n    layer logits linear channels = classes\n}\n",
    );
    let arch = arch::Arch {
        name: "best".to_owned(),
        resolution: Some(8),
        path: creamc_lang::ir::Path::new(vec![vec![0], vec![0]]),
    };
    let text = arch::write_file(&arch, &ir, "one.cream", &["Nothing to find.".to_owned()]);
    let (file, problems) = parse(Default::default(), &text);
    assert_eq!(problems, []);
    assert_eq!(format(&text, &file), text);
}

#[test]
fn a_space_of_bottlenecks_is_resnet_50_with_its_published_parameters() {
    let ir = lowered(
        "cream 1\nspace resnet50 {\n    input image(channels = 3, resolution = 224)\n    output classes(1000)\n\
         layer stem conv(kernel = 7) channels = 64 stride = 2\n    layer small maxpool(kernel = 3) stride = 2\n\
         stage s1 bottleneck channels = 256 depth = 3\n    stage s2 bottleneck channels = 512 stride = 2 depth = 4\n\
         stage s3 bottleneck channels = 1024 stride = 2 depth = 6\n\
         stage s4 bottleneck channels = 2048 stride = 2 depth = 3\n\
         layer pool avgpool\n    layer logits linear channels = classes\n}\n",
    );
    let path = arch::from_choices(
        "resnet50",
        &[vec![0], vec![0; 3], vec![0; 4], vec![0; 6], vec![0; 3]],
        &ir,
    );
    let path = path.expect("there is nothing to choose").arch.path;
    let cost = cost::of_network(&ir.network(&path, 224));
    assert_eq!(cost.params, 25_557_032);
    assert_eq!(cost.macs, 4_089_184_256);
    // The 11.1 million of Radosavovic et al. (CVPR 2020), to the last unit.
    assert_eq!(cost.activations, 11_113_984);
}

#[test]
fn a_shuffle_unit_has_the_weights_of_its_two_branches() {
    let ir = lowered(
        "cream 1\nspace units {\n    input image(channels = 4, resolution = 8)\n    output classes(2)\n\
         stage s1 shuffle(kernel = 3) channels = 16 stride = 2 depth = 2\n\
         layer pool avgpool\n    layer logits linear channels = classes\n}\n",
    );
    let table = cost::table(&ir, 8);
    // 4 -> 16 at half the size: kept 4 (depthwise, pointwise), added 12 through 8; two a channel of each norm.
    let norms = 2 * (4 + 4) + 2 * (8 + 8 + 12);
    let weights = (9 * 4 + 4 * 4) + (4 * 8 + 9 * 8 + 8 * 12);
    assert_eq!(table[0][0][0].params, weights + norms);
    // The first pointwise convolution of the second branch comes before the stride.
    assert_eq!(table[0][0][0].macs, 64 * (4 * 8) + 16 * (weights - 4 * 8));
    // 16 -> 16: eight channels through eight.
    let weights = 8 * 8 + 9 * 8 + 8 * 8;
    assert_eq!(table[0][1][0].params, weights + 2 * (8 + 8 + 8));
    assert_eq!(table[0][1][0].macs, 16 * weights);
}

#[test]
fn a_row_says_where_an_attribute_is_first_open_or_else_first_written() {
    let base = "\
cream 1
space base {
    input  image(channels = 3, resolution = 8)
    output classes(10)
    layer stem   conv(kernel = 3) channels = 8
    stage s1     ir(kernel = 3, expand in {3, 6}) or ir(kernel in {5, 7}, expand in {2, 4}) depth = 3
    stage s2     conv(kernel = 3) or sum(conv(kernel in {5, 7}), skip) depth = 4
    layer pool   avgpool
    layer logits linear channels = classes
}
";
    let pinned = "\
cream 1
use \"base.cream\"
space pinned of base {
    s2 = conv(kernel = 3), sum(conv(kernel = 7), skip), conv(kernel = 3), conv(kernel = 3)
}
";
    let files = Texts(&[("pinned.cream", pinned), ("base.cream", base)]);
    let unit = load(&files, Path::new("pinned.cream"), &Overrides::default()).expect("in memory");
    let ir = unit.ir.unwrap_or_else(|| panic!("{:?}", unit.diagnostics));
    // Of what is open, the place where it is open; the first one of several.
    let place = |row: &str, attribute: &str| {
        let row = ir.rows.iter().find(|one| one.name == row).expect("a row");
        let mut places = row.places.attributes.iter();
        let (_, span) = places
            .find(|(name, _)| name.to_string() == attribute)
            .expect("it is there");
        &unit.sources.get(span.file).text[span.range()]
    };
    assert_eq!(place("s1", "expand"), "expand in {3, 6}");
    assert_eq!(place("s1", "kernel"), "kernel in {5, 7}");
    assert_eq!(place("s2", "kernel"), "kernel = 3");
}
