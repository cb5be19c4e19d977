//! Packs give what the folder that they were made of gives.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and damages its files"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::pixels::pixels;
use creamc::data::{
    Augmentation, Contents, Data, DataError, Gap, PackOptions, Packed, Packing, Preparer, Wanted,
    pack,
};

const RAW: Packing = Packing::Raw { short_side: None };
const TRAIN: [&str; 4] = ["baseline.jpg", "cmyk.jpg", "deep_grey.png", "palette.png"];
const VAL: [&str; 3] = ["alpha.png", "grey.jpg", "progressive.jpg"];

fn fixture(name: &str) -> PathBuf {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
    images.join(name)
}

/// Two classes of images that can all be read, in `data`.
fn folder() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (part, names) in [("train", &TRAIN[..]), ("val", &VAL[..])] {
        for class in ["class10", "class9"] {
            let into = root.path().join("data").join(part).join(class);
            fs::create_dir_all(&into).unwrap();
            for name in names {
                fs::copy(fixture(name), into.join(name)).unwrap();
            }
        }
    }
    root
}

fn options(root: &Path, packing: Packing) -> PackOptions {
    PackOptions {
        folder: root.join("data"),
        out: root.join("packed"),
        packing,
        class_map: None,
        val_labels: None,
        workers: 2,
        strict: false,
    }
}

fn packed(root: &Path, packing: Packing) -> Result<[Packed; 2], DataError> {
    pack(&options(root, packing), &mut |_, _| {})
}

fn wanted() -> Wanted {
    Wanted {
        judge_images: 2,
        seed: 5,
        ..Wanted::all(2, 3, 16)
    }
}

fn load(dir: &Path, channels: usize) -> Data {
    let wanted = Wanted {
        channels,
        ..wanted()
    };
    Data::load(dir, &wanted).unwrap()
}

fn partial_files(root: &Path) -> usize {
    let entries = fs::read_dir(root.join("packed")).unwrap();
    let partial = entries.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".partial")
    });
    partial.count()
}

#[test]
fn packs_of_pixels_and_of_files_give_the_folders_pixels_bit_by_bit() {
    for packing in [RAW, Packing::Files] {
        let root = folder();
        let parts = packed(root.path(), packing).unwrap();
        assert_eq!(parts.each_ref().map(|part| part.images), [8, 6]);
        for part in &parts {
            assert_eq!(fs::metadata(&part.file).unwrap().len(), part.bytes);
            assert!(part.left_out.is_empty());
        }
        for channels in [1, 3] {
            let from_files = load(&root.path().join("data"), channels);
            let from_pack = load(&root.path().join("packed"), channels);
            assert_eq!(pixels(&from_pack), pixels(&from_files), "{packing:?}");
            let (files, pack) = (&from_files.train.set, &from_pack.train.set);
            assert_eq!(pack.class_names, ["class9", "class10"]);
            assert_eq!(pack.labels, files.labels);
            assert_eq!(from_pack.judge.indices, from_files.judge.indices);
            assert!(from_pack.is_decoded());
        }
    }
}

#[test]
fn a_pack_has_the_names_of_its_folder_and_is_told_from_packs_of_other_images() {
    let digests = |data: &Data| [&data.train, &data.judge, &data.test].map(|part| part.digest());
    let contents = |data: &Data| data.train.contents();
    let root = folder();
    packed(root.path(), RAW).unwrap();
    let files = load(&root.path().join("data"), 3);
    let first = load(&root.path().join("packed"), 3);
    assert_eq!(digests(&files), digests(&first));
    assert!(matches!(contents(&files), Some(Contents::Sample(_))));
    assert!(matches!(contents(&first), Some(Contents::Whole(_))));
    assert_eq!(
        contents(&first),
        contents(&load(&root.path().join("packed"), 1))
    );
    // Another image under a name that was there.
    let other = root.path().join("data/train/class9").join(TRAIN[0]);
    let before = contents(&files);
    fs::copy(fixture(TRAIN[1]), other).unwrap();
    assert_ne!(before, contents(&load(&root.path().join("data"), 3)));
    packed(root.path(), RAW).unwrap();
    let second = load(&root.path().join("packed"), 3);
    assert_eq!(digests(&first), digests(&second));
    assert_ne!(contents(&first), contents(&second));
}

#[test]
fn the_same_folder_gives_the_same_pack_from_any_number_of_threads() {
    let root = folder();
    let bytes = |workers| {
        let how = options(
            root.path(),
            Packing::Raw {
                short_side: Some(24),
            },
        );
        let mut told = Vec::new();
        pack(&PackOptions { workers, ..how }, &mut |done, all| {
            told.push((done, all))
        })
        .unwrap();
        assert_eq!(told, (1..=14).map(|done| (done, 14)).collect::<Vec<_>>());
        fs::read(root.path().join("packed/train.pack")).unwrap()
    };
    let alone = bytes(0);
    assert_eq!(bytes(1), alone);
    assert_eq!(bytes(3), alone);
}

#[test]
fn a_short_side_shrinks_images_that_are_longer_and_no_others() {
    let root = folder();
    let size = |short_side| {
        packed(
            root.path(),
            Packing::Raw {
                short_side: Some(short_side),
            },
        )
        .unwrap();
        let data = load(&root.path().join("packed"), 3);
        let image = data.test.set.read(0).unwrap();
        (image.size.height, image.size.width)
    };
    let whole = load(&root.path().join("data"), 3)
        .test
        .set
        .read(0)
        .unwrap()
        .size;
    assert_eq!((whole.height, whole.width), (40, 48));
    assert_eq!(size(20), (20, 24));
    assert_eq!(size(40), (40, 48));
    assert_eq!(size(500), (40, 48));
}

#[test]
fn a_class_map_and_a_flat_val_are_packed_as_they_are_read() {
    let root = folder();
    let (data, map) = (root.path().join("data"), root.path().join("map.txt"));
    fs::remove_dir_all(data.join("val")).unwrap();
    fs::create_dir(data.join("val")).unwrap();
    fs::copy(fixture("grey.jpg"), data.join("val/1.jpg")).unwrap();
    fs::copy(fixture("alpha.png"), data.join("val/2.png")).unwrap();
    let labels = root.path().join("labels.txt");
    fs::write(&labels, "class10\nclass9\n").unwrap();
    fs::write(&map, "class10\nclass9\n").unwrap();
    let how = PackOptions {
        class_map: Some(map.clone()),
        val_labels: Some(labels),
        ..options(root.path(), Packing::Files)
    };
    pack(&how, &mut |_, _| {}).unwrap();
    let load = |class_map| {
        let wanted = Wanted {
            class_map,
            ..wanted()
        };
        Data::load(&root.path().join("packed"), &wanted)
    };
    for class_map in [None, Some(map.clone())] {
        let data = load(class_map).unwrap();
        assert_eq!(data.test.set.class_names, ["class10", "class9"]);
        assert_eq!(data.test.set.labels, [0, 1]);
    }
    fs::write(&map, "class9\nclass10\n").unwrap();
    let error = load(Some(map)).unwrap_err().to_string();
    assert!(
        error.contains("train.pack") && error.contains("--class-map"),
        "{error}"
    );
}

#[test]
fn an_image_that_cannot_be_read_is_left_out_and_listed_or_ends_it() {
    let root = folder();
    let bad = root.path().join("data/train/class9/cmyk.jpg");
    fs::copy(fixture("truncated.jpg"), &bad).unwrap();
    for packing in [RAW, Packing::Files] {
        let [train, val] = packed(root.path(), packing).unwrap();
        assert_eq!((train.images, val.images), (7, 6));
        assert_eq!(train.left_out.len(), 1);
        assert!(
            train.left_out[0].starts_with(&bad.display().to_string()),
            "{:?}",
            train.left_out
        );
        let data = load(&root.path().join("packed"), 3);
        assert_eq!(data.train.set.labels, [0, 0, 0, 1, 1, 1, 1]);
    }
    let before = fs::read(root.path().join("packed/train.pack")).unwrap();
    let strict = PackOptions {
        strict: true,
        ..options(root.path(), RAW)
    };
    let error = pack(&strict, &mut |_, _| {}).unwrap_err();
    assert_eq!(error.path, bad);
    assert!(error.what.contains("without --strict"), "{error}");
    assert_eq!(
        fs::read(root.path().join("packed/train.pack")).unwrap(),
        before,
        "the old one stays"
    );
    assert_eq!(partial_files(root.path()), 0);
}

#[test]
fn a_class_without_one_readable_image_is_not_packed() {
    let root = folder();
    for name in VAL {
        let image = root.path().join("data/val/class10").join(name);
        fs::copy(fixture("text.jpg"), image).unwrap();
    }
    let error = packed(root.path(), RAW).unwrap_err().to_string();
    assert!(
        error.contains("data/val: no image of class `class10` can be read"),
        "{error}"
    );
    assert_eq!(fs::read_dir(root.path().join("packed")).unwrap().count(), 0);
}

#[test]
fn damaged_packs_are_refused_by_name() {
    type Harm = fn(&mut Vec<u8>);
    let cases: [(Harm, &str); 6] = [
        (
            |bytes| bytes.truncate(bytes.len() / 2),
            "damaged or not whole: pack it again",
        ),
        (
            |bytes| bytes.truncate(5),
            "damaged or not whole: pack it again",
        ),
        (|bytes| bytes.clear(), "damaged or not whole: pack it again"),
        (|bytes| bytes[0] = b'x', "is no pack of images"),
        (|bytes| bytes[8] = 99, "another version of creamc"),
        (
            |bytes| {
                // In the last entry of the index.
                let at = bytes.len() - 30;
                bytes[at] ^= 1;
            },
            "damaged or not whole: pack it again",
        ),
    ];
    for name in ["train.pack", "val.pack"] {
        let root = folder();
        packed(root.path(), RAW).unwrap();
        let file = root.path().join("packed").join(name);
        let whole = fs::read(&file).unwrap();
        for (harm, what) in cases {
            let mut bytes = whole.clone();
            harm(&mut bytes);
            fs::write(&file, bytes).unwrap();
            let error = Data::load(&root.path().join("packed"), &wanted()).unwrap_err();
            assert_eq!(error.path, file);
            assert!(error.what.contains(what), "{error}");
        }
        fs::remove_file(&file).unwrap();
        let error = Data::load(&root.path().join("packed"), &wanted()).unwrap_err();
        assert_eq!(error.path, file);
        assert!(error.what.contains("cannot be read"), "{error}");
    }
}

#[test]
fn an_image_with_a_wrong_checksum_is_named_and_left_out_or_ends_a_strict_run() {
    let root = folder();
    packed(root.path(), RAW).unwrap();
    let file = root.path().join("packed/val.pack");
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let prepare = |strict| {
        let wanted = Wanted { strict, ..wanted() };
        let data = Data::load(&root.path().join("packed"), &wanted).unwrap();
        let preparer = Preparer::new(&data.test, &data.normalisation, Augmentation::none(), 1);
        let pixels = preparer.prepare(&data.test.indices, 0, Gap::Leave);
        let news = data.test.set.news();
        let news: Vec<String> = news.into_iter().map(|(_, text)| text).collect();
        (pixels.map(|pixels| pixels.labels), news)
    };
    let (labels, news) = prepare(false);
    assert_eq!(labels.unwrap(), [0, 0, 1, 1, 1]);
    let what = format!(
        "{}: class9/alpha.png: is damaged: its checksum is another",
        file.display()
    );
    assert_eq!(news, std::slice::from_ref(&what));
    let error = prepare(true).0.unwrap_err().to_string();
    assert!(error.starts_with(&what), "{error}");
}

#[test]
fn a_pack_of_other_classes_than_the_spaces_is_refused_with_the_cure() {
    let root = folder();
    packed(root.path(), Packing::Files).unwrap();
    let wanted = Wanted {
        classes: 3,
        ..wanted()
    };
    let error = Data::load(&root.path().join("packed"), &wanted)
        .unwrap_err()
        .to_string();
    let what = "train.pack: holds 2 classes, the space has 3: pass `--classes 2`";
    assert!(error.contains(what), "{error}");
}

#[test]
fn parts_of_two_folders_do_not_go_together() {
    let (one, two) = (folder(), folder());
    for part in ["train", "val"] {
        let of = two.path().join("data").join(part);
        fs::rename(of.join("class9"), of.join("class1")).unwrap();
    }
    packed(one.path(), Packing::Files).unwrap();
    packed(two.path(), Packing::Files).unwrap();
    let [from, to] = [&two, &one].map(|root| root.path().join("packed/val.pack"));
    fs::copy(from, &to).unwrap();
    let error = Data::load(&one.path().join("packed"), &wanted()).unwrap_err();
    assert_eq!(error.path, to);
    assert!(error.what.contains("pack both from one folder"), "{error}");
}

#[test]
fn packs_of_two_packings_of_one_folder_do_not_go_together() {
    let root = folder();
    let packs = root.path().join("packed");
    packed(root.path(), RAW).unwrap();
    let old = fs::read(packs.join("val.pack")).unwrap();
    // As if the second packing had been killed between its two packs.
    fs::remove_file(root.path().join("data/train/class9").join(TRAIN[0])).unwrap();
    packed(root.path(), RAW).unwrap();
    fs::write(packs.join("val.pack"), old).unwrap();
    let error = Data::load(&packs, &wanted()).unwrap_err();
    assert_eq!(error.path, packs.join("val.pack"));
    let what = "was not made together with `train.pack`";
    assert!(error.what.contains(what), "{error}");
}

#[test]
fn a_folder_where_a_pack_should_go_leaves_the_other_pack_as_it_was() {
    let root = folder();
    let packs = root.path().join("packed");
    packed(root.path(), RAW).unwrap();
    let before = fs::read(packs.join("train.pack")).unwrap();
    fs::remove_file(packs.join("val.pack")).unwrap();
    fs::create_dir(packs.join("val.pack")).unwrap();
    let error = packed(root.path(), Packing::Files).unwrap_err();
    assert_eq!(error.path, packs.join("val.pack"));
    assert!(error.what.contains("is a folder where a pack"), "{error}");
    assert_eq!(fs::read(packs.join("train.pack")).unwrap(), before);
    assert_eq!(partial_files(root.path()), 0);
}

fn creamc(arguments: &[&str], root: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creamc-torch"));
    command.arg("pack").args(arguments).current_dir(root);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_command_says_what_it_packed_and_left_out() {
    let root = folder();
    fs::copy(
        fixture("empty.png"),
        root.path().join("data/train/class9/bad.png"),
    )
    .unwrap();
    fs::write(root.path().join("data/train/class9/other.webp"), "").unwrap();
    let arguments = ["data", "--out", "new/packed", "--short-side", "20"];
    let run = creamc(&arguments, root.path());
    let (out, beside) = (text(&run.stdout), text(&run.stderr));
    assert_eq!(run.status.code(), Some(0), "{beside}");
    assert_eq!(
        out,
        "new/packed/train.pack: 8 images, 0.0 MiB; 1 left out\nnew/packed/val.pack: 6 images, 0.0 MiB\n"
    );
    assert_eq!(
        beside,
        "warning: data/train: 1 image(s) are passed over: only .jpg, .jpeg, .png are read\n\
         warning: left out data/train/class9/bad.png: is empty\n"
    );
    let data = load(&root.path().join("new/packed"), 3);
    assert_eq!(data.test.set.read(0).unwrap().size.height, 20);
    let strict = creamc(&["data", "--out", "strict", "--strict"], root.path());
    assert_eq!(strict.status.code(), Some(2));
    assert!(text(&strict.stderr).contains("data/train/class9/bad.png: is empty"));
}

#[test]
fn what_cannot_be_packed_or_written_is_named() {
    let root = folder();
    fs::write(root.path().join("file"), "no folder").unwrap();
    fs::create_dir_all(root.path().join("taken/train.pack.partial")).unwrap();
    for (arguments, what) in [
        (["data", "--out", "file"], "file: cannot be made"),
        (
            ["data", "--out", "file/deeper"],
            "file/deeper: cannot be made",
        ),
        (
            ["data", "--out", "taken"],
            "taken/train.pack.partial: cannot be written",
        ),
        (
            ["data", "--out", "data"],
            "data: holds image folders: packs go into a folder of their own",
        ),
        (["nothing", "--out", "new"], "nothing: holds no `train/`"),
        (["data", "--out=new", "--short-side=0"], "--short-side"),
    ] {
        let run = creamc(&arguments, root.path());
        let beside = text(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{beside}");
        assert!(beside.contains(what), "{beside}");
    }
}
