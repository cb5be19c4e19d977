//! Files of images to pixels, as Pillow's `open` and `convert` give them.
//!
//! The kind of a file is read from its first bytes, not from its name: ImageNet has a
//! PNG that is called `.JPEG`. Rotation notes (EXIF) are ignored, as Pillow does.

mod jpeg;
mod png;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::raster::{Raster, Size, luma};

/// Decodes a JPEG or PNG file to `channels` channels: 1, grey, or 3, colour.
///
/// # Errors
/// What is wrong with the file, as the end of a sentence that starts with its name.
pub fn decode(bytes: &[u8], channels: usize) -> Result<Raster<'static>, String> {
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
            // Two decoders of JPEG round differently; PNG leaves nothing to round.
            let tolerance = if name.ends_with(".jpg") { 1.0 } else { 0.002 };
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
        assert_eq!(found, "is too large an image");
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
