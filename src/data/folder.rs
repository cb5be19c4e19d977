//! Image folders: `train/` and `val/`, in each a folder a class.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::classes::{self, Holders, natural};
use super::dataset::Images;
use super::files::{Files, endings, is_image, is_other_image};
use super::flat;
use super::{DataError, Dataset, Wanted};

/// What holds a class's images.
const FOLDERS: Holders<'static> = Holders {
    one: "folder",
    place: "train/",
};

/// What holds those of a `val` that lies alone.
const VAL_FOLDERS: Holders<'static> = Holders {
    one: "folder",
    place: "val/",
};

/// Reads the names of all files below `dir/train` and `dir/val`; no image is opened.
///
/// Classes are numbered by their folders' names in `train`, digits in a name counted as
/// numbers (`class2` before `class10`, as timm does), or as the class map lists them. Images lie
/// in the class's folder or deeper; those of `val` may lie in it without class folders, where a list says
/// their classes.
///
/// # Errors
/// A folder is missing or cannot be read, `train` has not one folder a class, `val` not
/// the same ones, a list names what is not there, or a class has no image.
pub(super) fn load(dir: &Path, wanted: &Wanted) -> Result<(Dataset, Dataset), DataError> {
    let (train, val) = (dir.join("train"), dir.join("val"));
    let class_names = class_names(&train, wanted.class_map.as_deref())?;
    classes::require(&train, &class_names, FOLDERS, wanted)?;
    if !val.is_dir() {
        let what = "holds `train/` but no `val/`: test images lie in `val/CLASS/…`";
        return Err(DataError::new(dir, what));
    }
    let train = part_of(&train, &class_names)?;
    let folders = class_folders(&val)?;
    let test = match folders.is_empty() {
        false => {
            require_same_classes(&val, &folders, &class_names, wanted)?;
            part_of(&val, &class_names)?
        }
        true => {
            let found = files_below(&val)?;
            let chosen = flat_list(dir, &found.paths, wanted)?.classes(&class_names, wanted)?;
            chosen_files(&found, chosen)
        }
    };
    let set = |(files, labels): (Files, Vec<u32>)| {
        let images = (Images::Files(files), labels);
        Dataset::on_disk(dir, class_names.clone(), images, wanted)
    };
    Ok((set(train), set(test)))
}

/// Reads the names of all files below `dir/val` alone, which is enough for a test. Classes are numbered as those of
/// `train` are: by the names of their folders, or those that the list names.
///
/// # Errors
/// `val` cannot be read or has not the space's classes, a list names what is not there, or a class has no image.
pub(super) fn load_val(dir: &Path, wanted: &Wanted) -> Result<Dataset, DataError> {
    let val = dir.join("val");
    let folders = class_folders(&val)?;
    let (class_names, images) = match folders.is_empty() {
        false => {
            let names = read_classes(&val, folders, VAL_FOLDERS, wanted)?;
            let images = part_of(&val, &names)?;
            (names, images)
        }
        true => {
            let found = files_below(&val)?;
            let list = flat_list(dir, &found.paths, wanted)?;
            let holders = Holders {
                one: "name",
                place: &list.file.to_string_lossy(),
            };
            let names = read_classes(&list.file, list.class_names(wanted)?, holders, wanted)?;
            let chosen = list.classes(&names, wanted)?;
            (names, chosen_files(&found, chosen))
        }
    };
    let (files, labels) = images;
    let images = (Images::Files(files), labels);
    Ok(Dataset::on_disk(dir, class_names, images, wanted))
}

/// The classes of a part that are read, of those that were found: as many as the space has.
fn read_classes(
    part: &Path,
    found: Vec<String>,
    holders: Holders<'_>,
    wanted: &Wanted,
) -> Result<Vec<String>, DataError> {
    let names = match &wanted.class_map {
        Some(map) => classes::mapped(map, &found, holders)?,
        None => found,
    };
    classes::require_tested(part, &names, holders, wanted)?;
    Ok(names)
}

/// The list of the classes of a `val` without class folders.
fn flat_list(dir: &Path, images: &[Box<Path>], wanted: &Wanted) -> Result<flat::List, DataError> {
    let names: Vec<&Path> = images.iter().map(Box::as_ref).collect();
    flat::Part {
        dir,
        called: "val/",
        names: &names,
    }
    .list(wanted)
}

/// The images of a `val` without class folders that are tested, and their classes.
fn chosen_files(val: &Files, (chosen, labels): (Vec<usize>, Vec<u32>)) -> (Files, Vec<u32>) {
    let files = Files {
        root: val.root.clone(),
        paths: chosen.iter().map(|&at| val.paths[at].clone()).collect(),
        others: val.others,
    };
    (files, labels)
}

/// All images of a folder, as they lie.
fn files_below(folder: &Path) -> Result<Files, DataError> {
    let mut files = Files {
        root: folder.to_owned(),
        ..Files::default()
    };
    list(&mut files, Path::new(""))?;
    Ok(files)
}

/// The classes in `train`, in their order.
///
/// # Errors
/// The folder cannot be read, or the class map lists what is not there.
pub(super) fn class_names(train: &Path, map: Option<&Path>) -> Result<Vec<String>, DataError> {
    let folders = class_folders(train)?;
    map.map_or(Ok(folders.clone()), |file| {
        classes::mapped(file, &folders, FOLDERS)
    })
}

/// All images of one part and their classes, class by class.
fn part_of(part: &Path, class_names: &[String]) -> Result<(Files, Vec<u32>), DataError> {
    let mut files = Files {
        root: part.to_owned(),
        ..Files::default()
    };
    let mut labels = Vec::new();
    for (class, name) in class_names.iter().enumerate() {
        let before = files.paths.len();
        list(&mut files, Path::new(name))?;
        if files.paths.len() == before {
            let what = format!(
                "the folder of class {class} holds no image ({}): add some or remove the folder in `train/` and `val/`",
                endings()
            );
            return Err(DataError::new(&part.join(name), what));
        }
        labels.resize(files.paths.len(), class as u32);
    }
    Ok((files, labels))
}

/// The names of the folders in `dir`, sorted; hidden ones are passed over.
fn class_folders(dir: &Path) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for (path, is_dir) in entries(dir)? {
        let name = path.file_name().unwrap_or_default();
        let Some(name) = name.to_str() else {
            return Err(DataError::new(&path, "its name is not UTF-8: rename it"));
        };
        if is_dir && !name.starts_with('.') {
            names.push(name.to_owned());
        }
    }
    names.sort_by_cached_key(|name| natural(name));
    Ok(names)
}

/// Adds the images in `below`, a folder of `files`, and deeper, sorted.
fn list(files: &mut Files, below: &Path) -> Result<(), DataError> {
    let above = match below == Path::new("") {
        true => Vec::new(),
        false => vec![Place::of(&files.root)?],
    };
    Walk { files, above }.list(below)
}

/// A way down through folders; links are followed.
struct Walk<'a> {
    files: &'a mut Files,
    /// The folders on the way.
    above: Vec<Place>,
}

impl Walk<'_> {
    fn list(&mut self, below: &Path) -> Result<(), DataError> {
        let folder = self.files.root.join(below);
        let place = Place::of(&folder)?;
        if self.above.contains(&place) {
            let what = "leads back, by a link, to a folder that it lies in: remove the link";
            return Err(DataError::new(&folder, what));
        }
        self.above.push(place);
        let name = |path: &Path| path.file_name().unwrap_or_default().to_owned();
        let mut found = entries(&folder)?;
        found.sort_by_cached_key(|(path, _)| natural(&name(path).to_string_lossy()));
        for (path, is_dir) in found {
            let relative = below.join(name(&path));
            if is_dir {
                self.list(&relative)?;
            } else if is_image(&path) {
                self.files.paths.push(relative.into_boxed_path());
            } else {
                self.files.others += usize::from(is_other_image(&path));
            }
        }
        self.above.pop();
        Ok(())
    }
}

/// What a folder is known by, whatever way leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    device: u64,
    inode: u64,
}

impl Place {
    fn of(folder: &Path) -> Result<Place, DataError> {
        let found = folder
            .metadata()
            .map_err(|error| unreadable(folder, &error))?;
        Ok(Place {
            device: found.dev(),
            inode: found.ino(),
        })
    }
}

fn unreadable(dir: &Path, error: &std::io::Error) -> DataError {
    DataError::new(dir, format!("the folder cannot be read: {error}"))
}

/// The entries of a folder, and whether each is a folder; links are followed.
fn entries(dir: &Path) -> Result<Vec<(PathBuf, bool)>, DataError> {
    let fail = |error: std::io::Error| unreadable(dir, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        let path = entry.path();
        let is_dir = kind.is_dir() || kind.is_symlink() && path.is_dir();
        found.push((path, is_dir));
    }
    Ok(found)
}

fn require_same_classes(
    val: &Path,
    found: &[String],
    names: &[String],
    wanted: &Wanted,
) -> Result<(), DataError> {
    if let Some(stranger) = found.iter().find(|name| !names.contains(name))
        && wanted.class_map.is_none()
    {
        let what = format!("class `{stranger}` is in `val/` but not in `train/`");
        return Err(DataError::new(val, what));
    }
    if let Some(missing) = names.iter().find(|name| !found.contains(name)) {
        let what = format!(
            "class `{missing}` is in `train/` but not in `val/`: test images lie in a folder a class"
        );
        return Err(DataError::new(val, what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::batch::{Gap, Preparer};
    use crate::data::testing::{fixture_image, wanted_folder};
    use crate::data::{Augmentation, Data};

    /// Two classes with three images to train and one to test each.
    fn folder() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (part, names) in [
            ("train", &["baseline.jpg", "colour.png", "grey.jpg"][..]),
            ("val", &["cmyk.jpg"]),
        ] {
            for class in ["class10", "class9"] {
                let into = root.path().join(part).join(class);
                fs::create_dir_all(&into).unwrap();
                for name in names {
                    fs::copy(fixture_image(name), into.join(name)).unwrap();
                }
            }
        }
        root
    }

    fn refusal(root: &Path) -> String {
        Data::load(root, &wanted_folder()).unwrap_err().to_string()
    }

    #[test]
    fn classes_are_numbered_by_their_names_and_images_stay_in_their_files() {
        let root = folder();
        fs::write(root.path().join("train/class9/notes.txt"), "no image").unwrap();
        fs::write(root.path().join("train/class9/._grey.jpg"), "no image").unwrap();
        let deeper = root.path().join("train/class9/more");
        fs::create_dir(&deeper).unwrap();
        fs::copy(fixture_image("full.jpg"), deeper.join("FULL.JPG")).unwrap();
        let data = Data::load(root.path(), &wanted_folder()).unwrap();
        assert_eq!(data.train.set.class_names, ["class9", "class10"]);
        assert_eq!(data.train.set.labels, [0, 0, 0, 0, 1, 1, 1]);
        let name = data.train.set.name_of(3);
        assert!(name.ends_with("train/class9/more/FULL.JPG"), "{name}");
        assert!(data.is_decoded());
        assert_eq!(data.normalisation.mean, [0.485, 0.456, 0.406]);
    }

    #[test]
    fn images_of_any_form_become_the_networks_size_and_channels() {
        let root = folder();
        for channels in [1, 3] {
            let wanted = Wanted {
                channels,
                ..wanted_folder()
            };
            let data = Data::load(root.path(), &wanted).unwrap();
            let plain = Preparer::new(&data.train, &data.normalisation, Augmentation::none(), 1);
            let pixels = plain.prepare(&[0, 1, 2, 5], 0, Gap::Leave).unwrap();
            assert_eq!(pixels.shape, [4, channels, 16, 16]);
            assert_eq!(pixels.labels, [0, 0, 0, 1]);
            assert_eq!(pixels.values.len(), 4 * 16 * 16 * channels);
        }
    }

    #[test]
    fn an_image_that_cannot_be_read_gives_its_place_to_the_next_of_its_class() {
        let root = folder();
        let bad = root.path().join("train/class9/colour.png");
        fs::copy(fixture_image("truncated.png"), &bad).unwrap();
        let data = Data::load(root.path(), &wanted_folder()).unwrap();
        let plain = Preparer::new(&data.train, &data.normalisation, Augmentation::none(), 1);
        let filled = plain.prepare(&[0, 1, 2], 0, Gap::Fill).unwrap();
        let (image, labels) = (16 * 16 * 3, &filled.labels);
        assert_eq!(labels, &[0, 0, 0]);
        assert_eq!(
            filled.values[image..2 * image],
            filled.values[2 * image..],
            "the next image of the class stands in"
        );
        let left = plain.prepare(&[0, 1, 2], 0, Gap::Leave).unwrap();
        assert_eq!(left.labels.len(), 2);
        let news: Vec<String> = data
            .train
            .set
            .news()
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(news.len(), 1, "told once, though met twice");
        assert!(
            news[0].contains("class9/colour.png: is truncated or damaged"),
            "{news:?}"
        );
        assert!(data.train.set.news().is_empty());
        let broken = data.broken();
        assert_eq!((broken.images, broken.test.len()), (1, 0));
        assert_eq!(broken.train, news);
        let again = Data::load(root.path(), &wanted_folder()).unwrap();
        again.recall_broken(data.broken_to_train());
        assert_eq!(again.broken(), broken);
        assert!(again.train.set.news().is_empty());
    }

    #[test]
    fn a_strict_run_ends_at_the_first_image_that_cannot_be_read() {
        let root = folder();
        let bad = root.path().join("train/class9/colour.png");
        fs::copy(fixture_image("text.jpg"), &bad).unwrap();
        let wanted = Wanted {
            strict: true,
            ..wanted_folder()
        };
        let data = Data::load(root.path(), &wanted).unwrap();
        let plain = Preparer::new(&data.train, &data.normalisation, Augmentation::none(), 1);
        let error = plain.prepare(&[0, 1], 0, Gap::Fill).unwrap_err();
        assert_eq!(error.path, bad);
        assert!(
            error.what.contains("neither a JPEG nor a PNG")
                && error.what.contains("`DATASET.STRICT`"),
            "{error}"
        );
    }

    #[test]
    fn a_class_without_one_readable_image_is_an_error() {
        let root = folder();
        for name in ["baseline.jpg", "colour.png", "grey.jpg"] {
            let into = root.path().join("train/class9").join(name);
            fs::copy(fixture_image("empty.png"), into).unwrap();
        }
        let data = Data::load(root.path(), &wanted_folder()).unwrap();
        let plain = Preparer::new(&data.train, &data.normalisation, Augmentation::none(), 1);
        let error = plain.prepare(&[0, 1], 0, Gap::Fill).unwrap_err();
        let what = "no image of class 0 in the train part can be read";
        assert!(error.what.contains(what), "{error}");
        let left = plain.prepare(&[0, 1], 0, Gap::Leave).unwrap();
        assert_eq!((left.shape, left.values.len()), ([0, 3, 16, 16], 0));
    }

    #[test]
    fn a_folder_to_test_on_needs_no_training_images() {
        let root = folder();
        let flat = folder();
        let list = "class9\nclass10\n";
        fs::write(flat.path().join("val_labels.txt"), list).unwrap();
        for (class, name) in [("class9", "1.jpg"), ("class10", "2.jpg")] {
            let val = flat.path().join("val");
            fs::rename(val.join(class).join("cmyk.jpg"), val.join(name)).unwrap();
            fs::remove_dir(val.join(class)).unwrap();
        }
        let map = root.path().join("map.txt");
        fs::write(&map, "class10\nclass9\n").unwrap();
        for root in [root.path(), flat.path()] {
            for class_map in [None, Some(map.clone())] {
                let wanted = Wanted {
                    class_map,
                    ..wanted_folder()
                };
                let tested = |data: Data| {
                    let set = &data.test.set;
                    let names = (0..set.len()).map(|index| set.name_of(index));
                    let names: Vec<String> = names.collect();
                    (
                        names,
                        set.labels.clone(),
                        set.class_names.clone(),
                        data.normalisation,
                    )
                };
                let whole = tested(Data::load(root, &wanted).unwrap());
                let both = tested(Data::load_to_test(root, &wanted).unwrap());
                fs::rename(root.join("train"), root.join("away")).unwrap();
                let alone = Data::load_to_test(root, &wanted).unwrap();
                assert!(alone.train.is_empty() && alone.judge.is_empty());
                assert_eq!((both, tested(alone)), (whole.clone(), whole));
                fs::rename(root.join("away"), root.join("train")).unwrap();
            }
            fs::remove_dir_all(root.join("train")).unwrap();
            let three = Wanted {
                classes: 3,
                ..wanted_folder()
            };
            let error = Data::load_to_test(root, &three).unwrap_err().to_string();
            assert!(
                error.contains("holds 2 class") && error.ends_with("the network has 3 classes"),
                "{error}"
            );
        }
        // A list of another name is called by it.
        let named = flat.path().join("x.txt");
        fs::rename(flat.path().join("val_labels.txt"), &named).unwrap();
        fs::write(&map, "class9\ndog\n").unwrap();
        let listed = |classes, class_map| Wanted {
            classes,
            class_map,
            val_labels: Some(named.clone()),
            ..wanted_folder()
        };
        for (wanted, what) in [
            (listed(3, None), "x.txt: holds 2 class name(s)"),
            (listed(2, Some(map.clone())), "x.txt`"),
        ] {
            let error = Data::load_to_test(flat.path(), &wanted).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    #[test]
    fn a_link_to_a_folder_above_ends_the_search_and_one_aside_is_followed() {
        for (link, to, place) in [
            ("train/class9/up", "..", "train/class9/up"),
            ("train/class9/round", "../../train", "train/class9/round"),
            ("train/class9/all", "../..", "train/class9/all/train"),
            ("train/class11", ".", "train/class11"),
            ("val/class9/own", ".", "val/class9/own"),
        ] {
            let root = folder();
            let link = root.path().join(link);
            std::os::unix::fs::symlink(to, &link).unwrap();
            let wanted = Wanted {
                classes: if to == "." && link.ends_with("class11") {
                    3
                } else {
                    2
                },
                ..wanted_folder()
            };
            if wanted.classes == 3 {
                fs::create_dir(root.path().join("val/class11")).unwrap();
            }
            let error = Data::load(root.path(), &wanted).unwrap_err();
            assert_eq!(error.path, root.path().join(place));
            assert!(error.what.contains("remove the link"), "{error}");
        }
        let root = folder();
        let link = root.path().join("train/class9/more");
        std::os::unix::fs::symlink("../class10", link).unwrap();
        let data = Data::load(root.path(), &wanted_folder()).unwrap();
        assert_eq!(data.train.set.labels, [0, 0, 0, 0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn wrong_folders_are_named_with_the_cure() {
        type Harm = fn(&Path);
        let cases: [(Harm, &str, &str); 6] = [
            (
                |root| fs::remove_dir_all(root.join("train")).unwrap(),
                "holds `val/` but no `train/`",
                "training images lie in `train/CLASS/…`",
            ),
            (
                |root| fs::remove_dir_all(root.join("val")).unwrap(),
                "holds `train/` but no `val/`",
                "test images lie in `val/CLASS/…`",
            ),
            (
                |root| fs::create_dir(root.join("train/third")).unwrap(),
                "train: holds 3 class folder(s), the space has 2 classes",
                "`--classes 3`",
            ),
            (
                |root| fs::create_dir(root.join("val/third")).unwrap(),
                "class `third` is in `val/` but not in `train/`",
                "",
            ),
            (
                |root| fs::remove_dir_all(root.join("val/class9")).unwrap(),
                "class `class9` is in `train/` but not in `val/`",
                "",
            ),
            (
                |root| fs::remove_file(root.join("val/class9/cmyk.jpg")).unwrap(),
                "val/class9: the folder of class 0 holds no image (.jpg, .jpeg, .png)",
                "add some or remove the folder",
            ),
        ];
        for (harm, what, cure) in cases {
            let root = folder();
            harm(root.path());
            let text = refusal(root.path());
            assert!(text.contains(what) && text.contains(cure), "{text}");
        }
    }
}
