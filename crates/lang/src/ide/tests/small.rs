//! What an editor asks of random small spaces.

use super::*;
use crate::ide::names::Namespace;
use crate::space::{AttributeName, given_meaning};
use crate::syntax::is_reserved;

/// A text with another word in every place of one, also before a number, as rows of blocks are called after what they
/// do, and one blank between words.
fn with_word(text: &str, old: &str, new: &str) -> String {
    let is_letter = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let pieces = text.split_inclusive(|c| !is_letter(c));
    let replaced = pieces.map(|piece| {
        let rest = piece.strip_prefix(old).filter(|rest| {
            let end = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            !end.starts_with(is_letter)
        });
        match rest {
            Some(rest) => format!("{new}{rest}"),
            None => piece.to_owned(),
        }
    });
    let text: String = replaced.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_name_of_a_small_space_is_renamed_everywhere_and_back(seed in any::<u64>()) {
        let text = small_space(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let before = unit(&[("a.cream", &text)]);
        let printed = |unit: &Unit| unit.ir.as_ref().expect("it is right").print();
        let project = Project::new(&before, None);
        for declared in project.declarations() {
            let old = declared.name.value.as_str();
            let at = declared.name.span.start as usize;
            let edits = match project.rename(at, "fresh") {
                Ok(edits) => edits,
                // A parameter that a default reaches, or rows that say no word.
                Err(why) => {
                    let is_param = matches!(declared.what.namespace(), Namespace::Params(_));
                    prop_assert!(is_param && AttributeName::from_word(old).is_some(), "{old}: {why}");
                    continue;
                }
            };
            let renamed = crate::cure::edited(&text, &edits).expect("edits do not overlap");
            let after = unit(&[("a.cream", &renamed)]);
            prop_assert!(!after.has_errors(), "{old}: {:?}\n{renamed}", after.diagnostics);
            // The old name may be that of something else as well.
            let [one, other] = [&before, &after].map(|unit| with_word(&printed(unit), old, "fresh"));
            prop_assert!(one == other, "{old}\n{one}\n{other}\n{renamed}");
            let first = edits.iter().map(|edit| edit.span.start).min().expect("it is written");
            let back = Project::new(&after, None).rename(first as usize, old);
            let back = back.unwrap_or_else(|why| panic!("{old}: {why}\n{renamed}"));
            prop_assert_eq!(crate::cure::edited(&renamed, &back), Some(text.clone()), "{}", old);
        }
    }

    #[test]
    fn every_place_of_a_small_space_has_answers(seed in any::<u64>()) {
        let text = small_space(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let unit = unit(&[("a.cream", &text)]);
        let plan = plan::plan(unit.ir.as_ref().expect("it is right"), &Request::default()).ok();
        let plan = plan.as_ref().map(|(plan, _)| plan);
        let project = Project::new(&unit, plan);
        for one in project.occurrences() {
            let at = one.name.span.start as usize;
            let declared = project.declaration(&one).map(|found| found.name.span);
            let word = one.name.value.as_str();
            let is_given = given_meaning(word).is_some() || is_reserved(word);
            prop_assert!(declared.is_some() || is_given, "{:?}\n{text}", one.name);
            prop_assert_eq!(project.definition(at), declared, "{:?}\n{}", one.name, text);
            let told = project.hover(at);
            prop_assert!(told.is_some() || declared.is_none(), "{:?}\n{text}", one.name);
        }
        for at in (0..=text.len()).step_by(5) {
            project.complete(at);
            if let Some(told) = project.hover(at) {
                let span = told.span.range();
                prop_assert!(span.start <= at && at <= span.end && text.get(span).is_some());
            }
        }
    }
}
