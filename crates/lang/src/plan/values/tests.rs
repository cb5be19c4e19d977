use std::path::Path;

use super::{Lists, decisions};
use crate::compile::{Overrides, load};
use crate::ir::Ir;
use crate::source::Texts;

/// A stage of blocks that have `params` parameters of one value, and one of `values`.
fn stage(params: usize, values: usize, depth: usize) -> Ir {
    let params: String = (0..params).map(|at| format!("p{at} = 1, ")).collect();
    let text = format!(
        "cream 1
block b({params}k) {{ conv(kernel = 1) channels = out_channels }}
space s {{
    input  image(channels = 8, resolution = 8)
    output classes(10)
    stage s1      b(k in 1..{values})    channels = 8    depth = {depth}
    layer pool    avgpool
    layer logits  linear                 channels = classes
}}
"
    );
    let files = Texts(&[("s.cream", &text)]);
    let unit = load(&files, Path::new("s.cream"), &Overrides::default());
    let unit = unit.expect("the text can be read");
    unit.ir.expect("a space without errors is lowered")
}

#[test]
fn what_is_kept_of_values_grows_with_neither_blocks_nor_attributes_of_one_value() {
    // The first block of a stage and all others have lists of their own.
    for (params, depth, lists) in [(0, 1, 1), (20, 1, 1), (20, 2, 2), (20, 30, 2)] {
        let ir = stage(params, 9, depth);
        let decisions = decisions(&ir, &Lists::of(&ir));
        let values = decisions.iter().flat_map(|decision| &decision.values);
        let keys: usize = values.map(|value| value.keys.len()).sum();
        assert_eq!(keys, 9 * lists, "{params} parameters, {depth} blocks");
    }
}
