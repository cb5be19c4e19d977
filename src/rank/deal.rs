//! Which process makes which training.

/// The rank of each training, by what trainings cost: the dearest first, each to the rank with the least to do so far.
///
/// Every rank finds the same. None has more than the others have and one training beyond it.
#[must_use]
pub fn deal(costs: &[u64], world: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    // Stable: of equal ones the first is dealt first.
    order.sort_by_key(|&at| std::cmp::Reverse(costs[at]));
    let mut loads = vec![0_u128; world];
    let mut ranks = vec![0; costs.len()];
    for at in order {
        let least = (0..world).min_by_key(|&rank| loads[rank]);
        let rank = least.expect("there is a rank");
        loads[rank] += u128::from(costs[at]);
        ranks[at] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::deal;

    #[test]
    fn equal_trainings_are_dealt_in_turn() {
        assert_eq!(deal(&[5; 7], 3), [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(deal(&[5, 5], 4), [0, 1]);
        assert_eq!(deal(&[3, 9, 1], 1), [0, 0, 0]);
        assert_eq!(deal(&[], 2), [0; 0]);
    }

    #[test]
    fn a_dear_training_is_weighed_by_several_cheap_ones() {
        assert_eq!(deal(&[1, 1, 1, 3], 2), [1, 1, 1, 0]);
    }

    #[test]
    fn no_rank_has_more_than_another_and_one_training() {
        let costs: Vec<u64> = (0..40_u64).map(|at| 1 + at * at * 7 % 31).collect();
        for world in 1..6 {
            let ranks = deal(&costs, world);
            let load = |rank| -> u64 {
                let own = costs.iter().zip(&ranks).filter(|&(_, &of)| of == rank);
                own.map(|(cost, _)| cost).sum()
            };
            let loads: Vec<u64> = (0..world).map(load).collect();
            let apart = loads.iter().max().unwrap() - loads.iter().min().unwrap();
            assert!(apart <= *costs.iter().max().unwrap(), "{loads:?}");
        }
    }
}
