//! Images that lie in memory, all of one size.

use std::path::Path;

use super::{DataError, Dataset};

/// Pixels of many images, as they come out of a file.
#[derive(Debug)]
pub(super) struct Memory {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// `[N, H, W, C]`.
    pub values: Vec<u8>,
}

/// `[N, C, H·W]` to `[N, H·W, C]`.
pub(super) fn interleave(values: Vec<u8>, channels: usize, plane: usize) -> Vec<u8> {
    if channels == 1 {
        return values;
    }
    let images = values.chunks_exact(channels * plane);
    images
        .flat_map(|image| {
            (0..plane).flat_map(move |at| (0..channels).map(move |c| image[c * plane + at]))
        })
        .collect()
}

pub(super) fn require_every_class(dir: &Path, train: &Dataset) -> Result<(), DataError> {
    let mut seen = vec![false; train.classes];
    for &label in &train.labels {
        seen[label as usize] = true;
    }
    let found = seen.iter().filter(|&&seen| seen).count();
    let Some(missing) = seen.iter().position(|&seen| !seen) else {
        return Ok(());
    };
    let what = format!(
        "class {missing} has no training image: the space has {} classes, the training labels name {found} of them: add images, \
         or pass `--classes` with their number or write it in the space",
        train.classes
    );
    Err(DataError::new(dir, what))
}

pub(super) fn require_equal_sizes(
    dir: &Path,
    train: &Dataset,
    test: &Dataset,
) -> Result<(), DataError> {
    let size = |set: &Dataset| format!("{}×{}×{}", set.channels, set.height, set.width);
    if size(train) == size(test) {
        return Ok(());
    }
    let what = format!(
        "training images are {}, test images {}",
        size(train),
        size(test)
    );
    Err(DataError::new(dir, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_become_pixels_image_by_image() {
        let planes = vec![1, 2, 10, 20, 3, 4, 30, 40];
        assert_eq!(interleave(planes, 2, 2), [1, 10, 2, 20, 3, 30, 4, 40]);
    }
}
