use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::super::{Launcher, StoreOwner};
use super::*;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(600);

fn seat(rank: usize, world: usize) -> Seat {
    Seat {
        rank,
        world,
        local: rank,
        host: "127.0.0.1".to_owned(),
        port: 0,
        store: StoreOwner::Launcher,
        launcher: Launcher::Torchrun,
        job: "night".to_owned(),
    }
}

/// Calls by several ranks at once, each so many milliseconds late.
fn calls(store: &Store, late: &[(usize, u64)], timeout: Duration) -> Vec<Result<Roll, String>> {
    let world = late.iter().map(|(rank, _)| rank + 1).max().unwrap();
    thread::scope(|scope| {
        let start = |&(rank, late): &(usize, u64)| {
            let store = store.another().unwrap();
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(late));
                call(&store, &seat(rank, world), timeout, &|| false)
                    .map_err(|error| error.to_string())
            })
        };
        let threads: Vec<_> = late.iter().map(start).collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn serve() -> Store {
    Store::open("127.0.0.1", 0, true, LONG).unwrap()
}

/// What all of them found, which must be one and the same.
#[track_caller]
fn agreed(found: Vec<Result<Roll, String>>) -> Roll {
    let mut rolls = found.into_iter().map(Result::unwrap);
    let first = rolls.next().unwrap();
    assert!(rolls.all(|roll| roll == first));
    first
}

#[test]
fn every_start_in_one_store_finds_its_own_ranks() {
    let store = serve();
    let first = agreed(calls(&store, &[(0, 0), (1, 0), (2, 0)], LONG));
    assert_eq!(first.names.len(), 3);
    assert!(first.names[2].contains(", process "), "{:?}", first.names);
    // Rank 0 comes first and finds lines of the dead, then last and is waited for.
    for late in [[(0, 0), (1, 300), (2, 100)], [(0, 300), (1, 0), (2, 0)]] {
        let next = agreed(calls(&store, &late, LONG));
        assert_ne!(next.start, first.start);
    }
}

#[test]
fn fewer_ranks_than_before_find_each_other() {
    let store = serve();
    agreed(calls(&store, &[(0, 0), (1, 0), (2, 0)], LONG));
    let fewer = agreed(calls(&store, &[(0, 0), (1, 300)], LONG));
    assert_eq!(fewer.names.len(), 2);
}

#[test]
fn a_line_of_an_earlier_start_is_waited_for_and_a_new_one_that_counts_otherwise_is_refused_at_once()
{
    let store = serve();
    agreed(calls(&store, &[(0, 0), (1, 0), (2, 0)], LONG));
    // Rank 1 comes late in the time that it has.
    let late = Duration::from_secs(8);
    let fewer = agreed(calls(&store, &[(0, 0), (1, 5000)], late));
    assert_eq!(fewer.names.len(), 2);

    let since = Instant::now();
    let start = |rank: usize, world: usize, milliseconds: u64| {
        let store = store.another().unwrap();
        move || {
            thread::sleep(Duration::from_millis(milliseconds));
            let timeout = Duration::from_secs(if rank == 0 { 60 } else { 1 });
            call(&store, &seat(rank, world), timeout, &|| false)
        }
    };
    thread::scope(|scope| {
        let first = scope.spawn(start(0, 2, 0));
        scope.spawn(start(1, 3, 300));
        let error = first.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("rank 0 counts 2 ranks, rank 1"), "{error}");
    });
    assert!(since.elapsed() < LONG);
}

#[test]
fn who_is_missing_is_named_though_the_store_remembers_it() {
    let store = serve();
    for _ in 0..2 {
        let found = calls(&store, &[(0, 0), (2, 0)], SHORT);
        for error in found.into_iter().map(Result::unwrap_err) {
            assert!(error.contains("of 3 ranks, 1 did not come"), "{error}");
        }
        agreed(calls(&store, &[(0, 0), (1, 0), (2, 0)], LONG));
    }
    let alone = calls(&store, &[(2, 0)], SHORT).swap_remove(0).unwrap_err();
    assert!(alone.contains("of 3 ranks, 0 did not come"), "{alone}");
}

#[test]
fn two_that_say_they_are_the_same_rank_are_told_so() {
    let store = serve();
    let found = calls(&store, &[(1, 0), (1, 100)], Duration::from_secs(2));
    let errors: Vec<String> = found.into_iter().map(Result::unwrap_err).collect();
    assert!(
        errors[0].contains("two processes say that they are rank 1"),
        "{errors:?}"
    );
}

#[test]
fn a_rank_of_another_job_is_refused_and_disturbs_nobody() {
    let store = serve();
    let stranger = Seat {
        job: "day".to_owned(),
        ..seat(1, 2)
    };
    let call = |seat: Seat| {
        let store = store.another().unwrap();
        move || call(&store, &seat, LONG, &|| false).map_err(|error| error.to_string())
    };
    thread::scope(|scope| {
        let first = scope.spawn(call(seat(0, 2)));
        // It may be there before the store has a name, and after.
        for _ in 0..2 {
            let error = scope.spawn(call(stranger.clone())).join().unwrap();
            let error = error.unwrap_err();
            let named = error.contains("rank 1 of job day came to 127.0.0.1:0")
                && error.contains("the ranks of job night")
                && error.contains("MASTER_PORT");
            assert!(named, "{error}");
        }
        let second = scope.spawn(call(seat(1, 2))).join().unwrap();
        assert_eq!(first.join().unwrap().unwrap(), second.unwrap());
    });
}

#[test]
fn a_stop_ends_who_waits_and_rank_0_takes_those_along_that_have_answered() {
    let store = serve();
    let call = |rank: usize, stop: bool| {
        let store = store.another().unwrap();
        move || call(&store, &seat(rank, 3), LONG, &|| stop)
    };
    let stopped = || Err(RanksError::Interrupted);
    assert_eq!(call(1, true)(), stopped());
    assert_eq!(call(0, true)(), stopped());
    // Rank 2 leaves its line, and never answers.
    assert_eq!(call(2, true)(), stopped());
    let stop = AtomicBool::new(false);
    let asked = || stop.load(Ordering::Relaxed);
    thread::scope(|scope| {
        let first = store.another().unwrap();
        let first = scope.spawn(move || super::call(&first, &seat(0, 3), LONG, &asked));
        let second = scope.spawn(call(1, false));
        while store.get("creamc/of night/answered/1").unwrap().is_none() {
            thread::sleep(LOOK);
        }
        stop.store(true, Ordering::Relaxed);
        assert_eq!(first.join().unwrap(), stopped());
        assert_eq!(second.join().unwrap(), stopped());
    });
}
