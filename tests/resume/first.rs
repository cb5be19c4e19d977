//! Three ranks; and rank 0 lost while it serves the store where all meet: the others name it, not the store.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::ranks::{HALF, children, end, free_port, launched_of, signal, until_step};
use super::tool::{
    Running, assert_equal_runs, assert_last_is_whole, finish, resume, search, store,
};

/// A run that nobody sees the end of.
const ENDLESS: [&str; 3] = [HALF, "EPOCHS=1000", "SUPERNET.PICK=board"];

/// Three ranks as a launcher would start them, rank 0 serving the store, that have saved step 4 or a later one.
fn three(run: &Path) -> Vec<Running> {
    let port = free_port();
    let start = |rank: usize| {
        let mut command = search(run, &ENDLESS);
        launched_of(rank, 3, port, &mut command);
        command.args(["--rank-timeout", "30"]);
        command
    };
    let mut ranks = vec![Running::start(&mut start(0)), Running::start(&mut start(1))];
    ranks.push(until_step(run, 4, &mut start(2)));
    ranks
}

/// What the other two said, which ended with an error.
#[track_caller]
fn others(ranks: Vec<Running>) -> Vec<String> {
    let others = ranks.into_iter().map(|rank| {
        let (code, said) = end(rank);
        assert_eq!(code, Some(2), "{said}");
        said
    });
    others.collect()
}

#[track_caller]
fn assert_first_is_named(said: &[String], run: &Path) {
    for said in said {
        let named = said.contains("rank 0 (") && said.contains("which serves the store");
        assert!(named, "{said}");
    }
    assert_last_is_whole(run);
}

#[test]
fn three_ranks_end_equal_also_when_one_was_killed_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    let three = ["--nproc-per-node", "3"];
    let start = |run: &Path| {
        let mut command = search(run, &[HALF, "EPOCHS=4", "SUPERNET.PICK=board"]);
        command.args(three);
        command
    };
    // Before every checkpoint, the last one too, the ranks compare what it holds, bit by bit.
    finish(&mut start(&whole));
    let saved = store(&whole).newest().unwrap().found.unwrap();
    assert_eq!(saved.contents.about["ranks"], "3");

    let running = until_step(&run, 10, &mut start(&run));
    signal("-KILL", children(&running)[2]);
    let (code, said) = end(running);
    assert_eq!(code, Some(2), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(
        last.contains("rank 2 failed first: it was ended by signal 9"),
        "{said}"
    );
    finish(resume(&run).args(three));
    assert_equal_runs(&whole, &run);
}

#[test]
fn rank_0_that_is_killed_with_its_store_is_named_by_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut ranks = three(&run);
    ranks.remove(0).kill();
    assert_first_is_named(&others(ranks), &run);
}

#[test]
fn rank_0_that_is_stopped_with_its_store_is_named_by_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut ranks = three(&run);
    let first = ranks.remove(0);
    signal("-STOP", first.0.id());
    assert_first_is_named(&others(ranks), &run);
}

#[test]
fn an_error_of_rank_0_is_told_by_the_others_though_its_store_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let ranks = three(&run);
    // No checkpoint can be written any more: only rank 0 does.
    fs::rename(run.join("checkpoint"), run.join("before")).unwrap();
    let since = Instant::now();
    while fs::write(run.join("checkpoint"), "a file").is_err() {
        // A checkpoint came in between, and made its folder.
        assert!(since.elapsed() < Duration::from_secs(240));
        fs::remove_dir_all(run.join("checkpoint")).unwrap();
    }
    let said = others(ranks);
    for of_other in &said[1..] {
        let named = of_other.contains("rank 0 (") && of_other.contains(") ended: ");
        assert!(named && of_other.contains("checkpoint"), "{said:?}");
    }
}
