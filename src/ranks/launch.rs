//! Several ranks on one machine, started by creamc itself: one process a device.
//!
//! Rank 0 prints as one process does; lines of the others begin with `[rank N]`. Ctrl-C reaches all. The first
//! rank that fails ends all; the last line names it, though another that only lost it may have ended before.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use creamc_torch::group::Store;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::environment::{AGENT_STORE, OWN, TORCH};
use super::talk::reason_key;
use super::{Ending, RanksError};
use crate::run::{INTERRUPTED, end_interrupted, tell};

/// How ranks are started.
#[derive(Debug, Clone, Copy)]
pub struct Launch {
    /// How many.
    pub ranks: usize,
    /// How long a rank may keep the others waiting.
    pub timeout: Duration,
}

/// How a command of several ranks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launched {
    /// Well, or because the user stopped it.
    Done,
    /// A rank found the user's text wrong, and showed where.
    Faulty,
}

/// The exit code of a rank that found the user's text wrong.
const FAULTY: i32 = 1;
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
/// When one could not be started, or ended with an error: the first that failed is named.
pub fn launch(how: Launch) -> Result<Launched, RanksError> {
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
    let reason = |rank: usize| {
        let text = store.get(&reason_key(rank)).ok().flatten()?;
        Some(Ending::read(&text))
    };
    let ended = wait(running).map_err(failed)?;
    finish(readers);
    match ended.cause(reason) {
        Some(Cause {
            code: Some(FAULTY), ..
        }) => return Ok(Launched::Faulty),
        Some(cause) => return Err(failed(cause.text)),
        None => {}
    }
    match ended.interrupted {
        Some(Interrupt::Begun) => end_interrupted(),
        Some(Interrupt::Starting) => tell(&RanksError::Interrupted.to_string()),
        None => {}
    }
    Ok(Launched::Done)
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
    if ranks > 1 && std::env::var_os("OMP_NUM_THREADS").is_none() {
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

/// How the ranks ended.
#[derive(Debug, Default)]
struct Ended {
    /// Those that failed, in the order in which they were found.
    failed: Vec<(usize, ExitStatus)>,
    /// What Ctrl-C ended at once.
    interrupted: Option<Interrupt>,
}

/// What a rank was at that Ctrl-C ended at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Interrupt {
    /// It did not catch Ctrl-C yet.
    Starting,
    /// A second Ctrl-C came, or what it was at saves nothing.
    Begun,
}

/// What ended all ranks.
#[derive(Debug, PartialEq, Eq)]
struct Cause {
    /// The exit code of the rank that ended first by itself.
    code: Option<i32>,
    /// Which it is, and how it ended.
    text: String,
}

impl Ended {
    /// The first that failed, with the reason that it left: one that did not end because of another, where there is such a
    /// one. `None` where none failed.
    fn cause(&self, reason: impl Fn(usize) -> Option<Ending>) -> Option<Cause> {
        let with_reason = |&(rank, status): &(usize, ExitStatus)| (rank, status, reason(rank));
        let failed: Vec<_> = self.failed.iter().map(with_reason).collect();
        let first = failed
            .iter()
            .find(|(_, _, ending)| !matches!(ending, Some(Ending::Consequence(_))));
        let (rank, status, ending) = first.or(failed.first())?;
        let why = ending.as_ref().map(|ending| format!(": {}", ending.why()));
        let why = why.unwrap_or_default();
        let how = how_it_ended(*status);
        let text = match first {
            Some(_) => format!("rank {rank} failed first: it {how}{why}"),
            // The reason names another, which did not end by itself.
            None => format!("rank {rank} {how}{why}"),
        };
        let code = status.code();
        Some(Cause { code, text })
    }
}

/// Waits for all.
fn wait(mut running: Vec<(usize, Child)>) -> Result<Ended, String> {
    let (mut ended, mut since, mut asked) = (Ended::default(), Instant::now(), false);
    while !running.is_empty() {
        for _ in 0..ASKED.swap(0, Ordering::Relaxed) {
            asked = true;
            interrupt(&running);
        }
        let mut left = Vec::new();
        for (rank, mut child) in running {
            match child.try_wait().map_err(|error| error.to_string())? {
                None => left.push((rank, child)),
                Some(status) if status.success() => {}
                Some(status) if asked && interrupted(status).is_some() => {
                    ended.interrupted = ended.interrupted.max(interrupted(status));
                }
                Some(status) => {
                    if ended.failed.is_empty() {
                        tell(&format!("rank {rank} {}", how_it_ended(status)));
                        since = Instant::now();
                    }
                    ended.failed.push((rank, status));
                }
            }
        }
        running = left;
        if !ended.failed.is_empty() && since.elapsed() > GRACE {
            end(&mut running);
        }
        thread::sleep(LOOK);
    }
    Ok(ended)
}

/// Whether Ctrl-C ended a rank at once.
fn interrupted(status: ExitStatus) -> Option<Interrupt> {
    match (status.code(), status.signal()) {
        (Some(INTERRUPTED), _) => Some(Interrupt::Begun),
        (_, Some(signal)) if signal == Signal::SIGINT as i32 => Some(Interrupt::Starting),
        _ => None,
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    const LOST: &str = "rank 1 (a, process 7) answers no more";

    /// The cause of ends, each with what `wait` says of it and the reason that was left.
    fn cause(ends: &[(usize, i32, Option<Ending>)]) -> Option<String> {
        let ended = Ended {
            failed: ends
                .iter()
                .map(|&(rank, raw, _)| (rank, ExitStatus::from_raw(raw)))
                .collect(),
            interrupted: None,
        };
        let reason = |rank| {
            let end = ends.iter().find(|(one, ..)| *one == rank)?;
            end.2.clone()
        };
        ended.cause(reason).map(|cause| cause.text)
    }

    #[test]
    fn the_first_cause_is_named_though_a_victim_was_found_before() {
        let code_2 = 2 << 8;
        let lost = || Some(Ending::Consequence(LOST.to_owned()));
        // Its words are those of an error of libtorch, which is this rank's own.
        let full = "libtorch said: the disk is full";
        assert_eq!(cause(&[]), None);
        let own = cause(&[
            (0, code_2, lost()),
            (1, code_2, Some(Ending::Cause(full.to_owned()))),
        ]);
        let named = format!("rank 1 failed first: it ended with exit code 2: {full}");
        assert_eq!(own, Some(named));
        let killed = cause(&[(0, code_2, lost()), (1, 9, None)]);
        let named = "rank 1 failed first: it was ended by signal 9";
        assert_eq!(killed.as_deref(), Some(named));
        // Of one that hangs only the others tell.
        let hangs = cause(&[(0, code_2, lost()), (2, code_2, lost())]);
        let named = format!("rank 0 ended with exit code 2: {LOST}");
        assert_eq!(hangs, Some(named));
    }
}
