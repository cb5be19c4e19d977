//! ImageNet's tar files give what the folders give that they unpack to.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and damages its files"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::pixels::pixels;
use creamc::data::{Augmentation, Data, Gap, PackOptions, Packing, Preparer, Wanted, pack};

const TRAIN: &str = "ILSVRC2012_img_train.tar";
const VAL: &str = "ILSVRC2012_img_val.tar";
const CLASSES: [&str; 3] = ["n10", "n2", "n9"];
/// Images by the names that they get; orders of names and of bytes differ.
const IMAGES: [(&str, &str); 5] = [
    ("1_10.JPEG", "baseline.jpg"),
    ("1_9.JPEG", "cmyk.jpg"),
    ("1_100.JPEG", "progressive.jpg"),
    ("1_11.JPEG", "colour.png"),
    ("1_2.JPEG", "grey.jpg"),
];
const TESTED: [(&str, &str); 4] = [
    ("val_3.JPEG", "restart.jpg"),
    ("val_1.JPEG", "full.jpg"),
    ("val_10.JPEG", "turned.jpg"),
    ("val_2.JPEG", "palette.png"),
];
/// By the order of the names: 1, 2, 3, 10.
const LABELS: &str = "n9\nn2\nn10\nn2\n";

fn fixture(name: &str) -> PathBuf {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
    images.join(name)
}

/// The same images as folders, in `data`, and as tar files, in `tars`.
fn imagenet() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let [data, tars] = ["data", "tars"].map(|name| root.path().join(name));
    fs::create_dir(&tars).unwrap();
    for class in CLASSES {
        let into = data.join("train").join(class);
        fs::create_dir_all(&into).unwrap();
        for (name, image) in IMAGES {
            fs::copy(fixture(image), into.join(name)).unwrap();
        }
    }
    fs::create_dir(data.join("val")).unwrap();
    for (name, image) in TESTED {
        fs::copy(fixture(image), data.join("val").join(name)).unwrap();
    }
    for dir in [&data, &tars] {
        fs::write(dir.join("val_labels.txt"), LABELS).unwrap();
    }
    tar_up(root.path());
    root
}

/// Makes the tar files of the folders as they are now.
fn tar_up(root: &Path) {
    let [data, tars] = ["data", "tars"].map(|name| root.join(name));
    let classes: Vec<(String, Vec<u8>)> = CLASSES
        .iter()
        .map(|class| {
            let files = IMAGES.map(|(name, _)| {
                let bytes = fs::read(data.join("train").join(class).join(name)).unwrap();
                (name.to_owned(), bytes)
            });
            (format!("{class}.tar"), tar_of(&files))
        })
        .collect();
    fs::write(tars.join(TRAIN), tar_of(&classes)).unwrap();
    let files = TESTED.map(|(name, _)| {
        let bytes = fs::read(data.join("val").join(name)).unwrap();
        (name.to_owned(), bytes)
    });
    fs::write(tars.join(VAL), tar_of(&files)).unwrap();
}

fn tar_of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap()
}

fn wanted() -> Wanted {
    Wanted {
        judge_images: 3,
        seed: 5,
        ..Wanted::all(3, 3, 16)
    }
}

fn assert_equal(one: &Data, other: &Data) {
    assert_eq!(pixels(one), pixels(other));
    for (one, other) in [(&one.train, &other.train), (&one.test, &other.test)] {
        assert_eq!(one.set.class_names, other.set.class_names);
        assert_eq!(one.set.labels, other.set.labels);
    }
    assert_eq!(one.judge.indices, other.judge.indices);
}

#[test]
fn every_part_equals_that_of_the_unpacked_folders_pixel_for_pixel() {
    let root = imagenet();
    let from_folders = Data::load(&root.path().join("data"), &wanted()).unwrap();
    assert_eq!(from_folders.train.set.class_names, ["n2", "n9", "n10"]);
    assert_eq!(from_folders.train.set.labels.len(), 15);
    assert_eq!(from_folders.test.set.labels, [1, 0, 2, 0]);
    for tars in ["tars", &format!("tars/{TRAIN}"), &format!("tars/{VAL}")] {
        let from_tars = Data::load(&root.path().join(tars), &wanted()).unwrap();
        assert!(from_tars.is_decoded());
        assert_equal(&from_tars, &from_folders);
        let name = from_tars.train.set.name_of(0);
        assert!(name.ends_with(&format!("{TRAIN}: n2/1_2.JPEG")), "{name}");
    }
}

#[test]
fn a_class_map_a_fraction_and_a_list_by_name_hold_for_tars_too() {
    let root = imagenet();
    let [map, labels] = ["map.txt", "labels.txt"].map(|name| root.path().join(name));
    fs::write(&map, "n10\nn2\n").unwrap();
    let by_name = "val_10.JPEG n2\nval_1.JPEG n9\nval_2.JPEG n2\nval_3.JPEG n10\n";
    fs::write(&labels, by_name).unwrap();
    let wanted = Wanted {
        classes: 2,
        judge_images: 2,
        fraction: 0.5,
        class_map: Some(map.clone()),
        val_labels: Some(labels),
        ..wanted()
    };
    let [data, tars] =
        ["data", "tars"].map(|dir| Data::load(&root.path().join(dir), &wanted).unwrap());
    assert_equal(&tars, &data);
    assert_eq!(tars.train.indices.len(), 4);
    assert_eq!(tars.test.set.labels, [1, 0, 1]);
    fs::write(&map, "n10\nn3\n").unwrap();
    let error = Data::load(&root.path().join("tars"), &wanted).unwrap_err();
    assert_eq!(error.path, map);
    let what = format!("line 2: `n3` is no tar in `{TRAIN}`");
    assert!(error.what.contains(&what), "{error}");
}

#[test]
fn broken_images_are_named_with_the_tar_and_stood_in_for() {
    let root = imagenet();
    let [data, tars] = ["data", "tars"].map(|name| root.path().join(name));
    fs::copy(fixture("truncated.jpg"), data.join("train/n9/1_9.JPEG")).unwrap();
    tar_up(root.path());
    let load = |dir: &Path| Data::load(dir, &wanted()).unwrap();
    let (data, from_tars) = (load(&data), load(&tars));
    let filled = |data: &Data| {
        let how = Augmentation::none();
        let preparer = Preparer::new(&data.train, &data.normalisation, how, 5);
        preparer.prepare(&[5, 6, 7, 8], 0, Gap::Fill).unwrap()
    };
    assert_eq!(filled(&from_tars), filled(&data));
    let news = from_tars.train.set.news();
    assert_eq!(news.len(), 1);
    assert!(
        news[0]
            .1
            .contains(&format!("{TRAIN}: n9/1_9.JPEG: is truncated")),
        "{news:?}"
    );
    let (tar, folder) = (from_tars.broken_to_train(), data.broken_to_train());
    assert_eq!(tar[0].0, folder[0].0);
}

#[test]
fn packs_of_tars_are_those_of_the_folders_byte_for_byte() {
    let root = imagenet();
    let packed = |folder: &str, packing| {
        let out = root.path().join("packed").join(folder.replace('/', "-"));
        let options = PackOptions {
            folder: root.path().join(folder),
            out,
            packing,
            class_map: None,
            val_labels: None,
            workers: 2,
            strict: true,
        };
        let parts = pack(&options, &mut |_, _| {}).unwrap();
        parts.map(|part| fs::read(part.file).unwrap())
    };
    for packing in [Packing::Files, Packing::Raw { short_side: None }] {
        let from_folders = packed("data", packing);
        assert!(packed("tars", packing) == from_folders);
        assert!(packed(&format!("tars/{TRAIN}"), packing) == from_folders);
    }
}
