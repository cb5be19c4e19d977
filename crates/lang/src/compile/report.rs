//! Messages about files: versions, `use`, and which space is meant.

use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Name, ReadError, Span, Spanned};
use crate::space::{Space, Table};
use crate::syntax::ast;

pub(super) fn unreadable_use(used: &ast::Use, path: &Path, reason: &ReadError) -> Diagnostic {
    let problem = unreadable(Code::UnreadableUse, &used.path, reason);
    looked_for(problem, &used.path, path, "uses")
}

pub(super) fn unreadable_table(table: &Table, path: &Path, reason: &ReadError) -> Diagnostic {
    let problem = unreadable(Code::UnreadableTable, &table.path, reason);
    looked_for(problem, &table.path, path, "names")
        .help("`creamc latency --missing FILE` prints its rows, `--measure` writes it")
}

fn unreadable(code: Code, written: &Spanned<String>, reason: &ReadError) -> Diagnostic {
    Diagnostic::new(
        code,
        format!("cannot read `{}`", written.value),
        written.span,
        reason.to_string(),
    )
}

/// Where the file was looked for; nowhere where its name is empty.
fn looked_for(
    problem: Diagnostic,
    written: &Spanned<String>,
    path: &Path,
    does: &str,
) -> Diagnostic {
    match written.value.is_empty() {
        true => problem,
        false => problem.note(format!(
            "looked for at `{}`; the path is relative to the file that {does} it",
            path.display()
        )),
    }
}

pub(super) fn malformed_table(table: &Table, place: Span, what: &str) -> Diagnostic {
    Diagnostic::new(
        Code::MalformedTable,
        format!("`{}` is no table of times", table.path.value),
        table.path.span,
        "its file cannot be used",
    )
    .label(place, what)
    .note("a table is YAML with one row a block: `SIGNATURE: TIME`")
}

/// Rows that are told; the command prints them all.
const TOLD: usize = 3;

pub(super) fn missing_rows(table: &Table, missing: &[String], root: &str) -> Diagnostic {
    let rows = match missing.len() {
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    };
    let problem = Diagnostic::new(
        Code::MissingRows,
        format!("`{}` lacks {rows}", table.path.value),
        table.path.span,
        format!("`{}` needs a time for every block", table.name.value),
    );
    let told = missing.iter().take(TOLD);
    let problem = told.fold(problem, |problem, row| problem.note(format!("no `{row}`")));
    let problem = match missing.len().saturating_sub(TOLD) {
        0 => problem,
        more => problem.note(format!("and {more} more")),
    };
    problem.help(format!(
        "`creamc latency --missing {root}` prints them to be filled in; `--measure` measures them here"
    ))
}

pub(super) fn circular_use(used: &ast::Use, is_itself: bool) -> Diagnostic {
    let label = match is_itself {
        true => "this is the file itself",
        false => "that file uses this one, directly or through others",
    };
    Diagnostic::new(
        Code::CircularUse,
        format!("`{}` is used in a circle", used.path.value),
        used.path.span,
        label,
    )
    .help("move what both need to a third file")
}

pub(super) fn unknown_space(space: &Name, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownSpace,
        format!("no space is called `{}`", space.value),
        space.span,
        "not in this file nor in those it uses",
    );
    match (nearest(&space.value, known.iter().copied()), known) {
        (Some(near), _) => problem.guess(format!("did you mean `{near}`?"), space.span, near),
        (None, []) => problem.help("`use \"FILE.cream\"` the file that holds it"),
        (None, _) => problem.help(format!("spaces in sight: `{}`", known.join("`, `"))),
    }
}

/// `space a of a`, directly or through others.
pub(super) fn circular_space(base: &Name, known: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::CircularSpace,
        format!("`{}` is derived from itself", known.value),
        base.span,
        "this is the space itself, or one derived from it",
    )
    .label(known.span, "declared here")
    .help("derive it from a space of its own, under another name")
}

pub(super) fn line_too_long(base: &Name, most: usize) -> Diagnostic {
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("at most {most} spaces are derived from one another"),
        base.span,
        "this one would be too many",
    )
    .help("derive from a space nearer to the first, and repeat the lines in between")
}

pub(super) fn arch_of_other_space(arch: &ast::Arch, wanted: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::OtherSpace,
        "the archs of a file belong to one space",
        arch.space.span,
        format!("`{}` is of another space", arch.name.value),
    )
    .label(wanted.span, "the file is about this one")
    .help(format!("move `{}` to a file of its own", arch.name.value))
}

pub(super) fn duplicate_arch(arch: &Name, earlier: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::DuplicateName,
        format!("two archs are called `{}`", arch.value),
        arch.span,
        "declared again",
    )
    .label(earlier.span, "first declared here")
}

pub(super) fn costs_too_large(space: &Space) -> Diagnostic {
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!(
            "paths of `{}` cost too much to be counted",
            space.name.value
        ),
        space.name.span,
        "its largest path may cost 2^63 or more",
    )
    .label(space.resolution.span, "the cost grows with its square")
    .help("lower the resolution, the widths or the depths")
}
