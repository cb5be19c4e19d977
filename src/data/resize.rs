//! Images of another size are resized once, when they are loaded.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Dataset;

/// `set` with images of `side`×`side` pixels (bilinear, with antialiasing when shrinking).
pub(super) fn to(set: Dataset, side: usize) -> Dataset {
    if (set.height, set.width) == (side, side) {
        return set;
    }
    let plane = set.height * set.width;
    let mut resizer = Resizer::new();
    let mut pixels = Vec::with_capacity(set.len() * set.channels * side * side);
    for values in set.pixels.chunks_exact(plane) {
        pixels.extend(resize_plane(
            &mut resizer,
            values,
            (set.height, set.width),
            side,
        ));
    }
    Dataset {
        height: side,
        width: side,
        pixels,
        ..set
    }
}

fn resize_plane(
    resizer: &mut Resizer,
    values: &[u8],
    (height, width): (usize, usize),
    side: usize,
) -> Vec<u8> {
    let from = ImageRef::new(width as u32, height as u32, values, PixelType::U8)
        .expect("a plane holds height·width bytes");
    let mut into = Image::new(side as u32, side as u32, PixelType::U8);
    let how = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    resizer
        .resize(&from, &mut into, &how)
        .expect("both planes hold single bytes");
    into.into_vec()
}
