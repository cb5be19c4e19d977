//! Images at the resolution of a path, where paths decide it.

use tch::Tensor;

use super::Place;

impl Place {
    /// As [`Place::images`], with `side` pixels a side where one is given: bilinear, every new pixel a mean over all
    /// that it covers (antialiased, as `torch.nn.functional.interpolate` does it). Images of that side keep their bits.
    ///
    /// # Panics
    /// When the tensor has not four dimensions.
    pub fn images_at(&self, images: &Tensor, side: Option<u32>) -> Tensor {
        let here = self.images(images);
        match side.map(i64::from) {
            Some(side) if here.size()[2..] != [side, side] => {
                let align_corners = false;
                let resized =
                    here.internal_upsample_bilinear2d_aa([side, side], align_corners, None, None);
                self.images(&resized)
            }
            _ => here,
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    const DOUBLE: Place = Place {
        kind: Kind::Double,
        device: Device::Cpu,
    };

    /// What each of the `from` old pixels weighs in each of `to` new ones: a triangle around the new one's middle, as
    /// wide as two new pixels.
    fn weights(from: usize, to: usize) -> Vec<Vec<f64>> {
        let scale = from as f64 / to as f64;
        let of_one = |new: usize| {
            let middle = (new as f64 + 0.5) * scale;
            let weight = |old: usize| (1.0 - (old as f64 + 0.5 - middle).abs() / scale).max(0.0);
            let all: Vec<f64> = (0..from).map(weight).collect();
            let sum: f64 = all.iter().sum();
            all.into_iter().map(|one| one / sum).collect()
        };
        (0..to).map(of_one).collect()
    }

    #[test]
    fn images_are_made_smaller_by_means_over_all_that_a_pixel_covers() {
        let (from, to) = (9, 5);
        let numbers = Tensor::arange(2 * 3 * 9 * 9, (Kind::Double, Device::Cpu));
        let images = (numbers * 0.61).sin().view([2, 3, 9, 9]);
        let small = DOUBLE.images_at(&images, Some(5));
        assert_eq!(small.size(), [2, 3, 5, 5]);
        let weights = weights(from, to);
        for (y, of_row) in weights.iter().enumerate() {
            for (x, of_column) in weights.iter().enumerate() {
                let mut expected = 0.0;
                for (row, a) in of_row.iter().enumerate() {
                    for (column, b) in of_column.iter().enumerate() {
                        let at = [1, 2, row as i64, column as i64];
                        expected += a * b * images.double_value(&at);
                    }
                }
                let found = small.double_value(&[1, 2, y as i64, x as i64]);
                assert!((found - expected).abs() < 1e-12, "{found} {expected}");
            }
        }
    }

    #[test]
    fn images_of_the_side_keep_their_bits_and_all_are_stored_channels_last() {
        let images = Tensor::rand([2, 3, 9, 9], (Kind::Double, Device::Cpu));
        for side in [None, Some(9)] {
            assert!(DOUBLE.images_at(&images, side).equal(&images), "{side:?}");
        }
        let small = DOUBLE.images_at(&images, Some(4));
        assert_eq!(small.stride(), DOUBLE.images(&small.contiguous()).stride());
    }
}
