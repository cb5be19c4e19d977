//! Every operation against what Pillow and timm made of the same image (`tests/fixtures/augment`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::operation::{Change, Operation};
use crate::config::Interpolation;
use crate::data::decode;
use crate::data::random::{Purpose, stream};
use crate::data::raster::{Raster, Size};

#[derive(Deserialize)]
struct Recorded {
    /// Name, number, resampling.
    changes: Vec<(String, Option<f64>, Option<Interpolation>)>,
    /// For every operation the numbers at some magnitudes: magnitude, positive, negative.
    levels: BTreeMap<Operation, Vec<[f64; 3]>>,
}

const HEIGHT: usize = 24;
const WIDTH: usize = 32;

pub(super) fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/augment");
    std::fs::read(folder.join(name)).unwrap()
}

fn recorded() -> Recorded {
    serde_json::from_slice(&fixture("recorded.json")).unwrap()
}

/// The images of a strip.
fn images(name: &str, channels: usize) -> Vec<Raster<'static>> {
    let strip = decode(&fixture(name), channels).unwrap();
    let size = Size {
        channels,
        height: HEIGHT,
        width: WIDTH,
    };
    let images = strip.values.chunks_exact(size.len());
    images
        .map(|values| Raster::owned(size, values.to_vec()))
        .collect()
}

fn change(name: &str, number: Option<f64>) -> Change {
    let number = || number.unwrap();
    match name {
        "AutoContrast" => Change::AutoContrast,
        "Equalize" => Change::Equalize,
        "Invert" => Change::Invert,
        "Posterize" => Change::Posterize(number() as u32),
        "Solarize" => Change::Solarize(number() as u32),
        "SolarizeAdd" => Change::SolarizeAdd(number() as u8),
        "Color" => Change::Color(number()),
        "Contrast" => Change::Contrast(number()),
        "Brightness" => Change::Brightness(number()),
        "Sharpness" => Change::Sharpness(number()),
        "Rotate" => Change::Rotate(number()),
        "ShearX" => Change::ShearX(number()),
        "ShearY" => Change::ShearY(number()),
        "TranslateXRel" => Change::TranslateX(number()),
        "TranslateYRel" => Change::TranslateY(number()),
        other => panic!("{other} is recorded and not known"),
    }
}

/// The number of a change, 0 where it has none.
fn number(change: Change) -> f64 {
    match change {
        Change::AutoContrast | Change::Equalize | Change::Invert => 0.0,
        Change::Posterize(whole) | Change::Solarize(whole) => f64::from(whole),
        Change::SolarizeAdd(add) => f64::from(add),
        Change::Color(number)
        | Change::Contrast(number)
        | Change::Brightness(number)
        | Change::Sharpness(number)
        | Change::Rotate(number)
        | Change::ShearX(number)
        | Change::ShearY(number)
        | Change::TranslateX(number)
        | Change::TranslateY(number) => number,
    }
}

fn compare(strip: &str, channels: usize, fill: &[u8]) {
    let changes = recorded().changes;
    let images = images(strip, channels);
    assert_eq!(images.len(), changes.len() + 1);
    let mut rng = stream(Purpose::Augment, 1, 0, 0);
    for ((name, number, how), expected) in changes.iter().zip(&images[1..]) {
        let mut image = images[0].clone();
        let how = how.unwrap_or(Interpolation::Bilinear);
        change(name, *number).apply(&mut image, how, fill, &mut rng);
        let different = image.values.iter().zip(expected.values.iter());
        let different = different.filter(|(ours, theirs)| ours != theirs).count();
        assert_eq!(different, 0, "{strip}: {name} {number:?} {how:?}");
    }
}

#[test]
fn every_operation_on_colour_is_pillows_bit_by_bit() {
    compare("colour.png", 3, &[124, 116, 104]);
}

#[test]
fn every_operation_on_grey_is_pillows_bit_by_bit() {
    compare("grey.png", 1, &[117]);
}

#[test]
fn every_magnitude_becomes_timms_number_with_either_sign() {
    let mut rng = stream(Purpose::Augment, 1, 0, 0);
    for (operation, rows) in recorded().levels {
        for [magnitude, positive, negative] in rows {
            let mut drawn: Vec<f64> = (0..40)
                .map(|_| number(operation.at(magnitude, &mut rng)))
                .collect();
            drawn.sort_by(f64::total_cmp);
            let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
            assert!(
                close(drawn[0], positive.min(negative)) && close(drawn[39], positive.max(negative)),
                "{operation:?} at {magnitude}: {drawn:?} for {positive} and {negative}"
            );
        }
    }
}

#[test]
fn no_bit_left_is_black() {
    let mut image = images("colour.png", 3).remove(0);
    let mut rng = stream(Purpose::Augment, 1, 0, 0);
    Change::Posterize(0).apply(&mut image, Interpolation::Random, &[0; 3], &mut rng);
    assert!(image.values.iter().all(|&value| value == 0));
}

#[test]
fn tiny_images_go_through_every_operation() {
    let mut rng = stream(Purpose::Augment, 1, 0, 0);
    for (height, width) in [(1, 1), (1, 5), (2, 2)] {
        let size = Size {
            channels: 3,
            height,
            width,
        };
        for (name, number, how) in recorded().changes {
            let mut image = Raster::owned(size, vec![100; size.len()]);
            let how = how.unwrap_or(Interpolation::Random);
            change(&name, number).apply(&mut image, how, &[1, 2, 3], &mut rng);
            assert_eq!(image.size, size);
            assert_eq!(image.values.len(), size.len());
        }
    }
}
