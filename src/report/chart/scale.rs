//! From numbers to places on paper, with round ticks.

use crate::report::number;

/// What the numbers of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Plain numbers.
    Plain,
    /// Whole numbers, as epochs: no ticks between them.
    Whole,
    /// Counts in K, M and G.
    Count,
}

/// An axis: a stretch of numbers with round ends, laid over a stretch of the drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    unit: Unit,
    low: f64,
    high: f64,
    step: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// An axis that holds all `values`, with about `ticks` ticks. No values give 0 to 1.
    pub fn new(values: impl Iterator<Item = f64>, unit: Unit, ticks: u32) -> Scale {
        let (least, most) = extent(values);
        let step = step((most - least) / f64::from(ticks.max(1)), unit);
        Scale {
            unit,
            low: (least / step).floor() * step,
            high: (most / step).ceil() * step,
            step,
            from: 0.0,
            to: 1.0,
        }
    }

    /// An axis whose ends are the least and the largest value, for epochs.
    pub fn tight(values: impl Iterator<Item = f64> + Clone, unit: Unit, ticks: u32) -> Scale {
        let (least, most) = extent(values.clone());
        Scale {
            low: least,
            high: most,
            ..Scale::new(values, unit, ticks)
        }
    }

    /// The same numbers between two places of the drawing.
    pub fn over(self, from: f64, to: f64) -> Scale {
        Scale { from, to, ..self }
    }

    /// The place of a number; numbers beyond the ends stay at the ends.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// The place of the low end.
    pub fn start(&self) -> f64 {
        self.from
    }

    /// The place of the high end.
    pub fn end(&self) -> f64 {
        self.to
    }

    /// Ticks with their words.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let first = (self.low / self.step - 1e-9).ceil();
        let count = ((self.high - self.low) / self.step + 1e-9)
            .floor()
            .min(50.0);
        let values = (0..=count as u32).map(|tick| (first + f64::from(tick)) * self.step);
        let inside = values.filter(|value| *value <= self.high + self.step * 1e-6);
        inside.map(|value| (value, self.label(value))).collect()
    }

    fn label(&self, value: f64) -> String {
        match self.unit {
            Unit::Whole => number::fixed(value, 0),
            Unit::Plain => number::fixed(clean(value), decimals(self.step)),
            Unit::Count => {
                let (factor, letter) = factor(self.high.abs().max(self.low.abs()));
                let digits = decimals(self.step / factor);
                match value == 0.0 {
                    true => "0".to_owned(),
                    false => format!("{}{letter}", number::fixed(value / factor, digits)),
                }
            }
        }
    }
}

/// Least and most, never equal.
fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let ends = values.fold(None, |ends: Option<(f64, f64)>, value| {
        let (least, most) = ends.unwrap_or((value, value));
        Some((least.min(value), most.max(value)))
    });
    let (least, most) = ends.unwrap_or((0.0, 1.0));
    let room = (1e-6 * least.abs().max(most.abs())).max(1e-12);
    match most - least > room {
        true => (least, most),
        // Nothing but zeros is read best from below.
        false if most == 0.0 => (0.0, 1.0),
        false => {
            let pad = (0.1 * most.abs()).max(0.5);
            (least - pad, most + pad)
        }
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `rough`.
fn step(rough: f64, unit: Unit) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|one| one * power);
    let step = steps.into_iter().find(|one| *one >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    match unit {
        Unit::Whole => step.max(1.0),
        _ => step,
    }
}

/// Decimals that tell multiples of `step` apart.
fn decimals(step: f64) -> usize {
    (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize
}

fn factor(most: f64) -> (f64, &'static str) {
    match most {
        most if most >= 1e9 => (1e9, "G"),
        most if most >= 1e6 => (1e6, "M"),
        most if most >= 1e3 => (1e3, "K"),
        _ => (1.0, ""),
    }
}

/// No negative zero.
fn clean(value: f64) -> f64 {
    if value.abs() < 1e-12 { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(values: &[f64], unit: Unit) -> Vec<String> {
        let scale = Scale::new(values.iter().copied(), unit, 5);
        scale.ticks().into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        assert_eq!(
            words(&[1.09, 2.19], Unit::Plain),
            ["1.0", "1.5", "2.0", "2.5"]
        );
        assert_eq!(
            words(&[298_424.0, 338_936.0], Unit::Count),
            ["290K", "300K", "310K", "320K", "330K", "340K"]
        );
        assert_eq!(words(&[1.0, 3.0], Unit::Whole), ["1", "2", "3"]);
    }

    #[test]
    fn every_input_gives_places_that_are_numbers() {
        let wild: [&[f64]; 7] = [
            &[],
            &[0.0],
            &[5.0, 5.0],
            &[1e15, -1e15],
            &[1e-300, 0.0],
            &[1e15, 1e15 - 0.1],
            &[f64::MIN_POSITIVE, 1.0],
        ];
        for values in wild {
            for unit in [Unit::Plain, Unit::Whole, Unit::Count] {
                let scale = Scale::new(values.iter().copied(), unit, 5).over(10.0, 110.0);
                let ticks = scale.ticks();
                assert!((1..=52).contains(&ticks.len()), "{values:?}: {ticks:?}");
                for value in values.iter().copied().chain(ticks.iter().map(|one| one.0)) {
                    let place = scale.at(value);
                    assert!((10.0..=110.0).contains(&place), "{values:?}: {place}");
                }
            }
        }
    }
}
