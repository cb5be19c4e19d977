//! Reading a file and, through `use`, all files it names.

use std::path::{Component, Path, PathBuf};

use super::{Program, report};
use crate::source::{FileId, Files, ReadError, Sources};
use crate::syntax::{self, ast};

/// One file of the compilation.
pub(super) struct Loaded {
    pub(super) id: FileId,
    /// Its path, for naming the files it uses.
    path: PathBuf,
    pub(super) ast: ast::File,
    /// Indices of the files it uses.
    uses: Vec<usize>,
    /// Part of it could not be read, and that has been reported.
    pub(super) is_broken: bool,
}

/// Reads the root and everything it uses, each file once.
pub(super) fn read_all(files: &dyn Files, path: &Path, text: String) -> Program {
    let mut program = Program {
        sources: Sources::default(),
        diagnostics: Vec::new(),
        files: Vec::new(),
        tables: Vec::new(),
        descent: Vec::new(),
    };
    add(&mut program, normal(path), path.display().to_string(), text);
    // Files are appended while they are walked: breadth first.
    let mut at = 0;
    while at < program.files.len() {
        read_uses(files, &mut program, at);
        at += 1;
    }
    report_circles(&mut program);
    program
}

fn add(program: &mut Program, path: PathBuf, name: String, text: String) -> usize {
    let id = program.sources.add(name, text.clone());
    let (ast, found) = syntax::parse(id, &text);
    program.files.push(Loaded {
        id,
        path,
        ast,
        uses: Vec::new(),
        is_broken: !found.is_empty(),
    });
    program.diagnostics.extend(found);
    program.files.len() - 1
}

fn read_uses(files: &dyn Files, program: &mut Program, at: usize) {
    for used in program.files[at].ast.uses.clone() {
        let path = used_path(&program.files[at].path, &used);
        let known = program.files.iter().position(|file| file.path == path);
        let index = known.map_or_else(|| read_one(files, program, &used, path), Some);
        match index {
            Some(index) => program.files[at].uses.push(index),
            None => program.files[at].is_broken = true,
        }
    }
}

fn read_one(
    files: &dyn Files,
    program: &mut Program,
    used: &ast::Use,
    path: PathBuf,
) -> Option<usize> {
    match read_named(files, &used.path.value, &path) {
        Ok(text) => {
            let name = path.display().to_string();
            Some(add(program, path, name, text))
        }
        Err(reason) => {
            let problem = report::unreadable_use(used, &path, &reason);
            program.diagnostics.push(problem);
            None
        }
    }
}

/// A file by the name that is written in another; without one nothing can be meant.
pub(super) fn read_named(files: &dyn Files, name: &str, path: &Path) -> Result<String, ReadError> {
    match name.is_empty() {
        true => Err(ReadError("the name is empty".to_owned())),
        false => files.read(path),
    }
}

/// Where a file that another uses lies.
pub fn used_path(user: &Path, used: &ast::Use) -> PathBuf {
    let folder = user.parent().unwrap_or(Path::new(""));
    normal(&folder.join(&used.path.value))
}

/// Without `.`, unless it is all, and, where a folder's name stands before it, `..`: equal files get equal paths.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        let last = normal.components().next_back();
        match (part, last) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                normal.pop();
            }
            _ => normal.push(part),
        }
    }
    match normal.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => normal,
    }
}

/// The file and all it uses, directly or not, the file first.
pub(super) fn visible(files: &[Loaded], from: usize) -> Vec<usize> {
    let mut is_seen = vec![false; files.len()];
    is_seen[from] = true;
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() {
        for &used in &files[seen[at]].uses {
            if !std::mem::replace(&mut is_seen[used], true) {
                seen.push(used);
            }
        }
        at += 1;
    }
    seen
}

/// A file that uses itself, directly or through others, is reported at the string that closes the
/// circle; one message a circle.
fn report_circles(program: &mut Program) {
    let mut problems = Vec::new();
    for at in 0..program.files.len() {
        let file = &program.files[at];
        // `uses` skips unreadable files; only files with all of them are looked at.
        if file.is_broken {
            continue;
        }
        for (written, &used) in file.ast.uses.iter().zip(&file.uses) {
            // Files are numbered in the order they were reached: an edge back to an earlier
            // file closes a circle if that file reaches this one.
            if used <= at && visible(&program.files, used).contains(&at) {
                problems.push((at, report::circular_use(written, used == at)));
            }
        }
    }
    for (at, problem) in problems {
        program.files[at].is_broken = true;
        program.diagnostics.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_get_equal_paths() {
        assert_eq!(
            normal(Path::new("a/./b/../c.cream")),
            Path::new("a/c.cream")
        );
        assert_eq!(normal(Path::new("../x.cream")), Path::new("../x.cream"));
        assert_eq!(normal(Path::new("../../x/../y")), Path::new("../../y"));
        assert_eq!(normal(Path::new("/a/../b")), Path::new("/b"));
        assert_eq!(normal(Path::new("./a/..")), Path::new("."));
    }
}
