//! Images from files to training tensors, on one thread: seconds a pass.
//!
//! `cargo bench --bench loader -- DATA_DIR RECIPE` prints one line of JSON. `DATA_DIR` is an image folder or a pack with
//! two classes; `RECIPE` is a word of `AUGMENTATION.AA`, or a number, the strength of colour jitter.
//! `benches/loader.py` runs it beside timm's pipeline on the same files.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::PathBuf;
use std::time::Instant;

use creamc::config::{AutoAugment, Interpolation};
use creamc::data::{Augmentation, Crop, Data, Erase, EraseMode, Gap, Preparer, Variation, Wanted};

const SIDE: usize = 224;
const BATCH: usize = 32;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [dir, recipe, ..] = &words[..] else {
        println!("a data folder and a recipe are needed");
        return;
    };
    let data = Data::load(&PathBuf::from(dir), &wanted()).expect("a set of two classes");
    let vary = match recipe.parse() {
        Ok(strength) => Variation::Jitter(strength),
        Err(_) => {
            let auto = AutoAugment::read(recipe).expect("timm's notation");
            Variation::Auto(auto, Interpolation::Random)
        }
    };
    let how = Augmentation {
        crop: Crop::Resized(Interpolation::Random),
        flip: 0.5,
        vary: Some(vary),
        erase: Some(Erase {
            probability: 0.2,
            mode: EraseMode::Pixel,
        }),
    };
    let preparer = Preparer::new(&data.train, &data.normalisation, how, 1);
    let start = Instant::now();
    let mut images = 0;
    for batch in data.train.indices.chunks(BATCH) {
        let pixels = preparer.prepare(batch, 0, Gap::Leave);
        images += std::hint::black_box(pixels)
            .expect("a readable image")
            .labels
            .len();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{{\"images\":{images},\"seconds\":{seconds:.4}}}");
}

fn wanted() -> Wanted {
    Wanted::all(2, 3, SIDE)
}
