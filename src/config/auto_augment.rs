//! Automatic augmentation in timm's notation: `rand-m9-mstd0.5`, `original-mstd0.5`.

use serde::{Deserialize, Serialize};

/// Operations drawn for each image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutoAugment {
    /// Some out of one list, all of one magnitude.
    Rand(RandAugment),
    /// A pair out of a learned table.
    Table(PairTable, Noise),
}

/// Operations out of one list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RandAugment {
    /// How strong the operations are, of 10.
    pub magnitude: f64,
    /// The most that noise makes of it.
    pub most: f64,
    /// The noise on it.
    pub noise: Noise,
    /// Operations drawn for an image.
    pub layers: usize,
    /// The probability that a drawn operation is applied.
    pub probability: f64,
    /// Whether a larger magnitude always is a stronger change.
    pub increasing: bool,
    /// Whether some operations are drawn more often, and none twice for an image.
    pub weighted: bool,
}

/// Noise on a magnitude, drawn for each operation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Noise {
    /// None.
    None,
    /// Normal, of this deviation.
    Normal(f64),
    /// Evenly between 0 and the magnitude.
    Even,
}

/// A learned table of pairs of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PairTable {
    /// AutoAugment's for ImageNet, as published.
    Original,
    /// The same, posterising more with the magnitude.
    OriginalR,
    /// That of EfficientNet's training.
    V0,
    /// The same, posterising more with the magnitude.
    V0R,
}

/// The largest magnitude, where `mmax` says no other.
const LEVELS: f64 = 10.0;
/// The operations of a list.
const OPERATIONS: usize = 15;

impl AutoAugment {
    /// Reads timm's notation.
    ///
    /// # Errors
    /// The part that is unknown or out of its range, and what there is.
    pub fn read(text: &str) -> Result<Self, String> {
        let (first, parts) = match text.split_once('-') {
            Some((first, rest)) => (first, rest.split('-').collect()),
            None => (text, Vec::new()),
        };
        let table = match first {
            "rand" => return rand(&parts).map(Self::Rand),
            "original" => PairTable::Original,
            "originalr" => PairTable::OriginalR,
            "v0" => PairTable::V0,
            "v0r" => PairTable::V0R,
            _ => {
                return Err(format!(
                    "`{first}` is no augmentation; there are rand, original, originalr, v0, v0r"
                ));
            }
        };
        let mut noise = Noise::None;
        for part in parts {
            match split(part) {
                ("mstd", value) => noise = read_noise(part, value)?,
                _ => return Err(format!("`{part}` is no part of `{first}`; there is mstd")),
            }
        }
        Ok(Self::Table(table, noise))
    }
}

fn rand(parts: &[&str]) -> Result<RandAugment, String> {
    let mut rand = RandAugment {
        magnitude: LEVELS,
        most: LEVELS,
        noise: Noise::None,
        layers: 2,
        probability: 0.5,
        increasing: false,
        weighted: false,
    };
    for &part in parts {
        match split(part) {
            ("m", value) => rand.magnitude = whole(part, value, 0, 1000)? as f64,
            ("mmax", value) => rand.most = whole(part, value, 1, 1000)? as f64,
            ("mstd", value) => rand.noise = read_noise(part, value)?,
            ("n", value) => rand.layers = whole(part, value, 1, 100)? as usize,
            ("inc", value) => rand.increasing = whole(part, value, 0, 1)? == 1,
            ("p", value) => rand.probability = share(part, value)?,
            ("tweights", "") => rand.weighted = true,
            ("w", _) => {
                return Err(format!(
                    "`{part}` is no part of `rand` any more; `tweights` draws by weights, without it all are drawn evenly"
                ));
            }
            _ => {
                return Err(format!(
                    "`{part}` is no part of `rand`; there are m, n, p, mstd, mmax, inc, tweights"
                ));
            }
        }
    }
    // The weighted list is one of increasing operations, whatever `inc` says.
    rand.increasing |= rand.weighted;
    if rand.weighted && rand.layers > OPERATIONS {
        return Err(format!(
            "`n{}` is too many: with `tweights` each of {OPERATIONS} operations is drawn at most once",
            rand.layers
        ));
    }
    Ok(rand)
}

/// The letters and the number of `m9`; no number: all of it are letters.
fn split(part: &str) -> (&str, &str) {
    let at = part.find(|c: char| c.is_ascii_digit());
    match part.strip_prefix("mstd") {
        Some("inf") => ("mstd", "inf"),
        _ => part.split_at(at.unwrap_or(part.len())),
    }
}

fn whole(part: &str, value: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = value.parse().ok();
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("`{part}` needs a whole number in {least}..{most}"))
}

fn share(part: &str, value: &str) -> Result<f64, String> {
    let number = value.parse().ok();
    number
        .filter(|number| (0.0..=1.0).contains(number))
        .ok_or_else(|| format!("`{part}` needs a number in 0..1"))
}

/// Deviations above 100 stand for even noise.
fn read_noise(part: &str, value: &str) -> Result<Noise, String> {
    match value.parse() {
        Ok(0.0) => Ok(Noise::None),
        Ok(deviation) if deviation > 100.0 => Ok(Noise::Even),
        Ok(deviation) if deviation > 0.0 => Ok(Noise::Normal(deviation)),
        _ => Err(format!("`{part}` needs a number, at least 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_originals_notation_means_two_operations_of_about_nine_each_every_second_time() {
        let rand = RandAugment {
            magnitude: 9.0,
            most: 10.0,
            noise: Noise::Normal(0.5),
            layers: 2,
            probability: 0.5,
            increasing: false,
            weighted: false,
        };
        assert_eq!(
            AutoAugment::read("rand-m9-mstd0.5"),
            Ok(AutoAugment::Rand(rand))
        );
    }

    #[test]
    fn every_part_of_the_notation_is_read_in_any_order() {
        let rand = RandAugment {
            magnitude: 7.0,
            most: 20.0,
            noise: Noise::Even,
            layers: 3,
            probability: 0.25,
            increasing: true,
            weighted: true,
        };
        for text in [
            "rand-n3-m7-p0.25-mmax20-mstd101-inc1-tweights",
            "rand-tweights-inc0-mstdinf-mmax20-p0.25-m7-n3",
        ] {
            assert_eq!(
                AutoAugment::read(text),
                Ok(AutoAugment::Rand(rand)),
                "{text}"
            );
        }
        assert_eq!(
            AutoAugment::read("v0r-mstd0.5"),
            Ok(AutoAugment::Table(PairTable::V0R, Noise::Normal(0.5)))
        );
        assert_eq!(
            AutoAugment::read("original"),
            Ok(AutoAugment::Table(PairTable::Original, Noise::None))
        );
    }

    #[test]
    fn an_unknown_part_is_named() {
        for (text, part) in [
            ("rand-m9-q3", "`q3` is no part of `rand`"),
            ("rand-9", "`9` is no part of `rand`"),
            ("rand-", "`` is no part of `rand`"),
            ("rand-mé", "`mé` is no part of `rand`"),
            ("rand-m9.5", "`m9.5` needs a whole number in 0..1000"),
            ("rand-m", "`m` needs a whole number"),
            ("rand-n0", "`n0` needs a whole number in 1..100"),
            ("rand-p2", "`p2` needs a number in 0..1"),
            ("rand-mstd0.5x", "`mstd0.5x` needs a number"),
            ("rand-w0", "`w0` is no part of `rand` any more"),
            ("rand-n16-tweights", "`n16` is too many"),
            ("v0-m9", "`m9` is no part of `v0`"),
            ("augmix-m5", "`augmix` is no augmentation"),
            ("", "`` is no augmentation"),
        ] {
            let error = AutoAugment::read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
