//! The pixels of one image, and moving a window over them.

use std::borrow::Cow;

/// The size of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// 1: grey, 3: red, green and blue.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Size {
    /// The number of values.
    #[must_use]
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether there is no pixel.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// One image: `values` holds `[H, W, C]`, borrowed where the image lies in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster<'a> {
    /// Its size.
    pub size: Size,
    /// Its pixels, `[H, W, C]`.
    pub values: Cow<'a, [u8]>,
}

impl Raster<'_> {
    /// An image that owns its pixels.
    pub(super) fn owned(size: Size, values: Vec<u8>) -> Raster<'static> {
        debug_assert_eq!(values.len(), size.len());
        Raster {
            size,
            values: Cow::Owned(values),
        }
    }

    /// One row, `[W, C]`.
    pub(super) fn row(&self, row: usize) -> &[u8] {
        let length = self.size.width * self.size.channels;
        &self.values[row * length..(row + 1) * length]
    }

    /// The window of `height`×`width` pixels at `top`, `left`; what lies outside is black.
    pub(super) fn window(
        &self,
        (top, left): (i64, i64),
        (height, width): (usize, usize),
    ) -> Raster<'static> {
        let channels = self.size.channels;
        let size = Size {
            channels,
            height,
            width,
        };
        let mut values = vec![0; size.len()];
        let first = left.max(0);
        let last = (left + width as i64).min(self.size.width as i64);
        if first < last {
            let into = (first - left) as usize * channels;
            let from = first as usize * channels..last as usize * channels;
            for (row, out) in values.chunks_exact_mut(width * channels).enumerate() {
                let row = top + row as i64;
                if (0..self.size.height as i64).contains(&row) {
                    let seen = &self.row(row as usize)[from.clone()];
                    out[into..into + seen.len()].copy_from_slice(seen);
                }
            }
        }
        Raster::owned(size, values)
    }

    /// Left and right swapped.
    pub(super) fn mirror(&mut self) {
        let row = self.size.width * self.size.channels;
        for row in self.values.to_mut().chunks_exact_mut(row) {
            match self.size.channels {
                3 => row.as_chunks_mut::<3>().0.reverse(),
                channels => {
                    row.reverse();
                    row.chunks_exact_mut(channels).for_each(<[u8]>::reverse);
                }
            }
        }
    }
}

/// The luma of a colour as Pillow's `convert("L")` has it.
pub(super) fn luma(colour: &[u8]) -> u8 {
    let [red, green, blue] = [colour[0], colour[1], colour[2]].map(u32::from);
    ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster() -> Raster<'static> {
        let size = Size {
            channels: 2,
            height: 2,
            width: 3,
        };
        Raster::owned(size, (1..=12).collect())
    }

    #[test]
    fn a_window_beyond_the_edge_is_black_there() {
        let window = raster().window((-1, 1), (3, 3));
        let rows = [
            vec![0; 6],
            vec![3, 4, 5, 6, 0, 0],
            vec![9, 10, 11, 12, 0, 0],
        ];
        assert_eq!(window.values.into_owned(), rows.concat());
        assert!(
            raster()
                .window((0, 9), (2, 2))
                .values
                .iter()
                .all(|&value| value == 0)
        );
    }

    #[test]
    fn a_mirror_swaps_pixels_and_keeps_their_channels() {
        let mut mirrored = raster();
        mirrored.mirror();
        assert_eq!(
            mirrored.values.as_ref(),
            [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8]
        );
    }
}
