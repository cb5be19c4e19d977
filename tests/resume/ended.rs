//! Kills and stops at any moment, and what the run ends with all the same.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::tool::{
    Running, STEPS, assert_equal_runs, errors, finish, newest_step, resume, search, text, unbroken,
};

#[test]
fn a_run_killed_at_twenty_moments_ends_bit_by_bit_as_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let kills = Kills {
        least: 20,
        most: 22,
        seed: 5,
    };
    let start = |run: &Path| search(run, &[]);
    kills.until_the_end((unbroken(), &run), STEPS, start, resume);
}

#[test]
fn a_search_as_the_released_code_makes_it_goes_on_after_kills() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    let released = [
        "SUPERNET.VARIANT=released",
        "SUPERNET.PICK=board",
        "EPOCHS=3",
    ];
    let start = |run: &Path| search(run, &released);
    finish(&mut start(&whole));
    let kills = Kills {
        least: 4,
        most: 6,
        seed: 6,
    };
    kills.until_the_end((&whole, &run), 36, start, resume);
}

/// Runs that may be needed to kill often enough.
const RUNS: usize = 8;
/// Kills behind the last checkpoint, where a run judges, evolves and writes its results.
const LATE: usize = 4;

/// How often a run is killed before its last checkpoint; up to [`LATE`] times more behind it.
pub struct Kills {
    pub least: usize,
    pub most: usize,
    /// Draws the moments.
    pub seed: u64,
}

impl Kills {
    /// Starts a run of so many steps, kills it and goes on with it, again and again, until its end, and compares it with a
    /// `whole` one. On a busy machine it may be at its end before it was killed often enough: then another one begins.
    pub fn until_the_end(
        &self,
        (whole, run): (&Path, &Path),
        steps: u64,
        start: impl Fn(&Path) -> Command,
        resume: impl Fn(&Path) -> Command,
    ) {
        let go_on = || {
            if run.join("run.json").is_file() {
                return resume(run);
            }
            // It was killed before it had begun.
            if run.exists() {
                fs::remove_dir_all(run).unwrap();
            }
            start(run)
        };
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let (mut kills, mut late) = (0, 0);
        for _ in 0..RUNS {
            let goes_on = |late| newest_step(run) < steps || late < LATE;
            while !run.join("result.json").is_file() && goes_on(late) {
                let mut process = Running::start(&mut go_on());
                if kills < self.most && newest_step(run) < steps {
                    wait(&mut process, run, steps, &mut random);
                } else {
                    wait_late(&mut process, run, steps, &mut random);
                }
                if process.ended() {
                    break;
                }
                process.kill();
                match newest_step(run) < steps {
                    true => kills += 1,
                    false => late += 1,
                }
            }
            finish(&mut go_on());
            assert_equal_runs(whole, run);
            if kills >= self.least && late > 0 {
                return;
            }
            fs::remove_dir_all(run).unwrap();
        }
        panic!(
            "{RUNS} runs ended after {kills} kills before the last checkpoint and {late} behind it"
        );
    }
}

/// Until a random moment: after some more checkpoints, or at any time from the start on.
fn wait(process: &mut Running, run: &Path, steps: u64, random: &mut ChaCha8Rng) {
    if random.random_ratio(1, 5) {
        return std::thread::sleep(Duration::from_millis(random.random_range(0..900)));
    }
    let until = newest_step(run) + random.random_range(1..=4);
    wait_for(process, || newest_step(run) >= until.min(steps));
    std::thread::sleep(Duration::from_micros(random.random_range(0..30_000)));
}

/// Until a random moment behind the last checkpoint: after it is there, the run says that it goes on from it, or any result
/// is written, which takes longer than a step.
fn wait_late(process: &mut Running, run: &Path, steps: u64, random: &mut ChaCha8Rng) {
    let size = |name: &str| fs::metadata(run.join(name)).map_or(0, |file| file.len());
    let watched = ["log.txt", "evolution.jsonl", "best.cream"];
    let watched = watched[random.random_range(0..watched.len())];
    let before = size(watched);
    let already = newest_step(run) >= steps;
    wait_for(process, || {
        newest_step(run) >= steps && (!already || size(watched) != before)
    });
    std::thread::sleep(Duration::from_micros(random.random_range(0..200_000)));
}

/// Until `done`, the end of the process, or a minute.
fn wait_for(process: &mut Running, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() && !process.ended() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn ctrl_c_saves_after_its_step_and_the_run_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // Checkpoints after epochs only: the one in the middle of an epoch is that of the stop.
    let mut process = Running::start(&mut search(&run, &["RECOVERY_INTERVAL=0"]));
    let start = Instant::now();
    while newest_step(&run) < 24 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(60));
    let id = process.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(process.0.wait().unwrap().success());
    let stopped: serde_json::Value = serde_json::from_str(&text(&run.join("result.json"))).unwrap();
    assert_eq!(stopped["stopped"], true);
    let step = newest_step(&run);
    assert!((24..STEPS).contains(&step), "{step}");

    let output = finish(&mut resume(&run));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("stopped"));
    assert!(text(&run.join("log.txt")).contains(&format!("step {step} of epoch")));
    let whole = folder.path().join("whole");
    finish(&mut search(&whole, &["RECOVERY_INTERVAL=0"]));
    // The checkpoint of the stop is one more than the whole run has, until it is pruned.
    let own = run.join(format!("checkpoint/step-{step:08}.safetensors"));
    if !step.is_multiple_of(12) && own.is_file() {
        fs::remove_file(own).unwrap();
    }
    fs::remove_file(whole.join(format!("checkpoint/step-{:08}.safetensors", STEPS - 24))).ok();
    fs::remove_file(run.join(format!("checkpoint/step-{:08}.safetensors", STEPS - 24))).ok();
    assert_equal_runs(&whole, &run);
}

#[test]
fn a_finished_run_says_so_and_gives_its_result_again() {
    let run = unbroken();
    let before = text(&run.join("log.txt"));
    let output = finish(&mut resume(run));
    assert!(
        errors(&output).contains("is finished"),
        "{}",
        errors(&output)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("judge loss"));
    assert_eq!(text(&run.join("log.txt")), before);
}
