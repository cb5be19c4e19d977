use std::fs::{self, File};

use super::walk::{Fault, Region};
use super::*;
use crate::data::Data;
use crate::data::testing::{fixture_image, wanted_folder};

/// The bytes of a tar file.
fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = ::tar::Builder::new(Vec::new());
    for (name, contents) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *contents).unwrap();
    }
    tar.into_inner().unwrap()
}

fn walk(bytes: &[u8]) -> Result<Vec<(String, u64, u64)>, Fault> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    fs::write(&path, bytes).unwrap();
    let region = Region {
        file: &File::open(path).unwrap(),
        start: 0,
        end: bytes.len() as u64,
    };
    let members = region.members()?.into_iter();
    Ok(members
        .map(|member| (member.name.into(), member.offset, member.length))
        .collect())
}

/// Changes a header and makes its sum right again.
fn with_header(bytes: &mut [u8], at: usize, change: impl FnOnce(&mut ::tar::Header)) {
    let mut header = ::tar::Header::from_byte_slice(&bytes[at..at + 512]).clone();
    change(&mut header);
    header.set_cksum();
    bytes[at..at + 512].copy_from_slice(header.as_bytes());
}

#[test]
fn files_are_where_another_reader_finds_them_long_names_and_folders_too() {
    let long = format!("{}/{}.jpg", "folder".repeat(20), "name".repeat(40));
    let mut bytes = tar_of(&[
        ("./one.jpg", b"one"),
        (&long, &[7; 1000]),
        ("none.jpg", b""),
        ("after.png", &[1; 512]),
    ]);
    let found = walk(&bytes).unwrap();
    let mut archive = ::tar::Archive::new(&bytes[..]);
    let other = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        (name, entry.raw_file_position(), entry.size())
    });
    let other: Vec<_> = other.collect();
    assert_eq!(found.len(), 4);
    for (found, other) in found.iter().zip(&other) {
        assert_eq!(found.0, other.0.trim_start_matches("./"));
        assert_eq!((found.1, found.2), (other.1, other.2));
    }
    with_header(&mut bytes, 0, |header| {
        header.set_entry_type(::tar::EntryType::Directory)
    });
    // Contents that a folder cannot have are no header.
    assert_eq!(walk(&bytes).unwrap_err().at, 512);
}

#[test]
fn words_before_a_file_say_its_name_and_its_length() {
    let mut tar = ::tar::Builder::new(Vec::new());
    tar.append_pax_extensions([
        ("mtime", &b"1.5"[..]),
        ("path", b"renamed.jpg"),
        ("size", b"5"),
    ])
    .unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(0);
    header.set_path("short").unwrap();
    header.set_cksum();
    tar.append(&header, &b"12345"[..]).unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(3);
    header
        .set_path(format!("{}/b.jpg", "deep".repeat(30)))
        .unwrap();
    header.set_cksum();
    tar.append(&header, &b"abc"[..]).unwrap();
    let found = walk(&tar.into_inner().unwrap()).unwrap();
    assert_eq!(found[0], ("renamed.jpg".to_owned(), 1536, 5));
    assert_eq!(found[1].0, format!("{}/b.jpg", "deep".repeat(30)));
    assert_eq!(found.len(), 2);
}

#[test]
fn a_file_whose_holes_are_left_out_is_refused_in_either_form() {
    let mut bytes = tar_of(&[("a.jpg", &[1; 600]), ("b.jpg", b"b")]);
    with_header(&mut bytes, 0, |header| {
        header.set_entry_type(::tar::EntryType::GNUSparse)
    });
    let what = "`a.jpg` is stored without its holes";
    assert!(walk(&bytes).unwrap_err().what.contains(what));
    // As `tar --format=posix --sparse` writes it.
    let mut tar = ::tar::Builder::new(Vec::new());
    tar.append_pax_extensions([
        ("GNU.sparse.major", &b"1"[..]),
        ("GNU.sparse.minor", b"0"),
        ("path", b"a.jpg"),
    ])
    .unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(3);
    header.set_path("GNUSparseFile.7/a.jpg").unwrap();
    header.set_cksum();
    tar.append(&header, &b"abc"[..]).unwrap();
    let fault = walk(&tar.into_inner().unwrap()).unwrap_err();
    assert_eq!(fault.at, 1024);
    assert!(fault.what.contains(what), "{fault:?}");
}

#[test]
fn damage_is_named_with_its_place() {
    let whole = tar_of(&[("a.jpg", &[1; 600]), ("b.jpg", &[2; 700])]);
    // Headers at 0 and 1536, the end at 3072.
    assert_eq!(walk(&whole).unwrap()[1].1, 2048);
    let cut = |length: usize| walk(&whole[..length]).unwrap_err();
    for (length, at, what) in [
        (0, 0, "is no tar file"),
        (100, 0, "is no tar file"),
        (700, 0, "`a.jpg` should have 600 bytes, more than are left"),
        (1536, 1536, "the end of the tar file is missing"),
        (1700, 1536, "the end of the tar file is missing"),
        (2500, 1536, "`b.jpg` should have 700 bytes"),
        (3072, 3072, "the end of the tar file is missing"),
    ] {
        let fault = cut(length);
        assert_eq!(fault.at, at, "{fault:?}");
        assert!(fault.what.contains(what), "{fault:?}");
    }
    assert_eq!(
        walk(&whole[..3584]).unwrap().len(),
        2,
        "one block of zeros is enough"
    );

    let harmed = |at: usize, change: &dyn Fn(&mut ::tar::Header)| {
        let mut bytes = whole.clone();
        with_header(&mut bytes, at, change);
        walk(&bytes).unwrap_err()
    };
    let huge = harmed(1536, &|header| header.set_size(u64::MAX - 10));
    assert_eq!(huge.at, 1536);
    assert!(huge.what.contains("18446744073709551605 bytes"), "{huge:?}");
    let words = harmed(0, &|header| {
        header.set_entry_type(::tar::EntryType::XHeader);
    });
    assert!(
        words.at == 0 && words.what.contains("words about the next file"),
        "{words:?}"
    );
    let long = harmed(0, &|header| {
        header.set_entry_type(::tar::EntryType::GNULongName);
        header.set_size(1 << 40);
    });
    assert!(long.what.contains("more than are left"), "{long:?}");
    let sparse = harmed(0, &|header| {
        header.set_entry_type(::tar::EntryType::GNUSparse);
    });
    assert!(sparse.what.contains("without its holes"), "{sparse:?}");

    let mut flipped = whole.clone();
    flipped[1540] ^= 1;
    let fault = walk(&flipped).unwrap_err();
    assert_eq!(fault.at, 1536);
    assert!(fault.what.contains("no tar header is there"), "{fault:?}");
    assert!(
        walk(&[0x1f, 0x8b].repeat(600))
            .unwrap_err()
            .what
            .contains("unpack it to a plain tar")
    );
    assert!(
        walk(&[b'x'; 2000])
            .unwrap_err()
            .what
            .contains("is no tar file")
    );
}

#[test]
fn a_long_name_without_end_takes_no_memory() {
    let mut bytes = tar_of(&[("a.jpg", &[b'n'; 70_000])]);
    with_header(&mut bytes, 0, |header| {
        header.set_entry_type(::tar::EntryType::GNULongName);
    });
    let fault = walk(&bytes).unwrap_err();
    assert!(fault.what.contains("words of 70000 bytes"), "{fault:?}");
}

/// Two classes of an image each, and two images to test on with their list.
fn imagenet(train: &[u8], val: &[u8]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(TRAIN), train).unwrap();
    fs::write(root.path().join(VAL), val).unwrap();
    fs::write(root.path().join("val_labels.txt"), "n2\nn10\n").unwrap();
    root
}

fn refusal(train: &[u8], val: &[u8]) -> String {
    let root = imagenet(train, val);
    let error = Data::load(root.path(), &wanted_folder()).unwrap_err();
    error
        .to_string()
        .replace(&root.path().display().to_string(), "ROOT")
}

#[test]
fn bad_tars_are_named_with_the_class_tar_and_the_place() {
    let jpeg = fs::read(fixture_image("baseline.jpg")).unwrap();
    let class = tar_of(&[("1.JPEG", &jpeg)]);
    let train = tar_of(&[("n10.tar", &class), ("n2.tar", &class)]);
    let val = tar_of(&[("1.JPEG", &jpeg), ("2.JPEG", &jpeg)]);
    let root = imagenet(&train, &val);
    Data::load(root.path(), &wanted_folder()).unwrap();

    let no_images = tar_of(&[
        ("n10.tar", &class),
        ("n2.tar", &tar_of(&[("notes.txt", b"no")])),
    ]);
    let at = 512 + class.len() + 512;
    let cut_inside = tar_of(&[("n10.tar", &class), ("n2.tar", &class[..1024])]);
    let no_tar = tar_of(&[("n10.tar", &jpeg), ("n2.tar", &class)]);
    for (train, val, what) in [
        (
            &no_images,
            &val,
            format!("ROOT/{TRAIN}: `n2.tar` at byte {at}: holds no image (.jpg, .jpeg, .png)"),
        ),
        (
            &cut_inside,
            &val,
            format!("ROOT/{TRAIN}: `n2.tar` at byte {at}: `1.JPEG` should have"),
        ),
        (
            &no_tar,
            &val,
            format!("ROOT/{TRAIN}: `n10.tar` at byte 512: is no tar file"),
        ),
        (
            &val,
            &val,
            format!("ROOT/{TRAIN}: holds no tar file of a class, such as `n01440764.tar`"),
        ),
        (
            &tar_of(&[("n2.tar", &class)]),
            &val,
            format!(
                "ROOT/{TRAIN}: holds 1 class tar(s), the space has 2 classes: pass `--classes 1`"
            ),
        ),
        (
            &tar_of(&[("n2.tar", &class), ("again/n2.tar", &class)]),
            &val,
            "`again/n2.tar` is there twice".to_owned(),
        ),
        (&train, &train, format!("ROOT/{VAL}: holds no image")),
        (
            &train,
            &tar_of(&[("1.JPEG", &jpeg)]),
            format!("ROOT/val_labels.txt: holds 2 lines for the 1 images of `{VAL}`"),
        ),
        (
            &train,
            &val[..600].to_vec(),
            format!("ROOT/{VAL}: at byte 0: `1.JPEG` should have"),
        ),
    ] {
        let text = refusal(train, val);
        assert!(text.contains(&what), "{text}\n{what}");
    }
}

#[test]
fn a_missing_tar_or_list_is_named() {
    let jpeg = fs::read(fixture_image("baseline.jpg")).unwrap();
    let train = tar_of(&[("n2.tar", &tar_of(&[("1.JPEG", &jpeg)]))]);
    for missing in [TRAIN, VAL, "val_labels.txt"] {
        let root = imagenet(&train, &tar_of(&[("1.JPEG", &jpeg)]));
        fs::remove_file(root.path().join(missing)).unwrap();
        let wanted = Wanted {
            classes: 1,
            ..wanted_folder()
        };
        let error = Data::load(root.path(), &wanted).unwrap_err();
        assert_eq!(error.path, root.path().join(missing));
        assert!(error.what.contains("cannot be read"), "{error}");
    }
}
