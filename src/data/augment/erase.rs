//! Random erasing, after normalisation.

use rand::Rng;
use rand_distr::StandardNormal;

use super::EraseMode;
use crate::data::raster::Size;

/// Tries ten rectangles and fills the first that fits.
pub(super) fn rectangle(size: Size, mode: EraseMode, rng: &mut impl Rng, out: &mut [f32]) {
    for _ in 0..10 {
        let share = rng.random_range(0.02..1.0 / 3.0);
        let log_aspect = rng.random_range(0.3f64.ln()..(1.0f64 / 0.3).ln());
        let Some((height, width)) = rectangle_size(size, share, log_aspect) else {
            continue;
        };
        let top = rng.random_range(0..=size.height - height);
        let left = rng.random_range(0..=size.width - width);
        let colour: Vec<f32> = (0..size.channels).map(|_| fill(mode, rng)).collect();
        for row in top..top + height {
            let start = (row * size.width + left) * size.channels;
            for (at, value) in out[start..start + width * size.channels]
                .iter_mut()
                .enumerate()
            {
                *value = match mode {
                    EraseMode::Pixel => rng.sample(StandardNormal),
                    _ => colour[at % size.channels],
                };
            }
        }
        return;
    }
}

/// Height and width of a rectangle with this share of the area and this logarithm of its aspect, where it fits.
pub(super) fn rectangle_size(size: Size, share: f64, log_aspect: f64) -> Option<(usize, usize)> {
    let area = share * (size.height * size.width) as f64;
    let aspect = log_aspect.exp();
    let height = (area * aspect).sqrt().round_ties_even() as usize;
    let width = (area / aspect).sqrt().round_ties_even() as usize;
    let fits = (1..size.height).contains(&height) && (1..size.width).contains(&width);
    fits.then_some((height, width))
}

fn fill(mode: EraseMode, rng: &mut impl Rng) -> f32 {
    match mode {
        EraseMode::Rand => rng.sample(StandardNormal),
        EraseMode::Const | EraseMode::Pixel => 0.0,
    }
}
