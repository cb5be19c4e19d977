//! Tests and rankings that several processes share: every image once, every training once, and the result of one process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::common::folder;
use super::ranks::{free_port, launched};
use super::tool::{errors, finish, retrain, search, text, tool};

/// A short retraining for all tests.
fn retrained() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let short = ["EPOCHS=1", "WARMUP_EPOCHS=0"];
        finish(&mut retrain(&folder.path().join("run"), &short));
        folder
    });
    folder.path().join("run/model.safetensors")
}

/// A test of its weights; 2000 images in batches of 77.
fn test(csv: &Path) -> Command {
    let mut command = tool();
    command.args(["test", "spaces/tiny.cream", "--device", "cpu", "--json"]);
    command.args(["--data", "examples/fashion-mnist", "--weights"]);
    command.arg(retrained()).arg("--csv").arg(csv);
    for setting in [
        "INPUT_ARCH=[[0],[2,0],[2],[0]]",
        "DATASET.BATCH_SIZE=77",
        "DATASET.VAL_BATCH_MUL=1",
        "WORKERS=1",
    ] {
        command.args(["--set", setting]);
    }
    command
}

fn several(mut command: Command, processes: usize) -> Command {
    command.args(["--nproc-per-node", &processes.to_string()]);
    command
}

/// What was printed, without the time it took.
fn result(output: &Output) -> Value {
    let mut result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let took = result.as_object_mut().unwrap().remove("images_per_second");
    assert!(took.unwrap().as_f64().unwrap() > 0.0);
    result
}

#[test]
fn a_test_of_several_processes_gives_what_one_gives() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |processes: usize| folder.path().join(format!("{processes}.csv"));
    let one = result(&finish(&mut test(&csv(1))));
    assert_eq!(one["images"], 2000);
    // 26 batches, the last of 75 images.
    for processes in [2, 3] {
        let command = &mut several(test(&csv(processes)), processes);
        assert_eq!(result(&finish(command)), one, "{processes} processes");
        assert_eq!(text(&csv(processes)), text(&csv(1)));
    }
}

#[test]
fn a_test_under_a_launcher_is_printed_and_written_by_rank_0_alone() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |name: &str| folder.path().join(name);
    let one = result(&finish(&mut test(&csv("one.csv"))));
    let port = free_port();
    let ranks = ["0", "1"].map(|number| {
        let mut command = test(&csv(&format!("{number}.csv")));
        launched(number, port, &mut command);
        command.spawn().unwrap()
    });
    let [first, second] = ranks.map(|rank| rank.wait_with_output().unwrap());
    assert!(first.status.success(), "{}", errors(&first));
    assert!(second.status.success(), "{}", errors(&second));
    assert_eq!(result(&first), one);
    assert!(second.stdout.is_empty(), "{second:?}");
    assert_eq!(text(&csv("0.csv")), text(&csv("one.csv")));
    assert!(!csv("1.csv").exists());
}

/// Two classes of images, some of them damaged, and a command with them: a retraining or a test.
struct Damaged {
    root: TempDir,
    space: PathBuf,
}

impl Damaged {
    fn new() -> Damaged {
        let root = tempfile::tempdir().unwrap();
        folder::images(root.path());
        let space = folder::network(root.path()).file.unwrap();
        Damaged { root, space }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = tool();
        command.arg(name).arg(&self.space);
        command.args(["--device", "cpu", "--data"]);
        command.arg(self.path("data"));
        let settings = [
            "EPOCHS=1",
            "WARMUP_EPOCHS=0",
            "NET.EMA.USE=False",
            "WORKERS=1",
        ];
        for setting in settings.iter().chain(more) {
            command.args(["--set", setting]);
        }
        command
    }

    /// Retrains with two processes; the result.
    fn retrain(&self, more: &[&str]) -> Value {
        let mut command = several(self.command("retrain", more), 2);
        finish(command.arg("--out").arg(self.path("run")));
        serde_json::from_str(&text(&self.path("run/result.json"))).unwrap()
    }

    /// A test of what was retrained.
    fn test(&self, more: &[&str]) -> Command {
        let mut command = self.command("test", more);
        command.arg("--json").arg("--weights");
        command.arg(self.path("run/model.safetensors"));
        command
    }
}

#[test]
fn more_processes_than_batches_find_every_image_and_name_every_damaged_one() {
    let damaged = Damaged::new();
    // Each of two sees half of the training images, and a part of those to test on.
    let found = damaged.retrain(&["DATASET.BATCH_SIZE=1"]);
    assert_eq!(
        (&found["broken"]["images"], &found["test"]["images"]),
        (&3.into(), &6.into())
    );

    let test = || damaged.test(&["DATASET.BATCH_SIZE=2", "DATASET.VAL_BATCH_MUL=1"]);
    let one = finish(&mut test());
    assert_eq!(result(&one)["broken"]["images"], 1);
    // Four batches of two images; rank 1 has the damaged one, the last process nothing.
    let five = finish(&mut several(test(), 5));
    assert_eq!(result(&five), result(&one));
    let said = errors(&five);
    assert_eq!(said.matches("not readable: ").count(), 1, "{said}");
}

#[test]
fn a_batch_without_a_readable_image_is_left_out_by_the_process_that_it_falls_to() {
    let damaged = Damaged::new();
    // Batches of one image: the fourth, rank 1's second, holds the damaged one alone.
    let single = ["DATASET.BATCH_SIZE=1", "DATASET.VAL_BATCH_MUL=1"];
    let found = damaged.retrain(&single);
    assert_eq!(found["test"]["images"], 6);
    let one = result(&finish(&mut damaged.test(&single)));
    let two = result(&finish(&mut several(damaged.test(&single), 2)));
    assert_eq!(
        (&one["images"], &one["broken"]["images"]),
        (&6.into(), &1.into())
    );
    assert_eq!(two, one);
}

/// A ranking of three paths, each trained alone with two seeds.
fn ranking(search: &Path, out: &Path) -> Command {
    let mut command = tool();
    command.args([
        "rank",
        "spaces/tiny.cream",
        "--device",
        "cpu",
        "--seed",
        "7",
    ]);
    command
        .args(["--count", "3", "--truth-seeds", "2", "--run"])
        .arg(search);
    command
        .args(["--data", "examples/fashion-mnist", "--out"])
        .arg(out);
    for setting in [
        "EPOCHS=1",
        "WARMUP_EPOCHS=0",
        "WORKERS=1",
        "DATASET.IMAGES_PER_CLASS=20",
        "DATASET.BATCH_SIZE=32",
    ] {
        command.args(["--set", setting]);
    }
    command
}

/// All that a ranking found.
fn figures(run: &Path) -> (Value, String) {
    let mut result: Value = serde_json::from_str(&text(&run.join("result.json"))).unwrap();
    result.as_object_mut().unwrap().remove("run");
    (result, text(&run.join("rank.csv")))
}

#[test]
fn a_ranking_deals_its_trainings_to_processes_and_finds_what_one_finds() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    finish(&mut search(
        &path("search"),
        &["EPOCHS=2", "SUPERNET.PICK=board"],
    ));
    let ranking = |out: &str| ranking(&path("search"), &path(out));
    finish(&mut ranking("one"));
    let expected = figures(&path("one"));
    for processes in [2, 3] {
        let out = format!("{processes}");
        let output = finish(&mut several(ranking(&out), processes));
        assert!(!output.stdout.is_empty());
        assert_eq!(figures(&path(&out)), expected, "{processes} processes");
        let trained = |file: &str| text(&path(&out).join(file)).matches("trained").count();
        let of_others: Vec<usize> = (1..processes)
            .map(|rank| trained(&format!("rank.{rank}.jsonl")))
            .collect();
        assert!(of_others.iter().all(|&count| count > 0), "{of_others:?}");
        assert_eq!(trained("rank.jsonl") + of_others.iter().sum::<usize>(), 6);
        let left = fs::read_dir(path(&out)).unwrap();
        let left = left.filter(|entry| entry.as_ref().unwrap().path().join("log.txt").exists());
        assert_eq!(left.count(), 0, "trainings' folders are gone");
    }

    // As if it had been killed in the last training of rank 2, and gone on with by two.
    let broken = path("3");
    let whole = text(&broken.join("rank.2.jsonl"));
    let (kept, _) = whole.trim_end().rsplit_once('\n').unwrap_or(("", &whole));
    let kept = if kept.is_empty() {
        String::new()
    } else {
        format!("{kept}\n")
    };
    fs::write(broken.join("rank.2.jsonl"), kept + "{\"done\":\"tra").unwrap();
    fs::remove_file(broken.join("result.json")).unwrap();
    fs::create_dir(broken.join("training.2")).unwrap();
    let mut resume = tool();
    resume.args(["rank", "--resume"]).arg(&broken);
    finish(&mut several(resume, 2));
    assert_eq!(figures(&broken), expected);
    assert!(!broken.join("training.2").exists());
}

#[test]
fn a_ranking_whose_rank_is_killed_says_which_and_goes_on_with_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    finish(&mut search(
        &path("search"),
        &["EPOCHS=2", "SUPERNET.PICK=board"],
    ));
    finish(&mut ranking(&path("search"), &path("one")));

    // Started by a launcher that lets rank 0 find out by itself.
    let port = free_port();
    let [first, mut second] = ["0", "1"].map(|number| {
        let mut command = ranking(&path("search"), &path("run"));
        launched(number, port, &mut command);
        command.args(["--rank-timeout", "15"]);
        command.spawn().unwrap()
    });
    let since = Instant::now();
    let journal = path("run").join("rank.1.jsonl");
    // One of its three trainings is done.
    while fs::read_to_string(&journal).unwrap_or_default().is_empty() {
        assert!(
            since.elapsed() < Duration::from_secs(240),
            "rank 1 trains nothing"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    second.kill().unwrap();
    second.wait().unwrap();
    let first = first.wait_with_output().unwrap();
    let said = errors(&first);
    assert_eq!(first.status.code(), Some(2), "{said}");
    assert!(
        said.contains("rank 1 (") && said.contains("answers no more"),
        "{said}"
    );
    assert!(!path("run").join("result.json").exists());

    let done = text(&path("run").join("rank.jsonl"));
    let mut resume = tool();
    resume.args(["rank", "--resume"]).arg(path("run"));
    finish(&mut resume);
    assert!(text(&path("run").join("rank.jsonl")).starts_with(&done));
    assert_eq!(figures(&path("run")), figures(&path("one")));
}
