use std::fs;

use crate::tool::{creamc, creamc_in, folder_with, names, snapshot};

#[test]
fn good_files_get_one_line_each() {
    let run = creamc(&["check", "tiny.cream", "one.cream"]).clean();
    snapshot("check_good", &run);
}

#[test]
fn every_mistake_of_a_file_is_shown_and_the_code_is_1() {
    let run = creamc(&["check", "broken.cream"]);
    assert_eq!(run.code, 1);
    snapshot("check_broken", &run);
}

#[test]
fn a_good_file_behind_a_bad_one_is_still_checked() {
    let run = creamc(&["check", "broken.cream", "tiny.cream"]);
    assert_eq!(run.code, 1);
    assert!(run.out.starts_with("tiny.cream: space tiny"), "{}", run.out);
}

#[test]
fn messages_as_json_have_the_fixed_names() {
    let run = creamc(&["check", "--format", "json", "broken.cream"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let value = run.json();
    assert_eq!(names(&value), ["diagnostics"]);
    let first = &value["diagnostics"][0];
    for name in [
        "code", "severity", "message", "file", "start", "end", "labels", "notes", "help",
    ] {
        assert!(first.get(name).is_some(), "no `{name}` in {first}");
    }
    for name in ["line", "column", "offset"] {
        assert!(first["start"][name].is_u64(), "no `{name}` in {first}");
    }
    assert_eq!(first["severity"], "error");
    assert_eq!(first["file"], "broken.cream");
}

#[test]
fn no_message_is_an_empty_list_in_json() {
    let run = creamc(&["check", "--format", "json", "tiny.cream"]).clean();
    assert_eq!(run.out, "{\"diagnostics\":[]}\n");
}

#[test]
fn a_bound_that_no_path_meets_is_an_error() {
    let run = creamc(&["check", "tiny.cream", "--require", "flops in 0..1K"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("error[bound-unreachable]"), "{}", run.err);
    assert!(run.err.contains("--require"), "{}", run.err);
}

#[test]
fn a_broken_bound_on_the_command_line_is_pointed_at() {
    let run = creamc(&["check", "tiny.cream", "--require", "flips in 0..1K"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("--require:1:1"), "{}", run.err);
}

#[test]
fn warnings_end_with_0_unless_they_are_denied() {
    let slack = ["check", "tiny.cream", "--require", "flops in 0..900M"];
    let run = creamc(&slack);
    assert!(
        run.err.contains("warning[bound-never-binds]"),
        "{}",
        run.err
    );
    assert_eq!(run.code, 0);
    let denied: Vec<&str> = slack.into_iter().chain(["--deny", "warnings"]).collect();
    assert_eq!(creamc(&denied).code, 1);
}

#[test]
fn bounds_of_a_space_are_proved_beside_its_archs_too() {
    let folder = folder_with(&["tiny.cream", "two.cream"]);
    let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    let (tiny, two) = (read("tiny.cream"), read("two.cream"));
    let (_, archs) = two.split_once("\n\n").unwrap();
    let text = format!("{}\n{archs}", tiny.replace("0..900K", "0..900"));
    fs::write(folder.path().join("both.cream"), text).unwrap();
    let run = creamc_in(folder.path(), &["check", "both.cream"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("error[bound-unreachable]"), "{}", run.err);
}

#[test]
fn an_arch_outside_a_bound_is_a_warning() {
    let run = creamc(&["check", "two.cream", "--require", "flops in 0..500K"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.err.contains("warning[arch-outside-bound]"),
        "{}",
        run.err
    );
}

#[test]
fn of_very_many_messages_the_first_are_drawn_and_json_has_all() {
    let folder = folder_with(&["tiny.cream"]);
    let tiny = fs::read_to_string(folder.path().join("tiny.cream")).unwrap();
    let (head, tail) = tiny.rsplit_once('}').unwrap();
    let bounds = "require flips <= 1M\n".repeat(1_100);
    let text = format!("{head}{bounds}}}{tail}");
    fs::write(folder.path().join("tiny.cream"), text).unwrap();

    let run = creamc_in(folder.path(), &["check", "tiny.cream"]);
    assert_eq!(run.code, 1);
    let drawn = run.err.lines().filter(|line| line.starts_with("error["));
    assert_eq!(drawn.count(), 100);
    let end = "\n\nand 1,000 more messages\n\n1,100 errors in 1 file; `--format json` prints all\n";
    assert!(run.err.ends_with(end), "{}", run.err);

    let json = creamc_in(folder.path(), &["check", "tiny.cream", "--format", "json"]).json();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 1_100);
}
