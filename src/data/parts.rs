//! Train, judge and test: parts of a set, and the batches an epoch is made of.

use std::sync::Arc;

use rand::seq::SliceRandom;
use sha2::{Digest, Sha256};

use super::random::{Purpose, stream};
use super::{Dataset, Wanted};

/// The most images that are read to tell what those of a part hold.
const SAMPLE: usize = 64;

/// What the images of a part hold: a number that changes with it, the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Of all images.
    Whole(u64),
    /// Of some, as they lie in their files.
    Sample(u64),
}

/// Some images of a [`Dataset`], in a fixed order.
#[derive(Debug, Clone)]
pub struct Part {
    /// `train`, `judge` or `test`.
    pub name: &'static str,
    /// The images that `indices` point into.
    pub set: Arc<Dataset>,
    /// Which images, without doubles.
    pub indices: Vec<usize>,
}

impl Part {
    /// All images of `set`, in file order.
    #[must_use]
    pub fn whole(name: &'static str, set: Arc<Dataset>) -> Self {
        let indices = (0..set.len()).collect();
        Self { name, set, indices }
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether it holds no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// A number that changes with the names of its images, their classes and their order; the same wherever and in whatever
    /// form the set lies, on every machine. No image is read.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hash = Sha256::new();
        for &index in &self.indices {
            let name = self.set.short_name(index);
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
            hash.update(self.set.labels[index].to_le_bytes());
        }
        first_bytes(hash)
    }

    /// What its images hold. In memory and in packs, which keep a checksum of each, all of them count; of files and tars
    /// a sample is read, at most 64 images spread evenly, because reading all would take as long as an epoch. `None` where one of these
    /// cannot be read.
    #[must_use]
    pub fn contents(&self) -> Option<Contents> {
        let mut hash = Sha256::new();
        let known = |&index: &usize| self.set.hash_known_contents(index, &mut hash);
        if self.indices.iter().all(known) {
            return Some(Contents::Whole(first_bytes(hash)));
        }
        let mut hash = Sha256::new();
        let count = self.len().min(SAMPLE);
        for at in 0..count {
            let bytes = self.set.sampled(self.indices[at * self.len() / count])?;
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
        }
        Some(Contents::Sample(first_bytes(hash)))
    }

    /// The other images of the class of `index`, those behind it first, then from the start.
    pub(super) fn after(&self, index: usize) -> impl Iterator<Item = usize> {
        let class = self.set.labels[index];
        let at = self.indices.iter().position(|&other| other == index);
        let (before, behind) = self.indices.split_at(at.unwrap_or(0));
        let others = behind.iter().chain(before).copied();
        others.filter(move |&other| other != index && self.set.labels[other] == class)
    }

    /// Its indices cut into batches of `batch`, in order; the last may be smaller.
    ///
    /// # Panics
    /// `batch` is 0.
    #[must_use]
    pub fn batches(&self, batch: usize) -> Vec<Vec<usize>> {
        self.indices.chunks(batch).map(<[usize]>::to_vec).collect()
    }
}

fn first_bytes(hash: Sha256) -> u64 {
    let bytes = hash.finalize();
    u64::from_be_bytes(bytes[..8].try_into().expect("a hash has 32 bytes"))
}

/// One epoch: all images of `part` shuffled by `(seed, epoch)`, in whole batches;
/// what is left over is dropped. Empty when `part` is smaller than a batch.
///
/// # Panics
/// `batch` is 0.
#[must_use]
pub fn shuffled_batches(part: &Part, batch: usize, seed: u64, epoch: u64) -> Vec<Vec<usize>> {
    let mut order = part.indices.clone();
    order.shuffle(&mut stream(Purpose::Order, seed, epoch, 0));
    order.chunks_exact(batch).map(<[usize]>::to_vec).collect()
}

/// The piece of every batch that belongs to process `rank` of `world`: equal pieces, in
/// order, so that the pieces of all processes make up the batch again.
///
/// # Panics
/// `world` is 0 or `rank` is not below it.
#[must_use]
pub fn shard(batches: Vec<Vec<usize>>, rank: usize, world: usize) -> Vec<Vec<usize>> {
    assert!(rank < world, "a rank is below the number of processes");
    let piece = |batch: Vec<usize>| {
        let length = batch.len() / world;
        batch[rank * length..(rank + 1) * length].to_vec()
    };
    batches.into_iter().map(piece).collect()
}

/// Batches for norm statistics: about `images` of `part` in whole batches, shuffled,
/// every class equally often over all and, within one, in every batch.
///
/// Statistics from class-sorted images are worthless, hence both promises. Fewer
/// images come when a class has fewer; at least one batch comes when `part` has one.
///
/// # Panics
/// `batch` is 0.
#[must_use]
pub fn balanced_batches(part: &Part, images: usize, batch: usize, seed: u64) -> Vec<Vec<usize>> {
    let per_class = images.div_ceil(part.set.classes.max(1));
    let order = interleave(
        by_class(part, &part.indices, Purpose::Recalibrate, seed),
        per_class,
    );
    let order = &order[..order.len().min(images.max(batch))];
    order.chunks_exact(batch).map(<[usize]>::to_vec).collect()
}

/// The train and the judge part of the training images.
pub(super) fn split(set: &Arc<Dataset>, wanted: &Wanted) -> Result<(Part, Part), String> {
    let judge_per_class = wanted.judge_images / set.classes;
    if wanted.judge_images > 0 && judge_per_class == 0 {
        return Err(format!(
            "{} judge image(s) are less than one for each of {} classes",
            wanted.judge_images, set.classes
        ));
    }
    let all = Part::whole("train", Arc::clone(set));
    let classes = by_class(&all, &all.indices, Purpose::Split, wanted.seed);
    let smallest = classes
        .iter()
        .enumerate()
        .min_by_key(|(_, members)| members.len());
    if let Some((class, members)) = smallest.filter(|(_, members)| members.len() <= judge_per_class)
    {
        return Err(all_judge(
            class,
            members.len(),
            judge_per_class,
            set.classes,
        ));
    }
    let (judges, mut rest): (Vec<Vec<usize>>, Vec<Vec<usize>>) = classes
        .into_iter()
        .map(|mut members| {
            let rest = members.split_off(judge_per_class);
            (members, rest)
        })
        .unzip();
    let limit = wanted.images_per_class.unwrap_or(usize::MAX);
    for members in &mut rest {
        let share = (members.len() as f64 * wanted.fraction).round() as usize;
        members.truncate(limit.min(share.max(1)));
    }
    let mut train: Vec<usize> = rest.concat();
    train.sort_unstable();
    let judge = interleave(judges, judge_per_class);
    let part = |name, indices| Part {
        name,
        set: Arc::clone(set),
        indices,
    };
    Ok((part("train", train), part("judge", judge)))
}

/// That the smallest class has no image left to train on, and what leaves one.
fn all_judge(class: usize, images: usize, judges: usize, classes: usize) -> String {
    let cure = match images {
        0 | 1 => "give it two or more, or leave it out".to_owned(),
        _ => format!(
            "lower `SUPERNET.JUDGE_IMAGES` to {} or less",
            (images - 1) * classes
        ),
    };
    format!(
        "class {class} has {images} training image(s); taking {judges} for the judge part leaves none: {cure}"
    )
}

/// The images of each class, each class shuffled by a stream of its own.
fn by_class(part: &Part, indices: &[usize], purpose: Purpose, seed: u64) -> Vec<Vec<usize>> {
    let mut classes = vec![Vec::new(); part.set.classes];
    for &index in indices {
        classes[part.set.labels[index] as usize].push(index);
    }
    for (class, members) in classes.iter_mut().enumerate() {
        members.shuffle(&mut stream(purpose, seed, class as u64, 0));
    }
    classes
}

/// Round after round one image of every class; as many rounds as the smallest class allows.
fn interleave(classes: Vec<Vec<usize>>, most: usize) -> Vec<usize> {
    let rounds = classes.iter().map(Vec::len).min().unwrap_or(0).min(most);
    (0..rounds)
        .flat_map(|round| classes.iter().map(move |members| members[round]))
        .collect()
}
