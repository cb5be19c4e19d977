//! Statistics of a batch of which every rank holds a piece.

use creamc_torch::TorchError;
use creamc_torch::group::ProcessGroup;
use tch::{Kind, Tensor};

/// Of all ranks' values of each channel, with gradients to the values of every rank.
#[derive(Debug)]
pub struct Overall {
    /// `[C]`
    pub mean: Tensor,
    /// Over the count, `[C]`.
    pub var: Tensor,
    /// Values of a channel, a scalar.
    count: Tensor,
}

impl Overall {
    /// Of `[N, C, H, W]` on this rank and the same, with an N of its own, on the others.
    ///
    /// Each rank says mean, squares around it, and count; they are joined as Chan, Golub and LeVeque do (*Updating
    /// Formulae and a Pairwise Algorithm for Computing Sample Variances*, 1979), which subtracts no two large sums.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn of(x: &Tensor, group: &dyn ProcessGroup) -> Result<Overall, TorchError> {
        let x = wide(x);
        let [images, channels, height, width] = x.size()[..] else {
            unreachable!("images have four dimensions")
        };
        let count = (images * height * width) as f64;
        let (correction, keep) = (0, false);
        let (var, mean) = x.var_mean_correction([0_i64, 2, 3].as_slice(), correction, keep);
        let counted = Tensor::full([1], count, (x.kind(), x.device()));
        let own = Tensor::cat(&[mean, var * count, counted], 0);
        let rows = of_all(&own, group)?;
        let parts = rows.split_with_sizes([channels, channels, 1], 1);
        let [means, squares, counts] = &parts[..] else {
            unreachable!("as many parts as sizes")
        };
        let add_up = |rows: &Tensor| rows.sum_dim_intlist([0_i64].as_slice(), false, None::<Kind>);
        let count = counts.detach().sum(None::<Kind>);
        let mean = add_up(&(means * counts)) / &count;
        let squares = squares + (means - &mean).square() * counts;
        Ok(Overall {
            var: add_up(&squares) / &count,
            mean,
            count,
        })
    }

    /// Moves running statistics towards these by `momentum`, towards the variance over count − 1 as torch does.
    pub fn moves(&self, (mean, var): (&Tensor, &Tensor), momentum: f64) {
        tch::no_grad(|| {
            let unbiased = &self.var * (&self.count / (&self.count - 1.0));
            let _ = mean.shallow_clone().lerp_(&self.mean, momentum);
            let _ = var.shallow_clone().lerp_(&unbiased, momentum);
        });
    }
}

/// A row of every rank, `[ranks, …]`, with gradients: a sum of rows of which each rank fills its own and
/// leaves zeros elsewhere, so that all see the same bits.
fn of_all(own: &Tensor, group: &dyn ProcessGroup) -> Result<Tensor, TorchError> {
    let zeros = own.zeros_like();
    let row = |rank| if rank == group.rank() { own } else { &zeros };
    let rows: Vec<&Tensor> = (0..group.world()).map(row).collect();
    group.watched_sum(&Tensor::stack(&rows, 0))
}

/// The same numbers in at least 32 bits: statistics of short floats lose too much.
pub fn wide(x: &Tensor) -> Tensor {
    match x.kind() {
        Kind::Half | Kind::BFloat16 => x.to_kind(Kind::Float),
        _ => x.shallow_clone(),
    }
}

#[cfg(test)]
mod tests {
    use creamc_lang::quantity::Ratio;
    use creamc_lang::space::NormSettings;
    use creamc_torch::group::testing::ranks;
    use tch::Device;

    use super::super::init::Initial;
    use super::super::norm::Norm;
    use super::super::source::Source;
    use super::super::{Mode, Over, Place};

    use super::*;

    fn norm() -> Norm {
        let ratio = |numerator, denominator| Ratio {
            numerator,
            denominator,
        };
        let settings = NormSettings {
            eps: ratio(1, 100_000),
            momentum: ratio(1, 10),
        };
        let initial = Initial {
            seed: 1,
            place: Place::CPU,
        };
        Norm::new(3, settings, "bn1", Source::Made(initial))
    }

    /// Channels far from zero, which ranks see around different means; stored channels last.
    fn images(kind: Kind) -> Tensor {
        let numbers = Tensor::arange(7 * 3 * 4 * 4, (Kind::Double, Device::Cpu));
        let numbers = (numbers * 0.7).sin().view([7, 3, 4, 4]);
        let means = Tensor::from_slice(&[0.0, 1e3, -1e3]).view([1, 3, 1, 1]);
        let apart = Tensor::arange(7, (Kind::Double, Device::Cpu)).view([7, 1, 1, 1]);
        creamc_torch::channels_last(&(numbers + means + apart).to_kind(kind)).unwrap()
    }

    /// Output and running statistics of ranks with 2, 1 and 4 images.
    fn of_ranks(kind: Kind, mode: Mode) -> Vec<(Tensor, [Tensor; 2])> {
        ranks(3, |group| {
            let (start, length) = [(0, 2), (2, 1), (3, 4)][group.rank()];
            let (norm, x) = (norm(), images(kind).narrow(0, start, length));
            let y = norm.forward_over(&x, mode, Over::All(&group)).unwrap();
            assert_eq!((y.kind(), y.stride()), (kind, x.stride()));
            (y.detach(), [norm.mean, norm.var])
        })
    }

    fn apart(a: &Tensor, b: &Tensor) -> f64 {
        let [a, b] = [a, b].map(|one| one.to_kind(Kind::Double));
        let largest = b.abs().max().double_value(&[]);
        (a - b).abs().max().double_value(&[]) / largest
    }

    /// How far all ranks together are from one process in double precision: outputs and running statistics.
    fn apart_from_one(kind: Kind, mode: Mode) -> [f64; 2] {
        let one = norm();
        // The same numbers, as short as the ranks have them.
        let y = one
            .forward(&images(kind).to_kind(Kind::Float), mode)
            .detach();
        let seen = of_ranks(kind, mode);
        for (_, running) in &seen {
            assert!(running[0].equal(&seen[0].1[0]) && running[1].equal(&seen[0].1[1]));
        }
        let running = apart(&seen[0].1[0], &one.mean).max(apart(&seen[0].1[1], &one.var));
        let all: Vec<Tensor> = seen.into_iter().map(|(y, _)| y).collect();
        [apart(&Tensor::cat(&all, 0), &y), running]
    }

    #[test]
    fn ranks_with_other_counts_and_means_norm_as_one_and_keep_kind_and_layout() {
        let found = apart_from_one(Kind::Float, Mode::Train);
        assert!(found.iter().all(|&apart| apart < 2e-4), "{found:?}");
        let [y, running] = apart_from_one(Kind::BFloat16, Mode::Train);
        assert!(y < 1e-2 && running < 2e-4, "{y} {running}");
    }

    #[test]
    fn a_probe_over_all_ranks_leaves_the_running_statistics_alone() {
        let [y, running] = apart_from_one(Kind::Float, Mode::Probe);
        assert!(y < 2e-4, "{y}");
        assert_eq!(running, 0.0);
    }

    #[test]
    fn groups_and_given_statistics_are_not_of_all_ranks() {
        for mode in [Mode::ProbeGroups(1), Mode::Eval] {
            let seen = of_ranks(Kind::Float, mode);
            let own = norm().forward(&images(Kind::Float).narrow(0, 2, 1), mode);
            assert!(seen[1].0.equal(&own.detach()), "{mode:?}");
        }
    }
}
