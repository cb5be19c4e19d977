use crate::tool::{creamc, names, snapshot};

#[test]
fn a_space_is_told_in_numbers_for_reading() {
    snapshot(
        "stats_tiny",
        &creamc(&["stats", "tiny.cream", "--exact"]).clean(),
    );
}

#[test]
fn json_gives_an_interval_of_the_feasible_paths_and_exact_ends_of_costs() {
    let value = creamc(&["stats", "tiny.cream", "--format", "json"])
        .clean()
        .json();
    let mut expected = [
        "space",
        "fingerprint",
        "paths",
        "feasible_min",
        "feasible_max",
        "resolution",
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
    let bound = [
        "stats",
        "tiny.cream",
        "--format",
        "json",
        "--require",
        "flops in 0..600K",
    ];
    let interval = creamc(&bound).clean().json();
    let exact: Vec<&str> = bound.into_iter().chain(["--exact"]).collect();
    let exact = creamc(&exact).clean().json();
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<u64>().unwrap();
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
    let params = |args: &[&str]| {
        creamc(args).clean().json()["params"]["min"]
            .as_u64()
            .unwrap()
    };
    let ten = params(&["stats", "tiny.cream", "--format", "json"]);
    let twenty = params(&["stats", "tiny.cream", "--format", "json", "--classes", "20"]);
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
    let run = creamc(&["stats", "fitted.cream", "--format", "json"]).clean();
    assert_eq!(
        run.json()["depths"],
        serde_json::json!({ "s1": 2, "s2": 3 })
    );
}

#[test]
fn every_resolution_that_paths_decide_among_is_told() {
    let told = creamc(&["stats", "sizes.cream"]).clean().out;
    assert!(
        told.contains("16 and 28: a decision of every path"),
        "{told}"
    );
    let value = creamc(&["stats", "sizes.cream", "--format", "json"])
        .clean()
        .json();
    assert_eq!(value["resolution"], 28);
    assert_eq!(value["resolutions"], serde_json::json!([16, 28]));
    // Two resolutions, two widths of each row, and 2 + 4 ways to fill the stage.
    assert_eq!(value["paths"], "48");
    assert_eq!(value["feasible_max"], "48");
}
