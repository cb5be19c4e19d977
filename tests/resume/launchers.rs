//! Two ranks started by the real `torchrun` and `mpirun`, and as `srun` starts them: they find what creamc's own launcher
//! does, bit by bit, and under torchrun a killed rank is started again by itself.
//!
//! `cargo xtask launchers` fetches both; a test that misses one says so and passes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::common::skip::skip;
use super::ranks::{SHORT, children, end, free_port, short, signal, until_step};
use super::tool::{
    Running, assert_equal_runs, copy, errors, finish, newest_step, repository, search, search_below,
};

/// The launcher of this name: the one of `cargo xtask launchers`, or the user's. Says so where there is none.
pub fn launcher(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = std::iter::once(repository(".launchers/bin"));
    let found = own
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        skip(&format!(
            "there is no {name}; `cargo xtask launchers` fetches it"
        ));
    }
    found
}

/// A command started by a launcher with these arguments.
pub fn under(launcher: &Path, arguments: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(launcher);
    outer
        .args(arguments)
        .arg(command.get_program())
        .args(command.get_args());
    outer
        .current_dir(repository(""))
        .env("OMP_NUM_THREADS", "1")
        // Containers run tests as root, which Open MPI refuses unless it is told twice.
        .envs(["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"].map(|name| (name, "1")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    outer
}

/// One of two torchruns of one rank each, as on two machines.
fn node(torchrun: &Path, number: &str, arguments: &[&str], command: &Command) -> Command {
    let mut all = vec!["--no-python", "--nnodes", "2", "--nproc-per-node", "1"];
    all.extend(["--node-rank", number]);
    all.extend(arguments);
    under(torchrun, &all, command)
}

/// What two ranks find that creamc started itself and nothing ended.
fn whole() -> &'static Path {
    static RUN: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        finish(&mut short(&run));
        (folder, run)
    });
    run
}

/// The rank of this number among the processes that a launcher started.
fn worker(launcher: &Running, rank: &str) -> u32 {
    let variable = format!("RANK={rank}");
    let is_it = |process: &u32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|one| one == variable.as_bytes())
    };
    children(launcher)
        .into_iter()
        .find(is_it)
        .expect("the rank runs")
}

#[test]
fn torchrun_on_one_machine_finds_what_creamc_finds() {
    let Some(torchrun) = launcher("torchrun") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let arguments = ["--no-python", "--standalone", "--nproc-per-node", "2"];
    finish(&mut under(&torchrun, &arguments, &search(&run, &SHORT)));
    assert_equal_runs(whole(), &run);
}

#[test]
fn two_torchruns_that_meet_at_a_port_find_what_creamc_finds() {
    let Some(torchrun) = launcher("torchrun") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let port = free_port().to_string();
    let meet = ["--master-addr", "127.0.0.1", "--master-port", &port];
    let start = |number| Running::start(&mut node(&torchrun, number, &meet, &search(&run, &SHORT)));
    for running in [start("0"), start("1")] {
        let (code, said) = end(running);
        assert_eq!(code, Some(0), "{said}");
    }
    assert_equal_runs(whole(), &run);
}

#[test]
fn mpirun_finds_what_creamc_finds() {
    let Some(mpirun) = launcher("mpirun") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let arguments = ["--oversubscribe", "-n", "2"];
    let mut command = under(&mpirun, &arguments, &search(&run, &SHORT));
    finish(command.env("MASTER_PORT", free_port().to_string()));
    assert_equal_runs(whole(), &run);
}

#[test]
fn what_srun_sets_makes_two_ranks_that_find_what_creamc_finds() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let port = free_port().to_string();
    let start = |rank: &str| {
        let mut command = search(&run, &SHORT);
        command.envs([
            ("SLURM_JOB_ID", "7"),
            ("SLURM_STEP_ID", "0"),
            ("SLURM_NNODES", "1"),
            ("SLURM_NTASKS", "2"),
            ("SLURM_PROCID", rank),
            ("SLURM_LOCALID", rank),
            ("MASTER_PORT", &port),
        ]);
        Running::start(&mut command)
    };
    for running in [start("0"), start("1")] {
        let (code, said) = end(running);
        assert_eq!(code, Some(0), "{said}");
    }
    assert_equal_runs(whole(), &run);
}

#[test]
fn torchrun_starts_a_killed_rank_again_and_the_run_ends_as_one_that_was_not() {
    let Some(torchrun) = launcher("torchrun") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    // No --out: the folder is named by the clock, and found again.
    let save = folder.path().join("runs");
    let run = || {
        fs::read_dir(&save)
            .ok()?
            .next()
            .map(|entry| entry.unwrap().path())
    };
    let mut arguments = vec!["--no-python", "--standalone", "--max-restarts", "1"];
    arguments.extend(["--nproc-per-node", "2"]);
    let mut command = under(&torchrun, &arguments, &search_below(&save, &SHORT));
    let running = Running::start(&mut command);
    let since = Instant::now();
    while run().is_none_or(|run| newest_step(&run) < 14) {
        assert!(
            since.elapsed() < Duration::from_secs(240),
            "no step is saved"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    signal("-KILL", worker(&running, "1"));
    let (code, said) = end(running);
    assert_eq!(code, Some(0), "{said}");
    let run = run().unwrap();
    let goes_on = format!(
        "started again by its launcher: goes on with {}",
        run.display()
    );
    assert!(said.contains(&goes_on), "{said}");
    assert_eq!(fs::read_dir(&save).unwrap().count(), 1);
    assert_equal_runs(whole(), &run);
}

#[test]
fn a_killed_rank_of_two_torchruns_starts_all_again_and_the_run_ends_as_one_that_was_not() {
    let Some(torchrun) = launcher("torchrun") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let meet = format!("127.0.0.1:{}", free_port());
    let arguments = [
        &["--rdzv-backend", "c10d", "--rdzv-endpoint", &meet][..],
        &["--rdzv-id", "creamc", "--max-restarts", "3"],
    ]
    .concat();
    let start = |number| node(&torchrun, number, &arguments, &search(&run, &SHORT));
    let first = Running::start(&mut start("0"));
    let second = until_step(&run, 14, &mut start("1"));
    signal("-KILL", children(&second)[0]);
    for running in [first, second] {
        let (code, said) = end(running);
        assert_eq!(code, Some(0), "{said}");
    }
    assert_equal_runs(whole(), &run);
}

#[test]
fn a_folder_of_another_run_is_refused_however_often_torchrun_starts_again() {
    let Some(torchrun) = launcher("torchrun") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    copy(whole(), &run);
    let before = fs::read(run.join("log.txt")).unwrap();
    let mut arguments = vec!["--no-python", "--standalone", "--max-restarts", "1"];
    arguments.extend(["--nproc-per-node", "2"]);
    let output = under(&torchrun, &arguments, &search(&run, &SHORT))
        .output()
        .unwrap();
    let said = errors(&output);
    assert!(!output.status.success(), "{said}");
    let refused = said.contains("is not empty; name a new folder");
    assert!(refused && !said.contains("goes on with"), "{said}");
    assert_eq!(fs::read(run.join("log.txt")).unwrap(), before);
}
