//! The folder of one run.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::lines::{Log, Metrics};
use super::{Events, RunError, atomic};

/// What made the run: enough to make it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Our version.
    pub creamc: String,
    /// The version of libtorch.
    pub libtorch: Option<String>,
    /// `search` or `retrain`.
    pub command: String,
    /// The command line.
    pub arguments: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// The device, as the user would write it.
    pub device: String,
    /// Threads of one operator; results are bit-equal only for the same number.
    pub threads: usize,
    /// The copy of the file that was named, inside the run folder.
    #[serde(default, serialize_with = "super::as_text")]
    pub file: PathBuf,
    /// Which of its architectures.
    #[serde(default)]
    pub arch: Option<String>,
    /// The number of classes instead of the file's.
    #[serde(default)]
    pub classes: Option<u32>,
    /// Bounds beside the file's.
    #[serde(default)]
    pub require: Vec<String>,
    /// Side of the images of a network that was given by lists of indices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<u32>,
    /// The checkpoint of a search whose weights a retraining started from: the search may go on.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::some_as_text"
    )]
    pub inherit: Option<PathBuf>,
}

/// The folder of one run; while it lives, no other process writes there.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// None where another process has it, and writes.
    lock: Option<File>,
}

const MANIFEST: &str = "run.json";
const RESULT: &str = "result.json";
const LOCK: &str = ".lock";

impl RunFolder {
    /// Makes the folder of a new run: `out`, or `<save_path>/<name>-<date>`.
    ///
    /// # Errors
    /// `out` holds files, or the folder cannot be made.
    pub fn create(out: Option<&Path>, save_path: &Path, name: &str) -> Result<Self, RunError> {
        let path = match out {
            Some(out) => make_empty(out)?,
            None => make_dated(save_path, name)?,
        };
        let lock = Some(lock(&path)?);
        Ok(Self { path, lock })
    }

    /// Takes over the folder of a run that was killed before it had written what it is made of.
    ///
    /// # Errors
    /// The folder cannot be made, or another process writes to it.
    pub fn begin_again(path: &Path) -> Result<Self, RunError> {
        std::fs::create_dir_all(path)
            .map_err(RunError::io(path, "the run folder cannot be made"))?;
        let lock = Some(lock(path)?);
        let path = path.to_owned();
        Ok(Self { path, lock })
    }

    /// Whether a folder holds a run that can go on.
    #[must_use]
    pub fn is_run(path: &Path) -> bool {
        path.join(MANIFEST).is_file()
    }

    /// The folder of a run that another process writes down: nothing is written here.
    #[must_use]
    pub fn unwritten(path: PathBuf) -> Self {
        Self { path, lock: None }
    }

    /// Whether this process writes the run down.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.lock.is_some()
    }

    /// Whether [`RunFolder::create`] could make its folder at `out`, which is left alone.
    ///
    /// # Errors
    /// `out` holds files, or cannot be read.
    pub fn check(out: &Path) -> Result<(), RunError> {
        match out.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            _ => check_empty(out),
        }
    }

    /// Opens the folder of a run that goes on.
    ///
    /// # Errors
    /// It is no run folder, or another process writes to it.
    pub fn resume(path: &Path) -> Result<Self, RunError> {
        if !Self::is_run(path) {
            let what = match path.join(LOCK).is_file() {
                true => format!(
                    "was stopped before it had begun: it holds no `{MANIFEST}`; remove the folder and start again"
                ),
                false => format!("is no run folder: it holds no `{MANIFEST}`"),
            };
            return Err(RunError::new(path, what));
        }
        let lock = Some(lock(path)?);
        atomic::remove_temporaries(path)?;
        Ok(Self {
            path: path.to_owned(),
            lock,
        })
    }

    /// Where every setting of the run lies.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.path.join("settings.yaml")
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the run's checkpoint lies, if it has one: a folder.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint")
    }

    /// Where the result lies, once there is one.
    #[must_use]
    pub fn best(&self) -> PathBuf {
        self.path.join("best.cream")
    }

    /// Replaces the file `name` of the folder; folders on the way are made.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), RunError> {
        if !self.writes() {
            return Ok(());
        }
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(RunError::io(folder, "cannot be made"))?;
        }
        atomic::replace(&path, bytes.as_ref())
    }

    /// Writes what made the run.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), RunError> {
        let text = serde_json::to_string_pretty(manifest).expect("a manifest is plain JSON");
        self.write(MANIFEST, text + "\n")
    }

    /// What made the run.
    ///
    /// # Errors
    /// It cannot be read or was changed by hand.
    pub fn manifest(&self) -> Result<Manifest, RunError> {
        let path = self.path.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(RunError::io(&path, "cannot be read"))?;
        serde_json::from_str(&text)
            .map_err(|error| RunError::new(&path, format!("is damaged: {error}")))
    }

    /// Writes the result, as JSON.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_result(&self, result: &impl Serialize) -> Result<(), RunError> {
        let text = serde_json::to_string_pretty(result).expect("a result is plain JSON");
        self.write(RESULT, text + "\n")
    }

    /// The result, if the run has one; that of a stopped run is one so far.
    ///
    /// # Errors
    /// It cannot be read or was changed by hand.
    pub fn result<T: for<'a> Deserialize<'a>>(&self) -> Result<Option<T>, RunError> {
        let path = self.path.join(RESULT);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(RunError::io(&path, "cannot be read"))?,
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| RunError::new(&path, format!("is damaged: {error}")))
    }

    /// Copies files, given as path and text, to `space/`, where they lie to each other as they
    /// did; the copies' paths, inside the run folder, in the same order.
    ///
    /// # Errors
    /// A copy cannot be written.
    pub fn copy_files(&self, files: &[(PathBuf, String)]) -> Result<Vec<PathBuf>, RunError> {
        let paths: Vec<PathBuf> = files.iter().map(|(path, _)| plain(path)).collect();
        let root = common_folder(&paths);
        let copies = paths.iter().zip(files).map(|(path, (_, text))| {
            let inner = path
                .strip_prefix(&root)
                .expect("the root is above all paths");
            let copy = Path::new("space").join(inner);
            let name = copy.to_string_lossy().into_owned();
            self.write(&name, text)?;
            Ok(PathBuf::from(name))
        });
        copies.collect()
    }

    /// The log; goes on where it ended.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn log(&self) -> Result<Log, RunError> {
        let path = self.path.join("log.txt");
        match self.writes() {
            true => Log::open(&path),
            false => Ok(Log::unwritten(&path)),
        }
    }

    /// A new file of events for TensorBoard.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn events(&self) -> Result<Events, RunError> {
        let path = self.path.join("tensorboard");
        match self.writes() {
            true => Events::create(&path),
            false => Ok(Events::unwritten(&path)),
        }
    }

    /// The metrics; goes on where they ended.
    ///
    /// # Errors
    /// They cannot be opened.
    pub fn metrics(&self) -> Result<Metrics, RunError> {
        let path = self.path.join("metrics.jsonl");
        match self.writes() {
            true => Metrics::open(&path),
            false => Ok(Metrics::unwritten(&path)),
        }
    }
}

fn make_empty(out: &Path) -> Result<PathBuf, RunError> {
    std::fs::create_dir_all(out).map_err(RunError::io(out, "the run folder cannot be made"))?;
    check_empty(out)?;
    Ok(out.to_owned())
}

fn check_empty(out: &Path) -> Result<(), RunError> {
    let mut entries = std::fs::read_dir(out).map_err(RunError::io(out, "cannot be read"))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(RunError::new(out, "is not empty; name a new folder")),
    }
}

/// `<save_path>/<name>-<date>`, with a number behind it where that is taken.
fn make_dated(save_path: &Path, name: &str) -> Result<PathBuf, RunError> {
    std::fs::create_dir_all(save_path).map_err(RunError::io(save_path, "cannot be made"))?;
    let now = time::OffsetDateTime::now_utc();
    let date = format!(
        "{:04}{:02}{:02}",
        now.year(),
        u8::from(now.month()),
        now.day()
    );
    let first = format!(
        "{name}-{date}-{:02}{:02}{:02}",
        now.hour(),
        now.minute(),
        now.second()
    );
    let names = std::iter::once(first.clone()).chain((2..1000).map(|n| format!("{first}-{n}")));
    for path in names.map(|name| save_path.join(name)) {
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(RunError::io(&path, "the run folder cannot be made")(error)),
        }
    }
    Err(RunError::new(
        save_path,
        format!("holds a thousand runs named `{first}`"),
    ))
}

fn lock(path: &Path) -> Result<File, RunError> {
    let file = path.join(LOCK);
    let lock = File::create(&file).map_err(RunError::io(&file, "cannot be made"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(RunError::new(
            path,
            "another process is writing to this run",
        )),
        // Some network disks have no locks; then nobody is kept out.
        Err(std::fs::TryLockError::Error(_)) => Ok(lock),
    }
}

/// The path without `.` and `..`, which would lead out of the run folder.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The nearest folder that holds all `paths`.
fn common_folder(paths: &[PathBuf]) -> PathBuf {
    let mut folder = paths
        .first()
        .and_then(|path| path.parent())
        .unwrap_or(Path::new(""))
        .to_owned();
    while !paths.iter().all(|path| path.starts_with(&folder)) {
        if !folder.pop() {
            break;
        }
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            creamc: "0.1.0".to_owned(),
            libtorch: None,
            command: "search".to_owned(),
            arguments: vec!["search".to_owned(), "tiny.cream".to_owned()],
            seed: 42,
            device: "cpu".to_owned(),
            threads: 1,
            file: "space/tiny.cream".into(),
            arch: None,
            classes: None,
            require: Vec::new(),
            resolution: None,
            inherit: None,
        }
    }

    #[test]
    fn runs_of_one_name_and_second_get_folders_of_their_own() {
        let save = tempfile::tempdir().unwrap();
        let runs: Vec<RunFolder> = (0..3)
            .map(|_| RunFolder::create(None, &save.path().join("runs"), "demo").unwrap())
            .collect();
        for run in &runs {
            let name = run.path().file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with("demo-20"), "{name}");
        }
        assert!(runs[0].path() != runs[1].path() && runs[1].path() != runs[2].path());
    }

    #[test]
    fn a_folder_with_files_is_refused_and_left_alone() {
        let out = tempfile::tempdir().unwrap();
        std::fs::write(out.path().join("thesis.tex"), "dear").unwrap();
        let text = RunFolder::create(Some(out.path()), Path::new("runs"), "demo")
            .unwrap_err()
            .to_string();
        assert!(text.contains("is not empty; name a new folder"), "{text}");
        assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_run_goes_on_in_its_folder_but_not_beside_another_process() {
        let save = tempfile::tempdir().unwrap();
        let out = save.path().join("a/b");
        let run = RunFolder::create(Some(&out), Path::new("runs"), "demo").unwrap();
        run.write_manifest(&manifest()).unwrap();
        let text = RunFolder::resume(&out).unwrap_err().to_string();
        assert!(
            text.contains("another process is writing to this run"),
            "{text}"
        );
        drop(run);
        assert_eq!(
            RunFolder::resume(&out).unwrap().manifest().unwrap(),
            manifest()
        );
    }

    #[test]
    fn what_is_no_run_folder_cannot_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let text = RunFolder::resume(folder.path()).unwrap_err().to_string();
        assert!(
            text.contains("is no run folder: it holds no `run.json`"),
            "{text}"
        );
    }

    #[test]
    fn a_run_that_was_killed_before_it_began_is_told_from_a_foreign_folder() {
        let save = tempfile::tempdir().unwrap();
        let run = RunFolder::create(None, save.path(), "demo").unwrap();
        let text = RunFolder::resume(run.path()).unwrap_err().to_string();
        assert!(text.contains("remove the folder and start again"), "{text}");
    }

    #[test]
    fn a_run_that_was_killed_before_it_began_can_begin_again() {
        let save = tempfile::tempdir().unwrap();
        let killed = RunFolder::create(None, save.path(), "demo").unwrap();
        let path = killed.path().to_owned();
        assert!(!RunFolder::is_run(&path));
        let text = RunFolder::begin_again(&path).unwrap_err().to_string();
        assert!(text.contains("another process is writing"), "{text}");
        drop(killed);
        let again = RunFolder::begin_again(&path).unwrap();
        again.write_manifest(&manifest()).unwrap();
        assert!(RunFolder::is_run(&path));
    }

    #[test]
    fn a_result_is_read_back_and_none_is_none() {
        let save = tempfile::tempdir().unwrap();
        let run = RunFolder::create(None, save.path(), "demo").unwrap();
        assert_eq!(run.result::<Vec<u8>>().unwrap(), None);
        run.write_result(&[1, 2]).unwrap();
        assert_eq!(run.result::<Vec<u8>>().unwrap(), Some(vec![1, 2]));
        assert!(
            run.result::<String>()
                .unwrap_err()
                .to_string()
                .contains("is damaged")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_is_written_as_one() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        #[derive(Serialize)]
        struct Outcome {
            #[serde(serialize_with = "crate::run::as_text")]
            run: PathBuf,
        }
        let save = tempfile::tempdir().unwrap();
        let out = save.path().join(OsStr::from_bytes(b"caf\xe9"));
        let run = RunFolder::create(Some(&out), Path::new("runs"), "demo").unwrap();
        run.write_result(&Outcome { run: out.clone() }).unwrap();
        let result: serde_json::Value = run.result().unwrap().unwrap();
        assert_eq!(result["run"], out.to_string_lossy().into_owned());
        run.write_manifest(&Manifest {
            inherit: Some(out),
            ..manifest()
        })
        .unwrap();
        let inherit = run.manifest().unwrap().inherit.unwrap();
        assert!(inherit.ends_with("caf\u{fffd}"), "{inherit:?}");
    }

    #[test]
    fn a_damaged_manifest_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("run.json"), "{").unwrap();
        let text = RunFolder::resume(folder.path())
            .unwrap()
            .manifest()
            .unwrap_err()
            .to_string();
        assert!(text.contains("run.json: is damaged"), "{text}");
    }

    #[test]
    fn copies_lie_to_each_other_as_the_files_did() {
        let save = tempfile::tempdir().unwrap();
        let run = RunFolder::create(None, save.path(), "demo").unwrap();
        let file = |path: &str| (PathBuf::from(path), path.to_owned());
        let files = [
            file("/a/spaces/edge.cream"),
            file("/a/spaces/./tables/cpu.yaml"),
            file("/a/b/../blocks.cream"),
        ];
        let copies = run.copy_files(&files).unwrap();
        assert_eq!(copies[0], Path::new("space/spaces/edge.cream"));
        assert_eq!(copies[1], Path::new("space/spaces/tables/cpu.yaml"));
        assert_eq!(copies[2], Path::new("space/blocks.cream"));
        assert_eq!(
            std::fs::read_to_string(run.path().join(&copies[2])).unwrap(),
            "/a/b/../blocks.cream"
        );
        assert_eq!(
            run.copy_files(&files[..1]).unwrap(),
            [Path::new("space/edge.cream")]
        );
        assert_eq!(run.copy_files(&[]).unwrap(), [] as [PathBuf; 0]);
    }
}
