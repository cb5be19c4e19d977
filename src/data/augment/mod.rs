//! What a training image goes through: cropped, flipped, recoloured, normalised, erased.
//!
//! Images stay bytes until they are normalised, and every operation on bytes gives what Pillow gives.

mod affine;
mod colour;
mod erase;
mod jitter;
mod lut;
#[cfg(feature = "torch")]
pub(super) mod mixup;
mod operation;
mod policy;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod recorded_windows;
mod tables;
#[cfg(test)]
mod testing;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::crop::{self, Crop};
use super::decode::Stored;
use super::raster::{Raster, Size};
use super::resize::Scaler;
use crate::config::{AutoAugment, Interpolation};

/// What training images go through; evaluation images go through [`Augmentation::none`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// How an image is cut out.
    pub crop: Crop,
    /// The probability of a horizontal flip.
    pub flip: f64,
    /// What changes colours and shapes, if anything.
    pub vary: Option<Variation>,
    /// Random erasing, if any.
    pub erase: Option<Erase>,
}

/// How an image is made to vary, beside its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variation {
    /// Brightness, contrast and saturation, each by a factor of up to so much from 1.
    Jitter(f64),
    /// Operations drawn for each image; those that move pixels resample them like this.
    Auto(AutoAugment, Interpolation),
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
            crop: Crop::None,
            flip: 0.0,
            vary: None,
            erase: None,
        }
    }
}

/// What every image of a set has in common on its way to the network.
#[derive(Debug)]
pub(super) struct Way<'a> {
    /// The size that the network sees.
    pub size: Size,
    /// The share of the short side that evaluation sees.
    pub crop_share: f64,
    /// The normalised value of every byte, per channel.
    pub table: &'a [[f32; 256]],
    /// The mean colour, a value a channel.
    pub mean: &'a [u8],
    /// What training images go through.
    pub how: &'a Augmentation,
}

impl Way<'_> {
    /// Writes one image, augmented and normalised, to `out` in the order `[H, W, C]`.
    ///
    /// `rng` gives this image's own draws; their number depends on its size, not on its pixels.
    ///
    /// # Errors
    /// What of the image is asked for cannot be decoded; `out` is as it was.
    pub fn write(
        &self,
        image: Stored<'_>,
        rng: &mut impl Rng,
        scaler: &mut Scaler,
        out: &mut [f32],
    ) -> Result<(), String> {
        let how = self.how;
        let mut image = self.cut(image, rng, scaler)?;
        if how.flip > 0.0 && rng.random_bool(how.flip) {
            image.mirror();
        }
        match &how.vary {
            None => {}
            Some(Variation::Jitter(strength)) => jitter::jitter(&mut image, *strength, rng),
            Some(Variation::Auto(auto, interpolation)) => {
                policy::apply(auto, &mut image, *interpolation, self.mean, rng);
            }
        }
        self.normalise(&image, out);
        if let Some(erase) = &how.erase
            && rng.random_bool(erase.probability)
        {
            erase::rectangle(self.size, erase.mode, rng, out);
        }
        Ok(())
    }

    fn cut<'a>(
        &self,
        image: Stored<'a>,
        rng: &mut impl Rng,
        scaler: &mut Scaler,
    ) -> Result<Raster<'a>, String> {
        let (size, share) = (self.size, self.crop_share);
        let pad = match self.how.crop {
            Crop::None => 0,
            Crop::Pad(pad) => pad,
            Crop::Resized(how) => return crop::resized(image, size, how, scaler, rng),
        };
        let seen = crop::centre(image.whole()?, size, share, scaler);
        Ok(crop::pad(seen, pad, rng))
    }

    fn normalise(&self, image: &Raster<'_>, out: &mut [f32]) {
        match self.table {
            [grey] => look_up([grey], &image.values, out),
            [red, green, blue] => look_up([red, green, blue], &image.values, out),
            _ => unreachable!("images have one channel or three"),
        }
    }
}

/// Every byte of `[H, W, C]` through its channel's table.
fn look_up<const C: usize>(tables: [&[f32; 256]; C], bytes: &[u8], out: &mut [f32]) {
    let (pixels, out) = (bytes.as_chunks::<C>().0, out.as_chunks_mut::<C>().0);
    for (pixel, out) in pixels.iter().zip(out) {
        *out = std::array::from_fn(|channel| tables[channel][usize::from(pixel[channel])]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::decode::decode;
    use crate::data::random::{Purpose, stream};
    use crate::data::testing::fixture_image;

    const SIZE: Size = Size {
        channels: 3,
        height: 4,
        width: 5,
    };

    fn table() -> Vec<[f32; 256]> {
        let plain = std::array::from_fn(|byte| byte as f32);
        vec![plain; 3]
    }

    fn image() -> Raster<'static> {
        Raster::owned(SIZE, (1..=60).collect())
    }

    fn augmented(how: &Augmentation, sample: u64) -> Vec<f32> {
        let mut out = vec![f32::NAN; 60];
        let way = Way {
            size: SIZE,
            crop_share: 1.0,
            table: &table(),
            mean: &[9, 9, 9],
            how,
        };
        way.write(
            Stored::Pixels(image()),
            &mut stream(Purpose::Augment, 7, 0, sample),
            &mut Scaler::default(),
            &mut out,
        )
        .unwrap();
        out
    }

    #[test]
    fn a_random_part_of_a_file_is_that_of_its_pixels() {
        let how = Augmentation {
            crop: Crop::Resized(Interpolation::Random),
            flip: 0.5,
            ..Augmentation::none()
        };
        let way = Way {
            size: SIZE,
            crop_share: 1.0,
            table: &table(),
            mean: &[9, 9, 9],
            how: &how,
        };
        let (mut scaler, mut outs) = (Scaler::default(), [[f32::NAN; 60]; 2]);
        for name in ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "palette.png"] {
            let bytes = std::fs::read(fixture_image(name)).unwrap();
            for sample in 0..50 {
                let file = Stored::open(&bytes, 3).unwrap();
                let pixels = Stored::Pixels(decode(&bytes, 3).unwrap());
                for (image, out) in [file, pixels].into_iter().zip(&mut outs) {
                    let mut draws = stream(Purpose::Augment, 7, 0, sample);
                    way.write(image, &mut draws, &mut scaler, out).unwrap();
                }
                assert_eq!(outs[0], outs[1], "{name}, {sample}");
            }
        }
    }

    /// A file with two sizes. A marker without a payload is given one, which only some readers pass over. It holds the
    /// header of another, larger image, of a form that our decoder leaves to the other one: twice the same progressive scan.
    fn with_two_sizes() -> Vec<u8> {
        let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0];
        let hidden = [
            &[0xff, 0xdb, 0, 67, 0][..],
            &[1; 64],
            &[0xff, 0xc2, 0, 11, 8, 0, 100, 0, 100, 1, 1, 0x11, 0],
            &[0xff, 0xc4, 0, 20, 0],
            &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &scan,
            // A bit for each of 13×13 blocks.
            &[0; 22],
            &scan,
        ]
        .concat();
        let plain = std::fs::read(fixture_image("grey.jpg")).unwrap();
        let marker = [0xff, 0xd0, 0, hidden.len() as u8 + 2];
        [&plain[..2], &marker, &hidden, &plain[2..]].concat()
    }

    #[test]
    fn a_file_that_readers_see_in_two_sizes_is_damaged() {
        let how = Augmentation {
            crop: Crop::Resized(Interpolation::Random),
            ..Augmentation::none()
        };
        let way = Way {
            size: SIZE,
            crop_share: 1.0,
            table: &table(),
            mean: &[9, 9, 9],
            how: &how,
        };
        let bytes = with_two_sizes();
        let mut out = [f32::NAN; 60];
        for sample in 0..20 {
            let image = Stored::open(&bytes, 3).unwrap();
            assert_eq!([image.size().height, image.size().width], [100, 100]);
            let mut draws = stream(Purpose::Augment, 7, 0, sample);
            let found = way.write(image, &mut draws, &mut Scaler::default(), &mut out);
            let reason = "is truncated or damaged: it holds two sizes";
            assert_eq!(found.unwrap_err(), reason);
        }
    }

    #[test]
    fn without_augmentation_an_image_stays_as_it_is() {
        let out = augmented(&Augmentation::none(), 0);
        let expected: Vec<f32> = (1..=60u8).map(f32::from).collect();
        assert_eq!(out, expected);
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
                let (here, there) = ((row * 5 + column) * 3, (row * 5 + 4 - column) * 3);
                assert_eq!(flipped[here..here + 3], plain[there..there + 3]);
            }
        }
    }

    #[test]
    fn a_crop_moves_the_image_by_at_most_the_border_and_fills_with_black() {
        let how = Augmentation {
            crop: Crop::Pad(2),
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
                            (r * 5 + c) * 3 + 1
                        } else {
                            0
                        };
                        out[(row * 5 + column) as usize * 3] == value as f32
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
            .filter(|at| out[at * 3..][..3] == [0.0; 3])
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
            pixels >= 6 && pixels == values,
            "every value is drawn: {values} of {pixels}"
        );
        assert_eq!(distinct(EraseMode::Rand).1, 3, "one value a channel");
        assert_eq!(distinct(EraseMode::Const).1, 1);
    }
}
