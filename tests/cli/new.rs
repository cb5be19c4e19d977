use std::fs;
use std::path::Path;

use creamc::config;

use crate::tool::{creamc, creamc_in, folder_with};

const NAMES: [&str; 7] = [
    "tiny",
    "mobile",
    "ofa_mbv3",
    "proxyless",
    "spos_shufflenet",
    "mobilenetv3",
    "efficientnet_lite0",
];

#[test]
fn every_start_gives_a_space_and_settings_without_a_complaint() {
    let list = creamc(&["new", "--list"]).clean().out;
    assert_eq!(list.lines().count(), NAMES.len());
    for name in NAMES {
        assert!(list.contains(&format!("{name} ")), "{list}");
        let folder = folder_with(&[]);
        let run = creamc_in(folder.path(), &["new", "mine/first", "--from", name]).clean();
        let mine = folder.path().join("mine/first");
        let made = fs::read_dir(&mine).unwrap().count();
        assert_eq!(run.out.lines().count(), made, "{}", run.out);
        let file = format!("{name}.cream");
        creamc_in(&mine, &["check", &file, "--deny", "warnings"]).clean();
        creamc_in(&mine, &["fmt", "--check", &file]).clean();
        assert_settings(&mine);
        let readme = fs::read_to_string(mine.join("README.md")).unwrap();
        assert!(readme.starts_with(&format!("# {name}\n")), "{readme}");
        assert!(!readme.contains("NAME"), "{readme}");
        assert_commands(&mine, &readme);
    }
}

/// Only a space of several networks has settings for a search.
fn assert_settings(folder: &Path) {
    let search = folder.join("search.yaml");
    if search.exists() {
        let read = config::search(Some(&search), &[]).expect("the settings are right");
        assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    }
    let read = config::retrain(Some(&folder.join("retrain.yaml")), &[]);
    let read = read.expect("the settings are right");
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
}

/// Files that the commands name are there, and those that need no images work.
fn assert_commands(folder: &Path, readme: &str) {
    let commands = readme.lines().filter(|line| line.starts_with("creamc "));
    let mut count = 0;
    for command in commands {
        count += 1;
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        for word in words.iter().filter(|word| !word.starts_with("runs/")) {
            let is_file = word.ends_with(".cream") || word.ends_with(".yaml");
            assert!(!is_file || folder.join(word).exists(), "{command}");
        }
        if matches!(words[0], "check" | "stats" | "cost") {
            creamc_in(folder, &words).clean();
        }
    }
    assert!(count >= 4, "{readme}");
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder_with(&["tiny.cream"]);
    let before = fs::read_to_string(folder.path().join("tiny.cream")).unwrap();
    creamc_in(folder.path(), &["new", "."]).fails(2, "is not empty");
    creamc_in(folder.path(), &["new", "tiny.cream"]).fails(2, "cannot make the folder");
    let after = fs::read_to_string(folder.path().join("tiny.cream")).unwrap();
    assert_eq!(before, after);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_empty_folder_is_filled_and_tiny_is_what_is_taken_without_a_word() {
    let folder = folder_with(&[]);
    creamc_in(folder.path(), &["new", "."]).clean();
    assert!(folder.path().join("tiny.cream").exists());
    creamc_in(folder.path(), &["new", "."]).fails(2, "name a new folder");
}

#[test]
fn an_unknown_start_is_refused_with_those_that_there_are() {
    creamc(&["new", "mine", "--from", "mobile_v3"]).fails(2, "mobilenetv3");
    creamc(&["new"]).fails(2, "DIR");
    creamc(&["new", "mine", "--list"]).fails(2, "--list");
}
