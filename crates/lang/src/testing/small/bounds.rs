//! `fit` and `require`.

use rand::Rng;
use rand::seq::SliceRandom;

use super::Writer;

const SIGNS: [&str; 3] = ["<=", ">=", "=="];

impl<R: Rng> Writer<'_, R> {
    /// The order in which fitted depths grow, where it is written.
    pub(super) fn order(&mut self) {
        if self.fitted.len() > 1 && self.chance(0.5) {
            self.fitted.shuffle(self.rng);
            self.items.push(format!("fit {}", self.fitted.join(", ")));
        }
    }

    pub(super) fn bounds(&mut self) {
        let stages = self.open_depths.clone();
        for (name, largest) in &stages {
            if self.chance(0.2) {
                let bound = self.depth_bound(*largest);
                self.items.push(format!("require {name}.depth {bound}"));
            }
        }
        if let ([(first, _), (second, _), ..], true) = (&stages[..], self.chance(0.4)) {
            let sign = self.pick(&SIGNS);
            self.items
                .push(format!("require {first}.depth {sign} {second}.depth"));
        }
    }

    fn depth_bound(&mut self, largest: u32) -> String {
        let low = self.rng.random_range(1..=largest);
        if self.chance(0.4) {
            let last = match largest {
                3 => self.pick(&["3", "most"]),
                _ => "2",
            };
            return format!("in {low}..{last}");
        }
        let sign = self.pick(&SIGNS);
        match self.chance(0.15) {
            true => format!("{sign} most"),
            false => format!("{sign} {low}"),
        }
    }

    pub(super) fn width_bounds(&mut self) {
        let rows = self.widths.clone();
        for row in &rows {
            if self.chance(0.1) {
                let bound = self.pick(&[
                    "in 8..12",
                    "in 12..16",
                    "in 8..8",
                    "in 8..broad",
                    "<= 12",
                    ">= 12",
                    "== 8",
                    "== broad",
                ]);
                self.items.push(format!("require {row}.channels {bound}"));
            }
        }
        if let ([first, .., last], true) = (&rows[..], self.chance(0.3)) {
            let sign = self.pick(&SIGNS);
            self.items
                .push(format!("require {first}.channels {sign} {last}.channels"));
        }
    }
}
