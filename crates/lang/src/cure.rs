//! The cures that messages carry, made in the text.
//!
//! In: a text and how to check it. Out: the text with every cure made that helps, and what was
//! done. The text never gets worse: a cure that does not make the messages fewer, or let the
//! text be read further, is not taken. Curing a cured text changes nothing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::diagnostic::{Certainty, Code, Diagnostic, Edit, Help, Severity};
use crate::source::FileId;

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
pub fn cure(text: &str, certainty: Certainty, check: impl FnMut(&str) -> Vec<Diagnostic>) -> Cured {
    cure_together(text, certainty, usize::MAX, check)
}

/// The same with at most so many cures made before a check.
fn cure_together(
    text: &str,
    certainty: Certainty,
    together: usize,
    mut check: impl FnMut(&str) -> Vec<Diagnostic>,
) -> Cured {
    let found = check(text);
    let mut patient = Patient::new(text.to_owned(), found);
    let mut steps = Vec::new();
    loop {
        let made = steps.len();
        patient.round(certainty, together, &mut check, &mut steps);
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

/// A cure that is to be made.
struct Dose<'p> {
    /// The bytes behind its message, which do not move when something is cured before, and the rule.
    key: (usize, Code),
    help: &'p Help,
}

impl Patient {
    fn new(text: String, found: Vec<Diagnostic>) -> Patient {
        let state = State::of(&found, text.len());
        Patient { text, found, state }
    }

    /// Tries every cure once, the first message first: of sure ones as many together as are all right,
    /// at most `together`.
    fn round(
        &mut self,
        certainty: Certainty,
        together: usize,
        check: &mut impl FnMut(&str) -> Vec<Diagnostic>,
        steps: &mut Vec<Step>,
    ) {
        let mut tried: BTreeSet<(usize, Code)> = BTreeSet::new();
        let mut most = together;
        loop {
            let doses = self.doses(certainty, most, &tried);
            let keys: Vec<(usize, Code)> = doses.iter().map(|dose| dose.key).collect();
            let next = match self.taking(&doses) {
                Some((text, made)) => {
                    let found = check(&text);
                    Some((Patient::new(text, found), made))
                }
                None => None,
            };
            let next = next.filter(|(next, _)| self.is_cured(&doses, next));
            match (next, keys.len()) {
                (_, 0) => return,
                (Some((next, made)), _) => {
                    *self = next;
                    steps.extend(made);
                    tried.extend(keys);
                    most = together.min(most.saturating_mul(2));
                }
                (None, 1) => tried.extend(keys),
                (None, several) => most = several / 2,
            }
        }
    }

    /// The first cures that are left to try, one behind the other in the text; one where that is a guess.
    fn doses(
        &self,
        certainty: Certainty,
        most: usize,
        tried: &BTreeSet<(usize, Code)>,
    ) -> Vec<Dose<'_>> {
        let mut doses: Vec<Dose> = Vec::new();
        let mut done = 0;
        for diagnostic in &self.found {
            let Some(help) = cure_of(diagnostic, certainty) else {
                continue;
            };
            let key = (bytes_behind(diagnostic, self.text.len()), diagnostic.code);
            if tried.contains(&key) {
                continue;
            }
            let [first, last] = extent(help);
            let is_sure = |help: &Help| help.certainty == Certainty::Sure;
            if let Some(before) = doses.first() {
                let are_sure = is_sure(before.help) && is_sure(help);
                if !are_sure || first <= done || doses.len() == most {
                    break;
                }
            }
            doses.push(Dose { key, help });
            done = last;
        }
        doses
    }

    /// The text after cures that stand one behind the other, and the steps they would be; `None` when the edits
    /// of one overlap, or lie outside of the text.
    fn taking(&self, doses: &[Dose]) -> Option<(String, Vec<Step>)> {
        let mut written = Written {
            text: &self.text,
            done: 0,
            new: String::with_capacity(self.text.len()),
            line: 1,
        };
        let steps = doses.iter().map(|dose| written.step(dose.key.1, dose.help));
        let steps = steps.collect::<Option<Vec<Step>>>()?;
        written.copy(self.text.len())?;
        Some((written.new, steps))
    }

    /// Whether the next state is better, and where several cures are made each has fewer messages between
    /// it and the next one: alone it would have been taken, too.
    fn is_cured(&self, doses: &[Dose], next: &Patient) -> bool {
        let last = doses.last().filter(|_| next.state < self.state);
        let line_end = last.and_then(|last| line_end(&self.text, extent(last.help)[1]));
        let Some(line_end) = line_end else {
            return false;
        };
        let marks: Vec<usize> = doses.iter().map(|dose| dose.key.0).collect();
        // Behind that line nothing has changed, but there may be messages about it only now.
        let end = self.text.len() - line_end;
        let before = self.counts(&marks, end);
        let after = next.counts(&self.moved(doses), end);
        let mut both = before.iter().zip(&after);
        doses.len() == 1 || both.all(|(before, after)| after < before)
    }

    /// The places of cures in the text that they make, as bytes behind them.
    fn moved(&self, doses: &[Dose]) -> Vec<usize> {
        let mut added = 0;
        let places = doses.iter().rev().map(|dose| {
            let start = self.text.len().saturating_sub(dose.key.0);
            let place = dose
                .key
                .0
                .saturating_add_signed(added + growth(dose.help, start));
            added += growth(dose.help, 0);
            place
        });
        let mut places: Vec<usize> = places.collect();
        places.reverse();
        places
    }

    /// How many messages there are from each of some places, bytes from the end, to the next one; those before the
    /// first count there. The last one goes as far as `end`.
    fn counts(&self, marks: &[usize], end: usize) -> Vec<usize> {
        let mut counts = vec![0; marks.len()];
        let places = self.found.iter();
        let places = places.map(|one| bytes_behind(one, self.text.len()));
        for place in places.filter(|&place| place >= end) {
            let at = marks.partition_point(|&mark| mark >= place);
            counts[at.saturating_sub(1)] += 1;
        }
        counts
    }
}

/// How many bytes longer a text is after those edits of a cure that lie behind a place.
fn growth(help: &Help, from: usize) -> isize {
    let edits = help.edits.iter();
    let edits = edits.filter(|edit| edit.span.start as usize >= from);
    let growth = edits.map(|edit| {
        let before = edit.span.range().len() as isize;
        edit.replacement.len() as isize - before
    });
    growth.sum()
}

/// The first and the last byte that the edits of a cure touch.
fn extent(help: &Help) -> [usize; 2] {
    let first = help.edits.iter().map(|edit| edit.span.start).min();
    let last = help.edits.iter().map(|edit| edit.span.end).max();
    [first, last].map(|end| end.unwrap_or(0) as usize)
}

/// A text on its way: what is edited, and where the rest of the old one begins.
struct Written<'t> {
    text: &'t str,
    done: usize,
    new: String,
    /// The line that is being written, from 1.
    line: usize,
}

impl Written<'_> {
    /// Goes on as the old text does, up to a byte of it; `None` where that is behind.
    fn copy(&mut self, until: usize) -> Option<()> {
        self.push(self.text.get(self.done..until)?);
        self.done = until;
        Some(())
    }

    fn push(&mut self, text: &str) {
        self.line += text.matches('\n').count();
        self.new += text;
    }

    /// Makes the edits of a cure behind all before.
    fn step(&mut self, code: Code, help: &Help) -> Option<Step> {
        let [first, last] = extent(help);
        self.copy(first)?;
        let (start, line) = (self.new.rfind('\n').map_or(0, |at| at + 1), self.line);
        let rest = self.text.get(last..line_end(self.text, last)?)?;
        let before = [&self.new[start..], self.text.get(first..last)?, rest].concat();
        let mut edits: Vec<&Edit> = help.edits.iter().collect();
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        for edit in edits {
            self.copy(edit.span.start as usize)?;
            self.push(&edit.replacement);
            self.done = edit.span.end as usize;
        }
        Some(Step {
            code,
            message: help.message.clone(),
            line,
            before,
            after: [&self.new[start..], rest].concat(),
        })
    }
}

/// `None` where a text has no such byte, or one inside a character.
fn line_end(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    Some(rest.find('\n').map_or(text.len(), |at| from + at))
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
    use crate::source::Texts;

    fn check(text: &str) -> Vec<Diagnostic> {
        let files = Texts(&[("a.cream", text)]);
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
    fn a_cure_beyond_the_text_or_inside_a_character_is_not_taken() {
        for end in [1, 5] {
            let found = |_: &str| {
                let span = crate::source::Span::new(FileId(0), 0, end);
                let one = Diagnostic::new(Code::UnknownName, "bad", span, "");
                vec![one.fix("other", span, "a".to_owned())]
            };
            let cured = cure("é", Certainty::Sure, found);
            assert_eq!((cured.text.as_str(), cured.steps), ("é", vec![]));
        }
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

    #[test]
    fn slips_are_cured_with_a_check_for_all_that_have_messages_at_once() {
        let slips = "layer a conv(kernel = 3) channels = 8;\n    ".repeat(1_000);
        let text = space(&slips);
        let mut checks = 0;
        let cured = cure(&text, Certainty::Sure, |text| {
            checks += 1;
            syntax(text)
        });
        assert_eq!(cured.steps.len(), 1_000);
        let right = "layer a conv(kernel = 3) channels = 8\n";
        assert_eq!(cured.text.matches(right).count(), 1_000);
        // 20 errors of reading have messages.
        assert!(checks <= 1_000 / 20 + 10, "{checks}");
    }

    /// The messages of reading alone.
    fn syntax(text: &str) -> Vec<Diagnostic> {
        crate::syntax::parse(FileId(0), text).1
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn slips_of_any_kinds_in_any_rows_are_cured_together_as_one_by_one(
            slips in prop::collection::vec(0_usize..7, 1..50),
        ) {
            let rows = |row: &dyn Fn(usize) -> &'static str| {
                let rows = slips.iter().enumerate();
                let rows = rows.map(|(at, &slip)| format!("layer l{at} {}\n    ", row(slip)));
                space(&rows.collect::<String>())
            };
            let slipped = rows(&|slip| [
                "conv(kernel = 3) channels = 8",
                "conv(kernel = 3) channels = 8;",
                "conv(kernel: 3) channels = 8",
                "conv(kernel = 3) channels 8",
                "conv(kernel = 3), channels = 8",
                "conv(kernel = 3; act = swish) channels: 8",
                "conv(kernel in [3, 5]) channels = 8 // wide",
            ][slip]);
            let right = rows(&|slip| match slip {
                5 => "conv(kernel = 3, act = swish) channels = 8",
                6 => "conv(kernel in {3, 5}) channels = 8 # wide",
                _ => "conv(kernel = 3) channels = 8",
            });
            for together in [1, usize::MAX] {
                let cured = cure_together(&slipped, Certainty::Sure, together, check);
                prop_assert_eq!(&cured.text, &right);
            }
        }

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
