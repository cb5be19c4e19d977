//! Settings of what training images go through.

use serde::{Deserialize, Serialize};

use super::auto_augment::AutoAugment;
use super::resolve::Resolved;
use super::train::size;

/// What training images go through.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AugmentationSettings {
    /// How an image is cut out; `None`: as the set's form suggests.
    pub crop: Option<CropKind>,
    /// Pixels of border before a random crop.
    pub crop_pad: usize,
    /// How a random part is resized.
    pub interpolation: Interpolation,
    /// The probability of a horizontal flip.
    pub flip: f64,
    /// How far brightness, contrast and saturation go from 1 where `auto` does nothing; 0 where it always does.
    pub jitter: f64,
    /// Operations drawn for each image.
    pub auto: Auto,
    /// The probability of random erasing.
    pub erase: f64,
    /// What erased pixels become.
    pub erase_mode: EraseMode,
}

/// Which images operations are drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    /// None.
    Never,
    /// Those that are decoded from files; small ones in memory lose by it.
    Decoded(AutoAugment),
    /// All.
    Always(AutoAugment),
}

/// The paper's operations for retraining.
const PAPER: &str = "rand-m9-mstd0.5";

/// Images of a batch mixed with each other, and their labels with them; one strength is above 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MixSettings {
    /// Strength of blending, both parameters of the Beta that the share comes from; 0: never.
    pub mixup: f64,
    /// Strength of pasting a window; 0: never.
    pub cutmix: f64,
    /// The last epoch with it, counted from 1; 0: all have it.
    pub off_epoch: u64,
}

impl MixSettings {
    /// Whether batches of `epoch`, counted from 1, are mixed.
    #[must_use]
    pub fn is_on(&self, epoch: u64) -> bool {
        self.off_epoch == 0 || epoch <= self.off_epoch
    }
}

/// How a training image is cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CropKind {
    /// Moved by some pixels.
    Pad,
    /// A random part, resized.
    Resized,
    /// As evaluation sees it.
    None,
}

/// How a random part of an image is resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// From two neighbours a side.
    Bilinear,
    /// From four, with overshoot.
    Bicubic,
    /// Drawn for each image.
    Random,
}

/// What erased pixels become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EraseMode {
    /// Zero.
    Const,
    /// One random colour.
    Rand,
    /// A random colour each.
    Pixel,
}

pub(super) fn settings(from: &mut Resolved) -> AugmentationSettings {
    let auto = auto(from);
    AugmentationSettings {
        crop: crop(from),
        crop_pad: size(from.whole("AUGMENTATION.CROP_PAD")),
        interpolation: match from.text("DATASET.INTERPOLATION").as_str() {
            "bicubic" => Interpolation::Bicubic,
            "random" => Interpolation::Random,
            _ => Interpolation::Bilinear,
        },
        flip: from.real("AUGMENTATION.FLIP"),
        jitter: jitter(from, auto),
        auto,
        erase: from.real("AUGMENTATION.RE_PROB"),
        erase_mode: match from.text("AUGMENTATION.RE_MODE").as_str() {
            "const" => EraseMode::Const,
            "rand" => EraseMode::Rand,
            _ => EraseMode::Pixel,
        },
    }
}

fn crop(from: &mut Resolved) -> Option<CropKind> {
    let kind = match from.text("AUGMENTATION.CROP").as_str() {
        "pad" => CropKind::Pad,
        "resized" => CropKind::Resized,
        "none" => CropKind::None,
        _ => return None,
    };
    if kind != CropKind::Pad && from.is_asked_for("AUGMENTATION.CROP_PAD") {
        from.no_effect("AUGMENTATION.CROP_PAD", "`AUGMENTATION.CROP` is not pad");
    }
    Some(kind)
}

fn auto(from: &mut Resolved) -> Auto {
    let Some(text) = from.maybe_text("AUGMENTATION.AA") else {
        return Auto::Never;
    };
    if text == "auto" {
        return Auto::Decoded(AutoAugment::read(PAPER).expect("the paper's operations are known"));
    }
    match AutoAugment::read(&text) {
        Ok(auto) => Auto::Always(auto),
        Err(what) => {
            let what = format!("`AUGMENTATION.AA` is `{text}`: {what}");
            from.contradiction(&["AUGMENTATION.AA"], what);
            Auto::Never
        }
    }
}

/// Automatic augmentation changes colours itself, so timm leaves jitter out beside it.
fn jitter(from: &mut Resolved, auto: Auto) -> f64 {
    const KEY: &str = "AUGMENTATION.COLOR_JITTER";
    let jitter = from.maybe_real(KEY).unwrap_or(0.0);
    match auto {
        Auto::Always(_) if jitter > 0.0 => {
            let why =
                "`AUGMENTATION.AA` changes colours already, and timm leaves jitter out beside it";
            from.no_effect(KEY, why);
            0.0
        }
        Auto::Decoded(_) if jitter > 0.0 => {
            from.warn(KEY, format!("`{KEY}` changes images in memory only: images of files go through `AUGMENTATION.AA`, which is auto; write None there for jitter alone"));
            jitter
        }
        _ => jitter,
    }
}

/// What retraining alone reads.
pub(super) fn mix(from: &mut Resolved) -> Option<MixSettings> {
    let mix = MixSettings {
        mixup: from.real("AUGMENTATION.MIXUP"),
        cutmix: from.real("AUGMENTATION.CUTMIX"),
        off_epoch: from.whole("AUGMENTATION.MIXUP_OFF_EPOCH"),
    };
    if mix.mixup > 0.0 || mix.cutmix > 0.0 {
        return Some(mix);
    }
    if mix.off_epoch > 0 {
        let why = "`AUGMENTATION.MIXUP` and `AUGMENTATION.CUTMIX` are 0";
        from.no_effect("AUGMENTATION.MIXUP_OFF_EPOCH", why);
    }
    None
}
