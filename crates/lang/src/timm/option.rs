//! The parts of a string behind its type: a key and a number each, but for the activation and `noskip`.

use std::collections::BTreeMap;

use super::word::Word;
use super::{ACTS, report};
use crate::diagnostic::Diagnostic;
use crate::quantity::{NumberError, Quantity, Ratio};
use crate::space::Activation;

/// The parts by their keys; the values of activations and of `noskip` and `skip` are empty.
pub(super) struct Options<'t> {
    whole: Word<'t>,
    parts: BTreeMap<&'t str, Part<'t>>,
    act: Option<(Activation, Word<'t>)>,
}

#[derive(Clone, Copy)]
struct Part<'t> {
    whole: Word<'t>,
    value: Word<'t>,
}

impl<'t> Options<'t> {
    /// # Errors
    /// When a part stands twice, or names no known activation.
    pub(super) fn read(
        whole: Word<'t>,
        parts: impl Iterator<Item = Word<'t>>,
    ) -> Result<Options<'t>, Diagnostic> {
        let mut options = Options {
            whole,
            parts: BTreeMap::new(),
            act: None,
        };
        for part in parts {
            options.add(part)?;
        }
        Ok(options)
    }

    fn add(&mut self, whole: Word<'t>) -> Result<(), Diagnostic> {
        if let Some(name) = whole.text.strip_prefix('n').filter(|name| *name != "oskip") {
            let Some((_, act)) = ACTS.iter().find(|(word, _)| *word == name) else {
                return Err(report::unknown_act(whole));
            };
            return match self.act.replace((*act, whole)) {
                Some((_, first)) => Err(report::twice(whole, first)),
                None => Ok(()),
            };
        }
        let (key, value) = whole.split_number();
        match self.parts.insert(key.text, Part { whole, value }) {
            Some(first) => Err(report::twice(whole, first.whole)),
            None => Ok(()),
        }
    }

    /// Takes the activation.
    pub(super) fn act(&mut self) -> Option<Activation> {
        self.act.take().map(|(act, _)| act)
    }

    /// Takes a word without a number.
    pub(super) fn flag(&mut self, word: &str) -> Option<Word<'t>> {
        let part = self
            .parts
            .get(word)
            .filter(|part| part.value.text.is_empty())?;
        let whole = part.whole;
        self.parts.remove(word);
        Some(whole)
    }

    /// Takes a part, if it is there, and its number.
    pub(super) fn ratio(
        &mut self,
        key: &'static str,
        range: (u32, u32),
    ) -> Result<Option<(Ratio, Word<'t>)>, Diagnostic> {
        let Some(part) = self.parts.remove(key) else {
            return Ok(None);
        };
        let number = match is_plain(part.value.text) {
            true => Quantity::parse(part.value.text),
            false => Err(NumberError::Malformed),
        };
        let ratio = match number {
            Ok(number) => number.to_ratio(),
            Err(NumberError::OutOfRange) => None,
            Err(NumberError::Malformed) => return Err(report::no_number(part.whole, part.value)),
        };
        let Some(ratio) = ratio else {
            return Err(report::outside(key, part.value, range));
        };
        let (low, high) = (Ratio::whole(range.0.into()), Ratio::whole(range.1.into()));
        match (low..=high).contains(&ratio) {
            true => Ok(Some((ratio, part.whole))),
            false => Err(report::outside(key, part.value, range)),
        }
    }

    /// Takes a part that must be there, and its whole number.
    pub(super) fn whole(
        &mut self,
        key: &'static str,
        range: (u32, u32),
    ) -> Result<(u32, Word<'t>), Diagnostic> {
        let Some((ratio, word)) = self.ratio(key, range)? else {
            return Err(self.missing(key));
        };
        match u32::try_from(ratio.numerator) {
            Ok(number) if ratio.denominator == 1 => Ok((number, word)),
            _ => Err(report::not_whole(word)),
        }
    }

    /// The message about a part that must be there.
    pub(super) fn missing(&self, key: &str) -> Diagnostic {
        report::missing(key, self.whole)
    }

    /// Nothing may be left that was not understood.
    pub(super) fn finish(self) -> Result<(), Diagnostic> {
        let mut left: Vec<Part> = self.parts.into_values().collect();
        left.sort_by_key(|part| part.whole.span);
        match left.first() {
            Some(part) => Err(report::cannot_say(part.whole)),
            None => Ok(()),
        }
    }
}

/// Digits with a point at most: no power of ten, no unit.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
}
