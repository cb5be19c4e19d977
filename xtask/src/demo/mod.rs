//! `cargo xtask demo`: from a clean clone to a search, its result retrained, and
//! three random paths of the same cost retrained beside it.

mod retrain;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{libtorch, step};

/// What is searched, relative to the repository.
const SPACE: &str = "spaces/tiny.cream";
const SETTINGS: &str = "configs/demo.yaml";
const DATA: &str = "examples/fashion-mnist";
const OUT: &str = "runs/demo";
/// The random paths that the result is compared with.
const RANDOM: &str = "runs/demo-random.cream";
const RANDOM_PATHS: &str = "3";
const RANDOM_SEED: &str = "2020";

/// Sets up, builds, searches, retrains, and prints what came out, whatever it is.
///
/// # Errors
/// When a step fails.
pub fn run(root: &Path) -> Result<()> {
    let start = Instant::now();
    libtorch::setup(root)?;
    step::run(
        "release build",
        step::cargo(root, &["build", "--release", "--package", "creamc"]),
    )?;
    clear(root)?;
    let random = sample(root)?;
    search(root)?;
    let archs = archs(root, &random)?;
    let tested = retrain::all(root, &archs)?;
    table::print(&archs, &tested);
    println!(
        "\nthe whole demo took {:.0} s; the run is in {OUT}, the result in {OUT}/best.cream,\n\
         the retrainings in {OUT}/retrain-*, the random paths in {RANDOM}",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// One architecture of the comparison.
struct Contender {
    /// Its name in its file.
    name: String,
    /// The file, relative to the repository.
    file: &'static str,
    choices: String,
    flops: u64,
    macs: u64,
    params: u64,
}

fn creamc(root: &Path) -> Command {
    let mut command = Command::new(root.join("target/release/creamc"));
    // A tiny step is quickest on one thread; the second core prepares the data.
    command.current_dir(root).env("OMP_NUM_THREADS", "1");
    command
}

/// Removes what an earlier demo left: its folder and its random paths, nothing else.
fn clear(root: &Path) -> Result<()> {
    let out = root.join(OUT);
    if out.exists() {
        println!("   {OUT}: the run of an earlier demo is removed");
        fs::remove_dir_all(&out).with_context(|| format!("removing {}", out.display()))?;
    }
    fs::create_dir_all(root.join("runs")).context("creating runs/")
}

/// Draws the random paths and writes them as a file of archs.
fn sample(root: &Path) -> Result<Vec<Value>> {
    let mut command = creamc(root);
    command.args(["sample", SPACE, "-n", RANDOM_PATHS, "--seed", RANDOM_SEED]);
    command.args(["--format", "json"]);
    let text = step::output("creamc sample", command)?;
    let samples = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Value>, _>>()
        .context("`creamc sample` prints one JSON value a line")?;
    let archs: Vec<&str> = samples
        .iter()
        .filter_map(|one| one["arch"].as_str())
        .collect();
    let file = format!("cream 1\nuse \"../{SPACE}\"\n\n{}", archs.join("\n"));
    fs::write(root.join(RANDOM), file).with_context(|| format!("writing {RANDOM}"))?;
    Ok(samples)
}

fn search(root: &Path) -> Result<()> {
    let mut command = creamc(root);
    command.args(["search", SPACE, "--config", SETTINGS, "--data", DATA]);
    command.args(["--out", OUT]);
    step::run("creamc search", command)
}

/// The result and the random paths.
fn archs(root: &Path, random: &[Value]) -> Result<Vec<Contender>> {
    let result = read_json(&root.join(OUT).join("result.json"))?;
    let mut archs = vec![contender("best", &result, "runs/demo/best.cream")?];
    for (at, one) in random.iter().enumerate() {
        // The names that `creamc sample` gives.
        archs.push(contender(&format!("sample_{}", at + 1), one, RANDOM)?);
    }
    Ok(archs)
}

fn contender(name: &str, value: &Value, file: &'static str) -> Result<Contender> {
    let number = |key: &str| {
        let lacks = || format!("`{name}` has no `{key}`");
        value[key].as_u64().with_context(lacks)
    };
    Ok(Contender {
        name: name.to_owned(),
        file,
        choices: value["choices"].to_string(),
        flops: number("flops")?,
        macs: number("macs")?,
        params: number("params")?,
    })
}

fn read_json(path: &PathBuf) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}
