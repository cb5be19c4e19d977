//! Which member of the board teaches the path that is trained now.

use creamc_lang::ir::Path;
use tch::{Kind, Tensor};

use super::meta::MetaLayer;
use crate::nn::Mode;
use crate::supernet::Supernet;

/// What a member of the board keeps of the batch that brought it there.
#[derive(Debug)]
pub struct Probe {
    /// The first images of the batch, `[SLICE, C, H, W]`.
    pub images: Tensor,
    /// The member's own softmax for them, `[SLICE, classes]`.
    pub softmax: Tensor,
}

/// The outcome of a choice.
#[derive(Debug)]
pub struct Choice {
    /// Index of the entry that teaches.
    pub entry: usize,
    /// Its weight in the loss, sigmoid of its score.
    pub rho: f64,
    /// The meta layer's score of every entry.
    pub scores: Vec<f64>,
    /// What the layer saw of the chosen entry: student minus stored softmax, `[SLICE · classes]`.
    pub difference: Tensor,
}

/// Scores every entry for a student and takes the highest; the first of equals.
///
/// The student runs over the images of all entries at once, every batch norm within each entry's own; running
/// statistics are left alone, and no gradient is kept. Waits for the device once, to read the scores.
///
/// # Panics
/// When there is no entry, or entries differ in shape.
pub fn choose(supernet: &Supernet, student: &Path, probes: &[&Probe], meta: &MetaLayer) -> Choice {
    choose_by(supernet, student, probes, meta, probes.len())
}

/// As [`choose`], with the images of so many entries in one forward, at least one.
///
/// # Panics
/// As [`choose`].
pub fn choose_by(
    supernet: &Supernet,
    student: &Path,
    probes: &[&Probe],
    meta: &MetaLayer,
    at_once: usize,
) -> Choice {
    let differences = tch::no_grad(|| differences(supernet, student, probes, at_once.max(1)));
    let scores = meta.scores(&differences);
    let entry = highest(&scores);
    let index = i64::try_from(entry).expect("a board is small");
    Choice {
        entry,
        rho: sigmoid(scores[entry]),
        scores,
        difference: differences.get(index),
    }
}

/// Student softmax minus stored softmax for every entry: `[entries, SLICE · classes]`.
fn differences(supernet: &Supernet, student: &Path, probes: &[&Probe], at_once: usize) -> Tensor {
    let images: Vec<&Tensor> = probes.iter().map(|probe| &probe.images).collect();
    let stored: Vec<&Tensor> = probes.iter().map(|probe| &probe.softmax).collect();
    let slice = images[0].size()[0];
    let entries = i64::try_from(probes.len()).expect("a board is small");
    let forward = |images: &[&Tensor]| {
        supernet.forward(&Tensor::cat(images, 0), student, Mode::ProbeGroups(slice))
    };
    let logits: Vec<Tensor> = images.chunks(at_once).map(forward).collect();
    let difference = Tensor::cat(&logits, 0).softmax(-1, None::<Kind>) - Tensor::cat(&stored, 0);
    difference.reshape([entries, -1])
}

fn highest(scores: &[f64]) -> usize {
    let mut best = 0;
    for (at, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = at;
        }
    }
    best
}

/// 1 / (1 + e^-x)
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::highest;

    #[test]
    fn the_first_of_equal_scores_teaches() {
        assert_eq!(highest(&[-1.0, 0.5, 0.5, f64::NAN]), 1);
    }
}
