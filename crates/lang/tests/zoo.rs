//! The well-known spaces of `spaces/` against what others have built: `tests/fixtures/zoo/record.py` says how.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use common::lower;
use creamc_lang::checked::Checked;
use creamc_lang::cost::{self, Cost};
use creamc_lang::count::Graph;
use creamc_lang::ir::{Ir, Path};
use creamc_lang::source::FileId;
use creamc_lang::space::{Activation, Padding, Setting};
use creamc_lang::timm::{self, Frame};
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    timm: BTreeMap<String, Built>,
    once_for_all: Vec<Subnet>,
    proxyless_mobile: Model,
    single_path: Vec<Choices>,
}

/// What a network of 224 pixels costs.
#[derive(Deserialize)]
struct Model {
    params: u64,
    macs: u64,
}

/// A model of timm: its strings, and the widths around them.
#[derive(Deserialize)]
struct Built {
    blocks: Vec<Vec<String>>,
    stem: u32,
    head: u32,
    #[serde(flatten)]
    cost: Model,
}

#[derive(Deserialize)]
struct Subnet {
    kernels: Vec<u32>,
    expands: Vec<u32>,
    depths: Vec<usize>,
    #[serde(flatten)]
    cost: Model,
}

#[derive(Deserialize)]
struct Choices {
    choices: Vec<u16>,
    #[serde(flatten)]
    cost: Model,
}

fn recorded() -> Recorded {
    let text = include_str!("../../../tests/fixtures/zoo/recorded.json");
    serde_json::from_str(text).expect("the file is as it was recorded")
}

fn text(name: &str) -> String {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(repository.join(format!("spaces/{name}.cream"))).expect("the space is there")
}

fn ir(name: &str) -> Ir {
    lower(&text(name))
}

/// An arch that stands in the file of its space.
fn arch(file: &str, name: &str) -> Cost {
    let checked = Checked::from_text(file, &text(file)).expect("the file is right");
    let arch = checked.arch(name).expect("it is in the file");
    cost_of(&checked.ir, &arch.path)
}

fn cost_of(ir: &Ir, path: &Path) -> Cost {
    cost::of_network(&ir.network(path, 224))
}

#[track_caller]
fn assert_cost(found: Cost, expected: &Model, more_params: u64) {
    assert_eq!(found.macs, expected.macs);
    assert_eq!(found.params, expected.params + more_params);
}

/// The path whose stages have these blocks; every other row is one block with one candidate.
fn path(ir: &Ir, mut stages: impl Iterator<Item = Vec<u16>>) -> Path {
    let rows = ir.rows.iter().map(|row| match row.is_stage {
        true => stages.next().expect("a list for every stage"),
        false => vec![0],
    });
    Path::new(rows.collect())
}

#[test]
fn the_fixed_networks_cost_what_timms_modules_cost() {
    let timm = recorded().timm;
    let found = arch("mobilenetv3", "mobilenetv3_large");
    assert_cost(found, &timm["mobilenetv3_large_100"].cost, 0);
    let found = arch("efficientnet_lite0", "lite0");
    assert_cost(found, &timm["tf_efficientnet_lite0"].cost, 0);
}

#[test]
fn models_of_timm_become_spaces_of_the_same_cost_from_their_strings() {
    for (name, model) in recorded().timm {
        let text = format!("{:?}", model.blocks);
        let blocks = timm::read(&[(FileId(0), &text)], model.stem);
        let blocks = blocks.unwrap_or_else(|found| panic!("{name}: {found:?}"));
        let is_behind_pool = name.starts_with("mobilenetv3");
        let frame = Frame {
            name: name.clone(),
            resolution: 224,
            classes: 1000,
            stem: model.stem,
            act: Activation::Hswish,
            padding: Padding::Symmetric,
            features: (!is_behind_pool).then_some(model.head),
            head: is_behind_pool.then_some(model.head),
        };
        let checked = timm::space(&blocks, &frame).check();
        let ir = checked.unwrap_or_else(|wrong| panic!("{wrong}")).ir;
        let only = Path::new(ir.rows.iter().map(|row| vec![0; row.slots.len()]).collect());
        assert_cost(cost_of(&ir, &only), &model.cost, 0);
    }
}

#[test]
fn subnets_of_once_for_all_cost_what_the_authors_modules_cost_and_the_bias_of_the_head() {
    let ir = ir("ofa_mbv3");
    for subnet in recorded().once_for_all {
        let at = |values: [u32; 3], value| values.iter().position(|&one| one == value).unwrap();
        let candidate = |block: usize| {
            let kernel = at([3, 5, 7], subnet.kernels[block]);
            let expand = at([3, 4, 6], subnet.expands[block]);
            u16::try_from(3 * kernel + expand).unwrap()
        };
        let stages = subnet.depths.iter().enumerate();
        let stages = stages.map(|(stage, depth)| (4 * stage..4 * stage + depth).map(candidate));
        let mut path = path(&ir, stages.map(Iterator::collect));
        path.resolution = Some(224);
        assert_cost(cost_of(&ir, &path), &subnet.cost, 1_280);
    }
}

#[test]
fn once_for_all_searches_the_resolutions_that_its_authors_trained() {
    let sides: Vec<u32> = (0..25).map(|step| 128 + 4 * step).collect();
    let ir = ir("ofa_mbv3");
    assert!(matches!(&ir.resolution.value, Setting::Searched(all) if all.values() == sides));
}

#[test]
fn the_network_that_proxylessnas_found_for_phones_costs_what_was_published() {
    let found = arch("proxyless", "proxyless_mobile");
    assert_cost(found, &recorded().proxyless_mobile, 0);
}

#[test]
fn paths_of_spos_cost_what_its_units_cost_and_the_bias_of_the_last_layer() {
    let ir = ir("spos_shufflenet");
    let recorded = recorded().single_path;
    for one in &recorded {
        let mut choices = one.choices.iter().copied();
        let depths = [4, 4, 8, 4];
        let stages = depths.map(|depth| choices.by_ref().take(depth).collect());
        let path = path(&ir, stages.into_iter());
        assert_cost(cost_of(&ir, &path), &one.cost, 1_000);
    }
    let published = arch("spos_shufflenet", "spos");
    assert_cost(published, &recorded[0].cost, 1_000);
    // "323M" in the authors' table.
    assert_eq!(published.macs / 1_000_000, 322);
}

#[test]
fn the_spaces_hold_as_many_networks_as_their_papers_say() {
    for (name, stages) in [
        // (9^2 + 9^3 + 9^4)^5, "2·10^19", and each at "25 different input resolutions"
        ("ofa_mbv3", [vec![81 + 729 + 6561; 5], vec![25]].concat()),
        ("spos_shufflenet", vec![4; 20]),
        // A block of its own width may be left out.
        ("proxyless", [vec![6; 6], vec![7; 15]].concat()),
        ("mobilenetv3", vec![]),
        ("efficientnet_lite0", vec![]),
    ] {
        let ir = ir(name);
        let sides = ir.resolution.value.values().iter();
        let costs: Vec<_> = sides.map(|&side| (side, cost::table(&ir, side))).collect();
        let graph = Graph::build_over(&ir, &costs, &[]).expect("no bounds");
        let product: u128 = stages.iter().product();
        assert_eq!(graph.count().to_string(), product.to_string(), "{name}");
    }
}
