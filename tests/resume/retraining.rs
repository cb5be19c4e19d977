//! A retraining that is killed or stopped and goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use creamc::checkpoint;
use creamc::nn::NamedTensor;
use tempfile::TempDir;

use super::ended::Kills;
use super::tool::{
    RETRAIN_STEPS, Running, assert_equal_runs, errors, finish, killed, newest_step, refused,
    repository, resume, resume_retraining, retrain, retrain_file, store, text, tool, truncate,
    unbroken,
};

/// What the retraining gives when nothing ends it.
fn whole() -> &'static Path {
    static RUN: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        finish(&mut retrain(&run, &[]));
        (folder, run)
    });
    run
}

#[test]
fn a_retraining_killed_at_ten_moments_ends_bit_by_bit_as_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let kills = Kills {
        least: 10,
        most: 12,
        seed: 8,
    };
    let start = |run: &Path| retrain(run, &[]);
    kills.until_the_end((whole(), &run), RETRAIN_STEPS, start, resume_retraining);
}

#[test]
fn a_stop_saves_after_its_step_and_the_retraining_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // Long enough not to end by itself; checkpoints after epochs and at the stop only.
    let mut process = Running::start(&mut retrain(&run, &["RECOVERY_INTERVAL=0", "EPOCHS=40"]));
    let start = Instant::now();
    while newest_step(&run) < 24 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let id = process.0.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(sent.success());
    assert!(process.0.wait().unwrap().success());
    let stopped: serde_json::Value = serde_json::from_str(&text(&run.join("result.json"))).unwrap();
    assert_eq!(stopped["stopped"], true);
    let step = newest_step(&run);
    let lines = text(&run.join("metrics.jsonl")).lines().count() as u64;
    assert_eq!(lines, step / 12, "whole epochs only are measured");

    let mut process = Running::start(&mut resume_retraining(&run));
    let start = Instant::now();
    while newest_step(&run) < step + 12 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    process.kill();
    assert!(text(&run.join("log.txt")).contains(&format!("step {step} of epoch")));
    let steps = store(&run).steps().unwrap();
    assert!(steps.last() >= Some(&(step + 12)), "{steps:?}");
}

#[test]
fn a_finished_retraining_says_so_and_gives_its_result_again() {
    let output = finish(&mut resume_retraining(whole()));
    let said = errors(&output);
    assert!(said.contains("is finished"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("test top-1"));
}

#[test]
fn a_damaged_checkpoint_of_a_retraining_gives_way_to_the_one_before() {
    let (_folder, run) = killed(whole());
    truncate(&run, RETRAIN_STEPS);
    let said = errors(&finish(&mut resume_retraining(&run)));
    assert!(said.contains("the checkpoint before it is used"), "{said}");
    let aside = store(&run).path(RETRAIN_STEPS);
    fs::remove_file(aside.with_added_extension("unreadable")).unwrap();
    assert_equal_runs(whole(), &run);
}

#[test]
fn a_retraining_without_a_checkpoint_starts_from_its_beginning() {
    let (_folder, run) = killed(whole());
    fs::remove_dir_all(run.join("checkpoint")).unwrap();
    finish(&mut resume_retraining(&run));
    assert_equal_runs(whole(), &run);
}

#[test]
fn another_network_and_other_settings_are_refused_by_name() {
    let (_folder, run) = killed(whole());
    let settings = run.join("settings.yaml");
    let own = text(&settings);
    let other = own.replace("ACCUMULATE: 3", "ACCUMULATE: 2");
    assert_ne!(other, own);
    fs::write(&settings, &other).unwrap();
    let said = refused(&mut resume_retraining(&run));
    assert!(said.contains("`ACCUMULATE: 2` now"), "{said}");
    let other = own.replace("- - 2\n  - 0", "- - 0\n  - 0");
    assert_ne!(other, own);
    fs::write(&settings, &other).unwrap();
    let said = refused(&mut resume_retraining(&run));
    assert!(
        said.contains("of another network") && said.contains("step-00000048"),
        "{said}"
    );
}

#[test]
fn a_search_and_a_retraining_are_not_taken_for_each_other() {
    let said = refused(&mut resume(whole()));
    assert!(said.contains("creamc retrain --resume"), "{said}");
    let said = refused(&mut resume_retraining(unbroken()));
    assert!(said.contains("creamc search --resume"), "{said}");
    let said = refused(resume_retraining(whole()).args(["--inherit", "x"]));
    assert!(said.contains("cannot be used with"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let said = refused(retrain(&run, &[]).arg("--inherit").arg(whole()));
    assert!(said.contains("checkpoint of a retraining"), "{said}");
    let said = refused(tool().args(["retrain", "--inherit"]).arg(whole()));
    assert!(
        said.contains("has no best.cream: give --inherit the folder of"),
        "{said}"
    );
}

#[test]
fn inherited_weights_are_inherited_again_where_no_checkpoint_is_there_yet() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    let short = ["EPOCHS=1", "WARMUP_EPOCHS=0"];
    finish(retrain(&one, &short).arg("--inherit").arg(unbroken()));
    super::tool::copy(&one, &two);
    fs::remove_file(two.join("result.json")).unwrap();
    fs::remove_dir_all(two.join("checkpoint")).unwrap();
    finish(&mut resume_retraining(&two));
    assert_equal_runs(&one, &two);
}

#[test]
fn weights_are_inherited_again_from_the_same_checkpoint_though_the_search_went_on() {
    let (_folder, search) = killed(unbroken());
    let store = store(&search);
    let steps = store.steps().unwrap();
    let [older, newest] = steps[steps.len() - 2..] else {
        panic!("{steps:?}")
    };
    let (older, newest) = (store.path(older), store.path(newest));
    let away = search.join("later");
    fs::rename(&newest, &away).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    let short = ["EPOCHS=1", "WARMUP_EPOCHS=0"];
    finish(retrain(&one, &short).arg("--inherit").arg(&search));
    fs::remove_file(one.join("result.json")).unwrap();
    super::tool::copy(&one, &two);
    fs::remove_dir_all(two.join("checkpoint")).unwrap();
    fs::rename(&away, &newest).unwrap();
    finish(&mut resume_retraining(&one));
    finish(&mut resume_retraining(&two));
    assert_equal_runs(&one, &two);

    fs::remove_file(two.join("result.json")).unwrap();
    fs::remove_dir_all(two.join("checkpoint")).unwrap();
    fs::remove_file(&older).unwrap();
    let said = refused(&mut resume_retraining(&two));
    assert!(said.contains("is not there any more"), "{said}");
    assert!(said.contains(older.to_str().unwrap()), "{said}");
}

#[test]
fn an_arch_of_several_in_a_file_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("archs.cream");
    let space = repository("spaces/tiny.cream");
    let arch = |name: &str, kernel: u32| {
        format!(
            "arch {name} of tiny {{\n    s1 = ir(kernel = {kernel}, expand = 1)\n    s2 = ir(kernel = 1, expand = 6)\n}}\n"
        )
    };
    let archs = format!("{}{}", arch("one", 1), arch("two", 5));
    fs::write(&file, format!("cream 1\nuse {:?}\n{archs}", space)).unwrap();
    let run = folder.path().join("run");
    let short = ["EPOCHS=1", "WARMUP_EPOCHS=0"];
    finish(retrain_file(&file, &run, &short).args(["--arch", "two"]));
    let before = text(&run.join("result.json"));
    assert!(before.contains("\"two\""), "{before}");
    fs::remove_file(run.join("result.json")).unwrap();
    finish(&mut resume_retraining(&run));
    assert_eq!(text(&run.join("result.json")), before);
}

/// A short retraining that says nothing of `WARMUP_EPOCHS`.
fn short(run: &Path, more: &str) -> Command {
    let mut command = tool();
    command.args(["retrain", "spaces/tiny.cream", "--device", "cpu"]);
    command.args(["--data", "examples/fashion-mnist", "--seed", "11", "--out"]);
    command.arg(run);
    let settings = [
        "INPUT_ARCH=[[0],[2,0],[2],[0]]",
        "LR=0.01",
        "DATASET.BATCH_SIZE=16",
        "DATASET.IMAGES_PER_CLASS=20",
        "NET.EMA.USE=False",
    ];
    for setting in settings.iter().chain(&[more]) {
        command.args(["--set", setting]);
    }
    command
}

/// Makes the folder say the default of `WARMUP_EPOCHS`, as it was written before it said what was used.
fn say_the_default(run: &Path) {
    let older = |text: &str| text.replace("WARMUP_EPOCHS: 0.0", "WARMUP_EPOCHS: 3.0");
    let settings = run.join("settings.yaml");
    let now = text(&settings);
    assert_ne!(older(&now), now);
    fs::write(&settings, older(&now)).unwrap();
    let file = store(run).path(newest_step(run));
    let mut contents = checkpoint::load(&file).unwrap();
    let words = older(&contents.about["settings"]);
    contents.about.insert("settings".to_owned(), words);
    let tensors = contents
        .tensors
        .into_iter()
        .map(|(name, tensor)| NamedTensor {
            name: name.into(),
            tensor,
        });
    let tensors: Vec<NamedTensor> = tensors.collect();
    checkpoint::save(&file, &tensors, &contents.about).unwrap();
}

/// A copy of a finished run, as if it had been killed after the oldest checkpoint that it keeps: an epoch or two
/// before its end.
fn killed_early(finished: &Path) -> (TempDir, PathBuf) {
    let (folder, run) = killed(finished);
    let store = store(&run);
    let steps = store.steps().unwrap();
    let [_, later @ ..] = steps.as_slice() else {
        panic!("no checkpoint")
    };
    assert!(!later.is_empty(), "{steps:?}");
    for &step in later {
        fs::remove_file(store.path(step)).unwrap();
    }
    (folder, run)
}

#[test]
fn a_retraining_whose_warm_up_was_left_at_its_default_goes_on() {
    for more in ["EPOCHS=2", "WARMUP_STEPS=5"] {
        let folder = tempfile::tempdir().unwrap();
        let unbroken = folder.path().join("run");
        let epochs = if more == "EPOCHS=2" { more } else { "EPOCHS=4" };
        finish(short(&unbroken, more).args(["--set", epochs]));
        for older in [false, true] {
            let (_folder, run) = killed_early(&unbroken);
            if older {
                say_the_default(&run);
            }
            finish(&mut resume_retraining(&run));
            assert_equal_runs(&unbroken, &run);
        }
    }
}

#[test]
fn whether_memory_is_pinned_may_change_in_a_retraining_under_way() {
    let (_folder, run) = killed_early(whole());
    let settings = run.join("settings.yaml");
    let own = text(&settings);
    let other = own.replace("PIN_MEM: true", "PIN_MEM: false");
    assert_ne!(other, own);
    fs::write(&settings, other).unwrap();
    finish(&mut resume_retraining(&run));
    assert_equal_runs(whole(), &run);
}
