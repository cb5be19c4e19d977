//! ImageNet as it is handed out: a tar file of a tar file a class to train on, and one of images to test on.
//!
//! Neither is unpacked. Headers are read once, several class tars at a time; every image is read at its place
//! when it is asked for. Names, classes and order are those of the unpacked folders.

mod header;
mod tar;
#[cfg(test)]
mod tests;
mod walk;

use std::path::{Path, PathBuf};

use super::classes::{self, Holders, natural};
use super::dataset::Images;
use super::files::{endings, is_image};
use super::flat;
use super::prefetch::Prefetch;
use super::{DataError, Dataset, Wanted};
use walk::Member;

pub(super) use tar::Tar;

/// The names that the files are handed out under.
const TRAIN: &str = "ILSVRC2012_img_train.tar";
const VAL: &str = "ILSVRC2012_img_val.tar";

/// What holds a class's images.
const TARS: Holders<'static> = Holders {
    one: "tar",
    place: TRAIN,
};
const ENDING: &str = ".tar";

/// Threads that read headers: they wait for the disk, not for a core.
const READERS: usize = 16;

/// The folder with the tar files: `data`, or the one that `data` lies in when it is one of them.
pub(super) fn folder_of(data: &Path) -> Option<PathBuf> {
    if [TRAIN, VAL].iter().any(|name| data.join(name).is_file()) {
        return Some(data.to_owned());
    }
    let is_one = data.is_file() && [TRAIN, VAL].iter().any(|name| data.ends_with(name));
    is_one.then(|| data.parent().unwrap_or(Path::new("")).to_owned())
}

/// The classes of the training tar, in their order.
///
/// # Errors
/// It cannot be read or is no whole tar file of class tars, or the class map lists what is not there.
pub(super) fn class_names(dir: &Path, map: Option<&Path>) -> Result<Vec<String>, DataError> {
    let tar = Tar::open(dir.join(TRAIN))?;
    let names = class_tars(&tar, map)?.into_iter();
    Ok(names.map(|(name, _)| name).collect())
}

/// Reads all headers of both tar files; no image is read.
///
/// # Errors
/// A file is missing or is no whole tar file, the classes are not the space's, a class has no image, or the list of
/// the test images' classes does not fit. Every error names the file, and the place in a tar file.
pub(super) fn load(dir: &Path, wanted: &Wanted) -> Result<(Dataset, Dataset), DataError> {
    let train = Tar::open(dir.join(TRAIN))?;
    let tars = class_tars(&train, wanted.class_map.as_deref())?;
    let (class_names, tars): (Vec<String>, Vec<Member>) = tars.into_iter().unzip();
    classes::require(train.path(), &class_names, TARS, wanted)?;
    let val = Tar::open(dir.join(VAL))?;
    let test = flat_part(dir, val, &class_names, wanted)?;
    let train = class_parts(train, tars, &class_names)?;
    let set = |(tar, labels): (Tar, Vec<u32>)| {
        let images = (Images::Tar(tar), labels);
        Dataset::on_disk(dir, class_names.clone(), images, wanted)
    };
    Ok((set(train), set(test)))
}

/// The class tars that are read, each with its class, in the order of the classes.
fn class_tars(tar: &Tar, map: Option<&Path>) -> Result<Vec<(String, Member)>, DataError> {
    let mut tars = Vec::new();
    for member in tar.members()? {
        let file = member.name.rsplit('/').next().unwrap_or_default();
        if let Some(class) = file.strip_suffix(ENDING) {
            tars.push((class.to_owned(), member));
        }
    }
    tars.sort_by_cached_key(|(class, _)| natural(class));
    if tars.is_empty() {
        let what = "holds no tar file of a class, such as `n01440764.tar`";
        return Err(DataError::new(tar.path(), what));
    }
    if let Some(two) = tars.windows(2).find(|two| two[0].0 == two[1].0) {
        let what = format!(
            "at byte {}: `{}` is there twice",
            two[1].1.offset, two[1].1.name
        );
        return Err(DataError::new(tar.path(), what));
    }
    let Some(map) = map else {
        return Ok(tars);
    };
    let found: Vec<String> = tars.iter().map(|(class, _)| class.clone()).collect();
    let mapped = classes::mapped(map, &found, TARS)?;
    let tar_of = |class: String| {
        let at = found.iter().position(|found| *found == class);
        let (_, member) = &tars[at.expect("the map lists found classes")];
        (class, member.clone())
    };
    Ok(mapped.into_iter().map(tar_of).collect())
}

/// The training images, class by class.
fn class_parts(
    tar: Tar,
    tars: Vec<Member>,
    class_names: &[String],
) -> Result<(Tar, Vec<u32>), DataError> {
    let (mut all, mut labels) = (tar.clone(), Vec::new());
    let names: Vec<String> = class_names.to_vec();
    let listed = Prefetch::new(tars.len(), READERS, 1, move |class| {
        class_images(&tar, &tars[class], &names[class])
    });
    for (class, images) in listed.enumerate() {
        all.images.extend(images?);
        labels.resize(all.images.len(), class as u32);
    }
    Ok((all, labels))
}

/// The images of one class tar, under the names that they have in an unpacked folder.
fn class_images(tar: &Tar, class_tar: &Member, class: &str) -> Result<Vec<Member>, DataError> {
    let mut images = sorted_images(tar.members_of(class_tar)?);
    if images.is_empty() {
        let what = format!(
            "`{}` at byte {}: holds no image ({})",
            class_tar.name,
            class_tar.offset,
            endings()
        );
        return Err(DataError::new(tar.path(), what));
    }
    for image in &mut images {
        image.name = format!("{class}/{}", image.name).into();
    }
    Ok(images)
}

/// The test images, with the classes that the list gives.
fn flat_part(
    dir: &Path,
    mut tar: Tar,
    class_names: &[String],
    wanted: &Wanted,
) -> Result<(Tar, Vec<u32>), DataError> {
    let images = sorted_images(tar.members()?);
    if images.is_empty() {
        let what = format!("holds no image ({})", endings());
        return Err(DataError::new(tar.path(), what));
    }
    let names: Vec<&Path> = images.iter().map(|image| Path::new(&*image.name)).collect();
    let part = flat::Part {
        dir,
        called: VAL,
        names: &names,
    };
    let (chosen, labels) = part.list(wanted)?.classes(class_names, wanted)?;
    tar.images = chosen.iter().map(|&at| images[at].clone()).collect();
    Ok((tar, labels))
}

/// The members that are images, in the order that unpacked ones are read in.
fn sorted_images(mut members: Vec<Member>) -> Vec<Member> {
    members.retain(|member| is_image(Path::new(&*member.name)));
    members
        .sort_by_cached_key(|member| -> Vec<_> { member.name.split('/').map(natural).collect() });
    members
}
