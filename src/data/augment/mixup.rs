//! Mixing the images of a batch, as timm does a batch at a time: each with its opposite in the
//! reversed batch, all by the same draws.

use rand::Rng;
use rand_distr::{Beta, Distribution};

use crate::config::MixSettings;

/// How a batch is mixed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mixing {
    /// So much of every image stays, the rest is its opposite's.
    Blend(f64),
    /// Pixels of a window are the opposite's.
    Paste(Window),
}

/// Rows and columns, from the first up to below the last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Window {
    rows: (usize, usize),
    columns: (usize, usize),
}

/// Mixes a batch, `values` `[N, H, W, C]` and `shape` `[N, C, H, W]`; the share of every image that
/// is its own and so is its label's.
pub(in crate::data) fn mix(
    values: &mut [f32],
    shape: [usize; 4],
    how: &MixSettings,
    rng: &mut impl Rng,
) -> f64 {
    let [_, channels, height, width] = shape;
    match draw(how, (height, width), rng) {
        Mixing::Blend(share) => {
            each_pair(values, channels * height * width, |one, other| {
                blend(one, other, share);
            });
            share
        }
        Mixing::Paste(window) => {
            each_pair(values, channels * height * width, |one, other| {
                paste(one, other, window, width, channels);
            });
            window.rest((height, width))
        }
    }
}

fn draw(how: &MixSettings, size: (usize, usize), rng: &mut impl Rng) -> Mixing {
    let is_cutmix = match (how.mixup > 0.0, how.cutmix > 0.0) {
        (true, true) => rng.random_bool(0.5),
        (_, is_cutmix) => is_cutmix,
    };
    let strength = if is_cutmix { how.cutmix } else { how.mixup };
    let share = Beta::new(strength, strength)
        .expect("the strength of what is on is above 0")
        .sample(rng);
    match is_cutmix {
        true => Mixing::Paste(Window::draw(share, size, rng)),
        false => Mixing::Blend(share),
    }
}

impl Window {
    /// A window around any pixel.
    fn draw(share: f64, (height, width): (usize, usize), rng: &mut impl Rng) -> Self {
        let centre = (rng.random_range(0..height), rng.random_range(0..width));
        Self::around(centre, share, (height, width))
    }

    /// A window in the form of the image that leaves about `share` of it, around a pixel; what
    /// reaches beyond the edge is cut off.
    fn around((row, column): (usize, usize), share: f64, (height, width): (usize, usize)) -> Self {
        let part = (1.0 - share).sqrt();
        let side = |centre: usize, whole: usize| {
            let length = (whole as f64 * part) as usize;
            let first = centre.saturating_sub(length / 2);
            (first, (centre + length.div_ceil(2)).min(whole))
        };
        Self {
            rows: side(row, height),
            columns: side(column, width),
        }
    }

    /// The share of the pixels outside of it.
    fn rest(self, (height, width): (usize, usize)) -> f64 {
        let area = (self.rows.1 - self.rows.0) * (self.columns.1 - self.columns.0);
        1.0 - area as f64 / (height * width) as f64
    }
}

/// Every image with its opposite; in an odd batch the middle one is its own and stays.
fn each_pair(values: &mut [f32], length: usize, mut mix: impl FnMut(&mut [f32], &mut [f32])) {
    let half = values.len() / length / 2 * length;
    let (front, back) = values.split_at_mut(half);
    let opposites = back.chunks_exact_mut(length).rev();
    for (one, other) in front.chunks_exact_mut(length).zip(opposites) {
        mix(one, other);
    }
}

fn blend(one: &mut [f32], other: &mut [f32], share: f64) {
    let (own, rest) = (share as f32, (1.0 - share) as f32);
    for (one, other) in one.iter_mut().zip(other) {
        (*one, *other) = (*one * own + *other * rest, *other * own + *one * rest);
    }
}

fn paste(one: &mut [f32], other: &mut [f32], window: Window, width: usize, channels: usize) {
    for row in window.rows.0..window.rows.1 {
        let from = (row * width + window.columns.0) * channels;
        let to = (row * width + window.columns.1) * channels;
        one[from..to].swap_with_slice(&mut other[from..to]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::{Purpose, stream};

    const MIXUP: MixSettings = MixSettings {
        mixup: 0.2,
        cutmix: 0.0,
        off_epoch: 0,
    };
    const CUTMIX: MixSettings = MixSettings {
        mixup: 0.0,
        cutmix: 1.0,
        off_epoch: 0,
    };
    /// Three images of 8×6 pixels in two channels.
    const SHAPE: [usize; 4] = [3, 2, 8, 6];

    /// Image `n` holds `10·n` in channel 0 and `10·n + 1` in channel 1.
    fn batch() -> Vec<f32> {
        let image = |n: usize| (0..96).map(move |at| (10 * n + at % 2) as f32);
        (0..3).flat_map(image).collect()
    }

    fn mixed(how: &MixSettings, draw: u64) -> (Vec<f32>, f64) {
        let mut values = batch();
        let mut rng = stream(Purpose::Mix, 1, 0, draw);
        let share = mix(&mut values, SHAPE, how, &mut rng);
        (values, share)
    }

    #[test]
    fn mixup_blends_every_image_with_its_opposite_by_one_share() {
        for draw in 0..200 {
            let (values, share) = mixed(&MIXUP, draw);
            assert!((0.0..=1.0).contains(&share));
            let share = share as f32;
            for (at, value) in values.iter().enumerate() {
                let own = (10 * (at / 96)) as f32;
                let expected = own * share + (20.0 - own) * (1.0 - share) + (at % 2) as f32;
                assert!((value - expected).abs() < 1e-4, "{at}: {value} {expected}");
            }
        }
    }

    #[test]
    fn shares_are_drawn_evenly_to_both_sides_and_small_strengths_hardly_mix() {
        let shares = |strength: f64| -> Vec<f64> {
            let how = MixSettings {
                mixup: strength,
                ..MIXUP
            };
            (0..4000).map(|draw| mixed(&how, draw).1).collect()
        };
        for (strength, variance) in [(0.2, 0.25 / 1.4), (1.0, 1.0 / 12.0), (8.0, 0.25 / 17.0)] {
            let shares = shares(strength);
            let mean = shares.iter().sum::<f64>() / 4000.0;
            let square: f64 = shares.iter().map(|share| (share - 0.5).powi(2)).sum();
            assert!((mean - 0.5).abs() < 0.03, "{strength}: {mean}");
            assert!((square / 4000.0 / variance - 1.0).abs() < 0.1, "{strength}");
        }
        for strength in [1e-6, 100.0] {
            let all = shares(strength);
            assert!(all.iter().all(|share| (0.0..=1.0).contains(share)));
        }
    }

    #[test]
    fn cutmix_pastes_one_window_and_the_share_is_what_is_left_outside() {
        let mut seen = 0;
        for draw in 0..200 {
            let (values, share) = mixed(&CUTMIX, draw);
            let foreign = |image: usize| {
                let values = &values[image * 96..(image + 1) * 96];
                let own = 10 * image;
                values
                    .chunks_exact(2)
                    .map(|pixel| {
                        assert_eq!(pixel[1], pixel[0] + 1.0);
                        pixel[0] != own as f32
                    })
                    .collect::<Vec<bool>>()
            };
            let first = foreign(0);
            assert_eq!(first, foreign(2), "the same window in both");
            assert_eq!(foreign(1), [false; 48]);
            let area = first.iter().filter(|&&foreign| foreign).count();
            assert!((share - (1.0 - area as f64 / 48.0)).abs() < 1e-12);
            let rows: Vec<usize> = (0..48).filter(|&at| first[at]).map(|at| at / 6).collect();
            let columns: Vec<usize> = (0..48).filter(|&at| first[at]).map(|at| at % 6).collect();
            if let (Some(top), Some(bottom)) = (rows.iter().min(), rows.iter().max()) {
                let (left, right) = (columns.iter().min().unwrap(), columns.iter().max().unwrap());
                assert_eq!(area, (bottom - top + 1) * (right - left + 1));
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn a_window_has_the_form_of_the_image_and_ends_at_its_edge() {
        for draw in 0..200 {
            let mut rng = stream(Purpose::Mix, 2, 0, draw);
            // A quarter: half of each side.
            let window = Window::draw(0.75, (40, 20), &mut rng);
            let (height, width) = (
                window.rows.1 - window.rows.0,
                window.columns.1 - window.columns.0,
            );
            assert!((10..=20).contains(&height) && (5..=10).contains(&width));
            assert!(window.rows.1 <= 40 && window.columns.1 <= 20);
            let inner = window.rows.0 > 0 && window.rows.1 < 40;
            assert!(!inner || height == 20, "{window:?}");
        }
    }

    #[test]
    fn with_both_on_each_is_drawn_for_half_of_the_batches() {
        let both = MixSettings {
            mixup: 0.5,
            ..CUTMIX
        };
        let pasted = (0..2000).filter(|&draw| {
            let mut rng = stream(Purpose::Mix, 1, 0, draw);
            matches!(super::draw(&both, (8, 6), &mut rng), Mixing::Paste(_))
        });
        let share = pasted.count() as f64 / 2000.0;
        assert!((share - 0.5).abs() < 0.04, "{share}");
    }

    /// What timm made of windows and batches (`tests/fixtures/augment/record_mixing.py`).
    #[derive(serde::Deserialize)]
    struct Recorded {
        batch: Vec<f32>,
        windows: Vec<RecordedWindow>,
        /// Share, the mixed batch, the rows of labels.
        blends: Vec<(f64, Vec<f32>, [[f64; 3]; 3])>,
    }

    #[derive(serde::Deserialize)]
    struct RecordedWindow {
        share: f64,
        size: (usize, usize),
        centre: (usize, usize),
        /// First and end of the rows, of the columns.
        bounds: [usize; 4],
        /// The share of the pixels outside of it.
        rest: f64,
    }

    fn recorded() -> Recorded {
        serde_json::from_str(include_str!("../../../tests/fixtures/augment/mixing.json")).unwrap()
    }

    #[test]
    fn windows_at_fixed_draws_are_timms() {
        let windows = recorded().windows;
        assert_eq!(windows.len(), 6);
        for recorded in windows {
            let RecordedWindow {
                share,
                size,
                centre,
                bounds: [top, bottom, left, right],
                rest,
            } = recorded;
            let window = Window::around(centre, share, size);
            let expected = Window {
                rows: (top, bottom),
                columns: (left, right),
            };
            assert_eq!(window, expected, "{share} of {size:?}");
            assert!((window.rest(size) - rest).abs() < 1e-12);
        }
    }

    #[test]
    fn blended_batches_and_labels_at_fixed_shares_are_timms() {
        let recorded = recorded();
        assert_eq!(recorded.blends.len(), 5);
        for (share, expected, labels) in recorded.blends {
            let mut values = recorded.batch.clone();
            each_pair(&mut values, 8, |one, other| blend(one, other, share));
            for (ours, theirs) in values.iter().zip(&expected) {
                assert!((ours - theirs).abs() <= 1e-6, "{share}: {ours} {theirs}");
            }
            // Our labels stay whole: each image's loss is weighed by its share, the rest by its opposite's label.
            for (image, row) in labels.into_iter().enumerate() {
                let mut own = [0.0; 3];
                own[image] += share;
                own[2 - image] += 1.0 - share;
                for (ours, theirs) in own.into_iter().zip(row) {
                    assert!((ours - theirs).abs() < 1e-6, "{share}");
                }
            }
        }
    }
}
