//! Strategies of proptest.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::small_space;
use crate::checked::Checked;
use crate::count::{Measure, Sampler};
use crate::ir::Path;
use crate::plan::Plan;

/// Any small space with a path inside its bounds: see [`small_space`].
pub fn any_space() -> impl Strategy<Value = Checked> {
    let seeds = any::<u64>().no_shrink();
    seeds.prop_filter_map("no path is inside the bounds", |seed| {
        let text = small_space(&mut ChaCha8Rng::seed_from_u64(seed));
        let space = Checked::from_text("small.cream", &text);
        let space = space.unwrap_or_else(|wrong| panic!("a random space is right:\n{wrong}"));
        space.plan().is_ok().then_some(space)
    })
}

/// Any path inside the bounds of a plan, each decision drawn evenly.
///
/// # Panics
/// When so few paths are inside the bounds that none can be drawn.
pub fn any_path(plan: &Plan) -> impl Strategy<Value = Path> + use<> {
    let graph = &plan.bounded_graph;
    let sampler = Sampler::new(graph, &plan.windows, Measure::Decisions);
    let sampler = sampler.unwrap_or_else(|why| panic!("no path can be drawn: {why:?}"));
    let seeds = any::<u64>().no_shrink();
    seeds.prop_map(move |seed| sampler.draw(&mut ChaCha8Rng::seed_from_u64(seed)))
}
