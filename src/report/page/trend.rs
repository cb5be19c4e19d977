//! What the end of a curve says.

use crate::report::number;

/// From which epoch to which a value moved, over the last quarter of what was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    pub from: (f64, f64),
    pub to: (f64, f64),
}

/// Fewer points say nothing about a trend.
const FEWEST: usize = 4;
/// Changes of a loss below this share count as none.
const LEVEL: f64 = 0.02;

impl Trend {
    /// The last quarter of a curve; `None` where it is too short to tell.
    pub fn of(points: &[(f64, f64)]) -> Option<Trend> {
        let count = points.len();
        let quarter = (count / 4).max(1);
        (count >= FEWEST).then(|| Trend {
            from: points[count - 1 - quarter],
            to: points[count - 1],
        })
    }

    /// The change as a share of where it came from; `None` from 0.
    pub fn share(&self) -> Option<f64> {
        (self.from.1 != 0.0).then(|| (self.to.1 - self.from.1) / self.from.1.abs())
    }

    /// `fell by 3.1% between epochs 27 and 36`.
    pub fn words(&self) -> Option<String> {
        let percent = 100.0 * self.share()?;
        let verb = if percent < 0.0 { "fell" } else { "rose" };
        let (from, to) = (self.from.0, self.to.0);
        let change = number::fixed(percent.abs(), 1);
        Some(format!(
            "{verb} by {change}% between epochs {from} and {to}"
        ))
    }

    /// What that means for a loss.
    pub fn verdict(&self) -> Option<&'static str> {
        Some(match self.share()? {
            share if share < -LEVEL => "it is still falling, so more epochs would probably help",
            share if share > LEVEL => {
                "it is rising, so look at the learning rate and at what changed"
            }
            _ => "it is level, so more epochs of this schedule would change little",
        })
    }
}

/// The first and the last value in words: `from 2.19 to 1.09`.
pub fn ends(points: &[(f64, f64)]) -> Option<String> {
    let (first, last) = (points.first()?, points.last()?);
    Some(format!(
        "from {} to {}",
        number::short(first.1),
        number::short(last.1)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: &[f64]) -> Vec<(f64, f64)> {
        (1..).map(f64::from).zip(values.iter().copied()).collect()
    }

    #[test]
    fn a_loss_is_falling_level_or_rising() {
        let verdict = |values: &[f64]| Trend::of(&curve(values)).unwrap().verdict().unwrap();
        assert!(verdict(&[4.0, 3.0, 2.0, 1.0]).starts_with("it is still falling"));
        assert!(verdict(&[4.0, 1.0, 1.0, 0.99]).starts_with("it is level"));
        assert!(verdict(&[1.0, 1.0, 1.0, 1.5]).starts_with("it is rising"));
    }

    #[test]
    fn short_curves_and_zeros_tell_nothing() {
        assert_eq!(Trend::of(&curve(&[1.0, 2.0, 3.0])), None);
        assert_eq!(Trend::of(&curve(&[0.0; 4])).unwrap().words(), None);
    }
}
