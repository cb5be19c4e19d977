//! Text that means something, probably not what was wanted.

use super::row_word;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Name, Span};
use crate::space::Row;
use crate::syntax::ast;

/// `text`: the only value as written, if it stands in the attribute itself.
pub(in crate::space) fn searches_nothing(
    attribute: &ast::Attribute,
    domain: &ast::Domain,
    text: Option<&str>,
) -> Diagnostic {
    let name = &attribute.name.value;
    let verb = match attribute.binding {
        ast::Binding::Fit(_) => "settles",
        _ => "searches",
    };
    let problem = one_value(&format!("`{name}` {verb} nothing"), domain);
    match text {
        Some(text) => {
            let fixed = format!("{name} = {text}");
            problem.fix(format!("write `{fixed}`"), attribute.span, fixed.clone())
        }
        None => problem.help("name the value itself with the `let` and write `=`"),
    }
}

/// `text`: the only value as written, if it stands in the choice itself.
pub(in crate::space) fn chooses_nothing(item: &ast::Choice, text: Option<&str>) -> Diagnostic {
    let name = &item.name.value;
    let problem = one_value(&format!("`{name}` chooses nothing"), &item.domain);
    match text {
        Some(text) => {
            let fixed = format!("let {name} = {text}");
            problem.fix(format!("write `{fixed}`"), item.span, fixed.clone())
        }
        None => problem.help("name the value itself with the `let` and use that"),
    }
}

fn one_value(what: &str, domain: &ast::Domain) -> Diagnostic {
    Diagnostic::new(
        Code::SearchesNothing,
        format!("{what}: its domain has one value"),
        domain.span,
        "a single value",
    )
}

pub(in crate::space) fn unused_choice(item: &ast::Choice) -> Diagnostic {
    Diagnostic::new(
        Code::UnusedChoice,
        format!("nothing follows `{}`", item.name.value),
        item.name.span,
        "a choice without use",
    )
    .guess("leave it out", item.span, "")
}

pub(in crate::space) fn unused_let(item: &ast::Let) -> Diagnostic {
    Diagnostic::new(
        Code::UnusedLet,
        format!("nothing uses `{}`", item.name.value),
        item.name.span,
        "a `let` without use",
    )
    .guess("leave it out", item.span, "")
}

pub(in crate::space) fn unused_block(name: &Name, item: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnusedBlock,
        format!("no row uses the block `{}`", name.value),
        name.span,
        "a block without use",
    )
    .guess("leave it out", item, "")
}

pub(in crate::space) fn unused_table(item: &ast::Table) -> Diagnostic {
    let name = &item.name.value;
    Diagnostic::new(
        Code::UnusedTable,
        format!("nothing bounds `{name}`"),
        item.name.span,
        "a table without use",
    )
    .help(format!(
        "write `require {name} in 0..LIMIT`, or leave the table out"
    ))
}

pub(in crate::space) fn never_live(row: &Row) -> Diagnostic {
    Diagnostic::new(
        Code::DecisionNeverLive,
        format!(
            "the blocks after `then` are never built: `{}` has depth 1",
            row.name.value
        ),
        row.block(1).span,
        "no path has a second block",
    )
    .label(row.depth.span, "depth 1")
    .help("allow more blocks, like `depth in 1..4`, or leave out what follows `then`")
}

pub(in crate::space) fn same_network_twice(row: &Row, skip: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SameNetworkTwice,
        format!("the depth of `{}` is searched in two ways", row.name.value),
        row.depth.span,
        "a smaller depth leaves blocks out",
    )
    .label(skip, "a `skip` leaves its block out too")
    .note("paths that build the same network are counted, and drawn, more than once")
    .help("fix the depth, or leave out `or skip`")
}

pub(in crate::space) fn kernel_exceeds_map(
    kernel: u32,
    side: u32,
    span: Span,
    row: &ast::Row,
) -> Diagnostic {
    Diagnostic::new(
        Code::KernelExceedsMap,
        format!("a kernel of {kernel} is larger than its map can fill"),
        span,
        "its edges only ever meet padding",
    )
    .label(
        row.name.span,
        format!(
            "the map of this {} is {side}x{side} at the largest resolution",
            row_word(row)
        ),
    )
}
