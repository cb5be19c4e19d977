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
    Affine([a, b, c, d, e, f]): Affine,
    filter: Filter,
    fill: &[u8],
) -> Raster<'static> {
    let Size {
        channels,
        height,
        width,
    } = image.size;
    let mut values = Vec::with_capacity(image.size.len());
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
            let (x, y) = (a * x + b * y + c, d * x + e * y + f);
            let inside = (0.0..width as f64).contains(&x) && (0.0..height as f64).contains(&y);
            if !inside {
                values.extend_from_slice(&fill[..channels]);
                continue;
            }
            match filter {
                Filter::Bilinear => bilinear(image, x - 0.5, y - 0.5, &mut values),
                Filter::Bicubic => bicubic(image, x - 0.5, y - 0.5, &mut values),
            }
        }
    }
    Raster::owned(image.size, values)
}

/// The values at the `N` places from `first` on, the edge's beyond the edge, as indices.
fn places<const N: usize>(first: i64, length: usize) -> [usize; N] {
    std::array::from_fn(|at| (first + at as i64).clamp(0, length as i64 - 1) as usize)
}

fn bilinear(image: &Raster<'_>, x: f64, y: f64, out: &mut Vec<u8>) {
    let Size {
        channels,
        height,
        width,
    } = image.size;
    let (left, top) = (x.floor(), y.floor());
    let columns: [usize; 2] = places(left as i64, width);
    let rows: [usize; 2] = places(top as i64, height);
    for channel in 0..channels {
        let [upper, lower] = rows.map(|row| {
            let [a, b] = columns
                .map(|column| f64::from(image.values[(row * width + column) * channels + channel]));
            a + (b - a) * (x - left)
        });
        out.push((upper + (lower - upper) * (y - top)) as u8);
    }
}

fn bicubic(image: &Raster<'_>, x: f64, y: f64, out: &mut Vec<u8>) {
    let Size {
        channels,
        height,
        width,
    } = image.size;
    let (left, top) = (x.floor(), y.floor());
    let columns: [usize; 4] = places(left as i64 - 1, width);
    let rows: [usize; 4] = places(top as i64 - 1, height);
    for channel in 0..channels {
        let across = rows.map(|row| {
            let values = columns
                .map(|column| f64::from(image.values[(row * width + column) * channels + channel]));
            cubic(values, x - left)
        });
        // A float that becomes a byte is cut to 0..255.
        out.push(cubic(across, y - top) as u8);
    }
}

/// The value at `at` between the two in the middle (0..1), overshooting (a = −1).
fn cubic([a, b, c, d]: [f64; 4], at: f64) -> f64 {
    let first = c - a;
    let second = 2.0 * (a - b) + c - d;
    let third = d - c + b - a;
    b + at * (first + at * (second + at * third))
}
