//! Operations that send every byte of a channel to another, as Pillow's `ImageOps` do.

use crate::data::raster::Raster;

/// Where a channel's bytes go.
type Lut = [u8; 256];

/// Every channel stretched until its darkest pixel is black and its lightest white.
pub(super) fn auto_contrast(image: &mut Raster<'_>) {
    each_channel(image, |counts| {
        let (Some(low), Some(high)) = (
            counts.iter().position(|&count| count > 0),
            counts.iter().rposition(|&count| count > 0),
        ) else {
            return same();
        };
        if high <= low {
            return same();
        }
        let scale = 255.0 / (high - low) as f64;
        let offset = -(low as f64) * scale;
        // A float that becomes a byte is cut to whole numbers and to 0..255.
        std::array::from_fn(|byte| (byte as f64 * scale + offset) as u8)
    });
}

/// Every channel spread until its bytes are about equally frequent.
pub(super) fn equalize(image: &mut Raster<'_>) {
    each_channel(image, |counts| {
        let Some(&last) = counts.iter().rfind(|&&count| count > 0) else {
            return same();
        };
        let step = (counts.iter().sum::<usize>() - last) / 255;
        if step == 0 {
            return same();
        }
        let mut sum = step / 2;
        std::array::from_fn(|byte| {
            let value = sum / step;
            sum += counts[byte];
            value.min(255) as u8
        })
    });
}

/// Light and dark swapped.
pub(super) fn invert(image: &mut Raster<'_>) {
    every(image, |byte| 255 - byte);
}

/// Bytes of `threshold` and above inverted; 256 inverts none.
pub(super) fn solarize(image: &mut Raster<'_>, threshold: u32) {
    every(image, |byte| match u32::from(byte) < threshold {
        true => byte,
        false => 255 - byte,
    });
}

/// `add` more in the darker half.
pub(super) fn solarize_add(image: &mut Raster<'_>, add: u8) {
    every(image, |byte| match byte < 128 {
        true => byte.saturating_add(add),
        false => byte,
    });
}

/// The upper `bits` bits of every byte; with none the image is black.
pub(super) fn posterize(image: &mut Raster<'_>, bits: u32) {
    let mask = 255_u8.checked_shl(8_u32.saturating_sub(bits)).unwrap_or(0);
    every(image, |byte| byte & mask);
}

fn same() -> Lut {
    std::array::from_fn(|byte| byte as u8)
}

/// Sends every byte, of whichever channel, to what `of` makes of it.
pub(super) fn every(image: &mut Raster<'_>, of: impl Fn(u8) -> u8) {
    let lut: Lut = std::array::from_fn(|byte| of(byte as u8));
    for value in image.values.to_mut() {
        *value = lut[usize::from(*value)];
    }
}

/// Sends each channel through the table that `lut` makes of its counts.
fn each_channel(image: &mut Raster<'_>, lut: impl Fn(&[usize; 256]) -> Lut) {
    let channels = image.size.channels;
    let values = image.values.to_mut();
    for channel in 0..channels {
        let mut counts = [0; 256];
        for &value in values[channel..].iter().step_by(channels) {
            counts[usize::from(value)] += 1;
        }
        let lut = lut(&counts);
        for value in values[channel..].iter_mut().step_by(channels) {
            *value = lut[usize::from(*value)];
        }
    }
}
