//! Files of images to pixels, as Pillow's `open` and `convert` give them.
//!
//! The kind of a file is read from its first bytes, not from its name: ImageNet has a
//! PNG that is called `.JPEG`. Rotation notes (EXIF) are ignored, as Pillow does.

mod jpeg;
mod png;

use std::panic::{AssertUnwindSafe, catch_unwind};

use creamc_jpeg::Jpeg;

use super::raster::{Raster, Size, luma};
use super::resize::Window;

/// Pixels of the largest image that is decoded: above as many Pillow takes a file for an attack.
const MOST_PIXELS: usize = 2 * 89_478_485;

/// Refuses images of more than [`MOST_PIXELS`].
fn require_pixels(height: usize, width: usize) -> Result<(), String> {
    match height.saturating_mul(width) {
        ..=MOST_PIXELS => Ok(()),
        _ => Err("is too large an image".to_owned()),
    }
}

/// Decodes a JPEG or PNG file to `channels` channels: 1, grey, or 3, colour.
///
/// # Errors
/// What is wrong with the file, as the end of a sentence that starts with its name.
pub fn decode(bytes: &[u8], channels: usize) -> Result<Raster<'static>, String> {
    let raster = Stored::open(bytes, channels)?.whole()?;
    Ok(Raster::owned(raster.size, raster.values.into_owned()))
}

/// An image whose size is known. Its pixels are decoded when they are asked for, where its form lets a part be decoded alone.
#[derive(Debug)]
pub(super) enum Stored<'a> {
    /// They are there already.
    Pixels(Raster<'a>),
    /// They are not: the file, its header, and how many channels are wanted.
    Jpeg(&'a [u8], Jpeg<'a>, usize),
}

impl<'a> Stored<'a> {
    /// As [`decode`], which reads the whole of it.
    pub fn open(bytes: &'a [u8], channels: usize) -> Result<Self, String> {
        let header = match bytes {
            [0xff, 0xd8, ..] => jpeg::open(bytes)?,
            _ => None,
        };
        match header {
            Some(header) => Ok(Stored::Jpeg(bytes, header, channels)),
            None => decode_whole(bytes, channels).map(Stored::Pixels),
        }
    }

    /// Its size as it will be decoded.
    pub fn size(&self) -> Size {
        match self {
            Stored::Pixels(raster) => raster.size,
            Stored::Jpeg(_, header, channels) => Size {
                channels: *channels,
                ..jpeg::size(header)
            },
        }
    }

    /// All pixels.
    pub fn whole(self) -> Result<Raster<'a>, String> {
        let whole = Window::whole(self.size());
        self.window(whole).map(|(raster, _)| raster)
    }

    /// Pixels, and where the window lies in them: they may be more than it.
    ///
    /// # Errors
    /// The file is damaged: in the window or above it, or anywhere where its form must be decoded whole.
    pub fn window(self, window: Window) -> Result<(Raster<'a>, Window), String> {
        let (bytes, header, channels) = match self {
            Stored::Pixels(raster) => return Ok((raster, window)),
            Stored::Jpeg(bytes, header, channels) => (bytes, header, channels),
        };
        match jpeg::decode_window(&header, window)? {
            None => {
                let raster = decode_whole(bytes, channels)?;
                // Decoders may see different headers in a damaged file, and the window lies in that of the first one.
                if [raster.size.height, raster.size.width] != [header.height(), header.width()] {
                    return Err("is truncated or damaged: it holds two sizes".to_owned());
                }
                Ok((raster, window))
            }
            Some(raster) => {
                let raster = with_channels(raster, channels);
                let window = Window::whole(raster.size);
                Ok((raster, window))
            }
        }
    }
}

/// By decoders that know no windows.
fn decode_whole(bytes: &[u8], channels: usize) -> Result<Raster<'static>, String> {
    let decoder = match bytes {
        [0xff, 0xd8, ..] => jpeg::decode,
        [0x89, b'P', b'N', b'G', ..] => png::decode,
        [] => return Err("is empty".to_owned()),
        _ => return Err("is neither a JPEG nor a PNG image".to_owned()),
    };
    // A decoder that gives up on a damaged file by panicking has found a damaged file.
    let raster = catch_unwind(AssertUnwindSafe(|| decoder(bytes)))
        .unwrap_or_else(|_| Err("is damaged: its decoder gave up".to_owned()))?;
    Ok(with_channels(raster, channels))
}

/// Grey to colour by repeating it, colour to grey by its luma.
fn with_channels(raster: Raster<'static>, channels: usize) -> Raster<'static> {
    let size = Size {
        channels,
        ..raster.size
    };
    match (raster.size.channels, channels) {
        (1, 3) => {
            let values = raster.values.iter().flat_map(|&grey| [grey; 3]);
            Raster::owned(size, values.collect())
        }
        (3, 1) => {
            let values = raster.values.chunks_exact(3).map(luma);
            Raster::owned(size, values.collect())
        }
        _ => raster,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
        std::fs::read(folder.join(name)).unwrap()
    }

    fn recorded() -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_slice(&fixture("expected.json")).unwrap()
    }

    /// The mean of every channel over a 4×4 grid of tiles.
    fn tiles(raster: &Raster<'_>) -> Vec<f64> {
        let Size {
            channels,
            height,
            width,
        } = raster.size;
        let mut means = Vec::new();
        for tile in 0..16 {
            let (top, left) = (tile / 4 * height / 4, tile % 4 * width / 4);
            let window = raster.window((top as i64, left as i64), (height / 4, width / 4));
            for channel in 0..channels {
                let values = window.values.iter().skip(channel).step_by(channels);
                let count = height / 4 * (width / 4);
                means.push(values.map(|&value| f64::from(value)).sum::<f64>() / count as f64);
            }
        }
        means
    }

    #[test]
    fn every_form_of_image_gives_the_pixels_that_pillow_gives() {
        let recorded = recorded();
        assert_eq!(recorded.len(), 17);
        for (name, expected) in recorded {
            // Means are recorded with three decimals; decoders of CMYK round differently.
            let tolerance = if name == "cmyk.jpg" { 1.0 } else { 0.002 };
            for (mode, channels) in [("RGB", 3), ("L", 1)] {
                let raster = decode(&fixture(&name), channels).unwrap();
                let size = (raster.size.channels, raster.size.height, raster.size.width);
                assert_eq!(size, (channels, 40, 48), "{name}");
                for (at, (found, expected)) in tiles(&raster)
                    .iter()
                    .zip(expected[mode].as_array().unwrap())
                    .enumerate()
                {
                    let difference = (found - expected.as_f64().unwrap()).abs();
                    assert!(
                        difference <= tolerance,
                        "{name} as {mode}, value {at}: {found} for {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_window_is_decoded_as_the_whole_image_has_it() {
        let whole_is_kept = ["cmyk.jpg", "colour.png"];
        for name in ["baseline.jpg", "progressive.jpg", "grey.jpg", "restart.jpg"]
            .into_iter()
            .chain(whole_is_kept)
        {
            let bytes = fixture(name);
            for (channels, top, left, height, width) in [
                (3, 0, 0, 40, 48),
                (3, 7, 9, 20, 31),
                (1, 39, 47, 1, 1),
                (3, 17, 0, 1, 48),
            ] {
                let place = Window {
                    top,
                    left,
                    height,
                    width,
                };
                let expected = decode(&bytes, channels)
                    .unwrap()
                    .window((top as i64, left as i64), (height, width));
                let stored = Stored::open(&bytes, channels).unwrap();
                assert_eq!(stored.size().len(), 40 * 48 * channels);
                let (raster, inside) = stored.window(place).unwrap();
                assert_eq!(
                    raster.size.height == 40,
                    height == 40 || whole_is_kept.contains(&name)
                );
                let found = raster.window(
                    (inside.top as i64, inside.left as i64),
                    (inside.height, inside.width),
                );
                assert_eq!(found, expected, "{name}, {place:?}");
            }
        }
    }

    #[test]
    fn damaged_files_are_refused_with_a_reason() {
        for (name, reason) in [
            ("truncated.jpg", "is truncated or damaged"),
            ("truncated_progressive.jpg", "is truncated or damaged"),
            ("truncated.png", "is truncated or damaged"),
            ("text.jpg", "is neither a JPEG nor a PNG image"),
            ("empty.png", "is empty"),
        ] {
            let found = decode(&fixture(name), 3).map(|_| ()).unwrap_err();
            assert!(found.contains(reason), "{name}: {found}");
            assert!(!found.contains('\n'), "{name}: {found}");
        }
    }

    #[test]
    fn a_jpeg_that_claims_more_pixels_than_can_be_held_is_refused() {
        let mut bytes = fixture("baseline.jpg");
        let head = bytes
            .windows(2)
            .position(|two| two == [0xff, 0xc0])
            .unwrap();
        // Behind mark, length and depth: height and width, 60,000 each.
        bytes[head + 5..head + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
        let found = decode(&bytes, 3).map(|_| ()).unwrap_err();
        assert_eq!(
            found,
            "is truncated or damaged: it holds too little for its size"
        );
    }

    #[test]
    fn a_file_that_lacks_its_last_bytes_is_refused_whatever_is_asked_of_it() {
        for name in ["baseline.jpg", "progressive.jpg", "restart.jpg"] {
            let whole = fixture(name);
            for missing in 1..30 {
                let found = Stored::open(&whole[..whole.len() - missing], 3).unwrap_err();
                assert_eq!(
                    found, "is truncated or damaged: it has no end",
                    "{name}, {missing}"
                );
            }
        }
    }

    #[test]
    fn an_image_of_too_many_pixels_is_refused_before_it_is_decoded() {
        let jpeg = |name, [height, width]: [u16; 2]| {
            let mut bytes = fixture(name);
            let mut pairs = bytes.windows(2);
            let frame = pairs.position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2]));
            let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
            bytes[frame.unwrap() + 5..][..4].copy_from_slice(&size);
            // So that it is long enough for its size.
            bytes.resize(3 << 20, 0);
            bytes
        };
        let png = |[height, width]: [u16; 2]| {
            let mut bytes = Vec::new();
            let encoder = ::png::Encoder::new(&mut bytes, width.into(), height.into());
            encoder.write_header().unwrap();
            bytes
        };
        let open = |bytes: &[u8]| Stored::open(bytes, 3).map(|_| ());
        let too_large = Err("is too large an image".to_owned());
        for size in [[13378, 13378], [60_000, 3000], [3000, 60_000]] {
            for name in ["baseline.jpg", "progressive.jpg", "cmyk.jpg"] {
                assert_eq!(open(&jpeg(name, size)), too_large, "{name}, {size:?}");
            }
            assert_eq!(open(&png(size)), too_large, "{size:?}");
        }
        for size in [[13377, 13377], [55_000, 3000]] {
            assert_eq!(open(&jpeg("baseline.jpg", size)), Ok(()));
        }
    }

    #[test]
    fn a_file_cut_or_changed_anywhere_never_panics() {
        for name in ["baseline.jpg", "progressive.jpg", "palette.png", "cmyk.jpg"] {
            let whole = fixture(name);
            for at in (0..whole.len()).step_by(3) {
                let _ = decode(&whole[..at], 3);
                let mut changed = whole.clone();
                changed[at] ^= 0x55;
                let _ = decode(&changed, 3);
            }
        }
    }
}
