//! Operations that blend an image with a duller one, as Pillow's `ImageEnhance` does.
//!
//! With factor 0 the duller image is left, with 1 the image stays as it is, above 1 it goes away
//! from the duller one.

use crate::data::raster::{Raster, Size, luma};

/// Between black and the image.
pub(super) fn brightness(image: &mut Raster<'_>, factor: f64) {
    blend(image, factor, |_| 0);
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
    blend(image, factor, |_| mean);
}

/// Between the grey image and the image. A grey image stays as it is.
pub(super) fn saturation(image: &mut Raster<'_>, factor: f64) {
    let channels = image.size.channels;
    if channels == 1 {
        return;
    }
    let greys: Vec<u8> = image.values.chunks_exact(channels).map(grey).collect();
    blend(image, factor, |at| greys[at / channels]);
}

/// Between a smoothed image and the image.
pub(super) fn sharpness(image: &mut Raster<'_>, factor: f64) {
    let smooth = smoothed(image);
    blend(image, factor, |at| smooth[at]);
}

/// The luma of a colour; pixels of other than three channels give their mean.
fn grey(pixel: &[u8]) -> u8 {
    if pixel.len() == 3 {
        return luma(pixel);
    }
    let sum: usize = pixel.iter().map(|&value| usize::from(value)).sum();
    (sum / pixel.len()) as u8
}

/// Moves every value from its dull one, by place, to `factor` times their distance. In short
/// floats and cut, not rounded, as Pillow does.
fn blend(image: &mut Raster<'_>, factor: f64, dull: impl Fn(usize) -> u8) {
    let factor = factor as f32;
    for (at, value) in image.values.to_mut().iter_mut().enumerate() {
        let dull = f32::from(dull(at));
        *value = (dull + factor * (f32::from(*value) - dull)) as u8;
    }
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
    for at in (1..height - 1).flat_map(|y| y * row + channels..(y + 1) * row - channels) {
        let around = [at - row, at, at + row]
            .into_iter()
            .flat_map(|centre| [centre - channels, centre, centre + channels]);
        let sum: u32 = around.map(|at| u32::from(image.values[at])).sum();
        let weighed = sum + 4 * u32::from(image.values[at]);
        // The nearest whole number; 13 is odd, so there are no ties.
        out[at] = ((2 * weighed + 13) / 26) as u8;
    }
    out
}
