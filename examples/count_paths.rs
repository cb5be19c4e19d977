//! How many networks a space holds, and how many of them each bound leaves.
//!
//! `cargo run --example count_paths --no-default-features`

use std::error::Error;
use std::io::{self, Write};

use creamc::lang::count::{Limits, Window};
use creamc::lang::space::Metric;

/// Counted for each of these upper bounds on FLOPs.
const HIGHS: [u64; 3] = [250_000, 350_000, 500_000];

fn main() -> Result<(), Box<dyn Error>> {
    let report = report()?;
    io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

/// The counts, a line each. They are exact, however large.
fn report() -> Result<String, Box<dyn Error>> {
    let tiny = creamc::include_space!("../spaces/tiny.cream");
    let plan = tiny.plan()?;
    let mut report = format!("all paths: {}\n", plan.graph.count());
    for high in HIGHS {
        let window = Window {
            metric: Metric::Flops,
            low: 0,
            high,
        };
        let count = plan.graph.count_exact(&[window], Limits::default());
        let count = count.map_err(|_| "too many different costs to be counted exactly")?;
        report += &format!("flops in 0..{high}: {count}\n");
    }
    Ok(report)
}

#[test]
fn fewer_paths_are_left_the_tighter_the_bound() {
    let report = report().expect("the space is right");
    assert!(report.starts_with("all paths: 7056\n"), "{report}");
    let number = |line: &str| -> u64 {
        let digits = line.rsplit(' ').next().expect("a line has words");
        digits.parse().expect("a count stands last")
    };
    let counts: Vec<u64> = report.lines().map(number).collect();
    assert!(counts[1] < counts[2] && counts[2] < counts[3] && counts[3] < counts[0]);
}
