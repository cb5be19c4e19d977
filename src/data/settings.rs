//! Augmentation as the settings ask for it.

use super::{Augmentation, Crop, Erase, EraseMode, Variation};
use crate::config::{self, AugmentationSettings, Auto, CropKind};

impl Augmentation {
    /// What `settings` ask for; `is_decoded`: whether images come from files, of any size.
    ///
    /// Without a word about it, decoded images are cut into random parts (and retrained on with the paper's
    /// operations) and small ones in memory are moved by some pixels.
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
            vary: vary(settings, is_decoded),
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

fn vary(settings: &AugmentationSettings, is_decoded: bool) -> Option<Variation> {
    match settings.auto {
        Auto::Always(auto) => Some(Variation::Auto(auto, settings.interpolation)),
        Auto::Decoded(auto) if is_decoded => Some(Variation::Auto(auto, settings.interpolation)),
        _ if settings.jitter > 0.0 => Some(Variation::Jitter(settings.jitter)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AutoAugment, Interpolation};

    #[test]
    fn a_retraining_varies_images_of_files_as_the_paper_does_and_small_ones_not() {
        let made = |texts: &[&str], is_decoded| {
            let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            let settings = config::retrain(None, &texts).unwrap().settings;
            Augmentation::new(&settings.train.augmentation, is_decoded).vary
        };
        let paper = AutoAugment::read("rand-m9-mstd0.5").unwrap();
        let paper = Some(Variation::Auto(paper, Interpolation::Bilinear));
        assert_eq!([true, false].map(|is| made(&[], is)), [paper.clone(), None]);
        let jitter = ["AUGMENTATION.COLOR_JITTER=0.4"];
        let jittered = Some(Variation::Jitter(0.4));
        let both = [true, false].map(|is| made(&jitter, is));
        assert_eq!(both, [paper, jittered.clone()]);
        let alone = ["AUGMENTATION.AA=None", jitter[0]];
        assert_eq!(made(&alone, true), jittered);
        assert_eq!(made(&alone[..1], true), None);
    }

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
