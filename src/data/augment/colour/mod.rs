//! Operations that blend an image with a duller one, as Pillow's `ImageEnhance` does.
//!
//! With factor 0 the duller image is left, with 1 the image stays as it is, above 1 it goes away
//! from the duller one.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod avx2;

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::Level;

use super::lut;
use crate::data::raster::{Raster, Size, luma};

/// Between black and the image.
pub(super) fn brightness(image: &mut Raster<'_>, factor: f64) {
    lut::every(image, |byte| blend(factor as f32, 0, byte));
}

/// Between the mean grey and the image.
pub(super) fn contrast(image: &mut Raster<'_>, factor: f64) {
    let Size {
        channels,
        height,
        width,
    } = image.size;
    let sum = match channels {
        1 => image.values.iter().map(|&value| u64::from(value)).sum(),
        _ => sum_of_greys(&image.values),
    };
    let mean = (sum as f64 / (height * width) as f64 + 0.5) as u8;
    lut::every(image, |byte| blend(factor as f32, mean, byte));
}

/// Of `[N, 3]`.
fn sum_of_greys(values: &[u8]) -> u64 {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Some(avx2) = Level::new().as_avx2() {
        return avx2::sum_of_greys(avx2, values);
    }
    plain_sum_of_greys(values)
}

fn plain_sum_of_greys(values: &[u8]) -> u64 {
    let pixels = values.chunks_exact(3);
    pixels.map(|pixel| u64::from(luma(pixel))).sum()
}

/// Between the grey image and the image. A grey image stays as it is.
pub(super) fn saturation(image: &mut Raster<'_>, factor: f64) {
    if image.size.channels == 1 {
        return;
    }
    let (values, factor) = (image.values.to_mut(), factor as f32);
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Some(avx2) = Level::new().as_avx2() {
        return avx2::saturation(avx2, values, factor);
    }
    plain_saturation(values, factor);
}

fn plain_saturation(values: &mut [u8], factor: f32) {
    for pixel in values.chunks_exact_mut(3) {
        let grey = luma(pixel);
        for value in pixel {
            *value = blend(factor, grey, *value);
        }
    }
}

/// Between a smoothed image and the image.
pub(super) fn sharpness(image: &mut Raster<'_>, factor: f64) {
    let smooth = smoothed(image);
    for (value, smooth) in image.values.to_mut().iter_mut().zip(smooth) {
        *value = blend(factor as f32, smooth, *value);
    }
}

/// `value`, moved from its `dull` one to `factor` times their distance. In short floats and cut, not
/// rounded, as Pillow does.
fn blend(factor: f32, dull: u8, value: u8) -> u8 {
    let dull = f32::from(dull);
    (dull + factor * (f32::from(value) - dull)) as u8
}

/// Every pixel the mean of its 3×3 neighbours, itself five times; the border as it is.
fn smoothed(image: &Raster<'_>) -> Vec<u8> {
    let Size {
        channels,
        height,
        width,
    } = image.size;
    let mut out = image.values.to_vec();
    if height < 3 || width < 3 {
        return out;
    }
    let row = width * channels;
    let inner = channels..row - channels;
    for y in 1..height - 1 {
        // The rows above, at and below, each seen from the left, the middle and the right neighbour.
        let around: [[&[u8]; 3]; 3] = std::array::from_fn(|down| {
            let line = image.row(y + down - 1);
            std::array::from_fn(|right| &line[right * channels..][..inner.len()])
        });
        let into = &mut out[y * row..][inner.clone()];
        for (at, value) in into.iter_mut().enumerate() {
            let sum: u16 = around
                .as_flattened()
                .iter()
                .map(|line| u16::from(line[at]))
                .sum();
            // The nearest whole number; 13 is odd, so there are no ties.
            *value = ((2 * (sum + 4 * u16::from(*value)) + 13) / 26) as u8;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::augment::testing::noise;

    #[test]
    fn greys_and_saturation_are_the_same_by_any_instructions() {
        for pixels in (0..40).chain([50_000]) {
            let values = noise(3 * pixels);
            assert_eq!(sum_of_greys(&values), plain_sum_of_greys(&values));
            for factor in [0.0, 0.1, 0.63, 1.0, 1.37, 1.9, -3.0, 1e9, f32::INFINITY] {
                let size = Size {
                    channels: 3,
                    height: 1,
                    width: pixels,
                };
                let mut image = Raster::owned(size, values.clone());
                saturation(&mut image, f64::from(factor));
                let mut plain = values.clone();
                plain_saturation(&mut plain, factor);
                assert!(image.values == plain, "{pixels} pixels, {factor}");
            }
        }
    }

    #[test]
    fn every_grey_is_the_same_by_any_instructions() {
        let every = |step: usize| (0..=255u8).step_by(step);
        let colours =
            every(1).flat_map(|r| every(5).flat_map(move |g| every(15).map(move |b| [r, g, b])));
        for colour in colours {
            let eight = [colour; 8];
            assert_eq!(
                sum_of_greys(eight.as_flattened()),
                8 * u64::from(luma(&colour))
            );
        }
    }
}
