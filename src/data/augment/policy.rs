//! Which operations an image goes through.

use rand::Rng;
use rand_distr::StandardNormal;

use super::operation::{Change, Operation};
use super::tables;
use crate::config::{AutoAugment, Interpolation, Noise, PairTable, RandAugment};
use crate::data::raster::Raster;

use Operation as Op;

/// What is drawn from with `inc0`.
pub(super) const PLAIN: [Operation; 15] = [
    Op::AutoContrast,
    Op::Equalize,
    Op::Invert,
    Op::Rotate,
    Op::Posterize,
    Op::Solarize,
    Op::SolarizeAdd,
    Op::Color,
    Op::Contrast,
    Op::Brightness,
    Op::Sharpness,
    Op::ShearX,
    Op::ShearY,
    Op::TranslateXRel,
    Op::TranslateYRel,
];

/// What is drawn from with `inc1`, and with `tweights` so often.
pub(super) const INCREASING: [(Operation, f64); 15] = [
    (Op::AutoContrast, 0.25),
    (Op::Equalize, 0.05),
    (Op::Invert, 0.05),
    (Op::Rotate, 3.0),
    (Op::PosterizeIncreasing, 0.05),
    (Op::SolarizeIncreasing, 0.05),
    (Op::SolarizeAdd, 0.05),
    (Op::ColorIncreasing, 0.25),
    (Op::ContrastIncreasing, 0.05),
    (Op::BrightnessIncreasing, 0.05),
    (Op::SharpnessIncreasing, 0.25),
    (Op::ShearX, 2.0),
    (Op::ShearY, 2.0),
    (Op::TranslateXRel, 1.0),
    (Op::TranslateYRel, 1.0),
];

/// The largest magnitude of a learned table.
const MOST: f64 = 10.0;

/// One operation that may be applied to an image.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    operation: Operation,
    probability: f64,
    magnitude: f64,
    most: f64,
    noise: Noise,
}

/// Sends `image` through the operations that are drawn for it.
pub(super) fn apply(
    how: &AutoAugment,
    image: &mut Raster<'_>,
    interpolation: Interpolation,
    fill: &[u8],
    rng: &mut impl Rng,
) {
    for step in steps(how, rng) {
        if let Some(change) = step.draw(rng) {
            change.apply(image, interpolation, fill, rng);
        }
    }
}

fn steps(how: &AutoAugment, rng: &mut impl Rng) -> Vec<Step> {
    match how {
        AutoAugment::Rand(rand) => rand_steps(rand, rng),
        AutoAugment::Table(table, noise) => pair(*table, *noise, rng),
    }
}

fn rand_steps(rand: &RandAugment, rng: &mut impl Rng) -> Vec<Step> {
    let step = |operation| Step {
        operation,
        probability: rand.probability,
        magnitude: rand.magnitude,
        most: rand.most,
        noise: rand.noise,
    };
    if rand.weighted {
        return weighted(rand.layers, rng).into_iter().map(step).collect();
    }
    let mut one = || match rand.increasing {
        true => INCREASING[rng.random_range(0..INCREASING.len())].0,
        false => PLAIN[rng.random_range(0..PLAIN.len())],
    };
    (0..rand.layers).map(|_| step(one())).collect()
}

/// So many different operations, drawn one after the other by their weights.
fn weighted(layers: usize, rng: &mut impl Rng) -> Vec<Operation> {
    let mut left = INCREASING.to_vec();
    let mut drawn = Vec::new();
    while drawn.len() < layers && !left.is_empty() {
        let whole: f64 = left.iter().map(|(_, weight)| weight).sum();
        let mut at = rng.random_range(0.0..whole);
        let found = left.iter().position(|(_, weight)| {
            at -= weight;
            at < 0.0
        });
        drawn.push(left.remove(found.unwrap_or(left.len() - 1)).0);
    }
    drawn
}

fn pair(table: PairTable, noise: Noise, rng: &mut impl Rng) -> Vec<Step> {
    let pairs = tables::pairs(table);
    let pair = pairs[rng.random_range(0..pairs.len())];
    let step = |(operation, probability, magnitude)| Step {
        operation,
        probability,
        magnitude,
        most: MOST,
        noise,
    };
    pair.map(step).to_vec()
}

impl Step {
    /// What it does to this image, if anything.
    fn draw(&self, rng: &mut impl Rng) -> Option<Change> {
        if !rng.random_bool(self.probability) {
            return None;
        }
        Some(self.operation.at(self.magnitude(rng), rng))
    }

    fn magnitude(&self, rng: &mut impl Rng) -> f64 {
        let drawn = match self.noise {
            Noise::None => self.magnitude,
            Noise::Normal(deviation) => {
                self.magnitude + deviation * rng.sample::<f64, _>(StandardNormal)
            }
            Noise::Even => self.magnitude * rng.random::<f64>(),
        };
        drawn.clamp(0.0, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::{Purpose, stream};
    use std::collections::BTreeMap;

    fn rand(text: &str) -> AutoAugment {
        AutoAugment::read(text).unwrap()
    }

    /// The steps of so many images.
    fn drawn(how: &AutoAugment, images: u64) -> Vec<Vec<Step>> {
        let steps = |image| steps(how, &mut stream(Purpose::Augment, 3, 0, image));
        (0..images).map(steps).collect()
    }

    fn shares(steps: &[Vec<Step>]) -> BTreeMap<Operation, f64> {
        let mut counts = BTreeMap::new();
        for step in steps.iter().flatten() {
            *counts.entry(step.operation).or_insert(0.0) += 1.0 / steps.len() as f64;
        }
        counts
    }

    #[test]
    fn every_operation_of_a_list_is_drawn_equally_often_in_each_layer() {
        for (text, layers, list) in [
            ("rand-m9-mstd0.5", 2.0, PLAIN),
            (
                "rand-n3-inc1",
                3.0,
                INCREASING.map(|(operation, _)| operation),
            ),
        ] {
            let shares = shares(&drawn(&rand(text), 6000));
            assert_eq!(shares.len(), 15);
            for operation in list {
                let share = shares[&operation];
                assert!(
                    (share - layers / 15.0).abs() < 0.02,
                    "{operation:?} {share}"
                );
            }
        }
    }

    #[test]
    fn weights_draw_no_operation_twice_and_the_heavy_ones_more_often() {
        let drawn = drawn(&rand("rand-n3-tweights"), 3000);
        for steps in &drawn {
            let different: std::collections::BTreeSet<Operation> =
                steps.iter().map(|step| step.operation).collect();
            assert_eq!(different.len(), 3);
        }
        let shares = shares(&drawn);
        let first = drawn
            .iter()
            .filter(|steps| steps[0].operation == Op::Rotate);
        let first = first.count() as f64 / 3000.0;
        // 3 of 10.15.
        assert!((first - 0.2956).abs() < 0.03, "{first}");
        assert!(shares[&Op::Rotate] > shares[&Op::ShearX]);
        assert!(shares[&Op::ShearX] > shares[&Op::TranslateXRel]);
    }

    #[test]
    fn half_of_the_drawn_operations_are_applied() {
        let mut rng = stream(Purpose::Augment, 3, 0, 0);
        let steps = drawn(&rand("rand-m9-mstd0.5"), 3000);
        let steps: Vec<&Step> = steps.iter().flatten().collect();
        let applied = steps.iter().filter(|step| step.draw(&mut rng).is_some());
        let share = applied.count() as f64 / steps.len() as f64;
        assert!((share - 0.5).abs() < 0.03, "{share}");
    }

    #[test]
    fn magnitudes_spread_as_the_notation_says_and_stay_in_their_range() {
        let mut rng = stream(Purpose::Augment, 3, 0, 0);
        let mut spread = |text: &str| {
            let step = drawn(&rand(text), 1)[0][0];
            let values: Vec<f64> = (0..20_000).map(|_| step.magnitude(&mut rng)).collect();
            let mean = values.iter().sum::<f64>() / 20_000.0;
            let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            let least = values.iter().copied().fold(f64::MAX, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            (mean, (square / 20_000.0).sqrt(), least, most)
        };
        let (mean, deviation, ..) = spread("rand-m5-mstd0.5");
        assert!((mean - 5.0).abs() < 0.02 && (deviation - 0.5).abs() < 0.02);
        assert_eq!(spread("rand-m9"), (9.0, 0.0, 9.0, 9.0));
        let (.., least, most) = spread("rand-m9-mstd20");
        assert_eq!((least, most), (0.0, 10.0));
        let (.., most) = spread("rand-m9-mstd20-mmax30");
        assert_eq!(most, 30.0);
        let (mean, deviation, least, most) = spread("rand-m6-mstd101");
        assert!((mean - 3.0).abs() < 0.05 && (deviation - 6.0 / 12f64.sqrt()).abs() < 0.03);
        assert!(least >= 0.0 && most <= 6.0);
    }

    #[test]
    fn tables_give_both_operations_of_one_of_their_rows() {
        for text in ["original", "originalr-mstd0.5", "v0", "v0r"] {
            let AutoAugment::Table(table, _) = rand(text) else {
                panic!("{text} is a table")
            };
            let mut seen = std::collections::BTreeSet::new();
            for steps in drawn(&rand(text), 1000) {
                let row = tables::pairs(table).iter().position(|pair| {
                    steps
                        .iter()
                        .zip(pair)
                        .all(|(step, &(operation, probability, magnitude))| {
                            (step.operation, step.probability, step.magnitude)
                                == (operation, probability, magnitude)
                        })
                });
                seen.insert(row.expect("the pair is a row"));
                assert_eq!(steps.len(), 2);
            }
            // Some rows of the original stand there twice.
            assert!(seen.len() >= 20, "{text}: {}", seen.len());
        }
        let posterise = |table: PairTable, which: Operation| {
            let all = tables::pairs(table).into_iter().flatten();
            all.filter(|(operation, ..)| *operation == which).count()
        };
        assert_eq!(posterise(PairTable::Original, Op::PosterizeOriginal), 5);
        assert_eq!(posterise(PairTable::OriginalR, Op::PosterizeIncreasing), 5);
        assert_eq!(posterise(PairTable::V0, Op::Posterize), 2);
        assert_eq!(posterise(PairTable::V0R, Op::PosterizeIncreasing), 2);
    }
}
