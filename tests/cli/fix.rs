use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::tool::{creamc_in, folder_with, snapshot};

const FAULTY: &str = "\
cream 1

# Ü: what stands here has more bytes than letters.
space faulty {
    input  image(channels = 3, resolution = 32)
    output classes(10)

    layer stem    conv(kernel = 3);                channels: 8      stride 2
    stage s1      ir(kernel = [3, 5] expand in {6, 4})    channels = 16    depth in 1..3
    layer pool    avgpool
    layer logits  linear                           channels = classes
}
";

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn every_sure_cure_is_made_and_the_file_is_clean() {
    let folder = folder_with(&[]);
    write(folder.path(), "faulty.cream", FAULTY);
    let file = folder.path().join("faulty.cream");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let run = creamc_in(folder.path(), &["fix", "faulty.cream"]).clean();
    snapshot("fix", &run);
    let after = read(folder.path(), "faulty.cream");
    assert!(
        after.contains("ir(kernel in {3, 5}, expand in {4, 6})"),
        "{after}"
    );
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file stays"
    );
    creamc_in(folder.path(), &["check", "faulty.cream"]).clean();
    let again = creamc_in(folder.path(), &["fix", "faulty.cream"]).clean();
    assert_eq!(again.out, "");
}

#[test]
fn check_prints_the_lines_that_would_change_and_changes_nothing() {
    let folder = folder_with(&[]);
    write(folder.path(), "faulty.cream", FAULTY);
    let run = creamc_in(folder.path(), &["fix", "--check", "faulty.cream"]);
    snapshot("fix_check", &run);
    assert_eq!(run.code, 1);
    assert_eq!(read(folder.path(), "faulty.cream"), FAULTY);
}

#[test]
fn a_likely_change_waits_to_be_asked_for() {
    let folder = folder_with(&[]);
    let typo = FAULTY.replace("s1      ir(", "s1      irr(");
    write(folder.path(), "typo.cream", &typo);
    let run = creamc_in(folder.path(), &["fix", "typo.cream"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("did you mean `ir`?"), "{}", run.err);
    assert!(run.err.contains("1 likely change left out"), "{}", run.err);
    assert!(read(folder.path(), "typo.cream").contains("irr("));
    let run = creamc_in(folder.path(), &["fix", "--guesses", "typo.cream"]).clean();
    assert!(
        run.out.contains("typo.cream:9: did you mean `ir`?"),
        "{}",
        run.out
    );
}

#[test]
fn a_clean_file_and_one_with_warnings_only_are_left_alone() {
    let folder = folder_with(&["tiny.cream"]);
    let before = read(folder.path(), "tiny.cream");
    let run = creamc_in(folder.path(), &["fix", "tiny.cream"]).clean();
    assert_eq!(run.out, "");
    assert_eq!(read(folder.path(), "tiny.cream"), before);
    write(
        folder.path(),
        "unused.cream",
        &before.replace("    default", "    let unused = 3\n    default"),
    );
    let run = creamc_in(folder.path(), &["fix", "unused.cream"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert!(run.err.contains("warning[unused-let]"), "{}", run.err);
}

#[test]
fn a_used_file_is_not_written() {
    let folder = folder_with(&[]);
    let used = "cream 1\nblock mb = ir(kernel = [3, 5], expand = 4)\n";
    write(folder.path(), "used.cream", used);
    write(
        folder.path(),
        "user.cream",
        &FAULTY.replace("cream 1\n", "cream 1\nuse \"used.cream\"\n"),
    );
    let run = creamc_in(folder.path(), &["fix", "user.cream"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("used.cream:2"), "{}", run.err);
    assert_eq!(read(folder.path(), "used.cream"), used);
    creamc_in(folder.path(), &["fix", "used.cream", "user.cream"]).clean();
}

#[test]
fn a_file_that_is_not_there_is_code_2_and_the_others_are_fixed() {
    let folder = folder_with(&[]);
    write(folder.path(), "faulty.cream", FAULTY);
    let run = creamc_in(folder.path(), &["fix", "absent.cream", "faulty.cream"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("absent.cream"), "{}", run.err);
    assert_ne!(read(folder.path(), "faulty.cream"), FAULTY);
}
