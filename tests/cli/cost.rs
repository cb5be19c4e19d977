use serde_json::Value;

use crate::tool::{creamc, creamc_in, folder_with, names, snapshot};

fn json(args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    creamc(&args).clean().json()
}

#[test]
fn the_only_arch_of_a_file_is_meant() {
    snapshot("cost_only", &creamc(&["cost", "one.cream"]).clean());
}

#[test]
fn json_has_the_fixed_names_and_the_layers_add_up() {
    let value = json(&["cost", "two.cream", "--arch", "large"]);
    for name in [
        "arch",
        "resolution",
        "flops",
        "macs",
        "params",
        "activations",
        "layers",
    ] {
        assert!(names(&value).contains(&name), "no `{name}` in {value}");
    }
    let layers = value["layers"].as_array().unwrap();
    for name in [
        "name",
        "op",
        "out",
        "flops",
        "macs",
        "params",
        "activations",
    ] {
        assert!(
            names(&layers[0]).contains(&name),
            "no `{name}` in {}",
            layers[0]
        );
    }
    for metric in ["flops", "macs", "params", "activations"] {
        let sum: u64 = layers
            .iter()
            .map(|layer| layer[metric].as_u64().unwrap())
            .sum();
        assert_eq!(value[metric], sum, "{metric}");
    }
    assert_eq!(value["arch"], "large");
    assert_eq!(value["resolution"], 32);
    assert_eq!(layers[0]["out"], serde_json::json!([8, 16, 16]));
}

#[test]
fn choices_mean_the_same_as_the_arch_they_write() {
    let named = json(&["cost", "two.cream", "--arch", "large"]);
    let chosen = json(&[
        "cost",
        "tiny.cream",
        "--choices",
        "[[3,3],[0],[0]]",
        "--resolution",
        "32",
    ]);
    assert_eq!(named["layers"], chosen["layers"]);
}

#[test]
fn the_resolution_of_the_command_line_goes_first() {
    let value = json(&["cost", "two.cream", "--arch", "small", "--resolution", "64"]);
    assert_eq!(value["resolution"], 64);
    assert_eq!(value["layers"][0]["out"], serde_json::json!([8, 32, 32]));
}

#[test]
fn an_arch_outside_a_bound_is_costed_with_a_warning() {
    let run = creamc(&[
        "cost",
        "two.cream",
        "--arch",
        "large",
        "--require",
        "flops in 0..500K",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.err.contains("warning[arch-outside-bound]"),
        "{}",
        run.err
    );
    assert!(run.out.contains("total"), "{}", run.out);
}

#[test]
fn several_archs_need_a_name() {
    creamc(&["cost", "two.cream"]).fails(2, "it has `small`, `large`");
}

#[test]
fn an_unknown_name_gets_the_nearest_one() {
    creamc(&["cost", "two.cream", "--arch", "smal"]).fails(2, "did you mean `small`?");
    creamc(&["cost", "two.cream", "--arch", "transformer"]).fails(2, "it has `small`, `large`");
}

#[test]
fn a_space_needs_choices() {
    creamc(&["cost", "tiny.cream"]).fails(2, "--choices");
}

#[test]
fn a_space_without_an_index_form_needs_an_arch() {
    let run = creamc(&["cost", "sizes.cream"]).fails(2, "have no index form");
    assert!(
        run.err.contains("`creamc sample` draws some"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("--choices"), "{}", run.err);
}

#[test]
fn a_file_of_names_alone_needs_an_arch() {
    let folder = folder_with(&[]);
    std::fs::write(
        folder.path().join("names.cream"),
        "cream 1\nlet half = 0.5\n",
    )
    .unwrap();
    creamc_in(folder.path(), &["cost", "names.cream"]).fails(2, "no arch and no space");
}

#[test]
fn bad_choices_are_refused_with_their_place() {
    let refused = |choices: &str, part: &str| {
        creamc(&["cost", "tiny.cream", "--choices", choices]).fails(2, part);
    };
    refused("nonsense", "lists of indices");
    refused("[[0],[0]", "lists of indices");
    refused("[[0],[-1],[0]]", "lists of indices");
    refused("[[0]]", "1 lists of choices where 3 are wanted");
    refused("[[0],[],[0]]", "list 2 (`s2`)");
    refused("[[0,0,0],[0],[0]]", "list 1 (`s1`)");
    refused("[[0,4],[0],[0]]", "list 1 (`s1`), block 2");
    refused("[[0],[99999999999],[0]]", "lists of indices");
}

#[test]
fn a_resolution_of_no_pixels_or_too_many_is_wrong_usage() {
    for pixels in ["0", "-3", "100000", "x"] {
        creamc(&["cost", "one.cream", "--resolution", pixels]).fails(2, "--resolution");
    }
}

#[test]
fn an_arch_has_its_own_depth_where_the_space_leaves_it_to_the_compiler() {
    let blocks = |arch: &str| {
        let run = creamc(&["cost", "fitted.cream", "--arch", arch, "--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.err);
        run.json()["layers"].as_array().unwrap().len()
    };
    assert_eq!((blocks("deep"), blocks("flat")), (9, 6));
}
