//! Ranks that wait for each other: interrupted, hung in the middle, or come to another training's port.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::common::folder;
use super::ranks::{HALF, end, free_port, launched, signal, two};
use super::tool::{Running, assert_last_is_whole, finish, refused, search, text, tool};

/// Two epochs of 12 steps.
const SHORTEST: [&str; 3] = [HALF, "EPOCHS=2", "SUPERNET.PICK=board"];
/// SIGINT's bit in what a process catches, as Linux shows it.
const SIGINT: u64 = 1 << 1;

/// Waits until a process catches Ctrl-C itself.
fn until_it_catches(running: &Running) {
    let since = Instant::now();
    loop {
        let status = text(Path::new(&format!("/proc/{}/status", running.0.id())));
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
        if caught & SIGINT != 0 {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(240), "it never does");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn ctrl_c_ends_who_waits_for_others_as_it_ends_a_training() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // Rank 0 serves a store where nobody comes; rank 1 finds none.
    for rank in ["0", "1"] {
        let mut command = search(&run, &SHORTEST);
        launched(rank, free_port(), &mut command);
        let running = Running::start(&mut command);
        until_it_catches(&running);
        signal("-INT", running.0.id());
        let (code, said) = end(running);
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.contains("stopped before all ranks had come; nothing was begun"),
            "{said}"
        );
        assert!(!run.exists(), "nothing was made");
    }
    // Whatever its ranks are at: starting, joining or training.
    let running = Running::start(&mut two(search(&run, &SHORTEST)));
    until_it_catches(&running);
    signal("-INT", running.0.id());
    let (code, said) = end(running);
    assert_eq!(code, Some(0), "{said}");
}

/// A rank of two, as srun starts it in this job.
fn of_job(job: &str, rank: &str, port: u16, run: &Path) -> Command {
    let mut command = search(run, &SHORTEST);
    command.envs([
        ("SLURM_JOB_ID", job),
        ("SLURM_STEP_ID", "0"),
        ("SLURM_NNODES", "1"),
        ("SLURM_NTASKS", "2"),
        ("SLURM_PROCID", rank),
        ("SLURM_LOCALID", rank),
    ]);
    command.env("MASTER_PORT", port.to_string());
    command
}

#[test]
fn a_rank_that_comes_to_the_port_of_another_job_is_refused_and_that_job_trains_on() {
    let folder = tempfile::tempdir().unwrap();
    let [run, other] = ["run", "other"].map(|name| folder.path().join(name));
    let port = free_port();
    let first = Running::start(&mut of_job("7", "0", port, &run));
    let said = refused(&mut of_job("8", "1", port, &other));
    let named = said.contains(&format!("job 8.0 came to 127.0.0.1:{port}"))
        && said.contains("the ranks of job 7.0");
    assert!(named && said.contains("MASTER_PORT"), "{said}");
    finish(&mut of_job("7", "1", port, &run));
    let (code, said) = end(first);
    assert_eq!(code, Some(0), "{said}");
    assert_last_is_whole(&run);
}

#[test]
fn a_launcher_takes_a_free_port_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    // Two at a time, and the port that a user named for other launchers is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let start = |name: &str| {
        let mut command = two(search(&folder.path().join(name), &SHORTEST));
        Running::start(command.env("MASTER_PORT", &port))
    };
    for running in [start("one"), start("other")] {
        let (code, said) = end(running);
        assert_eq!(code, Some(0), "{said}");
    }
}

/// Makes pipes that nobody writes to of all images to train on: who reads one waits for ever.
fn hang(data: &Path) {
    for class in fs::read_dir(data.join("train")).unwrap() {
        for image in fs::read_dir(class.unwrap().path()).unwrap() {
            let image = image.unwrap().path();
            fs::remove_file(&image).unwrap();
            assert!(
                Command::new("mkfifo")
                    .arg(&image)
                    .status()
                    .unwrap()
                    .success()
            );
        }
    }
}

#[test]
fn a_rank_whose_data_hang_though_its_heart_beats_is_named_with_its_step() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let start = |rank: &str| {
        let own = folder.path().join(rank);
        fs::create_dir(&own).unwrap();
        let data = folder::images(&own);
        if rank == "1" {
            hang(&data);
        }
        // The same file on both, since ranks compare where it lies as well.
        let file = folder::network(folder.path()).file.unwrap();
        let mut command = tool();
        command.arg("retrain").arg(file).args(["--device", "cpu"]);
        command.arg("--data").arg(data);
        command.arg("--out").arg(folder.path().join("run"));
        for setting in ["EPOCHS=1", "WARMUP_EPOCHS=0", "DATASET.BATCH_SIZE=2"] {
            command.args(["--set", setting]);
        }
        launched(rank, port, &mut command);
        command.args(["--rank-timeout", "30"]);
        Running::start(&mut command)
    };
    let [first, _hangs] = ["0", "1"].map(start);
    let (code, said) = end(first);
    assert_eq!(code, Some(2), "{said}");
    let named = said.contains("rank 1 (") && said.contains("is alive but has made no progress for");
    assert!(named && said.contains("(step 1)"), "{said}");
}
