//! From a path on the command line to a compiled file, its bounds and its plan.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use creamc_lang::arch::{self, Arch};
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::diagnostic::{Diagnostic, Severity};
use creamc_lang::plan::{self, Plan, Request};
use creamc_lang::source::{FileId, Files, ReadError, Span, Spanned};
use creamc_lang::space::Require;
use creamc_lang::syntax::ast;

use serde_json::Value;

use super::Verdict;
use super::report::{self, Format};

/// What every command takes that compiles a space.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SpaceArgs {
    /// A bound beside the file's own, `flops in 200M..300M`; may be given several times
    #[arg(long, value_name = "BOUND")]
    pub require: Vec<String>,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub classes: Option<u32>,
}

/// Files on disk.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        let bytes = fs::read(path).map_err(|error| ReadError(reason(&error)))?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count()
                + 1;
            ReadError(format!("it is not UTF-8 text (line {line}, byte {at})"))
        })
    }
}

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::IsADirectory => "it is a directory".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => error.to_string(),
    }
}

/// A compiled file with the bounds of the command line.
#[derive(Debug)]
pub struct Loaded {
    /// The file. Its diagnostics grow with every step taken here.
    pub unit: Unit,
    requires: Vec<Require>,
}

impl Loaded {
    /// Compiles the file and reads the bounds.
    ///
    /// # Errors
    /// When the file cannot be read. Wrong text is in the unit's diagnostics.
    pub fn read(path: &Path, args: &SpaceArgs) -> anyhow::Result<Loaded> {
        let overrides = Overrides {
            classes: args.classes,
        };
        let unit = compile::load(&Disk, path, &overrides)?;
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

    /// A number of the command line, as if it were written in a file called like its flag.
    pub fn number(&mut self, flag: &str, value: u32) -> Spanned<u32> {
        let text = value.to_string();
        let file: FileId = self.unit.sources.add(flag, text.clone());
        Spanned::new(value, Span::new(file, 0, text.len()))
    }

    /// Settles the space; `None` when the messages say why not.
    pub fn plan(&mut self, resolution: Option<Spanned<u32>>) -> Option<Plan> {
        let ir = self.unit.ir.as_ref().filter(|_| !self.unit.has_errors())?;
        let request = Request {
            requires: self.requires.clone(),
            resolution,
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
            Format::Json => report::print_json(self.messages(), out)?,
        }
        Ok(Verdict::Faulty)
    }

    /// What was found, as JSON values.
    pub fn messages(&self) -> Vec<Value> {
        report::values(&self.unit.sources, &self.unit.diagnostics)
    }

    /// Prints what was found beside the output.
    pub fn show(&self) {
        report::show(&self.unit.sources, &self.unit.diagnostics);
    }
}
