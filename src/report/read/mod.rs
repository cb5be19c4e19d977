//! A run folder read as far as it can be: files may be missing, end in a torn line, or be damaged.

mod board;
mod clock;
mod evolution;
mod files;
mod manifest;
mod metrics;
mod outcome;
mod settings;
mod space;
mod visits;

use std::path::{Path, PathBuf};

use super::ReportError;
use files::Files;

pub use board::Board;
pub use clock::{Clock, State};
pub use manifest::{Command, Manifest};
pub use metrics::{Epoch, Judged};
pub use outcome::Outcome;
pub use settings::Setting;
pub use space::Space;
pub use visits::Row as VisitsRow;

/// Everything that a run folder tells.
#[derive(Debug)]
pub struct Run {
    /// The folder as the user gave it.
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub state: State,
    pub clock: Option<Clock>,
    /// What was measured, in order of epochs.
    pub epochs: Vec<Epoch>,
    /// What the final evolution judged, generation after generation.
    pub generations: Vec<Vec<Judged>>,
    /// The board after every epoch, in order; empty for a retraining.
    pub boards: Vec<Board>,
    pub outcome: Option<Outcome>,
    pub settings: Vec<Setting>,
    pub visits: Option<Vec<VisitsRow>>,
    /// The space, or why it could not be read.
    pub space: Result<Space, String>,
    /// What could not be read, each naming its file.
    pub notes: Vec<String>,
}

/// Reads the folder of a run.
///
/// # Errors
/// It holds no `run.json` that can be read: it is no run folder.
pub fn read(folder: &Path) -> Result<Run, ReportError> {
    let mut files = Files::new(folder);
    let manifest = manifest(&mut files)?;
    let epochs = metrics::read(&mut files);
    let settings = settings::read(&mut files, manifest.command);
    let outcome = files.json("result.json").as_ref().map(Outcome::read);
    let wanted = space::Wanted {
        manifest: &manifest,
        settings: &settings,
        outcome: outcome.as_ref(),
    };
    Ok(Run {
        folder: folder.to_owned(),
        state: clock::state(&files, outcome.as_ref()),
        clock: clock::read(&mut files, &epochs),
        generations: evolution::read(&mut files),
        boards: board::read(&mut files),
        visits: visits::read(&mut files),
        space: space::read(&mut files, wanted),
        notes: files.notes,
        manifest,
        epochs,
        outcome,
        settings,
    })
}

fn manifest(files: &mut Files) -> Result<Manifest, ReportError> {
    const NAME: &str = "run.json";
    let refuse = |path: PathBuf, what: String| ReportError { path, what };
    let Some(value) = files.json(NAME) else {
        return Err(match files.notes.pop() {
            // The note names the file already.
            Some(note) => {
                let what = note
                    .split_once(": ")
                    .map_or(note.as_str(), |(_, what)| what);
                refuse(files.path(NAME), what.to_owned())
            }
            None => refuse(
                files.path(""),
                format!("is no run folder: it holds no `{NAME}`"),
            ),
        });
    };
    Manifest::read(&value).map_err(|what| refuse(files.path(NAME), what))
}

impl Run {
    /// A setting's value by its dotted name.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().find(|one| one.key == key);
        found.map(|one| one.value.as_str())
    }

    /// The epochs that were asked for.
    pub fn epochs_wanted(&self) -> Option<u64> {
        let epochs: u64 = self.setting("EPOCHS")?.parse().ok()?;
        let cooldown = self.setting("COOLDOWN_EPOCHS");
        let cooldown = cooldown.and_then(|text| text.parse().ok());
        epochs.checked_add(cooldown.unwrap_or(0))
    }

    /// One measured number over all epochs: pairs of epoch and value.
    pub fn series(&self, name: &str) -> Vec<(f64, f64)> {
        let points = self.epochs.iter();
        points
            .filter_map(|epoch| Some((epoch.number as f64, epoch.get(name)?)))
            .collect()
    }

    /// The first epoch in which boards teach, for a search.
    pub fn distillation(&self) -> Option<u64> {
        let strategy = self.setting("SUPERNET.STRATEGY").unwrap_or("cream");
        if self.manifest.command == Command::Retrain || strategy != "cream" {
            return None;
        }
        let counted = self
            .epochs
            .iter()
            .find(|one| one.get("distilled_steps") > Some(0.0));
        let wanted = || {
            let last: u64 = match self.setting("SUPERNET.META_STA_EPOCH")? {
                "None" => self.epochs_wanted()? / 6,
                text => text.parse().ok()?,
            };
            last.checked_add(1)
        };
        counted.map(|epoch| epoch.number).or_else(wanted)
    }
}
