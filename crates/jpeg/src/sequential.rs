//! Scans whose blocks are coded whole: read, and where they lie in the region, transformed at once.

use std::ops::Range;

use crate::bits::Bits;
use crate::frame::{Frame, ScanHeader};
use crate::header::ZIGZAG;
use crate::huffman::{Entry, Table};
use crate::idct;
use crate::lanes::Lanes;
use crate::output::Output;
use crate::region::Plane;
use crate::scan::{Grid, Pass, UnitBlock};

/// Where a coefficient lies, by the place behind it in the coded order; beyond the block, its last place, which is still 0 there.
const PLACES: [u8; 256] = {
    let mut places = [63; 256];
    let mut at = 0;
    while at < 64 {
        places[at + 1] = ZIGZAG[at];
        at += 1;
    }
    places
};

/// The tables of one component in a scan.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub dc: &'a Table,
    pub ac: &'a Table,
    pub quant: &'a [i16; 64],
}

/// A sequential scan.
pub(crate) struct Sequential<'a, 'o, L> {
    lanes: L,
    grid: &'a Grid,
    blocks: Vec<UnitBlock>,
    tables: [Tables<'a>; 3],
    before: [i32; 3],
    planes: &'a mut [Plane; 3],
    /// Where pixels go as soon as all components are there.
    output: Option<&'a mut Output<'o>>,
}

impl<'a, 'o, L: Lanes> Sequential<'a, 'o, L> {
    pub fn new(
        lanes: L,
        (frame, scan, grid): (&Frame, &ScanHeader, &'a Grid),
        tables: [Tables<'a>; 3],
        planes: &'a mut [Plane; 3],
        output: Option<&'a mut Output<'o>>,
    ) -> Self {
        Self {
            lanes,
            grid,
            blocks: UnitBlock::of(frame, scan),
            tables,
            before: [0; 3],
            planes,
            output,
        }
    }

    #[inline(always)]
    fn skip(&mut self, data: &[u8], bits: &mut Bits) -> bool {
        let mut sound = true;
        for block in &self.blocks {
            let tables = self.tables[block.part];
            sound &= skipped(data, bits, tables, &mut self.before[block.part]);
        }
        sound
    }

    #[inline(always)]
    fn keep(&mut self, data: &[u8], bits: &mut Bits, row: usize, column: usize) -> bool {
        let mut sound = true;
        let (row, column) = (row - self.grid.rows.start, column - self.grid.columns.start);
        for block in &self.blocks {
            let tables = self.tables[block.part];
            let mut values = [0; 64];
            let end = read(
                data,
                bits,
                tables,
                &mut self.before[block.part],
                &mut values,
            );
            let plane = &mut self.planes[block.component];
            let (down, across) = (block.row(row), block.column(column));
            let (start, stride) = (8 * (down * plane.stride + across), plane.stride);
            let out = &mut plane.samples[start..start + 7 * stride + 8];
            if end == FLAT {
                idct::flat(values[0], tables.quant, out, stride);
            } else {
                sound &= is_sound(end);
                self.lanes.block(&values, tables.quant, out, stride);
            }
        }
        sound
    }
}

impl<L: Lanes> Pass for Sequential<'_, '_, L> {
    fn restart(&mut self) {
        self.before = [0; 3];
    }

    #[inline(always)]
    fn units(&mut self, data: &[u8], place: &mut Bits, row: usize, columns: Range<usize>) -> bool {
        let mut bits = *place;
        let mut sound = true;
        let inside = match self.grid.rows.contains(&row) {
            true => self.grid.columns.clone(),
            false => 0..0,
        };
        for column in columns {
            sound &= match inside.contains(&column) {
                true => self.keep(data, &mut bits, row, column),
                false => self.skip(data, &mut bits),
            };
        }
        *place = bits;
        sound
    }

    #[inline(always)]
    fn row_done(&mut self, row: usize) {
        if let Some(output) = &mut self.output
            && self.grid.rows.contains(&row)
        {
            output.write_before(self.lanes, row + 1, self.planes);
        }
    }
}

/// Where a block ends whose first other coefficient is the end already.
const FLAT: usize = 1 + Entry::END;

/// Whether a block ended with its last coefficient or by the code for that; not behind it, nor with what is no code.
#[inline(always)]
fn is_sound(end: usize) -> bool {
    end == 64 || (FLAT..FLAT + 63).contains(&end)
}

/// Reads a block; gives where it ended.
#[inline(always)]
fn read(
    data: &[u8],
    bits: &mut Bits,
    tables: Tables<'_>,
    before: &mut i32,
    values: &mut [i16; 64],
) -> usize {
    bits.refill(data);
    let (entry, difference) = tables.dc.next_number(bits);
    *before = before.wrapping_add(difference);
    values[0] = *before as i16;
    let mut at = 1 + entry.step();
    while at < 64 {
        bits.refill(data);
        let (entry, value) = tables.ac.next_number(bits);
        at += entry.step();
        values[usize::from(PLACES[at & 255] & 63)] = value as i16;
    }
    at
}

/// Reads past a block; whether it was sound.
#[inline(always)]
fn skipped(data: &[u8], bits: &mut Bits, tables: Tables<'_>, before: &mut i32) -> bool {
    bits.refill(data);
    let (entry, difference) = tables.dc.next_number(bits);
    *before = before.wrapping_add(difference);
    let mut at = 1 + entry.step();
    while at < 64 {
        bits.refill(data);
        let entry = tables.ac.look(bits.ahead());
        bits.take(entry.bits());
        at += entry.step();
    }
    is_sound(at)
}
