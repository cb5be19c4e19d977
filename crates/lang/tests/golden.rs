//! Costs against numbers that others published or recorded.

mod by_hand;

use creamc_lang::arch;
use creamc_lang::cost::{self, Cost};
use creamc_lang::ir::{Ir, Layer, Network, Path, Primitive};
use serde::Deserialize;

/// A list for each row between the stem and the pool, to a path.
fn path(lists: &[Vec<u32>], ir: &Ir) -> Path {
    let read = arch::from_choices("published", lists, ir);
    read.expect("the lists fit the space").arch.path
}

#[test]
fn the_six_published_networks_cost_what_their_authors_say_to_the_last_unit() {
    let ir = by_hand::mobile();
    for network in by_hand::published() {
        let built = ir.network(&path(&network.as_built, &ir), network.resolution);
        let cost = cost::of_network(&built);
        let expected = (network.flops, network.macs, network.params);
        assert_eq!(
            (cost.flops, cost.macs, cost.params),
            expected,
            "{}",
            network.name
        );
    }
}

#[test]
fn a_table_of_candidates_sums_to_the_cost_of_the_network() {
    let ir = by_hand::mobile();
    for network in by_hand::published() {
        let path = path(&network.as_built, &ir);
        let table = cost::table(&ir, network.resolution);
        let sum: Cost = path
            .blocks()
            .map(|(row, block, candidate)| table[row][block][candidate])
            .sum();
        assert_eq!(sum.flops, network.flops, "{}", network.name);
        assert_eq!(sum.macs, network.macs, "{}", network.name);
        assert_eq!(sum.params, network.params, "{}", network.name);
    }
}

/// The path that takes the first or last candidate of as few or as many blocks as it may.
fn extreme(ir: &Ir, largest: bool) -> Path {
    let rows = ir.rows.iter().map(|row| {
        let depth = match largest {
            true => row.depths.last(),
            false => row.depths.first(),
        };
        let depth = *depth.expect("a row has a depth") as usize;
        let candidate = |block: usize| match largest {
            true => row.slots[block].candidates.len() as u16 - 1,
            false => 0,
        };
        (0..depth).map(candidate).collect()
    });
    Path::new(rows.collect())
}

#[test]
fn the_smallest_and_largest_paths_of_the_papers_space_cost_what_was_measured() {
    let ir = by_hand::mobile();
    let flops = |path: &Path| cost::of_network(&ir.network(path, 224)).flops;
    assert_eq!(flops(&extreme(&ir, false)), 81_739_232);
    assert_eq!(flops(&extreme(&ir, true)), 863_589_424);
}

#[derive(Deserialize)]
struct Recorded {
    macs: u64,
    params: u64,
    ptflops_0_6_2: f64,
}

#[test]
fn the_tiny_network_costs_what_was_recorded_from_the_original_modules() {
    let recorded: Recorded = serde_json::from_str(include_str!(
        "../../../tests/fixtures/tiny_childnet_cost.json"
    ))
    .expect("the file holds costs");
    let cost = cost::of_network(&recorded_network());
    assert_eq!(cost.macs, recorded.macs);
    assert_eq!(cost.params, recorded.params);
    assert_eq!(cost.flops as f64, recorded.ptflops_0_6_2);
}

/// The recorded network: s1 k3e4, k5e6; s2 k7e6, k3e4, k5e4; s3 k5e6.
fn recorded_network() -> Network {
    let ir = by_hand::tiny_childnet();
    let lists = [vec![0], vec![0, 3], vec![5, 0, 2], vec![3], vec![0]];
    ir.network(&path(&lists, &ir), 32)
}

#[test]
fn parameters_have_the_names_and_shapes_of_the_original() {
    let network = recorded_network();
    let mut found: Vec<String> = network.layers.iter().flat_map(parameters).collect();
    found.sort();
    let recorded = include_str!("../../../tests/golden/tiny_childnet_parameters.txt");
    let expected: Vec<&str> = recorded.lines().collect();
    assert_eq!(found, expected);
}

/// Every trainable tensor of a layer as `NAME [SHAPE]`, under the original's name.
fn parameters(layer: &Layer) -> Vec<String> {
    let ops = layer.ops.iter();
    ops.flat_map(|op| {
        let name = original_name(layer, &op.name);
        let tensors = tensors(&op.primitive).into_iter();
        tensors.map(move |(part, shape)| format!("{name}.{part} {shape:?}"))
    })
    .collect()
}

fn original_name(layer: &Layer, part: &str) -> String {
    match (layer.row.as_str(), part) {
        ("stem", "conv") => "conv_stem".to_owned(),
        ("stem", part) => part.to_owned(),
        ("head", _) => "conv_head".to_owned(),
        ("logits", _) => "classifier".to_owned(),
        _ => format!("blocks.{}.{}.{part}", layer.row_index - 1, layer.block),
    }
}

fn tensors(primitive: &Primitive) -> Vec<(&'static str, Vec<u32>)> {
    match *primitive {
        Primitive::Conv {
            in_channels,
            out_channels,
            kernel,
            groups,
            bias,
            ..
        } => {
            let weight = vec![out_channels, in_channels / groups, kernel, kernel];
            let bias = bias.then(|| ("bias", vec![out_channels]));
            [("weight", weight)].into_iter().chain(bias).collect()
        }
        Primitive::Norm { channels } => vec![("weight", vec![channels]), ("bias", vec![channels])],
        Primitive::Linear {
            in_features,
            out_features,
        } => vec![
            ("weight", vec![out_features, in_features]),
            ("bias", vec![out_features]),
        ],
        _ => Vec::new(),
    }
}
