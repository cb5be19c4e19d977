//! The pixels of a data set, as evaluation and training see them.

use creamc::config::Interpolation;
use creamc::data::{Augmentation, Crop, Data, Gap, Pixels, Preparer};

/// The images of the test and judge parts as evaluation sees them, those to train on through crops and flips.
pub fn pixels(data: &Data) -> [Pixels; 3] {
    let training = Augmentation {
        crop: Crop::Resized(Interpolation::Random),
        flip: 0.5,
        vary: None,
        erase: None,
    };
    let plain = Augmentation::none();
    let parts = [
        (&data.test, plain.clone()),
        (&data.judge, plain),
        (&data.train, training),
    ];
    parts.map(|(part, how)| {
        let preparer = Preparer::new(part, &data.normalisation, how, 5);
        preparer.prepare(&part.indices, 3, Gap::Leave).unwrap()
    })
}
