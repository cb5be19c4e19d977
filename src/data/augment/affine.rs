//! Operations that move pixels, as Pillow's `transform(AFFINE)` does.

use crate::data::raster::{Raster, Size};
use crate::data::resize::Filter;

/// Where a pixel of the result comes from: `x = a·x' + b·y' + c`, `y = d·x' + e·y' + f`, of centres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Affine([f64; 6]);

impl Affine {
    /// Rows moved by `factor` of their height.
    pub fn shear_x(factor: f64) -> Self {
        Self([1.0, factor, 0.0, 0.0, 1.0, 0.0])
    }

    /// Columns moved by `factor` of their place.
    pub fn shear_y(factor: f64) -> Self {
        Self([1.0, 0.0, 0.0, factor, 1.0, 0.0])
    }

    /// The image moved to the left and up, in pixels.
    pub fn translate(left: f64, up: f64) -> Self {
        Self([1.0, 0.0, left, 0.0, 1.0, up])
    }

    /// An image of `size` turned around its centre, against the clock.
    pub fn rotate(degrees: f64, size: Size) -> Self {
        let angle = -degrees.rem_euclid(360.0).to_radians();
        let (sin, cos) = (rounded(angle.sin()), rounded(angle.cos()));
        let (x, y) = (size.width as f64 / 2.0, size.height as f64 / 2.0);
        let c = cos * -x + sin * -y + 0.0 + x;
        let f = -sin * -x + cos * -y + 0.0 + y;
        Self([cos, sin, c, -sin, cos, f])
    }
}

/// To 15 decimals, so that a right angle has a cosine of 0.
fn rounded(value: f64) -> f64 {
    format!("{value:.15}")
        .parse()
        .expect("a printed number reads back")
}

/// `image` moved; `fill` is the colour of what comes in from outside, a value a channel.
pub(super) fn transform(
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
    Affine([a, b, c, d, e, f]): Affine,
    filter: Filter,
    fill: &[u8],
) -> Raster<'static> {
    let from = Pixels::<C> {
        values: image.values.as_chunks().0,
        height: image.size.height,
        width: image.size.width,
    };
    // Rows or columns that are moved as they are: one of the two places of a pixel is always whole.
    let is_whole = [d, e, f] == [0.0, 1.0, 0.0] || [a, b, c] == [1.0, 0.0, 0.0];
    let outside = std::array::from_fn(|channel| fill[channel]);
    let mut values = vec![[0; C]; from.values.len()];
    for (row, line) in values.chunks_exact_mut(from.width).enumerate() {
        for (column, pixel) in line.iter_mut().enumerate() {
            let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
            let (x, y) = (a * x + b * y + c, d * x + e * y + f);
            *pixel = match filter {
                _ if !from.hold(x, y) => outside,
                Filter::Bilinear => from.bilinear(x - 0.5, y - 0.5),
                Filter::Bicubic if is_whole => from.bicubic_along(x - 0.5, y - 0.5),
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
        let rows = places::<2>(top, self.height);
        // At 0 the interpolation gives one of its values as it is. Shears and translations move pixels along one axis
        // only: most of what is interpolated is there already.
        if y == 0.0 {
            return bytes(linear(self.pixels(rows[0], columns), x));
        }
        if x == 0.0 {
            return bytes(linear(self.column(rows, columns[0]), y));
        }
        let mut lines = [[0.0; C]; 2];
        for (line, row) in lines.iter_mut().zip(rows) {
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

    /// As [`Self::bicubic`], where `x` or `y` is whole: as there, the value itself is what comes out along that axis.
    fn bicubic_along(&self, x: f64, y: f64) -> [u8; C] {
        let ((left, x), (top, y)) = (split(x), split(y));
        let columns = places::<4>(left - 1, self.width);
        let rows = places::<4>(top - 1, self.height);
        match y == 0.0 {
            true => bytes(cubic(self.pixels(rows[1], columns), x)),
            false => bytes(cubic(self.column(rows, columns[1]), y)),
        }
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

    /// Pixels of one column.
    fn column<const N: usize>(&self, rows: [usize; N], column: usize) -> [[f64; C]; N] {
        let mut pixels = [[0.0; C]; N];
        for (pixel, row) in pixels.iter_mut().zip(rows) {
            let bytes = &self.values[row * self.width + column];
            for (value, &byte) in pixel.iter_mut().zip(bytes) {
                *value = f64::from(byte);
            }
        }
        pixels
    }
}

// Loops, where `map` would read better: it is not inlined over arrays of arrays, and this is where a third of an
// augmented image's time went.

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
