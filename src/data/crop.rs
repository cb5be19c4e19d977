//! From an image of any size to one of the network's.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::decode::Stored;
use super::raster::{Raster, Size};
use super::resize::{Filter, Scaler, Window};
use crate::config::Interpolation;

/// How a training image is cut out of what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crop {
    /// As evaluation sees it.
    None,
    /// As evaluation sees it, moved by up to so many pixels; black comes in at the edge.
    Pad(usize),
    /// A random part, of 8 % of the area up to all of it and an aspect from 3/4 to 4/3, resized.
    Resized(Interpolation),
}

/// The filter, drawn where that is asked for.
pub(super) fn filter(how: Interpolation, rng: &mut impl Rng) -> Filter {
    match how {
        Interpolation::Bilinear => Filter::Bilinear,
        Interpolation::Bicubic => Filter::Bicubic,
        Interpolation::Random => match rng.random_bool(0.5) {
            true => Filter::Bilinear,
            false => Filter::Bicubic,
        },
    }
}

/// `raster` as evaluation sees it, `size` large: resized (bicubic) until its short side is
/// `size / share`, then its centre.
pub(super) fn centre<'a>(
    raster: Raster<'a>,
    size: Size,
    share: f64,
    scaler: &mut Scaler,
) -> Raster<'a> {
    if raster.size == size && share == 1.0 {
        return raster;
    }
    let (rows, columns) = short_side(raster.size, (size.height as f64 / share).floor() as usize);
    let part = Window {
        top: half(rows - size.height),
        left: half(columns - size.width),
        height: size.height,
        width: size.width,
    };
    scaler.part_of_resized(&raster, (rows, columns), part, Filter::Bicubic)
}

/// Height and width when the short side becomes `side`; the long one is cut to whole pixels.
fn short_side(size: Size, side: usize) -> (usize, usize) {
    let (height, width) = (size.height, size.width);
    if height <= width {
        (side, side * width / height)
    } else {
        (side * height / width, side)
    }
}

/// Half of it; the half of an odd number goes to the even neighbour, as Python rounds.
fn half(length: usize) -> usize {
    let down = length / 2;
    down + (length % 2) * (down % 2)
}

/// `raster`, moved by up to `pad` pixels down or up and left or right.
pub(super) fn pad<'a>(raster: Raster<'a>, pad: usize, rng: &mut impl Rng) -> Raster<'a> {
    if pad == 0 {
        return raster;
    }
    let pad = pad as i64;
    let mut shift = || rng.random_range(-pad..=pad);
    let (down, right) = (shift(), shift());
    match (down, right) {
        (0, 0) => raster,
        place => raster.window(place, (raster.size.height, raster.size.width)),
    }
}

/// A random part of `image`, resized to `size`; where that can be, nothing else is decoded.
pub(super) fn resized(
    image: Stored<'_>,
    size: Size,
    how: Interpolation,
    scaler: &mut Scaler,
    rng: &mut impl Rng,
) -> Result<Raster<'static>, String> {
    let window = random_part(image.size(), rng);
    let filter = filter(how, rng);
    let (raster, window) = image.window(window)?;
    Ok(scaler.window(&raster, window, (size.height, size.width), filter))
}

const SCALE: (f64, f64) = (0.08, 1.0);
const ASPECT: (f64, f64) = (3.0 / 4.0, 4.0 / 3.0);
const TRIES: usize = 10;

/// Ten tries to draw a part that fits, as timm draws them; else the largest centre of a fitting aspect.
fn random_part(size: Size, rng: &mut impl Rng) -> Window {
    for _ in 0..TRIES {
        let share = rng.random_range(SCALE.0..SCALE.1);
        let log_aspect = rng.random_range(ASPECT.0.ln()..ASPECT.1.ln());
        if let Some((height, width)) = part_size(size, share, log_aspect) {
            return Window {
                top: rng.random_range(0..=size.height - height),
                left: rng.random_range(0..=size.width - width),
                height,
                width,
            };
        }
    }
    central_part(size)
}

/// Height and width of a part with this share of the area and this logarithm of its aspect, where it fits.
pub(super) fn part_size(size: Size, share: f64, log_aspect: f64) -> Option<(usize, usize)> {
    let area = share * (size.height * size.width) as f64;
    let aspect = log_aspect.exp();
    let width = (area * aspect).sqrt().round_ties_even() as usize;
    let height = (area / aspect).sqrt().round_ties_even() as usize;
    let fits = (1..=size.width).contains(&width) && (1..=size.height).contains(&height);
    fits.then_some((height, width))
}

pub(super) fn central_part(size: Size) -> Window {
    let aspect = size.width as f64 / size.height as f64;
    let (mut height, mut width) = (size.height, size.width);
    if aspect < ASPECT.0 {
        height = (width as f64 / ASPECT.0).round_ties_even() as usize;
    } else if aspect > ASPECT.1 {
        width = (height as f64 * ASPECT.1).round_ties_even() as usize;
    }
    Window {
        top: (size.height - height) / 2,
        left: (size.width - width) / 2,
        height,
        width,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::{Purpose, stream};

    const fn size(height: usize, width: usize) -> Size {
        Size {
            channels: 3,
            height,
            width,
        }
    }

    /// Red grows to the right, green downwards.
    fn gradient(height: usize, width: usize) -> Raster<'static> {
        let pixels = (0..height).flat_map(|row| {
            (0..width).flat_map(move |column| {
                [
                    (255 * column / (width - 1)) as u8,
                    (255 * row / (height - 1)) as u8,
                    7,
                ]
            })
        });
        Raster::owned(size(height, width), pixels.collect())
    }

    #[test]
    fn the_short_side_is_exact_and_the_long_one_is_cut() {
        assert_eq!(short_side(size(375, 500), 256), (256, 341));
        assert_eq!(short_side(size(500, 375), 256), (341, 256));
        assert_eq!(short_side(size(10, 10), 36), (36, 36));
        assert_eq!([8, 9, 10, 11].map(half), [4, 4, 5, 6]);
    }

    #[test]
    fn evaluation_sees_the_middle_of_the_image() {
        let mut scaler = Scaler::default();
        let seen = centre(gradient(120, 240), size(56, 56), 0.875, &mut scaler);
        assert_eq!(seen.size, size(56, 56));
        let corner = |at: usize| [seen.values[at * 3], seen.values[at * 3 + 1]].map(i32::from);
        // 56 of 128 columns and of 64 rows, around the middle.
        for (at, expected) in [(0, [73, 16]), (55, [183, 16]), (56 * 56 - 1, [183, 239])] {
            let [red, green] = corner(at);
            assert!(
                (red - expected[0]).abs() <= 2 && (green - expected[1]).abs() <= 2,
                "{at}: {red} {green} for {expected:?}"
            );
        }
        assert!(seen.values.iter().skip(2).step_by(3).all(|&blue| blue == 7));
    }

    #[test]
    fn an_image_of_the_right_size_that_is_seen_whole_stays_as_it_is() {
        let seen = centre(gradient(8, 8), size(8, 8), 1.0, &mut Scaler::default());
        assert_eq!(seen, gradient(8, 8));
    }

    #[test]
    fn images_of_any_size_are_seen_whole_when_the_share_is_one() {
        let mut scaler = Scaler::default();
        for side in [28, 44, 52, 60, 112, 224, 299] {
            for short in [1, 2, 27, 47, 49, 93, 98, 191, 225, 301, 450, 599] {
                for (height, width) in [(short, short), (short, short + 1), (short + 1, short)] {
                    let grey = Size {
                        channels: 1,
                        height,
                        width,
                    };
                    let to = Size {
                        height: side,
                        width: side,
                        ..grey
                    };
                    for share in [1.0, 0.99] {
                        let raster = Raster::owned(grey, vec![9; grey.len()]);
                        let seen = centre(raster, to, share, &mut scaler);
                        assert_eq!(seen.size, to);
                        assert!(seen.values.iter().all(|&value| value == 9));
                    }
                }
            }
        }
    }

    #[test]
    fn random_parts_have_the_promised_area_and_aspect() {
        let mut rng = stream(Purpose::Augment, 1, 0, 0);
        let whole = size(300, 400);
        let mut areas = Vec::new();
        for _ in 0..2000 {
            let part = random_part(whole, &mut rng);
            assert!(part.top + part.height <= 300 && part.left + part.width <= 400);
            let aspect = part.width as f64 / part.height as f64;
            assert!((0.74..1.35).contains(&aspect), "{part:?}");
            areas.push((part.width * part.height) as f64 / 120_000.0);
        }
        let mean = areas.iter().sum::<f64>() / 2000.0;
        assert!(areas.iter().all(|area| (0.079..=1.0).contains(area)));
        // Large parts of an unfitting aspect are drawn again, so fewer than half are that large.
        assert!((mean - 0.43).abs() < 0.03, "{mean}");
    }

    #[test]
    fn a_very_long_image_gives_its_middle() {
        let part = random_part(size(2, 4000), &mut stream(Purpose::Augment, 1, 0, 0));
        assert_eq!((part.height, part.width, part.left), (2, 3, 1998));
        let part = random_part(size(1, 1), &mut stream(Purpose::Augment, 1, 0, 0));
        assert_eq!((part.height, part.width), (1, 1));
    }

    #[test]
    fn every_crop_gives_the_size_of_the_network() {
        let mut rng = stream(Purpose::Augment, 1, 0, 0);
        let mut scaler = Scaler::default();
        for (height, width) in [(40, 30), (1, 1), (5, 300), (64, 64)] {
            let raster = Raster::owned(size(height, width), vec![9; height * width * 3]);
            let seen = resized(
                Stored::Pixels(raster.clone()),
                size(32, 32),
                Interpolation::Random,
                &mut scaler,
                &mut rng,
            )
            .unwrap();
            assert_eq!(seen.size, size(32, 32));
            assert!(
                seen.values.iter().all(|&value| value == 9),
                "flat stays flat"
            );
            let seen = centre(raster, size(32, 32), 0.875, &mut scaler);
            assert_eq!(seen.size, size(32, 32));
        }
    }
}
