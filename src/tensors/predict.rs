//! `creamc predict`: from arguments to options, from predictions to printed lines.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;

use crate::cli::predict::Args;
use crate::cli::search::Training;
use crate::retrain::{Input, Likely, PredictOptions, Predicted, Prediction, TrainedOptions};
use crate::train::NetworkOptions;

use super::run_options;

/// What is to be predicted.
///
/// # Errors
/// When the arguments contradict each other.
pub fn options(args: Args) -> anyhow::Result<PredictOptions> {
    let (arch, images) = files(args.files, args.tensor.is_some())?;
    let input = match (args.tensor, args.out) {
        (Some(from), Some(to)) => Input::Tensor { from, to },
        _ => Input::Images(images),
    };
    Ok(PredictOptions {
        trained: TrainedOptions {
            network: NetworkOptions {
                file: arch,
                arch: args.arch,
                classes: args.num_classes,
            },
            weights: args.weights,
            average: !args.no_ema,
        },
        input,
        classes: args.classes,
        top: args.top as usize,
        run: run_options(Training {
            config: args.config,
            data: None,
            out: None,
            device: args.device,
            seed: None,
            overrides: args.overrides,
            strict: false,
        }),
    })
}

/// The architecture's file, if the first one is it, and the images.
fn files(mut files: Vec<PathBuf>, tensor: bool) -> anyhow::Result<(Option<PathBuf>, Vec<PathBuf>)> {
    let is_arch = |file: &PathBuf| file.extension().is_some_and(|end| end == "cream");
    let arch = files.first().is_some_and(is_arch);
    let arch = arch.then(|| files.remove(0));
    match (files.is_empty(), tensor) {
        (true, false) => {
            bail!("nothing to look at: name image files, or a batch with --tensor FILE --out FILE")
        }
        (false, true) => bail!("both images and --tensor are given: name one of them"),
        _ => Ok((arch, files)),
    }
}

/// To read: an image a line, its classes below.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(predicted: &Predicted) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match predicted {
        Predicted::Tensor { shape, to } => writeln!(
            out,
            "logits [{}, {}] written to {}",
            shape[0],
            shape[1],
            to.display()
        ),
        Predicted::Images(images) => {
            let mut lines = images.iter().flat_map(lines);
            lines.try_for_each(|line| writeln!(out, "{line}"))
        }
    }
}

fn lines(image: &Prediction) -> Vec<String> {
    let class = |one: &Likely| {
        let name = one.name.as_deref().unwrap_or_default();
        let line = format!("  {:6.2}%  {}  {name}", 100.0 * one.probability, one.class);
        line.trim_end().to_owned()
    };
    let head = image.image.display().to_string();
    std::iter::once(head)
        .chain(image.classes.iter().map(class))
        .collect()
}

/// For programs: an object an image.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_json(predicted: &Predicted) -> io::Result<()> {
    let Predicted::Images(images) = predicted else {
        return print(predicted);
    };
    let mut out = io::stdout().lock();
    images.iter().try_for_each(|image| {
        let json = serde_json::to_string(image).expect("a prediction is plain JSON");
        writeln!(out, "{json}")
    })
}
