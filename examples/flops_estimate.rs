//! A rule of thumb for FLOPs, tried on any path of any space.
//!
//! `cargo test --example flops_estimate --no-default-features`

use std::error::Error;
use std::io::{self, Write};

use creamc::lang::cost;
use creamc::lang::ir::{Network, Primitive};

fn main() -> Result<(), Box<dyn Error>> {
    let tiny = creamc::include_space!("../spaces/tiny.cream");
    let plan = tiny.plan()?;
    let network = plan.ir.network(&plan.witness, plan.resolution);
    let (rough, exact) = (estimate(&network), cost::of_network(&network).flops);
    writeln!(io::stdout(), "estimated {rough}, exactly {exact}")?;
    Ok(())
}

/// What papers do on a napkin: the multiplications of convolutions and linear layers, all else left out.
fn estimate(network: &Network) -> u64 {
    let layers = network.layers.iter();
    let ops = layers.flat_map(|layer| layer.ops.iter().zip(&layer.shapes));
    ops.map(|(op, output)| match op.primitive {
        Primitive::Conv {
            in_channels,
            kernel,
            groups,
            ..
        } => {
            let pixels = u64::from(output.width) * u64::from(output.height);
            let reads = u64::from(kernel).pow(2) * u64::from(in_channels / groups);
            reads * u64::from(output.channels) * pixels
        }
        Primitive::Linear {
            in_features,
            out_features,
        } => u64::from(in_features) * u64::from(out_features),
        _ => 0,
    })
    .sum()
}

#[cfg(test)]
mod tests {
    use creamc::testing::{any_path, any_space};
    use proptest::prelude::*;

    use super::estimate;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_estimate_is_the_macs_and_at_most_the_flops(
            (plan, path) in any_space().prop_flat_map(|space| {
                let plan = space.plan().expect("a path is inside its bounds");
                let paths = any_path(&plan);
                (Just(plan), paths)
            })
        ) {
            let rough = estimate(&plan.ir.network(&path, plan.resolution));
            let exact = plan.cost(&path);
            prop_assert_eq!(rough, exact.macs);
            prop_assert!(rough <= exact.flops);
        }
    }
}
