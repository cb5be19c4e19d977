//! Trains the supernet of the tiny space on the shipped images: each step another path, with the weights it
//! shares with others. Then some paths are tried on images that no step has seen.
//!
//! `cargo run --release --example train_tiny`

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use creamc::data::read_idx;
use creamc::lang::count::{Measure, Sampler};
use creamc::lang::plan::Plan;
use creamc::nn::{Mode, Place};
use creamc::supernet::Supernet;
use creamc::train::loss::cross_entropy;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

/// Images a step.
const BATCH: i64 = 64;
/// The learning rate of plain gradient descent.
const RATE: f64 = 0.5;
/// The place of all tensors.
const CPU: Place = Place {
    kind: Kind::Float,
    device: Device::Cpu,
};

fn main() -> Result<(), Box<dyn Error>> {
    let tiny = creamc::include_space!("../spaces/tiny.cream");
    let plan = tiny.plan()?;
    let supernet = Supernet::new(&plan.ir.at(plan.resolution), CPU, 1);
    let losses = train(&plan, &supernet, &Images::read("train")?, 300)?;
    let text = format!(
        "loss {:.2} at first, {:.2} at last\n{}",
        mean(&losses[..20]),
        mean(&losses[losses.len() - 20..]),
        tried(&plan, &supernet, &Images::read("t10k")?)?
    );
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Some images and their classes.
struct Images {
    /// `[N, 1, 28, 28]`, from 0 to 1.
    pixels: Tensor,
    /// `[N]`
    classes: Tensor,
}

impl Images {
    /// A part of the shipped images: `train` or `t10k`.
    fn read(part: &str) -> Result<Images, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fashion-mnist");
        let images = read_idx(&folder.join(format!("{part}-images-idx3-ubyte.gz")), &[3])?;
        let classes = read_idx(&folder.join(format!("{part}-labels-idx1-ubyte.gz")), &[1])?;
        Ok(Images {
            pixels: Tensor::from_slice(&images.values)
                .view([-1, 1, 28, 28])
                .to_kind(Kind::Float)
                / 255.0,
            classes: Tensor::from_slice(&classes.values).to_kind(Kind::Int64),
        })
    }

    /// A batch drawn evenly.
    fn draw(&self) -> Images {
        let chosen = Tensor::randint(self.classes.size()[0], [BATCH], (Kind::Int64, Device::Cpu));
        Images {
            pixels: self.pixels.index_select(0, &chosen),
            classes: self.classes.index_select(0, &chosen),
        }
    }
}

/// The loss of every step; each step draws a path that meets every bound.
fn train(
    plan: &Plan,
    supernet: &Supernet,
    images: &Images,
    steps: usize,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Decisions)?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    tch::manual_seed(1);
    let mut losses = Vec::new();
    for _ in 0..steps {
        let path = sampler.draw(&mut random);
        let batch = images.draw();
        let logits = supernet.forward(&batch.pixels, &path, Mode::Train);
        let loss = cross_entropy(&logits, &batch.classes, 0.0);
        loss.backward();
        for parameter in supernet.parameters(&path) {
            descend(parameter.tensor);
        }
        losses.push(loss.double_value(&[]));
    }
    Ok(losses)
}

/// A step against the gradient, which is empty afterwards.
fn descend(mut weights: Tensor) {
    let mut gradient = weights.grad();
    tch::no_grad(|| weights -= RATE * &gradient);
    let _ = gradient.zero_();
}

/// Three paths, what they cost and how many of 1,000 images they get right, with statistics of those images.
fn tried(plan: &Plan, supernet: &Supernet, images: &Images) -> Result<String, Box<dyn Error>> {
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths)?;
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let (pixels, classes) = (
        images.pixels.narrow(0, 0, 1000),
        images.classes.narrow(0, 0, 1000),
    );
    let mut text = String::new();
    for _ in 0..3 {
        let path = sampler.draw(&mut random);
        let logits = tch::no_grad(|| supernet.forward(&pixels, &path, Mode::Probe));
        let right = logits.argmax(1, false).eq_tensor(&classes).sum(Kind::Int64);
        let macs = plan.cost(&path).macs;
        text += &format!("{macs} macs: {} of 1000 right\n", right.int64_value(&[]));
    }
    Ok(text)
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[test]
fn the_loss_falls_and_paths_do_better_than_chance() {
    let plan = creamc::include_space!("../spaces/tiny.cream")
        .plan()
        .expect("a path fits");
    let supernet = Supernet::new(&plan.ir.at(plan.resolution), CPU, 1);
    let images = Images::read("train").expect("the images are shipped");
    let losses = train(&plan, &supernet, &images, 150).expect("paths can be drawn");
    assert!(
        mean(&losses[130..]) < 0.8 * mean(&losses[..20]),
        "{losses:?}"
    );
    let text = tried(
        &plan,
        &supernet,
        &Images::read("t10k").expect("they are shipped"),
    );
    let text = text.expect("paths can be drawn");
    for line in text.lines() {
        let right: u32 = line
            .split(' ')
            .nth(2)
            .and_then(|word| word.parse().ok())
            .expect("a count");
        assert!(right > 300, "{text}");
    }
}
