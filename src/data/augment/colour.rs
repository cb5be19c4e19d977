//! Operations that blend an image with a duller one, as Pillow's `ImageEnhance` does.
//!
//! With factor 0 the duller image is left, with 1 the image stays as it is, above 1 it goes away
//! from the duller one.

use super::lut;
use crate::data::raster::{Raster, Size, luma};

/// Between black and the image.
pub(super) fn brightness(image: &mut Raster<'_>, factor: f64) {
    lut::every(image, |byte| blend(factor, 0, byte));
}

/// Between the mean grey and the image.
pub(super) fn contrast(image: &mut Raster<'_>, factor: f64) {
    let Size {
        channels,
        height,
        width,
    } = image.size;
    let pixels = image.values.chunks_exact(channels);
    let sum: u64 = pixels.map(|pixel| u64::from(grey(pixel))).sum();
    let mean = (sum as f64 / (height * width) as f64 + 0.5) as u8;
    lut::every(image, |byte| blend(factor, mean, byte));
}

/// Between the grey image and the image. A grey image stays as it is.
pub(super) fn saturation(image: &mut Raster<'_>, factor: f64) {
    let channels = image.size.channels;
    if channels == 1 {
        return;
    }
    for pixel in image.values.to_mut().chunks_exact_mut(channels) {
        let grey = grey(pixel);
        for value in pixel {
            *value = blend(factor, grey, *value);
        }
    }
}

/// Between a smoothed image and the image.
pub(super) fn sharpness(image: &mut Raster<'_>, factor: f64) {
    let smooth = smoothed(image);
    for (value, smooth) in image.values.to_mut().iter_mut().zip(smooth) {
        *value = blend(factor, smooth, *value);
    }
}

/// The luma of a colour; pixels of other than three channels give their mean.
fn grey(pixel: &[u8]) -> u8 {
    if pixel.len() == 3 {
        return luma(pixel);
    }
    let sum: usize = pixel.iter().map(|&value| usize::from(value)).sum();
    (sum / pixel.len()) as u8
}

/// `value`, moved from its `dull` one to `factor` times their distance. In short floats and cut, not
/// rounded, as Pillow does.
fn blend(factor: f64, dull: u8, value: u8) -> u8 {
    let dull = f32::from(dull);
    (dull + factor as f32 * (f32::from(value) - dull)) as u8
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
