//! Items and rows: missing, twice, too many, not built yet.

use super::grouped;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::space::check::Feature;
use crate::space::limits;
use crate::syntax::ast;

/// `layer` or `stage`.
pub(super) fn row_word(row: &ast::Row) -> &'static str {
    match row.kind {
        ast::RowKind::Layer => "layer",
        ast::RowKind::Stage => "stage",
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

pub(in crate::space) fn not_built_yet(feature: Feature, spans: &[Span]) -> Diagnostic {
    let (what, instead) = feature_text(feature);
    let mut problem = Diagnostic::new(
        Code::NotBuiltYet,
        format!("{what} is not built yet"),
        spans[0],
        "part of the language, not of this compiler yet",
    );
    for &span in &spans[1..] {
        problem = problem.label(span, "here too");
    }
    match instead {
        Some(instead) => problem.help(instead),
        None => problem,
    }
}

/// The part in words, and what does for now.
fn feature_text(feature: Feature) -> (String, Option<&'static str>) {
    let of = |what: &str, instead| (what.to_owned(), Some(instead));
    match feature {
        Feature::Table => of(
            "a latency table (`table`)",
            "bound `flops`, `macs`, `params` or `activations`",
        ),
    }
}
