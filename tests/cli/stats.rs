use serde_json::Value;

use crate::tool::{creamc, creamc_in, folder_with, names, snapshot};

/// What `creamc stats` tells of a right file, as JSON.
#[track_caller]
fn stats(args: &[&str]) -> Value {
    let whole = [&["stats", "--format", "json"][..], args].concat();
    creamc(&whole).clean().json()
}

#[test]
fn a_space_of_more_than_ten_to_the_three_hundred_paths_is_counted() {
    let folder = folder_with(&[]);
    let rows: String = (0..4)
        .map(|at| format!("stage s{at} mb channels = 8 depth in 1..100\n"))
        .collect();
    let text = format!(
        "cream 1\nspace huge {{\ninput image(channels = 1, resolution = 8)\noutput classes(2)\n\
         block mb = ir(kernel in {{1, 3}}, expand in {{1, 2, 3}})\nlayer stem conv(kernel = 3) channels = 8\n\
         {rows}layer pool avgpool\nlayer logits linear channels = classes\n}}\n"
    );
    std::fs::write(folder.path().join("huge.cream"), text).unwrap();
    let run = creamc_in(folder.path(), &["stats", "huge.cream", "--format", "json"]);
    let paths = run.clean().json()["paths"].as_str().unwrap().len();
    assert_eq!(paths, 312);
    // With a bound the number is an interval, which holds what there is.
    let bound = [
        "stats",
        "huge.cream",
        "--require",
        "flops in 0..10M",
        "--format",
        "json",
    ];
    let stats = creamc_in(folder.path(), &bound).clean().json();
    let digits = |name: &str| stats[name].as_str().unwrap().len();
    assert!(digits("feasible_min") <= digits("feasible_max") && digits("feasible_max") <= 312);
}

#[test]
fn a_space_is_told_in_numbers_for_reading() {
    snapshot(
        "stats_tiny",
        &creamc(&["stats", "tiny.cream", "--exact"]).clean(),
    );
}

#[test]
fn json_gives_an_interval_of_the_feasible_paths_and_exact_ends_of_costs() {
    let value = stats(&["tiny.cream"]);
    let mut expected = [
        "space",
        "fingerprint",
        "paths",
        "feasible_min",
        "feasible_max",
        "resolution",
        "values",
        "flops",
        "macs",
        "params",
        "activations",
    ];
    expected.sort_unstable();
    let mut found = names(&value);
    found.sort_unstable();
    assert_eq!(found, expected);
    // Two stages: 4 + 16 and 2 + 4 ways.
    assert_eq!(value["paths"], "120");
    for metric in ["flops", "macs", "params", "activations"] {
        assert!(
            value[metric]["min"].as_u64() < value[metric]["max"].as_u64(),
            "{value}"
        );
    }
}

#[test]
fn exact_gives_one_number_inside_the_interval() {
    let bound = ["tiny.cream", "--require", "flops in 0..600K"];
    let interval = stats(&bound);
    let exact = stats(&[&bound[..], &["--exact"]].concat());
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let feasible = number(&exact["feasible"]);
    assert!(exact.get("feasible_min").is_none());
    assert!(number(&interval["feasible_min"]) <= feasible);
    assert!(feasible <= number(&interval["feasible_max"]));
    assert!(
        0 < feasible && feasible < 120,
        "the bound cuts the space: {feasible}"
    );
}

#[test]
fn another_number_of_classes_changes_the_params() {
    let params = |args: &[&str]| stats(args)["params"]["min"].as_u64().unwrap();
    let ten = params(&["tiny.cream"]);
    let twenty = params(&["tiny.cream", "--classes", "20"]);
    assert_eq!(twenty - ten, 10 * (32 + 1));
}

#[test]
fn a_broken_file_gives_its_messages_as_json() {
    let run = creamc(&["stats", "broken.cream", "--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(!run.json()["diagnostics"].as_array().unwrap().is_empty());
}

#[test]
fn a_broken_file_gives_its_messages_beside_the_output() {
    creamc(&["stats", "broken.cream"]).fails(1, "error[");
}

#[test]
fn settled_depths_are_told() {
    snapshot("stats_fitted", &creamc(&["stats", "fitted.cream"]).clean());
    let depths = serde_json::json!({ "s1": 2, "s2": 3 });
    assert_eq!(stats(&["fitted.cream"])["depths"], depths);
}

#[test]
fn every_resolution_that_paths_decide_among_is_told() {
    let told = creamc(&["stats", "sizes.cream"]).clean().out;
    assert!(
        told.contains("16 and 28: a decision of every path"),
        "{told}"
    );
    let value = stats(&["sizes.cream"]);
    assert_eq!(value["resolution"], 28);
    assert_eq!(value["resolutions"], serde_json::json!([16, 28]));
    // Two resolutions, two widths of each row, and 2 + 4 ways to fill the stage.
    assert_eq!(value["paths"], "48");
    // 24 channels behind 16 are left, 12 are not.
    assert_eq!(value["feasible_min"], "36");
    assert_eq!(value["feasible_max"], "36");
}
