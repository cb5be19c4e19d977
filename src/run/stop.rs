//! Ctrl-C: the first press asks, the second does not.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::RunError;
use super::progress::tell;

/// Whether the user (or a launcher: SIGTERM, SIGHUP) asked the run to stop.
#[derive(Debug, Clone, Copy)]
pub struct Stop(());

static ASKED: AtomicBool = AtomicBool::new(false);
static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();

/// What a shell expects of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

impl Stop {
    /// From now on the first Ctrl-C asks the run to end after its step, with everything
    /// saved, and the second ends the process at once.
    ///
    /// # Errors
    /// The system refused the handler.
    pub fn install() -> Result<Self, RunError> {
        let installed = INSTALLED
            .get_or_init(|| ctrlc::set_handler(pressed).map_err(|error| error.to_string()));
        match installed {
            Ok(()) => Ok(Self(())),
            Err(error) => Err(RunError::new(
                Path::new("Ctrl-C"),
                format!("cannot be caught: {error}"),
            )),
        }
    }

    /// Whether to finish now.
    #[must_use]
    pub fn asked(self) -> bool {
        ASKED.load(Ordering::Relaxed)
    }
}

fn pressed() {
    if ASKED.swap(true, Ordering::Relaxed) {
        std::process::exit(INTERRUPTED);
    }
    tell("\nfinishing this step and saving; press Ctrl-C again to stop at once");
}
