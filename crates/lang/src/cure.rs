//! The cures that messages carry, made in the text.
//!
//! In: a text and how to check it. Out: the text with every cure made that helps, and what was
//! done. The text never gets worse: a cure that does not make the messages fewer, or let the
//! text be read further, is not taken. Curing a cured text changes nothing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::diagnostic::{Certainty, Code, Diagnostic, Edit, Help, Severity};
use crate::source::{FileId, Source};

/// A text after its cures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cured {
    /// It.
    pub text: String,
    /// What was done, in order.
    pub steps: Vec<Step>,
}

/// One cure that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Of which rule.
    pub code: Code,
    /// The cure in words.
    pub message: String,
    /// The first line that changed, from 1, in the text as it was then.
    pub line: usize,
    /// The lines as they were.
    pub before: String,
    /// The lines as they are.
    pub after: String,
}

/// Makes every cure that is at least as sure as `certainty`, until none is left that helps.
///
/// `check` gives every message about a text, which is the file with the id 0. Cures in other
/// files are not made.
pub fn cure(
    text: &str,
    certainty: Certainty,
    mut check: impl FnMut(&str) -> Vec<Diagnostic>,
) -> Cured {
    let found = check(text);
    let mut patient = Patient::new(text.to_owned(), found);
    let mut steps = Vec::new();
    loop {
        let made = steps.len();
        patient.round(certainty, &mut check, &mut steps);
        if steps.len() == made {
            break;
        }
    }
    Cured {
        text: patient.text,
        steps,
    }
}

/// The text after some edits that do not overlap; `None` when they do, or lie outside of it.
pub fn edited(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut new = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let range = edit.span.range();
        new += text.get(done..range.start)?;
        new += &edit.replacement;
        done = range.end;
    }
    new += text.get(done..)?;
    Some(new)
}

/// A text with its messages.
struct Patient {
    text: String,
    found: Vec<Diagnostic>,
    state: State,
}

/// How ill a text is; the least is the best. Errors of reading come first, because they hide others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    syntax: usize,
    errors: usize,
    warnings: usize,
    /// Bytes behind every message, in order: less of them where the text could be read further. At the
    /// same place a later rule is better: the rules are listed in the order of the passes.
    places: Vec<(usize, Reverse<Code>)>,
}

impl Patient {
    fn new(text: String, found: Vec<Diagnostic>) -> Patient {
        let state = State::of(&found, text.len());
        Patient { text, found, state }
    }

    /// Tries every cure once, the first message first.
    fn round(
        &mut self,
        certainty: Certainty,
        check: &mut impl FnMut(&str) -> Vec<Diagnostic>,
        steps: &mut Vec<Step>,
    ) {
        // By the bytes behind them: those do not move when something is cured before.
        let mut tried: BTreeSet<(usize, Code)> = BTreeSet::new();
        let mut at = 0;
        while let Some(diagnostic) = self.found.get(at) {
            let key = (bytes_behind(diagnostic, self.text.len()), diagnostic.code);
            let step = cure_of(diagnostic, certainty)
                .filter(|_| tried.insert(key))
                .and_then(|help| self.step(diagnostic.code, help));
            at += 1;
            let Some((text, step)) = step else { continue };
            let found = check(&text);
            let next = Patient::new(text, found);
            if next.state < self.state {
                *self = next;
                steps.push(step);
                at = 0;
            }
        }
    }

    /// The text after a cure, and the step that it would be.
    fn step(&self, code: Code, help: &Help) -> Option<(String, Step)> {
        let text = edited(&self.text, &help.edits)?;
        let first = help.edits.iter().map(|edit| edit.span.start).min()?;
        let last = help.edits.iter().map(|edit| edit.span.end).max()?;
        let (first, last) = (first as usize, last as usize);
        let start = self.text[..first].rfind('\n').map_or(0, |at| at + 1);
        let tail = self.text.len() - line_end(&self.text, last);
        let step = Step {
            code,
            message: help.message.clone(),
            line: Source::new("", self.text.as_str()).position(first).line,
            before: self.text[start..self.text.len() - tail].to_owned(),
            after: text[start..text.len() - tail].to_owned(),
        };
        Some((text, step))
    }
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at)
}

/// The cure of a message, if it is sure enough and lies in the text itself.
fn cure_of(diagnostic: &Diagnostic, certainty: Certainty) -> Option<&Help> {
    let help = diagnostic.help.as_ref()?;
    let is_here = help.edits.iter().all(|edit| edit.span.file == FileId(0));
    let is_wanted = help.certainty <= certainty && !help.edits.is_empty() && is_here;
    is_wanted.then_some(help)
}

impl State {
    fn of(found: &[Diagnostic], length: usize) -> State {
        let count = |wanted: fn(&&Diagnostic) -> bool| found.iter().filter(wanted).count();
        let is_error = |one: &&Diagnostic| one.severity == Severity::Error;
        let errors = count(is_error);
        let syntax = count(|one| one.code.is_syntax());
        State {
            syntax,
            errors: errors - syntax,
            warnings: found.len() - errors,
            places: found
                .iter()
                .map(|one| (bytes_behind(one, length), Reverse(one.code)))
                .collect(),
        }
    }
}

/// Bytes from the start of a message's place to the end of the text; none for other files.
fn bytes_behind(diagnostic: &Diagnostic, length: usize) -> usize {
    let span = diagnostic.labels[0].span;
    match span.file {
        FileId(0) => length.saturating_sub(span.start as usize),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compile::{self, Overrides};
    use crate::source::{Files, ReadError};

    struct One(String);

    impl Files for One {
        fn read(&self, _: &std::path::Path) -> Result<String, ReadError> {
            Ok(self.0.clone())
        }
    }

    fn check(text: &str) -> Vec<Diagnostic> {
        let files = One(text.to_owned());
        let unit = compile::load(&files, "a.cream".as_ref(), &Overrides::default());
        unit.expect("the file is there").diagnostics
    }

    fn space(row: &str) -> String {
        format!(
            "cream 1\nspace a {{\n    input image(channels = 3, resolution = 32)\n    output classes(10)\n    \
             {row}\n    layer pool avgpool\n    layer logits linear channels = classes\n}}\n"
        )
    }

    #[track_caller]
    fn row_after(row: &str, certainty: Certainty) -> String {
        let cured = cure(&space(row), certainty, check);
        let start = space("").find("\n    \n").expect("the row stands there") + 5;
        let row = &cured.text[start..];
        row[..row.find('\n').unwrap()].trim_end().to_owned()
    }

    #[test]
    fn sure_cures_are_made_until_none_is_left() {
        assert_eq!(
            row_after(
                "stage s1 ir(kernel: {3, 5} expand = [4, 6]), channels 24; // width",
                Certainty::Sure
            ),
            "stage s1 ir(kernel in {3, 5}, expand in {4, 6}) channels = 24 # width",
        );
    }

    #[test]
    fn a_guess_is_made_only_where_it_is_wanted() {
        let row = "stage s1 ir(kernal = 3, expand = 4) channels = 24";
        assert_eq!(row_after(row, Certainty::Sure), row);
        assert_eq!(
            row_after(row, Certainty::Guess),
            row.replace("kernal", "kernel")
        );
    }

    #[test]
    fn a_cure_that_hides_a_resolution_to_settle_is_no_sure_one() {
        let text = space("layer a conv(kernel = 3) channels = 8")
            .replace("resolution = 32", "resolution = {32, 64}");
        assert_eq!(cure(&text, Certainty::Sure, check).text, text);
    }

    #[test]
    fn errors_that_an_unreadable_row_hid_do_not_count_as_worse() {
        let row = "layer a conv(kernel = 3; banana = 2) channels = 8";
        let cured = cure(&space(row), Certainty::Sure, check);
        assert!(
            cured.text.contains("(kernel = 3, banana = 2)"),
            "{}",
            cured.text
        );
        assert_eq!(check(&cured.text)[0].code, Code::UnknownAttribute);
    }

    #[test]
    fn a_step_says_what_it_did() {
        let text = space("layer a conv(kernel = 3) channels 8");
        let cured = cure(&text, Certainty::Sure, check);
        let expected = Step {
            code: Code::BindingWord,
            message: "a fixed attribute is written `channels = 8`".to_owned(),
            line: 5,
            before: "    layer a conv(kernel = 3) channels 8".to_owned(),
            after: "    layer a conv(kernel = 3) channels = 8".to_owned(),
        };
        assert_eq!(cured.steps, [expected]);
    }

    #[test]
    fn a_cure_that_makes_nothing_better_is_not_taken() {
        let found = |text: &str| {
            let span = crate::source::Span::new(FileId(0), 0, text.len());
            let one = Diagnostic::new(Code::UnknownName, "bad", span, "");
            vec![one.fix("longer", span, format!("{text}!"))]
        };
        assert_eq!(cure("a", Certainty::Sure, found).text, "a");
    }

    #[test]
    fn edits_that_overlap_are_not_made() {
        let edit = |start, end| Edit::new(crate::source::Span::new(FileId(0), start, end), "x");
        assert_eq!(
            edited("abcd", &[edit(2, 3), edit(0, 1)]),
            Some("xbxd".to_owned())
        );
        assert_eq!(edited("abcd", &[edit(0, 2), edit(1, 3)]), None);
        assert_eq!(edited("abcd", &[edit(3, 9)]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_cured_text_is_never_worse_and_is_cured_for_good(
            at in 0_usize..300,
            gone in 0_usize..6,
            noise in "[;:,{}()\\[\\]=<>. a-z0-9\"'/-]{0,6}",
        ) {
            let mut text = space("stage s1 ir(kernel in {3, 5}, expand = 4) channels = 24 depth in 1..3");
            let at = at.min(text.len());
            let end = (at + gone).min(text.len());
            text.replace_range(at..end, &noise);
            let cured = cure(&text, Certainty::Guess, check);
            let state = |text: &str| State::of(&check(text), text.len());
            prop_assert!(state(&cured.text) <= state(&text));
            prop_assert_eq!(cure(&cured.text, Certainty::Guess, check).steps, []);
        }
    }
}
