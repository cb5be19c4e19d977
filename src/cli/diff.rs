//! `creamc diff BEFORE AFTER`.

mod tell;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use creamc_lang::arch::Arch;
use creamc_lang::diff::{self, ArchDiff, ArchSide, Effort, Side, SpaceDiff};
use creamc_lang::plan::Plan;
use creamc_lang::space::Require;
use creamc_lang::syntax::ast;

use super::arch;
use super::findings::{self, Format, JsonList};
use super::load::{Loaded, SpaceArgs};
use super::{CANNOT_WRITE, Verdict};

/// Tells what changed in meaning between two spaces, or between two architectures
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: creamc diff before/mobile.cream spaces/mobile.cream
          creamc diff spaces/published/43.cream spaces/published/114.cream

Exit codes: 0 the same, 1 different, 2 a file has errors, or the world or the usage is wrong.")]
pub struct Args {
    /// A space, or a file of architectures
    before: PathBuf,
    /// Another
    after: PathBuf,
    /// Which architecture; given twice, the first names the one of BEFORE, the second that of AFTER
    #[arg(long, value_name = "NAME")]
    arch: Vec<String>,
    /// Counts paths exactly, each number in up to ten seconds and a gigabyte; says so where that is not enough
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    space: SpaceArgs,
    /// How to print
    #[arg(long, default_value = "human")]
    format: Format,
}

/// Compares and prints. Nothing is printed for people where both mean the same; warnings are left to
/// `creamc check`.
///
/// # Errors
/// When a file cannot be read, it is not clear what to compare, exact counts are asked for and out
/// of reach, or nothing can be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let [before, after] = names(&args.arch)?;
    let mut before = Compared::read(&args.before, before, args)?;
    let mut after = Compared::read(&args.after, after, args)?;
    match (before.subject(), after.subject()) {
        (Subject::Space, Subject::Space) => spaces(args, &mut before, &mut after, out),
        (Subject::Arch, Subject::Arch) => archs(args, &mut before, &mut after, out),
        (Subject::Space, Subject::Arch) => bail!(mixed(&args.before, &args.after)),
        (Subject::Arch, Subject::Space) => bail!(mixed(&args.after, &args.before)),
    }
}

/// The name for each side.
fn names(given: &[String]) -> anyhow::Result<[Option<&str>; 2]> {
    match given {
        [] => Ok([None, None]),
        [both] => Ok([Some(both), Some(both)]),
        [before, after] => Ok([Some(before), Some(after)]),
        _ => bail!("--arch may be given twice: one for each file"),
    }
}

fn mixed(space: &Path, arch: &Path) -> String {
    let (space, arch) = (space.display(), arch.display());
    format!("`{space}` holds a space and `{arch}` architectures: two of a kind can be compared")
}

/// What of a file is compared.
enum Subject {
    Space,
    Arch,
}

/// One side of the comparison.
struct Compared<'a> {
    loaded: Loaded,
    name: Option<&'a str>,
}

impl<'a> Compared<'a> {
    fn read(path: &Path, name: Option<&'a str>, args: &Args) -> anyhow::Result<Compared<'a>> {
        let loaded = Loaded::read(path, &args.space)?;
        Ok(Compared { loaded, name })
    }

    /// An architecture where one is named or where the file holds nothing else.
    fn subject(&self) -> Subject {
        let is_space = |item: &ast::FileItem| matches!(item, ast::FileItem::Space(_));
        let has_space = self.loaded.unit.ast.items.iter().any(is_space);
        match self.name.is_none() && (has_space || self.loaded.unit.archs.is_empty()) {
            true => Subject::Space,
            false => Subject::Arch,
        }
    }

    /// The architecture with its resolution; `None` when the messages say why not.
    fn arch(&mut self) -> anyhow::Result<Option<(Arch, u32)>> {
        if self.loaded.has_errors() {
            return Ok(None);
        }
        let Some(picked) = arch::named(&mut self.loaded, self.name)? else {
            return Ok(None);
        };
        let own = picked.arch.resolution;
        let resolution = own.or_else(|| self.loaded.plan().map(|plan| plan.resolution));
        Ok(resolution.map(|resolution| (picked.arch, resolution)))
    }

    fn side<'b>(&'b self, plan: &'b Plan, requires: &'b [Require]) -> Side<'b> {
        Side {
            space: self.loaded.unit.space.as_ref().expect(BELONGS),
            plan,
            requires,
        }
    }

    fn arch_side<'b>(&'b self, (arch, resolution): &'b (Arch, u32)) -> ArchSide<'b> {
        ArchSide {
            arch,
            space: self.loaded.unit.space.as_ref().expect(BELONGS),
            ir: self.loaded.unit.ir.as_ref().expect(BELONGS),
            resolution: *resolution,
        }
    }
}

const BELONGS: &str = "an architecture or a plan belongs to a space";

fn spaces(
    args: &Args,
    before: &mut Compared,
    after: &mut Compared,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let plans = [before.loaded.plan(), after.loaded.plan()];
    for (path, side) in [(&args.before, &*before), (&args.after, &*after)] {
        if !side.loaded.has_errors() && side.loaded.unit.space.is_none() {
            bail!(
                "`{}` holds neither a space nor an architecture",
                path.display()
            );
        }
    }
    let [Some(one), Some(other)] = plans else {
        return refuse(args, before, after, out);
    };
    let requires = [&before.loaded, &after.loaded].map(Loaded::all_requires);
    let effort = if args.exact {
        Effort::Exact
    } else {
        Effort::Moderate
    };
    let difference = diff::spaces(
        &before.side(&one, &requires[0]),
        &after.side(&other, &requires[1]),
        effort,
    )
    .context("cannot count exactly (without --exact intervals are given)")?;
    print_spaces(args, &difference, out)?;
    Ok(verdict(difference.is_same()))
}

fn archs(
    args: &Args,
    before: &mut Compared,
    after: &mut Compared,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let (Some(one), Some(other)) = (before.arch()?, after.arch()?) else {
        return refuse(args, before, after, out);
    };
    let difference = diff::archs(&before.arch_side(&one), &after.arch_side(&other));
    print_archs(args, &difference, out)?;
    Ok(verdict(difference.is_same()))
}

fn print_spaces(args: &Args, difference: &SpaceDiff, out: &mut impl Write) -> anyhow::Result<()> {
    match args.format {
        Format::Json => findings::line(&tell::spaces_json(difference), out),
        Format::Human if difference.is_same() => Ok(()),
        Format::Human => write!(out, "{}", tell::spaces(difference)).context(CANNOT_WRITE),
    }
}

fn print_archs(args: &Args, difference: &ArchDiff, out: &mut impl Write) -> anyhow::Result<()> {
    match args.format {
        Format::Json => findings::line(&tell::archs_json(difference), out),
        Format::Human if difference.is_same() => Ok(()),
        Format::Human => write!(out, "{}", tell::archs(difference)).context(CANNOT_WRITE),
    }
}

fn verdict(is_same: bool) -> Verdict {
    match is_same {
        true => Verdict::Clean,
        false => Verdict::Different,
    }
}

/// Prints what is wrong with the files.
fn refuse(
    args: &Args,
    before: &Compared,
    after: &Compared,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    match args.format {
        Format::Human => [before, after].iter().for_each(|side| side.loaded.show()),
        Format::Json => {
            let mut list = JsonList::open(out)?;
            before.loaded.list(&mut list)?;
            after.loaded.list(&mut list)?;
            list.close()?;
        }
    }
    Ok(Verdict::NotCompared)
}
