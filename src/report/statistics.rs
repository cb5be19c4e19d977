//! The few statistics that the page speaks of.

/// The middle of the values; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The standard error, in points, of a share of `count` images, in percent.
pub fn standard_error(percent: f64, count: f64) -> f64 {
    let share = (percent / 100.0).clamp(0.0, 1.0);
    100.0 * f64::sqrt(share * (1.0 - share) / count.max(1.0))
}

/// How far two rankings of the same things agree, Kendall's tau-b: 1 the same order, 0 none,
/// −1 the reverse. `None` where one of them has no order, or fewer than two things.
pub fn agreement(a: &[f64], b: &[f64]) -> Option<f64> {
    let count = a.len().min(b.len());
    let (mut concord, mut pairs_a, mut pairs_b) = (0.0, 0.0, 0.0);
    for one in 0..count {
        for other in 0..one {
            let (in_a, in_b) = (sign(a[one] - a[other]), sign(b[one] - b[other]));
            concord += in_a * in_b;
            pairs_a += in_a.abs();
            pairs_b += in_b.abs();
        }
    }
    let scale = f64::sqrt(pairs_a * pairs_b);
    (scale > 0.0).then(|| concord / scale)
}

fn sign(number: f64) -> f64 {
    match number.partial_cmp(&0.0) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Less) => -1.0,
        _ => 0.0,
    }
}

/// The points that no other one beats in both: cheaper or equal, and better or equal. Indices
/// of (cost, worth) pairs, the cheapest first.
pub fn front(points: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (points[a], points[b]);
        a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1))
    });
    let mut best = f64::NEG_INFINITY;
    order.retain(|&at| {
        let is_better = points[at].1 > best;
        best = best.max(points[at].1);
        is_better
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_share_of_many_images_is_surer() {
        assert_eq!(standard_error(50.0, 100.0), 5.0);
        assert_eq!(standard_error(50.0, 10_000.0), 0.5);
        assert_eq!(standard_error(100.0, 10.0), 0.0);
    }

    #[test]
    fn rankings_agree_fully_not_at_all_or_have_no_order() {
        let up = [1.0, 2.0, 3.0];
        assert_eq!(agreement(&up, &[10.0, 20.0, 30.0]), Some(1.0));
        assert_eq!(agreement(&up, &[3.0, 2.0, 1.0]), Some(-1.0));
        assert_eq!(agreement(&up, &[5.0, 5.0, 5.0]), None);
        assert_eq!(agreement(&[], &[]), None);
    }

    #[test]
    fn the_front_keeps_what_nothing_beats() {
        let points = [
            (3.0, 70.0),
            (1.0, 60.0),
            (2.0, 55.0),
            (1.0, 58.0),
            (4.0, 70.0),
        ];
        assert_eq!(front(&points), [1, 0]);
    }
}
