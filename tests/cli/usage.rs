use crate::tool::{creamc, snapshot};

/// Every command, in the order of `--help`.
pub const COMMANDS: [&str; 21] = [
    "new",
    "import",
    "check",
    "fix",
    "fmt",
    "stats",
    "cost",
    "diff",
    "sample",
    "dump",
    "explain",
    "lsp",
    "completions",
    "man",
    "report",
    "pack",
    "search",
    "retrain",
    "test",
    "predict",
    "rank",
];

#[test]
fn help_lists_every_command_with_an_example() {
    let run = creamc(&["--help"]).clean();
    for command in COMMANDS {
        assert!(
            run.out.contains(&format!("\n  {command} ")),
            "`{command}` is not listed"
        );
        assert!(
            run.out.contains(&format!("\n  creamc {command} ")),
            "`{command}` has no example"
        );
    }
    snapshot("help", &run);
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in COMMANDS {
        let run = creamc(&[command, "--help"]).clean();
        assert!(
            run.out.contains(&format!("creamc {command} ")),
            "{}",
            run.out
        );
        assert!(run.out.contains("Example"), "{}", run.out);
    }
}

#[test]
fn wrong_usage_is_code_2() {
    creamc(&[]).fails(2, "Usage");
    creamc(&["chek"]).fails(2, "check");
    creamc(&["check"]).fails(2, "FILES");
    creamc(&["check", "--format", "xml", "tiny.cream"]).fails(2, "possible values");
    creamc(&["stats", "tiny.cream", "--classes", "0"]).fails(2, "--classes");
    creamc(&["search", "tiny.cream", "--device", "gpu"]).fails(2, "cuda:N");
    creamc(&["search", "tiny.cream", "--set", "=3"]).fails(2, "KEY=VALUE");
}

#[test]
fn version_is_printed() {
    let run = creamc(&["--version"]).clean();
    assert_eq!(run.out, format!("creamc {}\n", env!("CARGO_PKG_VERSION")));
}
