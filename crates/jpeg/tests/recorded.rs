//! Against what Pillow, and with it libjpeg-turbo, reads from the same files (see `tests/fixtures/jpeg/record.py`).

#![allow(clippy::disallowed_methods, reason = "a test reads its files")]

use std::path::PathBuf;

use creamc_jpeg::{Decoder, Error, Jpeg, Window};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/jpeg")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn recorded() -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_slice(&read("expected.json")).unwrap()
}

fn decode(decoder: &mut Decoder, bytes: &[u8], window: Option<Window>) -> Result<Vec<u8>, Error> {
    let image = Jpeg::new(bytes)?;
    let mut pixels = vec![7; 5];
    let window = window.unwrap_or(image.whole());
    decoder.decode(&image, window, &mut pixels)?;
    Ok(pixels)
}

/// What `window` is of the whole image.
fn crop(whole: &[u8], image: &Jpeg<'_>, window: Window) -> Vec<u8> {
    let channels = image.channels();
    let rows = whole.chunks_exact(image.width() * channels);
    let rows = rows.skip(window.top).take(window.height);
    rows.flat_map(|row| &row[window.left * channels..][..window.width * channels])
        .copied()
        .collect()
}

#[test]
fn every_file_gives_the_bytes_that_pillow_gives() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 61);
    let mut decoder = Decoder::new();
    for (name, expected) in recorded {
        let bytes = read(&name);
        let image = Jpeg::new(&bytes).unwrap();
        let size = [image.height(), image.width(), image.channels()];
        assert_eq!(serde_json::json!(size), expected["size"], "{name}");
        let pixels = decode(&mut decoder, &bytes, None).unwrap();
        let digest = Sha256::digest(&pixels);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, expected["sha256"], "{name}");
    }
}

#[test]
fn every_window_of_small_images_is_a_crop_of_the_whole_one() {
    let mut decoder = Decoder::new();
    for name in ["420_5x17.jpg", "422_5x17.jpg", "440_2x5.jpg", "444_3x2.jpg"] {
        let bytes = read(name);
        let image = Jpeg::new(&bytes).unwrap();
        let whole = decode(&mut decoder, &bytes, None).unwrap();
        for top in 0..image.height() {
            for left in 0..image.width() {
                for height in 1..=image.height() - top {
                    for width in 1..=image.width() - left {
                        let window = Window {
                            top,
                            left,
                            height,
                            width,
                        };
                        let pixels = decode(&mut decoder, &bytes, Some(window)).unwrap();
                        assert_eq!(pixels, crop(&whole, &image, window), "{name}, {window:?}");
                    }
                }
            }
        }
    }
}

/// A window from four shares of what is possible.
fn window(image: &Jpeg<'_>, [top, left, height, width]: [f64; 4]) -> Window {
    let part = |end: usize, share: f64| (end as f64 * share) as usize;
    let (top, left) = (part(image.height(), top), part(image.width(), left));
    Window {
        top,
        left,
        height: 1 + part(image.height() - top, height),
        width: 1 + part(image.width() - left, width),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_window_is_a_crop_of_the_whole_image(shares in prop::array::uniform4(0.0..1.0)) {
        let mut decoder = Decoder::new();
        for name in recorded().keys() {
            let bytes = read(name);
            let image = Jpeg::new(&bytes).unwrap();
            let window = window(&image, shares);
            let whole = decode(&mut decoder, &bytes, None).unwrap();
            let pixels = decode(&mut decoder, &bytes, Some(window)).unwrap();
            prop_assert_eq!(pixels, crop(&whole, &image, window), "{}, {:?}", name, window);
        }
    }

    #[test]
    fn a_damaged_file_gives_an_error_or_pixels_of_its_size(
        at in 0.0..1.0, change in 1..=255u8, shares in prop::array::uniform4(0.0..1.0),
    ) {
        let mut decoder = Decoder::new();
        for name in recorded().keys() {
            let mut bytes = read(name);
            let at = (bytes.len() as f64 * at) as usize;
            bytes[at] ^= change;
            let Ok(image) = Jpeg::new(&bytes) else { continue };
            // A changed size may be large; a small window of it is asked for.
            let mut window = window(&image, shares);
            (window.height, window.width) = (window.height.min(64), window.width.min(64));
            if let Ok(pixels) = decode(&mut decoder, &bytes, Some(window)) {
                prop_assert_eq!(pixels.len(), window.height * window.width * image.channels());
            }
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let mut decoder = Decoder::new();
    for name in [
        "420_33x31.jpg",
        "444_33x31.jpg",
        "scans_420_35x41.jpg",
        "grey_40x23.jpg",
    ] {
        let bytes = read(name);
        for end in 0..bytes.len() {
            let found = decode(&mut decoder, &bytes[..end], None);
            assert!(
                matches!(found, Err(Error::Damaged(_))),
                "{name}: {end} bytes"
            );
            // An end marker behind the cut changes nothing for the last row.
            let mut closed = bytes[..end].to_vec();
            closed.extend([0xff, 0xd9]);
            if end + 2 < bytes.len() {
                let found = decode(&mut decoder, &closed, None);
                assert!(found.is_err(), "{name}: {end} bytes and an end");
            }
        }
    }
}

#[test]
fn damage_below_a_window_is_not_looked_for() {
    let mut bytes = read("scans_420_35x41.jpg");
    let whole = decode(&mut Decoder::new(), &bytes, None).unwrap();
    let end = bytes.len() - 8;
    bytes[end..end + 4].fill(0xfe);
    let image = Jpeg::new(&bytes).unwrap();
    let top = Window {
        height: 3,
        ..image.whole()
    };
    let pixels = decode(&mut Decoder::new(), &bytes, Some(top)).unwrap();
    assert_eq!(pixels, whole[..3 * 35 * 3]);
}

#[test]
fn an_image_too_large_for_its_file_is_refused_at_its_header() {
    for name in ["420_33x31.jpg", "444_33x31.jpg"] {
        let mut bytes = read(name);
        let frame = bytes
            .windows(2)
            .position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2]))
            .unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
        let found = Jpeg::new(&bytes).unwrap_err();
        assert_eq!(
            found,
            Error::Damaged("it holds too little for its size"),
            "{name}"
        );
    }
}

#[test]
fn forms_that_are_not_read_are_told_from_damaged_files() {
    let change = |name: &str, at: usize, value: u8| {
        let mut bytes = read(name);
        let frame = bytes
            .windows(2)
            .position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2]))
            .unwrap();
        bytes[frame + at] = value;
        decode(&mut Decoder::new(), &bytes, None).unwrap_err()
    };
    for (at, value) in [(1, 0xc3), (1, 0xc9), (4, 12), (9, 4)] {
        let found = change("422_33x31.jpg", at, value);
        assert!(matches!(found, Error::Unsupported(_)), "{at}: {found}");
    }
    for (at, value) in [(8, 0), (11, 0), (12, 9)] {
        let found = change("422_33x31.jpg", at, value);
        assert!(matches!(found, Error::Damaged(_)), "{at}: {found}");
    }
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    [&[0xff, marker, 0, payload.len() as u8 + 2][..], payload].concat()
}

/// First and last coefficient of a scan, and its bits.
type Band = (u8, u8, u8);

/// A grey progressive image of one block, all of whose coefficients are 0, with these scans.
fn flat(scans: &[Band]) -> Vec<u8> {
    // The only code, then padding.
    let scans = scans.iter().map(|&band| (band, &[0x7f][..]));
    progressive(8, &scans.collect::<Vec<_>>())
}

/// A grey progressive image, with these scans and their data. The code of `0` is for 0: of the first coefficient, and behind the last
/// one; that of `10` is for one coefficient of four bits.
fn progressive(side: u16, scans: &[(Band, &[u8])]) -> Vec<u8> {
    let one_code = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let two_codes = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4];
    let [high, low] = side.to_be_bytes();
    let mut bytes = vec![0xff, 0xd8];
    bytes.extend(segment(0xdb, &[&[0][..], &[1; 64]].concat()));
    bytes.extend(segment(0xc2, &[8, high, low, high, low, 1, 1, 0x11, 0]));
    bytes.extend(segment(
        0xc4,
        &[&[0x00][..], &one_code, &[0x10], &two_codes].concat(),
    ));
    for &((first, last, position), data) in scans {
        bytes.extend(segment(0xda, &[1, 1, 0, first, last, position]));
        bytes.extend(data);
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

#[test]
fn a_progressive_file_has_as_many_scans_as_make_sense_in_an_order_that_does() {
    let decode = |scans: &[(u8, u8, u8)]| decode(&mut Decoder::new(), &flat(scans), None);
    let mut scans = vec![(0, 0, 0)];
    scans.extend((1..64).map(|at| (at, at, 0x01)));
    scans.extend((1..37).map(|at| (at, at, 0x10)));
    assert_eq!(scans.len(), 100);
    assert_eq!(decode(&scans), Ok(vec![128; 64]));
    scans.push((37, 37, 0x10));
    assert_eq!(decode(&scans), Err(Error::Unsupported("so many scans")));

    let unfinished = decode(&[(0, 0, 0), (1, 63, 0x02)]);
    assert_eq!(
        unfinished,
        Err(Error::Unsupported("an unfinished progressive image"))
    );
    for gap in [(1, 63, 0x21), (0, 0, 0)] {
        let found = decode(&[(0, 0, 0), gap]);
        assert_eq!(
            found,
            Err(Error::Unsupported(
                "an order of progressive scans with gaps"
            ))
        );
    }
    for impossible in [
        (0, 5, 0),
        (6, 5, 0),
        (1, 64, 0),
        (1, 63, 0x31),
        (1, 63, 0x0e),
    ] {
        let found = decode(&[(0, 0, 0), impossible]);
        assert_eq!(
            found,
            Err(Error::Damaged("a progressive scan is impossible"))
        );
    }
    assert_eq!(
        decode(&[(1, 63, 0)]),
        Err(Error::Damaged("a component is missing"))
    );
}

#[test]
fn a_coefficient_that_is_0_when_it_is_shifted_gets_no_bits_from_later_scans() {
    // 8 times 2 to the 13th is 0 in 16 bits; the end of the block follows.
    let mut scans = vec![((0, 0, 0), &[0x7f][..]), ((1, 63, 0x0d), &[0b1010_0001])];
    scans.extend(
        (1..14)
            .rev()
            .map(|high| ((1, 63, high << 4 | (high - 1)), &[0x7f][..])),
    );
    let bytes = progressive(8, &scans);
    assert_eq!(decode(&mut Decoder::new(), &bytes, None), Ok(vec![128; 64]));
}

#[test]
fn a_component_that_comes_once_more_is_looked_for_behind_the_last_one() {
    let bytes = read("scans_420_35x41.jpg");
    let last = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]);
    let again = &bytes[last.unwrap()..];
    let twice = [&bytes[..bytes.len() - 2], again].concat();
    let top = Window {
        top: 0,
        left: 0,
        height: 3,
        width: 35,
    };
    for window in [None, Some(top)] {
        decode(&mut Decoder::new(), &bytes, window).unwrap();
        let found = decode(&mut Decoder::new(), &twice, window);
        let reason = "a component in two sequential scans";
        assert_eq!(found, Err(Error::Unsupported(reason)));
    }
}

/// A file without its Huffman tables.
fn without_codes(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (bytes[..2].to_vec(), &bytes[2..]);
    while rest[1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        if rest[1] != 0xc4 {
            out.extend(&rest[..length]);
        }
        rest = &rest[length..];
    }
    out.extend(rest);
    out
}

#[test]
fn a_sequential_file_without_huffman_tables_has_those_of_the_standard() {
    let mut decoder = Decoder::new();
    for name in ["baseline.jpg", "grey.jpg", "restart.jpg"] {
        let bytes = std::fs::read(folder().join("../images").join(name)).unwrap();
        let bare = without_codes(&bytes);
        assert!(bare.len() + 200 < bytes.len());
        let whole = decode(&mut decoder, &bytes, None);
        assert_eq!(decode(&mut decoder, &bare, None), whole, "{name}");
    }
    let bare = without_codes(&flat(&[(0, 0, 0), (1, 63, 0)]));
    let missing = Error::Damaged("a Huffman table is missing");
    assert_eq!(decode(&mut decoder, &bare, None), Err(missing));
}

/// What Pillow writes with `optimize` for 2000×1500 white pixels: 94,024 bits, where 94,000 are the fewest that can be.
#[test]
fn an_image_that_is_hardly_longer_than_its_blocks_need_is_read() {
    let (height, width) = (1500_usize, 2000_usize);
    let blocks = height.div_ceil(8) * width.div_ceil(8);
    let mut bytes = vec![0xff, 0xd8];
    bytes.extend(segment(0xdb, &[&[0][..], &[8; 64]].concat()));
    bytes.extend(segment(0xc0, &[8, 5, 0xdc, 7, 0xd0, 1, 1, 0x11, 0]));
    let first = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let others = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(segment(
        0xc4,
        &[&[0][..], &first, &[0x10], &others].concat(),
    ));
    bytes.extend(segment(0xda, &[1, 1, 0, 0, 63, 0]));
    let start = bytes.len();
    // 127 behind the code of seven bits; from there on, nothing changes.
    bytes.extend([0xbf, 0x80]);
    bytes.resize(start + (2 * blocks + 8).div_ceil(8), 0);
    bytes.extend([0xff, 0xd9]);
    assert_eq!(8 * (bytes.len() - start), 94_024);
    let pixels = decode(&mut Decoder::new(), &bytes, None).unwrap();
    assert!(pixels.len() == height * width && pixels.iter().all(|&pixel| pixel == 255));

    let short = [&bytes[..start + 11_747], &[0xff, 0xd9]].concat();
    let reason = Error::Damaged("it holds too little for its size");
    assert_eq!(Jpeg::new(&short).unwrap_err(), reason);
}
