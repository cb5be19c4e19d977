//! From planes to the pixels of a window, row by row.

use std::ops::Range;

use crate::colour;
use crate::frame::{Component, Frame};
use crate::lanes::Lanes;
use crate::region::{Plane, Region};
use crate::upsample::{self, Upsampling};

/// What rows go through, kept from image to image.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// One row of every component, as many samples as pixels.
    lines: [Vec<u8>; 3],
    /// One row, weighed with its neighbour, and a value more at each side.
    sums: Vec<u16>,
}

/// The pixels of a window, as far as they are written.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    frame: &'a Frame,
    region: &'a Region,
    is_rgb: bool,
    lines: &'a mut Lines,
    pixels: &'a mut [u8],
    /// The first row of the image that is not written.
    next: usize,
}

impl<'a> Output<'a> {
    /// Into `pixels`, which is made as long as the window asks for.
    pub fn new(
        frame: &'a Frame,
        region: &'a Region,
        is_rgb: bool,
        lines: &'a mut Lines,
        pixels: &'a mut Vec<u8>,
    ) -> Self {
        let window = region.window;
        pixels.resize(window.height * window.width * frame.components.len(), 0);
        Self {
            frame,
            region,
            is_rgb,
            lines,
            pixels,
            next: window.top,
        }
    }

    /// Writes the rows that can be written when the planes hold all rows of MCUs before `mcu_row`.
    #[inline(always)]
    pub fn write_before<L: Lanes>(&mut self, lanes: L, mcu_row: usize, planes: &[Plane; 3]) {
        let window = self.region.window;
        let mut end = 8 * self.frame.v_max * mcu_row;
        if mcu_row < self.region.mcu_rows.end {
            // The sample below may be looked at.
            end = end.saturating_sub(self.frame.v_max);
        }
        let end = end.min(window.top + window.height);
        let length = window.width * self.frame.components.len();
        for row in self.next..end {
            let out = (row - window.top) * length;
            self.row(lanes, row, out..out + length, planes);
        }
        self.next = self.next.max(end);
    }

    #[inline(always)]
    fn row<L: Lanes>(&mut self, lanes: L, row: usize, out: Range<usize>, planes: &[Plane; 3]) {
        let window = self.region.window;
        let columns = window.left..window.left + window.width;
        let out = &mut self.pixels[out];
        let Lines { lines, sums } = &mut *self.lines;
        let mut rows: [&[u8]; 3] = [&[]; 3];
        let parts = self.frame.components.iter().zip(planes).zip(lines);
        for (at, ((component, plane), line)) in parts.enumerate() {
            let from = Source {
                component,
                plane,
                upsampling: Upsampling::of(self.frame, component),
            };
            rows[at] = from.line(row, columns.clone(), line, sums);
        }
        match (rows, self.frame.components.len(), self.is_rgb) {
            ([grey, ..], 1, _) => out.copy_from_slice(grey),
            ([red, green, blue], _, true) => colour::interleave(red, green, blue, out),
            ([y, cb, cr], _, false) => lanes.rgb(y, cb, cr, out),
        }
    }
}

/// Where the row of one component comes from.
struct Source<'a> {
    component: &'a Component,
    plane: &'a Plane,
    upsampling: Upsampling,
}

impl<'a> Source<'a> {
    /// A row of pixels of this component: in place where its samples are pixels, else made in `line`.
    #[inline(always)]
    fn line(
        &self,
        row: usize,
        columns: Range<usize>,
        line: &'a mut Vec<u8>,
        sums: &mut Vec<u16>,
    ) -> &'a [u8] {
        let width = columns.len();
        match self.upsampling {
            Upsampling::None => self.plane.row(row, columns),
            Upsampling::Repeat(across, down) => {
                line.resize(width, 0);
                let samples = columns.start / across..(columns.end - 1) / across + 1;
                let samples = self.plane.row(row / down, samples);
                upsample::repeat(samples, across, columns.start % across, line);
                line
            }
            Upsampling::Down => {
                line.resize(width, 0);
                let near = self.plane.row(row / 2, columns.clone());
                let far = self.plane.row(self.far(row), columns);
                upsample::down(near, far, 1 + (row % 2) as u16, line);
                line
            }
            Upsampling::Across | Upsampling::Both => {
                let samples = columns.start / 2..(columns.end - 1) / 2 + 1;
                line.resize(2 * samples.len(), 0);
                sums.resize(samples.len() + 2, 0);
                self.across(row, samples, line, sums);
                &line[columns.start % 2..][..width]
            }
        }
    }

    /// Twice as many pixels as samples.
    #[inline(always)]
    fn across(&self, row: usize, samples: Range<usize>, line: &mut [u8], sums: &mut [u16]) {
        let (from, end) = (samples.start.saturating_sub(1), samples.end + 1);
        let to = end.min(self.component.width);
        // Where the image ends, the neighbour is the last sample once more.
        let inside = &mut sums[from + 1 - samples.start..to + 1 - samples.start];
        let (biases, shift) = match self.upsampling {
            Upsampling::Both => {
                let near = self.plane.row(row / 2, from..to);
                let far = self.plane.row(self.far(row), from..to);
                upsample::weigh(near, far, inside);
                ((8, 7), 4)
            }
            _ => {
                let samples = self.plane.row(row, from..to);
                for (sum, &sample) in inside.iter_mut().zip(samples) {
                    *sum = u16::from(sample);
                }
                ((1, 2), 2)
            }
        };
        if samples.start == 0 {
            sums[0] = sums[1];
        }
        if end > to {
            sums[samples.len() + 1] = sums[samples.len()];
        }
        upsample::across(sums, biases, shift, line);
    }

    /// The row of samples that has a quarter of the weight; at the edge it is the last one once more.
    fn far(&self, row: usize) -> usize {
        match row % 2 {
            0 => (row / 2).saturating_sub(1),
            _ => (row / 2 + 1).min(self.component.height - 1),
        }
    }
}
