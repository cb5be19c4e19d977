//! The four idx files of an image set, checked against each other.

use std::path::{Path, PathBuf};

use super::memory::Memory;
use super::{DataError, Dataset, idx, known_channels, memory};

/// Reads the train and the test images of `dir`.
///
/// The files are those of MNIST, `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, plain or with `.gz`. Images in
/// colour are `idx4` (`[N, C, H, W]`) in the same place.
///
/// # Errors
/// The folder or a file is missing, a file is not a whole idx file of bytes, its images have neither 1 nor 3 channels, images
/// and labels are not equally many, a label is not below `classes`, a class has no
/// training image, or test and train images differ in size. Every error names the file.
pub(super) fn load(dir: &Path, classes: usize) -> Result<(Dataset, Dataset), DataError> {
    let train = load_pair(dir, "train", classes)?;
    let test = load_pair(dir, "t10k", classes)?;
    memory::require_every_class(dir, &train)?;
    memory::require_equal_sizes(dir, &train, &test)?;
    Ok((train, test))
}

fn load_pair(dir: &Path, part: &str, classes: usize) -> Result<Dataset, DataError> {
    let image_file = find(dir, part, "images", &["idx3", "idx4"])?;
    let label_file = find(dir, part, "labels", &["idx1"])?;
    let images = idx::read(&image_file, &[3, 4])?;
    let labels = idx::read(&label_file, &[1])?;
    if images.shape[0] != labels.shape[0] {
        let what = format!(
            "holds {} labels for the {} images of {}",
            labels.shape[0],
            images.shape[0],
            image_file.display()
        );
        return Err(DataError::new(&label_file, what));
    }
    require_known_classes(&label_file, &labels.values, classes)?;
    let (channels, height, width) = match images.shape[1..] {
        [height, width] => (1, height, width),
        [channels, height, width] => (channels, height, width),
        _ => unreachable!("`idx::read` was asked for 3 or 4 dimensions"),
    };
    known_channels(channels)
        .map_err(|what| DataError::new(&image_file, format!("each of its images {what}")))?;
    let memory = Memory {
        channels,
        height,
        width,
        values: memory::interleave(images.values, channels, height * width),
    };
    let labels = labels.values.into_iter().map(u32::from).collect();
    Ok(Dataset::in_memory(dir, classes, memory, labels))
}

/// The file of one part under any of the spellings in use.
fn find(dir: &Path, part: &str, what: &str, forms: &[&str]) -> Result<PathBuf, DataError> {
    let names = forms.iter().flat_map(|form| {
        ["-", "."].into_iter().flat_map(move |dash| {
            ["", ".gz"].map(|end| format!("{part}-{what}{dash}{form}-ubyte{end}"))
        })
    });
    names
        .map(|name| dir.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            let name = format!("{part}-{what}-{}-ubyte", forms[0]);
            DataError::new(dir, format!("holds neither `{name}.gz` nor `{name}`"))
        })
}

fn require_known_classes(file: &Path, labels: &[u8], classes: usize) -> Result<(), DataError> {
    let stranger = labels
        .iter()
        .position(|&label| usize::from(label) >= classes);
    stranger.map_or(Ok(()), |index| {
        let most = labels.iter().max().map_or(0, |&label| usize::from(label) + 1);
        let what = format!(
            "label {} of item {index} names no class: there are {classes}, numbered from 0, in the space; the \
             labels are of {most}: pass `--classes {most}` or write it in the space",
            labels[index]
        );
        Err(DataError::new(file, what))
    })
}
