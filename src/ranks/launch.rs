//! Several ranks on one machine, started by creamc itself: one process a device.
//!
//! Rank 0 prints as one process does; lines of the others begin with `[rank N]`. Ctrl-C reaches all. The first
//! rank that fails ends all.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use creamc_torch::group::Store;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::RanksError;
use super::environment::{AGENT_STORE, OWN, TORCH};
use crate::run::tell;

/// How ranks are started.
#[derive(Debug, Clone, Copy)]
pub struct Launch {
    /// How many.
    pub ranks: usize,
    /// How long a rank may keep the others waiting.
    pub timeout: Duration,
}

/// How long the others have to say that they lost a rank, before they are killed.
const GRACE: Duration = Duration::from_secs(8);
/// How long the last lines of ranks that have ended may take.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Between two looks at the ranks.
const LOOK: Duration = Duration::from_millis(20);
const HOST: &str = "127.0.0.1";

/// Signals from the user that were not passed on yet.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Runs this program, with the arguments it has, in several processes; returns when all have ended.
///
/// # Errors
/// When one could not be started, or ended with an error: the first that did is named.
pub fn launch(how: Launch) -> Result<(), RanksError> {
    let failed = |what: String| RanksError::Launch(what);
    // Here, so that no rank's end takes it away from the others.
    let store = Store::open(HOST, 0, true, how.timeout)
        .map_err(|error| failed(format!("the ranks have nowhere to meet: {error}")))?;
    ctrlc::set_handler(asked)
        .map_err(|error| failed(format!("Ctrl-C cannot be caught: {error}")))?;
    let (mut running, mut readers) = (Vec::new(), Vec::new());
    for rank in 0..how.ranks {
        match start(rank, how.ranks, store.port()) {
            Ok((child, output)) => {
                running.push((rank, child));
                readers.extend(output);
            }
            Err(error) => {
                end(&mut running);
                return Err(failed(format!("rank {rank} cannot be started: {error}")));
            }
        }
    }
    let result = wait(running).map_err(failed);
    finish(readers);
    result
}

/// Waits for the last lines of ranks that have ended; not for ever, since something that they started may hold their output.
fn finish(readers: Vec<JoinHandle<()>>) {
    let since = Instant::now();
    while readers.iter().any(|reader| !reader.is_finished()) && since.elapsed() < LAST_LINES {
        thread::sleep(LOOK);
    }
}

/// Ends a rank with its launcher, however that ends: without it nobody passes on its lines, or ends the others when one is lost.
///
/// # Errors
/// When the launcher is gone already.
pub fn end_with_launcher() -> Result<(), RanksError> {
    #[cfg(target_os = "linux")]
    {
        let gone = |what: String| RanksError::Launch(what);
        nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)
            .map_err(|error| gone(format!("the launcher cannot be watched: {error}")))?;
        let launcher = std::env::var(OWN).ok();
        if launcher != Some(nix::unistd::getppid().to_string()) {
            return Err(gone("the launcher of this rank has ended".to_owned()));
        }
    }
    Ok(())
}

fn asked() {
    ASKED.fetch_add(1, Ordering::Relaxed);
}

/// A rank, and the threads that show its lines.
type Started = (Child, Vec<JoinHandle<()>>);

fn start(rank: usize, ranks: usize, port: u16) -> std::io::Result<Started> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1));
    let numbers = [rank.to_string(), ranks.to_string(), rank.to_string()];
    let place = [HOST.to_owned(), port.to_string()];
    command.envs(TORCH.into_iter().zip(numbers.into_iter().chain(place)));
    command.env(OWN, std::process::id().to_string());
    command.env(AGENT_STORE, "True");
    if std::env::var_os("OMP_NUM_THREADS").is_none() {
        let threads = thread::available_parallelism().map_or(1, usize::from) / ranks;
        command.env("OMP_NUM_THREADS", threads.max(1).to_string());
    }
    // A terminal's Ctrl-C is ours to pass on: a rank that gets it twice ends at once.
    command.process_group(0).stdin(Stdio::null());
    if rank == 0 {
        return Ok((command.spawn()?, Vec::new()));
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let output = [
        pass_on(rank, child.stdout.take()),
        pass_on(rank, child.stderr.take()),
    ];
    Ok((child, output.into_iter().flatten().collect()))
}

/// Shows the lines of a rank as they come.
fn pass_on(rank: usize, output: Option<impl Read + Send + 'static>) -> Option<JoinHandle<()>> {
    let output = output?;
    Some(thread::spawn(move || {
        let lines = BufReader::new(output).split(b'\n');
        for line in lines.map_while(Result::ok) {
            tell(&format!("[rank {rank}] {}", String::from_utf8_lossy(&line)));
        }
    }))
}

/// Waits for all; what the first that failed ended with.
fn wait(mut running: Vec<(usize, Child)>) -> Result<(), String> {
    let (mut failed, mut since) = (None, Instant::now());
    while !running.is_empty() {
        for _ in 0..ASKED.swap(0, Ordering::Relaxed) {
            interrupt(&running);
        }
        let mut left = Vec::new();
        for (rank, mut child) in running {
            match child.try_wait().map_err(|error| error.to_string())? {
                None => left.push((rank, child)),
                Some(status) if status.success() || failed.is_some() => {}
                Some(status) => {
                    let what = ended(rank, status);
                    tell(&what);
                    (failed, since) = (Some(what), Instant::now());
                }
            }
        }
        running = left;
        if failed.is_some() && since.elapsed() > GRACE {
            end(&mut running);
        }
        thread::sleep(LOOK);
    }
    failed.map_or(Ok(()), Err)
}

fn ended(rank: usize, status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("rank {rank} ended with exit code {code}"),
        (None, Some(signal)) => format!("rank {rank} was ended by signal {signal}"),
        (None, None) => format!("rank {rank} ended in an unknown way"),
    }
}

fn interrupt(running: &[(usize, Child)]) {
    for (_, child) in running {
        // It may have ended just now.
        let _ = kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT);
    }
}

fn end(running: &mut Vec<(usize, Child)>) {
    for (_, child) in running.iter_mut() {
        // It may have ended just now.
        let _ = child.kill();
        let _ = child.wait();
    }
    running.clear();
}
