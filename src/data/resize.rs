//! Resizing as Pillow does it: with antialiasing when shrinking, in whole numbers.

use fast_image_resize::images::{CroppedImage, Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Dataset;
use super::dataset::Images;
use super::raster::{Raster, Size};

/// How pixels between pixels are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// From two neighbours a side.
    Bilinear,
    /// From four, with overshoot.
    Bicubic,
}

/// A part of an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

impl Window {
    /// All of an image.
    pub fn whole(size: Size) -> Window {
        Window {
            top: 0,
            left: 0,
            height: size.height,
            width: size.width,
        }
    }
}

/// Resizes images; keeps what it needs for the next.
#[derive(Default)]
pub(super) struct Scaler {
    resizer: Resizer,
}

impl Scaler {
    /// `window` of `raster`, resized to `height`×`width` as if nothing lay around it.
    pub fn window(
        &mut self,
        raster: &Raster<'_>,
        window: Window,
        (height, width): (usize, usize),
        filter: Filter,
    ) -> Raster<'static> {
        let from = view(raster);
        let Window {
            top,
            left,
            height: rows,
            width: columns,
        } = window;
        let [left, top, columns, rows] = [left, top, columns, rows].map(|length| length as u32);
        let from = CroppedImage::new(&from, left, top, columns, rows)
            .expect("the window lies in the image");
        let mut into = Image::new(width as u32, height as u32, kind(raster.size.channels));
        self.resizer
            .resize(&from, &mut into, &options(filter))
            .expect("both images hold the same kind of pixels");
        owned(into, raster.size.channels)
    }

    /// The `height`×`width` pixels at `top`, `left` of `raster` resized to `rows`×`columns`;
    /// only they are computed, and at times a column beside them: the library takes it that the outermost columns see the outermost
    /// pixels, but where columns grow, one that falls on a pixel sees that one alone, and its neighbour two on either side.
    pub fn part_of_resized(
        &mut self,
        raster: &Raster<'_>,
        (rows, columns): (usize, usize),
        part: Window,
        filter: Filter,
    ) -> Raster<'static> {
        let ends = [part.left, part.left + part.width - 1];
        let [before, behind] =
            ends.map(|column| usize::from(falls_on_pixel(column, columns, raster.size.width)));
        let seen = Window {
            left: part.left - before,
            width: before + part.width + behind,
            ..part
        };
        let resized = self.exact_part_of_resized(raster, (rows, columns), seen, filter);
        match before + behind {
            0 => resized,
            _ => resized.window((0, before as i64), (part.height, part.width)),
        }
    }

    fn exact_part_of_resized(
        &mut self,
        raster: &Raster<'_>,
        (rows, columns): (usize, usize),
        part: Window,
        filter: Filter,
    ) -> Raster<'static> {
        let (top, height) = span((part.top, part.height), rows, raster.size.height);
        let (left, width) = span((part.left, part.width), columns, raster.size.width);
        let options = options(filter).crop(left, top, width, height);
        let mut into = Image::new(
            part.width as u32,
            part.height as u32,
            kind(raster.size.channels),
        );
        self.resizer
            .resize(&view(raster), &mut into, &options)
            .expect("both images hold the same kind of pixels, and the part lies in the image");
        owned(into, raster.size.channels)
    }
}

/// Whether a column of more than there were lies in the middle of one of the `whole` that there were. Neither the first nor
/// the last does, and no two neighbours do.
fn falls_on_pixel(column: usize, scaled: usize, whole: usize) -> bool {
    let centre = (column as f64 + 0.5) * (whole as f64 / scaled as f64) - 0.5;
    scaled > whole && (centre - centre.round()).abs() < 1e-6
}

/// Where `start` and `length` of an axis of `scaled` pixels lie on the same axis before it was resized, of `whole` pixels.
fn span((start, length): (usize, usize), scaled: usize, whole: usize) -> (f64, f64) {
    let (step, whole) = (whole as f64 / scaled as f64, whole as f64);
    let (start, length) = (start as f64 * step, length as f64 * step);
    // Rounding may put the end behind the image by the last bit of a number.
    match start + length > whole {
        true => (start, whole - start),
        false => (start, length),
    }
}

fn options(filter: Filter) -> ResizeOptions {
    let filter = match filter {
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Bicubic => FilterType::CatmullRom,
    };
    // Without this, four channels would be read as colour and alpha.
    ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .use_alpha(false)
}

fn kind(channels: usize) -> PixelType {
    match channels {
        1 => PixelType::U8,
        3 => PixelType::U8x3,
        _ => unreachable!("images have one channel or three"),
    }
}

fn view<'a>(raster: &'a Raster<'_>) -> ImageRef<'a> {
    let Size {
        channels,
        height,
        width,
    } = raster.size;
    ImageRef::new(width as u32, height as u32, &raster.values, kind(channels))
        .expect("a raster holds height·width pixels")
}

fn owned(image: Image<'_>, channels: usize) -> Raster<'static> {
    let size = Size {
        channels,
        height: image.height() as usize,
        width: image.width() as usize,
    };
    Raster::owned(size, image.into_vec())
}

/// A set in memory with images of `side`×`side` pixels, all resized now (bilinear).
pub(super) fn to(set: Dataset, side: usize) -> Dataset {
    if (set.height, set.width) == (side, side) || set.pixels().is_none() {
        return set;
    }
    let size = set.size();
    let whole = Window::whole(size);
    let mut scaler = Scaler::default();
    let mut pixels = Vec::with_capacity(set.len() * size.channels * side * side);
    for index in 0..set.len() {
        let image = set.read(index).expect("it lies in memory");
        let resized = scaler.window(&image, whole, (side, side), Filter::Bilinear);
        pixels.extend_from_slice(&resized.values);
    }
    Dataset {
        height: side,
        width: side,
        images: Images::Memory(pixels),
        ..set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No two neighbours are alike.
    fn noise(height: usize, width: usize) -> Raster<'static> {
        let size = Size {
            channels: 1,
            height,
            width,
        };
        let values = (0..size.len()).map(|at| (at * 7919 % 251) as u8);
        Raster::owned(size, values.collect())
    }

    #[test]
    fn a_part_of_a_resized_image_is_cut_out_of_the_whole_resized_one() {
        let mut scaler = Scaler::default();
        let mut compare = |(height, width): (usize, usize), side: usize, share: f64| {
            let image = noise(height, width);
            let short = (side as f64 / share) as usize;
            let (rows, columns) = (
                short * height / height.min(width),
                short * width / height.min(width),
            );
            let part = Window {
                top: (rows - side) / 2,
                left: (columns - side) / 2,
                height: side,
                width: side,
            };
            for filter in [Filter::Bicubic, Filter::Bilinear] {
                let found = scaler.part_of_resized(&image, (rows, columns), part, filter);
                let all = scaler.window(&image, Window::whole(image.size), (rows, columns), filter);
                let place = (part.top as i64, part.left as i64);
                let expected = all.window(place, (side, side));
                let mut pairs = found.values.iter().zip(expected.values.iter());
                // Weights are rounded by the largest of them, rows and columns apart.
                assert!(
                    pairs.all(|(found, expected)| found.abs_diff(*expected) <= 2),
                    "{height}×{width} seen at {side}"
                );
            }
        };
        for height in 20..=60 {
            for width in 20..=60 {
                compare((height, width), 28, 0.875);
                compare((height, width), 32, 1.0);
            }
        }
        // Some of the sizes at which the outermost columns fall on pixels.
        for (size, side) in [
            ((70, 244), 224),
            ((63, 110), 224),
            ((52, 70), 64),
            ((21, 27), 64),
            ((40, 51), 64),
            ((54, 69), 64),
        ] {
            compare(size, side, 0.875);
            compare((size.1, size.0), side, 0.875);
        }
    }

    #[test]
    fn a_part_lies_in_the_image_and_is_moved_by_nothing_where_it_did() {
        let mut clamped = 0;
        for side in [28, 44, 52, 60, 112, 224, 299] {
            for scaled in [side, side + 1, side * 8 / 7] {
                for whole in 1..=600 {
                    for at in [0, (scaled - side) / 2, scaled - side] {
                        let (start, length) = span((at, side), scaled, whole);
                        assert!(
                            start + length <= whole as f64,
                            "{side} of {scaled}, {whole}"
                        );
                        let step = whole as f64 / scaled as f64;
                        let plain = (at as f64 * step, side as f64 * step);
                        if plain.0 + plain.1 <= whole as f64 {
                            assert_eq!((start, length), plain);
                        } else {
                            clamped += 1;
                            assert!((plain.1 - length).abs() < 1e-9 && start == plain.0);
                        }
                    }
                }
            }
        }
        assert!(clamped > 100, "{clamped} parts were behind the image");
    }
}
