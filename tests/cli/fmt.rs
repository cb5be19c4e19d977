use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::tool::{creamc, creamc_in, folder_with};

const UGLY: &str = "cream 1\nlet   a=3   # why\n";

#[test]
fn a_formatted_file_is_left_alone() {
    let folder = folder_with(&["tiny.cream"]);
    let file = folder.path().join("tiny.cream");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    let run = creamc_in(folder.path(), &["fmt", "tiny.cream"]).clean();
    assert_eq!(run.out, "");
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn formatting_rewrites_the_file_and_keeps_its_comments_and_permissions() {
    let folder = folder_with(&[]);
    let file = folder.path().join("ugly.cream");
    fs::write(&file, UGLY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let run = creamc_in(folder.path(), &["fmt", "ugly.cream"]).clean();
    assert_eq!(run.out, "formatted ugly.cream\n");
    let after = fs::read_to_string(&file).unwrap();
    assert!(
        after.contains("let a = 3") && after.contains("# why"),
        "{after}"
    );
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file stays"
    );
    creamc_in(folder.path(), &["fmt", "--check", "ugly.cream"]).clean();
}

#[test]
fn check_names_what_would_change_and_changes_nothing() {
    let folder = folder_with(&["tiny.cream"]);
    let file = folder.path().join("ugly.cream");
    fs::write(&file, UGLY).unwrap();
    let run = creamc_in(
        folder.path(),
        &["fmt", "--check", "tiny.cream", "ugly.cream"],
    );
    assert_eq!(
        (run.code, run.out.as_str()),
        (1, "would format ugly.cream\n")
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), UGLY);
}

#[test]
fn a_file_with_syntax_errors_is_never_written() {
    let folder = folder_with(&["unparsable.cream"]);
    let file = folder.path().join("unparsable.cream");
    let before = fs::read_to_string(&file).unwrap();
    creamc_in(folder.path(), &["fmt", "unparsable.cream"]).fails(1, "error[");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn formatting_through_a_link_keeps_the_link() {
    let folder = folder_with(&[]);
    fs::write(folder.path().join("ugly.cream"), UGLY).unwrap();
    symlink("ugly.cream", folder.path().join("link.cream")).unwrap();
    creamc_in(folder.path(), &["fmt", "link.cream"]).clean();
    assert!(folder.path().join("link.cream").is_symlink());
    let after = fs::read_to_string(folder.path().join("ugly.cream")).unwrap();
    assert_ne!(after, UGLY);
}

#[test]
fn a_file_that_is_not_there_is_code_2_and_the_others_are_formatted() {
    let folder = folder_with(&[]);
    fs::write(folder.path().join("ugly.cream"), UGLY).unwrap();
    let run = creamc_in(folder.path(), &["fmt", "absent.cream", "ugly.cream"]);
    assert_eq!((run.code, run.out.as_str()), (2, "formatted ugly.cream\n"));
    assert!(run.err.contains("absent.cream"), "{}", run.err);
}

#[test]
fn the_fixtures_of_these_tests_are_formatted() {
    creamc(&["fmt", "--check", "tiny.cream", "one.cream", "two.cream"]).clean();
}
