//! From a path on the command line to a compiled file, its bounds and its plan.

use std::io::Write;
use std::path::Path;

use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::diagnostic::Severity;
use creamc_lang::plan::{self, Plan, Request};
use creamc_lang::source::{Files, Span};
use creamc_lang::space::Require;

use crate::disk::Disk;

use super::Verdict;
use super::findings::{self, Format, JsonList};

/// What every command takes that compiles a space.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SpaceArgs {
    /// A bound beside the file's own, `flops in 200M..300M`; may be given several times
    #[arg(long, value_name = "BOUND")]
    pub require: Vec<String>,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub classes: Option<u32>,
}

/// A compiled file with the bounds of the command line.
#[derive(Debug)]
pub struct Loaded {
    /// The file. Its diagnostics grow with every step taken here.
    pub unit: Unit,
    /// The bounds of the command line.
    pub requires: Vec<Require>,
}

impl Loaded {
    /// Compiles the file, on disk, and reads the bounds.
    ///
    /// # Errors
    /// When the file cannot be read. Wrong text is in the unit's diagnostics.
    pub fn read(path: &Path, args: &SpaceArgs) -> anyhow::Result<Loaded> {
        Loaded::read_from(&Disk, path, args)
    }

    /// As [`Loaded::read`], with files from elsewhere.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_from(files: &dyn Files, path: &Path, args: &SpaceArgs) -> anyhow::Result<Loaded> {
        let overrides = Overrides {
            classes: args.classes,
            ..Overrides::default()
        };
        let unit = compile::load(files, path, &overrides)?;
        let mut loaded = Loaded {
            unit,
            requires: Vec::new(),
        };
        args.require
            .iter()
            .for_each(|text| loaded.add_require(text));
        Ok(loaded)
    }

    fn add_require(&mut self, text: &str) {
        let Some(space) = &self.unit.space else {
            return; // without a space there are errors already, or nothing to bound
        };
        match compile::parse_require(&mut self.unit.sources, text, space) {
            Ok(require) => self.requires.push(require),
            Err(found) => self.unit.diagnostics.extend(found),
        }
    }

    /// Whether some message is an error.
    pub fn has_errors(&self) -> bool {
        self.unit.has_errors()
    }

    /// How many messages are errors and how many are warnings.
    pub fn tally(&self) -> (usize, usize) {
        let all = &self.unit.diagnostics;
        let errors = all
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .count();
        (errors, all.len() - errors)
    }

    /// An argument of the command line, as if it were written in a file called like its flag.
    pub fn argument(&mut self, flag: &str, text: &str) -> Span {
        let file = self.unit.sources.add(flag, text);
        Span::new(file, 0, text.len())
    }

    /// The bounds of the file and of the command line.
    pub fn all_requires(&self) -> Vec<Require> {
        let own = self.unit.ir.iter().flat_map(|ir| &ir.requires);
        own.chain(&self.requires).cloned().collect()
    }

    /// Settles the space; `None` when the messages say why not.
    pub fn plan(&mut self) -> Option<Plan> {
        let ir = self.unit.ir.as_ref().filter(|_| !self.unit.has_errors())?;
        let request = Request {
            requires: self.requires.clone(),
            ..Request::default()
        };
        match plan::plan(ir, &request) {
            Ok((plan, warnings)) => {
                self.unit.diagnostics.extend(warnings);
                Some(plan)
            }
            Err(errors) => {
                self.unit.diagnostics.extend(errors);
                None
            }
        }
    }

    /// Prints what was found, for people beside the output, for scripts as the output.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn refuse(&self, format: Format, out: &mut impl Write) -> anyhow::Result<Verdict> {
        match format {
            Format::Human => self.show(),
            Format::Json => {
                let mut list = JsonList::open(out)?;
                self.list(&mut list)?;
                list.close()?;
            }
        }
        Ok(Verdict::Faulty)
    }

    /// Prints what was found into a list of JSON.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn list(&self, list: &mut JsonList<'_, impl Write>) -> anyhow::Result<()> {
        list.add(&self.unit.sources, &self.unit.diagnostics)
    }

    /// Prints what was found beside the output.
    pub fn show(&self) {
        findings::show(&self.unit.sources, &self.unit.diagnostics);
    }
}
