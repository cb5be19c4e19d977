//! Items and rows: missing, twice, too many, not built yet.

use super::grouped;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::space::limits;
use crate::syntax::ast;

/// `layer` or `stage`.
pub(super) fn row_word(row: &ast::Row) -> &'static str {
    match row.kind {
        ast::RowKind::Layer => "layer",
        ast::RowKind::Stage => "stage",
    }
}

/// An attribute with the blanks before it.
pub(super) fn with_gap(row: &ast::Row, attribute: &ast::Attribute) -> Span {
    let ops = std::iter::once(&row.op).chain(&row.then);
    let others = row.attributes.iter().map(|one| one.span.end);
    let ends = ops.map(|op| op.span.end).chain(others);
    let before = ends.filter(|end| *end <= attribute.span.start).max();
    Span {
        start: before.unwrap_or(attribute.span.start),
        ..attribute.span
    }
}

pub(in crate::space) fn no_input(space: &ast::Space) -> Diagnostic {
    missing_item(
        space,
        "`input`",
        "input image(channels = 3, resolution = 224)",
    )
}

pub(in crate::space) fn no_output(space: &ast::Space) -> Diagnostic {
    missing_item(space, "`output`", "output classes(1000)")
}

pub(in crate::space) fn no_rows(space: &ast::Space) -> Diagnostic {
    missing_item(
        space,
        "layers or stages",
        "stage s1 ir(kernel in {3, 5, 7}, expand in {4, 6}) channels = 24 stride = 2 depth in 1..4",
    )
}

fn missing_item(space: &ast::Space, what: &str, example: &str) -> Diagnostic {
    Diagnostic::new(
        Code::MissingItem,
        format!("`{}` has no {what}", space.name.value),
        space.name.span,
        "this space",
    )
    .help(format!("for example `{example}`"))
}

pub(in crate::space) fn duplicate_item(word: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DuplicateItem,
        format!("`{word}` stands twice"),
        span,
        "again",
    )
    .label(first, "first here")
}

pub(in crate::space) fn shared_candidate(candidate: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SharedCandidate,
        format!("two alternatives share the candidate `{candidate}`"),
        second,
        "holds it too",
    )
    .label(first, "holds it")
    .note("every path through it would be counted twice")
    .help("leave one out, or part their domains")
}

pub(in crate::space) fn too_many_candidates(candidates: u64, op: Span) -> Diagnostic {
    let most = grouped(limits::CANDIDATES.into());
    let count = match candidates {
        u64::MAX => "far more".to_owned(),
        count => format!("{} candidates", grouped(count.into())),
    };
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a block has at most {most} candidates"),
        op,
        count,
    )
}

pub(in crate::space) fn sum_too_large(size: u64, sum: Span) -> Diagnostic {
    let most = grouped(limits::PRIMITIVES.into());
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a block has at most {most} primitives"),
        sum,
        format!("up to {}, those of all branches", grouped(size.into())),
    )
}

/// `bulk`: candidates and values of all blocks and rows up to this one.
pub(in crate::space) fn too_bulky(bulk: u64, op: Span) -> Diagnostic {
    let most = grouped(limits::BULK.into());
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("all blocks and rows have at most {most} candidates and values together"),
        op,
        format!("{} up to here", grouped(bulk.into())),
    )
    .help("search less in large blocks, or name them less often")
}

/// `candidates`: those of all blocks up to this row, at every one of `sides` resolutions.
pub(in crate::space) fn too_many_in_all(row: &ast::Row, candidates: u64, sides: u64) -> Diagnostic {
    let most = grouped(limits::SPACE_CANDIDATES.into());
    let count = grouped(candidates.into());
    let problem = Diagnostic::new(
        Code::SpaceTooLarge,
        format!("the blocks of all rows have at most {most} candidates together"),
        row.name.span,
        match sides {
            1 => format!("{count} up to here"),
            _ => format!("{count} up to here, at {sides} resolutions"),
        },
    );
    problem.help("search less in one place, or take fewer blocks")
}

/// `size`: what all candidates of all rows up to this one keep.
pub(in crate::space) fn too_much_kept(row: &ast::Row, size: u64) -> Diagnostic {
    let most = grouped(limits::KEPT.into());
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!(
            "the candidates of all rows keep at most {most} primitives, numbers and names together"
        ),
        row.name.span,
        format!("{} up to here", grouped(size.into())),
    )
    .note(KEPT)
    .help("search less in one place, or take smaller blocks")
}

/// `size`: what the largest network keeps up to this row.
pub(in crate::space) fn network_too_large(row: &ast::Row, size: u64) -> Diagnostic {
    let most = grouped(limits::NETWORK.into());
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a network keeps at most {most} primitives, numbers and names"),
        row.name.span,
        format!("{} up to here", grouped(size.into())),
    )
    .note(KEPT)
    .help("take fewer blocks, or smaller ones")
}

/// What candidates keep.
const KEPT: &str = "counted are primitives and each value that one reads beyond its first, once more what the branches \
                    of a `sum` are made of, the parameters of blocks of rows and the terms of their numbers, and every \
                    64 letters of the primitives' names";

pub(in crate::space) fn too_many_choices(choice: &ast::Choice, count: usize) -> Diagnostic {
    let most = grouped(limits::CHOICES as u128);
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a space has at most {most} choices"),
        choice.name.span,
        format!("one more; there are {}", grouped(count as u128)),
    )
}

/// `counts`: the candidates of a block, without and with its searched widths.
pub(in crate::space) fn too_many_widths(counts: [u64; 2], op: Span, width: Span) -> Diagnostic {
    let most = grouped(limits::CANDIDATES.into());
    let [candidates, combined] = counts.map(|count| grouped(count.into()));
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a block has at most {most} candidates, every combination of widths counted"),
        width,
        format!("{combined} candidates with these widths"),
    )
    .label(
        op,
        format!("{candidates} for one width in and one width out"),
    )
}

pub(in crate::space) fn too_many_resolutions(count: usize, domain: Span) -> Diagnostic {
    let most = limits::RESOLUTIONS;
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a path decides among at most {most} resolutions"),
        domain,
        format!("{} of them", grouped(count as u128)),
    )
    .help("take a larger `step`, or let the compiler settle one with `fit`")
}

pub(in crate::space) fn too_many_blocks(row: &ast::Row, blocks: u64) -> Diagnostic {
    let most = grouped(limits::SPACE_BLOCKS.into());
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a space has at most {most} blocks"),
        row.name.span,
        format!("{} blocks up to here", grouped(blocks.into())),
    )
}
