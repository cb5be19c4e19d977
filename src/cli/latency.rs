//! `creamc latency FILE`: the rows that a latency table lacks, told here or measured by the binary with tensors.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::ir::{Ir, Layer, Table};
use creamc_lang::latency::written;

use super::values::Device;
use super::{CANNOT_WRITE, Verdict, findings, say, text};
use crate::disk::Disk;

/// Tells or measures the rows of a space's latency table
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  creamc latency --missing spaces/phone.cream >> spaces/tables/phone.yaml\n  creamc latency --measure spaces/phone.cream --threads 1"
)]
pub struct Args {
    /// The space
    pub file: PathBuf,
    /// Prints the rows that the table lacks, as YAML to be filled in
    #[arg(long, conflicts_with = "measure", required_unless_present = "measure")]
    pub missing: bool,
    /// Measures the rows that the table lacks on this device, and writes them to its file
    #[arg(long)]
    pub measure: bool,
    /// Which table, where the space has several
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub classes: Option<u32>,
    /// Measures all rows of the space, also those that the table has
    #[arg(long, requires = "measure")]
    pub again: bool,
    /// Where the blocks run: auto (without this), cpu, cuda:N
    #[arg(long, requires = "measure")]
    pub device: Option<Device>,
    /// Runs of every block, of which the median counts
    #[arg(long, value_name = "N", requires = "measure", default_value_t = 50, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub repeats: u32,
    /// Threads of one block on the CPU (without this as many as a training has)
    #[arg(long, value_name = "N", requires = "measure", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Writes the table here, instead of to its own file
    #[arg(long, value_name = "FILE", requires = "measure")]
    pub out: Option<PathBuf>,
}

/// A space and one of its tables, as far as it is filled.
#[derive(Debug)]
pub struct Open {
    /// The space.
    pub ir: Ir,
    /// The table.
    pub table: Table,
    /// Where the file lies, or will.
    pub path: PathBuf,
}

impl Open {
    /// Compiles the space and finds the table; `Err` when messages say why there is none.
    ///
    /// # Errors
    /// When the file cannot be read, or it is not clear which table is meant.
    pub fn read(args: &Args) -> anyhow::Result<Result<Open, Verdict>> {
        let overrides = Overrides {
            classes: args.classes,
            open_tables: true,
        };
        let unit = compile::load(&Disk, &args.file, &overrides)?;
        findings::show(&unit.sources, &unit.diagnostics);
        match &unit.ir {
            _ if unit.has_errors() => Ok(Err(Verdict::Faulty)),
            Some(ir) => Open::of(&unit, ir, args).map(Ok),
            None => bail!("`{}` holds no space", args.file.display()),
        }
    }

    fn of(unit: &Unit, ir: &Ir, args: &Args) -> anyhow::Result<Open> {
        let at = which(ir, args)?;
        let space = unit.space.as_ref().expect("with its IR comes a space");
        let written = &space.tables[at];
        let user = &unit.sources.get(written.span.file).name;
        Ok(Open {
            ir: ir.clone(),
            table: ir.tables[at].clone(),
            path: compile::table_path(Path::new(user), written),
        })
    }

    /// The blocks of the space that the table has no row for, or all of them.
    pub fn blocks(&self, all: bool) -> Vec<(String, Layer)> {
        let blocks = self.ir.timed_blocks().into_iter();
        blocks
            .filter(|(signature, _)| all || self.table.times.get(signature).is_none())
            .collect()
    }
}

/// The index of the table that is asked for.
fn which(ir: &Ir, args: &Args) -> anyhow::Result<usize> {
    let names: Vec<&str> = ir.tables.iter().map(|table| table.name.as_str()).collect();
    let file = args.file.display();
    match (&args.table, names.as_slice()) {
        (_, []) => bail!(
            "`{file}` has no latency table: write `table NAME = latency(\"FILE.yaml\")` in its space"
        ),
        (None, [_]) => Ok(0),
        (None, _) => bail!("which table? Name it with --table: {}", names.join(", ")),
        (Some(wanted), _) => {
            let found = names.iter().position(|name| name == wanted);
            found.with_context(|| format!("`{file}` has no table `{wanted}`: {}", names.join(", ")))
        }
    }
}

/// Prints the missing rows.
///
/// # Errors
/// When the file cannot be read, it is not clear which table is meant, or nothing can be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let open = match Open::read(args)? {
        Ok(open) => open,
        Err(verdict) => return Ok(verdict),
    };
    let missing = open.blocks(false);
    let file = open.path.display();
    if missing.is_empty() {
        say(&format!("`{file}` has every row"));
        return Ok(Verdict::Clean);
    }
    writeln!(
        out,
        "# {} of `{file}` to fill in: a time behind each colon, like 830us or 1.5ms.",
        text::plural(missing.len(), "row")
    )
    .context(CANNOT_WRITE)?;
    for (signature, _) in &missing {
        write!(out, "{}", written(signature, "")).context(CANNOT_WRITE)?;
    }
    Ok(Verdict::Clean)
}
