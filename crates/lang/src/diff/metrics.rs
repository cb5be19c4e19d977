//! Metrics of two spaces, paired: the counted ones, and tables by their names.

use crate::ir::Ir;
use crate::space::Metric;

/// Something of a metric on both sides; `None` on the side that has no such table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared<T> {
    /// Name of the metric.
    pub name: String,
    /// Whether it is a time, in whole nanoseconds, and no count.
    pub is_time: bool,
    /// Before and after.
    pub sides: [Option<T>; 2],
}

impl<T> Compared<T> {
    /// The same metric with something else of each side.
    pub(super) fn and_then<U>(&self, of: impl Fn(usize, &T) -> Option<U>) -> Compared<U> {
        let side = |at: usize| self.sides[at].as_ref().and_then(|one| of(at, one));
        Compared {
            name: self.name.clone(),
            is_time: self.is_time,
            sides: [side(0), side(1)],
        }
    }
}

/// Every metric that one of two spaces has.
pub(super) fn metrics([before, after]: [&Ir; 2]) -> Vec<Compared<Metric>> {
    let gone = before.metrics().map(|(metric, name)| Compared {
        name: name.to_owned(),
        is_time: metric.is_time(),
        sides: [Some(metric), twin(after, name)],
    });
    let is_new = |(_, name): &(Metric, &str)| twin(before, name).is_none();
    let new = after.metrics().filter(is_new);
    let new = new.map(|(metric, name)| Compared {
        name: name.to_owned(),
        is_time: metric.is_time(),
        sides: [None, Some(metric)],
    });
    gone.chain(new).collect()
}

/// The metric of a name.
pub(super) fn twin(ir: &Ir, name: &str) -> Option<Metric> {
    let mut all = ir.metrics();
    all.find(|(_, other)| *other == name)
        .map(|(metric, _)| metric)
}
