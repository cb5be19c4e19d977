//! One pass over the training part, the same for a search and a retraining.

use tch::Tensor;

use super::Error;
use super::meter::{Meter, Reading};
use crate::data::{Batch, DataError};
use crate::nn::Place;

/// What an epoch does with its batches.
pub trait Steps {
    /// Trains on one batch, which lies where the weights are.
    ///
    /// # Errors
    /// When the step cannot be made.
    fn step(&mut self, batch: &Batch) -> Result<Measured, Error>;

    /// Whether to end before the next step.
    ///
    /// # Errors
    /// When the processes that train together do not agree on it.
    fn stop(&mut self) -> Result<bool, Error>;

    /// An error where a rank is lost: what was measured last may be unfinished then.
    ///
    /// # Errors
    /// When a rank is lost.
    fn require_all(&self) -> Result<(), Error>;

    /// Called with every reading: the steps done and the sums of this epoch so far.
    fn show(&mut self, steps: usize, so_far: &Reading);

    /// Why training stops when the loss of the `step`-th step made here, from 0, is not a number.
    fn not_a_number(&self, step: usize) -> Error;
}

/// What one step shows; both are scalars that may still be under way on the device.
#[derive(Debug)]
pub struct Measured {
    /// The loss.
    pub loss: Tensor,
    /// Images whose class had the highest logit.
    pub hits: Tensor,
    /// Images of the step, over all processes.
    pub images: usize,
}

/// What an epoch did so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Done {
    /// Losses and hits of its steps.
    pub reading: Reading,
    /// The number of its steps.
    pub steps: usize,
    /// Whether it ended before its last batch.
    pub stopped: bool,
}

/// Runs an epoch's `batches`, after those that `before` tells of. Waits for the device at every
/// `every`-th step only, to read the losses since the last time, and at the end.
///
/// # Errors
/// When an image cannot be read, a step fails or a loss is not a number.
pub fn epoch(
    mut batches: impl ExactSizeIterator<Item = Result<Batch, DataError>>,
    place: Place,
    every: usize,
    before: Done,
    steps: &mut impl Steps,
) -> Result<Done, Error> {
    let mut done = before;
    let mut meter = Meter::default();
    while batches.len() > 0 {
        // Before the batch is taken: what is noted of it belongs to a step that is made.
        if steps.stop()? {
            done.stopped = true;
            break;
        }
        let Some(batch) = batches.next() else { break };
        let batch = batch?.to(place.device, place.kind);
        let measured = steps.step(&batch)?;
        meter.add(&measured.loss, &measured.hits, measured.images);
        done.steps += 1;
        if done.steps.is_multiple_of(every) {
            read(&mut meter, before.steps, &mut done, steps)?;
        }
    }
    read(&mut meter, before.steps, &mut done, steps)?;
    Ok(done)
}

fn read(
    meter: &mut Meter,
    before: usize,
    done: &mut Done,
    steps: &mut impl Steps,
) -> Result<(), Error> {
    let first = done.steps - before - meter.len();
    let read = meter.read(&mut done.reading);
    // A sum that was given up is not a bad loss.
    steps.require_all()?;
    read.map_err(|at| steps.not_a_number(first + at.0))?;
    steps.show(done.steps, &done.reading);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    struct Fake {
        losses: Vec<f64>,
        made: usize,
        stop_at: usize,
        shown: Vec<usize>,
        lost: bool,
    }

    impl Steps for Fake {
        fn step(&mut self, batch: &Batch) -> Result<Measured, Error> {
            self.made += 1;
            Ok(Measured {
                loss: Tensor::from(self.losses[self.made - 1]),
                hits: Tensor::from(1.0),
                images: batch.len(),
            })
        }

        fn stop(&mut self) -> Result<bool, Error> {
            Ok(self.made == self.stop_at)
        }

        fn require_all(&self) -> Result<(), Error> {
            match self.lost {
                false => Ok(()),
                true => Err(Error::Refused("a rank is lost".to_owned())),
            }
        }

        fn show(&mut self, steps: usize, _: &Reading) {
            self.shown.push(steps);
        }

        fn not_a_number(&self, step: usize) -> Error {
            Error::Refused(format!("step {step}"))
        }
    }

    fn fake(losses: &[f64]) -> Fake {
        Fake {
            losses: losses.to_vec(),
            made: 0,
            stop_at: usize::MAX,
            shown: Vec::new(),
            lost: false,
        }
    }

    fn batch() -> Batch {
        Batch {
            images: Tensor::zeros([2, 1, 3, 3], (Kind::Float, tch::Device::Cpu)),
            labels: Tensor::from_slice(&[0_i64, 1]),
            share: 1.0,
        }
    }

    fn run(fake: &mut Fake) -> Result<Done, Error> {
        let batches: Vec<Batch> = fake.losses.iter().map(|_| batch()).collect();
        let batches = batches.into_iter().map(Ok);
        epoch(batches, Place::CPU, 2, Done::default(), fake)
    }

    #[test]
    fn losses_are_read_every_other_step_and_at_the_end() {
        let mut steps = fake(&[1.0, 2.0, 6.0]);
        let done = run(&mut steps).unwrap();
        assert_eq!((done.steps, done.stopped), (3, false));
        assert_eq!((done.reading.mean_loss(), done.reading.top1()), (3.0, 50.0));
        assert_eq!(steps.shown, [2, 3]);
    }

    #[test]
    fn the_step_with_the_bad_loss_is_named() {
        let error = run(&mut fake(&[1.0, 1.0, 1.0, f64::NAN])).unwrap_err();
        assert_eq!(error.to_string(), "step 3");
    }

    #[test]
    fn a_rank_that_is_lost_is_named_before_a_loss_that_it_may_have_spoiled() {
        let mut steps = fake(&[1.0, f64::NAN]);
        steps.lost = true;
        assert_eq!(run(&mut steps).unwrap_err().to_string(), "a rank is lost");
    }

    #[test]
    fn an_epoch_goes_on_after_steps_made_before_and_counts_its_own_for_a_bad_loss() {
        let mut steps = fake(&[1.0, 3.0]);
        let before = run(&mut steps).unwrap();
        let more = |losses: &[f64]| {
            let mut rest = fake(losses);
            let batches: Vec<Batch> = losses.iter().map(|_| batch()).collect();
            epoch(
                batches.into_iter().map(Ok),
                Place::CPU,
                2,
                before,
                &mut rest,
            )
        };
        let done = more(&[5.0]).unwrap();
        assert_eq!((done.steps, done.reading.mean_loss()), (3, 3.0));
        assert_eq!(more(&[1.0, f64::NAN]).unwrap_err().to_string(), "step 1");
    }

    #[test]
    fn a_stop_keeps_what_was_done() {
        let mut steps = fake(&[1.0, 3.0, 100.0]);
        steps.stop_at = 2;
        let done = run(&mut steps).unwrap();
        assert_eq!((done.steps, done.stopped), (2, true));
        assert_eq!(done.reading.mean_loss(), 2.0);
    }
}
