//! Running the tool and looking at what comes out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run printed and how it ended.
#[derive(Debug)]
pub struct Run {
    line: String,
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs `creamc` in the folder of fixtures.
pub fn creamc(args: &[&str]) -> Run {
    creamc_in(&fixtures(), args)
}

/// Runs `creamc` in a folder.
pub fn creamc_in(folder: &Path, args: &[&str]) -> Run {
    let output = command(folder, args).output().expect("the tool starts");
    let text = |bytes| String::from_utf8(bytes).expect("the tool prints UTF-8");
    Run {
        line: args.join(" "),
        code: output
            .status
            .code()
            .expect("the tool is not killed by a signal"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// `creamc` ready to start, with no input.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creamc"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cli")
}

/// A folder of its own with copies of some fixtures.
pub fn folder_with(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for file in files {
        std::fs::copy(fixtures().join(file), folder.path().join(file))
            .expect("a fixture can be copied");
    }
    folder
}

impl Run {
    /// The output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Asserts exit code 0 and silence beside the output.
    #[track_caller]
    pub fn clean(self) -> Run {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        self
    }

    /// Asserts an exit code and a part of what is said beside the output; nothing is printed.
    #[track_caller]
    pub fn fails(self, code: i32, part: &str) -> Run {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(part), "no `{part}` in:\n{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert_eq!(self.out, "", "nothing is printed on failure");
        self
    }

    /// Everything, for a snapshot.
    pub fn all(&self) -> String {
        let mut text = format!("$ creamc {}\n{}", self.line, self.out);
        if !self.err.is_empty() {
            text += &format!("(beside the output)\n{}", self.err);
        }
        text + &format!("(exit code {})\n", self.code)
    }
}

/// Compares a run with `tests/snapshots/NAME.snap`.
#[track_caller]
pub fn snapshot(name: &str, run: &Run) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, run.all()));
}

/// The names of an object's fields.
#[track_caller]
pub fn names(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}
