//! What every processor can: pixel by pixel.

use super::Affine;
use crate::data::raster::Raster;
use crate::data::resize::Filter;

/// As [`super::transform`].
pub fn transform(
    image: &Raster<'_>,
    affine: Affine,
    filter: Filter,
    fill: &[u8],
) -> Raster<'static> {
    match image.size.channels {
        1 => moved::<1>(image, affine, filter, fill),
        3 => moved::<3>(image, affine, filter, fill),
        _ => unreachable!("images have one channel or three"),
    }
}

/// The same for images of `C` channels: a number that is known gives loops without branches.
fn moved<const C: usize>(
    image: &Raster<'_>,
    affine: Affine,
    filter: Filter,
    fill: &[u8],
) -> Raster<'static> {
    let from = Pixels::<C> {
        values: image.values.as_chunks().0,
        height: image.size.height,
        width: image.size.width,
    };
    let outside = std::array::from_fn(|channel| fill[channel]);
    let mut values = vec![[0; C]; from.values.len()];
    for (row, line) in values.chunks_exact_mut(from.width).enumerate() {
        for (column, pixel) in line.iter_mut().enumerate() {
            let (x, y) = affine.source(column as f64 + 0.5, row as f64 + 0.5);
            *pixel = match filter {
                _ if !from.hold(x, y) => outside,
                Filter::Bilinear => from.bilinear(x - 0.5, y - 0.5),
                Filter::Bicubic => from.bicubic(x - 0.5, y - 0.5),
            };
        }
    }
    Raster::owned(image.size, values.into_flattened())
}

/// The pixels of an image of `C` channels.
struct Pixels<'a, const C: usize> {
    values: &'a [[u8; C]],
    height: usize,
    width: usize,
}

impl<const C: usize> Pixels<'_, C> {
    /// Whether the point lies in the image.
    fn hold(&self, x: f64, y: f64) -> bool {
        (0.0..self.width as f64).contains(&x) && (0.0..self.height as f64).contains(&y)
    }

    fn bilinear(&self, x: f64, y: f64) -> [u8; C] {
        let ((left, x), (top, y)) = (split(x), split(y));
        let columns = places::<2>(left, self.width);
        let mut lines = [[0.0; C]; 2];
        for (line, row) in lines.iter_mut().zip(places::<2>(top, self.height)) {
            *line = linear(self.pixels(row, columns), x);
        }
        bytes(linear(lines, y))
    }

    fn bicubic(&self, x: f64, y: f64) -> [u8; C] {
        let ((left, x), (top, y)) = (split(x), split(y));
        let columns = places::<4>(left - 1, self.width);
        let mut lines = [[0.0; C]; 4];
        for (line, row) in lines.iter_mut().zip(places::<4>(top - 1, self.height)) {
            *line = cubic(self.pixels(row, columns), x);
        }
        bytes(cubic(lines, y))
    }

    /// Pixels of one row.
    #[inline(always)]
    fn pixels<const N: usize>(&self, row: usize, columns: [usize; N]) -> [[f64; C]; N] {
        let line = &self.values[row * self.width..][..self.width];
        let mut pixels = [[0.0; C]; N];
        for (pixel, column) in pixels.iter_mut().zip(columns) {
            for (value, &byte) in pixel.iter_mut().zip(&line[column]) {
                *value = f64::from(byte);
            }
        }
        pixels
    }
}

// Loops, where `map` would read better: it is not inlined over arrays of arrays.

/// A float that becomes a byte is cut to whole numbers and to 0..255.
fn bytes<const C: usize>(values: [f64; C]) -> [u8; C] {
    let mut out = [0; C];
    for (byte, value) in out.iter_mut().zip(values) {
        *byte = value as u8;
    }
    out
}

/// The whole number below `value` and how far it lies above that.
fn split(value: f64) -> (i64, f64) {
    // `floor` is a call where the processor's oldest instructions must do.
    let cut = value as i64;
    let whole = cut - i64::from(value < cut as f64);
    (whole, value - whole as f64)
}

/// The `N` places from `first` on, the edge's beyond the edge, as indices.
fn places<const N: usize>(first: i64, length: usize) -> [usize; N] {
    std::array::from_fn(|at| (first + at as i64).clamp(0, length as i64 - 1) as usize)
}

/// The values at `at` (0..1) between two pixels, a channel each.
fn linear<const C: usize>([a, b]: [[f64; C]; 2], at: f64) -> [f64; C] {
    let mut out = [0.0; C];
    for (channel, out) in out.iter_mut().enumerate() {
        *out = a[channel] + (b[channel] - a[channel]) * at;
    }
    out
}

/// The values at `at` between the two in the middle (0..1), a channel each, overshooting (a = −1).
#[inline(always)]
fn cubic<const C: usize>([a, b, c, d]: [[f64; C]; 4], at: f64) -> [f64; C] {
    let mut out = [0.0; C];
    for (channel, out) in out.iter_mut().enumerate() {
        let (a, b, c, d) = (a[channel], b[channel], c[channel], d[channel]);
        let first = c - a;
        let second = 2.0 * (a - b) + c - d;
        let third = d - c + b - a;
        *out = b + at * (first + at * (second + at * third));
    }
    out
}
