//! Finding the other ranks.

use std::net::{ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use creamc_torch::group::{C10d, ProcessGroup, Store};
use tch::Device;

use super::peers::Peers;
use super::roll::{self, Roll};
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
    if let Device::Cuda(_) = how.device {
        C10d::load_nccl().map_err(|error| no_nccl(seat, &error.0))?;
    }
    let serves = seat.store == StoreOwner::First && seat.rank == 0;
    let store = Store::open(&seat.host, seat.port, serves, how.timeout)
        .map_err(|error| no_store(seat, serves, &error.0))?;
    let Roll { start, names } = roll::call(&store, seat, how.timeout)?;
    let prefix = format!("creamc/{start}");
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
    let mut ranks = Ranks {
        tensors: Arc::clone(&control),
        control,
        peers: None,
        local: seat.local,
    };
    // From here on the others hear of a rank that ends, and it of them.
    let nccl_store = store.another().map_err(failed)?;
    let peers = Peers::new(store, prefix.clone(), (seat, names), how.timeout).map_err(failed)?;
    if let Device::Cuda(number) = how.device {
        let joined = C10d::nccl(&nccl_store, &group("nccl"), place, number).map_err(failed);
        ranks.tensors = Arc::new(joined.inspect_err(|error| peers.end(&error.to_string()))?);
        peers.abort_when_lost(Arc::clone(&ranks.tensors));
    }
    ranks.peers = Some(Arc::new(peers));
    Ok(ranks)
}

fn no_nccl(seat: &Seat, reason: &str) -> RanksError {
    let Seat { rank, world, .. } = seat;
    let reason = reason.lines().next().unwrap_or_default();
    RanksError::Join(format!(
        "rank {rank} of {world} cannot train on a GPU together with others: {reason}. NCCL comes with libtorch for CUDA; \
         CREAMC_NCCL=FILE names another, --device cpu trains without"
    ))
}

pub(super) fn no_store(seat: &Seat, serves: bool, reason: &str) -> RanksError {
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
