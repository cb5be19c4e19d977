//! Augmentation as the settings ask for it.

use super::{Augmentation, Crop, Erase, EraseMode, Variation};
use crate::config::{self, AugmentationSettings, CropKind};

impl Augmentation {
    /// What `settings` ask for; `is_decoded`: whether images come from files, of any size.
    ///
    /// Without a word about it, decoded images are cut into random parts and small ones in
    /// memory are moved by some pixels.
    #[must_use]
    pub fn new(settings: &AugmentationSettings, is_decoded: bool) -> Self {
        let suggested = if is_decoded {
            CropKind::Resized
        } else {
            CropKind::Pad
        };
        Self {
            crop: match settings.crop.unwrap_or(suggested) {
                CropKind::None => Crop::None,
                CropKind::Pad => Crop::Pad(settings.crop_pad),
                CropKind::Resized => Crop::Resized(settings.interpolation),
            },
            flip: settings.flip,
            vary: match (settings.auto, settings.jitter) {
                (Some(auto), _) => Some(Variation::Auto(auto, settings.interpolation)),
                (None, jitter) if jitter > 0.0 => Some(Variation::Jitter(jitter)),
                (None, _) => None,
            },
            erase: (settings.erase > 0.0).then_some(Erase {
                probability: settings.erase,
                mode: match settings.erase_mode {
                    config::EraseMode::Const => EraseMode::Const,
                    config::EraseMode::Rand => EraseMode::Rand,
                    config::EraseMode::Pixel => EraseMode::Pixel,
                },
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AutoAugment, Interpolation};

    fn made(texts: &[&str]) -> Augmentation {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let loaded = config::search(None, &texts).unwrap();
        Augmentation::new(&loaded.settings.train.augmentation, true)
    }

    #[test]
    fn automatic_augmentation_goes_before_jitter_and_resamples_as_crops_do() {
        assert_eq!(made(&[]).vary, None);
        assert_eq!(made(&["AUGMENTATION.COLOR_JITTER=0"]).vary, None);
        let jitter = "AUGMENTATION.COLOR_JITTER=0.4";
        assert_eq!(made(&[jitter]).vary, Some(Variation::Jitter(0.4)));
        let both = [
            jitter,
            "AUGMENTATION.AA=v0",
            "DATASET.INTERPOLATION=bicubic",
        ];
        let auto = AutoAugment::read("v0").unwrap();
        let expected = Variation::Auto(auto, Interpolation::Bicubic);
        assert_eq!(made(&both).vary, Some(expected));
    }
}
