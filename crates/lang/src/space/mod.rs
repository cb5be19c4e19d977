//! A search space, resolved and typed.
//!
//! Every name is resolved, every attribute belongs to its operator, every
//! domain is non-empty, sorted and without doubles; spans are kept for later
//! messages.

mod check;
mod limits;
mod metric;
mod operator;
mod primitive;
mod print;
mod recipe;
mod report;
mod resolve;
mod shape;

pub(crate) use limits::RESOLUTION;
pub use limits::TABLES;
pub use metric::Metric;
pub use operator::{
    Activation, AttributeName, AttributeSpec, AttributeValue, Norm, Operator, OwnName, Padding,
};

pub use primitive::{Input, Op, Primitive};
pub use recipe::{Recipe, Verb};

pub use check::Told;
pub(crate) use check::{attribute_with, given_to_rows};
pub(crate) use recipe::{Place, prelude, settle};
pub(crate) use resolve::given_meaning;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::latency::Times;
use crate::quantity::Ratio;
use crate::source::{Name, Sources, Span, Spanned};
use crate::syntax::ast::{self, Comparison};

/// Checks a space. `files` are the syntax trees it can see: its own file first, then those it
/// uses. `classes` goes before the number of classes in the file.
///
/// The space comes only without errors; the messages are in order of place, one for each mistake.
pub fn check(
    space: &ast::Space,
    files: &[&ast::File],
    classes: Option<u32>,
    sources: &Sources,
) -> (Option<Space>, Vec<Diagnostic>) {
    check::check_space(space, files, classes, sources)
}

/// Checks a space derived from `base`: every domain holds what the lines of `space` leave of it, bound by
/// the word it had, and the bounds of both hold. Rows that are fixed whole are left to [`crate::arch::pin`].
///
/// `root` is the space of its own at the end of the line: its defaults hold in blocks of all files.
/// `files` are the syntax trees it can see, its own first. The space comes only without errors.
pub fn narrow(
    base: &Space,
    (space, root): (&ast::Space, &ast::Space),
    files: &[&ast::File],
    sources: &Sources,
) -> (Option<Space>, Vec<Diagnostic>) {
    check::narrow(base, (space, root), files, sources)
}

/// Checks the names and blocks of files without a space.
pub fn check_library(files: &[&ast::File], sources: &Sources) -> Vec<Diagnostic> {
    check::check_library(files, sources)
}

/// Checks a bound given outside the file against a checked space.
///
/// # Errors
/// The messages, when it is not a bound that this space can have.
pub fn check_require(
    require: &ast::Require,
    space: &Space,
    sources: &Sources,
) -> Result<Require, Vec<Diagnostic>> {
    check::check_require(require, space, sources)
}

/// The values a decision may take: at least one, ascending (names in written order), no doubles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain<T>(Vec<T>);

impl<T: PartialEq> Domain<T> {
    /// Takes sorted values; `None` when there are none or one occurs twice.
    pub fn new(values: Vec<T>) -> Option<Domain<T>> {
        let doubles = values
            .iter()
            .enumerate()
            .any(|(at, value)| values[..at].contains(value));
        (!values.is_empty() && !doubles).then_some(Domain(values))
    }

    /// The values, in order.
    pub fn values(&self) -> &[T] {
        &self.0
    }
}

/// How an attribute is bound: the three words of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting<T> {
    /// `=`
    Fixed(T),
    /// `in`: a decision for every path.
    Searched(Domain<T>),
    /// `fit`: settled once by the plan.
    Fitted(Domain<T>),
}

impl<T> Setting<T> {
    /// Every value it may take, in order; one for a fixed setting.
    pub fn values(&self) -> &[T] {
        match self {
            Setting::Fixed(value) => std::slice::from_ref(value),
            Setting::Searched(domain) | Setting::Fitted(domain) => &domain.0,
        }
    }

    /// The same with the values that `keep` holds for; `None` when there are none.
    pub(crate) fn keeping(&self, keep: impl FnMut(&&T) -> bool) -> Option<Setting<T>>
    where
        T: Clone + PartialEq,
    {
        let values = Domain::new(self.values().iter().filter(keep).cloned().collect())?;
        Some(match self {
            Setting::Fixed(value) => Setting::Fixed(value.clone()),
            Setting::Searched(_) => Setting::Searched(values),
            Setting::Fitted(_) => Setting::Fitted(values),
        })
    }
}

/// A whole space.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// Its name.
    pub name: Name,
    /// Colour channels of an image.
    pub input_channels: Spanned<u32>,
    /// Side of the square image in pixels. The span covers `resolution = …`.
    pub resolution: Spanned<Setting<u32>>,
    /// What a space it is derived from left of the resolution where a line narrows it: that line may list no other.
    pub listed_by_base: Option<Vec<u32>>,
    /// Number of classes.
    pub classes: Spanned<u32>,
    /// Decisions that several attributes share, in order.
    pub choices: Vec<Choice>,
    /// Latency tables, in order; at most [`TABLES`].
    pub tables: Vec<Table>,
    /// Layers and stages, in order; at least one.
    pub rows: Vec<Row>,
    /// Bounds, in order.
    pub requires: Vec<Require>,
    /// Indices of the rows with a fitted depth, in the order in which they are deepened.
    pub fit: Vec<usize>,
    /// Epsilon and momentum of every batch norm (`default eps = …, momentum = …`).
    pub norm: NormSettings,
    /// The values that stand in sets, by the places they are written at.
    pub members: Members,
    /// Whether it is derived from another: its lines narrow what that one says.
    pub is_derived: bool,
    /// The whole item.
    pub span: Span,
}

/// Values of the sets of a space (`{3, 5, 7}`), each where it is written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Members(BTreeMap<Span, AttributeValue>);

impl Members {
    /// Adds one.
    pub fn insert(&mut self, member: Spanned<AttributeValue>) {
        self.0.insert(member.span, member.value);
    }

    /// Adds those of another space.
    pub fn extend(&mut self, others: Members) {
        self.0.extend(others.0);
    }

    /// Where a value stands in the set that is written inside of `place`; `None` where there is no set or not this value.
    pub fn find(&self, place: Span, value: &str) -> Option<Span> {
        let mut members = self.0.iter();
        let found =
            members.find(|(span, member)| place.contains(**span) && member.to_string() == value);
        found.map(|(span, _)| *span)
    }
}

/// One decision for every attribute that follows it (`choice NAME in …`).
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its name.
    pub name: Name,
    /// What it can be, in order; none where nothing follows it.
    pub values: Vec<AttributeValue>,
    /// The whole item.
    pub span: Span,
}

/// Measured times of blocks (`table NAME = latency("PATH")`).
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name, that of a metric.
    pub name: Name,
    /// The file as it is written, relative to the file of the space.
    pub path: Spanned<String>,
    /// Its rows; none before the file is read.
    pub times: Arc<Times>,
    /// The whole item.
    pub span: Span,
}

impl Space {
    /// Every metric of its paths with its name: the counted ones, then the tables.
    pub fn metrics(&self) -> impl Iterator<Item = (Metric, &str)> {
        Metric::all(self.tables.iter().map(|table| table.name.value.as_str()))
    }

    /// The name of one of its metrics.
    ///
    /// # Panics
    /// When it has no such table.
    pub fn metric_name(&self, metric: Metric) -> &str {
        let mut all = self.metrics();
        let found = all.find(|(other, _)| *other == metric);
        found.expect("a metric is one of its space").1
    }
}

/// Constants of batch normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormSettings {
    /// Added to the variance; 1e-5 by default.
    pub eps: Ratio,
    /// Weight of the newest batch in the running statistics; 0.1 by default.
    pub momentum: Ratio,
}

/// A layer or a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: Name,
    /// Whether it was written `stage`.
    pub is_stage: bool,
    /// Its blocks in order, at least one; the last one stands for all later ones. The first one carries
    /// the stride. There are two with `then`, and one a block where a derived space fixes them all.
    pub blocks: Vec<Block>,
    /// Width of its input.
    pub in_channels: Width,
    /// Width of its output. The span covers `channels …`, or the row's name where it is absent.
    pub out_channels: Spanned<Width>,
    /// Stride of the first block, 1 or more.
    pub stride: u32,
    /// Number of blocks; fixed 1 for a layer. Span of `depth …` or of the name.
    pub depth: Spanned<Setting<u32>>,
    /// Whether the space it is derived from leaves something of it to decide: archs say that, then,
    /// though nothing may be left.
    pub was_open: bool,
    /// The whole row.
    pub span: Span,
}

impl Row {
    /// What may stand in one of its places, from 0.
    pub fn block(&self, at: usize) -> &Block {
        &self.blocks[at.min(self.blocks.len() - 1)]
    }

    /// The most blocks it can have.
    pub fn deepest(&self) -> u32 {
        self.depth.value.values().iter().copied().max().unwrap_or(1)
    }

    /// The blocks that some path takes.
    pub fn live_blocks(&self) -> &[Block] {
        &self.blocks[..self.blocks.len().min(self.deepest() as usize)]
    }

    /// Whether something of it is left to decide beside its width, or was in the space it is derived from.
    pub fn is_open(&self) -> bool {
        let has_several = |block: &Block| check::block_count(block) > 1;
        self.was_open
            || matches!(self.depth.value, Setting::Fitted(_))
            || self.depth.value.values().len() > 1
            || self.live_blocks().iter().any(has_several)
    }
}

/// How wide a map is between two rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Width {
    /// Every number of channels it can have, ascending; at least one.
    pub values: Vec<u32>,
    /// The row whose `channels in` decides which, as an index into [`Space::rows`]; `None` where it is fixed.
    pub decided_by: Option<usize>,
}

impl Width {
    /// Always the same.
    pub fn fixed(width: u32) -> Width {
        Width {
            values: vec![width],
            decided_by: None,
        }
    }

    /// The most channels it can have.
    pub fn largest(&self) -> u32 {
        self.values[self.values.len() - 1]
    }

    /// Every pair of values that two widths can have together, as indices, the first one slowest. One
    /// decision has one value.
    pub fn pairs(one: &Width, other: &Width) -> Vec<(usize, usize)> {
        let is_one = one.decided_by.is_some() && one.decided_by == other.decided_by;
        let of = |at: usize| match is_one {
            true => at..at + 1,
            false => 0..other.values.len(),
        };
        let all = (0..one.values.len()).flat_map(|at| of(at).map(move |other| (at, other)));
        all.collect()
    }
}

/// What may stand in one place: at least one alternative.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The alternatives, in order; nested `or`s flattened. Rows of one named block share them.
    pub alternatives: Arc<[Alternative]>,
    /// Where it is written (in the row).
    pub span: Span,
}

/// One alternative: an operator with all its attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// The operator.
    pub operator: Operator,
    /// Every attribute of the operator in the order of its table, defaults filled in.
    pub attributes: Vec<Attribute>,
    /// What `sum` adds, two or more; none for other operators.
    pub branches: Vec<Block>,
    /// The rows of a block of one's own; none for other operators.
    pub recipe: Option<Arc<Recipe>>,
    /// The `block` name it was reached by, if any (the outermost).
    pub block: Option<String>,
    /// In a derived space what its archs say beside what is searched; `None` where that is nothing.
    pub told: Option<Arc<Told>>,
    /// Where the operator is written.
    pub span: Span,
}

/// One attribute of an alternative.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Which.
    pub name: AttributeName,
    /// Its value or domain; all values of the choice where it follows one.
    pub setting: Setting<AttributeValue>,
    /// The choice it follows (`attribute = NAME`), as an index into [`Space::choices`].
    pub choice: Option<usize>,
    /// Where it is written; the operator's span where the default applies.
    pub span: Span,
}

/// One bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Require {
    /// What is bounded.
    pub relation: Relation,
    /// The whole item.
    pub span: Span,
    /// The range, or the right side.
    pub value_span: Span,
    /// The sign it is written with; `None` for a range.
    pub comparison: Option<Comparison>,
    /// Whether it is one of the space that this one is derived from: that it excludes nothing here is no fault.
    pub is_inherited: bool,
}

/// What a `require` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// A metric lies in `low..=high`. One-sided comparisons have 0 or `u64::MAX` on the open side.
    Metric {
        /// Which.
        metric: Metric,
        /// Smallest allowed value.
        low: u64,
        /// Largest allowed value.
        high: u64,
    },
    /// A stage's depth lies in `low..=high`.
    Depth {
        /// Index into [`Space::rows`].
        row: usize,
        /// Smallest allowed depth.
        low: u32,
        /// Largest allowed depth.
        high: u32,
    },
    /// One stage's depth compares with another's.
    DepthPair {
        /// Index of the left row.
        left: usize,
        /// How.
        comparison: Comparison,
        /// Index of the right row.
        right: usize,
    },
    /// The width of a row's output lies in `low..=high`.
    Width {
        /// Index into [`Space::rows`].
        row: usize,
        /// Smallest allowed width.
        low: u32,
        /// Largest allowed width.
        high: u32,
    },
    /// The width of one row's output compares with another's.
    WidthPair {
        /// Index of the left row.
        left: usize,
        /// How.
        comparison: Comparison,
        /// Index of the right row.
        right: usize,
    },
}
