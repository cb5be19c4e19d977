//! Windows, resizing, erasing and timm's tables against what timm and Pillow made (`tests/fixtures/augment/windows.json`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::operation::Operation;
use super::recorded::fixture;
use super::{EraseMode, erase, policy, tables};
use crate::config::{Interpolation, PairTable};
use crate::data::random::{Purpose, stream};
use crate::data::raster::{Raster, Size};
use crate::data::resize::{Scaler, Window};
use crate::data::{crop, decode};

/// Top, left, height, width.
type Place = [usize; 4];
/// Height and width of an image, a share of its area, the logarithm of an aspect, and what comes of them.
type Draws<T> = Vec<([usize; 2], f64, f64, T)>;

#[derive(Deserialize)]
struct Recorded {
    cuts: Vec<(Place, Interpolation)>,
    centres: Vec<Place>,
    parts: Draws<Place>,
    erased: Draws<Option<Place>>,
    fills: BTreeMap<String, ([usize; 3], bool)>,
    tables: BTreeMap<String, Vec<tables::Pair>>,
    lists: (Vec<Operation>, BTreeMap<Operation, f64>),
}

/// Of what is cut out.
const SIDE: usize = 20;

fn recorded() -> Recorded {
    serde_json::from_slice(&fixture("windows.json")).unwrap()
}

const fn size(channels: usize, [height, width]: [usize; 2]) -> Size {
    Size {
        channels,
        height,
        width,
    }
}

fn window([top, left, height, width]: Place) -> Window {
    Window {
        top,
        left,
        height,
        width,
    }
}

/// All of `place`, as an image of its own.
fn piece(whole: &Raster<'_>, [top, left, height, width]: Place) -> Raster<'static> {
    let mut values = Vec::new();
    for row in top..top + height {
        let start = (row * whole.size.width + left) * whole.size.channels;
        values.extend_from_slice(&whole.values[start..start + width * whole.size.channels]);
    }
    Raster::owned(size(whole.size.channels, [height, width]), values)
}

/// A resize rounds to whole bytes twice, after its pass along rows and after the one along columns, which we make in another
/// order: most values are equal, others one apart. Only where the cubic overshoots black or white between the passes, as it does in
/// the colours here, a few are further apart.
#[track_caller]
fn assert_near(what: &str, found: &Raster<'_>, expected: &[u8]) {
    assert_eq!(found.values.len(), expected.len(), "{what}");
    let apart = found.values.iter().zip(expected);
    let apart: Vec<u8> = apart.map(|(ours, theirs)| ours.abs_diff(*theirs)).collect();
    let share = |least: u8| {
        let count = apart.iter().filter(|&&apart| apart >= least).count();
        count as f64 / apart.len() as f64
    };
    assert!(share(1) < 0.35, "{what}: {}", share(1));
    assert!(share(2) < 0.03, "{what}: {}", share(2));
    assert!(apart.iter().all(|&apart| apart <= 5), "{what}");
}

fn compare_cuts(strip: &str, channels: usize) {
    let whole = decode(&fixture("whole.png"), channels).unwrap();
    let strip = decode(&fixture(strip), channels).unwrap();
    let mut expected = strip.values.chunks_exact(SIDE * SIDE * channels);
    let mut scaler = Scaler::default();
    let mut rng = stream(Purpose::Augment, 1, 0, 0);
    for (place, how) in recorded().cuts {
        let filter = crop::filter(how, &mut rng);
        let cut = scaler.window(&whole, window(place), (SIDE, SIDE), filter);
        assert_near(
            &format!("{place:?} {how:?}"),
            &cut,
            expected.next().unwrap(),
        );
    }
    for place in recorded().centres {
        let image = piece(&whole, place);
        let seen = crop::centre(image, size(channels, [SIDE; 2]), 0.875, &mut scaler);
        assert_near(
            &format!("centre of {place:?}"),
            &seen,
            expected.next().unwrap(),
        );
    }
    // Of the colours, the first once more.
    for mirrored in expected {
        let first = &strip.values[..SIDE * SIDE * channels];
        let mut image = Raster::owned(size(channels, [SIDE; 2]), first.to_vec());
        image.mirror();
        assert_eq!(image.values, mirrored);
    }
}

#[test]
fn windows_and_centres_of_colour_are_pillows_within_rounding() {
    compare_cuts("cut.png", 3);
}

#[test]
fn windows_and_centres_of_grey_are_pillows_within_rounding() {
    compare_cuts("grey_cut.png", 1);
}

#[test]
fn a_draw_becomes_timms_window() {
    for (sides, share, log_aspect, expected) in recorded().parts {
        let whole = size(3, sides);
        let found = match crop::part_size(whole, share, log_aspect) {
            Some((height, width)) => [sides[0] - height, sides[1] - width, height, width],
            None => {
                let middle = crop::central_part(whole);
                [middle.top, middle.left, middle.height, middle.width]
            }
        };
        assert_eq!(found, expected, "{sides:?} {share} {log_aspect}");
    }
}

#[test]
fn a_draw_becomes_timms_rectangle_to_erase() {
    for (sides, share, log_aspect, expected) in recorded().erased {
        let found = erase::rectangle_size(size(3, sides), share, log_aspect);
        let found =
            found.map(|(height, width)| [sides[0] - height, sides[1] - width, height, width]);
        assert_eq!(found, expected, "{sides:?} {share} {log_aspect}");
    }
}

#[test]
fn what_is_erased_is_as_many_colours_as_in_timm() {
    let image = size(3, [20; 2]);
    for (name, (colours, all_zero)) in recorded().fills {
        let mode = match name.as_str() {
            "const" => EraseMode::Const,
            "rand" => EraseMode::Rand,
            _ => EraseMode::Pixel,
        };
        let mut values = vec![1.0; image.len()];
        let mut rng = stream(Purpose::Augment, 1, 0, 0);
        erase::rectangle(image, mode, &mut rng, &mut values);
        let erased: Vec<&[f32]> = values.chunks(3).filter(|pixel| pixel[0] != 1.0).collect();
        assert!(erased.len() > 6, "{name}");
        for (channel, colours) in colours.into_iter().enumerate() {
            let found = erased.iter().map(|pixel| pixel[channel].to_bits());
            let found = found.collect::<BTreeSet<u32>>().len();
            // One of a channel, or one of each pixel, of which six were recorded.
            assert_eq!(found, if colours == 1 { 1 } else { erased.len() }, "{name}");
        }
        let is_zero = erased.concat().iter().all(|&value| value == 0.0);
        assert_eq!(is_zero, all_zero, "{name}");
    }
}

#[test]
fn what_is_drawn_from_are_timms_tables_and_lists() {
    let Recorded { tables, lists, .. } = recorded();
    for (name, table) in [
        ("original", PairTable::Original),
        ("originalr", PairTable::OriginalR),
        ("v0", PairTable::V0),
        ("v0r", PairTable::V0R),
    ] {
        assert_eq!(tables::pairs(table).to_vec(), tables[name], "{name}");
    }
    let (plain, weights) = lists;
    assert_eq!(policy::PLAIN.to_vec(), plain);
    assert_eq!(BTreeMap::from(policy::INCREASING), weights);
}
