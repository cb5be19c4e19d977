//! `creamc new DIR`.

mod start;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;

use super::text::{Side, table};
use super::{CANNOT_WRITE, Verdict};
use start::Start;

/// Writes a folder to start from: a space or a known network, settings, the next commands
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc new phone --from ofa_mbv3")]
pub struct Args {
    /// The folder, new or empty
    #[arg(required_unless_present = "list")]
    dir: Option<PathBuf>,
    /// What to start from
    #[arg(long, value_name = "NAME", default_value = "tiny")]
    from: Start,
    /// Lists what there is to start from, and writes nothing
    #[arg(long, conflicts_with_all = ["dir", "from"])]
    list: bool,
}

/// Writes the folder, or lists what there is.
///
/// # Errors
/// When the folder holds files already, or cannot be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let Some(dir) = &args.dir else {
        write!(out, "{}", list()).context(CANNOT_WRITE)?;
        return Ok(Verdict::Clean);
    };
    make_empty(dir)?;
    for (name, text) in args.from.files() {
        let path = dir.join(name);
        write_new(&path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
        writeln!(out, "{}", path.display()).context(CANNOT_WRITE)?;
    }
    Ok(Verdict::Clean)
}

fn list() -> String {
    let rows = Start::value_variants()
        .iter()
        .map(|start| vec![start.name(), start.summary()]);
    table(&[Side::Left, Side::Left], &rows.collect::<Vec<_>>())
}

/// A folder that is there afterwards, and holds nothing.
fn make_empty(dir: &Path) -> anyhow::Result<()> {
    let name = dir.display();
    fs::create_dir_all(dir).with_context(|| format!("cannot make the folder `{name}`"))?;
    let mut entries = fs::read_dir(dir).with_context(|| format!("cannot read `{name}`"))?;
    match entries.next() {
        Some(_) => bail!("`{name}` is not empty, and nothing is overwritten: name a new folder"),
        None => Ok(()),
    }
}

/// Never over another file, whoever made it a moment ago.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    fs::File::create_new(path)?.write_all(text.as_bytes())
}
