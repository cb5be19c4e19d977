//! JPEG: baseline and progressive, grey, colour, CMYK.
//!
//! `creamc-jpeg` reads nearly all files, and of them the window that is asked for, to the pixels that Pillow gives. Other
//! forms, CMYK above all, `zune-jpeg` reads whole.

use std::cell::RefCell;

use creamc_jpeg::{Decoder, Error, Jpeg};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::require_pixels;
use crate::data::raster::{Raster, Size};
use crate::data::resize::Window;

/// Images with a longer side are taken for damaged.
const LONGEST_SIDE: usize = 1 << 16;

thread_local! {
    /// Keeps its memory from image to image.
    static DECODER: RefCell<Decoder> = RefCell::default();
}

/// The size of an image that can be decoded in part.
pub(super) fn size(header: &Jpeg<'_>) -> Size {
    Size {
        channels: header.channels(),
        height: header.height(),
        width: header.width(),
    }
}

/// Reads the header of an image; none: it is of a form that [`decode`] alone may read.
pub(super) fn open(bytes: &[u8]) -> Result<Option<Jpeg<'_>>, String> {
    let header = supported(Jpeg::new(bytes))?;
    if let Some(header) = &header {
        require_pixels(header.height(), header.width())?;
    }
    Ok(header)
}

/// A window of an image, which it lies in; none: it is of a form that [`decode`] alone may read.
pub(super) fn decode_window(
    header: &Jpeg<'_>,
    window: Window,
) -> Result<Option<Raster<'static>>, String> {
    let Window {
        top,
        left,
        height,
        width,
    } = window;
    let size = Size {
        height,
        width,
        ..size(header)
    };
    let window = creamc_jpeg::Window {
        top,
        left,
        height,
        width,
    };
    let mut values = Vec::new();
    let decoded = DECODER.with_borrow_mut(|decoder| decoder.decode(header, window, &mut values));
    let decoded = supported(decoded)?;
    Ok(decoded.map(|()| Raster::owned(size, values)))
}

fn supported<T>(read: Result<T, Error>) -> Result<Option<T>, String> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Error::Unsupported(_)) => Ok(None),
        Err(damage @ Error::Damaged(_)) => Err(format!("is truncated or damaged: {damage}")),
    }
}

/// Grey files give one channel, all others three; CMYK is read as Adobe writes it.
pub(super) fn decode(bytes: &[u8]) -> Result<Raster<'static>, String> {
    let options = DecoderOptions::default()
        .set_max_width(LONGEST_SIDE)
        .set_max_height(LONGEST_SIDE)
        // A lenient decoder would fill what is missing with grey.
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(reason)?;
    let (width, height) = decoder.dimensions().ok_or("has no size")?;
    require_pixels(height, width)?;
    let (grey, out) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (true, ColorSpace::Luma),
        _ => (false, ColorSpace::RGB),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(out));
    let values = decoder.decode().map_err(reason)?;
    let info = decoder.info().ok_or("has no size")?;
    let size = Size {
        channels: if grey { 1 } else { 3 },
        height: usize::from(info.height),
        width: usize::from(info.width),
    };
    if size.is_empty() || values.len() != size.len() {
        return Err("is damaged: it holds fewer pixels than it says".to_owned());
    }
    Ok(Raster::owned(size, values))
}

/// On one line, which the decoder's own text need not be.
fn reason(error: DecodeErrors) -> String {
    let text = error.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    format!("is truncated or damaged: {}", words.join(" "))
}
