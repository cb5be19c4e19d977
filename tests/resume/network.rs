//! Two machines, each in a network namespace of its own behind a router in a third, which forwards no more in the middle of
//! a training: nothing tells the two ends.
//!
//! It needs root and the `ip` tool; without them it says so and passes.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::ranks::{SHORT, end, short, until_step};
use super::tool::{Running, assert_equal_runs, finish, resume, search, store};

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
}

impl Network {
    /// The network, or what was not allowed.
    fn make() -> Result<Network, String> {
        let name = |one: &str| format!("creamc-{one}-{}", std::process::id());
        let network = Network {
            names: ["a", "b", "router"].map(name),
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
        there.envs([("MASTER_ADDR", FIRST), ("MASTER_PORT", "29500")]);
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
        }
    }
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
            eprintln!("skipped: no network namespaces here ({why})");
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
    assert!(store(&run).newest().unwrap().found.is_some());

    network.forward(true).unwrap();
    let again = resume(&run);
    let running = [0, 1].map(|rank| Running::start(&mut network.rank(rank, &again)));
    for (code, said) in running.map(end) {
        assert_eq!(code, Some(0), "{said}");
    }
    assert_equal_runs(&whole, &run);
}
