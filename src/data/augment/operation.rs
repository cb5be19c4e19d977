//! The operations of automatic augmentation and how strong a magnitude makes them.

use rand::Rng;

use super::affine::{self, Affine};
use super::{colour, lut};
use crate::config::Interpolation;
use crate::data::crop;
use crate::data::raster::Raster;

/// An operation under timm's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(super) enum Operation {
    AutoContrast,
    Equalize,
    Invert,
    Rotate,
    Posterize,
    PosterizeIncreasing,
    PosterizeOriginal,
    Solarize,
    SolarizeIncreasing,
    SolarizeAdd,
    Color,
    ColorIncreasing,
    Contrast,
    ContrastIncreasing,
    Brightness,
    BrightnessIncreasing,
    Sharpness,
    SharpnessIncreasing,
    ShearX,
    ShearY,
    TranslateXRel,
    TranslateYRel,
}

/// An operation with its number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    AutoContrast,
    Equalize,
    Invert,
    /// Bits that stay.
    Posterize(u32),
    /// The least byte that is inverted.
    Solarize(u32),
    /// What is added to dark bytes.
    SolarizeAdd(u8),
    /// A factor.
    Color(f64),
    /// A factor.
    Contrast(f64),
    /// A factor.
    Brightness(f64),
    /// A factor.
    Sharpness(f64),
    /// Degrees.
    Rotate(f64),
    /// A share of the height.
    ShearX(f64),
    /// A share of the width.
    ShearY(f64),
    /// A share of the width.
    TranslateX(f64),
    /// A share of the height.
    TranslateY(f64),
}

/// Magnitudes are counted in tenths of the full range.
const LEVELS: f64 = 10.0;
/// The most bits that posterising takes or leaves.
const BITS: f64 = 4.0;

impl Operation {
    /// What it does at `magnitude`, 0 or more; some change to either side, drawn.
    pub fn at(self, magnitude: f64, rng: &mut impl Rng) -> Change {
        let level = magnitude / LEVELS;
        let mut signed = |most: f64| {
            if rng.random_bool(0.5) {
                -level * most
            } else {
                level * most
            }
        };
        let bits = (level * BITS) as u32;
        let threshold = ((level * 256.0) as u32).min(256);
        let factor = level * 1.8 + 0.1;
        match self {
            Self::AutoContrast => Change::AutoContrast,
            Self::Equalize => Change::Equalize,
            Self::Invert => Change::Invert,
            Self::Rotate => Change::Rotate(signed(30.0)),
            Self::Posterize => Change::Posterize(bits),
            Self::PosterizeIncreasing => Change::Posterize(4_u32.saturating_sub(bits)),
            Self::PosterizeOriginal => Change::Posterize(bits + 4),
            Self::Solarize => Change::Solarize(threshold),
            Self::SolarizeIncreasing => Change::Solarize(256 - threshold),
            Self::SolarizeAdd => Change::SolarizeAdd((level * 110.0).min(128.0) as u8),
            Self::Color => Change::Color(factor),
            Self::ColorIncreasing => Change::Color(away(signed(0.9))),
            Self::Contrast => Change::Contrast(factor),
            Self::ContrastIncreasing => Change::Contrast(away(signed(0.9))),
            Self::Brightness => Change::Brightness(factor),
            Self::BrightnessIncreasing => Change::Brightness(away(signed(0.9))),
            Self::Sharpness => Change::Sharpness(factor),
            Self::SharpnessIncreasing => Change::Sharpness(away(signed(0.9))),
            Self::ShearX => Change::ShearX(signed(0.3)),
            Self::ShearY => Change::ShearY(signed(0.3)),
            Self::TranslateXRel => Change::TranslateX(signed(0.45)),
            Self::TranslateYRel => Change::TranslateY(signed(0.45)),
        }
    }
}

/// A factor so far from 1, which changes nothing.
fn away(by: f64) -> f64 {
    (1.0 + by).max(0.1)
}

impl Change {
    /// Makes the change. Where pixels move, `how` resamples them and `fill`, a value a channel,
    /// comes in from outside.
    pub fn apply(
        self,
        image: &mut Raster<'_>,
        how: Interpolation,
        fill: &[u8],
        rng: &mut impl Rng,
    ) {
        let (width, height) = (image.size.width as f64, image.size.height as f64);
        let affine = match self {
            Self::AutoContrast => return lut::auto_contrast(image),
            Self::Equalize => return lut::equalize(image),
            Self::Invert => return lut::invert(image),
            Self::Posterize(bits) => return lut::posterize(image, bits),
            Self::Solarize(threshold) => return lut::solarize(image, threshold),
            Self::SolarizeAdd(add) => return lut::solarize_add(image, add),
            Self::Color(factor) => return colour::saturation(image, factor),
            Self::Contrast(factor) => return colour::contrast(image, factor),
            Self::Brightness(factor) => return colour::brightness(image, factor),
            Self::Sharpness(factor) => return colour::sharpness(image, factor),
            Self::Rotate(degrees) => Affine::rotate(degrees, image.size),
            Self::ShearX(factor) => Affine::shear_x(factor),
            Self::ShearY(factor) => Affine::shear_y(factor),
            Self::TranslateX(share) => Affine::translate(share * width, 0.0),
            Self::TranslateY(share) => Affine::translate(0.0, share * height),
        };
        let filter = crop::filter(how, rng);
        *image = affine::transform(image, affine, filter, fill);
    }
}
