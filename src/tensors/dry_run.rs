//! What a search would take, as a table and as JSON.

use std::io::{self, Write};

use crate::cli::stats::{Feasible, counted};
use crate::cli::text::{self, Side, plural};
use crate::search::{DryRun, StepTimes};

/// One object on a line.
///
/// # Errors
/// When nothing can be written.
pub fn print_json(dry: &DryRun) -> io::Result<()> {
    let json = serde_json::to_string(dry).expect("measured numbers are plain JSON");
    writeln!(io::stdout().lock(), "{json}")
}

/// A table.
///
/// # Errors
/// When nothing can be written.
pub fn print_human(dry: &DryRun) -> io::Result<()> {
    io::stdout().lock().write_all(human(dry).as_bytes())
}

fn human(dry: &DryRun) -> String {
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String, more: String| {
        rows.push(vec![what.to_owned(), value, more]);
    };
    let feasible = Feasible::Between(dry.feasible_min.clone(), dry.feasible_max.clone());
    row("space", dry.space.clone(), String::new());
    row("paths", counted(&dry.paths), String::new());
    row(
        "inside the bounds",
        feasible.text(&dry.paths),
        String::new(),
    );
    row(
        "supernet",
        format!("{} parameters", text::count(dry.parameters)),
        size(dry.parameter_bytes),
    );
    for (what, value, more) in memory(dry) {
        row(what, value, more);
    }
    for (what, value, more) in times(dry) {
        row(what, value, more);
    }
    for (what, value, more) in disk(dry) {
        row(what, value, more);
    }
    text::table(&[Side::Left; 3], &rows)
}

/// What a row says: of what, how much, and how that came about.
type Row = (&'static str, String, String);

fn memory(dry: &DryRun) -> Vec<Row> {
    let of = |what, bytes: Option<u64>, more: &str| Some((what, size(bytes?), more.to_owned()));
    let process = of(
        "memory",
        dry.memory.process_peak,
        "peak of this process, images included",
    );
    let device = of(
        "memory of the device",
        dry.memory.device_peak,
        "peak that libtorch reserved",
    );
    process.into_iter().chain(device).collect()
}

fn times(dry: &DryRun) -> Vec<Row> {
    let StepTimes {
        plain,
        distilled,
        meta,
    } = dry.step_seconds;
    let (run, judging) = (&dry.run, &dry.judging);
    let place = format!("on {}, {}", dry.device, plural(dry.threads, "thread"));
    let batch = format!("{} images, {place}", dry.batch);
    let step = |what, seconds: Option<f64>, more: String| Some((what, time(seconds?), more));
    let kinds = [
        step("a plain step", plain, batch),
        step(
            "a distilled step",
            distilled,
            "with a full board".to_owned(),
        ),
        step("  with a meta update", meta, String::new()),
    ];
    let steps = |steps: u64| format!("{steps} steps");
    let whole = [
        (
            "judging a path",
            time(judging.one),
            format!(
                "one more beside it {}; {} and up to {} of the board after an epoch",
                time(judging.one_more),
                plural(judging.probes, "probe"),
                plural(judging.board, "path"),
            ),
        ),
        ("plain steps", time(run.plain), steps(run.plain_steps)),
        (
            "distilled steps",
            time(run.distilled),
            steps(run.distilled_steps),
        ),
        ("judging", time(run.judging), String::new()),
        (
            "the whole run",
            time(run.total),
            format!(
                "{} epochs of {} steps, {} an epoch; saving not counted",
                dry.epochs,
                dry.epoch_steps,
                time(run.total / dry.epochs as f64)
            ),
        ),
    ];
    kinds.into_iter().flatten().chain(whole).collect()
}

fn disk(dry: &DryRun) -> Vec<Row> {
    let disk = &dry.disk;
    vec![
        (
            "a checkpoint",
            size(disk.checkpoint),
            format!(
                "{} written, at most {} there at once",
                disk.checkpoints_written, disk.checkpoints_at_once
            ),
        ),
        ("logs", size(disk.logs), String::new()),
        ("disk", size(disk.total), "at most at once".to_owned()),
    ]
}

/// Bytes for reading, in powers of ten.
fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        _ if bytes >= 1e9 => format!("{:.2} GB", bytes / 1e9),
        _ if bytes >= 1e6 => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.0} kB", (bytes / 1e3).ceil()),
    }
}

/// Seconds for reading, with three digits or to the minute.
fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds < 1.0 => format!("{:.1} ms", 1e3 * seconds),
        _ if seconds < 120.0 => format!("{seconds:.1} s"),
        _ if seconds < 7200.0 => format!("{:.1} min", seconds / 60.0),
        _ if seconds < 172_800.0 => format!("{:.1} h", seconds / 3600.0),
        _ => format!("{:.1} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::{size, time};

    #[test]
    fn times_and_sizes_have_the_unit_that_reads_best() {
        let times = [0.01234, 3.21, 300.0, 9000.0, 864_000.0].map(time);
        assert_eq!(times, ["12.3 ms", "3.2 s", "5.0 min", "2.5 h", "10.0 days"]);
        let sizes = [1, 1_234, 5_670_000, 1_230_000_000].map(size);
        assert_eq!(sizes, ["1 kB", "2 kB", "5.7 MB", "1.23 GB"]);
    }
}
