//! Two machines, each in a network namespace of its own behind a router in a third, which forwards no more in the middle of
//! a training: nothing tells the two ends.
//!
//! It needs root and the `ip` tool; without them it says so and passes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::common::skip::skip;
use super::ranks::{HALF, SHORT, end, short, until_step};
use super::tool::{Running, assert_equal_runs, assert_last_is_whole, finish, resume, search};

/// Seconds that a rank may keep the other waiting.
const TIMEOUT: &str = "10";
/// What is allowed beside: asking who is silent, and a machine that is busy with other tests.
const MORE: Duration = Duration::from_secs(50);
/// Where rank 0 serves the store.
const FIRST: &str = "10.77.1.1";

/// Three namespaces; they end with it.
struct Network {
    /// The two machines and the router.
    names: [String; 3],
    /// What the machine of rank 0 is called.
    first: &'static str,
}

impl Network {
    /// The network, or what was not allowed.
    fn make() -> Result<Network, String> {
        // Tests run side by side in one process.
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = |one: &str| format!("creamc-{one}{number}-{}", std::process::id());
        let network = Network {
            names: ["a", "b", "router"].map(name),
            first: FIRST,
        };
        let [a, b, router] = &network.names;
        for name in &network.names {
            ip(&["netns", "add", name])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
        }
        for (machine, wire, subnet) in [(a, "wa", "10.77.1"), (b, "wb", "10.77.2")] {
            let [own, other] = [format!("{subnet}.1/24"), format!("{subnet}.254/24")];
            ip(&[
                "-n", machine, "link", "add", wire, "type", "veth", "peer", "name", wire, "netns",
                router,
            ])?;
            for (place, address) in [(machine, own), (router, other)] {
                ip(&["-n", place, "address", "add", &address, "dev", wire])?;
                ip(&["-n", place, "link", "set", wire, "up"])?;
            }
            ip(&[
                "-n",
                machine,
                "route",
                "add",
                "default",
                "via",
                &format!("{subnet}.254"),
            ])?;
        }
        network.forward(true)?;
        Ok(network)
    }

    /// Gives the machine of rank 0 a name, which it takes for its own loopback address as Debian has it, and the other
    /// machine for where it is.
    fn name_first(&mut self, name: &'static str) -> Result<(), String> {
        self.first = name;
        for (machine, address) in self.names.iter().zip(["127.0.1.1", FIRST]) {
            let lay = || {
                let folder = etc(machine);
                fs::create_dir_all(&folder)?;
                fs::write(
                    folder.join("hosts"),
                    format!("127.0.0.1 localhost\n{address} {name}\n"),
                )
            };
            lay().map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Whether the router passes packets on.
    fn forward(&self, on: bool) -> Result<(), String> {
        let line = format!("echo {} > /proc/sys/net/ipv4/ip_forward", u8::from(on));
        ip(&["netns", "exec", &self.names[2], "sh", "-c", &line])
    }

    /// One of two ranks, on its machine.
    fn rank(&self, rank: usize, command: &Command) -> Command {
        let mut there = Command::new("ip");
        there.args(["netns", "exec", &self.names[rank]]);
        there.arg(command.get_program()).args(command.get_args());
        there.args(["--rank-timeout", TIMEOUT]);
        there.envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        there.current_dir(command.get_current_dir().unwrap());
        there.envs([
            ("RANK", rank.to_string().as_str()),
            ("WORLD_SIZE", "2"),
            ("LOCAL_RANK", "0"),
        ]);
        there.envs([("MASTER_ADDR", self.first), ("MASTER_PORT", "29500")]);
        there.stdin(std::process::Stdio::null());
        there
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        there
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = ip(&["netns", "delete", name]);
            let _ = fs::remove_dir_all(etc(name));
        }
    }
}

/// Where `ip netns exec` finds files that take the place of those in `/etc`.
fn etc(namespace: &str) -> PathBuf {
    Path::new("/etc/netns").join(namespace)
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let output: Output = Command::new("ip")
        .args(arguments)
        .output()
        .map_err(|error| format!("ip: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("ip {}: {said}", arguments.join(" "))),
    }
}

/// Both ranks of a command, each on its machine, until step `step` is saved.
fn both(network: &Network, run: &Path, step: u64, command: &Command) -> [Running; 2] {
    let first = Running::start(&mut network.rank(0, command));
    [first, until_step(run, step, &mut network.rank(1, command))]
}

#[test]
fn a_cut_cable_ends_both_machines_in_time_and_both_say_who_cannot_be_reached() {
    let network = match Network::make() {
        Ok(network) => network,
        Err(why) => {
            skip(&format!("no network namespaces here ({why})"));
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    finish(&mut short(&whole));

    let running = both(&network, &run, 14, &search(&run, &SHORT));
    network.forward(false).unwrap();
    let since = Instant::now();
    let [(first, of_first), (second, of_second)] = running.map(end);
    let limit = Duration::from_secs(TIMEOUT.parse().unwrap()) + MORE;
    assert!(since.elapsed() < limit, "{of_first}\n{of_second}");
    assert_eq!(
        (first, second),
        (Some(2), Some(2)),
        "{of_first}\n{of_second}"
    );
    let named = of_first.contains("rank 1 (") && of_first.contains("answers no more");
    assert!(
        named && of_first.contains("cannot be reached"),
        "{of_first}"
    );
    let store_named = format!("the store where ranks meet, at {FIRST}:29500, does not answer");
    assert!(of_second.contains(&store_named), "{of_second}");
    assert_last_is_whole(&run);

    network.forward(true).unwrap();
    let again = resume(&run);
    let running = [0, 1].map(|rank| Running::start(&mut network.rank(rank, &again)));
    for (code, said) in running.map(end) {
        assert_eq!(code, Some(0), "{said}");
    }
    assert_equal_runs(&whole, &run);
}

#[test]
fn a_machine_that_takes_its_own_name_for_loopback_is_reached_from_the_other() {
    let mut network = match Network::make() {
        Ok(network) => network,
        Err(why) => {
            skip(&format!("no network namespaces here ({why})"));
            return;
        }
    };
    network.name_first("first.creamc.test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, interfaces: [&str; 2]| {
        let run = folder.path().join(name);
        let command = search(&run, &[HALF, "EPOCHS=2", "SUPERNET.PICK=board"]);
        let start = |rank: usize| {
            let mut command = network.rank(rank, &command);
            if !interfaces[rank].is_empty() {
                command.env("GLOO_SOCKET_IFNAME", interfaces[rank]);
            }
            Running::start(&mut command)
        };
        [start(0), start(1)].map(end)
    };
    for (name, interfaces) in [("found", ["", ""]), ("named", ["wa", "wb"])] {
        for (code, said) in train(name, interfaces) {
            assert_eq!(code, Some(0), "{name}: {said}");
        }
    }
    // What the user names counts, and is named where it cannot be.
    let [(code, said), _] = train("none", ["nosuch0", "wb"]);
    assert_eq!(code, Some(2), "{said}");
    let named = said.contains("cannot connect to the others");
    assert!(
        named && said.contains("GLOO_SOCKET_IFNAME=nosuch0"),
        "{said}"
    );
}
