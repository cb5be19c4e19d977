//! One process of a launcher: it joins a group of its own, does all that several do, and finds what a process without a
//! launcher finds, bit by bit.

use std::path::Path;
use std::process::Command;

use super::launchers::{launcher, under};
use super::ranks::{free_port, launched_of};
use super::tool::{assert_equal_runs, finish, retrain, search};

/// Two epochs of 12 steps, the second with a board.
const SHORTEST: [&str; 2] = ["EPOCHS=2", "SUPERNET.PICK=board"];

/// How one process is started.
type Start = fn(Command) -> Command;

fn by_creamc(mut command: Command) -> Command {
    command.args(["--nproc-per-node", "1"]);
    command
}

/// What a launcher of PyTorch's kind sets, rank 0 serves the store.
fn by_hand(mut command: Command) -> Command {
    launched_of(0, 1, free_port(), &mut command);
    command
}

/// In a shell that srun opened; the address and the port of the whole job are nothing to it.
fn by_srun(mut command: Command) -> Command {
    command.envs([
        ("SLURM_STEP_ID", "0"),
        ("SLURM_NTASKS", "1"),
        ("SLURM_PROCID", "0"),
        ("SLURM_LOCALID", "0"),
        ("MASTER_ADDR", "192.0.2.1"),
    ]);
    command
}

#[test]
fn a_search_of_one_rank_finds_what_a_process_without_a_launcher_finds() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str| folder.path().join(name);
    finish(&mut search(&run("plain"), &SHORTEST));
    let mut starts: Vec<(&str, Start)> =
        vec![("creamc", by_creamc), ("hand", by_hand), ("srun", by_srun)];
    if launcher("torchrun").is_some() {
        starts.push(("torchrun", by_torchrun));
    }
    for (name, start) in starts {
        finish(&mut start(search(&run(name), &SHORTEST)));
        assert_equal_runs(&run("plain"), &run(name));
    }
}

fn by_torchrun(command: Command) -> Command {
    let torchrun = launcher("torchrun").expect("it was found before");
    let arguments = ["--no-python", "--standalone", "--nproc-per-node", "1"];
    under(&torchrun, &arguments, &command)
}

#[test]
fn a_retraining_of_one_rank_finds_what_a_process_without_a_launcher_finds() {
    let folder = tempfile::tempdir().unwrap();
    let [plain, joined] = ["plain", "joined"].map(|name| folder.path().join(name));
    let start = |run: &Path| retrain(run, &["EPOCHS=2"]);
    finish(&mut start(&plain));
    finish(&mut by_creamc(start(&joined)));
    assert_equal_runs(&plain, &joined);
}

#[test]
fn what_runs_in_one_process_runs_as_the_only_one_of_a_launcher() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = by_hand(search(&folder.path().join("run"), &SHORTEST));
    finish(command.arg("--dry-run"));
}
