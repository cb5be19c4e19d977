//! From a path to everything known about the file: its sources, messages, syntax tree, space and IR.
//!
//! The root file must be readable: if it is not, the world is wrong, not the
//! text, and [`load`] returns a [`LoadError`]. Everything else, files named in
//! `use` included, ends in diagnostics with a span.

mod report;
mod tables;
mod uses;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::arch;
use crate::cost;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{self, Ir};
use crate::source::{FileId, Files, Name, ReadError, Sources, Span};
use crate::space::{self, Metric, Relation, Require, Space};
use crate::syntax::ast::Comparison;
use crate::syntax::{self, ast};

pub use tables::table_path;
use uses::Loaded;
pub use uses::used_path;

/// What the caller sets over the file's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overrides {
    /// Number of classes instead of the `output` item's; at least 1.
    pub classes: Option<u32>,
    /// Takes latency tables as they are: a missing file is an empty one, and missing rows are
    /// not reported. For who fills them; such a space has no costs to rely on.
    pub open_tables: bool,
}

/// One compiled file.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The file and all it uses, latency tables too; the file itself is the first.
    pub sources: Sources,
    /// Which of them are latency tables.
    pub tables: Vec<FileId>,
    /// Every message, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// The syntax tree of the root file.
    pub ast: ast::File,
    /// The file's own space or, in a file of archs, the space they are `of`; without errors only.
    pub space: Option<Space>,
    /// The space, lowered.
    pub ir: Option<Ir>,
    /// The files of the space and of all it is derived from, its own first; empty where one of them is missing.
    pub descent: Vec<FileId>,
    /// The archs of the root file, in order.
    pub archs: Vec<ast::Arch>,
}

impl Unit {
    /// Whether some message is an error.
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

/// The root file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The path as the user gave it.
    pub path: PathBuf,
    /// Why.
    pub reason: ReadError,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read `{}`: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for LoadError {}

/// Compiles the file at `path` and all it uses.
///
/// # Errors
/// When the root file cannot be read. Wrong text is not an error here: it is
/// in [`Unit::diagnostics`].
pub fn load(files: &dyn Files, path: &Path, overrides: &Overrides) -> Result<Unit, LoadError> {
    let text = files.read(path).map_err(|reason| LoadError {
        path: path.to_owned(),
        reason,
    })?;
    let mut program = uses::read_all(files, path, text);
    let space = check_space(&mut program, overrides)
        .and_then(|space| tables::read_all(files, &mut program, space, overrides.open_tables));
    Ok(finish(program, space, overrides))
}

/// All files of a compilation and what was found wrong so far.
struct Program {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    /// The root file first.
    files: Vec<Loaded>,
    /// Latency tables.
    tables: Vec<FileId>,
    /// The files of the space and of its bases, see [`Unit::descent`].
    descent: Vec<FileId>,
}

impl Program {
    fn root(&self) -> &ast::File {
        &self.files[0].ast
    }

    /// A file and all it uses, the file first; `None` when one of them is broken, which has
    /// been reported: what stands in the others may rest on what is missing.
    fn visible_from(&self, file: usize) -> Option<Vec<&ast::File>> {
        let visible = uses::visible(&self.files, file);
        let is_whole = visible.iter().all(|&at| !self.files[at].is_broken);
        is_whole.then(|| visible.iter().map(|&at| &self.files[at].ast).collect())
    }

    /// Adds messages, without warnings that are not about the root file.
    fn report(&mut self, found: Vec<Diagnostic>) {
        let found = without_foreign_warnings(found, self.files[0].id);
        self.diagnostics.extend(found);
    }
}

/// The space the root file is about, checked; `None` if there is none or it has errors.
fn check_space(program: &mut Program, overrides: &Overrides) -> Option<Space> {
    let Some(wanted) = wanted_space(program.root()).cloned() else {
        check_names(program);
        return None;
    };
    check_archs(program, &wanted);
    let all: Vec<usize> = (0..program.files.len()).collect();
    let Some(found) = find_space(&program.files, &all, &wanted.value) else {
        report_unknown_space(program, &wanted, None);
        return None;
    };
    let line = descent(program, found)?;
    program.descent = line.iter().map(|(at, _)| program.files[*at].id).collect();
    let ((owner, root), derived) = line.split_last()?;
    let mut space = check_root(program, (*owner, root), overrides)?;
    for (owner, item) in derived.iter().rev() {
        space = check_derived(program, *owner, (item, root), &space)?;
    }
    Some(space)
}

/// The most spaces that are derived from one another, the one of its own counted: each looks at all files again.
const LINE: usize = 64;

/// A space with all it is derived from, itself first and a space of its own last, each with its file;
/// `None` when one of them is missing or derived from itself, or they are too many, which has been reported.
fn descent(program: &mut Program, space: (usize, usize)) -> Option<Vec<(usize, ast::Space)>> {
    let mut line = vec![space];
    loop {
        let (owner, at) = *line.last().expect("a space is in its own line");
        let item = space_at(&program.files, (owner, at));
        let Some(base) = item.base.clone() else {
            let with_file = |&(owner, at): &(usize, usize)| {
                (owner, space_at(&program.files, (owner, at)).clone())
            };
            return Some(line.iter().map(with_file).collect());
        };
        let visible = uses::visible(&program.files, owner);
        let Some(found) = find_space(&program.files, &visible, &base.value) else {
            let name = item.name.clone();
            report_unknown_space(program, &base, Some(&name));
            return None;
        };
        if line.contains(&found) {
            let known = space_at(&program.files, found);
            let problem = report::circular_space(&base, &known.name);
            program.diagnostics.push(problem);
            return None;
        }
        if line.len() == LINE {
            program.diagnostics.push(report::line_too_long(&base, LINE));
            return None;
        }
        line.push(found);
    }
}

/// A space of its own.
fn check_root(
    program: &mut Program,
    (owner, item): (usize, &ast::Space),
    overrides: &Overrides,
) -> Option<Space> {
    let files = program.visible_from(owner)?;
    let (space, found) = space::check(item, &files, overrides.classes, &program.sources);
    program.report(found);
    space
}

/// A space derived from `base` and, at last, from `root`.
fn check_derived(
    program: &mut Program,
    owner: usize,
    (item, root): (&ast::Space, &ast::Space),
    base: &Space,
) -> Option<Space> {
    let files = program.visible_from(owner)?;
    let (narrowed, mut found) = space::narrow(base, (item, root), &files, &program.sources);
    let (space, more) = narrowed.map_or((None, Vec::new()), |one| arch::pin(item, one));
    found.extend(more);
    program.report(found);
    space
}

/// A file of `let`s and `block`s only: nothing to build, but its names can be wrong.
fn check_names(program: &mut Program) {
    if let Some(files) = program.visible_from(0) {
        let found = space::check_library(&files, &program.sources);
        program.report(found);
    }
}

/// The name of the root's own space or, without one, of the space its first arch is of.
fn wanted_space(root: &ast::File) -> Option<&Name> {
    let own = spaces(root).next().map(|space| &space.name);
    own.or_else(|| archs(root).next().map(|arch| &arch.space))
}

/// All archs of a file are of one space, and their names differ.
fn check_archs(program: &mut Program, wanted: &Name) {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<&str, &Name> = BTreeMap::new();
    for arch in archs(program.root()) {
        if arch.space.value != wanted.value {
            problems.push(other_space(program, arch, wanted));
        }
        if let Some(earlier) = seen.insert(&arch.name.value, &arch.name) {
            problems.push(report::duplicate_arch(&arch.name, earlier));
        }
    }
    program.diagnostics.extend(problems);
}

fn other_space(program: &Program, arch: &ast::Arch, wanted: &Name) -> Diagnostic {
    let known = space_names(&program.files);
    match known.contains(&arch.space.value.as_str()) {
        true => report::arch_of_other_space(arch, wanted),
        false => report::unknown_space(&arch.space, &known),
    }
}

/// Says that no space has a name; `derived` is the space that is `of` it, if one is.
fn report_unknown_space(program: &mut Program, wanted: &Name, derived: Option<&Name>) {
    // A used file that could not be read or parsed may well hold it.
    let is_whole = program.files.iter().all(|file| !file.is_broken);
    if is_whole && !has_errors(&program.diagnostics) {
        let mut known = space_names(&program.files);
        known.retain(|name| derived.is_none_or(|derived| derived.value != *name));
        let problem = report::unknown_space(wanted, &known);
        program.diagnostics.push(problem);
    }
}

/// The first space of a name in the files at `places`: its file, and its place among the file's spaces.
fn find_space(files: &[Loaded], places: &[usize], name: &str) -> Option<(usize, usize)> {
    places.iter().find_map(|&owner| {
        let mut spaces = spaces(&files[owner].ast);
        let at = spaces.position(|space| space.name.value == name)?;
        Some((owner, at))
    })
}

fn space_at(files: &[Loaded], (owner, at): (usize, usize)) -> &ast::Space {
    let mut spaces = spaces(&files[owner].ast);
    spaces.nth(at).expect("it was found there")
}

fn space_names(files: &[Loaded]) -> Vec<&str> {
    let spaces = files.iter().flat_map(|file| spaces(&file.ast));
    spaces.map(|space| space.name.value.as_str()).collect()
}

fn spaces(file: &ast::File) -> impl Iterator<Item = &ast::Space> {
    file.items.iter().filter_map(|item| match item {
        ast::FileItem::Space(space) => Some(space),
        _ => None,
    })
}

fn archs(file: &ast::File) -> impl Iterator<Item = &ast::Arch> {
    file.items.iter().filter_map(|item| match item {
        ast::FileItem::Arch(arch) => Some(arch),
        _ => None,
    })
}

/// Warnings speak to who wrote the file: those about a used file stay with that file's own check.
fn without_foreign_warnings(found: Vec<Diagnostic>, root: FileId) -> Vec<Diagnostic> {
    let is_wanted = |diagnostic: &Diagnostic| {
        diagnostic.severity == Severity::Error
            || diagnostic
                .labels
                .iter()
                .any(|label| label.span.file == root)
    };
    found.into_iter().filter(is_wanted).collect()
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    let mut severities = diagnostics.iter().map(|diagnostic| diagnostic.severity);
    severities.any(|severity| severity == Severity::Error)
}

fn finish(mut program: Program, space: Option<Space>, overrides: &Overrides) -> Unit {
    let ir = space
        .as_ref()
        .and_then(|space| lowered(&mut program, space, overrides));
    let Program {
        sources,
        mut diagnostics,
        files,
        tables,
        descent,
    } = program;
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span));
    let root = files
        .into_iter()
        .next()
        .expect("the root file was read first");
    Unit {
        sources,
        tables,
        diagnostics,
        descent,
        archs: archs(&root.ast).cloned().collect(),
        ast: root.ast,
        space: space.filter(|_| ir.is_some()),
        ir,
    }
}

/// The space, lowered; `None` when its costs are not known or too large, which has been reported.
fn lowered(program: &mut Program, space: &Space, overrides: &Overrides) -> Option<Ir> {
    let ir = ir::lower(space);
    if overrides.open_tables {
        return Some(ir);
    }
    if !tables::check_rows(program, space, &ir) {
        return None;
    }
    if !cost::fits(&ir) {
        program.diagnostics.push(report::costs_too_large(space));
        return None;
    }
    Some(ir)
}

/// Reads a bound given outside a file, as in `--require 'flops in 200M..300M'`.
///
/// The text becomes a source named `--require`, so that messages can point into it.
///
/// # Errors
/// The messages, when it is not a bound or not one of `space`.
pub fn parse_require(
    sources: &mut Sources,
    text: &str,
    space: &Space,
) -> Result<Require, Vec<Diagnostic>> {
    let file = sources.add("--require", text);
    let (require, found) = syntax::parse_require(file, text);
    let (Some(require), true) = (require, found.is_empty()) else {
        return Err(found);
    };
    space::check_require(&require, space, sources)
}

/// A bound on flops that stands in no `.cream` file, both ends included.
///
/// In messages it is `text`, in a source named like the `place` where it was written.
pub fn flops_bound(
    sources: &mut Sources,
    (place, text): (&str, &str),
    [low, high]: [Option<u64>; 2],
) -> Require {
    let file = sources.add(place, text);
    let span = Span::new(file, 0, text.len());
    Require {
        relation: Relation::Metric {
            metric: Metric::Flops,
            low: low.unwrap_or(0),
            high: high.unwrap_or(u64::MAX),
        },
        span,
        value_span: span,
        comparison: match (low, high) {
            (Some(_), None) => Some(Comparison::AtLeast),
            (None, Some(_)) => Some(Comparison::AtMost),
            _ => None,
        },
        is_inherited: false,
    }
}
