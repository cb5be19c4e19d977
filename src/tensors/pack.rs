//! `creamc pack`: from arguments to options, how far it is, and what was packed.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::pack::Args;
use crate::cli::{self, Verdict};
use crate::data::{self, PackOptions, Packed, Packing};

/// Between two lines where there is no terminal.
const QUIET: Duration = Duration::from_secs(30);

/// Packs a folder, with a progress beside it, and prints what was written and left out.
///
/// # Errors
/// When the folder cannot be packed or nothing can be printed.
pub fn run(args: Args) -> anyhow::Result<Verdict> {
    let options = options(args);
    let mut progress = Progress::new();
    let packed = data::pack(&options, &mut |done, all| progress.show(done, all));
    progress.bar.finish_and_clear();
    for part in &packed? {
        if let Some(what) = &part.passed_over {
            cli::say(&format!("warning: {what}"));
        }
        for broken in &part.left_out {
            cli::say(&format!("warning: left out {broken}"));
        }
        writeln!(io::stdout().lock(), "{}", line(part))
            .context("cannot write to standard output")?;
    }
    Ok(Verdict::Clean)
}

fn options(args: Args) -> PackOptions {
    PackOptions {
        folder: args.folder,
        out: args.out,
        packing: match args.short_side {
            None if !args.raw => Packing::Files,
            short_side => Packing::Raw { short_side },
        },
        class_map: args.class_map,
        val_labels: args.val_labels,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        strict: args.strict,
    }
}

fn line(part: &Packed) -> String {
    let left_out = match part.left_out.len() {
        0 => String::new(),
        count => format!("; {count} left out"),
    };
    let (file, mib) = (part.file.display(), part.bytes as f64 / f64::from(1 << 20));
    format!("{file}: {} images, {mib:.1} MiB{left_out}", part.images)
}

/// A bar on a terminal, now and then a line elsewhere.
struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    last: Instant,
}

impl Progress {
    fn new() -> Progress {
        let style =
            ProgressStyle::with_template("{bar:24} {pos}/{len} images  {per_sec}  {eta} left")
                .expect("the template is right");
        Progress {
            // Drawn on stderr, and not at all where that is no terminal.
            bar: ProgressBar::new(0).with_style(style),
            is_terminal: io::stderr().is_terminal(),
            last: Instant::now(),
        }
    }

    fn show(&mut self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        if !self.is_terminal && self.last.elapsed() >= QUIET {
            self.last = Instant::now();
            cli::say(&format!("image {done} of {all}"));
        }
    }
}
