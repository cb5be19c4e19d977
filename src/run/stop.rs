//! Ctrl-C: the first press asks, the second does not.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::RunError;
use super::progress::tell;

/// Whether the user (or a launcher: SIGTERM, SIGHUP) asked the run to stop.
#[derive(Debug, Clone, Copy)]
pub struct Stop(());

/// As [`Stop`], where nothing has begun; when it goes, a press ends the process at once again, unless a run asks for it.
#[derive(Debug)]
pub struct Waiting(());

static ASKED: AtomicBool = AtomicBool::new(false);
static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();
/// Somebody saves when asked to stop.
static SAVES: AtomicBool = AtomicBool::new(false);
/// Somebody waits for others, and asks whether to go on.
static WAITS: AtomicBool = AtomicBool::new(false);

/// What a shell expects of a process that Ctrl-C ended.
pub const INTERRUPTED: i32 = 130;

impl Stop {
    /// From now on the first Ctrl-C asks the run to end after its step, with everything
    /// saved, and the second ends the process at once.
    ///
    /// # Errors
    /// The system refused the handler.
    pub fn install() -> Result<Self, RunError> {
        handle()?;
        SAVES.store(true, Ordering::Relaxed);
        Ok(Self(()))
    }

    /// Whether to finish now.
    #[must_use]
    pub fn asked(self) -> bool {
        ASKED.load(Ordering::Relaxed)
    }
}

impl Waiting {
    /// From now on the first Ctrl-C asks a wait for others to end, and the second ends the process at once.
    ///
    /// # Errors
    /// The system refused the handler.
    pub fn install() -> Result<Self, RunError> {
        WAITS.store(true, Ordering::Relaxed);
        handle()?;
        Ok(Self(()))
    }

    /// Whether to wait no more.
    #[must_use]
    pub fn asked(&self) -> bool {
        ASKED.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITS.store(false, Ordering::Relaxed);
    }
}

fn handle() -> Result<(), RunError> {
    let installed =
        INSTALLED.get_or_init(|| ctrlc::set_handler(pressed).map_err(|error| error.to_string()));
    installed
        .clone()
        .map_err(|error| RunError::new(Path::new("Ctrl-C"), format!("cannot be caught: {error}")))
}

fn pressed() {
    let (saves, waits) = (SAVES.load(Ordering::Relaxed), WAITS.load(Ordering::Relaxed));
    if ASKED.swap(true, Ordering::Relaxed) || !saves && !waits {
        end_interrupted();
    }
    if saves {
        tell("\nfinishing this step and saving; press Ctrl-C again to stop at once");
    }
}

/// Ends the process as one that Ctrl-C ended.
pub fn end_interrupted() -> ! {
    std::process::exit(INTERRUPTED)
}
