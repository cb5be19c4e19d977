//! What must be equal on all ranks as they train, compared by a sum of its bits.

use tch::{Device, Kind, Tensor};

use super::{Ranks, RanksError};
use crate::nn::NamedTensor;

/// Steps between two comparisons of what must be equal on all ranks.
pub const COMPARE_EVERY: u64 = 100;
/// What is compared before the first step of a process, which may go on with a run.
pub const FIRST: &str = "what the training begins with";
/// What is compared between checkpoints.
pub const TRAINED: &str = "what is trained";
/// What is compared before each checkpoint.
pub const SAVED: &str = "what a checkpoint holds";

impl Ranks {
    /// Compares what must be equal on all ranks, by a sum of its bits.
    ///
    /// # Errors
    /// When it is not, or a rank is lost.
    pub fn compare(&self, what: &str, tensors: &[NamedTensor]) -> Result<(), RanksError> {
        if self.is_without_group() {
            return Ok(());
        }
        let own = tch::no_grad(|| bits(tensors)).to_device(Device::Cpu);
        self.meets();
        let all = self.found(self.control.all_gather(&own))?;
        let sums: Vec<i64> = all.iter().map(|sum| sum.int64_value(&[0])).collect();
        match outlier(&sums) {
            None => Ok(()),
            Some((rank, most)) => Err(RanksError::Apart {
                what: what.to_owned(),
                who: self.name(rank),
                most,
            }),
        }
    }
}

/// The first rank whose sum is not that of most, and who those are. Where no sum has more ranks than another, rank 0 is right.
fn outlier(sums: &[i64]) -> Option<(usize, String)> {
    let equal = |sum: i64| sums.iter().filter(|&&one| one == sum).count();
    // The last of equals is taken, so that rank 0's comes last.
    let usual = sums.iter().copied().rev().max_by_key(|&sum| equal(sum))?;
    let rank = sums.iter().position(|&sum| sum != usual)?;
    let most = match equal(usual) {
        1 => "rank 0".to_owned(),
        count => format!("{count} others"),
    };
    Some((rank, most))
}

/// A sum of the bits of tensors, each tensor with a weight of its own. It sees drift, not every exchange of values inside
/// a tensor.
fn bits(tensors: &[NamedTensor]) -> Tensor {
    // Counts may lie on the CPU beside weights on a GPU.
    let device = tensors
        .first()
        .map_or(Device::Cpu, |one| one.tensor.device());
    let sums: Vec<Tensor> = tensors
        .iter()
        .map(|one| {
            let words = match one.tensor.kind() {
                Kind::Double | Kind::Int64 => Kind::Int64,
                Kind::Half | Kind::BFloat16 => Kind::Int16,
                _ => Kind::Int,
            };
            let sum = one.tensor.detach().view_dtype(words).sum(Kind::Int64);
            sum.to_device(device)
        })
        .collect();
    if sums.is_empty() {
        return Tensor::from_slice(&[0_i64]);
    }
    let sums = Tensor::stack(&sums, 0);
    let weights = Tensor::arange(sums.size()[0], (Kind::Int64, sums.device())) * 2 + 1;
    (sums * weights).sum(Kind::Int64).view([1])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use creamc_torch::group::testing;

    use super::*;

    /// What two ranks say of these numbers, the last of which may differ.
    fn compared(of_rank: fn(usize) -> f32) -> Vec<Result<(), RanksError>> {
        testing::ranks(2, |group| {
            let ranks = Ranks::of(Arc::new(group));
            let last = of_rank(ranks.rank());
            let tensors = [[1.0, 2.0], [3.0, last]].map(|numbers| NamedTensor {
                name: "weight".into(),
                tensor: Tensor::from_slice(&numbers),
            });
            ranks.compare(TRAINED, &tensors)
        })
    }

    #[test]
    fn of_ranks_that_differ_the_fewer_are_named() {
        let outlier = |sums: &[i64]| outlier(sums);
        let named = |rank, most: &str| Some((rank, most.to_owned()));
        assert_eq!(outlier(&[4, 4, 4]), None);
        assert_eq!(outlier(&[4, 5]), named(1, "rank 0"));
        assert_eq!(outlier(&[5, 4, 4]), named(0, "2 others"));
        assert_eq!(outlier(&[4, 4, 4, 5]), named(3, "3 others"));
        assert_eq!(outlier(&[4, 5, 5, 4]), named(1, "2 others"));
        assert_eq!(outlier(&[4, 5, 6]), named(1, "rank 0"));
    }

    #[test]
    fn one_bit_that_differs_ends_all_ranks_and_the_rank_is_named() {
        assert_eq!(compared(|_| 0.1), [Ok(()), Ok(())]);
        for result in compared(|rank| f32::from_bits(0.1_f32.to_bits() + rank as u32)) {
            let error = result.unwrap_err().to_string();
            assert!(
                error.contains("what is trained is not the same") && error.contains("rank 1"),
                "{error}"
            );
        }
    }
}
