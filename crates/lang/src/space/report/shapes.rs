//! Shapes: operators that cannot stand where they do.

use super::{append, behind, list, row_word, with_gap};
use crate::diagnostic::{Certainty, Code, Diagnostic, Edit};
use crate::source::{Sources, Span, Spanned};
use crate::space::Alternative;
use crate::syntax::ast;

/// A `skip` where the shape changes.
pub(in crate::space) struct SkipPlace {
    /// Where it is written.
    pub(in crate::space) skip: Span,
    /// The op in the row that leads to it.
    pub(in crate::space) op: Span,
    /// Whether it is the only alternative.
    pub(in crate::space) is_whole_op: bool,
    pub(in crate::space) row: ast::Row,
    /// Width in, width out and where the latter is written, if they differ.
    pub(in crate::space) widths: Option<((u32, u32), Span)>,
    /// The stride, if it is not 1.
    pub(in crate::space) stride: Option<Spanned<u32>>,
    /// Other rows with the same mistake through the same `skip`.
    pub(in crate::space) others: Vec<String>,
}

pub(in crate::space) fn skip_changes_shape(sources: &Sources, place: &SkipPlace) -> Diagnostic {
    let row = &place.row.name.value;
    let mut problem = Diagnostic::new(
        Code::SkipChangesShape,
        format!("`skip` cannot stand in the first block of `{row}`: the shape changes there"),
        place.skip,
        "passes its input on as it is",
    );
    if let Some(((input, output), span)) = place.widths {
        problem = problem.label(span, format!("{input} channels come in, {output} go out"));
    }
    if let Some(stride) = place.stride {
        problem = problem.label(stride.span, "the map shrinks");
    }
    if !place.others.is_empty() {
        let others: Vec<&str> = place.others.iter().map(String::as_str).collect();
        problem = problem.note(format!("the same holds in {}", list(&others)));
    }
    skip_cure(problem, sources, place)
}

fn skip_cure(problem: Diagnostic, sources: &Sources, place: &SkipPlace) -> Diagnostic {
    let row = &place.row;
    let later = row.kind == ast::RowKind::Stage && row.then.is_none();
    let others: Vec<&str> = (row.op.alternatives.iter())
        .filter(|prim| prim.span() != place.skip)
        .map(|prim| sources.text(prim.span()))
        .collect();
    let is_direct = others.len() < row.op.alternatives.len();
    if place.is_whole_op {
        return problem.help("write an operator that changes the shape, or keep width and stride");
    }
    if !is_direct {
        return problem.help(match later {
            true => "write a first block without `skip`, then this one: `FIRST then BLOCK`",
            false => "write a block without `skip` here",
        });
    }
    let first = others.join(" or ");
    let whole = format!("{first} then {}", sources.text(place.op));
    match later {
        true => problem.guess(
            format!("let only later blocks be skipped: `{whole}`"),
            place.op,
            whole.clone(),
        ),
        false => problem.guess("leave it out", place.op, first),
    }
}

pub(in crate::space) fn groups_do_not_divide(
    groups: u32,
    width: u32,
    is_input: bool,
    span: Span,
    width_span: Span,
) -> Diagnostic {
    let which = if is_input { "come in" } else { "go out" };
    Diagnostic::new(
        Code::GroupsDoNotDivide,
        format!("{groups} groups do not divide {width} channels"),
        span,
        "divides both widths of its convolution",
    )
    .label(width_span, format!("{width} channels {which}"))
}

pub(in crate::space) fn width_stays(
    alternative: &Alternative,
    (input, output): (u32, u32),
    width_span: Span,
) -> Diagnostic {
    Diagnostic::new(
        Code::WidthStays,
        format!("`{}` keeps the width", alternative.operator),
        alternative.span,
        format!("{input} channels come in and go out"),
    )
    .label(width_span, format!("{output} channels"))
    .help("change the width in a row with `conv`, `ds`, `ir` or `er`")
}

pub(in crate::space) fn shuffle_odd(
    shuffle: &Alternative,
    width: u32,
    width_span: Span,
) -> Diagnostic {
    Diagnostic::new(
        Code::ShuffleWidths,
        format!("`{}` cannot halve {width} channels", shuffle.operator),
        shuffle.span,
        "works on every second channel",
    )
    .label(width_span, format!("{width} channels come in and go out"))
    .help("write an even number of channels")
}

pub(in crate::space) fn shuffle_shrinks(
    shuffle: &Alternative,
    (input, output): (u32, u32),
    width_span: Span,
) -> Diagnostic {
    Diagnostic::new(
        Code::ShuffleWidths,
        format!(
            "`{}` cannot make {output} channels of {input} where the shape changes",
            shuffle.operator
        ),
        shuffle.span,
        "keeps the channels that come in and adds more",
    )
    .label(
        width_span,
        format!("{input} channels come in, {output} go out"),
    )
    .help("let more channels go out than come in: twice as many in ShuffleNetV2")
}

/// `linear` or a pool over the whole map inside `sum`.
pub(in crate::space) fn not_a_branch(alternative: &Alternative, row: &ast::Row) -> Diagnostic {
    Diagnostic::new(
        Code::StandsAlone,
        format!("{} cannot be a branch of `sum`", described(alternative)),
        alternative.span,
        "needs a layer to itself",
    )
    .label(row.name.span, format!("stands in this {}", row_word(row)))
}

pub(in crate::space) fn zero_alone(zero: &Alternative, row: &ast::Row) -> Diagnostic {
    Diagnostic::new(
        Code::ZeroPlace,
        "`zero` can stand in a branch of `sum` only",
        zero.span,
        "nothing would come out of the block",
    )
    .label(
        row.name.span,
        format!("reached from this {}", row_word(row)),
    )
    .help("to leave a block out, write `skip`")
}

pub(in crate::space) fn sum_can_be_zero(sum: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ZeroPlace,
        "every branch of this `sum` can be `zero`",
        sum,
        "on some path nothing would come out",
    )
    .help("write one branch without `zero`")
}

pub(in crate::space) fn too_few_branches(sum: Span, found: usize) -> Diagnostic {
    let label = match found {
        0 => "nothing to add",
        _ => "one branch is its own sum",
    };
    let problem = Diagnostic::new(
        Code::SumBranches,
        "`sum` adds two branches or more",
        sum,
        label,
    );
    problem
        .help("write them with commas between: `sum(ir(kernel = 3, expand = 4), dw(kernel = 5))`")
}

/// `linear` or a pool over the whole map among alternatives.
pub(in crate::space) fn stands_alone(alternative: &Alternative, row: &ast::Row) -> Diagnostic {
    Diagnostic::new(
        Code::StandsAlone,
        format!(
            "{} cannot be one of several alternatives",
            described(alternative)
        ),
        alternative.span,
        "needs a layer to itself",
    )
    .label(row.name.span, format!("this {} has several", row_word(row)))
}

pub(in crate::space) fn layer_only(alternative: &Alternative, row: &ast::Row) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::StandsAlone,
        format!("{} is a layer, not a stage", described(alternative)),
        alternative.span,
        "cannot be repeated",
    );
    let layer = format!("`layer {}`", row.name.value);
    if row.then.is_some() {
        return problem.help(format!("write {layer} without `then`"));
    }
    let keyword = Span {
        end: row.span.start + "stage".len() as u32,
        ..row.span
    };
    let mut edits = vec![Edit::new(keyword, "layer")];
    let depth = row.attributes.iter().find(|one| one.name.value == "depth");
    edits.extend(depth.map(|depth| Edit::new(with_gap(row, depth), "")));
    let message = match depth {
        Some(_) => format!("write {layer} without `depth`"),
        None => format!("write {layer}"),
    };
    problem.cure(message, edits, Certainty::Guess)
}

pub(in crate::space) fn no_stride(alternative: &Alternative, stride: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownAttribute,
        format!("{} has no stride", described(alternative)),
        stride,
        "nothing is left to stride over",
    )
    .guess("leave it out", stride, "")
}

fn described(alternative: &Alternative) -> String {
    let operator = alternative.operator;
    match operator.is_pool() {
        true => format!("`{operator}` over the whole map"),
        false => format!("`{operator}`"),
    }
}

/// `pool`: a name that is free.
pub(in crate::space) fn linear_before_pool(row: &ast::Row, linear: Span, pool: &str) -> Diagnostic {
    let before = Span {
        end: row.span.start,
        ..row.span
    };
    Diagnostic::new(
        Code::LayerOrder,
        "`linear` stands before the map is pooled",
        linear,
        "takes one pixel",
    )
    .guess(
        format!("pool the whole map first: `layer {pool} avgpool`"),
        before,
        format!("layer {pool}    avgpool\n    "),
    )
}

pub(in crate::space) fn after_linear(row: &ast::Row) -> Diagnostic {
    Diagnostic::new(
        Code::LayerOrder,
        "nothing but `linear` can follow `linear`",
        row.op.span,
        "there is no map any more",
    )
    .help(format!(
        "move the {} `{}` before it",
        row_word(row),
        row.name.value
    ))
}

/// The rows that would end a space as all do.
pub(in crate::space) struct Ending {
    /// A free name for the pool over the whole map, where there is none yet.
    pub(in crate::space) pool: Option<String>,
    /// The name of the last row: a free one, or that of the row in whose place it comes.
    pub(in crate::space) last: String,
    /// Whether it comes in the place of the last row, which has the width of the output already.
    pub(in crate::space) is_instead: bool,
}

pub(in crate::space) fn last_is_not_linear(row: &ast::Row, ending: &Ending) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::WrongOutput,
        "the last row gives one number a class: it is `linear`",
        row.op.span,
        format!("the last row is this {}", row_word(row)),
    );
    let pool = ending.pool.iter();
    let mut rows: Vec<String> = pool
        .map(|pool| format!("layer {pool}    avgpool"))
        .collect();
    rows.push(format!(
        "layer {}    linear    channels = classes",
        ending.last
    ));
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("`{}`", row.replace("    ", " ")))
        .collect();
    let (told, text) = (told.join(" and "), rows.join("\n    "));
    match ending.is_instead {
        true => problem.guess(format!("write {told} instead"), row.span, text),
        false => problem.guess(
            format!("write {told} after it"),
            behind(row.span),
            format!("\n    {text}"),
        ),
    }
}

pub(in crate::space) fn classes_missing(row: &ast::Row) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::WrongOutput,
        "the last row gives one number a class",
        row.span,
        "its width is that of its input",
    );
    append(problem, row.span, "channels = classes")
}

pub(in crate::space) fn wrong_class_count(width: Spanned<u32>, classes: u32) -> Diagnostic {
    Diagnostic::new(
        Code::WrongOutput,
        format!(
            "the last row gives {} numbers for {classes} classes",
            width.value
        ),
        width.span,
        "one number a class",
    )
    .guess(
        "write `channels = classes`",
        width.span,
        "channels = classes",
    )
}

pub(in crate::space) fn classes_searched(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::WrongOutput,
        "the last row gives one number a class",
        span,
        "searched here",
    )
    .guess("write `channels = classes`", span, "channels = classes")
}

pub(in crate::space) fn classes_too_early(row: &ast::Row, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::WrongOutput,
        "only the last row has one channel a class",
        span,
        format!("`{}` is not the last row", row.name.value),
    )
}
