//! Depths and searched widths beside the bounds on them. No other value hangs on these bounds: a block has the same
//! candidates at all widths, and what stands only in blocks that no depth reaches is told of the depth.

use std::collections::BTreeMap;

use super::{Key, Value, Why};
use crate::ir::{Ir, RowWidth};
use crate::plan::Bounded;
use crate::space::{Relation, Require};
use crate::syntax::ast::Comparison;

/// What bounds on rows speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// The depth of a row.
    Depth(usize),
    /// The width that a choice stands for; several rows can have it.
    Width(usize),
}

impl Of {
    fn width(ir: &Ir, row: usize) -> Option<Of> {
        match ir.rows[row].width {
            RowWidth::Choice(choice) => Some(Of::Width(choice.into())),
            RowWidth::Fixed(_) => None,
        }
    }

    /// What the same of another row can be, ascending.
    fn values(self, ir: &Ir, row: usize) -> Vec<u32> {
        match self {
            Of::Depth(_) => ir.rows[row].depths.clone(),
            Of::Width(_) => ir.widths(ir.rows[row].width),
        }
    }
}

/// A depth or a width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Property {
    of: Of,
    value: u32,
}

impl Property {
    /// That of a decision's value; `None` where the decision is of something else.
    pub(super) fn of(ir: &Ir, value: &Value) -> Option<Property> {
        let (of, value) = match *value.keys.first()? {
            Key::Depth(row, depth) => (Of::Depth(row), depth),
            Key::Choice(choice, at) => {
                let width = ir.choices[choice].width(u16::try_from(at).ok()?)?;
                (Of::Width(choice), width)
            }
            Key::Resolution(_) | Key::Candidate(..) => return None,
        };
        Some(Property { of, value })
    }
}

/// The bounds on depths and widths, by what they speak of.
pub(super) struct RowBounds<'a> {
    ir: &'a Ir,
    /// What those that name a number leave.
    ends: BTreeMap<Of, (u32, u32)>,
    pairs: BTreeMap<Of, Vec<Pair<'a>>>,
}

/// A bound that compares a depth or a width with that of another row.
struct Pair<'a> {
    require: &'a Require,
    other: usize,
    comparison: Comparison,
    /// Whether the other row stands on the left.
    is_other_left: bool,
}

impl<'a> RowBounds<'a> {
    pub(super) fn of(space: &Bounded<'a>) -> RowBounds<'a> {
        let mut bounds = RowBounds {
            ir: space.ir,
            ends: BTreeMap::new(),
            pairs: BTreeMap::new(),
        };
        let depth = |row| Some(Of::Depth(row));
        let width = |row| Of::width(space.ir, row);
        for require in space.requires {
            match require.relation {
                Relation::Metric { .. } => {}
                Relation::Depth { row, low, high } => bounds.cut(depth(row), (low, high)),
                Relation::Width { row, low, high } => bounds.cut(width(row), (low, high)),
                Relation::DepthPair {
                    left,
                    comparison,
                    right,
                } => bounds.compare(require, comparison, [left, right], depth),
                Relation::WidthPair {
                    left,
                    comparison,
                    right,
                } => bounds.compare(require, comparison, [left, right], width),
            }
        }
        bounds
    }

    fn cut(&mut self, of: Option<Of>, (low, high): (u32, u32)) {
        if let Some(of) = of {
            let ends = self.ends.entry(of).or_insert((low, high));
            *ends = (ends.0.max(low), ends.1.min(high));
        }
    }

    fn compare(
        &mut self,
        require: &'a Require,
        comparison: Comparison,
        rows: [usize; 2],
        of: impl Fn(usize) -> Option<Of>,
    ) {
        let sides = rows.map(of);
        if sides[0] == sides[1] {
            // Two fixed widths, or something and itself.
            return;
        }
        for (side, is_other_left) in sides.into_iter().zip([false, true]) {
            let other = rows[usize::from(!is_other_left)];
            if let Some(side) = side {
                self.pairs.entry(side).or_default().push(Pair {
                    require,
                    other,
                    comparison,
                    is_other_left,
                });
            }
        }
    }

    /// Whether no value is compared with that of another row.
    pub(super) fn has_no_pairs(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Whether a bound with a number excludes it: that was meant.
    pub(super) fn cuts_off(&self, property: Property) -> bool {
        let ends = self.ends.get(&property.of);
        ends.is_some_and(|&(low, high)| !(low..=high).contains(&property.value))
    }

    /// Of something that no path has, why: a bound that lets it go with nothing of another row, by itself where there is
    /// such a one, else beside others.
    pub(super) fn keeps_apart(&self, property: Property) -> Option<Why<'a>> {
        let pairs = self.pairs.get(&property.of)?;
        let mut alone = pairs.iter().filter(|pair| !self.goes(property, pair));
        let found = alone.next();
        let pair = found.or(pairs.first())?;
        Some(Why::Row {
            require: pair.require,
            other: pair.other,
            is_alone: found.is_some(),
        })
    }

    /// Whether it goes with some value of the other row, other bounds left aside.
    fn goes(&self, property: Property, pair: &Pair) -> bool {
        let others = property.of.values(self.ir, pair.other);
        others.into_iter().any(|other| match pair.is_other_left {
            true => pair.comparison.holds(other, property.value),
            false => pair.comparison.holds(property.value, other),
        })
    }
}
