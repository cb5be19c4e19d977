//! Scans whose blocks are coded whole: read, and where they lie in the region, transformed at once.

use std::ops::Range;

use crate::bits::Bits;
use crate::frame::{Frame, ScanHeader};
use crate::header::ZIGZAG;
use crate::huffman::{Entry, LOOKS, Pair, SKIPS, Skip, Table, look};
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
    let mut at = first(data, bits, tables, before);
    values[0] = *before as i16;
    let mut put = |at: usize, value| values[usize::from(PLACES[at & 255] & 63)] = value;
    let pairs = tables.ac.pairs();
    while at < 64 {
        bits.refill(data);
        for _ in 0..LOOKS {
            let pair = pairs[look(bits)];
            if pair == Pair::LONG {
                let number = tables.ac.next_long(data, bits);
                at += number.step();
                put(at, number.value());
                break;
            }
            let (steps, values) = (pair.steps(), pair.values());
            // The first one last: it may end the block, and what follows is not of this block.
            put(at + steps.0 + steps.1, values.1);
            put(at + steps.0, values.0);
            if !go_on(&mut at, pair, bits) {
                break;
            }
        }
    }
    at
}

/// Reads past a block; whether it was sound.
#[inline(always)]
fn skipped(data: &[u8], bits: &mut Bits, tables: Tables<'_>, before: &mut i32) -> bool {
    let mut at = first(data, bits, tables, before);
    let skips = tables.ac.skips();
    while at < 64 {
        bits.refill(data);
        for _ in 0..SKIPS {
            let skip = skips[look(bits)];
            if skip == Skip::LONG || at + skip.inner() >= 64 {
                at += tables.ac.next_long(data, bits).step();
                break;
            }
            at += skip.step();
            bits.take(skip.bits());
            if at >= 64 {
                break;
            }
        }
    }
    is_sound(at)
}

/// Goes on by both of a pair, or by the first where that ends the block; whether the block goes on.
#[inline(always)]
fn go_on(at: &mut usize, pair: Pair, bits: &mut Bits) -> bool {
    let (first, second) = pair.steps();
    *at += first;
    if *at + second < 64 {
        *at += second;
        bits.take(pair.bits());
        return true;
    }
    if *at < 64 {
        *at += second;
        bits.take(pair.bits());
    } else {
        bits.take(pair.first_bits());
    }
    false
}

/// Reads the first coefficient, which is added to the one `before`; gives the place behind it.
#[inline(always)]
fn first(data: &[u8], bits: &mut Bits, tables: Tables<'_>, before: &mut i32) -> usize {
    bits.refill(data);
    let difference = tables.dc.next(data, bits);
    *before = before.wrapping_add(i32::from(difference.value()));
    1 + difference.step()
}
