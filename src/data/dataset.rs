//! The four files of an image set, checked against each other.

use std::path::{Path, PathBuf};

use super::{DataError, idx};

/// One file pair of an image set: all its images and labels, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The name of its folder.
    pub name: String,
    /// Channels of an image: 1 for grey, 3 for colour.
    pub channels: usize,
    /// Rows of an image, in pixels.
    pub height: usize,
    /// Columns of an image, in pixels.
    pub width: usize,
    /// The number of classes; every label is below it.
    pub classes: usize,
    /// The pixels, `[N, C, H, W]`.
    pub pixels: Vec<u8>,
    /// The class of each image, `[N]`.
    pub labels: Vec<u32>,
}

impl Dataset {
    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image (a loaded set always has one).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of values of one image, `C·H·W`.
    #[must_use]
    pub fn image_size(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The pixels of one image, `[C, H, W]`.
    ///
    /// # Panics
    /// `index` is not below [`Dataset::len`].
    #[must_use]
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.image_size();
        &self.pixels[index * size..(index + 1) * size]
    }
}

/// Reads the train and the test images of `dir`.
///
/// The files are those of MNIST, `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, plain or with `.gz`. Images in
/// colour are `idx4` (`[N, C, H, W]`) in the same place.
///
/// # Errors
/// The folder or a file is missing, a file is not a whole idx file of bytes, images
/// and labels are not equally many, a label is not below `classes`, a class has no
/// training image, or test and train images differ in size. Every error names the file.
pub fn load(dir: &Path, classes: usize) -> Result<(Dataset, Dataset), DataError> {
    require_folder(dir)?;
    let train = load_pair(dir, "train", classes)?;
    let test = load_pair(dir, "t10k", classes)?;
    require_every_class(dir, &train)?;
    require_equal_sizes(dir, &train, &test)?;
    Ok((train, test))
}

fn require_folder(dir: &Path) -> Result<(), DataError> {
    let mut files = std::fs::read_dir(dir)
        .map_err(|error| DataError::new(dir, format!("the data folder cannot be read: {error}")))?;
    match files.next() {
        Some(_) => Ok(()),
        None => Err(DataError::new(dir, "the data folder is empty")),
    }
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
    Ok(Dataset {
        name: dir
            .file_name()
            .unwrap_or(dir.as_os_str())
            .to_string_lossy()
            .into_owned(),
        channels,
        height,
        width,
        classes,
        pixels: images.values,
        labels: labels.values.into_iter().map(u32::from).collect(),
    })
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
        let what = format!(
            "label {} of item {index} names no class: there are {classes}, numbered from 0",
            labels[index]
        );
        Err(DataError::new(file, what))
    })
}

fn require_every_class(dir: &Path, train: &Dataset) -> Result<(), DataError> {
    let mut seen = vec![false; train.classes];
    for &label in &train.labels {
        seen[label as usize] = true;
    }
    let found = seen.iter().filter(|&&seen| seen).count();
    let Some(missing) = seen.iter().position(|&seen| !seen) else {
        return Ok(());
    };
    let what = format!(
        "class {missing} has no training image: the space has {} classes, the training labels name {found} of them",
        train.classes
    );
    Err(DataError::new(dir, what))
}

fn require_equal_sizes(dir: &Path, train: &Dataset, test: &Dataset) -> Result<(), DataError> {
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
