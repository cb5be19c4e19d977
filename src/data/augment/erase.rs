//! Random erasing, after normalisation.

use rand::Rng;
use rand_distr::StandardNormal;

use super::EraseMode;
use crate::data::raster::Size;

/// Tries ten rectangles and fills the first that fits.
pub(super) fn rectangle(size: Size, mode: EraseMode, rng: &mut impl Rng, out: &mut [f32]) {
    for _ in 0..10 {
        let area = rng.random_range(0.02..1.0 / 3.0) * (size.height * size.width) as f64;
        let aspect = rng.random_range(0.3f64.ln()..(1.0f64 / 0.3).ln()).exp();
        let height = (area * aspect).sqrt().round() as usize;
        let width = (area / aspect).sqrt().round() as usize;
        if height == 0 || width == 0 || height >= size.height || width >= size.width {
            continue;
        }
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

fn fill(mode: EraseMode, rng: &mut impl Rng) -> f32 {
    match mode {
        EraseMode::Rand => rng.sample(StandardNormal),
        EraseMode::Const | EraseMode::Pixel => 0.0,
    }
}
