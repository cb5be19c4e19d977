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
    /// only they are computed.
    pub fn part_of_resized(
        &mut self,
        raster: &Raster<'_>,
        (rows, columns): (usize, usize),
        part: Window,
        filter: Filter,
    ) -> Raster<'static> {
        let (down, right) = (
            raster.size.height as f64 / rows as f64,
            raster.size.width as f64 / columns as f64,
        );
        let options = options(filter).crop(
            part.left as f64 * right,
            part.top as f64 * down,
            part.width as f64 * right,
            part.height as f64 * down,
        );
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
