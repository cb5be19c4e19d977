//! How long single blocks take on a device: what the rows of a latency table are measured by.
//!
//! In: a block of a network. Out: the time of one image through it, as inference runs it: norms
//! folded, on a CPU what follows a convolution done in its pass.

use std::time::{Duration, Instant};

use creamc_lang::ir::{Layer, Network};
use creamc_lang::space::NormSettings;
use tch::{Device, Kind, Tensor};

use crate::childnet::Childnet;
use crate::nn::{FoldedBlock, Place};

/// How a block is measured.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    /// Where it runs.
    pub device: Device,
    /// Runs, at least one; the median counts.
    pub repeats: usize,
}

/// Runs that nobody looks at go on at least as long and as often.
const WARM_UP: (Duration, u32) = (Duration::from_millis(20), 3);

/// Tables are written in steps of this many nanoseconds: finer parts are noise.
const STEP: u128 = 100;

impl Stopwatch {
    /// Nanoseconds of one image through a block of a space with these norms, rounded to tenths of
    /// a microsecond.
    pub fn measure(&self, layer: &Layer, norm: NormSettings) -> u64 {
        let place = Place {
            kind: Kind::Float,
            device: self.device,
        };
        let block = folded(layer, norm, place);
        let input = layer.input;
        let size = [1, input.channels, input.height, input.width].map(i64::from);
        let image = Tensor::rand(size, (place.kind, place.device));
        let image = place.images(&image);
        let begun = Instant::now();
        let mut warm = 0;
        while warm < WARM_UP.1 || begun.elapsed() < WARM_UP.0 {
            self.once(&block, &image);
            warm += 1;
        }
        let mut times: Vec<Duration> = (0..self.repeats.max(1))
            .map(|_| self.once(&block, &image))
            .collect();
        times.sort_unstable();
        let median = times[times.len() / 2].as_nanos();
        let rounded = (median + STEP / 2) / STEP * STEP;
        u64::try_from(rounded).unwrap_or(u64::MAX)
    }

    fn once(&self, block: &FoldedBlock, image: &Tensor) -> Duration {
        self.wait();
        let begun = Instant::now();
        let output = tch::no_grad(|| block.forward(image));
        self.wait();
        let time = begun.elapsed();
        drop(output);
        time
    }

    /// Until the device has done all that it was given.
    fn wait(&self) {
        if let Device::Cuda(number) = self.device {
            tch::Cuda::synchronize(number as i64);
        }
    }
}

/// The block as a network of its own, as inference has it.
fn folded(layer: &Layer, norm: NormSettings, place: Place) -> FoldedBlock {
    let network = Network {
        input: layer.input,
        classes: layer.output.channels,
        norm,
        layers: vec![layer.clone()],
    };
    let childnet = Childnet::new(&network, place, 0);
    tch::no_grad(|| childnet.blocks()[0].folded())
}
