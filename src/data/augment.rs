//! One image as the network sees it: cropped, flipped, normalised, erased.

use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// What training images go through; evaluation images go through [`Augmentation::none`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Pixels of black border on each side before a random crop back to the image's size.
    pub crop_pad: usize,
    /// The probability of a horizontal flip.
    pub flip: f64,
    /// Random erasing, if any.
    pub erase: Option<Erase>,
}

/// Random erasing: a rectangle of 2 % to a third of the image, of an aspect from 0.3 to 3.3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erase {
    /// The probability that an image is erased.
    pub probability: f64,
    /// What the rectangle is filled with.
    pub mode: EraseMode,
}

/// What an erased rectangle is filled with (after normalisation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EraseMode {
    /// Zeros.
    Const,
    /// One normal draw a channel.
    Rand,
    /// One normal draw a pixel and channel.
    Pixel,
}

impl Augmentation {
    /// The image as it is.
    #[must_use]
    pub fn none() -> Self {
        Self {
            crop_pad: 0,
            flip: 0.0,
            erase: None,
        }
    }
}

/// The size of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

/// Writes one image, normalised and augmented, to `out` in the order `[H, W, C]`.
///
/// `rng` gives this image's own draws; their number does not depend on the pixels.
pub(super) fn write_image(
    image: &[u8], // [C, H, W]
    size: Size,
    table: &[[f32; 256]],
    how: &Augmentation,
    rng: &mut impl Rng,
    out: &mut [f32], // [H, W, C]
) {
    let pad = how.crop_pad as i64;
    let mut shift = || {
        if pad == 0 {
            0
        } else {
            rng.random_range(-pad..=pad)
        }
    };
    let (down, right) = (shift(), shift());
    let flipped = how.flip > 0.0 && rng.random_bool(how.flip);
    let plane = size.height * size.width;
    for (at, pixel) in out.chunks_exact_mut(size.channels).enumerate() {
        let (row, column) = (at / size.width, at % size.width);
        let column = if flipped {
            size.width - 1 - column
        } else {
            column
        };
        let from = inside(row, down, size.height).zip(inside(column, right, size.width));
        for (channel, value) in pixel.iter_mut().enumerate() {
            let byte = from.map_or(0, |(row, column)| {
                image[channel * plane + row * size.width + column]
            });
            *value = table[channel][usize::from(byte)];
        }
    }
    if let Some(erase) = &how.erase
        && rng.random_bool(erase.probability)
    {
        erase_rectangle(size, erase.mode, rng, out);
    }
}

/// The source position of `at` under a shift, if it is not in the border.
fn inside(at: usize, shift: i64, length: usize) -> Option<usize> {
    at.checked_add_signed(shift as isize)
        .filter(|&from| from < length)
}

/// Tries ten rectangles and fills the first that fits.
fn erase_rectangle(size: Size, mode: EraseMode, rng: &mut impl Rng, out: &mut [f32]) {
    for _ in 0..10 {
        let area = rng.random_range(0.02..1.0 / 3.0) * (size.height * size.width) as f64;
        let aspect = rng.random_range(0.3f64.ln()..(1.0f64 / 0.3).ln()).exp();
        let height = (area * aspect).sqrt().round() as usize;
        let width = (area / aspect).sqrt().round() as usize;
        if height == 0 || width == 0 || height >= size.height || width >= size.width {
            continue;
        }
        let top = rng.random_range(0..=size.height - height);
        let left = rng.random_range(0..=size.width - width);
        let colour: Vec<f32> = (0..size.channels).map(|_| fill(mode, rng)).collect();
        for row in top..top + height {
            let start = (row * size.width + left) * size.channels;
            for (at, value) in out[start..start + width * size.channels]
                .iter_mut()
                .enumerate()
            {
                *value = match mode {
                    EraseMode::Pixel => rng.sample(StandardNormal),
                    _ => colour[at % size.channels],
                };
            }
        }
        return;
    }
}

fn fill(mode: EraseMode, rng: &mut impl Rng) -> f32 {
    match mode {
        EraseMode::Rand => rng.sample(StandardNormal),
        EraseMode::Const | EraseMode::Pixel => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::{Purpose, stream};

    const SIZE: Size = Size {
        channels: 2,
        height: 4,
        width: 5,
    };

    fn table() -> Vec<[f32; 256]> {
        let plain = std::array::from_fn(|byte| byte as f32);
        vec![plain; 2]
    }

    fn image() -> Vec<u8> {
        (1..=40).collect()
    }

    fn augmented(how: &Augmentation, sample: u64) -> Vec<f32> {
        let mut out = vec![f32::NAN; 40];
        write_image(
            &image(),
            SIZE,
            &table(),
            how,
            &mut stream(Purpose::Augment, 7, 0, sample),
            &mut out,
        );
        out
    }

    #[test]
    fn without_augmentation_only_the_order_of_values_changes() {
        let out = augmented(&Augmentation::none(), 0);
        for channel in 0..2 {
            for at in 0..20 {
                assert_eq!(out[at * 2 + channel], f32::from(image()[channel * 20 + at]));
            }
        }
    }

    #[test]
    fn a_certain_flip_mirrors_every_row() {
        let plain = augmented(&Augmentation::none(), 0);
        let flipped = augmented(
            &Augmentation {
                flip: 1.0,
                ..Augmentation::none()
            },
            0,
        );
        for row in 0..4 {
            for column in 0..5 {
                let (here, there) = ((row * 5 + column) * 2, (row * 5 + 4 - column) * 2);
                assert_eq!(flipped[here..here + 2], plain[there..there + 2]);
            }
        }
    }

    #[test]
    fn a_crop_moves_the_image_by_at_most_the_border_and_fills_with_black() {
        let how = Augmentation {
            crop_pad: 2,
            ..Augmentation::none()
        };
        let mut shifts = std::collections::BTreeSet::new();
        for sample in 0..400 {
            let out = augmented(&how, sample);
            let matches = |down: isize, right: isize| {
                (0..4isize).all(|row| {
                    (0..5isize).all(|column| {
                        let (r, c) = (row + down, column + right);
                        let value = if (0..4).contains(&r) && (0..5).contains(&c) {
                            r * 5 + c + 1
                        } else {
                            0
                        };
                        out[(row * 5 + column) as usize * 2] == value as f32
                    })
                })
            };
            let found = (-2..=2)
                .flat_map(|d| (-2..=2).map(move |r| (d, r)))
                .find(|&(d, r)| matches(d, r));
            shifts.insert(found.expect("the image is shifted by at most two pixels"));
        }
        assert_eq!(shifts.len(), 25, "every shift occurs");
    }

    #[test]
    fn erasing_fills_one_rectangle_of_every_channel() {
        let erase = Erase {
            probability: 1.0,
            mode: EraseMode::Const,
        };
        let how = Augmentation {
            erase: Some(erase),
            ..Augmentation::none()
        };
        let out = augmented(&how, 3);
        let erased: Vec<usize> = (0..20)
            .filter(|at| out[at * 2] == 0.0 && out[at * 2 + 1] == 0.0)
            .collect();
        let rows: std::collections::BTreeSet<usize> = erased.iter().map(|at| at / 5).collect();
        let columns: std::collections::BTreeSet<usize> = erased.iter().map(|at| at % 5).collect();
        assert!(!erased.is_empty());
        assert_eq!(erased.len(), rows.len() * columns.len());
    }

    #[test]
    fn each_way_of_erasing_fills_as_it_says() {
        let distinct = |mode| {
            let how = Augmentation {
                erase: Some(Erase {
                    probability: 1.0,
                    mode,
                }),
                ..Augmentation::none()
            };
            let plain = augmented(&Augmentation::none(), 5);
            let out = augmented(&how, 5);
            let changed = out
                .iter()
                .zip(&plain)
                .filter(|(a, b)| a != b)
                .map(|(a, _)| a.to_bits());
            let all: Vec<u32> = changed.collect();
            let different: std::collections::BTreeSet<u32> = all.iter().copied().collect();
            (all.len(), different.len())
        };
        let (pixels, values) = distinct(EraseMode::Pixel);
        assert!(
            pixels >= 4 && pixels == values,
            "every value is drawn: {values} of {pixels}"
        );
        assert_eq!(distinct(EraseMode::Rand).1, 2, "one value a channel");
        assert_eq!(distinct(EraseMode::Const).1, 1);
    }
}
