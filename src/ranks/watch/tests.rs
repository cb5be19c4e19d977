use std::sync::atomic::AtomicUsize;

use creamc_torch::group::{Alone, Pending, Reduce};
use tch::Tensor;

use super::*;

const LONG: Duration = Duration::from_secs(60);
const PACE: Pace = Pace {
    beat: Duration::from_millis(20),
    silent: 100,
    behind: 100,
    grace: 1_000_000,
    end: |_| unreachable!("nobody hangs here"),
};

/// A group whose operations never end by themselves; it remembers that it was aborted.
#[derive(Debug, Default)]
struct Hung(AtomicBool);

impl ProcessGroup for Hung {
    fn rank(&self) -> usize {
        0
    }
    fn world(&self) -> usize {
        2
    }
    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Pending, TorchError> {
        Alone.broadcast(tensor, root)
    }
    fn all_reduce(&self, tensor: &Tensor, how: Reduce) -> Result<Pending, TorchError> {
        Alone.all_reduce(tensor, how)
    }
    fn all_gather(&self, tensor: &Tensor) -> Result<Vec<Tensor>, TorchError> {
        Alone.all_gather(tensor)
    }
    fn barrier(&self) -> Result<(), TorchError> {
        while !self.0.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
        Err(TorchError("the group was aborted".to_owned()))
    }
    fn abort(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    fn is_broken(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
    fn gradients(&self, loss: &Tensor, parameters: &[Tensor]) -> Result<Vec<Tensor>, TorchError> {
        Alone.gradients(loss, parameters)
    }
    fn watched_sum(&self, tensor: &Tensor) -> Result<Tensor, TorchError> {
        Alone.watched_sum(tensor)
    }
}

fn watched(rank: usize, world: usize) -> Watched {
    let next = (rank + 1) % world;
    Watched {
        own: format!("alive/{rank}"),
        next: format!("alive/{next}"),
        next_name: format!("rank {next}"),
        silent: format!("rank {next} is silent"),
        lost: "lost".to_owned(),
        no_store: "no store".to_owned(),
        server: (rank != 0).then(|| "alive/0".to_owned()),
        progress: Arc::default(),
    }
}

fn serve() -> Store {
    Store::open("127.0.0.1", 0, true, LONG).unwrap()
}

/// Who is lost, once somebody is.
#[track_caller]
fn lost(watch: &Watch) -> String {
    let since = Instant::now();
    loop {
        if let Some(lost) = watch.lost() {
            return lost.to_owned();
        }
        assert!(since.elapsed() < LONG, "nobody is missed");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_waits_on_the_gpu_is_aborted_when_a_rank_is_silent_and_all_hear_of_it() {
    let store = serve();
    let mut ranks: Vec<Watch> = (0..3)
        .map(|rank| Watch::start(&store, watched(rank, 3), PACE).unwrap())
        .collect();
    let groups: Vec<Arc<Hung>> = (0..2).map(|_| Arc::default()).collect();
    for (rank, group) in ranks.iter().zip(&groups) {
        rank.abort_when_lost(Arc::clone(group) as Arc<dyn ProcessGroup>);
    }
    thread::sleep(PACE.beat * 150);
    assert!(ranks.iter().all(|rank| rank.lost().is_none()));
    drop(ranks.pop());
    for group in &groups {
        assert!(group.barrier().is_err());
    }
    // Rank 1 looks at rank 2, and rank 0 is told.
    for rank in &ranks {
        assert_eq!(lost(rank), "rank 2 is silent");
    }
}

#[test]
fn a_store_that_is_gone_is_a_loss_but_not_at_the_end() {
    let store = serve();
    let port = store.port();
    let start = |rank| {
        let own = Store::open("127.0.0.1", port, false, LONG).unwrap();
        Watch::start(&own, watched(rank, 2), PACE).unwrap()
    };
    let (at_its_end, training) = (start(0), start(1));
    at_its_end.stop();
    drop(store);
    assert_eq!(lost(&training), "no store");
    assert_eq!(at_its_end.lost(), None);
}

#[test]
fn a_process_that_hangs_though_all_was_aborted_is_ended() {
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    let pace = Pace {
        grace: 3,
        end: |why| {
            assert_eq!(why, "rank 1 is silent");
            ENDED.fetch_add(1, Ordering::Relaxed);
        },
        ..PACE
    };
    let store = serve();
    let watch = Watch::start(&store, watched(0, 2), pace).unwrap();
    let since = Instant::now();
    while ENDED.load(Ordering::Relaxed) == 0 {
        assert!(since.elapsed() < LONG, "it hangs on");
        thread::sleep(Duration::from_millis(5));
    }
    drop(watch);
    assert_eq!(ENDED.load(Ordering::Relaxed), 1);
}

#[test]
fn a_rank_that_lives_and_keeps_the_others_waiting_is_told_to_all_with_its_step() {
    let store = serve();
    let all: Vec<Watched> = (0..3).map(|rank| watched(rank, 3)).collect();
    let progress: Vec<_> = all.iter().map(|one| Arc::clone(&one.progress)).collect();
    // A busy machine may keep a heart from beating for seconds.
    let pace = Pace {
        silent: 1000,
        ..PACE
    };
    let start = |watched| Watch::start(&store, watched, pace).unwrap();
    let ranks: Vec<Watch> = all.into_iter().map(start).collect();
    for one in &progress {
        one.at(7);
        one.meet();
    }
    // All wait for nothing: however long that takes, nobody is missed.
    thread::sleep(PACE.beat * 150);
    assert!(ranks.iter().all(|rank| rank.lost().is_none()));
    progress[0].meet();
    progress[2].meet();
    for rank in &ranks {
        let lost = lost(rank);
        let alive = lost.starts_with("rank 1 is alive but has made no progress for ");
        assert!(alive && lost.contains(" s (step 7);"), "{lost}");
    }
}

#[test]
fn a_store_that_goes_with_its_rank_is_told_with_what_was_last_heard_of_it() {
    let store = serve();
    let own = Store::open("127.0.0.1", store.port(), false, LONG).unwrap();
    let first = watched(0, 2);
    first.progress.at(31);
    let first = Watch::start(&store, first, PACE).unwrap();
    let second = Watch::start(&own, watched(1, 2), PACE).unwrap();
    let since = Instant::now();
    while !second.no_store().contains("step 31") {
        assert!(since.elapsed() < LONG, "{}", second.no_store());
        thread::sleep(Duration::from_millis(5));
    }
    first.stop();
    drop(first);
    drop(store);
    assert!(lost(&second).contains("no store; when it was last heard of, it was at step 31"));
}
