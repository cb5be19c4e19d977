//! Finding the other ranks.

use std::sync::Arc;
use std::time::Duration;

use creamc_torch::TorchError;
use creamc_torch::group::{C10d, ProcessGroup, Store};
use tch::Device;

use super::peers::Peers;
use super::reach::{self, Way};
use super::roll::{self, Roll};
use super::talk::{first_line, reason_key};
use super::{Ending, Launcher, Ranks, RanksError, Seat, StoreOwner};

/// How a process joins.
#[derive(Debug, Clone, Copy)]
pub struct Joining {
    /// The device that it trains on.
    pub device: Device,
    /// How long a rank may keep the others waiting.
    pub timeout: Duration,
}

/// Finds all other ranks and connects to them; `stop` is asked as long as it waits for them.
///
/// # Errors
/// When one does not come in time, two say that they are the same, or they disagree on how many there are; the
/// missing are named. When `stop` says so.
pub fn join(seat: &Seat, how: Joining, stop: &dyn Fn() -> bool) -> Result<Ranks, RanksError> {
    if let Device::Cuda(_) = how.device {
        C10d::load_nccl().map_err(|error| no_nccl(seat, &error.0))?;
    }
    let serves = seat.store == StoreOwner::First && seat.rank == 0;
    let mut way = None;
    if !serves {
        let found = reach::way(seat, how.timeout, stop);
        way = Some(found.map_err(|reason| not_there(seat, reason))?);
    }
    let store = Store::open(&seat.host, seat.port, serves, how.timeout)
        .map_err(|error| no_store(seat, serves, &error.0))?;
    // It may be served at any port.
    let seat = &Seat {
        port: store.port(),
        ..seat.clone()
    };
    let reasons = store
        .another()
        .map_err(|error| no_store(seat, false, &error.0))?;
    let joined = meet(store, way, seat, how, stop);
    if let (Err(error), Launcher::Creamc) = (&joined, seat.launcher) {
        let _ = reasons.set(&reason_key(seat.rank), &Ending::from(error).to_string());
    }
    joined
}

/// Joins the others in a store.
fn meet(
    store: Store,
    way: Option<Way>,
    seat: &Seat,
    how: Joining,
    stop: &dyn Fn() -> bool,
) -> Result<Ranks, RanksError> {
    let Roll { start, names } = roll::call(&store, seat, how.timeout, stop)?;
    let prefix = format!("creamc/{start}");
    let failed = |what: String| {
        RanksError::Join(format!(
            "rank {} of {} cannot connect to the others: {what}",
            seat.rank, seat.world,
        ))
    };
    let torch = |error: TorchError| failed(first_line(&error.0));
    let way = match way {
        Some(way) => way,
        // Served here, so it answers.
        None => reach::way(seat, how.timeout, &|| false)
            .map_err(|reason| failed(reason.unwrap_or_default()))?,
    };
    let own = reach::place(&store, &prefix, (seat, way), how.timeout)?;
    let place = (seat.rank, seat.world);
    let group = |name: &str| format!("{prefix}/{name}");
    let control = C10d::gloo(&store, &group("control"), place, &own, how.timeout);
    let control = control
        .map_err(|error| failed(format!("{}; {}", first_line(&error.0), reach::cure(&own))))?;
    let control: Arc<dyn ProcessGroup> = Arc::new(control);
    let mut ranks = Ranks {
        tensors: Arc::clone(&control),
        control,
        peers: None,
        local: seat.local,
    };
    // From here on the others hear of a rank that ends, and it of them.
    let nccl_store = store.another().map_err(torch)?;
    let peers = Peers::new(store, prefix.clone(), (seat, names), how).map_err(torch)?;
    if let Device::Cuda(number) = how.device {
        let joined = C10d::nccl(&nccl_store, &group("nccl"), place, number).map_err(torch);
        ranks.tensors = Arc::new(joined.inspect_err(|error| peers.end(&Ending::from(error)))?);
        peers.abort_when_lost(Arc::clone(&ranks.tensors));
    }
    ranks.peers = Some(Arc::new(peers));
    Ok(ranks)
}

/// Nobody was found at the store's place, or the user stops.
fn not_there(seat: &Seat, reason: Option<String>) -> RanksError {
    match reason {
        Some(reason) => no_store(seat, false, &reason),
        None => RanksError::Interrupted,
    }
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
