//! Retraining every contender alone, two at a time.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::{Contender, DATA, OUT, creamc, read_json};

const SETTINGS: &str = "configs/demo-retrain.yaml";
/// Retrainings that run side by side, one thread each.
const AT_A_TIME: usize = 2;

/// What a retrained network got on the test part, in percent.
pub struct Tested {
    pub top1: f64,
    pub top5: f64,
}

/// Retrains all with the same settings and the same seed.
///
/// # Errors
/// When one fails; its output is in its log.
pub fn all(root: &Path, archs: &[Contender]) -> Result<Vec<Tested>> {
    println!(
        "== creamc retrain, {} networks, {AT_A_TIME} at a time",
        archs.len()
    );
    let start = Instant::now();
    let mut tested = Vec::new();
    for pair in archs.chunks(AT_A_TIME) {
        let running = pair
            .iter()
            .map(|arch| Running::start(root, arch))
            .collect::<Result<Vec<Running>>>()?;
        for one in running {
            tested.push(one.wait(root)?);
        }
    }
    println!("   retraining: {:.1} s", start.elapsed().as_secs_f64());
    Ok(tested)
}

struct Running {
    name: String,
    log: String,
    child: Child,
}

impl Running {
    fn start(root: &Path, arch: &Contender) -> Result<Running> {
        let log = format!("{OUT}/retrain-{}.log", arch.name);
        let output = File::create(root.join(&log)).with_context(|| format!("creating {log}"))?;
        let child = command(root, arch)
            .stdout(output.try_clone().context("sharing the log")?)
            .stderr(output)
            .spawn()
            .context("starting creamc retrain")?;
        let name = arch.name.clone();
        Ok(Running { name, log, child })
    }

    fn wait(mut self, root: &Path) -> Result<Tested> {
        let status = self.child.wait().context("waiting for creamc retrain")?;
        if !status.success() {
            bail!(
                "creamc retrain of `{}`: {status}; its output is in {}",
                self.name,
                self.log
            );
        }
        let result = read_json(&root.join(folder(&self.name)).join("result.json"))?;
        let number = |key: &str| {
            result["test"][key]
                .as_f64()
                .with_context(|| format!("the result of `{}` has no `{key}`", self.name))
        };
        Ok(Tested {
            top1: number("top1")?,
            top5: number("top5")?,
        })
    }
}

fn command(root: &Path, arch: &Contender) -> Command {
    let mut command = creamc(root);
    command.args(["retrain", arch.file, "--arch", &arch.name]);
    command.args(["--config", SETTINGS, "--data", DATA]);
    command.args(["--out", &folder(&arch.name)]);
    command
}

fn folder(name: &str) -> String {
    format!("{OUT}/retrain-{name}")
}
