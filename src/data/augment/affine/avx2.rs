//! The same with AVX2: the channels of a pixel at once, as lanes of four floats.
//!
//! What is added and multiplied, and in which order, is as in `plain`, and so is every bit.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, i32x4, kernel, u8x16};

use super::{Affine, Between};
use crate::data::raster::{Raster, Size};
use crate::data::resize::Filter;

/// Whether the places of an image's bytes are numbers of 32 bits.
pub fn reaches(size: Size) -> bool {
    let around = |length: usize| length.saturating_add(2 * MARGIN);
    let pixels = around(size.width).saturating_mul(around(size.height));
    pixels.saturating_mul(size.channels) < i32::MAX as usize
}

kernel!(
    /// As [`super::transform`], of images that it reaches.
    pub fn transform(
        avx2: Avx2,
        image: &Raster<'_>,
        affine: Affine,
        filter: Filter,
        fill: &[u8],
    ) -> Raster<'static> {
        match image.size.channels {
            1 => moved::<1>(avx2, image, affine, filter, fill),
            3 => moved::<3>(avx2, image, affine, filter, fill),
            _ => unreachable!("images have one channel or three"),
        }
    }
);

#[target_feature(enable = "avx2")]
fn moved<const C: usize>(
    avx2: Avx2,
    image: &Raster<'_>,
    affine: Affine,
    filter: Filter,
    fill: &[u8],
) -> Raster<'static> {
    let from = Padded::<C>::new(image);
    let down = from.stride;
    let outside = std::array::from_fn(|channel| fill[channel]);
    let write = Write {
        avx2,
        from: &from,
        affine,
        outside,
    };
    // Written out, without `map` over arrays: it is not inlined, and would lose the instructions.
    match (filter, affine.between()) {
        (Filter::Bilinear, Between::Columns) => write.all(|at, x, _| from.linear(at, x)),
        (Filter::Bilinear, Between::Rows) => {
            write.all(|at, _, y| linear(from.pixel(at), from.pixel(at + down), y))
        }
        (Filter::Bilinear, Between::Both) => {
            write.all(|at, x, y| linear(from.linear(at, x), from.linear(at + down, x), y))
        }
        (Filter::Bicubic, Between::Columns) => write.all(|at, x, _| from.cubic(at, x)),
        (Filter::Bicubic, Between::Rows) => write.all(|at, _, y| {
            let (above, below) = (from.pixel(at - down), from.pixel(at + down));
            cubic([above, from.pixel(at), below, from.pixel(at + 2 * down)], y)
        }),
        (Filter::Bicubic, Between::Both) => write.all(|at, x, y| {
            let (above, below) = (from.cubic(at - down, x), from.cubic(at + down, x));
            cubic(
                [
                    above,
                    from.cubic(at, x),
                    below,
                    from.cubic(at + 2 * down, x),
                ],
                y,
            )
        }),
    }
}

/// So many pixels the edge goes on beyond itself: as far as a filter reaches.
const MARGIN: usize = 2;
/// Bytes that are read at once, pixels of a row.
const READ: usize = 16;
/// Pixels of a row that are made in turn.
const STEP: usize = 4;
/// A bit for each of them.
const ALL: i32 = (1 << STEP) - 1;

/// The pixels of an image of `C` channels, and around them those of its edge once more: no place needs to be looked at twice.
struct Padded<const C: usize> {
    bytes: Vec<u8>,
    /// Bytes from a row to the next.
    stride: usize,
    size: Size,
    /// Width and height.
    lengths: (f64, f64),
}

impl<const C: usize> Padded<C> {
    fn new(image: &Raster<'_>) -> Self {
        let size = image.size;
        let stride = (size.width + 2 * MARGIN) * C;
        let mut bytes = Vec::with_capacity(stride * (size.height + 2 * MARGIN) + READ);
        for row in 0..size.height + 2 * MARGIN {
            let line = image.row(row.saturating_sub(MARGIN).min(size.height - 1));
            let (first, last) = (&line[..C], &line[line.len() - C..]);
            bytes.extend_from_slice(first);
            bytes.extend_from_slice(first);
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(last);
            bytes.extend_from_slice(last);
        }
        bytes.extend([0; READ]);
        Self {
            bytes,
            stride,
            size,
            lengths: (size.width as f64, size.height as f64),
        }
    }

    /// The pixel at `at`; lanes beyond its channels hold what follows it.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn pixel(&self, at: usize) -> __m256d {
        let bytes = self.bytes[at..].first_chunk().expect("the margin's end");
        lanes(i32::from_le_bytes(*bytes))
    }

    /// Pixel `N` of those at `bytes`.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn nth<const N: usize>(bytes: &[u8; READ]) -> __m256d {
        let at = N * C;
        let bytes = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        lanes(i32::from_le_bytes(bytes))
    }

    fn row(&self, at: usize) -> &[u8; READ] {
        self.bytes[at..].first_chunk().expect("the margin's end")
    }

    /// Between the pixel at `at` and the next of its row.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn linear(&self, at: usize, x: __m256d) -> __m256d {
        let row = self.row(at);
        linear(Self::nth::<0>(row), Self::nth::<1>(row), x)
    }

    /// Between the pixel at `at` and the next of its row, overshooting.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn cubic(&self, at: usize, x: __m256d) -> __m256d {
        let row = self.row(at - C);
        let (before, first) = (Self::nth::<0>(row), Self::nth::<1>(row));
        let (second, after) = (Self::nth::<2>(row), Self::nth::<3>(row));
        cubic([before, first, second, after], x)
    }
}

/// What the pixels of the result are made of.
struct Write<'a, const C: usize> {
    avx2: Avx2,
    from: &'a Padded<C>,
    affine: Affine,
    outside: [u8; C],
}

/// Where four pixels come from.
struct Places {
    /// Whether it lies in the image, a bit each.
    inside: i32,
    /// The pixel to the left and above, as the place of its bytes; of one that lies outside it is the first.
    at: [i32; STEP],
    /// How far to the right of it, and below, each lies (0..1).
    x: __m256d,
    y: __m256d,
}

impl<const C: usize> Write<'_, C> {
    /// All pixels, each by `value` from the place to the left and above, and how far to the right and below of it.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn all(&self, value: impl Fn(usize, __m256d, __m256d) -> __m256d) -> Raster<'static> {
        let size = self.from.size;
        let mut values = vec![0; size.len()];
        for (row, line) in values.chunks_exact_mut(size.width * C).enumerate() {
            let mut columns = _mm256_set_pd(3.5, 2.5, 1.5, 0.5);
            for pixels in line.chunks_mut(STEP * C) {
                let Places { inside, at, x, y } = self.places(row as f64 + 0.5, columns);
                columns = _mm256_add_pd(columns, _mm256_set1_pd(STEP as f64));
                let pixels = pixels.as_chunks_mut::<C>().0;
                if inside == 0 {
                    pixels.fill(self.outside);
                    continue;
                }
                let at = at.map(|at| at as usize);
                let four = self.bytes([
                    value(at[0], nth::<0b00_00_00_00>(x), nth::<0b00_00_00_00>(y)),
                    value(at[1], nth::<0b01_01_01_01>(x), nth::<0b01_01_01_01>(y)),
                    value(at[2], nth::<0b10_10_10_10>(x), nth::<0b10_10_10_10>(y)),
                    value(at[3], nth::<0b11_11_11_11>(x), nth::<0b11_11_11_11>(y)),
                ]);
                for (pixel, four) in pixels.iter_mut().zip(four) {
                    pixel.copy_from_slice(&four[..C]);
                }
                if inside != ALL {
                    let is_outside = |lane| inside >> lane & 1 == 0;
                    for (lane, pixel) in pixels.iter_mut().enumerate() {
                        if is_outside(lane) {
                            *pixel = self.outside;
                        }
                    }
                }
            }
        }
        Raster::owned(size, values)
    }

    /// Where the pixels of a row at `columns` come from, both of centres.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn places(&self, row: f64, columns: __m256d) -> Places {
        let all = |value| _mm256_set1_pd(value);
        let Affine([a, b, c, d, e, f]) = self.affine;
        let of = |a, b, c| {
            let moved = _mm256_add_pd(_mm256_mul_pd(all(a), columns), all(b * row));
            _mm256_add_pd(moved, all(c))
        };
        let (x, y) = (of(a, b, c), of(d, e, f));
        let holds = |at, length| {
            let from = _mm256_cmp_pd::<_CMP_GE_OQ>(at, _mm256_setzero_pd());
            _mm256_and_pd(from, _mm256_cmp_pd::<_CMP_LT_OQ>(at, all(length)))
        };
        let (width, height) = self.from.lengths;
        let inside = _mm256_and_pd(holds(x, width), holds(y, height));
        let (x, y) = (_mm256_sub_pd(x, all(0.5)), _mm256_sub_pd(y, all(0.5)));
        let (left, top) = (_mm256_floor_pd(x), _mm256_floor_pd(y));
        let beside = |at| {
            let at = _mm256_cvttpd_epi32(_mm256_and_pd(at, inside));
            _mm_add_epi32(at, _mm_set1_epi32(MARGIN as i32))
        };
        let bytes = |steps, length: usize| _mm_mullo_epi32(steps, _mm_set1_epi32(length as i32));
        let at = _mm_add_epi32(bytes(beside(top), self.from.stride), bytes(beside(left), C));
        let at: i32x4<Avx2> = at.simd_into(self.avx2);
        Places {
            inside: _mm256_movemask_pd(inside),
            at: at.into(),
            x: _mm256_sub_pd(x, left),
            y: _mm256_sub_pd(y, top),
        }
    }

    /// Four pixels as bytes: cut to whole numbers and to 0..255.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn bytes(&self, [a, b, c, d]: [__m256d; STEP]) -> [[u8; 4]; STEP] {
        let words = |a, b| _mm_packs_epi32(_mm256_cvttpd_epi32(a), _mm256_cvttpd_epi32(b));
        let bytes: u8x16<Avx2> = _mm_packus_epi16(words(a, b), words(c, d)).simd_into(self.avx2);
        let bytes = <[u8; 16]>::from(bytes);
        *bytes.as_chunks().0.first_chunk().expect("four times four")
    }
}

/// One of four floats in all lanes; `LANE` is its number, four times in two bits.
#[target_feature(enable = "avx2")]
#[inline]
fn nth<const LANE: i32>(floats: __m256d) -> __m256d {
    _mm256_permute4x64_pd::<LANE>(floats)
}

/// Four bytes as floats.
#[target_feature(enable = "avx2")]
#[inline]
fn lanes(bytes: i32) -> __m256d {
    _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes)))
}

/// As in `plain`.
#[target_feature(enable = "avx2")]
#[inline]
fn linear(a: __m256d, b: __m256d, at: __m256d) -> __m256d {
    _mm256_add_pd(a, _mm256_mul_pd(_mm256_sub_pd(b, a), at))
}

/// As in `plain`.
#[target_feature(enable = "avx2")]
#[inline]
fn cubic([a, b, c, d]: [__m256d; 4], at: __m256d) -> __m256d {
    let add = |a, b| _mm256_add_pd(a, b);
    let sub = |a, b| _mm256_sub_pd(a, b);
    let times = |a, b| _mm256_mul_pd(a, b);
    let down = sub(a, b);
    let first = sub(c, a);
    let second = sub(add(add(down, down), c), d);
    let third = sub(add(sub(d, c), b), a);
    let inner = add(second, times(at, third));
    add(b, times(at, add(first, times(at, inner))))
}
