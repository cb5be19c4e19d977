use crate::tool::{creamc, snapshot};

#[test]
fn every_pass_prints_its_value() {
    for (pass, part) in [
        ("ast", "Space"),
        ("space", "Domain"),
        ("ir", "conv_pw"),
        ("plan", "resolution 32"),
    ] {
        let run = creamc(&["dump", "--pass", pass, "tiny.cream"]).clean();
        assert!(run.out.contains(part), "{pass}: {}", run.out);
    }
}

#[test]
fn the_plan_lists_the_cost_of_every_candidate() {
    snapshot(
        "dump_plan",
        &creamc(&["dump", "--pass", "plan", "tiny.cream"]).clean(),
    );
}

#[test]
fn the_tree_of_a_broken_file_is_printed_beside_its_messages() {
    let run = creamc(&["dump", "--pass", "ast", "unparsable.cream"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("Error"), "{}", run.out);
    assert!(run.err.contains("error["), "{}", run.err);
}

#[test]
fn a_pass_that_does_not_exist_is_wrong_usage() {
    creamc(&["dump", "--pass", "magic", "tiny.cream"]).fails(2, "possible values");
}
