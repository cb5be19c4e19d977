//! What must be decoded for a window: the MCUs that hold its pixels and the samples around them that upsampling looks at.

use std::ops::Range;

use crate::frame::{Component, Frame};
use crate::upsample::Upsampling;

/// A part of an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first row.
    pub top: usize,
    /// Its first column.
    pub left: usize,
    /// Its number of rows, at least 1.
    pub height: usize,
    /// Its number of columns, at least 1.
    pub width: usize,
}

impl Window {
    fn rows(&self) -> Range<usize> {
        self.top..self.top + self.height
    }

    fn columns(&self) -> Range<usize> {
        self.left..self.left + self.width
    }
}

/// The MCUs of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    pub window: Window,
    pub mcu_rows: Range<usize>,
    pub mcu_columns: Range<usize>,
}

impl Region {
    pub fn new(frame: &Frame, window: Window) -> Region {
        let (height, width) = (8 * frame.v_max, 8 * frame.h_max);
        let mut region = Region {
            window,
            mcu_rows: mcus(window.rows(), height),
            mcu_columns: mcus(window.columns(), width),
        };
        for one in &frame.components {
            let upsampling = Upsampling::of(frame, one);
            let rows = samples(window.rows(), frame.v_max / one.v, one.height);
            let columns = samples(window.columns(), frame.h_max / one.h, one.width);
            let rows = widened(rows, upsampling.looks_up_and_down(), one.height);
            let columns = widened(columns, upsampling.looks_aside(), one.width);
            region.mcu_rows = both(region.mcu_rows, mcus(rows, 8 * one.v));
            region.mcu_columns = both(region.mcu_columns, mcus(columns, 8 * one.h));
        }
        region
    }

    /// The blocks of a component, whole MCUs: rows and columns.
    pub fn blocks(&self, component: &Component) -> (Range<usize>, Range<usize>) {
        let times = |range: &Range<usize>, by| range.start * by..range.end * by;
        (
            times(&self.mcu_rows, component.v),
            times(&self.mcu_columns, component.h),
        )
    }
}

/// The samples under pixels, where each stands for `factor` pixels.
fn samples(pixels: Range<usize>, factor: usize, end: usize) -> Range<usize> {
    let last = (pixels.end - 1) / factor;
    pixels.start / factor..(last + 1).min(end)
}

/// With the neighbours, where they are looked at.
fn widened(range: Range<usize>, looks: bool, end: usize) -> Range<usize> {
    match looks {
        true => range.start.saturating_sub(1)..(range.end + 1).min(end),
        false => range,
    }
}

/// The MCUs that hold a range of samples, `side` of them each.
fn mcus(samples: Range<usize>, side: usize) -> Range<usize> {
    samples.start / side..samples.end.div_ceil(side)
}

/// What holds both ranges.
fn both(one: Range<usize>, other: Range<usize>) -> Range<usize> {
    one.start.min(other.start)..one.end.max(other.end)
}

/// The samples of one component in a region.
#[derive(Debug, Default)]
pub(crate) struct Plane {
    pub samples: Vec<u8>,
    /// Samples from row to row.
    pub stride: usize,
    /// The component's row that is the first.
    top: usize,
    /// The component's column that is the first.
    left: usize,
}

impl Plane {
    /// Makes room for a region; what lies there is of an earlier image.
    pub fn lay(&mut self, region: &Region, component: &Component) {
        let (rows, columns) = region.blocks(component);
        self.stride = 8 * columns.len();
        self.top = 8 * rows.start;
        self.left = 8 * columns.start;
        self.samples.resize(8 * rows.len() * self.stride, 0);
    }

    /// The samples of a row, by numbers of the component.
    #[inline(always)]
    pub fn row(&self, row: usize, columns: Range<usize>) -> &[u8] {
        let start = (row - self.top) * self.stride;
        &self.samples[start + columns.start - self.left..start + columns.end - self.left]
    }
}
