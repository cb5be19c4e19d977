//! Finding the other ranks.

use std::net::{ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use creamc_torch::group::{C10d, ProcessGroup, Store};
use tch::Device;

use super::peers::Peers;
use super::{Ranks, RanksError, Seat, StoreOwner};

/// How a process joins.
#[derive(Debug, Clone, Copy)]
pub struct Joining {
    /// The device that it trains on.
    pub device: Device,
    /// How long a rank may keep the others waiting.
    pub timeout: Duration,
}

/// Finds all other ranks and connects to them.
///
/// # Errors
/// When one does not come in time, two say that they are the same, or they disagree on how many there are; the
/// missing are named.
pub fn join(seat: &Seat, how: Joining) -> Result<Ranks, RanksError> {
    let serves = seat.store == StoreOwner::First && seat.rank == 0;
    let store = Store::open(&seat.host, seat.port, serves, how.timeout)
        .map_err(|error| no_store(seat, serves, &error.0))?;
    let prefix = format!("creamc/{}", seat.restarts);
    let names = Roll {
        store: &store,
        prefix: &prefix,
        seat,
    }
    .call(how.timeout)?;
    let failed = |error: creamc_torch::TorchError| {
        RanksError::Join(format!(
            "rank {} of {} cannot connect to the others: {}",
            seat.rank,
            seat.world,
            error.0.lines().next().unwrap_or_default()
        ))
    };
    let place = (seat.rank, seat.world);
    let group = |name: &str| format!("{prefix}/{name}");
    let address = own_address(&seat.host, seat.port);
    let control = C10d::gloo(&store, &group("control"), place, &address, how.timeout);
    let control: Arc<dyn ProcessGroup> = Arc::new(control.map_err(failed)?);
    let tensors = match how.device {
        Device::Cuda(number) => {
            Arc::new(C10d::nccl(&store, &group("nccl"), place, number).map_err(failed)?)
        }
        _ => Arc::clone(&control),
    };
    let peers = Peers::new(store, prefix, (seat.rank, names), how.timeout).map_err(failed)?;
    Ok(Ranks {
        tensors,
        control,
        peers: Some(Arc::new(peers)),
        local: seat.local,
    })
}

fn no_store(seat: &Seat, serves: bool, reason: &str) -> RanksError {
    let Seat { host, port, .. } = seat;
    let reason = reason.lines().next().unwrap_or_default();
    RanksError::Join(match serves {
        true => format!(
            "rank 0 cannot serve {host}:{port}, where the ranks meet: {reason}. Is MASTER_ADDR this machine, and does no other \
             training use the port? MASTER_PORT names another"
        ),
        false => format!(
            "rank {} found nobody at {host}:{port}, where the ranks meet: {reason}. Is rank 0 running, MASTER_ADDR its machine, \
             and the port open?",
            seat.rank
        ),
    })
}

/// The address of this machine on the way to the store; peers on other machines reach it there. Empty where
/// there is none to be found: then the machine's own name counts.
fn own_address(host: &str, port: u16) -> String {
    let towards = |to: std::net::SocketAddr| {
        let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).ok()?;
        // Nothing is sent: the system only says from where it would be.
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip().to_string())
    };
    let found = (host, port).to_socket_addrs().ok();
    let found = found.and_then(|mut addresses| addresses.find_map(towards));
    found.unwrap_or_default()
}

/// Every rank writes itself down and reads the others.
struct Roll<'a> {
    store: &'a Store,
    prefix: &'a str,
    seat: &'a Seat,
}

impl Roll<'_> {
    /// Machine and process of every rank.
    fn call(&self, timeout: Duration) -> Result<Vec<String>, RanksError> {
        let Seat { rank, world, .. } = *self.seat;
        let torch = |error: creamc_torch::TorchError| no_store(self.seat, false, &error.0);
        let own = format!("{}, process {}", machine(), std::process::id());
        let there = self.store.get(&self.key(rank)).map_err(torch)?;
        if let Some((other, _)) = there.as_deref().map(split) {
            return Err(RanksError::Join(format!(
                "two processes say that they are rank {rank}: {own}, and {other}. Each must have a RANK of its own"
            )));
        }
        let line = format!("{world} {own}");
        self.store.set(&self.key(rank), &line).map_err(torch)?;
        let since = Instant::now();
        let mut names = Vec::new();
        for other in 0..world {
            let left = timeout.saturating_sub(since.elapsed());
            if self.store.wait(&self.key(other), left).is_err() {
                return Err(self.missing(timeout));
            }
            let text = self.store.get(&self.key(other)).map_err(torch)?;
            let text = text.unwrap_or_default();
            let (name, size) = split(&text);
            if size != Some(world) {
                return Err(RanksError::Join(format!(
                    "rank {rank} counts {world} ranks, rank {other} ({name}) {}: WORLD_SIZE must be the same everywhere",
                    size.unwrap_or_default()
                )));
            }
            names.push(name.to_owned());
        }
        Ok(names)
    }

    fn key(&self, rank: usize) -> String {
        format!("{}/here/{rank}", self.prefix)
    }

    fn missing(&self, timeout: Duration) -> RanksError {
        let Seat { rank, world, .. } = *self.seat;
        let there = |one: &usize| matches!(self.store.get(&self.key(*one)), Ok(Some(_)));
        let missing: Vec<String> = (0..world)
            .filter(|one| !there(one))
            .map(|one| one.to_string())
            .collect();
        RanksError::Join(format!(
            "rank {rank} waited {} s for the others: of {world} ranks, {} did not come. Were all of them started?",
            timeout.as_secs(),
            missing.join(", ")
        ))
    }
}

/// The name, and how many ranks it counts.
fn split(line: &str) -> (&str, Option<usize>) {
    match line.split_once(' ') {
        Some((world, name)) => (name, world.parse().ok()),
        None => (line, None),
    }
}

/// The machine's name.
fn machine() -> String {
    let name = std::process::Command::new("uname").arg("-n").output();
    let name = name.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "a machine".to_owned())
}
