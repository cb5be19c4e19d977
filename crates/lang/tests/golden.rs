//! Costs against numbers that others published or recorded.

mod by_hand;

use creamc_lang::arch;
use creamc_lang::cost::{self, Cost};
use creamc_lang::ir::{Ir, Path};
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
        let expected = Cost {
            flops: network.flops,
            macs: network.macs,
            params: network.params,
        };
        assert_eq!(cost::of_network(&built), expected, "{}", network.name);
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
    Path(rows.collect())
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
    let ir = by_hand::tiny_childnet();
    // Candidates count k3e4, k3e6, k5e4, k5e6, k7e4, k7e6.
    let lists = [vec![0], vec![0, 3], vec![5, 0, 2], vec![3], vec![0]];
    let cost = cost::of_network(&ir.network(&path(&lists, &ir), 32));
    assert_eq!(cost.macs, recorded.macs);
    assert_eq!(cost.params, recorded.params);
    assert_eq!(cost.flops as f64, recorded.ptflops_0_6_2);
}
