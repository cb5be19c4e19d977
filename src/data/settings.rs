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
