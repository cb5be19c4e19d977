//! Exact costs, as whole numbers.

use std::ops::{Add, AddAssign};

use crate::space::Metric;

/// The cost of an op, a candidate or a whole path; for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Cost {
    /// What the paper and its code call FLOPs.
    pub flops: u64,
    /// Multiply-accumulates of convolutions and linear layers.
    pub macs: u64,
    /// Trainable numbers.
    pub params: u64,
}

impl Cost {
    /// One of the three.
    pub fn get(self, metric: Metric) -> u64 {
        match metric {
            Metric::Flops => self.flops,
            Metric::Macs => self.macs,
            Metric::Params => self.params,
        }
    }
}

impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost {
            flops: self.flops + other.flops,
            macs: self.macs + other.macs,
            params: self.params + other.params,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        *self = *self + other;
    }
}
