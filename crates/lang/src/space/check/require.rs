//! `require SUBJECT …`: bounds on metrics and depths.

use super::literal::{Constant, Literal};
use super::number;
use super::value::{Form, Kind, as_integer};
use super::{Checker, Draft};
use crate::diagnostic::Diagnostic;
use crate::quantity::{Quantity, Unit};
use crate::source::{Name, Sources, Span, Spanned};
use crate::space::resolve::Meaning;
use crate::space::{Metric, Relation, Require, Space, report};
use crate::syntax::ast::{self, Comparison};

/// The rows a bound may speak of, in order: name, and whether it is a stage.
pub(in crate::space) type Subjects<'r> = Vec<(&'r str, bool)>;

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
    let rows = space.rows.iter();
    let subjects = rows
        .map(|row| (row.name.value.as_str(), row.is_stage))
        .collect();
    let require = checker.require(item, &subjects);
    let found = checker.finish();
    require.filter(|_| found.is_empty()).ok_or(found)
}

impl<'a> Checker<'a> {
    pub(super) fn requires(
        &mut self,
        space: &'a ast::Space,
        rows: &[Draft],
    ) -> Option<Vec<Require>> {
        let subjects: Subjects = rows
            .iter()
            .map(|draft| {
                (
                    draft.row.name.value.as_str(),
                    draft.row.kind == ast::RowKind::Stage,
                )
            })
            .collect();
        let mut requires = Vec::new();
        for item in &space.items {
            if let ast::Item::Require(item) = item {
                requires.push(self.require(item, &subjects));
            }
        }
        requires.into_iter().collect()
    }

    fn require(&mut self, item: &'a ast::Require, rows: &Subjects) -> Option<Require> {
        let subject = self.subject(&item.subject, rows)?;
        let relation = match &item.relation {
            ast::Relation::In { low, high, span } => self.within(subject, [low, high], *span)?,
            ast::Relation::Compare { comparison, right } => {
                self.compare(subject, comparison.value, right, rows)?
            }
        };
        Some(Require {
            relation,
            span: item.span,
            value_span: relation_span(&item.relation),
        })
    }

    fn subject(&mut self, subject: &'a ast::Dotted, rows: &Subjects) -> Option<Subject> {
        match subject.names.as_slice() {
            [name] => self.metric(name, rows).map(Subject::Metric),
            [row, property] => self.property(row, property, rows),
            _ => self.wrong(report::dotted_too_long(subject)),
        }
    }

    fn metric(&mut self, name: &'a Name, rows: &Subjects) -> Option<Metric> {
        if let Some(metric) = Metric::from_word(&name.value) {
            return Some(metric);
        }
        if rows.iter().any(|(row, _)| *row == name.value) {
            return self.wrong(report::row_as_metric(name));
        }
        let tables = |meaning: Meaning| matches!(meaning, Meaning::Table);
        match self.scope.get(&name.value) {
            Some(entry) if tables(entry.meaning) => None,
            _ => self.wrong(report::unknown_metric(name, &self.scope.names(tables))),
        }
    }

    /// What `ROW.depth` or `ROW.channels` means.
    fn property(&mut self, row: &Name, property: &Name, rows: &Subjects) -> Option<Subject> {
        let Some(index) = rows.iter().position(|(name, _)| *name == row.value) else {
            let is_meant = |row: &&(&str, bool)| row.1 || property.value == "channels";
            let stages: Vec<&str> = rows.iter().filter(is_meant).map(|row| row.0).collect();
            return self.wrong(report::unknown_stage(row, &stages));
        };
        match (property.value.as_str(), rows[index].1) {
            ("depth", true) => Some(Subject::Depth(index)),
            ("depth", false) => self.wrong(report::depth_of_layer(row, property)),
            ("channels", _) => Some(Subject::Width(index)),
            _ => self.wrong(report::unknown_property(row, property)),
        }
    }

    fn within(
        &mut self,
        subject: Subject,
        ends: [&'a ast::Value; 2],
        span: Span,
    ) -> Option<Relation> {
        // Both ends are looked at before the first error stops us.
        let [low, high] = ends.map(|end| self.literal(end));
        let (low, high) = (low?, high?);
        if let Subject::Metric(_) = subject {
            self.check_units(&low, &high)?;
        }
        let [low_value, high_value] = [&low, &high].map(|end| self.bound(subject, end));
        let (low_value, high_value) = (low_value?, high_value?);
        if low_value > high_value {
            let [low, high] = ends.map(|end| self.sources.text(end.span()));
            return self.wrong(report::empty_range(low, high, span));
        }
        Some(relation(subject, low_value, high_value))
    }

    /// `286..288M`: a bare number beside one with a unit is most likely a slip; 0 is 0 in any unit.
    fn check_units(&mut self, low: &Literal, high: &Literal) -> Option<()> {
        let (Constant::Number(a), Constant::Number(b)) = (&low.constant, &high.constant) else {
            return Some(());
        };
        let is_bare = |number: &Quantity| number.unit == Unit::Bare && number.mantissa != 0;
        let (bare, with) = match (a.unit, b.unit) {
            (_, Unit::Count) if is_bare(a) => (low, high),
            (Unit::Count, _) if is_bare(b) => (high, low),
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
        rows: &Subjects,
    ) -> Option<Relation> {
        let literal = match right {
            ast::Operand::Number(number) => number_literal(*number),
            ast::Operand::Dotted(dotted) => match self.named_number(dotted) {
                Some(name) => self.named_literal(name)?,
                None => return self.compare_subjects(subject, comparison, dotted, rows),
            },
        };
        let value = self.bound(subject, &literal)?;
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
        rows: &Subjects,
    ) -> Option<Relation> {
        match (left, self.subject(right, rows)?) {
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

    fn bound(&mut self, subject: Subject, literal: &Literal) -> Option<u64> {
        match subject {
            Subject::Metric(metric) => self.count(metric, literal),
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

    /// A number of operations or parameters.
    fn count(&mut self, metric: Metric, literal: &Literal) -> Option<u64> {
        let kind = Kind {
            name: metric.as_str(),
            form: BOUND_ON_DEPTH.form,
        };
        match &literal.constant {
            Constant::Word(word) => self.word_for_number(kind, word, literal),
            Constant::Number(number) if number.unit == Unit::Time => {
                let text = self.sources.text(literal.at.span);
                self.wrong(report::time_for_count(metric, text, literal.at))
            }
            Constant::Number(number) if number::is_fraction(*number) => {
                self.wrong(report::not_whole(kind, literal.at))
            }
            Constant::Number(number) => {
                let value = number::whole(*number).and_then(|value| u64::try_from(value).ok());
                match value {
                    Some(value) => Some(value),
                    None => self.wrong(report::count_too_large(metric, literal.at)),
                }
            }
        }
    }
}

fn number_literal(number: Spanned<Quantity>) -> Literal {
    Literal {
        constant: Constant::Number(number.value),
        at: report::At::new(number.span),
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
