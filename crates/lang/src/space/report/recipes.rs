//! Blocks of one's own: rows that cannot be meant so, and rows that cannot stand where a block is used.

use super::{list, names::did_you_mean};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Name, Span};
use crate::space::recipe::{Problem, Shown, Trouble, Verb};
use crate::space::{AttributeName, AttributeValue, Operator, recipe};
use crate::syntax::ast::{self, Measure};

pub(in crate::space) fn no_parts(item: &ast::Recipe) -> Diagnostic {
    Diagnostic::new(
        Code::MissingItem,
        format!("the block `{}` has no rows", item.name.value),
        item.name.span,
        "made of nothing",
    )
    .help("write at least one row between the braces, like `conv(kernel = 3)`")
}

pub(in crate::space) fn recipe_too_large(item: &ast::Recipe, size: u64) -> Diagnostic {
    let most = super::grouped(crate::space::limits::PRIMITIVES.into());
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a block has at most {most} primitives"),
        item.name.span,
        format!(
            "up to {}, those of the blocks it names counted",
            super::grouped(size.into())
        ),
    )
}

pub(in crate::space) fn recipe_of_many_params(param: &ast::Param, count: usize) -> Diagnostic {
    let most = super::grouped(crate::space::limits::PARAMETERS as u128);
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a block has at most {most} parameters"),
        param.name.span,
        format!("one more; there are {}", super::grouped(count as u128)),
    )
}

pub(in crate::space) fn recipe_too_deep(item: &ast::Recipe) -> Diagnostic {
    let most = crate::space::limits::NESTED;
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("at most {most} blocks of rows stand inside of each other"),
        item.name.span,
        format!("names a block that is {most} deep"),
    )
}

pub(in crate::space) fn duplicate_part(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DuplicateName,
        format!("two rows are called `{name}`"),
        span,
        "again",
    )
    .label(first, "first here")
    .note("a row without a name is called after what it does, with a number: `conv1`, `act2`")
}

/// A parameter that is a word in one row and a number in another.
pub(in crate::space) fn two_kinds(name: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        format!(
            "the parameter `{}` is used as values of two types",
            name.value
        ),
        name.span,
        "another type than in a row above",
    )
    .note(ONE_TYPE)
}

const ONE_TYPE: &str = "a parameter is a number, an activation, a norm or a padding";

/// A parameter that a row takes without naming it, and that is of another type in a row above.
pub(in crate::space) fn implied_of_another_kind(param: AttributeName, row: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        format!("the parameter `{param}` is used as values of two types"),
        row.span,
        format!("takes the parameter `{param}`, which is of another type elsewhere"),
    )
    .note(ONE_TYPE)
    .help(format!(
        "a row that says nothing of its {param} takes the block's parameter `{param}`: write it here, or call the parameter something else"
    ))
}

pub(in crate::space) fn unused_parameter(name: &Name, block: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::UnusedParameter,
        format!(
            "no row of `{}` uses its parameter `{}`",
            block.value, name.value
        ),
        name.span,
        "changes nothing",
    )
}

pub(in crate::space) fn unknown_function(name: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownName,
        format!("no function is called `{}`", name.value),
        name.span,
        "`round8(…)` is the only one",
    )
    .guess("did you mean `round8`?", name.span, "round8")
}

pub(in crate::space) fn unknown_in_row(name: &Name, what: &str, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownName,
        format!("`{}` is no name that this row knows", name.value),
        name.span,
        format!("{what} belongs here"),
    );
    match nearest(&name.value, known.iter().copied()) {
        Some(_) => did_you_mean(problem, name, known.iter().copied()),
        None => problem.note(format!("known here: {}", list(known))),
    }
}

pub(in crate::space) fn read_before_made(name: &Name, below: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownName,
        format!("`{}` is made below", name.value),
        name.span,
        "read here",
    )
    .label(below.span, "made here")
    .note("a row reads `input` and the rows above it")
}

pub(in crate::space) fn unread_row(part: &ast::Part, next: &ast::Part) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnreadRow,
        "nothing reads this row",
        part.span,
        "made for nothing",
    );
    let problem = match next.details.is_empty() {
        true => problem,
        false => problem.label(next.span, "reads others"),
    };
    match &part.name {
        Some(name) => problem.help(format!(
            "name `{}` in a row below, or leave it out",
            name.value
        )),
        None => problem.help("give it a name and read that in a row below, or leave it out"),
    }
}

pub(in crate::space) fn wrong_reads(
    part: &ast::Part,
    found: usize,
    (least, most): (usize, usize),
) -> Diagnostic {
    let word = &part.primitive.value;
    let wanted = match (least, most) {
        (0, _) => "no row: it takes the block's input".to_owned(),
        (1, 1) => "one row".to_owned(),
        (1, most) => format!("one row, or {most}"),
        (least, _) => format!("{least} rows or more"),
    };
    Diagnostic::new(
        Code::RowInputs,
        format!("`{word}` reads {wanted}"),
        part.span,
        match found {
            0 => "names none".to_owned(),
            found => format!("names {found}"),
        },
    )
    .help(match least {
        2 => format!("name them in the parentheses: `{word}(input, ROW)`"),
        _ => "a row that names none reads the one before it".to_owned(),
    })
}

pub(in crate::space) fn not_in_rows(word: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::WrongKind,
        format!("`{}` cannot be a row of a block", word.value),
        word.span,
        "only for layers and stages",
    )
    .note(rows_there_are())
}

pub(in crate::space) fn unknown_row(word: &Name, recipes: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownOperator,
        format!("no row of a block can be `{}`", word.value),
        word.span,
        "not known",
    );
    let verbs = Verb::ALL.iter().map(|verb| verb.as_str());
    match nearest(&word.value, verbs.chain(recipes.iter().copied())) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), word.span, near),
        None => problem.note(rows_there_are()),
    }
}

fn rows_there_are() -> String {
    let verbs: Vec<&str> = Verb::ALL.iter().map(|verb| verb.as_str()).collect();
    let blocks = Operator::ALL
        .iter()
        .filter(|one| recipe::prelude(**one).is_some());
    let blocks: Vec<&str> = blocks
        .map(|one| one.as_str())
        .filter(|word| Verb::from_word(word).is_none())
        .collect();
    format!(
        "rows are {}, and the blocks {}",
        list(&verbs),
        list(&blocks)
    )
}

pub(in crate::space) fn missing_in_row(part: &ast::Part, missing: &[&str]) -> Diagnostic {
    let word = &part.primitive;
    Diagnostic::new(
        Code::MissingAttribute,
        format!("`{}` needs {}", word.value, list(missing)),
        word.span,
        format!("{} must be written", list(missing)),
    )
}

/// An attribute that a row does not have, or has on the other side of its parentheses.
pub(in crate::space) fn unknown_in_parentheses(
    part: &ast::Part,
    measure: &Measure,
    known: &[&str],
    is_inside: bool,
) -> Diagnostic {
    let (word, name) = (&part.primitive.value, &measure.name);
    let problem = Diagnostic::new(
        Code::UnknownAttribute,
        format!(
            "`{word}` has no `{}`{}",
            name.value,
            if is_inside { "" } else { " behind it" }
        ),
        name.span,
        "not known here",
    );
    let is_measure = ["channels", "stride"].contains(&name.value.as_str());
    match nearest(&name.value, known.iter().copied()) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), name.span, near),
        None if is_inside && is_measure => problem.help("it belongs behind the parentheses"),
        None if is_measure => problem.note(format!("`{word}` keeps what comes in")),
        None if !is_inside => {
            problem.help("what is not `channels` or `stride` belongs in the parentheses")
        }
        None if known.is_empty() => problem.note(format!("`{word}` has no attributes")),
        None => problem.note(format!("`{word}` has {}", list(known))),
    }
}

pub(in crate::space) fn whole_pool_stride(stride: &Measure) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownAttribute,
        "a pool over the whole map has no stride",
        stride.span,
        "nothing to step over",
    )
    .help("give the pool a `kernel`, or leave the stride out")
}

/// Where a block of rows is used, and how.
pub(in crate::space) struct Use<'a> {
    pub(in crate::space) name: &'a str,
    /// The call in a layer, stage or block.
    pub(in crate::space) span: Span,
    pub(in crate::space) values: Vec<(AttributeName, AttributeValue)>,
    pub(in crate::space) place: recipe::Place,
    pub(in crate::space) row: &'a ast::Row,
}

/// A row that cannot stand where its block is used.
pub(in crate::space) fn row_cannot_stand(problem: &Problem, used: &Use) -> Diagnostic {
    let (code, message, label) = told(&problem.trouble, used.name);
    let mut found = Diagnostic::new(code, message, problem.span, label);
    for &span in &problem.through {
        found = found.label(span, "through this row");
    }
    if used.span != problem.span {
        found = found.label(
            used.span,
            format!("used here, in `{}`", used.row.name.value),
        );
    }
    let values: Vec<String> = used
        .values
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let called = match values.is_empty() {
        true => used.name.to_owned(),
        false => format!("{}({})", used.name, values.join(", ")),
    };
    let place = used.place;
    found.note(format!(
        "`{called}`, {} channels to {}, stride {}",
        place.in_channels, place.out_channels, place.stride
    ))
}

fn told(trouble: &Trouble, block: &str) -> (Code, String, String) {
    match trouble {
        Trouble::NotWhole { what, value } => (
            Code::RowNumber,
            format!("`{what}` is a whole number"),
            format!("{value} here"),
        ),
        Trouble::OutOfRange { what, value, range } => (
            Code::RowNumber,
            format!(
                "`{what}` lies between {} and {}",
                range.0,
                super::grouped(range.1.into())
            ),
            format!("{value} here"),
        ),
        Trouble::Even { what, value } => (
            Code::RowNumber,
            format!("`{what}` is odd"),
            format!("{value} here"),
        ),
        Trouble::DivisionByZero => (
            Code::RowNumber,
            "nothing can be divided by 0".to_owned(),
            "the right side of `/` is 0 here".to_owned(),
        ),
        Trouble::TooLarge => (
            Code::RowNumber,
            "this number cannot be held exactly".to_owned(),
            "too large, or too fine".to_owned(),
        ),
        Trouble::Undivided { what, by, width } => (
            Code::GroupsDoNotDivide,
            format!("{width} channels cannot be cut into {by} equal parts"),
            format!("`{what}` is {by} here"),
        ),
        Trouble::NoSuchShare { part, of } => (
            Code::RowNumber,
            format!("there is no share {part} of {of}"),
            format!("shares are counted from 1 to {of}"),
        ),
        Trouble::Unlike { how, shapes } => unlike(how, shapes),
        Trouble::Output { made, wanted } => output(*made, *wanted, block),
    }
}

fn unlike(how: &str, shapes: &[Shown]) -> (Code, String, String) {
    let message = match how {
        "add" => "`add` takes values of one shape",
        "concat" => "`concat` takes maps of one size",
        _ => "`scale` takes a gate of the same width, on one pixel or on a map of the same size",
    };
    let shapes: Vec<String> = shapes.iter().map(|&one| shape(one)).collect();
    (Code::UnlikeShapes, message.to_owned(), shapes.join(" and "))
}

fn output(made: Shown, wanted: Shown, block: &str) -> (Code, String, String) {
    let message = match made.width == wanted.width {
        true => format!("`{block}` does not have the stride of its place"),
        false => format!("`{block}` does not make the width of its place"),
    };
    (
        Code::BlockOutput,
        message,
        format!("makes {}, where {} are wanted", shape(made), shape(wanted)),
    )
}

/// `16 channels on the map that comes in`.
fn shape(shown: Shown) -> String {
    let map = match shown.map {
        recipe::Map::Pixel => "on one pixel".to_owned(),
        recipe::Map::Shrunk(1) => "at stride 1".to_owned(),
        recipe::Map::Shrunk(times) => format!("at stride {times}"),
    };
    format!("{} channels {map}", shown.width)
}
