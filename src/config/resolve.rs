//! Written settings against the list of settings: one value for each.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Mapping, Value as Yaml};

use super::keys::{ALIASES, Key, Run, Use, keys};
use super::kind::Value;
use super::problem::{Place, Problem, SettingsError, Warning};
use super::read::Written;

/// Who may have written a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// Somebody who means every line.
    User,
    /// A run, too, which writes all defaults beside what was meant.
    Run,
}

/// Every setting that a kind of run reads, with its value and place.
pub(super) struct Resolved {
    run: Run,
    author: Author,
    values: BTreeMap<&'static str, (Value, Place)>,
    /// Settings whose value comes from their other place.
    aliased: BTreeSet<&'static str>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
}

/// Checks what was written; what was not gets its default.
pub(super) fn resolve(written: Vec<Written>, run: Run, author: Author) -> Resolved {
    let mut resolved = Resolved {
        run,
        author,
        values: defaults(run),
        aliased: BTreeSet::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let (aliased, direct): (Vec<_>, Vec<_>) = written
        .into_iter()
        .partition(|written| ALIASES.iter().any(|(from, _)| *from == written.path));
    for written in direct {
        resolved.take(&written, &written.path);
    }
    for written in aliased {
        resolved.take_alias(&written);
    }
    resolved
}

fn defaults(run: Run) -> BTreeMap<&'static str, (Value, Place)> {
    keys()
        .iter()
        .filter_map(|key| Some((key.path, (default_of(key, run)?, Place::Default))))
        .collect()
}

fn default_of(key: &Key, run: Run) -> Option<Value> {
    let Use::Or(text) = key.used_by(run) else {
        return None;
    };
    let yaml = serde_yaml::from_str(text).expect("a default is YAML");
    Some(key.kind.read(&yaml).expect("a default is of its kind"))
}

impl Resolved {
    fn take(&mut self, written: &Written, path: &str) {
        let Some(key) = keys().iter().find(|key| key.path == path) else {
            return self.refuse_unknown(written);
        };
        match (key.kind.read(&written.yaml), key.used_by(self.run)) {
            (Err(what), _) => self.problem(&written.place, format!("`{}` {what}", written.path)),
            (Ok(_), Use::Idle(why)) => {
                let what = format!("`{}` has no effect: {why}", written.path);
                self.warnings.push(Problem {
                    place: written.place.clone(),
                    what,
                });
            }
            (Ok(value), Use::Or(_)) => {
                self.values.insert(key.path, (value, written.place.clone()));
            }
        }
    }

    /// A setting in its other place. The original's files hold `OPTIMIZER.…` beside the
    /// settings that are really read, so there a difference is no contradiction.
    fn take_alias(&mut self, written: &Written) {
        let (_, meant) = ALIASES
            .iter()
            .find(|(from, _)| *from == written.path)
            .expect("the caller found it");
        let before = self
            .values
            .get(meant)
            .filter(|(_, place)| !matches!(place, Place::Default))
            .cloned();
        let overrides = matches!(written.place, Place::Set(_));
        let Some((value, place)) = before.filter(|_| !overrides) else {
            self.aliased.insert(meant);
            return self.take(written, meant);
        };
        self.take(written, meant);
        let now = self.values.insert(meant, (value.clone(), place.clone()));
        if now.is_some_and(|(now, _)| now == value) {
            return;
        }
        let what = format!("`{}` differs from `{meant}` at {place}", written.path);
        if written.path.starts_with("OPTIMIZER.") {
            let what = format!("{what}, which is the one that is read");
            self.warnings.push(Problem {
                place: written.place.clone(),
                what,
            });
        } else {
            self.problem(&written.place, what);
        }
    }

    fn refuse_unknown(&mut self, written: &Written) {
        let path = &written.path;
        let group = format!("{path}.");
        let what = if keys().iter().any(|key| key.path.starts_with(&group)) {
            // An empty group, `NET:`, is nothing; anything else is not a group.
            if matches!(written.yaml, Yaml::Null) {
                return;
            }
            format!("`{path}` is a group of settings, not a setting")
        } else {
            format!(
                "`{path}` is no setting{}",
                nearest(path).map_or(String::new(), |near| format!("; did you mean `{near}`?"))
            )
        };
        self.problem(&written.place, what);
    }

    /// Notes a problem at `place`.
    pub fn problem(&mut self, place: &Place, what: impl Into<String>) {
        self.problems.push(Problem {
            place: place.clone(),
            what: what.into(),
        });
    }

    /// Notes a problem at the first of `paths` that the user wrote.
    pub fn contradiction(&mut self, paths: &[&'static str], what: impl Into<String>) {
        let written = paths
            .iter()
            .map(|path| &self.values[path].1)
            .find(|place| !matches!(place, Place::Default));
        let place = written.cloned().unwrap_or(Place::Default);
        self.problem(&place, what);
    }

    /// Ends here if there is any problem.
    pub fn stop_at_problems(&mut self) -> Result<(), SettingsError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut problems = std::mem::take(&mut self.problems);
        problems.sort_by_key(|problem| match problem.place {
            Place::File { line, column, .. } => (0, line, column),
            Place::Set(_) => (1, 0, 0),
            Place::Default => (2, 0, 0),
        });
        Err(SettingsError { problems })
    }

    /// Warns that a setting which the user wrote is not read, and why.
    pub fn no_effect(&mut self, path: &'static str, why: &str) {
        let warning = self.without_effect(path, why);
        self.warnings.push(warning);
    }

    /// Warns of how a setting is read, at its place.
    pub fn warn(&mut self, path: &'static str, what: String) {
        let place = self.values[path].1.clone();
        self.warnings.push(Problem { place, what });
    }

    /// The warning that a setting is not read, and why.
    pub fn without_effect(&self, path: &'static str, why: &str) -> Warning {
        Problem {
            place: self.values[path].1.clone(),
            what: format!("`{path}` has no effect: {why}"),
        }
    }

    /// Whether the user wrote it.
    pub fn is_written(&self, path: &'static str) -> bool {
        !matches!(self.values[path].1, Place::Default)
    }

    /// Whether it differs from the default.
    pub fn is_changed(&self, path: &'static str) -> bool {
        let key = keys().iter().find(|key| key.path == path);
        key.and_then(|key| default_of(key, self.run)).as_ref() != Some(self.value(path))
    }

    /// Whether somebody asked for its value.
    pub fn is_asked_for(&self, path: &'static str) -> bool {
        match self.author {
            Author::User => self.is_written(path),
            Author::Run => self.is_changed(path),
        }
    }

    /// Whether its value was written in its other place, one of the original's.
    pub fn is_aliased(&self, path: &'static str) -> bool {
        self.aliased.contains(path)
    }

    /// Where it was written.
    pub fn place(&self, path: &'static str) -> &Place {
        &self.values[path].1
    }

    /// Fixes a value that the default leaves open.
    pub fn settle(&mut self, path: &'static str, value: Value) {
        self.values.get_mut(path).expect("a key of the list").0 = value;
    }

    pub fn value(&self, path: &'static str) -> &Value {
        &self.values[path].0
    }

    pub fn flag(&self, path: &'static str) -> bool {
        match self.value(path) {
            Value::Flag(flag) => *flag,
            other => unreachable!("`{path}` is a flag, not {other:?}"),
        }
    }

    pub fn maybe_whole_signed(&self, path: &'static str) -> Option<i64> {
        match self.value(path) {
            Value::None => None,
            Value::Whole(whole) => Some(*whole),
            other => unreachable!("`{path}` is a whole number, not {other:?}"),
        }
    }

    pub fn maybe_whole(&self, path: &'static str) -> Option<u64> {
        let whole = self.maybe_whole_signed(path)?;
        Some(u64::try_from(whole).expect("the kind holds no negative number"))
    }

    /// `None` too where this kind of run does not read it.
    pub fn maybe_read_whole(&self, path: &'static str) -> Option<u64> {
        self.values.contains_key(path).then(|| self.whole(path))
    }

    pub fn whole(&self, path: &'static str) -> u64 {
        self.maybe_whole(path).expect("the kind has no None")
    }

    pub fn maybe_real(&self, path: &'static str) -> Option<f64> {
        match self.value(path) {
            Value::None => None,
            Value::Real(real) => Some(*real),
            other => unreachable!("`{path}` is a number, not {other:?}"),
        }
    }

    pub fn real(&self, path: &'static str) -> f64 {
        self.maybe_real(path).expect("the kind has no None")
    }

    pub fn maybe_text(&self, path: &'static str) -> Option<String> {
        match self.value(path) {
            Value::None => None,
            Value::Text(text) => Some(text.clone()),
            other => unreachable!("`{path}` is a text, not {other:?}"),
        }
    }

    pub fn text(&self, path: &'static str) -> String {
        self.maybe_text(path).expect("the kind has no None")
    }

    pub fn maybe_numbers(&self, path: &'static str) -> Option<Vec<f64>> {
        match self.value(path) {
            Value::None => None,
            Value::Numbers(numbers) => Some(numbers.clone()),
            other => unreachable!("`{path}` holds numbers, not {other:?}"),
        }
    }

    pub fn maybe_lists(&self, path: &'static str) -> Option<Vec<Vec<i64>>> {
        match self.value(path) {
            Value::None => None,
            Value::Lists(lists) => Some(lists.clone()),
            other => unreachable!("`{path}` holds lists, not {other:?}"),
        }
    }

    /// Every setting that the run reads, grouped, in the order of the list.
    pub fn yaml(&self) -> String {
        let mut top = Mapping::new();
        for key in keys() {
            if let Some((value, _)) = self.values.get(key.path) {
                let yaml = serde_yaml::to_value(value).expect("a value is YAML");
                insert(&mut top, key.path, yaml);
            }
        }
        serde_yaml::to_string(&top).expect("a mapping of plain values is YAML")
    }
}

fn insert(group: &mut Mapping, path: &str, yaml: Yaml) {
    match path.split_once('.') {
        None => {
            group.insert(path.into(), yaml);
        }
        Some((name, rest)) => {
            let inner = group
                .entry(name.into())
                .or_insert_with(|| Mapping::new().into());
            insert(
                inner.as_mapping_mut().expect("a group is no setting"),
                rest,
                yaml,
            );
        }
    }
}

/// The setting that was probably meant: the same name in another group, or the nearest.
fn nearest(path: &str) -> Option<&'static str> {
    let upper = path.to_uppercase();
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let names = || {
        keys()
            .iter()
            .map(|key| key.path)
            .chain(ALIASES.iter().map(|(from, _)| *from))
    };
    names().find(|name| last(name) == last(&upper)).or_else(|| {
        let likeness = |name: &str| {
            let whole = strsim::normalized_damerau_levenshtein(name, &upper);
            whole.max(strsim::normalized_damerau_levenshtein(&last(name), &last(&upper)) - 0.05)
        };
        let best = names().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(best) > 0.6).then_some(best)
    })
}
