//! A metric of one's own: the memory that a network needs at its widest place, and the path of a
//! thousand that needs least.
//!
//! `cargo run --example custom_metric --no-default-features`

use std::error::Error;
use std::io::{self, Write};

use creamc::lang::count::{Measure, Sampler};
use creamc::lang::ir::{Layer, Network, Path, Shape};
use creamc::lang::plan::Plan;
use creamc::testing::table;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn main() -> Result<(), Box<dyn Error>> {
    let tiny = creamc::include_space!("../spaces/tiny.cream");
    let plan = tiny.plan()?;
    let (path, peak) = leanest(&plan, 1_000)?;
    let text = format!(
        "{peak} numbers at the widest place\n\n{}",
        table(&plan, &path)
    );
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// The largest number of elements that are held at once: what an operator reads, with what a block keeps for
/// its residual, and what the operator makes. For one image, without weights.
fn peak(network: &Network) -> u128 {
    network.layers.iter().map(peak_of).max().unwrap_or(0)
}

fn peak_of(layer: &Layer) -> u128 {
    let steps = layer.ops.iter().zip(&layer.shapes).enumerate();
    let held = steps.map(|(at, (op, output))| {
        let read = op.input(layer.input, &layer.shapes[..at]);
        let kept = if at == 0 { 0 } else { layer.input.elements() };
        kept + Shape::elements(read) + output.elements()
    });
    held.max().unwrap_or(0)
}

/// Of paths drawn evenly inside the bounds, the one with the lowest peak.
fn leanest(plan: &Plan, draws: usize) -> Result<(Path, u128), Box<dyn Error>> {
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths)
        .map_err(|why| format!("no path can be drawn: {why:?}"))?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let paths = (0..draws).map(|_| sampler.draw(&mut random));
    let measured = paths.map(|path| {
        let network = plan.ir.network(&path, plan.resolution);
        let peak = peak(&network);
        (path, peak)
    });
    let least = measured.min_by_key(|(_, peak)| *peak);
    least.ok_or_else(|| "one draw at least".into())
}

#[test]
fn the_leanest_path_is_inside_the_bounds_and_no_path_needs_less_than_its_image() {
    let tiny = creamc::include_space!("../spaces/tiny.cream");
    let plan = tiny.plan().expect("its bounds can be met");
    let (path, least) = leanest(&plan, 50).expect("paths can be drawn");
    assert!(
        plan.windows
            .iter()
            .all(|window| window.holds(plan.cost(&path)))
    );
    let (_, first) = leanest(&plan, 1).expect("paths can be drawn");
    assert!(least <= first, "the first draw is one of the fifty");
    let witness = plan.ir.network(&plan.witness, plan.resolution);
    // The stem alone: the image and eight channels of a quarter of its size.
    let stem = peak_of(&witness.layers[0]);
    assert!(stem >= 28 * 28 + 8 * 14 * 14);
}
