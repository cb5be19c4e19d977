//! The guide's files and commands, in the order of each page, on a few images.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What makes a search one of seconds.
const SEARCH: [&str; 11] = [
    "EPOCHS=2",
    "WARMUP_STEPS=2",
    "DATASET.BATCH_SIZE=16",
    "DATASET.IMAGES_PER_CLASS=20",
    "SUPERNET.META_STA_EPOCH=1",
    "SUPERNET.POOL_SIZE=4",
    "SUPERNET.SLICE=2",
    "SUPERNET.JUDGE_IMAGES=30",
    "SUPERNET.RECAL_IMAGES=40",
    "SUPERNET.RECAL_BATCH=20",
    "SUPERNET.PROBE_PATHS=2",
];
/// What makes a training alone one of seconds.
const RETRAIN: [&str; 4] = [
    "EPOCHS=1",
    "WARMUP_STEPS=2",
    "DATASET.BATCH_SIZE=16",
    "DATASET.IMAGES_PER_CLASS=20",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A block of a page: what stands behind its opening mark, and its text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = page.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "a block is not closed");
    let insides = parts.iter().skip(1).step_by(2);
    let split = |inside: &&str| {
        let (mark, text) = inside.split_once('\n').expect("a block has lines");
        (mark.to_owned(), text.to_owned())
    };
    insides.map(split).collect()
}

/// The commands of a block, with what makes them short.
fn commands(text: &str) -> Vec<String> {
    let commands = text.lines().map(|line| {
        let command = line.strip_prefix("$ ").expect("a command follows `$ `");
        let short: &[&str] = match command.split_whitespace().nth(1) {
            _ if command.contains("--resume") => &[],
            Some("search") => &SEARCH,
            Some("retrain" | "rank") => &RETRAIN,
            _ => &[],
        };
        let set = short.iter().map(|one| format!(" --set {one}"));
        command.to_owned() + &set.collect::<String>()
    });
    commands.collect()
}

fn run(folder: &Path, command: &str) {
    let tools = Path::new(env!("CARGO_BIN_EXE_creamc")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", tools.display()))
        .env("OMP_NUM_THREADS", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}\n{said}");
}

/// Follows a page as a reader would, in the root of a repository; how many commands it has.
fn follow(page: &str) -> usize {
    // The front hands over to its sibling, which is built beside it.
    assert!(Path::new(env!("CARGO_BIN_EXE_creamc-torch")).is_file());
    let folder = tempfile::tempdir().unwrap();
    for name in ["spaces", "configs", "examples"] {
        symlink(root().join(name), folder.path().join(name)).unwrap();
    }
    let text = fs::read_to_string(root().join("docs/guide").join(page)).unwrap();
    let mut count = 0;
    for (mark, text) in blocks(&text) {
        match mark.split_whitespace().collect::<Vec<_>>()[..] {
            ["cream" | "yaml", file] => fs::write(folder.path().join(file), text).unwrap(),
            ["console"] => {
                for command in commands(&text) {
                    run(folder.path(), &command);
                    count += 1;
                }
            }
            ["text"] => {}
            _ => panic!("{page}: a block marked `{mark}` is never tried"),
        }
    }
    count
}

#[test]
fn the_page_on_convergence_works_as_it_is_written() {
    assert_eq!(follow("converged.md"), 3);
}

#[test]
fn the_page_on_spaces_works_as_it_is_written() {
    assert_eq!(follow("space.md"), 12);
}

#[test]
fn the_page_on_data_works_as_it_is_written() {
    assert_eq!(follow("data.md"), 3);
}

#[test]
fn the_page_on_one_gpu_works_as_it_is_written_without_one() {
    assert_eq!(follow("gpu.md"), 3);
}

#[test]
fn what_the_guide_quotes_of_the_demo_stands_in_its_log() {
    let folder = root().join("docs/guide");
    let log = fs::read_to_string(folder.join("demo-log.txt")).unwrap();
    let page = fs::read_to_string(folder.join("converged.md")).unwrap();
    let quoted = blocks(&page).into_iter().filter(|(mark, _)| mark == "text");
    let lines: Vec<String> = quoted
        .flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(lines.len() >= 4);
    for line in lines {
        assert!(log.contains(&line), "{line}");
    }
}

#[test]
fn every_page_of_the_guide_is_linked_and_every_link_leads_somewhere() {
    let folder = root().join("docs/guide");
    let index = fs::read_to_string(folder.join("README.md")).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "README.md" || index.contains(&format!("({name})")),
            "{name}"
        );
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            assert!(folder.join(link).exists(), "{name}: {link}");
        }
    }
}
