//! How alike two orders of the same things are: numbers in, numbers out.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Kendall's τ with the correction for ties (τ-b): 1 where `a` and `b` order alike, −1 where
/// they order in reverse, about 0 where they have nothing to do with each other.
///
/// Of all pairs, those that both order the same way, less those that they order
/// differently, over the geometric mean of how many pairs each of them orders at all.
/// `None` when one of them orders nothing: fewer than two values, or all equal.
///
/// # Panics
/// When `a` and `b` differ in length.
#[must_use]
pub fn tau(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "a value of each for everything");
    let (mut agreement, mut ordered_a, mut ordered_b) = (0_i64, 0_i64, 0_i64);
    for i in 0..a.len() {
        for j in 0..i {
            let (of_a, of_b) = (direction(a[i], a[j]), direction(b[i], b[j]));
            agreement += of_a * of_b;
            ordered_a += of_a.abs();
            ordered_b += of_b.abs();
        }
    }
    let pairs = ((ordered_a as f64) * (ordered_b as f64)).sqrt();
    (pairs > 0.0).then(|| agreement as f64 / pairs)
}

fn direction(x: f64, y: f64) -> i64 {
    x.total_cmp(&y) as i64
}

/// Draws of a bootstrap.
const DRAWS: usize = 1000;

/// The standard error of [`tau`], by the bootstrap: as many things are drawn with replacement
/// as there are, 1,000 times, and the deviation of the draws' τ is the answer. Draws
/// where τ has no value are left out; `None` when hardly any has one.
///
/// Equal seeds give equal answers.
///
/// # Panics
/// As [`tau`].
#[must_use]
pub fn standard_error(a: &[f64], b: &[f64], seed: u64) -> Option<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let draws: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let drawn: Vec<usize> = a.iter().map(|_| random.random_range(0..a.len())).collect();
            let of = |values: &[f64]| drawn.iter().map(|&at| values[at]).collect::<Vec<f64>>();
            tau(&of(a), &of(b))
        })
        .collect();
    (draws.len() > DRAWS / 2).then(|| deviation(&draws))
}

/// The mean τ of all pairs of columns: how well one training's order predicts another's, where
/// a column is the same things trained with one seed. `None` for one column, or where no
/// pair has a τ.
///
/// # Panics
/// When columns differ in length.
#[must_use]
pub fn ceiling(columns: &[Vec<f64>]) -> Option<f64> {
    let mut taus = Vec::new();
    for i in 0..columns.len() {
        taus.extend((0..i).filter_map(|j| tau(&columns[i], &columns[j])));
    }
    (!taus.is_empty()).then(|| mean(&taus))
}

/// The place of value `at` among `values`, the highest first: 1 for the best, and for all of
/// several equal ones the best place among them.
///
/// # Panics
/// When there is no value `at`.
#[must_use]
pub fn place(values: &[f64], at: usize) -> usize {
    1 + values.iter().filter(|&&value| value > values[at]).count()
}

/// The arithmetic mean; not a number for no values.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation around the mean, with n − 1; not a number for fewer than two values.
#[must_use]
pub fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Straight from the definition, with the four kinds of pairs counted apart.
    fn by_definition(a: &[f64], b: &[f64]) -> Option<f64> {
        let (mut alike, mut unlike, mut tied_a, mut tied_b, mut all) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for i in 0..a.len() {
            for j in i + 1..a.len() {
                all += 1.0;
                if a[i] == a[j] {
                    tied_a += 1.0;
                }
                if b[i] == b[j] {
                    tied_b += 1.0;
                }
                let product = (a[i] - a[j]) * (b[i] - b[j]);
                if product > 0.0 {
                    alike += 1.0;
                }
                if product < 0.0 {
                    unlike += 1.0;
                }
            }
        }
        let under: f64 = (all - tied_a) * (all - tied_b);
        (under > 0.0).then(|| (alike - unlike) / under.sqrt())
    }

    /// Values with many ties.
    fn drawn(random: &mut ChaCha8Rng, count: usize) -> Vec<f64> {
        (0..count)
            .map(|_| f64::from(random.random_range(0..6_u8)))
            .collect()
    }

    fn close(found: Option<f64>, expected: f64) {
        let found = found.expect("it has a value");
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn tau_is_one_for_one_order_and_minus_one_for_the_reverse() {
        let up = [1.0, 2.0, 5.0, 9.0];
        let down = [4.0, 3.0, 2.0, -1.0];
        close(tau(&up, &up), 1.0);
        close(tau(&up, &down), -1.0);
    }

    #[test]
    fn tau_of_known_examples_with_and_without_ties() {
        // Two of ten pairs in the wrong order.
        close(
            tau(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 3.0, 5.0, 4.0]),
            0.6,
        );
        // Of six pairs a ties one and b three; the two that both order agree.
        close(
            tau(&[1.0, 1.0, 2.0, 3.0], &[1.0, 2.0, 2.0, 2.0]),
            2.0 / (5.0_f64 * 3.0).sqrt(),
        );
        // Of ten pairs a ties two and b one; four more are unlike than alike.
        close(
            tau(&[12.0, 2.0, 1.0, 12.0, 2.0], &[1.0, 4.0, 7.0, 1.0, 0.0]),
            -4.0 / (8.0_f64 * 9.0).sqrt(),
        );
    }

    #[test]
    fn tau_is_its_definition_on_random_values_full_of_ties() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for count in 0..40 {
            let (a, b) = (drawn(&mut random, count), drawn(&mut random, count));
            match (tau(&a, &b), by_definition(&a, &b)) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12),
                (found, expected) => assert_eq!(found, expected, "{a:?} {b:?}"),
            }
        }
    }

    #[test]
    fn what_orders_nothing_has_no_tau() {
        assert_eq!(tau(&[], &[]), None);
        assert_eq!(tau(&[1.0], &[2.0]), None);
        assert_eq!(tau(&[3.0, 3.0, 3.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(standard_error(&[3.0, 3.0], &[1.0, 2.0], 1), None);
    }

    #[test]
    fn a_diverged_loss_is_the_worst_of_all() {
        let losses = [0.5, f64::INFINITY, 0.7];
        let negated: Vec<f64> = losses.iter().map(|loss| -loss).collect();
        close(tau(&negated, &[80.0, 10.0, 70.0]), 1.0);
    }

    #[test]
    fn the_bootstrap_repeats_and_has_the_size_that_theory_gives_for_independent_orders() {
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let count = 60;
        let mut values = || -> Vec<f64> { (0..count).map(|_| random.random()).collect() };
        let (a, b) = (values(), values());
        let error = standard_error(&a, &b, 1).unwrap();
        assert_eq!(Some(error), standard_error(&a, &b, 1));
        assert_ne!(Some(error), standard_error(&a, &b, 2));
        // For n independent pairs of values the variance of τ is 2(2n + 5) / 9n(n − 1).
        let n = f64::from(count);
        let theory = (2.0 * (2.0 * n + 5.0) / (9.0 * n * (n - 1.0))).sqrt();
        assert!((0.6..1.5).contains(&(error / theory)), "{error} {theory}");
    }

    #[test]
    fn equal_orders_have_no_error() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        close(standard_error(&values, &values, 3), 0.0);
    }

    #[test]
    fn the_ceiling_is_the_mean_over_pairs_of_columns() {
        let (a, b, c) = (
            vec![1.0, 2.0, 3.0],
            vec![1.0, 3.0, 2.0],
            vec![3.0, 2.0, 1.0],
        );
        let expected = [(&a, &b), (&a, &c), (&b, &c)].map(|(x, y)| tau(x, y).unwrap());
        close(
            ceiling(&[a.clone(), b, c]),
            expected.iter().sum::<f64>() / 3.0,
        );
        assert_eq!(ceiling(&[a]), None);
        assert_eq!(ceiling(&[]), None);
    }

    #[test]
    fn places_count_from_the_best_and_equal_values_share_one() {
        let values = [70.0, 90.0, 80.0, 80.0];
        let places: Vec<usize> = (0..4).map(|at| place(&values, at)).collect();
        assert_eq!(places, [4, 1, 2, 2]);
    }

    #[test]
    fn mean_and_deviation_of_known_values() {
        let values = [2.0, 4.0, 4.0, 6.0];
        assert_eq!(mean(&values), 4.0);
        assert!((deviation(&values) - (8.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
