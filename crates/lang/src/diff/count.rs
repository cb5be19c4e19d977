//! How many paths two spaces have, each and together.

use num_bigint::BigUint;

use super::product::Product;
use super::twins::Twins;
use super::{Count, Effort, Paths};
use crate::cost::Cost;
use crate::count::{Graph, Limits, TooManySums, Window};
use crate::plan::Plan;
use crate::space::Metric;

/// The number of all paths, and that of the paths inside every bound. Without `twins` the rows do
/// not pair, and no path is shared.
///
/// # Errors
/// When exact counts are asked for and out of reach.
pub(super) fn paths(
    before: &Plan,
    after: &Plan,
    twins: Option<&Twins>,
    effort: Effort,
) -> Result<(Paths, Paths), TooManySums> {
    let all = Question {
        graphs: [&before.graph, &after.graph],
        windows: [&[], &[]],
        sides: [before, after].map(|plan| plan.resolution),
        twins,
        effort,
    };
    let feasible = Question {
        graphs: [&before.bounded_graph, &after.bounded_graph],
        windows: [&before.windows, &after.windows],
        ..all
    };
    Ok((all.answer()?, feasible.answer()?))
}

/// Two sets of paths to compare: each the paths of a graph inside windows.
#[derive(Clone, Copy)]
struct Question<'a> {
    graphs: [&'a Graph; 2],
    windows: [&'a [Window]; 2],
    /// The resolutions that the spaces settle on.
    sides: [u32; 2],
    twins: Option<&'a Twins>,
    effort: Effort,
}

impl Question<'_> {
    fn answer(&self) -> Result<Paths, TooManySums> {
        let [before, after] = [0, 1].map(|side| self.count(self.graphs[side], self.windows[side]));
        let (before, after) = (before?, after?);
        let smaller = (&before.most).min(&after.most).clone();
        let shared = match self.twins {
            None => Some(Shared::none()),
            Some(twins) => self
                .product(twins)
                .map(|one| self.shared(&one))
                .transpose()?,
        };
        // Too entangled to be walked side by side: anything up to the smaller one.
        let shared = shared.unwrap_or(Shared {
            count: Count {
                least: BigUint::ZERO,
                most: smaller.clone(),
            },
            is_all: [false, false],
        });
        let mut count = shared.count;
        count.most = count.most.min(smaller);
        for (is_all, whole) in shared.is_all.into_iter().zip([&before, &after]) {
            if is_all {
                count = narrower(&count, whole);
            }
        }
        Ok(Paths {
            lost: rest(&before, &count, shared.is_all[0]),
            gained: rest(&after, &count, shared.is_all[1]),
            before,
            after,
            shared: count,
        })
    }

    /// The common paths. Where one side alone decides its resolution, those at the other's.
    fn product(&self, twins: &Twins) -> Option<Product> {
        let decides = self.graphs.map(Graph::decides_resolution);
        let alike = |side: usize| match decides[side] && !decides[1 - side] {
            true => self.graphs[side].at_resolution(self.sides[1 - side]),
            false => Some(self.graphs[side].clone()),
        };
        match (alike(0), alike(1)) {
            (Some(one), Some(other)) => Product::of(&one, &other, twins),
            _ => Some(Product::none()),
        }
    }

    fn count(&self, graph: &Graph, windows: &[Window]) -> Result<Count, TooManySums> {
        let limits = match self.effort {
            Effort::Moderate => Limits::moderate(),
            Effort::Exact => Limits::default(),
        };
        match graph.count_exact(windows, limits) {
            Ok(count) => Ok(Count {
                least: count.clone(),
                most: count,
            }),
            Err(refusal) if self.effort == Effort::Exact => Err(refusal),
            Err(_) => {
                let (least, most) = graph.count_interval(windows);
                Ok(Count { least, most })
            }
        }
    }

    /// The common paths that lie inside the windows of both.
    fn shared(&self, product: &Product) -> Result<Shared, TooManySums> {
        let plain = [0, 1].map(|side| product.graph(|costs| costs[side]));
        let number = plain[0].count();
        let binding = self.binding(product, &plain);
        // All of a side is shared where no path of its graph is missing and the other's windows ask
        // no more of them than its own do.
        let is_all = [0, 1].map(|side| {
            let mut others = binding.iter().filter(|one| one.side != side);
            others.all(|one| one.is_implied) && number == self.graphs[side].count()
        });
        let binding: Vec<Binding> = binding.into_iter().filter(Binding::counts).collect();
        let count = match binding.len() <= Metric::ALL.len() {
            true => {
                let graph = product.graph(|costs| packed(&binding, costs));
                self.count(&graph, &renumbered(&binding))?
            }
            false => self.overlap(&plain, number)?,
        };
        Ok(Shared { count, is_all })
    }

    /// The windows of both sides that exclude some common path.
    fn binding(&self, product: &Product, plain: &[Graph; 2]) -> Vec<Binding> {
        let windows = [0, 1]
            .into_iter()
            .flat_map(|side| self.windows[side].iter().map(move |window| (side, *window)));
        let excludes = windows.filter(|(side, window)| {
            let ends = plain[*side].extremes(window.metric);
            ends.is_some_and(|(least, most)| least < window.low || window.high < most)
        });
        let binding = excludes.map(|(side, window)| {
            let of_metric = |other: &&Window| other.metric == window.metric;
            let other = self.windows[1 - side].iter().find(of_metric);
            let is_inside = |other: &&Window| window.low <= other.low && other.high <= window.high;
            let costs_the_same = |_: &&Window| {
                product.all(|[one, other]| one.get(window.metric) == other.get(window.metric))
            };
            let tighter = other.filter(is_inside).filter(costs_the_same);
            Binding {
                side,
                window,
                is_implied: tighter.is_some(),
                is_equal: tighter == Some(&window),
            }
        });
        binding.collect()
    }

    /// Bounds on the common paths inside both, from those inside each: what lies in neither's rest.
    fn overlap(&self, plain: &[Graph; 2], number: BigUint) -> Result<Count, TooManySums> {
        let [one, other] = [0, 1].map(|side| self.count(&plain[side], self.windows[side]));
        let (one, other) = (one?, other?);
        let sum = &one.least + &other.least;
        Ok(Count {
            least: if sum > number {
                sum - number
            } else {
                BigUint::ZERO
            },
            most: one.most.min(other.most),
        })
    }
}

/// A window that excludes some common path.
struct Binding {
    side: usize,
    window: Window,
    /// Whether a window of the other side excludes those and maybe more.
    is_implied: bool,
    /// Whether that one excludes the same.
    is_equal: bool,
}

impl Binding {
    /// Whether it must be counted with: of two that are the same, the first must.
    fn counts(&self) -> bool {
        !self.is_implied || self.is_equal && self.side == 0
    }
}

/// The common paths, and whether those of a side are all of it.
struct Shared {
    count: Count,
    is_all: [bool; 2],
}

impl Shared {
    fn none() -> Shared {
        Shared {
            count: Count {
                least: BigUint::ZERO,
                most: BigUint::ZERO,
            },
            is_all: [false, false],
        }
    }
}

/// The costs that windows ask for, in the places of the metrics: the first window's in the first.
fn packed(binding: &[Binding], costs: [Cost; 2]) -> Cost {
    let at = |place: usize| {
        binding
            .get(place)
            .map_or(0, |one| costs[one.side].get(one.window.metric))
    };
    Cost {
        flops: at(0),
        macs: at(1),
        params: at(2),
        activations: at(3),
    }
}

/// The windows on what [`packed`] makes.
fn renumbered(binding: &[Binding]) -> Vec<Window> {
    let places = [
        Metric::Flops,
        Metric::Macs,
        Metric::Params,
        Metric::Activations,
    ];
    let windows = binding.iter().zip(places);
    windows
        .map(|(one, metric)| Window {
            metric,
            ..one.window
        })
        .collect()
}

/// Both hold the same number.
fn narrower(one: &Count, other: &Count) -> Count {
    Count {
        least: (&one.least).max(&other.least).clone(),
        most: (&one.most).min(&other.most).clone(),
    }
}

/// What is left of `whole` without a part of it.
fn rest(whole: &Count, part: &Count, is_all: bool) -> Count {
    if is_all {
        return Count {
            least: BigUint::ZERO,
            most: BigUint::ZERO,
        };
    }
    let less = |a: &BigUint, b: &BigUint| if a > b { a - b } else { BigUint::ZERO };
    Count {
        least: less(&whole.least, &part.most),
        most: less(&whole.most, &part.least),
    }
}
