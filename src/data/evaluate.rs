//! Image files as evaluation sees them, outside of any image set.

use std::path::{Path, PathBuf};

use super::augment::Way;
use super::batch::Pixels;
use super::decode::Stored;
use super::random::{Purpose, stream};
use super::raster::Size;
use super::resize::Scaler;
use super::{Augmentation, DataError, Normalisation, known_channels};

/// The files' images as one batch, exactly as a test part with these files would be read. Labels
/// are 0.
///
/// # Errors
/// The network takes other channels than images have, 1 or 3; or a file cannot be read or is no image that is
/// known here: it is named.
pub(super) fn pixels(
    files: &[PathBuf],
    size: Size,
    crop_share: f64,
    normalisation: &Normalisation,
) -> Result<Pixels, DataError> {
    known_channels(size.channels).map_err(|what| {
        let first = files.first().map_or(Path::new(""), PathBuf::as_path);
        DataError::new(
            first,
            format!("is an image, and the network's input {what}"),
        )
    })?;
    let (table, none) = (normalisation.table(), Augmentation::none());
    let way = Way {
        size,
        crop_share,
        table: &table,
        mean: &normalisation.mean_colour(),
        how: &none,
    };
    let mut scaler = Scaler::default();
    let mut values = vec![0.0; files.len() * size.len()];
    for (file, out) in files.iter().zip(values.chunks_exact_mut(size.len())) {
        let bytes = std::fs::read(file)
            .map_err(|error| DataError::new(file, format!("cannot be read: {error}")))?;
        // Without augmentation nothing is drawn.
        let mut draws = stream(Purpose::Augment, 0, 0, 0);
        Stored::open(&bytes, size.channels)
            .and_then(|image| way.write(image, &mut draws, &mut scaler, out))
            .map_err(|what| DataError::new(file, what))?;
    }
    Ok(Pixels {
        values,
        shape: [files.len(), size.channels, size.height, size.width],
        labels: vec![0; files.len()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::fixture_image;

    #[test]
    fn a_network_whose_input_is_no_image_is_refused_before_a_file_is_read() {
        let seen = |channels| {
            let size = Size {
                channels,
                height: 8,
                width: 8,
            };
            let files = [fixture_image("grey.jpg")];
            pixels(&files, size, 1.0, &Normalisation::imagenet(channels))
        };
        assert!(seen(1).is_ok() && seen(3).is_ok());
        for channels in [2, 4] {
            let error = seen(channels).unwrap_err().to_string();
            let what = format!("the network's input has {channels} channels");
            assert!(error.contains(&what), "{error}");
        }
    }
}
