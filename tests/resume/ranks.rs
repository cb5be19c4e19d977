//! Trainings of several processes over Gloo: equal on all, ended by the death of one, gone on with.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::common::folder as images;
pub use super::common::port::free_port;
use super::common::skip::skip;
use super::tool::{
    Running, assert_equal_runs, assert_last_is_whole, errors, finish, newest_step, refused, resume,
    resume_retraining, retrain, search, search_of, search_on, store, text, tool,
};

/// Half the images for each of two: as many steps as one process makes.
pub const HALF: &str = "DATASET.BATCH_SIZE=8";

/// Three epochs of 12 steps.
pub const SHORT: [&str; 3] = [HALF, "EPOCHS=3", "SUPERNET.PICK=board"];

pub fn two(mut command: Command) -> Command {
    command.args(["--nproc-per-node", "2"]);
    command
}

pub fn short(run: &Path) -> Command {
    two(search(run, &SHORT))
}

/// The processes that a process started, rank 0 first.
pub fn children(of: &Running) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{}/task", of.0.id())).unwrap();
    let mut found: Vec<u32> = tasks
        .flat_map(|task| {
            let text = text(&task.unwrap().path().join("children"));
            let numbers = text.split_whitespace().map(|one| one.parse().unwrap());
            numbers.collect::<Vec<u32>>()
        })
        .collect();
    found.sort_unstable();
    found
}

/// Sends a signal with the system's own tool.
pub fn signal(name: &str, process: u32) {
    let status = Command::new("kill")
        .args([name, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// Starts a training and waits until it has saved step `step` or a later one.
pub fn until_step(run: &Path, step: u64, command: &mut Command) -> Running {
    until(|| newest_step(run) >= step, command)
}

/// Starts a training and waits until its folder is as `there` asks.
pub fn until(there: impl Fn() -> bool, command: &mut Command) -> Running {
    let running = Running::start(command);
    let since = Instant::now();
    while !there() {
        assert!(
            since.elapsed() < Duration::from_secs(240),
            "no step is saved"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    running
}

/// Waits for the end; exit code and what was said.
pub fn end(running: Running) -> (Option<i32>, String) {
    let mut running = std::mem::ManuallyDrop::new(running);
    let status = running.0.wait().unwrap();
    let mut said = String::new();
    let mut pipe = running.0.stderr.take().unwrap();
    std::io::Read::read_to_string(&mut pipe, &mut said).unwrap();
    (status.code(), said)
}

/// One of two ranks, as a launcher would start it, that waits a short time for the other.
fn rank(number: &str, port: u16, command: &mut Command) {
    launched(number, port, command);
    command.args(["--rank-timeout", "3"]);
}

/// One of two ranks, as a launcher would start it.
pub fn launched(number: &str, port: u16, command: &mut Command) {
    launched_of(number.parse().unwrap(), 2, port, command);
}

/// One of so many ranks, as a launcher would start it.
pub fn launched_of(rank: usize, world: usize, port: u16, command: &mut Command) {
    command.env("MASTER_ADDR", "127.0.0.1").envs([
        ("RANK", rank.to_string()),
        ("WORLD_SIZE", world.to_string()),
        ("LOCAL_RANK", rank.to_string()),
        ("MASTER_PORT", port.to_string()),
    ]);
}

#[test]
fn a_search_of_two_whose_rank_is_killed_goes_on_and_ends_as_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    // Before every checkpoint the ranks compare what it holds, bit by bit.
    finish(&mut short(&whole));
    assert_eq!(
        store(&whole)
            .newest()
            .unwrap()
            .found
            .unwrap()
            .contents
            .about["ranks"],
        "2"
    );

    let running = until_step(&run, 14, &mut short(&run));
    signal("-KILL", children(&running)[1]);
    let (code, said) = end(running);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("rank 1 was ended by signal 9"), "{said}");
    let named = said.contains("rank 1 (") && said.contains("answers no more");
    assert!(named && said.contains("this is rank 0 of 2"), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains("rank 1 failed first"), "{said}");
    finish(&mut two(resume(&run)));
    assert_equal_runs(&whole, &run);
}

/// The first epoch's loss of a finished search.
fn first_loss(run: &Path) -> f64 {
    let metrics = text(&run.join("metrics.jsonl"));
    let first = metrics.lines().next().expect("an epoch is written");
    let line: serde_json::Value = serde_json::from_str(first).unwrap();
    line["loss"].as_f64().unwrap()
}

#[test]
fn norms_over_two_ranks_train_as_one_process_with_both_their_images() {
    let folder = tempfile::tempdir().unwrap();
    let [one, synced, apart] = ["one", "synced", "apart"].map(|name| folder.path().join(name));
    // The second epoch has a teacher and meta updates.
    let both = ["EPOCHS=2", "SUPERNET.PICK=board"];
    finish(&mut search(&one, &both));
    let sync = [both[0], both[1], HALF, "BATCHNORM.SYNC_BN=True"];
    // Before every checkpoint, the last one too, the ranks compare what it holds, bit by bit.
    finish(&mut two(search(&synced, &sync)));
    finish(&mut two(search(&apart, &sync[..3])));
    let [one, synced, apart] = [one, synced, apart].map(|run| first_loss(&run));
    let [near, far] = [synced, apart].map(|loss| (loss - one).abs());
    assert!(near < 1e-3 && far > 10.0 * near, "{one} {synced} {apart}");
}

#[test]
fn a_stopped_rank_ends_the_others_within_the_time_out_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = short(&run);
    command.args(["--rank-timeout", "3"]);
    let running = until_step(&run, 4, &mut command);
    signal("-STOP", children(&running)[1]);
    let since = Instant::now();
    let (code, said) = end(running);
    assert!(since.elapsed() < Duration::from_secs(60), "{said}");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("rank 1 (") && said.contains("answers no more"),
        "{said}"
    );
    assert_last_is_whole(&run);
}

#[test]
fn ctrl_c_reaches_all_and_another_number_of_processes_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let running = until_step(&run, 14, &mut short(&run));
    signal("-INT", running.0.id());
    let (code, said) = end(running);
    assert_eq!(code, Some(0), "{said}");
    let output = finish(&mut resume(&run));
    let said = errors(&output);
    assert!(
        said.contains("made by 2 process(es) and goes on with 1"),
        "{said}"
    );
    let metrics = text(&run.join("metrics.jsonl"));
    let epochs: Vec<u64> = metrics
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| line["epoch"].as_u64().unwrap())
        .collect();
    assert_eq!(epochs, [1, 2, 3]);
}

#[test]
fn a_retraining_of_two_goes_on_after_it_was_killed_and_tests_every_image_once() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    let start = |run: &Path| two(retrain(run, &[HALF, "EPOCHS=2"]));
    finish(&mut start(&whole));
    let mut running = until_step(&run, 14, &mut start(&run));
    let ranks = children(&running);
    // They end with the process that started them, at the step they are at.
    running.kill();
    drop(running);
    until_gone(&ranks);
    assert!(newest_step(&run) < 24, "they went on alone");
    finish(&mut two(resume_retraining(&run)));
    assert_equal_runs(&whole, &run);
    let result: serde_json::Value = serde_json::from_str(&text(&run.join("result.json"))).unwrap();
    assert_eq!(result["test"]["images"], 2000);
}

/// Waits until these processes, whose launcher is gone, have ended.
#[track_caller]
fn until_gone(ranks: &[u32]) {
    let since = Instant::now();
    let lives = |rank: &u32| Path::new(&format!("/proc/{rank}")).exists();
    while ranks.iter().any(lives) {
        assert!(
            since.elapsed() < Duration::from_secs(120),
            "ranks without a launcher live on"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_missing_peer_and_a_port_in_use_are_errors_with_a_cure() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut first = search(&run, &SHORT);
    rank("0", free_port(), &mut first);
    let said = refused(&mut first);
    assert!(said.contains("of 2 ranks, 1 did not come"), "{said}");

    let mut second = search(&run, &SHORT);
    rank("1", free_port(), &mut second);
    let said = refused(&mut second);
    assert!(said.contains("rank 1 found nobody at 127.0.0.1:"), "{said}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut first = search(&run, &SHORT);
    rank("0", taken.local_addr().unwrap().port(), &mut first);
    let said = refused(&mut first);
    assert!(
        said.contains("rank 0 cannot serve") && said.contains("MASTER_PORT"),
        "{said}"
    );
    assert!(!run.exists(), "nothing was made");
}

#[test]
fn ranks_that_count_differently_are_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut first = search(&folder.path().join("one"), &SHORT);
    rank("0", port, &mut first);
    let mut second = search(&folder.path().join("two"), &SHORT);
    rank("1", port, &mut second);
    second.env("WORLD_SIZE", "3");
    let first = Running::start(&mut first);
    let second = Running::start(&mut second);
    let [(one, first), (two, second)] = [end(first), end(second)];
    assert_eq!((one, two), (Some(2), Some(2)), "{first}\n{second}");
    assert!(
        first.contains("WORLD_SIZE must be the same everywhere"),
        "{first}"
    );
}

#[test]
fn ranks_that_are_started_with_different_settings_are_told_which() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let start = |number: &str, epochs: &str| {
        let settings = [HALF, epochs, "SUPERNET.PICK=board"];
        let mut command = search(&folder.path().join("run"), &settings);
        rank(number, port, &mut command);
        Running::start(&mut command)
    };
    let both = [start("0", "EPOCHS=3"), start("1", "EPOCHS=4")];
    let [(one, first), (two, second)] = both.map(end);
    assert_eq!((one, two), (Some(2), Some(2)), "{first}\n{second}");
    let named = "rank 1 has `EPOCHS: 4` where rank 0 has `EPOCHS: 3`";
    assert!(second.contains(named), "{second}");
    assert!(first.contains("rank 1"), "{first}");
}

#[test]
fn ranks_that_find_as_many_images_but_others_are_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let start = |number: &str| {
        let own = folder.path().join(number);
        fs::create_dir(&own).unwrap();
        let data = images::images(&own);
        if number == "1" {
            let class = data.join("train/one");
            fs::rename(class.join("cmyk.jpg"), class.join("other.jpg")).unwrap();
        }
        let file = images::network(folder.path()).file.unwrap();
        let mut command = tool();
        command.arg("retrain").arg(file).args(["--device", "cpu"]);
        command.arg("--data").arg(data);
        command.args(["--set", "DATASET.BATCH_SIZE=2"]);
        command.arg("--out").arg(folder.path().join("run"));
        rank(number, port, &mut command);
        Running::start(&mut command)
    };
    let [(one, first), (two, second)] = [start("0"), start("1")].map(end);
    assert_eq!((one, two), (Some(2), Some(2)), "{first}\n{second}");
    let named =
        second.contains("rank 1 has `10 train images, whose names and classes have the hash");
    assert!(named, "{second}");
    assert!(first.contains("rank 1 ("), "{first}");
}

#[test]
fn a_wrong_text_ends_several_ranks_as_it_ends_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.cream");
    fs::write(&file, "cream 1\n\nspace wrong {\n").unwrap();
    let wrong = || search_of(file.to_str().unwrap(), &folder.path().join("run"), &SHORT);
    let one = wrong().output().unwrap();
    let several = two(wrong()).output().unwrap();
    let codes = [&one, &several].map(|output| output.status.code());
    assert_eq!(codes, [Some(1), Some(1)], "{}", errors(&several));
    assert!(
        errors(&several).contains(&errors(&one)),
        "{}",
        errors(&several)
    );
}

#[test]
fn a_wrong_text_of_one_rank_alone_is_told_by_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.cream");
    fs::write(&file, "cream 1\n\nspace wrong {\n").unwrap();
    let port = free_port();
    let ranks = ["0", "1"].map(|number| {
        let file = match number {
            "0" => "spaces/tiny.cream",
            _ => file.to_str().unwrap(),
        };
        let mut command = search_of(file, &folder.path().join("run"), &SHORT);
        launched(number, port, &mut command);
        command.args(["--rank-timeout", "60"]);
        Running::start(&mut command)
    });
    let [(first, said), (second, _)] = ranks.map(end);
    assert_eq!((first, second), (Some(2), Some(1)), "{said}");
    let named = said.contains("rank 1 (") && said.contains("wrong.cream:");
    assert!(
        named && said.contains("1 message(s) about the text"),
        "{said}"
    );
}

#[test]
fn batches_of_all_ranks_that_need_more_images_than_there_are_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // Enough for one process, not for two.
    let few = ["DATASET.BATCH_SIZE=60", "DATASET.IMAGES_PER_CLASS=10"];
    let said = refused(&mut two(retrain(&run, &few)));
    assert!(
        said.contains("fewer than `DATASET.BATCH_SIZE`, 60"),
        "{said}"
    );
    assert!(!run.exists(), "nothing was made");
}

#[test]
fn a_second_command_in_the_folder_of_one_that_runs_is_refused_and_disturbs_it_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let running = until_step(&run, 4, &mut short(&run));
    let said = refused(&mut short(&run));
    assert!(said.contains("is not empty; name a new folder"), "{said}");
    let (code, said) = end(running);
    assert_eq!(code, Some(0), "{said}");
    assert_last_is_whole(&run);
}

#[test]
fn a_launcher_that_is_told_to_end_takes_its_ranks_along_and_the_last_checkpoint_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let endless = [HALF, "EPOCHS=1000", "SUPERNET.PICK=board"];
    let running = until_step(&run, 4, &mut two(search(&run, &endless)));
    let ranks = children(&running);
    signal("-TERM", running.0.id());
    let (code, said) = end(running);
    // As Ctrl-C does: the step is finished and saved.
    assert_eq!(code, Some(0), "{said}");
    until_gone(&ranks);
    assert_last_is_whole(&run);
}

#[test]
fn gpus_that_are_not_there_are_refused_by_every_rank() {
    if creamc_torch::cuda_devices() > 0 {
        skip("there are GPUs here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = two(search_on("cuda", &folder.path().join("run"), &SHORT));
    let since = Instant::now();
    let said = refused(&mut command);
    assert!(since.elapsed() < Duration::from_secs(60), "{said}");
    for rank in 0..2 {
        let own = format!("rank {rank} of 2 has no GPU");
        assert!(said.contains(&own), "{said}");
    }
}

#[test]
fn half_an_environment_and_commands_of_one_process_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut half = search(&folder.path().join("run"), &SHORT);
    half.envs([("RANK", "0"), ("WORLD_SIZE", "2")]);
    let said = refused(&mut half);
    assert!(
        said.contains("LOCAL_RANK, MASTER_ADDR, MASTER_PORT is not"),
        "{said}"
    );

    let mut dry = search(&folder.path().join("run"), &SHORT);
    dry.arg("--dry-run");
    rank("0", free_port(), &mut dry);
    let said = refused(&mut dry);
    assert!(said.contains("runs in one process"), "{said}");
}
