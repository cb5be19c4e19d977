//! Shapes: operators that cannot stand where they do.

use super::{append, behind, list, row_word};
use crate::diagnostic::{Code, Diagnostic};
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
        format!("`shuffle` cannot halve {width} channels"),
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
        format!("`shuffle` cannot make {output} channels of {input} where the shape changes"),
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
    let keyword = Span {
        end: row.span.start + "stage".len() as u32,
        ..row.span
    };
    Diagnostic::new(
        Code::StandsAlone,
        format!("{} is a layer, not a stage", described(alternative)),
        alternative.span,
        "cannot be repeated",
    )
    .guess(
        format!("write `layer {}`", row.name.value),
        keyword,
        "layer",
    )
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

pub(in crate::space) fn linear_before_pool(row: &ast::Row, linear: Span) -> Diagnostic {
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
        "pool the whole map first: `layer pool avgpool`",
        before,
        "layer pool    avgpool\n    ",
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

pub(in crate::space) fn last_is_not_linear(row: &ast::Row) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::WrongOutput,
        "the last row gives one number a class: it is `linear`",
        row.op.span,
        format!("the last row is this {}", row_word(row)),
    );
    problem.guess(
        "write `layer logits linear channels = classes` after it",
        behind(row.span),
        "\n    layer logits    linear    channels = classes",
    )
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
