//! A small search as a process, and comparing two run folders bit by bit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use creamc::checkpoint::{self, Store};
use serde_json::Value;
use tempfile::TempDir;

/// Five epochs of 12 steps, the last four with a board, a meta layer that learns and a prior that
/// follows the board, and an evolution at the end; a checkpoint every other step.
const SETTINGS: [&str; 23] = [
    "EPOCHS=5",
    "LR=0.05",
    "WARMUP_STEPS=2",
    "WARMUP_EPOCHS=0",
    "WORKERS=1",
    "RECOVERY_INTERVAL=2",
    "DATASET.BATCH_SIZE=16",
    "DATASET.IMAGES_PER_CLASS=20",
    "META_LR=0.1",
    "SUPERNET.META_STA_EPOCH=1",
    "SUPERNET.PICK_METHOD=meta",
    "SUPERNET.POOL_SIZE=4",
    "SUPERNET.SLICE=2",
    "SUPERNET.UPDATE_ITER=3",
    "SUPERNET.JUDGE_IMAGES=30",
    "SUPERNET.RECAL_IMAGES=40",
    "SUPERNET.RECAL_BATCH=20",
    "SUPERNET.PROBE_PATHS=2",
    "SUPERNET.HOW_TO_PROB=teacher",
    "SUPERNET.PICK=evolution",
    "SUPERNET.POPULATION=6",
    "SUPERNET.GENERATIONS=3",
    "SUPERNET.PARENTS=3",
];

/// Steps of the whole run.
pub const STEPS: u64 = 60;

pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub fn tool() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creamc-torch"));
    command
        .current_dir(repository(""))
        .env("OMP_NUM_THREADS", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The search, in a new folder, with more settings.
pub fn search(out: &Path, more: &[&str]) -> Command {
    search_on("cpu", out, more)
}

/// As [`search`], on another device.
pub fn search_on(device: &str, out: &Path, more: &[&str]) -> Command {
    let mut command = search_somewhere("spaces/tiny.cream", device, more);
    command.arg("--out").arg(out);
    command
}

/// As [`search`], of another space.
pub fn search_of(space: &str, out: &Path, more: &[&str]) -> Command {
    let mut command = search_somewhere(space, "cpu", more);
    command.arg("--out").arg(out);
    command
}

/// The search, in a folder below this one that is named by the clock.
pub fn search_below(save: &Path, more: &[&str]) -> Command {
    let mut command = search_somewhere("spaces/tiny.cream", "cpu", more);
    command.args(["--set", &format!("SAVE_PATH={}", save.display())]);
    command
}

fn search_somewhere(space: &str, device: &str, more: &[&str]) -> Command {
    let mut command = tool();
    command.args(["search", space, "--device", device]);
    command.args(["--data", "examples/fashion-mnist", "--seed", "11"]);
    for setting in SETTINGS.iter().chain(more) {
        command.args(["--set", setting]);
    }
    command
}

/// The run of a folder, gone on with.
pub fn resume(run: &Path) -> Command {
    let mut command = tool();
    command.args(["search", "--resume"]).arg(run);
    command
}

/// Every random and every remembering part of a retraining: four epochs of 12 steps, an update
/// of three batches, a checkpoint every other step.
const RETRAIN_SETTINGS: [&str; 19] = [
    "INPUT_ARCH=[[0],[2,0],[2],[0]]",
    "EPOCHS=4",
    "LR=0.01",
    "LR_NOISE=[0.2, 0.9]",
    "SCHED=cosine",
    "WARMUP_EPOCHS=1",
    "WORKERS=1",
    "RECOVERY_INTERVAL=2",
    "DATASET.BATCH_SIZE=16",
    "DATASET.IMAGES_PER_CLASS=20",
    "OPT=rmsproptf",
    "NET.DROPOUT_RATE=0.2",
    "NET.DROP_PATH_RATE=0.2",
    "NET.EMA.USE=True",
    "NET.EMA.WARMUP=True",
    "CLIP_GRAD=5",
    "ACCUMULATE=3",
    "AUGMENTATION.AA=rand-m9-mstd0.5",
    "AUGMENTATION.MIXUP=0.2",
];

/// Steps of the whole retraining.
pub const RETRAIN_STEPS: u64 = 48;

/// The retraining, in a new folder, with more settings.
pub fn retrain(out: &Path, more: &[&str]) -> Command {
    retrain_file(Path::new("spaces/tiny.cream"), out, more)
}

/// As [`retrain`], of a network of another file.
pub fn retrain_file(file: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = tool();
    command.arg("retrain").arg(file).args(["--device", "cpu"]);
    command.args(["--data", "examples/fashion-mnist", "--seed", "11", "--out"]);
    command.arg(out);
    for setting in RETRAIN_SETTINGS.iter().chain(more) {
        command.args(["--set", setting]);
    }
    command
}

/// The retraining of a folder, gone on with.
pub fn resume_retraining(run: &Path) -> Command {
    let mut command = tool();
    command.args(["retrain", "--resume"]).arg(run);
    command
}

/// A copy of a finished run, as if it had been killed after its last checkpoint.
pub fn killed(finished: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    copy(finished, &run);
    fs::remove_file(run.join("result.json")).unwrap();
    (folder, run)
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => {
                fs::copy(&path, &target).unwrap();
            }
        }
    }
}

/// Cuts the checkpoint after `step` to half its length.
pub fn truncate(run: &Path, step: u64) {
    let path = store(run).path(step);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
}

/// What the search gives when nothing ends it.
pub fn unbroken() -> &'static Path {
    static RUN: OnceLock<TempDir> = OnceLock::new();
    let folder = RUN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        finish(&mut search(&folder.path().join("run"), &[]));
        folder
    });
    // The folder of a static is never removed; it lies among the system's temporary files.
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| folder.path().join("run"))
}

/// Runs a command that ends well.
#[track_caller]
pub fn finish(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    output
}

/// Runs a command that ends with 2; what it says.
#[track_caller]
pub fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", errors(&output));
    errors(&output)
}

pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A process that is killed when nobody waits for it any more.
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Running {
        Running(command.spawn().unwrap())
    }

    pub fn ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// SIGKILL: nothing of the process runs any more.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn store(run: &Path) -> Store {
    Store::new(run.join("checkpoint"), 3)
}

/// Panics unless the newest checkpoint of a run can be read, and every other.
#[track_caller]
pub fn assert_last_is_whole(run: &Path) {
    let newest = store(run).newest().unwrap();
    assert!(newest.damaged.is_empty(), "{:?}", newest.damaged);
    assert!(newest.found.is_some(), "there is none");
}

/// The newest step that a run has saved.
pub fn newest_step(run: &Path) -> u64 {
    let steps = store(run).steps().unwrap_or_default();
    steps.last().copied().unwrap_or(0)
}

/// Panics unless both runs left the same behind, up to clocks and names of folders.
#[track_caller]
pub fn assert_equal_runs(one: &Path, two: &Path) {
    let names = files(one);
    assert_eq!(names, files(two));
    for name in names.keys() {
        let [one, two] = [one, two].map(|run| run.join(name));
        match name.as_str() {
            // These say when and where.
            "run.json" | "log.txt" | ".lock" | "settings.yaml" => {}
            "metrics.jsonl" => assert_eq!(lines(&one), lines(&two)),
            "result.json" => assert_eq!(timeless(&text(&one)), timeless(&text(&two))),
            name if name.starts_with("checkpoint/") => assert_equal_checkpoints(&one, &two),
            name if name.starts_with("tensorboard/") => {}
            _ => assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap(), "{name}"),
        }
    }
}

/// Every file of a folder and of those below; event files, which are named by the clock, left out.
fn files(folder: &Path) -> BTreeMap<String, ()> {
    let mut names = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match path.is_dir() {
            true if name == "tensorboard" => {}
            true => names.extend(
                files(&path)
                    .into_keys()
                    .map(|inner| (format!("{name}/{inner}"), ())),
            ),
            false => {
                names.insert(name, ());
            }
        }
    }
    names
}

fn lines(path: &Path) -> Vec<Value> {
    text(path).lines().map(timeless).collect()
}

fn timeless(json: &str) -> Value {
    let mut value: Value = serde_json::from_str(json).unwrap();
    let object = value.as_object_mut().unwrap();
    object.remove("seconds");
    object.remove("run");
    value
}

#[track_caller]
fn assert_equal_checkpoints(one: &Path, two: &Path) {
    let name = one.display();
    let [mut one, mut two] = [one, two].map(|path| checkpoint::load(path).unwrap());
    for contents in [&mut one, &mut two] {
        assert!(contents.about.remove("seconds").is_some(), "{name}");
        // Holds the data folder's name and no result.
        contents.about.remove("settings");
    }
    assert_eq!(one.about, two.about, "{name}");
    assert!(one.tensors.keys().eq(two.tensors.keys()), "{name}");
    for (tensor, value) in &one.tensors {
        assert!(value.equal(&two.tensors[tensor]), "{name}: {tensor}");
    }
}

pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
