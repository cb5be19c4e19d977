//! Ranks as threads of one process, for tests: c10d does not mind.

use std::thread;
use std::time::Duration;

use super::{C10d, Place, Store};

/// How long a rank of [`ranks`] waits for the others.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// What `work` gives on each of `world` ranks over Gloo, in their order.
///
/// # Panics
/// When the ranks do not find each other, or one of them panics.
pub fn ranks<T: Send>(world: usize, work: impl Fn(C10d) -> T + Sync) -> Vec<T> {
    ranks_within(TIMEOUT, world, work)
}

/// As [`ranks`], whose operations wait so long.
///
/// # Panics
/// As [`ranks`].
pub fn ranks_within<T: Send>(
    timeout: Duration,
    world: usize,
    work: impl Fn(C10d) -> T + Sync,
) -> Vec<T> {
    let served = Store::open("127.0.0.1", 0, true, TIMEOUT).expect("some port is free");
    let port = served.port();
    thread::scope(|scope| {
        let work = &work;
        let start = |rank| {
            scope.spawn(move || {
                let store = Store::open("127.0.0.1", port, false, TIMEOUT).expect("it is served");
                let place = (rank, world);
                let own = Place::Address("127.0.0.1".to_owned());
                let group = C10d::gloo(&store, "test", place, &own, timeout);
                work(group.expect("all ranks come"))
            })
        };
        let threads: Vec<_> = (0..world).map(start).collect();
        let ended = threads.into_iter().map(|one| one.join());
        ended.map(|one| one.expect("a rank panicked")).collect()
    })
}
