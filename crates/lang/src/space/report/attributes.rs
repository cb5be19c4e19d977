//! Attributes of operators: unknown, missing, twice, wrongly bound.

use super::{behind, list, with_gap};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Name, Span};
use crate::space::{AttributeName, Operator};
use crate::syntax::ast;

pub(in crate::space) fn unknown_attribute(
    operator: Operator,
    known: &[&str],
    attribute: &ast::Attribute,
    text: &str,
) -> Diagnostic {
    let name = &attribute.name;
    let problem = Diagnostic::new(
        Code::UnknownAttribute,
        format!("`{operator}` has no `{}`", name.value),
        name.span,
        format!("not an attribute of `{operator}`"),
    );
    if let Some(near) = nearest(&name.value, known.iter().copied()) {
        return problem.guess(format!("did you mean `{near}`?"), name.span, near);
    }
    let problem = match known.is_empty() {
        true => problem.note(format!("`{operator}` has no attributes")),
        false => problem.note(format!("`{operator}` has {}", list(known))),
    };
    elsewhere(problem, &name.value, text)
}

/// Where the attribute would be at home.
fn elsewhere(problem: Diagnostic, name: &str, text: &str) -> Diagnostic {
    match name {
        "bias" => problem
            .help("leave it out: a convolution has a bias exactly where `norm = none` is written"),
        "eps" | "momentum" => problem.help(format!(
            "it is set once for the whole space: `default {text}`"
        )),
        "channels" | "stride" | "depth" => problem.help(format!(
            "it belongs to the row: write `{text}` behind the parentheses"
        )),
        _ => with_owners(problem, name),
    }
}

fn with_owners(problem: Diagnostic, name: &str) -> Diagnostic {
    let Some(name) = AttributeName::from_word(name) else {
        return problem;
    };
    let owners = Operator::ALL
        .iter()
        .filter(|operator| operator.attribute(name).is_some());
    let owners: Vec<&str> = owners.map(|operator| operator.as_str()).collect();
    problem.help(format!(
        "leave it out, or use an operator that has it, like {}",
        list(&owners)
    ))
}

pub(in crate::space) fn not_an_attribute(operator: Operator, op: &ast::Op) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::WrongKind,
        format!("`{operator}` takes attributes, not operators"),
        op.span,
        "`NAME = VALUE` or `NAME in DOMAIN` belongs here",
    );
    match op.alternatives.as_slice() {
        [ast::Prim::Call { name, args, .. }]
            if args.is_empty() && AttributeName::from_word(&name.value).is_some() =>
        {
            problem.help(format!("give it a value: `{} = …`", name.value))
        }
        _ => problem,
    }
}

pub(in crate::space) fn missing_attributes(
    operator: Operator,
    missing: &[&str],
    name: &Name,
) -> Diagnostic {
    let example: Vec<String> = missing.iter().map(|name| example(name)).collect();
    Diagnostic::new(
        Code::MissingAttribute,
        format!("`{operator}` needs {}", list(missing)),
        name.span,
        format!("{} must be written", list(missing)),
    )
    .help(format!("for example `{operator}({})`", example.join(", ")))
}

fn example(name: &str) -> String {
    let domain = match name {
        "kernel" => "in {3, 5, 7}",
        "expand" => "in {4, 6}",
        _ => "= …",
    };
    format!("{name} {domain}")
}

pub(in crate::space) fn duplicate_attribute(name: &Name, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DuplicateAttribute,
        format!("`{}` is given twice", name.value),
        name.span,
        "again",
    )
    .label(first, "first here")
}

pub(in crate::space) fn fit_not_allowed(attribute: &ast::Attribute, domain: &str) -> Diagnostic {
    let name = &attribute.name.value;
    let searched = format!("{name} in {domain}");
    Diagnostic::new(
        Code::BindingNotAllowed,
        format!("`{name}` cannot be settled with `fit`"),
        attribute.span,
        "only the resolution and depths can",
    )
    .guess(
        format!("to search it: `{searched}`"),
        attribute.span,
        searched,
    )
}

pub(in crate::space) fn unknown_default(name: &Name) -> Diagnostic {
    let mut known: Vec<&str> = AttributeName::ALL
        .iter()
        .map(|name| name.as_str())
        .collect();
    known.extend(["eps", "momentum"]);
    let problem = Diagnostic::new(
        Code::UnknownAttribute,
        format!("no operator has `{}`", name.value),
        name.span,
        "a `default` is for an attribute of operators",
    );
    match nearest(&name.value, known.iter().copied()) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), name.span, near),
        None => problem.note(format!("a default can be given to {}", list(&known))),
    }
}

pub(in crate::space) fn block_with_arguments(
    name: &Name,
    call: Span,
    declared: &Name,
) -> Diagnostic {
    let parentheses = Span {
        start: name.span.end,
        ..call
    };
    Diagnostic::new(
        Code::UnknownAttribute,
        format!("the block `{}` takes no attributes", name.value),
        parentheses,
        "not for a block",
    )
    .label(declared.span, "its attributes are written here")
    .guess(format!("write `{}` alone", name.value), parentheses, "")
}

pub(in crate::space) fn unknown_image_attribute(attribute: &ast::Attribute) -> Diagnostic {
    let name = &attribute.name;
    let problem = Diagnostic::new(
        Code::UnknownAttribute,
        format!("`image` has no `{}`", name.value),
        name.span,
        "not known",
    );
    match nearest(&name.value, ["channels", "resolution"]) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), name.span, near),
        None => problem.note("`image` has `channels` and `resolution`"),
    }
}

pub(in crate::space) fn missing_image_attributes(missing: &[&str], input: Span) -> Diagnostic {
    Diagnostic::new(
        Code::MissingAttribute,
        format!("`image` needs {}", list(missing)),
        input,
        format!("{} must be written", list(missing)),
    )
    .help("for example `input image(channels = 3, resolution = 224)`")
}

pub(in crate::space) fn image_channels_are_fixed(attribute: &ast::Attribute) -> Diagnostic {
    Diagnostic::new(
        Code::BindingNotAllowed,
        "an image has one number of channels",
        attribute.span,
        "only `=` can stand here",
    )
    .help("write `channels = 3` for colour, `channels = 1` for grey")
}

pub(in crate::space) fn unknown_row_attribute(
    row: &ast::Row,
    attribute: &ast::Attribute,
) -> Diagnostic {
    let name = &attribute.name;
    let known: &[&str] = match row.kind {
        ast::RowKind::Layer => &["channels", "stride"],
        ast::RowKind::Stage => &["channels", "stride", "depth"],
    };
    let kind = super::row_word(row);
    let problem = Diagnostic::new(
        Code::UnknownAttribute,
        format!("a {kind} has no `{}`", name.value),
        name.span,
        "not known",
    );
    match nearest(&name.value, known.iter().copied()) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), name.span, near),
        None => problem.note(format!("a {kind} has {}", list(known))),
    }
}

/// `stage s1 ir(…) kernel = 3`: the attribute belongs into the parentheses.
pub(in crate::space) fn operator_attribute_on_row(
    row: &ast::Row,
    attribute: &ast::Attribute,
    text: &str,
) -> Diagnostic {
    let kind = super::row_word(row);
    Diagnostic::new(
        Code::UnknownAttribute,
        format!("a {kind} has no `{}`", attribute.name.value),
        attribute.name.span,
        "an attribute of operators",
    )
    .help(format!("write `{text}` inside the operator's parentheses"))
}

/// `stands_alone`: whether its operator can be in a layer only.
pub(in crate::space) fn depth_on_layer(
    row: &ast::Row,
    attribute: &ast::Attribute,
    stands_alone: bool,
) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownAttribute,
        "a layer has no `depth`: it is one block",
        attribute.span,
        "only stages have a depth",
    );
    if stands_alone {
        return problem.guess("leave it out", with_gap(row, attribute), "");
    }
    let keyword = Span {
        end: row.span.start + "layer".len() as u32,
        ..row.span
    };
    problem.guess(
        format!("write `stage {}`", row.name.value),
        keyword,
        "stage",
    )
}

pub(in crate::space) fn stride_is_fixed(attribute: &ast::Attribute) -> Diagnostic {
    Diagnostic::new(
        Code::BindingNotAllowed,
        "`stride` is one value",
        attribute.span,
        "only `=` can stand here",
    )
}

/// The message and a place to paste behind a row.
pub(super) fn append(problem: Diagnostic, row: Span, text: &str) -> Diagnostic {
    problem.fix(
        format!("write `{text}`"),
        behind(row),
        format!("    {text}"),
    )
}
