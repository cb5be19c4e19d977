//! Ranks as threads of one process, for tests: they join as processes do, and watch each other.

use std::thread;
use std::time::Duration;

use creamc_torch::group::Store;
use tch::Device;

use super::{Joining, Launcher, Ranks, Seat, StoreOwner, join};

/// Two ranks that a launcher's store brings together; what each makes of itself.
pub(crate) fn two<T: Send>(work: impl Fn(Ranks) -> T + Sync) -> [T; 2] {
    let timeout = Duration::from_secs(60);
    let store = Store::open("127.0.0.1", 0, true, timeout).unwrap();
    let seat = |rank| Seat {
        rank,
        world: 2,
        local: rank,
        host: "127.0.0.1".to_owned(),
        port: store.port(),
        store: StoreOwner::Launcher,
        launcher: Launcher::Torchrun,
        job: String::new(),
    };
    let device = Device::Cpu;
    let run = |rank| {
        let joined = join(&seat(rank), Joining { device, timeout }, &|| false);
        work(joined.unwrap())
    };
    thread::scope(|scope| {
        let run = &run;
        let threads = [0, 1].map(|rank| scope.spawn(move || run(rank)));
        threads.map(|one| one.join().unwrap())
    })
}
