//! A small folder of images, some of them damaged, and a network to train on it.

use std::fs;
use std::path::{Path, PathBuf};

use creamc::retrain::{self, RetrainOptions, Retrained};
use creamc::train::{Error, NetworkOptions, RunOptions};

use super::fixture_path;
use super::runs::run_options;

const SETTINGS: [&str; 6] = [
    "EPOCHS=2",
    "WARMUP_EPOCHS=1",
    "WORKERS=2",
    "LR=0.01",
    "DATASET.BATCH_SIZE=2",
    "NET.EMA.USE=False",
];

/// Two classes, each with four whole images and a damaged one to train on, and three whole and
/// a damaged one to test on.
pub fn images(root: &Path) -> PathBuf {
    let data = root.join("data");
    let lay = |part: &str, class: &str, names: &[&str]| {
        let folder = data.join(part).join(class);
        fs::create_dir_all(&folder).unwrap();
        for name in names {
            fs::copy(fixture_path("images").join(name), folder.join(name)).unwrap();
        }
    };
    let train = ["baseline.jpg", "cmyk.jpg", "colour.png", "full.jpg"];
    lay("train", "one", &[&train[..], &["truncated.jpg"]].concat());
    let train = ["alpha.png", "grey.jpg", "palette.png", "turned.jpg"];
    lay("train", "two", &[&train[..], &["empty.png"]].concat());
    let val = ["progressive.jpg", "restart.jpg", "baseline.jpg"];
    lay("val", "one", &[&val[..], &["text.jpg"]].concat());
    lay("val", "two", &["grey.png", "bits.png", "palette_clear.png"]);
    data
}

/// A space for images of 32 × 32 pixels and an arch of it.
pub fn network(root: &Path) -> NetworkOptions {
    let file = root.join("small.cream");
    let text = "cream 1

space small {
    input  image(channels = 3, resolution = 32)
    output classes(2)
    layer stem    conv(kernel = 3)                              channels = 8     stride = 2
    stage s1      ir(kernel in {3, 5}, expand in {1, 2})        channels = 8     stride = 2    depth in 1..2
    layer pool    avgpool
    layer logits  linear                                        channels = classes
}

arch first of small {
    s1 = ir(kernel = 3, expand = 2)
}
";
    fs::write(&file, text).unwrap();
    NetworkOptions {
        file: Some(file),
        ..NetworkOptions::default()
    }
}

pub fn options(root: &Path, more: &[&str]) -> RunOptions {
    RunOptions {
        data: Some(root.join("data")),
        ..run_options(None, &[&SETTINGS[..], more].concat())
    }
}

pub fn learn(root: &Path, out: &str, more: &[&str]) -> Result<Retrained, Error> {
    retrain::run(&RetrainOptions {
        network: network(root),
        inherit: None,
        run: RunOptions {
            ranks: creamc::ranks::Ranks::alone(),
            out: Some(root.join(out)),
            ..options(root, more)
        },
    })
}
