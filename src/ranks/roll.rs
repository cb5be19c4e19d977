//! The roll call: who is there now, in a store that may remember ranks of an earlier start.
//!
//! torchrun's store outlives its ranks: after a restart it still holds what dead ones wrote, and the number of restarts is
//! not the same on all machines (the agent whose rank failed counts it, the others do not). So nothing that is found is
//! taken for living. Every rank writes a line that nobody wrote before; rank 0 reads all lines out, and a rank answers only
//! when its own was among them. What all have answered to is this start's.
//!
//! Two trainings may name one port. The store has the name of its job, and what ranks write before they have met is kept apart by
//! jobs: a rank that came to another's store is told so, and disturbs nobody there.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use creamc_torch::TorchError;
use creamc_torch::group::Store;

use super::join::no_store;
use super::{RanksError, Seat};

/// Between two looks at the store: hundreds of ranks look at one.
const LOOK: Duration = Duration::from_millis(50);

/// All ranks of one start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Roll {
    /// No other start has it.
    pub start: String,
    /// Machine and process of every rank.
    pub names: Vec<String>,
}

/// Calls the roll, or answers it.
///
/// # Errors
/// When a rank does not come within `timeout`, two say that they are the same, they count differently, the store is another
/// job's, or `stop` says so.
pub(super) fn call(
    store: &Store,
    seat: &Seat,
    timeout: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<Roll, RanksError> {
    let mut caller = Caller {
        store,
        seat,
        stop,
        own: own_line(seat.world),
        since: Instant::now(),
        timeout,
        before: Vec::new(),
    };
    caller.require_own_job()?;
    if seat.rank == 0 {
        caller.before = caller.all_lines()?;
    }
    caller.write(&here(seat.rank), &caller.own)?;
    match seat.rank {
        0 => caller.read_out(),
        _ => caller.answer(),
    }
}

fn here(rank: usize) -> String {
    format!("here/{rank}")
}

fn answered(rank: usize) -> String {
    format!("answered/{rank}")
}

/// The number of the roll that is being read, and [`COMPLETE`] or [`STOPPED`] behind it once it is.
const ROLL: &str = "roll";
/// All have answered.
const COMPLETE: &str = "complete";
/// Rank 0 reads no more: the user stopped it.
const STOPPED: &str = "stopped";

fn lines_of(number: &str) -> String {
    format!("lines/{number}")
}

/// Whose store it is.
const JOB: &str = "creamc/job";

/// How many ranks this one counts, what nobody else has, and a name for people.
fn own_line(world: usize) -> String {
    let process = std::process::id();
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.unwrap_or_default().as_nanos();
    format!("{world} {process}.{now} {}, process {process}", machine())
}

/// The three parts of a line.
fn parts(line: &str) -> (Option<usize>, &str, &str) {
    let mut parts = line.splitn(3, ' ');
    let mut next = || parts.next().unwrap_or_default();
    (next().parse().ok(), next(), next())
}

fn name(line: &str) -> String {
    parts(line).2.to_owned()
}

/// The machine's name.
fn machine() -> String {
    let name = std::process::Command::new("uname").arg("-n").output();
    let name = name.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "a machine".to_owned())
}

struct Caller<'a> {
    store: &'a Store,
    seat: &'a Seat,
    own: String,
    since: Instant,
    timeout: Duration,
    stop: &'a dyn Fn() -> bool,
    /// The lines that rank 0 found when it came.
    before: Vec<Option<String>>,
}

impl Caller<'_> {
    /// Rank 0: reads out every line there is until every rank has answered to one and the same roll.
    fn read_out(&self) -> Result<Roll, RanksError> {
        let (mut read, mut count) = (Vec::new(), 0);
        loop {
            self.still_alone()?;
            let lines = self.lines()?;
            if lines.len() == self.seat.world {
                if lines != read {
                    count += 1;
                    let number = self.number(count);
                    self.write(&lines_of(&number), &lines.join("\n"))?;
                    self.write(ROLL, &number)?;
                    read = lines;
                }
                let number = self.number(count);
                if self.missing_at(&number)?.is_empty() {
                    self.write(ROLL, &format!("{number} {COMPLETE}"))?;
                    return Ok(roll(number, &read));
                }
            }
            if (self.stop)() {
                self.write(ROLL, &format!("{} {STOPPED}", self.number(count)))?;
                return Err(RanksError::Interrupted);
            }
            self.wait()?;
        }
    }

    /// No other process, of this start or an earlier one, counts like this.
    fn number(&self, count: usize) -> String {
        format!("{}.{count}", parts(&self.own).1)
    }

    /// Every other rank: answers to a roll that has its line, until one is complete.
    fn answer(&self) -> Result<Roll, RanksError> {
        let (mut looked_at, mut lines): (_, Option<Vec<String>>) = (String::new(), None);
        loop {
            self.still_alone()?;
            let text = self.read(ROLL)?.unwrap_or_default();
            let (number, state) = text.split_once(' ').unwrap_or((&text, ""));
            if number != looked_at {
                looked_at = number.to_owned();
                lines = self.own_roll(number)?;
                if lines.is_some() {
                    self.write(&answered(self.seat.rank), number)?;
                }
            }
            match (&lines, state) {
                (Some(lines), COMPLETE) => return Ok(roll(looked_at, lines)),
                (Some(_), STOPPED) => return Err(RanksError::Interrupted),
                // Who has answered is counted on: rank 0 may find any moment that all have.
                (None, _) if (self.stop)() => return Err(RanksError::Interrupted),
                _ => {}
            }
            self.wait()?;
        }
    }

    /// The lines of a roll, where this rank's is one of them.
    fn own_roll(&self, number: &str) -> Result<Option<Vec<String>>, RanksError> {
        let text = self.read(&lines_of(number))?.unwrap_or_default();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        Ok((lines.get(self.seat.rank) == Some(&self.own)).then_some(lines))
    }

    /// What every rank has written, in their order.
    fn all_lines(&self) -> Result<Vec<Option<String>>, RanksError> {
        let all = 0..self.seat.world;
        all.map(|rank| self.read(&here(rank))).collect()
    }

    /// The lines of all ranks in their order, as far as the first that has none.
    fn lines(&self) -> Result<Vec<String>, RanksError> {
        let mut lines = Vec::new();
        for rank in 0..self.seat.world {
            match self.read(&here(rank))? {
                Some(line) if self.counts_like_this(rank, &line)? => lines.push(line),
                _ => break,
            }
        }
        Ok(lines)
    }

    /// Whether a line counts as many ranks as this one. One that does not, and was there when this rank came, may be of an earlier
    /// start: the rank is waited for, as one without a line is.
    fn counts_like_this(&self, rank: usize, line: &str) -> Result<bool, RanksError> {
        let (own, (world, _, name)) = (self.seat.world, parts(line));
        if world == Some(own) {
            return Ok(true);
        }
        let was_there = self.before.get(rank).and_then(Option::as_deref) == Some(line);
        if was_there && self.since.elapsed() < self.timeout {
            return Ok(false);
        }
        Err(RanksError::Join(format!(
            "rank {} counts {own} ranks, rank {rank} ({name}) {}: WORLD_SIZE must be the same everywhere",
            self.seat.rank,
            world.unwrap_or_default()
        )))
    }

    /// Nobody else may write this rank's line from now on.
    fn still_alone(&self) -> Result<(), RanksError> {
        let rank = self.seat.rank;
        match self.read(&here(rank))? {
            Some(line) if line != self.own => Err(RanksError::Join(format!(
                "two processes say that they are rank {rank}: {}, and {}. Each must have a RANK of its own",
                name(&self.own),
                name(&line)
            ))),
            _ => Ok(()),
        }
    }

    /// The store has the name of this rank's job, or none yet: rank 0 gives it one.
    fn require_own_job(&self) -> Result<(), RanksError> {
        let Seat {
            rank,
            host,
            port,
            job,
            ..
        } = self.seat;
        let found = self.store.get(JOB).map_err(|error| self.gone(&error))?;
        match found {
            Some(other) if other != *job => Err(RanksError::Join(format!(
                "rank {rank} of {} came to {host}:{port}, where the ranks of {} meet: two trainings name one port. Set MASTER_PORT to \
                 another one for one of them",
                job_name(job),
                job_name(&other)
            ))),
            None if *rank == 0 => {
                let named = self.store.set(JOB, job);
                named.map_err(|error| self.gone(&error))
            }
            _ => Ok(()),
        }
    }

    fn wait(&self) -> Result<(), RanksError> {
        self.require_own_job()?;
        if self.since.elapsed() > self.timeout {
            return Err(self.too_late()?);
        }
        std::thread::sleep(LOOK);
        Ok(())
    }

    fn too_late(&self) -> Result<RanksError, RanksError> {
        let Seat { rank, world, .. } = *self.seat;
        let missing = self.missing()?;
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        Ok(RanksError::Join(format!(
            "rank {rank} waited {} s for the others: of {world} ranks, {} did not come. Were all of them started?",
            self.timeout.as_secs(),
            missing.join(", ")
        )))
    }

    /// Who did not answer to the roll that has this rank's line; where there is none, who wrote no line; where all did,
    /// rank 0, which did not read them out.
    fn missing(&self) -> Result<Vec<usize>, RanksError> {
        let text = self.read(ROLL)?.unwrap_or_default();
        let number = text.split(' ').next().unwrap_or_default();
        if self.own_roll(number)?.is_some() {
            return self.missing_at(number);
        }
        let mut without = Vec::new();
        for rank in 0..self.seat.world {
            if self.read(&here(rank))?.is_none() {
                without.push(rank);
            }
        }
        Ok(if without.is_empty() { vec![0] } else { without })
    }

    fn missing_at(&self, number: &str) -> Result<Vec<usize>, RanksError> {
        let mut missing = Vec::new();
        for rank in 1..self.seat.world {
            if self.read(&answered(rank))?.as_deref() != Some(number) {
                missing.push(rank);
            }
        }
        Ok(missing)
    }

    fn read(&self, key: &str) -> Result<Option<String>, RanksError> {
        let key = self.own_key(key);
        self.store.get(&key).map_err(|error| self.gone(&error))
    }

    fn write(&self, key: &str, text: &str) -> Result<(), RanksError> {
        let written = self.store.set(&self.own_key(key), text);
        written.map_err(|error| self.gone(&error))
    }

    fn own_key(&self, key: &str) -> String {
        format!("creamc/of {}/{key}", self.seat.job)
    }

    fn gone(&self, error: &TorchError) -> RanksError {
        no_store(self.seat, false, &error.0)
    }
}

/// A job for people.
fn job_name(job: &str) -> String {
    match job {
        "" => "a job without a name".to_owned(),
        job => format!("job {job}"),
    }
}

fn roll(start: String, lines: &[String]) -> Roll {
    Roll {
        start,
        names: lines.iter().map(|line| name(line)).collect(),
    }
}

#[cfg(test)]
mod tests;
