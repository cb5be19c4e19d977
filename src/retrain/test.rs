//! How good a network is on images it has never seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction, Tensor};

use crate::childnet::{Childnet, Inference};
use crate::data::{DataError, Loader};
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
    /// Class by class.
    pub classes: Vec<ClassTested>,
    /// All confusions, the most frequent first.
    pub confusions: Vec<Confusion>,
}

/// Runs a network in evaluation mode over every image of a part; `seen` is told the images of
/// each batch, and losses and hits so far.
///
/// # Errors
/// When an image cannot be read and may not be left out.
pub fn test(
    childnet: &Childnet,
    part: &Loader,
    batch: usize,
    mut seen: impl FnMut(usize, &Reading),
) -> Result<Outcome, DataError> {
    let network = Inference::of(childnet);
    let place = network.place();
    let mut batches = Vec::new();
    let mut so_far = Reading::default();
    for batch in part.in_order(batch) {
        let batch = batch?.to(place.device, place.kind);
        let logits = network.forward(&batch.images);
        let scored = Scored::new(&logits, &batch.labels);
        so_far += scored.reading(batch.len());
        batches.push(scored);
        seen(batch.len(), &so_far);
    }
    Ok(count(&batches))
}

/// A batch's outcome, on the device.
struct Scored {
    /// Each image's loss.
    losses: Tensor,
    labels: Tensor,
    /// Each image's five classes with the highest logits, `[N, 5]`, highest first.
    highest: Tensor,
}

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
        let (_, highest) = logits.topk(5.min(logits.size()[1]), -1, true, true);
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

fn count(batches: &[Scored]) -> Outcome {
    let mut classes: Vec<ClassTested> = Vec::new();
    let mut confusions: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut loss = 0.0;
    for batch in batches {
        loss += batch.losses.sum(Kind::Double).double_value(&[]);
        let labels = whole_numbers(&batch.labels);
        let width = batch.highest.size()[1] as usize;
        let highest = whole_numbers(&batch.highest.view([-1]));
        for (&label, highest) in labels.iter().zip(highest.chunks_exact(width)) {
            if classes.len() <= label {
                classes.resize(label + 1, ClassTested::default());
            }
            let class = &mut classes[label];
            class.images += 1;
            class.top1 += usize::from(highest[0] == label);
            class.top5 += usize::from(highest.contains(&label));
            if highest[0] != label {
                *confusions.entry((label, highest[0])).or_default() += 1;
            }
        }
    }
    Outcome {
        tested: tested(&classes, loss),
        classes,
        confusions: sorted(confusions),
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

fn whole_numbers(tensor: &Tensor) -> Vec<usize> {
    let numbers = Vec::<i64>::try_from(tensor.to_kind(Kind::Int64)).expect("a row of numbers");
    let class = |number: i64| usize::try_from(number).expect("classes count from 0");
    numbers.into_iter().map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_confusions_are_counted() {
        let logits = Tensor::from_slice2(&[
            [9.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0],
            [9.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.1],
            [9.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.1],
            [0.0, 9.0, 0.5, 0.4, 0.3, 0.2, 0.1],
        ]);
        let labels = Tensor::from_slice(&[0_i64, 1, 6, 6]);
        let outcome = count(&[Scored::new(&logits, &labels)]);
        assert_eq!((outcome.tested.top1, outcome.tested.top5), (25.0, 50.0));
        let expected = |images, top1, top5| ClassTested { images, top1, top5 };
        assert_eq!(outcome.classes[0], expected(1, 1, 1));
        assert_eq!(outcome.classes[1], expected(1, 0, 1));
        assert_eq!(outcome.classes[6], expected(2, 0, 0));
        let pairs: Vec<_> = outcome
            .confusions
            .iter()
            .map(|one| (one.class, one.taken_for))
            .collect();
        assert_eq!(pairs, [(1, 0), (6, 0), (6, 1)]);
    }
}
