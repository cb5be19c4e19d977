use std::fs;

use serde_json::Value;

use crate::tool::{creamc, creamc_in, folder_with, names, snapshot};

fn drawn(args: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["sample", "tiny.cream", "--format", "json"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let run = creamc(&all).clean();
    run.out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is an object"))
        .collect()
}

#[test]
fn samples_are_a_file_of_archs() {
    let run = creamc(&["sample", "tiny.cream", "-n", "2", "--seed", "7"]).clean();
    snapshot("sample_tiny", &run);
}

#[test]
fn what_is_drawn_compiles_and_costs_what_the_line_says() {
    let folder = folder_with(&["tiny.cream"]);
    for sample in drawn(&["-n", "3", "--seed", "5"]) {
        let text = format!(
            "cream 1\nuse \"tiny.cream\"\n{}",
            sample["arch"].as_str().unwrap()
        );
        fs::write(folder.path().join("drawn.cream"), text).unwrap();
        let run = creamc_in(folder.path(), &["cost", "drawn.cream", "--format", "json"]).clean();
        let cost = run.json();
        for metric in ["flops", "macs", "params", "activations"] {
            assert_eq!(cost[metric], sample[metric]);
        }
    }
}

#[test]
fn json_lines_have_the_fixed_names() {
    let samples = drawn(&["-n", "1"]);
    let mut found = names(&samples[0]);
    found.sort_unstable();
    assert_eq!(
        found,
        ["activations", "arch", "choices", "flops", "macs", "params"]
    );
}

#[test]
fn equal_seeds_draw_equal_paths_and_others_differ() {
    assert_eq!(
        drawn(&["-n", "8", "--seed", "1"]),
        drawn(&["-n", "8", "--seed", "1"])
    );
    assert_ne!(
        drawn(&["-n", "8", "--seed", "1"]),
        drawn(&["-n", "8", "--seed", "2"])
    );
}

#[test]
fn every_sample_meets_the_bounds() {
    for measure in ["paths", "decisions"] {
        let samples = drawn(&[
            "-n",
            "50",
            "--require",
            "flops in 0..600K",
            "--measure",
            measure,
        ]);
        assert_eq!(samples.len(), 50);
        assert!(
            samples
                .iter()
                .all(|sample| sample["flops"].as_u64().unwrap() <= 600_000)
        );
    }
}

#[test]
fn a_number_of_samples_that_is_none_is_wrong_usage() {
    for n in ["0", "-1", "99999999999999999999999", "many"] {
        creamc(&["sample", "tiny.cream", "-n", n]).fails(2, "-n");
    }
}

#[test]
fn a_bound_that_no_path_meets_draws_nothing() {
    let args = ["sample", "tiny.cream", "--require", "flops in 0..1K"];
    creamc(&args).fails(1, "bound-unreachable");
}

const SHARED: &str = "cream 1

space shared {
    input  image(channels = 1, resolution = 16)
    output classes(4)
    choice early in {3, 5}
    block mb = ir(kernel = early, expand in {1, 2})
    stage s1      mb            channels = 8    depth in 1..3
    stage s2      mb or skip    channels = 8    depth = 2
    layer pool    avgpool
    layer logits  linear        channels = classes
}
";

#[test]
fn blocks_that_share_a_decision_agree_in_every_sample() {
    let folder = folder_with(&["tiny.cream"]);
    fs::write(folder.path().join("shared.cream"), SHARED).unwrap();
    let args = [
        "sample",
        "shared.cream",
        "-n",
        "12",
        "--measure",
        "decisions",
    ];
    let run = creamc_in(folder.path(), &[&args[..], &["--format", "json"]].concat()).clean();
    let mut kernels = Vec::new();
    for line in run.out.lines() {
        let sample: Value = serde_json::from_str(line).expect("a line is an object");
        assert_eq!(sample["choices"], Value::Null, "there is no index form");
        let arch = sample["arch"].as_str().unwrap();
        let kernel = if arch.contains("early = 3") { 3 } else { 5 };
        assert!(arch.contains(&format!("early = {kernel}")), "{arch}");
        assert_eq!(
            arch.matches(&format!("kernel = {kernel}")).count(),
            arch.matches("kernel = ").count(),
            "{arch}"
        );
        kernels.push(kernel);
        let text = format!("cream 1\nuse \"shared.cream\"\n{arch}");
        fs::write(folder.path().join("drawn.cream"), text).unwrap();
        let cost = creamc_in(folder.path(), &["cost", "drawn.cream", "--format", "json"]).clean();
        assert_eq!(cost.json()["flops"], sample["flops"]);
    }
    assert!(kernels.contains(&3) && kernels.contains(&5), "{kernels:?}");
}

#[test]
fn archs_of_searched_sizes_say_them_and_cost_what_the_line_says() {
    let folder = folder_with(&["sizes.cream"]);
    let run = creamc(&["sample", "sizes.cream", "--format", "json", "-n", "4"]).clean();
    for line in run.out.lines() {
        let sample: Value = serde_json::from_str(line).expect("a line is an object");
        assert_eq!(sample["choices"], Value::Null);
        let arch = sample["arch"].as_str().unwrap();
        for said in ["resolution = ", "stem.channels = ", "s1.channels = "] {
            assert!(arch.contains(said), "{arch}");
        }
        let text = format!("cream 1\nuse \"sizes.cream\"\n{arch}");
        fs::write(folder.path().join("drawn.cream"), text).unwrap();
        let cost = |more: &[&str]| {
            let args = [&["cost", "drawn.cream", "--format", "json"], more].concat();
            creamc_in(folder.path(), &args).clean().json()
        };
        assert_eq!(cost(&[])["flops"], sample["flops"]);
        let said = format!("resolution = {}\n", cost(&[])["resolution"]);
        assert!(arch.contains(&said), "{arch}");
        let smaller = cost(&["--resolution", "8"]);
        assert_eq!(smaller["resolution"], 8);
        assert!(smaller["flops"].as_u64() < sample["flops"].as_u64());
    }
}
