//! The learning rate of every step.

/// How the rate falls after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// In a straight line.
    Linear,
    /// Along half a cosine.
    Cosine,
    /// Not at all.
    Constant,
}

/// The rate as a function of the step, counted from 0 over the whole run.
///
/// During the warm-up the rate climbs in a straight line from `warmup_lr`
/// towards `lr`; then it falls from `lr` to `min_lr`, which it would reach at
/// step `steps`, one past the last: the last step still moves the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// How it falls.
    pub shape: Shape,
    /// The largest rate.
    pub lr: f64,
    /// Where the fall ends.
    pub min_lr: f64,
    /// Where the warm-up starts.
    pub warmup_lr: f64,
    /// Steps of warm-up.
    pub warmup_steps: u64,
    /// Steps in all.
    pub steps: u64,
}

impl Schedule {
    /// The rate of step `step`; past the end it stays at the smallest.
    pub fn lr(&self, step: u64) -> f64 {
        if step < self.warmup_steps {
            let done = (step + 1) as f64 / self.warmup_steps as f64;
            return self.warmup_lr + (self.lr - self.warmup_lr) * done;
        }
        self.min_lr + (self.lr - self.min_lr) * self.left(step)
    }

    /// The rate of step `step` as a share of the largest.
    ///
    /// What other rates that follow the same course are multiplied with.
    pub fn factor(&self, step: u64) -> f64 {
        self.lr(step) / self.lr
    }

    /// 1 right after the warm-up, 0 at the end.
    fn left(&self, step: u64) -> f64 {
        let fall = self.steps.saturating_sub(self.warmup_steps).max(1);
        let done = ((step - self.warmup_steps) as f64 / fall as f64).min(1.0);
        match self.shape {
            Shape::Linear => 1.0 - done,
            Shape::Cosine => (1.0 + (std::f64::consts::PI * done).cos()) / 2.0,
            Shape::Constant => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(shape: Shape) -> Schedule {
        Schedule {
            shape,
            lr: 0.8,
            min_lr: 0.0,
            warmup_lr: 0.0,
            warmup_steps: 4,
            steps: 12,
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
            steps: 2,
            ..schedule(Shape::Linear)
        };
        assert!(short.lr(0) > 0.0 && short.lr(1) > short.lr(0));
    }
}
