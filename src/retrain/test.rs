//! How good a network is on images it has never seen.

use serde::Serialize;
use tch::{Kind, Reduction, Tensor};

use crate::childnet::Childnet;
use crate::data::{DataError, Loader};
use crate::nn::Mode;
use crate::train::meter::{hits, numbers};

/// What a network got on a part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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

/// Runs a network in evaluation mode over every image of a part.
///
/// # Errors
/// When an image cannot be read and may not be left out.
pub fn test(childnet: &Childnet, part: &Loader, batch: usize) -> Result<Tested, DataError> {
    let place = childnet.place();
    let mut sums = Sums::default();
    for batch in part.in_order(batch) {
        let batch = batch?.to(place.device, place.kind);
        let logits = tch::no_grad(|| childnet.forward(&batch.images, Mode::Eval));
        sums.add(&logits, &batch.labels, batch.len());
    }
    Ok(sums.read())
}

/// Sums of every batch, on the device.
#[derive(Default)]
struct Sums {
    losses: Vec<Tensor>,
    top1: Vec<Tensor>,
    top5: Vec<Tensor>,
    images: usize,
}

impl Sums {
    fn add(&mut self, logits: &Tensor, classes: &Tensor, images: usize) {
        let no_class_ignored = -100;
        let loss = logits.cross_entropy_loss(
            classes,
            None::<&Tensor>,
            Reduction::Sum,
            no_class_ignored,
            0.0,
        );
        self.losses.push(loss.to_kind(Kind::Double));
        self.top1.push(hits(logits, classes, 1));
        self.top5.push(hits(logits, classes, 5));
        self.images += images;
    }

    fn read(&self) -> Tested {
        let mean = |sums: &[Tensor]| numbers(sums).iter().sum::<f64>() / self.images as f64;
        Tested {
            top1: 100.0 * mean(&self.top1),
            top5: 100.0 * mean(&self.top5),
            loss: mean(&self.losses),
            images: self.images,
        }
    }
}
