//! How good a network is on images it has never seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction, Tensor};

use crate::childnet::{Childnet, Inference};
use crate::data::Loader;
use crate::ranks::Ranks;
use crate::train::Error;
use crate::train::meter::Reading;

/// What a network got on a part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// Percent of images whose class had the highest logit.
    pub top1: f64,
    /// Percent of images whose class was among the five highest.
    pub top5: f64,
    /// Mean cross entropy, without smoothing.
    pub loss: f64,
    /// The number of images.
    pub images: usize,
}

/// What a network got on the images of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ClassTested {
    /// Its images.
    pub images: usize,
    /// Those whose class had the highest logit.
    pub top1: usize,
    /// Those whose class was among the five highest.
    pub top5: usize,
}

/// Images of one class that were taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Their class.
    pub class: usize,
    /// The class whose logit was highest.
    pub taken_for: usize,
    /// How many.
    pub images: usize,
}

/// Every image's outcome, counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Over all images.
    pub tested: Tested,
    /// Class by class, those without an image too.
    pub classes: Vec<ClassTested>,
    /// All confusions, the most frequent first.
    pub confusions: Vec<Confusion>,
}

/// Runs a network in evaluation mode over every image of a part, which ranks share: each takes whole batches, so that
/// every image is seen once, in the batch that one process would see it in, and all ranks find what that process would.
/// `seen` is told the images of each batch of this rank, and its losses and hits so far.
///
/// # Errors
/// When an image cannot be read and may not be left out, none can be read, the outputs are no numbers, or a rank is lost.
pub fn test(
    childnet: &Childnet,
    part: &Loader,
    batch: usize,
    ranks: &Ranks,
    mut seen: impl FnMut(usize, &Reading),
) -> Result<Outcome, Error> {
    let network = Inference::of(childnet);
    let place = network.place();
    let shard = ranks.shard();
    let mut scored = Vec::new();
    let mut so_far = Reading::default();
    for (at, batch) in part.dealt(batch, shard).enumerate() {
        let batch = batch?;
        if batch.is_empty() {
            continue;
        }
        let batch = batch.to(place.device, place.kind);
        let logits = network.forward(&batch.images);
        let one = Scored::new(&logits, &batch.labels);
        so_far += one.reading(batch.len());
        scored.push((at, one));
        seen(batch.len(), &so_far);
    }
    let mut sheet = Sheet::new(part.images(), batch);
    for (at, scored) in &scored {
        sheet.fill(shard.rank + at * shard.world, scored);
    }
    ranks.sum(&mut sheet.numbers)?;
    let outcome = sheet.count(part.set().classes);
    match outcome.tested.images {
        0 => Err(part.unreadable().into()),
        _ if !outcome.tested.loss.is_finite() => Err(Error::Diverged),
        _ => Ok(outcome),
    }
}

/// A batch's outcome, on the device.
struct Scored {
    /// Each image's loss.
    losses: Tensor,
    labels: Tensor,
    /// Each image's classes with the highest logits, `[N, TOP]` or fewer, highest first.
    highest: Tensor,
}

/// Classes that are looked at of each image.
const TOP: usize = 5;

impl Scored {
    fn new(logits: &Tensor, labels: &Tensor) -> Scored {
        let no_class_ignored = -100;
        let losses = logits.cross_entropy_loss(
            labels,
            None::<&Tensor>,
            Reduction::None,
            no_class_ignored,
            0.0,
        );
        let (_, highest) = logits.topk((TOP as i64).min(logits.size()[1]), -1, true, true);
        Scored {
            losses: losses.to_kind(Kind::Double),
            labels: labels.shallow_clone(),
            highest,
        }
    }

    fn reading(&self, images: usize) -> Reading {
        let first = self.highest.select(1, 0);
        Reading {
            loss: self.losses.sum(Kind::Double).double_value(&[]),
            hits: first
                .eq_tensor(&self.labels)
                .sum(Kind::Double)
                .double_value(&[]),
            images: images as f64,
        }
    }
}

/// The outcome of every image as numbers that ranks can add up, each having filled in its own batches.
struct Sheet {
    /// Of each batch its loss, and a row an image: its class and the highest ones, counted from 1; 0 where there is none.
    numbers: Vec<f64>,
    /// Numbers of a batch.
    each: usize,
}

/// Numbers of an image.
const ROW: usize = 1 + TOP;

impl Sheet {
    /// An empty one for so many images in batches.
    fn new(images: usize, batch: usize) -> Sheet {
        let each = 1 + batch.min(images) * ROW;
        Sheet {
            numbers: vec![0.0; images.div_ceil(batch) * each],
            each,
        }
    }

    /// Fills in the batch that is number `at` of all.
    fn fill(&mut self, at: usize, scored: &Scored) {
        let own = &mut self.numbers[at * self.each..][..self.each];
        own[0] = scored.losses.sum(Kind::Double).double_value(&[]);
        let from_one = |tensor: &Tensor| -> Vec<f64> {
            let numbers = tensor.to_kind(Kind::Double).flatten(0, -1) + 1.0;
            Vec::try_from(numbers).expect("a row of numbers")
        };
        let (labels, highest) = (from_one(&scored.labels), from_one(&scored.highest));
        let width = scored.highest.size()[1] as usize;
        let rows = own[1..].chunks_exact_mut(ROW);
        for ((row, label), highest) in rows.zip(labels).zip(highest.chunks_exact(width)) {
            row[0] = label;
            row[1..=width].copy_from_slice(highest);
        }
    }

    /// Adds up what all images, of so many classes, got.
    fn count(&self, classes: usize) -> Outcome {
        let mut classes = vec![ClassTested::default(); classes];
        let mut confusions: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut loss = 0.0;
        for batch in self.numbers.chunks_exact(self.each) {
            loss += batch[0];
            // Fewer rows are filled where the last batch is smaller, or images could not be read.
            let rows = batch[1..].chunks_exact(ROW);
            for row in rows.take_while(|row| row[0] > 0.0) {
                let label = row[0] as usize - 1;
                let class = &mut classes[label];
                class.images += 1;
                class.top1 += usize::from(row[1] == row[0]);
                class.top5 += usize::from(row[1..].contains(&row[0]));
                if row[1] != row[0] {
                    *confusions.entry((label, row[1] as usize - 1)).or_default() += 1;
                }
            }
        }
        Outcome {
            tested: tested(&classes, loss),
            classes,
            confusions: sorted(confusions),
        }
    }
}

fn tested(classes: &[ClassTested], loss: f64) -> Tested {
    let sum = |of: fn(&ClassTested) -> usize| classes.iter().map(of).sum::<usize>();
    let images = sum(|class| class.images);
    let share = |hits: usize| 100.0 * hits as f64 / images as f64;
    Tested {
        top1: share(sum(|class| class.top1)),
        top5: share(sum(|class| class.top5)),
        loss: loss / images as f64,
        images,
    }
}

fn sorted(confusions: BTreeMap<(usize, usize), usize>) -> Vec<Confusion> {
    let all = confusions.into_iter();
    let mut all: Vec<Confusion> = all
        .map(|((class, taken_for), images)| Confusion {
            class,
            taken_for,
            images,
        })
        .collect();
    // Stable: equal counts stay in the order of the classes.
    all.sort_by_key(|one| std::cmp::Reverse(one.images));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The count of batches of up to four images.
    fn counted(classes: usize, batches: &[(&Tensor, &Tensor)]) -> Outcome {
        let mut sheet = Sheet::new(4 * batches.len(), 4);
        for (at, (logits, labels)) in batches.iter().enumerate() {
            sheet.fill(at, &Scored::new(logits, labels));
        }
        sheet.count(classes)
    }

    #[test]
    fn classes_and_confusions_are_counted() {
        let logits = Tensor::from_slice2(&[
            [9.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0],
            [9.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.1],
            [9.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.1],
            [0.0, 9.0, 0.5, 0.4, 0.3, 0.2, 0.1],
        ]);
        let labels = Tensor::from_slice(&[0_i64, 1, 6, 6]);
        let outcome = counted(9, &[(&logits, &labels)]);
        assert_eq!((outcome.tested.top1, outcome.tested.top5), (25.0, 50.0));
        let expected = |images, top1, top5| ClassTested { images, top1, top5 };
        assert_eq!(outcome.classes[0], expected(1, 1, 1));
        assert_eq!(outcome.classes[1], expected(1, 0, 1));
        assert_eq!(outcome.classes[6], expected(2, 0, 0));
        assert_eq!(
            outcome.classes.len(),
            9,
            "the last of them without an image"
        );
        assert_eq!(outcome.classes[8], expected(0, 0, 0));
        let pairs: Vec<_> = outcome
            .confusions
            .iter()
            .map(|one| (one.class, one.taken_for))
            .collect();
        assert_eq!(pairs, [(1, 0), (6, 0), (6, 1)]);
    }

    #[test]
    fn smaller_batches_and_fewer_classes_than_are_looked_at_are_counted_too() {
        let logits = Tensor::from_slice2(&[[1.0, 0.0], [1.0, 0.0]]);
        let labels = Tensor::from_slice(&[0_i64, 1]);
        let all = counted(
            2,
            &[
                (&logits, &labels),
                (&logits.narrow(0, 1, 1), &labels.narrow(0, 1, 1)),
            ],
        );
        assert_eq!(all.tested.images, 3);
        assert!((all.tested.top1 - 100.0 / 3.0).abs() < 1e-12);
        assert_eq!(all.tested.top5, 100.0);
        let loss = [-1.0_f64, 1.0, 1.0].map(|wrong| (1.0 + wrong.exp()).ln());
        assert!((all.tested.loss - loss.iter().sum::<f64>() / 3.0).abs() < 1e-6);
    }
}
