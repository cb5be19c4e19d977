//! Reading the files of latency tables, and whether they have all rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::uses::{normal, read_named};
use super::{Program, report};
use crate::ir::Ir;
use crate::latency::Times;
use crate::source::{Files, Span};
use crate::space::{Space, Table};

/// Reads the tables of a checked space; `None` when one is missing or wrong, which has been
/// reported. A missing one `may_be_open`: it has no rows then.
pub(super) fn read_all(
    files: &dyn Files,
    program: &mut Program,
    mut space: Space,
    may_be_open: bool,
) -> Option<Space> {
    let mut is_whole = true;
    for table in &mut space.tables {
        match read(files, program, table, may_be_open) {
            Some(times) => table.times = Arc::new(times),
            None => is_whole = false,
        }
    }
    is_whole.then_some(space)
}

fn read(
    files: &dyn Files,
    program: &mut Program,
    table: &Table,
    may_be_open: bool,
) -> Option<Times> {
    let user = &program.sources.get(table.span.file).name;
    let path = table_path(Path::new(user), table);
    let text = match read_named(files, &table.path.value, &path) {
        Ok(text) => text,
        Err(_) if may_be_open => return Some(Times::default()),
        Err(reason) => {
            let problem = report::unreadable_table(table, &path, &reason);
            program.diagnostics.push(problem);
            return None;
        }
    };
    let file = program
        .sources
        .add(path.display().to_string(), text.clone());
    program.tables.push(file);
    match Times::read(&text) {
        Ok(times) => Some(times),
        Err(fault) => {
            let place = Span::new(file, fault.at.start, fault.at.end);
            let problem = report::malformed_table(table, place, &fault.what);
            program.diagnostics.push(problem);
            None
        }
    }
}

/// Where the file of a table lies that the file `user` names.
pub fn table_path(user: &Path, table: &Table) -> PathBuf {
    let folder = user.parent().unwrap_or(Path::new(""));
    normal(&folder.join(&table.path.value))
}

/// Reports every table that lacks rows; whether there is none.
pub(super) fn check_rows(program: &mut Program, space: &Space, ir: &Ir) -> bool {
    let mut is_whole = true;
    for (written, table) in space.tables.iter().zip(&ir.tables) {
        let missing = ir.missing_rows(table);
        if !missing.is_empty() {
            let root = program.sources.get(program.files[0].id).name.clone();
            let problem = report::missing_rows(written, &missing, &root);
            program.diagnostics.push(problem);
            is_whole = false;
        }
    }
    is_whole
}
