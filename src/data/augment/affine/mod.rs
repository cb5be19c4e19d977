//! Operations that move pixels, as Pillow's `transform(AFFINE)` does.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod avx2;
mod plain;

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::Level;

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

/// Along which axes pixels lie between others: where only along one, the value itself is what comes out along the other.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Columns,
    Rows,
    Both,
}

impl Affine {
    /// Where in the image a point of the result comes from.
    fn source(&self, x: f64, y: f64) -> (f64, f64) {
        let Affine([a, b, c, d, e, f]) = *self;
        (a * x + b * y + c, d * x + e * y + f)
    }

    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    fn between(&self) -> Between {
        let Affine([a, b, c, d, e, f]) = *self;
        match ([a, b, c], [d, e, f]) {
            (_, [0.0, 1.0, 0.0]) => Between::Columns,
            ([1.0, 0.0, 0.0], _) => Between::Rows,
            _ => Between::Both,
        }
    }
}

/// `image` moved; `fill` is the colour of what comes in from outside, a value a channel. By the best instructions
/// that this processor has; the result is the same by any.
pub(super) fn transform(
    image: &Raster<'_>,
    affine: Affine,
    filter: Filter,
    fill: &[u8],
) -> Raster<'static> {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Some(avx2) = Level::new().as_avx2()
        && avx2::reaches(image.size)
    {
        return avx2::transform(avx2, image, affine, filter, fill);
    }
    plain::transform(image, affine, filter, fill)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::augment::testing::noise;

    /// An image of any size and channels, moved in all ways, some of them far beyond its edge.
    fn compare(size: Size) {
        let image = Raster::owned(size, noise(size.len()));
        let fill = [124, 116, 104];
        let mut all: Vec<Affine> = [0.0, 0.27, -0.27, 1.0, -3.5]
            .into_iter()
            .flat_map(|by| [Affine::shear_x(by), Affine::shear_y(by)])
            .collect();
        for by in [-700.0, -33.3, -1.0, -0.5, 0.0, 1e-9, 0.5, 2.0, 7.25, 1e12] {
            all.extend([Affine::translate(by, 0.0), Affine::translate(0.0, by)]);
        }
        let angles = [0.0, 1e-3, 13.7, 45.0, 90.0, 180.0, -27.3];
        all.extend(angles.map(|angle| Affine::rotate(angle, size)));
        for affine in all {
            for filter in [Filter::Bilinear, Filter::Bicubic] {
                let found = transform(&image, affine, filter, &fill);
                let plain = plain::transform(&image, affine, filter, &fill);
                assert!(found == plain, "{size:?} {affine:?} {filter:?}");
            }
        }
    }

    #[test]
    fn pixels_are_moved_the_same_by_any_instructions() {
        for (height, width) in [(1, 1), (1, 5), (7, 1), (2, 2), (9, 4), (31, 33), (64, 47)] {
            for channels in [1, 3] {
                compare(Size {
                    channels,
                    height,
                    width,
                });
            }
        }
    }
}
