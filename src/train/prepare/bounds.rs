//! The bounds of a search: the file's, the command line's, and the settings' on flops.

use creamc_lang::compile;
use creamc_lang::plan::{Plan, Request};
use creamc_lang::space::{Metric, Require};

use super::Source;
use crate::config::{FlopsEnd, SupernetSettings};
use crate::train::Error;

impl Source {
    /// Plans the file's space inside the bounds of `texts` (`flops in 200M..300M`) and of
    /// the settings' flops, both ends included. Shows warnings.
    ///
    /// # Errors
    /// When a bound is wrong or no path meets all of them.
    pub fn plan_search(
        &mut self,
        texts: &[String],
        settings: &SupernetSettings,
    ) -> Result<Plan, Error> {
        let mut requires = Vec::new();
        for text in texts {
            requires.push(self.parse_require(text)?);
        }
        let others = Request {
            requires,
            ..Request::default()
        };
        let mut request = others.clone();
        request.requires.extend(self.settings_bound(settings));
        match self.planned(self.ir()?, &request) {
            Ok((plan, warnings)) => {
                self.show(warnings);
                Ok(plan)
            }
            Err(error) => Err(self.missed(&others, settings).unwrap_or(error)),
        }
    }

    fn parse_require(&mut self, text: &str) -> Result<Require, Error> {
        let space = self.unit.space.clone();
        let space = space.ok_or_else(|| Error::Refused("the file holds no space".to_owned()))?;
        compile::parse_require(&mut self.unit.sources, text, &space)
            .map_err(|errors| self.refuse(errors))
    }

    /// The settings' bound, as if it were the text of a file called like their place.
    fn settings_bound(&mut self, settings: &SupernetSettings) -> Option<Require> {
        let ends = settings.flops_ends();
        let mut written = ends.iter().filter(|end| end.flops.is_some()).peekable();
        let place = written.peek()?.place.to_string();
        let text_of = |end: &FlopsEnd| format!("{}: {}", end.key, millions(end.flops.unwrap_or(0)));
        let text = written.map(text_of).collect::<Vec<_>>().join(", ");
        let flops = ends.map(|end| end.flops);
        let sources = &mut self.unit.sources;
        Some(compile::flops_bound(sources, (&place, &text), flops))
    }

    /// Which of the settings' ends lies beyond every path that meets the `others`, and a value that does not.
    fn missed(&self, others: &Request, settings: &SupernetSettings) -> Option<Error> {
        let (plan, _) = self.planned(self.ir().ok()?, others).ok()?;
        let [low, high] = settings.flops_ends();
        let refuse = |end: FlopsEnd, word: &str, verb: &str, cost: u64, more: &str| {
            let (key, value, cost) = (end.key, millions(end.flops?), millions(cost));
            Some(Error::Refused(format!(
                "{}: no path has `{key}: {value}` million flops: inside the other bounds the {word} one has {cost}; \
                 {verb} `{key}` to {cost} or {more}",
                end.place
            )))
        };
        let most = plan.dearest(Metric::Flops).cost;
        if low.flops.is_some_and(|flops| flops > most) {
            return refuse(low, "dearest", "lower", most, "less");
        }
        let least = plan.cheapest(Metric::Flops).cost;
        if high.flops.is_some_and(|flops| flops < least) {
            return refuse(high, "cheapest", "raise", least, "more");
        }
        None
    }
}

/// In the settings' unit.
fn millions(flops: u64) -> f64 {
    flops as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;

    fn planned(set: &[&str]) -> Result<Plan, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces/tiny.cream");
        let mut source = Source::load(&file, None, |_| {}).unwrap();
        let set: Vec<String> = set.iter().map(|&one| one.to_owned()).collect();
        let settings = config::search(None, &set).unwrap().settings;
        source
            .plan_search(&[], &settings.supernet)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_end_that_no_path_reaches_is_told_in_its_own_unit_with_a_value_that_works() {
        for (key, value, cure) in [
            ("FLOPS_MINIMUM", "5000", "; lower `FLOPS_MINIMUM` to "),
            ("FLOPS_MAXIMUM", "0.01", "; raise `FLOPS_MAXIMUM` to "),
        ] {
            let said = planned(&[&format!("{key}={value}")]).unwrap_err();
            let place = format!("--set {key}={value}: no path has `{key}: {value}` million flops");
            assert!(said.starts_with(&place), "{said}");
            let (_, works) = said.split_once(cure).unwrap_or_else(|| panic!("{said}"));
            let works = works.split(' ').next().unwrap();
            let plan = planned(&[&format!("{key}={works}")]).unwrap();
            assert_eq!(
                plan.cost(&plan.witness).flops as f64 / 1e6,
                works.parse::<f64>().unwrap()
            );
        }
    }
}
