//! First values of parameters, from a seed.
//!
//! Every tensor has its own stream, chosen by the seed and its name: adding a
//! row to a space leaves the first values of all others as they were.

use rand::distr::{Distribution, Uniform};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::StandardNormal;
use tch::Tensor;

use super::Place;

/// Draws the first values of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Initial {
    /// Equal seeds give equal values, on every machine.
    pub seed: u64,
    /// What the tensors are made of and where.
    pub place: Place,
}

impl Initial {
    /// A convolution's weight `[out, in / groups, k, k]`: normal, with standard
    /// deviation √(2 / (k² · out / groups)). Stored channels last.
    pub fn conv(&self, name: &str, shape: [i64; 4], groups: i64) -> Tensor {
        let [out, _, height, width] = shape;
        let fan_out = (height * width * out / groups) as f64;
        let deviation = (2.0 / fan_out).sqrt();
        let mut stream = self.stream(name);
        let values = draws(&shape, || {
            let value: f64 = StandardNormal.sample(&mut stream);
            value * deviation
        });
        self.place.images(&values)
    }

    /// A linear layer's weight `[out, in]`: uniform in ±1/√out.
    pub fn linear(&self, name: &str, shape: [i64; 2]) -> Tensor {
        let reach = 1.0 / (shape[0] as f64).sqrt();
        let uniform = Uniform::new_inclusive(-reach, reach).expect("1/√out is finite");
        let mut stream = self.stream(name);
        draws(&shape, || uniform.sample(&mut stream))
            .to_kind(self.place.kind)
            .to_device(self.place.device)
    }

    /// `width` times the same value: a bias, or a norm's tensors.
    pub fn constant(&self, width: i64, value: f64) -> Tensor {
        Tensor::full([width], value, (self.place.kind, self.place.device))
    }

    fn stream(&self, name: &str) -> ChaCha8Rng {
        // FNV-1a: the names are ours, spreading them is all that is asked.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        ChaCha8Rng::seed_from_u64(self.seed ^ hash)
    }
}

fn draws(shape: &[i64], mut draw: impl FnMut() -> f64) -> Tensor {
    let count: i64 = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|_| draw()).collect();
    Tensor::from_slice(&values).view(shape)
}
