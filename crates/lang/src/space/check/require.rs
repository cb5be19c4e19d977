//! `require SUBJECT …`: bounds on metrics and depths.

use std::collections::BTreeMap;

use super::literal::{Constant, Literal};
use super::number;
use super::value::{Form, Kind, as_integer};
use super::{Checker, Draft};
use crate::diagnostic::Diagnostic;
use crate::quantity::{Quantity, Unit};
use crate::source::{Name, Sources, Span, Spanned};
use crate::space::report::{self, At};
use crate::space::resolve::Meaning;
use crate::space::{Metric, Relation, Require, Space, Table};
use crate::syntax::ast::{self, Comparison};

/// What a bound may speak of beside the counted metrics.
pub(in crate::space) struct Subjects<'r> {
    /// Rows in order: name, and whether it is a stage.
    rows: Vec<(&'r str, bool)>,
    /// Each by its name.
    places: BTreeMap<&'r str, usize>,
    /// Names of tables, in order.
    tables: Vec<&'r str>,
}

impl<'r> Subjects<'r> {
    /// Those of a checked space.
    pub(super) fn of(space: &'r Space) -> Subjects<'r> {
        let rows = space.rows.iter();
        let rows = rows.map(|row| (row.name.value.as_str(), row.is_stage));
        Subjects::new(rows.collect(), &space.tables)
    }

    fn new(rows: Vec<(&'r str, bool)>, tables: &'r [Table]) -> Subjects<'r> {
        let mut places = BTreeMap::new();
        for (place, (name, _)) in rows.iter().enumerate() {
            places.entry(*name).or_insert(place);
        }
        Subjects {
            rows,
            places,
            tables: names(tables),
        }
    }

    /// The metric of a name.
    fn metric(&self, name: &str) -> Option<Metric> {
        let mut all = Metric::all(self.tables.iter().copied());
        all.find(|(_, other)| *other == name)
            .map(|(metric, _)| metric)
    }

    /// The name of a metric.
    fn name(&self, metric: Metric) -> &str {
        let mut all = Metric::all(self.tables.iter().copied());
        let found = all.find(|(other, _)| *other == metric);
        found.expect("a metric is one of the space").1
    }
}

/// What is bounded.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Metric(Metric),
    /// Depth of the row with this index.
    Depth(usize),
    /// Width of the output of the row with this index.
    Width(usize),
}

/// A number in a bound on a row: any whole one, also one no row reaches.
const fn of_row(name: &'static str) -> Kind {
    Kind {
        name,
        form: Form::Integer {
            min: 0,
            max: u32::MAX,
            is_odd: false,
        },
    }
}

const BOUND_ON_DEPTH: Kind = of_row("depth");
const BOUND_ON_WIDTH: Kind = of_row("channels");

/// Checks a bound given outside the file against the rows of a checked space.
pub(in crate::space) fn check_require(
    item: &ast::Require,
    space: &Space,
    sources: &Sources,
) -> Result<Require, Vec<Diagnostic>> {
    let mut checker = Checker::new(None, &[], sources);
    let require = checker.require(item, &Subjects::of(space));
    let found = checker.finish(require.is_some());
    require.filter(|_| found.is_empty()).ok_or(found)
}

impl<'a> Checker<'a> {
    pub(super) fn requires(
        &mut self,
        space: &'a ast::Space,
        rows: &[Draft],
        tables: &[Table],
    ) -> Option<Vec<Require>> {
        let subjects = Subjects::new(rows.iter().map(row_of_draft).collect(), tables);
        let mut requires = Vec::new();
        for item in &space.items {
            if let ast::Item::Require(item) = item {
                requires.push(self.require(item, &subjects));
            }
        }
        requires.into_iter().collect()
    }

    pub(super) fn require(&mut self, item: &'a ast::Require, of: &Subjects) -> Option<Require> {
        let subject = self.subject(&item.subject, of, None)?;
        let relation = match &item.relation {
            ast::Relation::In { low, high, span } => {
                self.within(subject, [low, high], *span, of)?
            }
            ast::Relation::Compare { comparison, right } => {
                self.compare(subject, comparison.value, right, of)?
            }
        };
        Some(Require {
            relation,
            span: item.span,
            value_span: relation_span(&item.relation),
            comparison: match &item.relation {
                ast::Relation::In { .. } => None,
                ast::Relation::Compare { comparison, .. } => Some(comparison.value),
            },
            is_inherited: false,
        })
    }

    /// One side of a bound; `beside` is the other one where this is compared with it.
    fn subject(
        &mut self,
        subject: &'a ast::Dotted,
        of: &Subjects,
        beside: Option<Subject>,
    ) -> Option<Subject> {
        match subject.names.as_slice() {
            [name] => self.metric(name, of, beside).map(Subject::Metric),
            [row, property] => self.property(row, property, of, beside),
            _ => self.wrong(report::dotted_too_long(subject)),
        }
    }

    fn metric(&mut self, name: &'a Name, of: &Subjects, beside: Option<Subject>) -> Option<Metric> {
        if let Some(metric) = of.metric(&name.value) {
            self.used.insert(&name.value);
            return Some(metric);
        }
        match of.places.get(name.value.as_str()) {
            Some(&row) => {
                let known = properties(of.rows[row].1, beside);
                self.wrong(report::row_as_metric(name, known))
            }
            None => self.wrong(report::unknown_metric(name, &of.tables)),
        }
    }

    /// What `ROW.depth` or `ROW.channels` means.
    fn property(
        &mut self,
        row: &Name,
        property: &Name,
        of: &Subjects,
        beside: Option<Subject>,
    ) -> Option<Subject> {
        let rows = &of.rows;
        let Some(&index) = of.places.get(row.value.as_str()) else {
            let is_meant = |row: &&(&str, bool)| row.1 || property.value == "channels";
            let stages: Vec<&str> = match self.scope.suggests(rows.len()) {
                true => rows.iter().filter(is_meant).map(|row| row.0).collect(),
                false => Vec::new(),
            };
            return self.wrong(report::unknown_stage(row, &stages));
        };
        match (property.value.as_str(), rows[index].1) {
            ("depth", true) => Some(Subject::Depth(index)),
            ("depth", false) => self.wrong(report::depth_of_layer(row, property)),
            ("channels", _) => Some(Subject::Width(index)),
            (_, is_stage) => {
                let known = properties(is_stage, beside);
                self.wrong(report::unknown_property(row, property, known))
            }
        }
    }

    fn within(
        &mut self,
        subject: Subject,
        ends: [&'a ast::Value; 2],
        span: Span,
        of: &Subjects,
    ) -> Option<Relation> {
        // Both ends are looked at before the first error stops us.
        let [low, high] = ends.map(|end| self.literal(end));
        let (low, high) = (low?, high?);
        if let Subject::Metric(metric) = subject {
            self.check_units(metric, &low, &high)?;
        }
        let [low_value, high_value] = [&low, &high].map(|end| self.bound(subject, end, of));
        let (low_value, high_value) = (low_value?, high_value?);
        if low_value > high_value {
            let [low, high] = ends.map(|end| self.sources.text(end.span()));
            return self.wrong(report::empty_range(low, high, span));
        }
        Some(relation(subject, low_value, high_value))
    }

    /// `286..288M`: a bare number beside one with a unit is most likely a slip; 0 is 0 in any unit.
    fn check_units(&mut self, metric: Metric, low: &Literal, high: &Literal) -> Option<()> {
        let (Constant::Number(a), Constant::Number(b)) = (&low.constant, &high.constant) else {
            return Some(());
        };
        let is_bare = |number: &Quantity| number.unit == Unit::Bare && number.mantissa != 0;
        let unit = match metric.is_time() {
            true => Unit::Time,
            false => Unit::Count,
        };
        let (bare, with) = match (a.unit, b.unit) {
            (_, with) if with == unit && is_bare(a) => (low, high),
            (with, _) if with == unit && is_bare(b) => (high, low),
            _ => return Some(()),
        };
        let texts = [bare, with].map(|literal| self.sources.text(literal.at.span));
        self.wrong(report::missing_unit(texts, bare.at, with.at.span))
    }

    fn compare(
        &mut self,
        subject: Subject,
        comparison: Comparison,
        right: &'a ast::Operand,
        of: &Subjects,
    ) -> Option<Relation> {
        let literal = match right {
            ast::Operand::Number(number) => number_literal(*number),
            ast::Operand::Dotted(dotted) => match self.named_number(dotted) {
                Some(name) => self.named_literal(name)?,
                None => return self.compare_subjects(subject, comparison, dotted, of),
            },
        };
        let value = self.bound(subject, &literal, of)?;
        Some(match comparison {
            Comparison::AtMost => relation(subject, 0, value),
            Comparison::AtLeast => relation(subject, value, u64::MAX),
            Comparison::Equal => relation(subject, value, value),
        })
    }

    /// The name of a `let`, where the right side is one.
    fn named_number(&self, dotted: &'a ast::Dotted) -> Option<&'a Name> {
        let [name] = dotted.names.as_slice() else {
            return None;
        };
        let entry = self.scope.get(&name.value)?;
        matches!(entry.meaning, Meaning::Let(_)).then_some(name)
    }

    fn compare_subjects(
        &mut self,
        left: Subject,
        comparison: Comparison,
        right: &'a ast::Dotted,
        of: &Subjects,
    ) -> Option<Relation> {
        match (left, self.subject(right, of, Some(left))?) {
            (Subject::Depth(left), Subject::Depth(right)) => Some(Relation::DepthPair {
                left,
                comparison,
                right,
            }),
            (Subject::Width(left), Subject::Width(right)) => Some(Relation::WidthPair {
                left,
                comparison,
                right,
            }),
            _ => self.wrong(report::incomparable(right)),
        }
    }

    fn bound(&mut self, subject: Subject, literal: &Literal, of: &Subjects) -> Option<u64> {
        match subject {
            Subject::Metric(metric) => self.amount(metric, of.name(metric), literal),
            Subject::Depth(_) | Subject::Width(_) => {
                let kind = match subject {
                    Subject::Width(_) => BOUND_ON_WIDTH,
                    _ => BOUND_ON_DEPTH,
                };
                let value = self.typed(kind, literal)?;
                Some(as_integer(value).into())
            }
        }
    }

    /// A number of operations or parameters, or a time.
    fn amount(&mut self, metric: Metric, name: &str, literal: &Literal) -> Option<u64> {
        match &literal.constant {
            Constant::Word(word) => {
                let kind = Kind {
                    name: metric.word().unwrap_or("table"),
                    form: BOUND_ON_DEPTH.form,
                };
                self.word_for_number(kind, word, literal)
            }
            Constant::Number(number) if metric.is_time() => self.time(name, *number, literal.at),
            Constant::Number(number) => self.count(name, *number, literal.at),
        }
    }

    fn count(&mut self, name: &str, number: Quantity, at: At) -> Option<u64> {
        if number.unit == Unit::Time {
            let text = self.sources.text(at.span);
            return self.wrong(report::time_for_count(name, text, at));
        }
        if number::is_fraction(number) {
            return self.wrong(report::bound_not_whole(name, at));
        }
        let value = number::whole(number).and_then(|value| u64::try_from(value).ok());
        match value {
            Some(value) => Some(value),
            None => self.wrong(report::count_too_large(name, at)),
        }
    }

    /// A time in whole nanoseconds; 0 needs no unit.
    fn time(&mut self, name: &str, number: Quantity, at: At) -> Option<u64> {
        let text = self.sources.text(at.span);
        match number.unit {
            Unit::Bare if !number.is_zero() => {
                self.wrong(report::time_without_unit(name, text, at))
            }
            Unit::Count => self.wrong(report::count_for_time(name, text, at)),
            _ => match number.to_nanoseconds() {
                Some(time) => Some(time),
                None => self.wrong(report::no_whole_time(name, text, at)),
            },
        }
    }
}

/// What of a row can be bounded, or can be compared with the other side.
fn properties(is_stage: bool, beside: Option<Subject>) -> &'static [&'static str] {
    match (beside, is_stage) {
        (None, true) => &["depth", "channels"],
        (None, false) | (Some(Subject::Width(_)), _) => &["channels"],
        (Some(Subject::Depth(_)), true) => &["depth"],
        (Some(Subject::Depth(_)), false) | (Some(Subject::Metric(_)), _) => &[],
    }
}

fn row_of_draft<'d>(draft: &'d Draft) -> (&'d str, bool) {
    let is_stage = draft.row.kind == ast::RowKind::Stage;
    (draft.row.name.value.as_str(), is_stage)
}

fn names(tables: &[Table]) -> Vec<&str> {
    tables
        .iter()
        .map(|table| table.name.value.as_str())
        .collect()
}

fn number_literal(number: Spanned<Quantity>) -> Literal {
    Literal {
        constant: Constant::Number(number.value),
        at: At::new(number.span),
    }
}

fn relation(subject: Subject, low: u64, high: u64) -> Relation {
    // A bound beyond every depth or width means the same as one at the largest number.
    let [least, most] = [low, high].map(|value| u32::try_from(value).unwrap_or(u32::MAX));
    match subject {
        Subject::Metric(metric) => Relation::Metric { metric, low, high },
        Subject::Depth(row) => Relation::Depth {
            row,
            low: least,
            high: most,
        },
        Subject::Width(row) => Relation::Width {
            row,
            low: least,
            high: most,
        },
    }
}

fn relation_span(relation: &ast::Relation) -> Span {
    match relation {
        ast::Relation::In { span, .. } => *span,
        ast::Relation::Compare { right, .. } => match right {
            ast::Operand::Number(number) => number.span,
            ast::Operand::Dotted(dotted) => dotted.span,
        },
    }
}
