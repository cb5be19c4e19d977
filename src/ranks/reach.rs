//! The way to the store, and where the other ranks reach this one.
//!
//! A machine's own name is no good address: Debian's `/etc/hosts` has it at 127.0.1.1, which every machine takes for itself. The
//! way to the store is one, where it leads out of the machine. Where the store is on this very machine, the others know at
//! which address they reach it.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use creamc_torch::group::{Place, Store};

use super::{RanksError, Seat};
use crate::run::tell;

/// The variable that PyTorch reads too: the interfaces that Gloo shall use.
const INTERFACES: &str = "GLOO_SOCKET_IFNAME";
/// How long one try to connect may take.
const TRY: Duration = Duration::from_secs(1);
/// After how long it says what it waits for.
const SAY: Duration = Duration::from_secs(5);
/// Between two tries.
const LOOK: Duration = Duration::from_millis(50);

/// Both ends of a connection to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// This machine's end.
    own: IpAddr,
    /// The end of the store's machine, as this one knows it.
    store: IpAddr,
}

/// Waits until somebody answers where the store is.
///
/// # Errors
/// When nobody does within `timeout`, with the system's words, or `stop` says so.
pub(super) fn way(
    seat: &Seat,
    timeout: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<Way, Option<String>> {
    let (since, mut said) = (Instant::now(), false);
    loop {
        let error = match connect(&seat.host, seat.port) {
            Ok(way) => return Ok(way),
            Err(error) => error,
        };
        if stop() {
            return Err(None);
        }
        if since.elapsed() > timeout {
            return Err(Some(error));
        }
        if !said && since.elapsed() > SAY {
            said = true;
            tell(&waits(seat, &error, timeout));
        }
        thread::sleep(LOOK);
    }
}

fn waits(seat: &Seat, error: &str, timeout: Duration) -> String {
    let Seat {
        rank, host, port, ..
    } = seat;
    format!(
        "rank {rank} waits for somebody at {host}:{port}, where the ranks meet, up to {} s: {error}",
        timeout.as_secs()
    )
}

fn connect(host: &str, port: u16) -> Result<Way, String> {
    let addresses = (host, port)
        .to_socket_addrs()
        .map_err(|error| error.to_string())?;
    let mut failed = "its name has no address".to_owned();
    for address in addresses {
        let ends = TcpStream::connect_timeout(&address, TRY)
            .and_then(|stream| Ok((stream.local_addr()?, stream.peer_addr()?)));
        match ends {
            Ok((own, store)) => {
                let [own, store] = [own, store].map(|end: SocketAddr| end.ip().to_canonical());
                return Ok(Way { own, store });
            }
            Err(error) => failed = error.to_string(),
        }
    }
    Err(failed)
}

/// Where the other ranks connect to this one: at the interfaces that the user names, else at this end of the way to the
/// store, else where others reach the store's machine.
///
/// # Errors
/// When that is no address of this machine, or a rank does not say how it came.
pub(super) fn place(
    store: &Store,
    prefix: &str,
    (seat, way): (&Seat, Way),
    timeout: Duration,
) -> Result<Place, RanksError> {
    let gone = |error: creamc_torch::TorchError| super::join::no_store(seat, false, &error.0);
    let key = |rank: usize| format!("{prefix}/way/{rank}");
    let text = format!("{} {}", way.own, way.store);
    store.set(&key(seat.rank), &text).map_err(gone)?;
    if let Some(names) = interfaces() {
        return Ok(Place::Interfaces(names));
    }
    if !way.own.is_loopback() {
        return Ok(Place::Address(way.own.to_string()));
    }
    for rank in (0..seat.world).filter(|&rank| rank != seat.rank) {
        store.wait(&key(rank), timeout).map_err(gone)?;
        let text = store.get(&key(rank)).map_err(gone)?.unwrap_or_default();
        let Some(address) = read(&text).filter(|way| !way.store.is_loopback()) else {
            continue;
        };
        let address = address.store;
        return match UdpSocket::bind((address, 0)) {
            Ok(_) => Ok(Place::Address(address.to_string())),
            Err(_) => Err(RanksError::Join(format!(
                "rank {} reaches the machine of the store at {address}, which is no address of the machine of rank {}: set \
                 {INTERFACES} there to the name of the interface that the others reach",
                rank, seat.rank
            ))),
        };
    }
    // All are on this machine.
    Ok(Place::Address(way.own.to_string()))
}

fn read(text: &str) -> Option<Way> {
    let (own, store) = text.split_once(' ')?;
    Some(Way {
        own: own.parse().ok()?,
        store: store.parse().ok()?,
    })
}

/// The interfaces that the user names.
fn interfaces() -> Option<String> {
    let names = std::env::var(INTERFACES).ok()?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    Some(names.join(",")).filter(|names| !names.is_empty())
}

/// What to do where the others do not reach this place.
pub(super) fn cure(place: &Place) -> String {
    match place {
        Place::Address(address) => format!(
            "the others reach this rank at {address}; where that is the wrong address, {INTERFACES} names the interface to use"
        ),
        Place::Interfaces(names) => format!(
            "the others reach this rank at {INTERFACES}={names}, which must be interfaces of this machine that they reach, as many \
             on all machines"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::{Launcher, StoreOwner};
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_store_is_reached_at_an_ipv6_address() {
        let Ok(listener) = TcpListener::bind("[::1]:0") else {
            // This machine has none.
            return;
        };
        let port = listener.local_addr().unwrap().port();
        let seat = Seat {
            host: "::1".to_owned(),
            ..seat(1, port)
        };
        let way = way(&seat, LONG, &|| false).unwrap();
        assert_eq!([way.own, way.store].map(|end| end.to_string()), ["::1"; 2]);
    }

    #[test]
    fn a_name_that_does_not_resolve_is_said_with_what_is_waited_for() {
        let seat = Seat {
            // Kept free for tests (RFC 6761), so nobody has it.
            host: "first.invalid".to_owned(),
            ..seat(1, 29500)
        };
        let error = way(&seat, Duration::ZERO, &|| false).unwrap_err().unwrap();
        assert!(error.contains("failed to lookup"), "{error}");
        let said = waits(&seat, &error, LONG);
        let named = said.contains("first.invalid:29500") && said.contains("up to 60 s: failed");
        assert!(named, "{said}");
    }

    fn seat(rank: usize, port: u16) -> Seat {
        Seat {
            rank,
            world: 2,
            local: rank,
            host: "localhost".to_owned(),
            port,
            store: StoreOwner::First,
            launcher: Launcher::Torchrun,
            job: String::new(),
        }
    }

    /// Where rank 0, which is on the store's machine, is reached, when rank 1 reaches that at `address`.
    fn place_of_first(address: &str) -> Result<Place, RanksError> {
        let store = Store::open("127.0.0.1", 0, true, LONG).unwrap();
        store
            .set("start/way/1", &format!("192.0.2.7 {address}"))
            .unwrap();
        let seat = seat(0, store.port());
        let way = way(&seat, LONG, &|| false).unwrap();
        assert!(way.own.is_loopback(), "{way:?}");
        place(&store, "start", (&seat, way), LONG)
    }

    #[test]
    fn the_stores_machine_is_reached_where_the_others_reach_the_store() {
        let own = |address: &str| Ok(Place::Address(address.to_owned()));
        assert_eq!(place_of_first("127.0.0.1"), own("127.0.0.1"));
        // Kept free for documents (RFC 5737), so no machine has it.
        let error = place_of_first("192.0.2.1").unwrap_err().to_string();
        assert!(
            error.contains("rank 1 reaches the machine of the store at 192.0.2.1")
                && error.contains("GLOO_SOCKET_IFNAME"),
            "{error}"
        );
    }

    #[test]
    fn nobody_at_the_port_is_waited_for_until_the_time_is_over_or_the_user_stops() {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let seat = seat(1, port);
        let error = way(&seat, Duration::ZERO, &|| false).unwrap_err();
        assert!(error.unwrap().contains("refused"));
        assert_eq!(way(&seat, LONG, &|| true), Err(None));
    }
}
