//! Spaces derived from others: lines that narrow nothing, too much, or what is not there.

use super::list;
use crate::diagnostic::{Code, Diagnostic, nearest, nearest_number};
use crate::source::{Name, Span, Spanned};
use crate::space::check::{Kind, Line, Open, Wants};
use crate::space::{AttributeName, AttributeValue, Choice, Row, Space};
use crate::syntax::ast::{Dotted, NarrowWord};

/// What stands behind the word of a line.
fn right_side(line: Line) -> Span {
    match line.wants {
        Wants::Domain(_, domain) => domain.span,
        Wants::Fixed(fix) => fix.picks_span(),
    }
}

pub(in crate::space) fn unknown_target(
    target: &Dotted,
    base: &Space,
    known: &[String],
) -> Diagnostic {
    let name = target.text();
    let mut choices = base.choices.iter();
    if let Some(choice) = choices.find(|choice| choice.name.value == name) {
        return unfollowed_choice(choice, target, &base.name);
    }
    let problem = Diagnostic::new(
        Code::DerivedUnknownTarget,
        format!("`{}` has no `{name}` to narrow", base.name.value),
        target.span,
        "nothing of the base",
    );
    let problem = match base
        .rows
        .iter()
        .find(|row| row.name.value == target.names[0].value)
    {
        Some(row) => problem.label(row.span, "its row is this one"),
        None => problem.label(base.name.span, "the base"),
    };
    match nearest(&name, known.iter().map(String::as_str)) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), target.span, near),
        None => problem.help(what_it_has(target, base, known)),
    }
}

fn unfollowed_choice(choice: &Choice, target: &Dotted, base: &Name) -> Diagnostic {
    let name = &choice.name.value;
    Diagnostic::new(
        Code::DerivedUnknownTarget,
        format!("no row of `{}` follows the choice `{name}`", base.value),
        target.span,
        "nothing to narrow",
    )
    .label(choice.span, "decides nothing in this base")
    .help("leave this line out")
}

/// What can be said of the row that a left side names, or of the whole space.
fn what_it_has(target: &Dotted, base: &Space, known: &[String]) -> String {
    let prefix = format!("{}.", target.names[0].value);
    let of_row = known.iter().filter(|name| name.starts_with(&prefix));
    let of_row: Vec<&str> = of_row.map(String::as_str).collect();
    let rows = base.rows.iter().map(|row| row.name.value.as_str());
    match of_row.is_empty() {
        true => format!("its rows are {}", list(&rows.collect::<Vec<_>>())),
        false => format!("of this row there are {}", list(&of_row)),
    }
}

pub(in crate::space) fn narrowed_twice(line: Line, earlier: Line) -> Diagnostic {
    Diagnostic::new(
        Code::DerivedRepeated,
        format!("`{}` is narrowed twice", line.target.text()),
        line.target.span,
        "again here",
    )
    .label(earlier.target.span, "first here")
    .help("write one line that says both")
}

/// `s2 = …` beside `s2.depth`.
pub(in crate::space) fn fixed_whole(line: Line, earlier: Line) -> Diagnostic {
    let names = [line, earlier].map(|one| one.target.text());
    let whole = &names[usize::from(line.target.names.len() > 1)];
    Diagnostic::new(
        Code::DerivedRepeated,
        format!("the blocks of `{whole}` are all fixed"),
        line.target.span,
        "both speak of its blocks",
    )
    .label(earlier.target.span, "and this")
    .help("leave one of the two out")
}

/// `s2 in {…}`.
pub(in crate::space) fn row_is_fixed_by_blocks(
    line: Line,
    word: Spanned<NarrowWord>,
    row: &Row,
) -> Diagnostic {
    let name = &row.name.value;
    let part = match row.is_stage {
        true => format!("`{name}.depth`"),
        false => format!("`{name}.ATTRIBUTE`"),
    };
    Diagnostic::new(
        Code::BindingNotAllowed,
        format!(
            "`{name}` is a row, which `{}` cannot narrow",
            word.value.as_str()
        ),
        line.target.span,
        "a whole row is fixed: `=` and its blocks",
    )
    .label(row.span, "the row")
    .help(format!("narrow a part of it, like {part}"))
}

/// `s1.depth fit {2}` where the base says `in`.
pub(in crate::space) fn other_word(
    line: Line,
    word: Spanned<NarrowWord>,
    open: &Open,
) -> Diagnostic {
    let (name, written) = (line.target.text(), word.value.as_str());
    let base = open.word.map_or("=", NarrowWord::as_str);
    let problem = Diagnostic::new(
        Code::BindingNotAllowed,
        format!("`{name}` cannot be narrowed with `{written}`"),
        word.span,
        format!("`{base}` in the base"),
    )
    .label(open.span, "bound here");
    match open.word {
        Some(word_of_base) => {
            let wanted = word_of_base.as_str();
            problem.fix(format!("write `{wanted}`"), word.span, wanted)
        }
        None => problem.help("leave the line out: the base fixes it"),
    }
}

pub(in crate::space) fn wants_one_value(line: Line, kind: Kind) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        format!("`{}` is fixed to one value", line.target.text()),
        right_side(line),
        format!("{} belongs here", kind.type_name()),
    )
    .help("several values stand in braces behind `in`")
}

pub(in crate::space) fn outside_base(
    line: Line,
    inside: &[AttributeValue],
    outside: &[AttributeValue],
    open: &Open,
) -> Diagnostic {
    let texts = |values: &[AttributeValue]| -> Vec<String> {
        values.iter().map(AttributeValue::to_string).collect()
    };
    let (stranger, known) = (outside[0].to_string(), texts(&open.values));
    let name = line.target.text();
    let problem = Diagnostic::new(
        Code::DerivedOutsideDomain,
        format!("`{name}` cannot be {stranger} in a derived space"),
        right_side(line),
        match outside.len() {
            1 => format!("`{stranger}` is no value of the base"),
            _ => format!("{} are no values of the base", ticked(&texts(outside))),
        },
    )
    .label(open.span, format!("the base leaves {}", ticked(&known)));
    let words = known.iter().map(String::as_str);
    let near = match stranger.parse::<f64>() {
        Ok(number) => nearest_number(number, words),
        Err(_) => nearest(&stranger, words),
    };
    match (line.wants, near) {
        (Wants::Domain(..), _) if !inside.is_empty() => {
            let set = format!("{{{}}}", texts(inside).join(", "));
            problem.guess(format!("without it: `{set}`"), right_side(line), set)
        }
        (Wants::Fixed(_), Some(near)) => {
            problem.guess(format!("the nearest is {near}"), right_side(line), near)
        }
        (Wants::Domain(..) | Wants::Fixed(_), _) => problem
            .help("a derived space only narrows: widen the base, or choose one of its values"),
    }
}

/// The first few words in ticks.
fn ticked(words: &[String]) -> String {
    const TOLD: usize = 8;
    let told: Vec<&str> = words.iter().take(TOLD).map(String::as_str).collect();
    match words.len().saturating_sub(TOLD) {
        0 => list(&told),
        more => format!("`{}` and {more} more", told.join("`, `")),
    }
}

pub(in crate::space) fn narrows_nothing(line: Line, open: &Open) -> Diagnostic {
    Diagnostic::new(
        Code::NarrowsNothing,
        format!("this leaves `{}` as it is", line.target.text()),
        line.span,
        "every value of the base is kept",
    )
    .label(open.span, "what the base says")
    .help("leave the line out, or keep fewer values")
}

/// `last.channels` where `last` takes its width from a row before.
pub(in crate::space) fn width_of_other_row(line: Line, width: Span, row: &Row) -> Diagnostic {
    let name = &row.name.value;
    Diagnostic::new(
        Code::DerivedSharedDecision,
        format!("`{}` follows `{name}.channels`", line.target.text()),
        line.target.span,
        "has no width of its own",
    )
    .label(width, "takes that of the row before")
    .label(row.out_channels.span, "decided here")
    .guess(
        format!("narrow `{name}.channels`"),
        line.target.span,
        format!("{name}.channels"),
    )
}

/// `s1.kernel in {3}` where the kernel follows a choice.
pub(in crate::space) fn follows_choice(
    line: Line,
    choice: &Choice,
    attribute: AttributeName,
) -> Diagnostic {
    let name = &choice.name.value;
    Diagnostic::new(
        Code::DerivedSharedDecision,
        format!("`{}` follows the choice `{name}`", line.target.text()),
        line.target.span,
        format!("its `{attribute}` is not decided in this row alone"),
    )
    .label(choice.span, "one decision for all that follow it")
    .guess(format!("narrow `{name}`"), line.target.span, name)
}

pub(in crate::space) fn no_block_left(line: Line, row: &Row, of_base: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DerivedEmpty,
        format!(
            "`{}` leaves no block for `{}`",
            line.target.text(),
            row.name.value
        ),
        line.span,
        "every candidate of a block drops out",
    )
    .label(of_base, "what the base says")
    .help("each block of the row needs a candidate that meets every line about it")
}
