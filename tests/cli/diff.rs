use std::fs;

use crate::tool::{Run, creamc, creamc_in, fixtures, folder_with, names, snapshot};

/// `tiny.cream` and an edited copy of it, compared in a folder of their own.
fn edited(edits: &[(&str, &str)], args: &[&str]) -> Run {
    let folder = folder_with(&["tiny.cream"]);
    let text = fs::read_to_string(fixtures().join("tiny.cream")).unwrap();
    let text = edits.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "no `{from}`");
        text.replace(from, to)
    });
    fs::write(folder.path().join("after.cream"), text).unwrap();
    let args: Vec<&str> = ["diff", "tiny.cream", "after.cream"]
        .into_iter()
        .chain(args.iter().copied())
        .collect();
    creamc_in(folder.path(), &args)
}

#[test]
fn layout_comments_and_names_that_mean_nothing_are_no_difference() {
    let run = edited(
        &[
            ("# A space small", "# A tiny space, small"),
            ("space tiny", "let squeeze = 0.25\n\nspace other"),
            ("se = 0.25", "se = squeeze"),
            ("    depth in 1..2", " depth in {1, 2}"),
            ("900K", "0.9M"),
        ],
        &[],
    );
    assert_eq!(run.clean().out, "");
}

#[test]
fn what_changed_is_told_with_the_paths_and_costs() {
    let run = edited(
        &[
            (
                "kernel in {3, 5}, expand in {4, 6}",
                "kernel in {3, 5, 7}, expand = 4",
            ),
            ("stage s2", "stage middle"),
            ("resolution fit {16, 32}", "resolution fit {16, 24, 32}"),
            ("0..900K", "0..800K"),
        ],
        &[],
    );
    snapshot("diff_spaces", &run);
}

#[test]
fn json_has_every_number_and_the_exit_code_is_1() {
    let run = edited(&[("0..900K", "0..1M")], &["--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
    let value = run.json();
    let mut found = names(&value);
    found.sort_unstable();
    let expected = [
        "changes",
        "costs",
        "feasible",
        "paths",
        "resolution",
        "same",
        "weights",
        "weights_fit",
    ];
    assert_eq!(found, expected);
    let change = serde_json::json!({
        "what": "loosened", "place": "flops", "before": "0..900K", "after": "0..1M",
    });
    assert_eq!(value["changes"], serde_json::json!([change]));
    // 114 of the 120 paths are inside 900K, and every one inside 1M.
    let exactly = |number: &str| serde_json::json!({ "min": number, "max": number });
    let feasible = &value["feasible"];
    let counts = ["before", "after", "shared", "lost", "gained"].map(|name| &feasible[name]);
    assert_eq!(
        counts,
        ["114", "120", "114", "0", "6"].map(exactly).each_ref()
    );
    assert_eq!(value["paths"]["shared"], exactly("120"));
    assert_eq!(
        (&value["same"], &value["weights_fit"]),
        (&false.into(), &true.into())
    );
}

#[test]
fn the_same_bound_on_the_command_line_holds_for_both() {
    let run = edited(
        &[("0..900K", "0..1M")],
        &["--require", "flops in 0..600K", "--format", "json"],
    );
    let value = run.clean().json();
    assert_eq!(value["same"], true);
    assert_eq!(value["feasible"]["before"], value["feasible"]["shared"]);
}

#[test]
fn a_row_more_leaves_no_path_shared_and_the_weights_do_not_fit() {
    let more = "layer last    conv(kernel = 1)                                     channels = 32";
    let two = format!("layer more dw(kernel = 3)\n    {more}");
    let value = edited(&[(more, &two)], &["--format", "json"]).json();
    assert_eq!(value["changes"][0]["what"], "added");
    assert_eq!(value["changes"][0]["place"], "more");
    assert_eq!(value["feasible"]["shared"]["max"], "0");
    assert_eq!(value["feasible"]["lost"], value["feasible"]["before"]);
    assert_eq!(value["weights_fit"], false);
}

#[test]
fn a_bound_on_a_renamed_row_is_the_same_bound() {
    let bound = "    require s1.depth <= s2.depth\n}";
    let folder = folder_with(&["tiny.cream"]);
    let text = fs::read_to_string(fixtures().join("tiny.cream")).unwrap();
    let before = text.replace("\n}", &format!("\n{bound}"));
    fs::write(folder.path().join("tiny.cream"), &before).unwrap();
    fs::write(
        folder.path().join("after.cream"),
        before.replace("s1", "first"),
    )
    .unwrap();
    let value = creamc_in(
        folder.path(),
        &["diff", "tiny.cream", "after.cream", "--format", "json"],
    )
    .json();
    let changes = value["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0]["what"], "renamed");
    assert_eq!(value["feasible"]["lost"]["max"], "0");
}

#[test]
fn architectures_are_compared_block_by_block() {
    let two = [
        "diff",
        "two.cream",
        "two.cream",
        "--arch",
        "small",
        "--arch",
        "large",
    ];
    snapshot("diff_archs", &creamc(&two));
    let same = ["diff", "two.cream", "two.cream", "--arch", "small"];
    assert_eq!(creamc(&same).clean().out, "");
    let value = creamc(&[&two[..], &["--format", "json"]].concat()).json();
    assert_eq!(
        value["blocks"],
        serde_json::json!({ "before": 6, "after": 7 })
    );
    assert_eq!(value["same_blocks"], 5);
    assert_eq!(value["same"], false);
}

#[test]
fn a_file_with_errors_is_code_2_with_its_messages() {
    creamc(&["diff", "tiny.cream", "broken.cream"]).fails(2, "error[");
    let run = creamc(&["diff", "broken.cream", "tiny.cream", "--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (2, ""), "{run:?}");
    assert_eq!(names(&run.json()), ["diagnostics"]);
}

#[test]
fn what_cannot_be_compared_is_code_2() {
    creamc(&["diff", "tiny.cream", "no.cream"]).fails(2, "no.cream");
    creamc(&["diff", "tiny.cream", "one.cream"]).fails(2, "two of a kind");
    creamc(&["diff", "two.cream", "two.cream"]).fails(2, "--arch");
    creamc(&["diff", "two.cream", "two.cream", "--arch", "smal"]).fails(2, "did you mean `small`?");
    creamc(&["diff", "tiny.cream"]).fails(2, "AFTER");
}

#[test]
fn a_derived_space_gains_no_path() {
    let folder = folder_with(&["tiny.cream"]);
    let text = "cream 1\nuse \"tiny.cream\"\n\nspace small of tiny {\n    resolution = 16\n    s1.kernel = 3\n}\n";
    fs::write(folder.path().join("small.cream"), text).unwrap();
    let args = ["diff", "tiny.cream", "small.cream", "--format", "json"];
    let run = creamc_in(folder.path(), &args);
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
    let paths = &run.json()["paths"];
    assert_eq!(paths["gained"]["min"], "0", "{paths}");
    assert_eq!(paths["gained"]["max"], "0", "{paths}");
    creamc_in(folder.path(), &["stats", "small.cream"]).clean();
    creamc_in(folder.path(), &["fmt", "--check", "small.cream"]).clean();
}
