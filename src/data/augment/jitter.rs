//! Random brightness, contrast and saturation, as torchvision's `ColorJitter`.

use rand::Rng;
use rand::seq::SliceRandom;

use super::colour;
use crate::data::raster::Raster;

/// Changes all three by factors from `[max(0, 1 − strength), 1 + strength]`, in random order.
pub(super) fn jitter(image: &mut Raster<'_>, strength: f64, rng: &mut impl Rng) {
    let mut all = [colour::brightness, colour::contrast, colour::saturation];
    all.shuffle(rng);
    let least = (1.0 - strength).max(0.0);
    for change in all {
        change(image, rng.random_range(least..=1.0 + strength));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::{Purpose, stream};
    use crate::data::raster::Size;

    /// A grey ramp, whose saturation says nothing.
    fn ramp() -> Raster<'static> {
        let size = Size {
            channels: 3,
            height: 4,
            width: 8,
        };
        Raster::owned(size, (0..96).map(|at| 2 * (at / 3 * 2) as u8).collect())
    }

    #[test]
    fn without_strength_an_image_stays_as_it_is() {
        let mut image = ramp();
        jitter(&mut image, 0.0, &mut stream(Purpose::Augment, 1, 0, 0));
        assert_eq!(image, ramp());
    }

    #[test]
    fn means_stay_within_the_brightest_and_the_darkest_and_come_from_both_sides() {
        let mean = |image: &Raster<'_>| {
            image
                .values
                .iter()
                .map(|&value| f64::from(value))
                .sum::<f64>()
                / 96.0
        };
        let before = mean(&ramp());
        let means: Vec<f64> = (0..500)
            .map(|sample| {
                let mut image = ramp();
                jitter(&mut image, 0.4, &mut stream(Purpose::Augment, 1, 0, sample));
                mean(&image) / before
            })
            .collect();
        // Beside 0.6..1.4: values are cut to whole numbers, and dark ones that contrast sends below 0 become 0.
        for mean in &means {
            assert!((0.55..1.45).contains(mean), "{mean}");
        }
        let average = means.iter().sum::<f64>() / 500.0;
        assert!((average - 0.98).abs() < 0.04, "{average}");
        assert!(means.iter().any(|&mean| mean < 0.65) && means.iter().any(|&mean| mean > 1.3));
    }

    #[test]
    fn strengths_above_one_make_images_nearly_black_and_nearly_white_but_not_negative() {
        let mean = |sample| {
            let mut image = ramp();
            jitter(&mut image, 5.0, &mut stream(Purpose::Augment, 1, 0, sample));
            let sum: f64 = image.values.iter().map(|&value| f64::from(value)).sum();
            sum / image.values.len() as f64
        };
        // A factor below 0 would turn an image over; from 0 on it is dark at the least.
        let means: Vec<f64> = (0..200).map(mean).collect();
        assert!(means.iter().any(|&mean| mean < 40.0), "{means:?}");
        assert!(means.iter().any(|&mean| mean > 200.0), "{means:?}");
    }
}
