//! The learning rate of every step.

use creamc_torch::TorchError;

/// How the rate falls after the warm-up. Lengths are in the schedule's unit of time.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// In a straight line.
    Linear,
    /// Along half a cosine.
    Cosine,
    /// By a factor, again and again.
    Step {
        /// Time between two falls.
        every: f64,
        /// The factor.
        rate: f64,
    },
    /// By a factor at some points.
    MultiStep {
        /// The points, ascending; each counts one unit before it is reached.
        at: Vec<f64>,
        /// The factor.
        rate: f64,
    },
    /// Not at all.
    Constant,
}

/// What time the rate follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Every step has its own rate. The warm-up ends *at* the largest rate, and the fall starts
    /// after it.
    Update,
    /// All steps of an epoch have one rate, as the original's have: the warm-up lies over
    /// the beginning of the fall, and its first epoch has the smallest rate.
    Epoch,
}

/// A part of the run whose rates are shaken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Where it begins, in the schedule's unit of time.
    pub from: f64,
    /// Where it ends; that point has none.
    pub to: f64,
    /// The largest share of the rate that it adds or takes.
    pub share: f64,
    /// Decides what is drawn.
    pub seed: u64,
}

/// The rate as a function of the step, counted from 0 over the whole run.
///
/// During the warm-up the rate climbs in a straight line from `warmup_lr` to `lr`; then it falls
/// as the shape says. A straight line and a cosine end at `min_lr`, which they reach when the
/// fall is over, one unit past its last: the last step still moves the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// How it falls.
    pub shape: Shape,
    /// What time it follows.
    pub per: Per,
    /// Steps in one unit of time: 1, or those of an epoch.
    pub unit: u64,
    /// The largest rate.
    pub lr: f64,
    /// Where a straight line or a cosine ends.
    pub min_lr: f64,
    /// Where the warm-up starts.
    pub warmup_lr: f64,
    /// Time of warm-up.
    pub warmup: f64,
    /// Time at which the fall is over; what comes after is the cool-down.
    pub end: f64,
    /// Steps in all, cool-down included.
    pub steps: u64,
    /// Where rates are shaken.
    pub noise: Option<Noise>,
}

impl Schedule {
    /// The rate of step `step`; past the end it stays where it ended.
    pub fn lr(&self, step: u64) -> f64 {
        let time = step / self.unit;
        let rate = self.quiet(time as f64);
        rate + rate * self.shake(time)
    }

    /// The rate of step `step` as a share of the largest.
    ///
    /// What other rates that follow the same course are multiplied with.
    pub fn factor(&self, step: u64) -> f64 {
        self.lr(step) / self.lr
    }

    /// The rate without noise.
    fn quiet(&self, time: f64) -> f64 {
        let climb = (self.lr - self.warmup_lr) / self.warmup;
        match self.per {
            Per::Update if time < self.warmup => self.warmup_lr + climb * (time + 1.0),
            Per::Epoch if time < self.warmup => self.warmup_lr + climb * time,
            Per::Update => self.fallen(time - self.warmup, self.end - self.warmup),
            Per::Epoch => self.fallen(time, self.end),
        }
    }

    /// The rate when `time` of a fall that takes `whole` is over.
    fn fallen(&self, time: f64, whole: f64) -> f64 {
        let done = (time / whole.max(1.0)).min(1.0);
        let between = |left: f64| self.min_lr + (self.lr - self.min_lr) * left;
        match &self.shape {
            Shape::Linear => between(1.0 - done),
            Shape::Cosine => between((1.0 + (std::f64::consts::PI * done).cos()) / 2.0),
            Shape::Step { every, rate } => self.lr * rate.powf(whole_parts(time, *every)),
            Shape::MultiStep { at, rate } => {
                let passed = at.iter().filter(|&&at| at <= time + 1.0).count();
                self.lr * rate.powf(passed as f64)
            }
            Shape::Constant => self.lr,
        }
    }

    /// What noise adds, as a share of the rate.
    fn shake(&self, time: u64) -> f64 {
        let at = time as f64;
        let Some(noise) = self
            .noise
            .filter(|noise| (noise.from..noise.to).contains(&at))
        else {
            return 0.0;
        };
        let drawn: Result<f64, TorchError> =
            creamc_torch::seeded_normal(noise.seed.wrapping_add(time), noise.share);
        drawn.expect("a generator on the CPU always draws")
    }
}

/// How often `part` fits into `whole`. The remainder is exact where the quotient is not.
fn whole_parts(whole: f64, part: f64) -> f64 {
    ((whole - whole % part) / part).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(shape: Shape) -> Schedule {
        Schedule {
            shape,
            per: Per::Update,
            unit: 1,
            lr: 0.8,
            min_lr: 0.0,
            warmup_lr: 0.0,
            warmup: 4.0,
            end: 12.0,
            steps: 12,
            noise: None,
        }
    }

    #[test]
    fn the_warm_up_climbs_in_a_line_and_ends_at_the_largest_rate() {
        let schedule = schedule(Shape::Linear);
        let rates: Vec<f64> = (0..5).map(|step| schedule.lr(step)).collect();
        for (rate, expected) in rates.iter().zip([0.2, 0.4, 0.6, 0.8, 0.8]) {
            assert!((rate - expected).abs() < 1e-12, "{rates:?}");
        }
    }

    #[test]
    fn the_linear_fall_reaches_zero_one_step_after_the_last() {
        let schedule = schedule(Shape::Linear);
        assert!((schedule.lr(8) - 0.4).abs() < 1e-12);
        assert!(schedule.lr(11) > 0.0);
        assert_eq!(schedule.lr(12), 0.0);
        assert_eq!(schedule.lr(99), 0.0);
    }

    #[test]
    fn the_cosine_is_slow_at_both_ends_and_half_in_the_middle() {
        let schedule = schedule(Shape::Cosine);
        assert!((schedule.lr(8) - 0.4).abs() < 1e-12);
        assert!(schedule.lr(5) > 0.75 && schedule.lr(11) < 0.05);
    }

    #[test]
    fn the_factor_does_not_depend_on_the_rate() {
        let small = schedule(Shape::Cosine);
        let large = Schedule {
            lr: 8.0,
            ..small.clone()
        };
        for step in 0..12 {
            assert!((small.factor(step) - large.factor(step)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_run_that_is_all_warm_up_has_rates_too() {
        let short = Schedule {
            end: 2.0,
            ..schedule(Shape::Linear)
        };
        assert!(short.lr(0) > 0.0 && short.lr(1) > short.lr(0));
    }

    #[test]
    fn steps_of_an_epoch_have_one_rate() {
        let epochs = Schedule {
            per: Per::Epoch,
            unit: 10,
            ..schedule(Shape::Cosine)
        };
        assert_eq!(epochs.lr(50), epochs.lr(59));
        assert_ne!(epochs.lr(59), epochs.lr(60));
    }

    #[test]
    fn noise_as_large_as_the_rate_leaves_it_above_zero() {
        let shaken = Schedule {
            steps: 2000,
            noise: Some(Noise {
                from: 0.0,
                to: f64::INFINITY,
                share: 1.0,
                seed: 3,
            }),
            ..schedule(Shape::Constant)
        };
        let rates: Vec<f64> = (4..2000).map(|step| shaken.lr(step)).collect();
        assert!(
            rates
                .iter()
                .all(|rate| (0.0..1.6).contains(rate) && *rate > 0.0)
        );
        assert!(rates.iter().any(|rate| *rate < 0.1) && rates.iter().any(|rate| *rate > 1.5));
    }

    #[test]
    fn a_factor_falls_at_the_exact_multiple() {
        assert_eq!(whole_parts(12.0, 2.4), 5.0);
        assert_eq!(whole_parts(11.0, 2.4), 4.0);
        assert_eq!(whole_parts(7.2, 2.4), 3.0);
    }
}
