//! A network as a table, kept beside its test: a change of its operators, shapes or costs shows as a diff.
//!
//! `cargo test --example snapshot --no-default-features`

use std::error::Error;
use std::io::{self, Write};

use creamc::lang::checked::Checked;

fn main() -> Result<(), Box<dyn Error>> {
    let space = space();
    let best = space.arch("best").ok_or("the space has an arch `best`")?;
    let text = creamc::testing::table(&space.plan()?, &best.path);
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// A space and the network that was found in it, both checked when this file is compiled.
fn space() -> &'static Checked {
    creamc::space! {
        space small {
            input  image(channels = 1, resolution = 28)
            output classes(10)
            block mb = ir(kernel in {3, 5}, expand in {2, 4}) // four candidates a block
            layer stem    conv(kernel = 3)    channels = 8     stride = 2
            stage s1      mb                  channels = 16    stride = 2    depth in 1..3
            stage s2      mb                  channels = 32    stride = 2    depth in 1..3
            layer pool    avgpool
            layer logits  linear              channels = classes
        }

        arch best of small {
            s1 = ir(kernel = 3, expand = 2), ir(kernel = 5, expand = 2)
            s2 = ir(kernel = 5, expand = 4)
        }
    }
}

#[test]
fn the_network_is_the_one_of_its_snapshot() {
    let space = space();
    let plan = space.plan().expect("there are no bounds");
    let best = space.arch("best").expect("it is written above");
    insta::assert_snapshot!("best", creamc::testing::table(&plan, &best.path));
    creamc::assert_flops!(plan, best.path, 100_000..=400_000);
}
