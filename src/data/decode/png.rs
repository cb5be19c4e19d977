//! PNG: every colour type and depth. Alpha is dropped; of 16 bits the high byte is kept, but
//! values of grey alone are clipped at 255: both as Pillow does.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use super::require_pixels;
use crate::data::raster::{Raster, Size};

/// Bytes that a decoder may hold: more than the largest image has.
const MOST_BYTES: usize = 1 << 30;

/// Grey files give one channel, all others three.
pub(super) fn decode(bytes: &[u8]) -> Result<Raster<'static>, String> {
    let limits = Limits { bytes: MOST_BYTES };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    let header = decoder.read_header_info().map_err(reason)?;
    require_pixels(header.height as usize, header.width as usize)?;
    let is_deep_grey =
        (header.color_type, header.bit_depth) == (ColorType::Grayscale, BitDepth::Sixteen);
    decoder.set_transformations(match is_deep_grey {
        true => Transformations::IDENTITY,
        false => Transformations::EXPAND | Transformations::STRIP_16,
    });
    let mut reader = decoder.read_info().map_err(reason)?;
    let length = reader.output_buffer_size().ok_or("is too large an image")?;
    let mut values = vec![0; length];
    let frame = reader.next_frame(&mut values).map_err(reason)?;
    values.truncate(frame.buffer_size());
    let (stored, channels) = match frame.color_type {
        ColorType::Grayscale => (1, 1),
        ColorType::GrayscaleAlpha => (2, 1),
        ColorType::Rgb => (3, 3),
        ColorType::Rgba => (4, 3),
        ColorType::Indexed => return Err("has a palette that cannot be read".to_owned()),
    };
    let size = Size {
        channels,
        height: frame.height as usize,
        width: frame.width as usize,
    };
    let values = match is_deep_grey {
        true => clipped(&values),
        false => first(values, stored, channels),
    };
    Ok(Raster::owned(size, values))
}

/// Big-endian words, at most 255.
fn clipped(words: &[u8]) -> Vec<u8> {
    let words = words.chunks_exact(2);
    words
        .map(|word| if word[0] > 0 { 255 } else { word[1] })
        .collect()
}

/// The first `keep` of every `stored` values.
fn first(values: Vec<u8>, stored: usize, keep: usize) -> Vec<u8> {
    if stored == keep {
        return values;
    }
    let pixels = values.chunks_exact(stored);
    pixels.flat_map(|pixel| &pixel[..keep]).copied().collect()
}

fn reason(error: png::DecodingError) -> String {
    format!("is truncated or damaged: {error}")
}
