//! Mean and deviation of the training pixels.

use serde::{Deserialize, Serialize};

use super::Part;

/// What pixels are shifted and scaled by: `(pixel / 255 − mean) / deviation`, per channel.
///
/// Measured on the train part and kept with the run: every later use of the
/// weights must see its images through the same numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// The mean of each channel, in 0..1.
    pub mean: Vec<f64>,
    /// The standard deviation of each channel, above 0.
    pub deviation: Vec<f64>,
}

/// A channel that deviates less has one value only.
const LEAST: f64 = 1e-6;

impl Normalisation {
    /// ImageNet's mean and deviation, which decoded images are normalised by: measuring would
    /// mean decoding all of them. Grey images take the mean over the channels.
    #[must_use]
    pub fn imagenet(channels: usize) -> Self {
        let (mean, deviation) = match channels {
            3 => (vec![0.485, 0.456, 0.406], vec![0.229, 0.224, 0.225]),
            _ => (vec![0.449; channels], vec![0.226; channels]),
        };
        Self { mean, deviation }
    }

    /// Measures the images of `part` where they lie in memory; others are ImageNet's. `None` when
    /// some channel has one value only.
    ///
    /// Sums are whole numbers, so the result does not depend on the order of images.
    #[must_use]
    pub fn of(part: &Part) -> Option<Self> {
        let (size, channels) = (part.set.size(), part.set.channels);
        let Some(pixels) = part.set.pixels() else {
            return Some(Self::imagenet(channels));
        };
        let plane = size.height * size.width;
        let mut sums = vec![(0u64, 0u64); channels];
        for &index in &part.indices {
            for pixel in pixels[index * size.len()..][..size.len()].chunks_exact(channels) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    sum.0 += u64::from(value);
                    sum.1 += u64::from(value) * u64::from(value);
                }
            }
        }
        let count = (part.len() * plane) as f64;
        let mean: Vec<f64> = sums
            .iter()
            .map(|sum| sum.0 as f64 / count / 255.0)
            .collect();
        let deviation: Vec<f64> = sums
            .iter()
            .zip(&mean)
            .map(|(sum, mean)| {
                (sum.1 as f64 / count / 255.0 / 255.0 - mean * mean)
                    .max(0.0)
                    .sqrt()
            })
            .collect();
        let measured = Self { mean, deviation };
        measured.fits(channels).then_some(measured)
    }

    /// Whether images of so many channels can go through it.
    #[must_use]
    pub fn fits(&self, channels: usize) -> bool {
        let Self { mean, deviation } = self;
        [mean, deviation].iter().all(|all| all.len() == channels)
            && mean.iter().all(|mean| (0.0..=1.0).contains(mean))
            && deviation.iter().all(|one| (LEAST..=1.0).contains(one))
    }

    /// The mean as a colour, a value a channel; what comes in from outside of an image.
    #[must_use]
    pub(super) fn mean_colour(&self) -> Vec<u8> {
        let byte = |&mean: &f64| (mean * 255.0).round_ties_even() as u8;
        self.mean.iter().map(byte).collect()
    }

    /// The normalised value of every byte, per channel.
    #[must_use]
    pub fn table(&self) -> Vec<[f32; 256]> {
        let value = |byte: usize, mean: f64, deviation: f64| {
            ((byte as f64 / 255.0 - mean) / deviation) as f32
        };
        self.mean
            .iter()
            .zip(&self.deviation)
            .map(|(&mean, &deviation)| std::array::from_fn(|byte| value(byte, mean, deviation)))
            .collect()
    }
}
