//! Scans that hold some coefficients of all blocks, or one more bit of them.
//!
//! Of blocks outside the region only is kept which coefficients are not 0: without that, later scans could not be read.

use std::ops::Range;

use crate::Error;
use crate::bits::Bits;
use crate::frame::{Component, Frame, ScanHeader};
use crate::header::ZIGZAG;
use crate::huffman::{Entry, Table};
use crate::region::Region;
use crate::scan::{Pass, UnitBlock};

/// Coefficients at the front, in coded order, that libjpeg smooths over block edges while bits of them are missing.
const SMOOTHED: Range<usize> = 1..10;

/// What is known of one component.
#[derive(Debug)]
pub(crate) struct Coefficients {
    /// Coefficients of the region's blocks, in rows of eight, not dequantised.
    blocks: Vec<[i16; 64]>,
    /// The region's blocks across.
    across: usize,
    /// The component's blocks across.
    all_across: usize,
    region: (Range<usize>, Range<usize>),
    /// For each block from the top to the region's end: which coefficients but the first are not 0, in coded order.
    nonzero: Vec<u64>,
    /// For each coefficient, in coded order, the lowest bit that is known.
    known: [Option<u32>; 64],
}

impl Default for Coefficients {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            across: 0,
            all_across: 0,
            region: (0..0, 0..0),
            nonzero: Vec::new(),
            known: [None; 64],
        }
    }
}

impl Coefficients {
    /// Makes room for a region; all are 0, and nothing is known.
    fn lay(&mut self, region: &Region, component: &Component) {
        self.region = region.blocks(component);
        let (rows, columns) = &self.region;
        self.across = columns.len();
        self.all_across = component.blocks_across();
        self.blocks.clear();
        self.blocks.resize(rows.len() * self.across, [0; 64]);
        let down = rows.end.min(component.blocks_down());
        self.nonzero.clear();
        self.nonzero.resize(down * self.all_across, 0);
        self.known = [None; 64];
    }

    /// Bytes of memory.
    pub fn kept(&self) -> usize {
        self.blocks.capacity() * size_of::<[i16; 64]>() + self.nonzero.capacity() * size_of::<u64>()
    }

    /// Where a block of the region lies.
    #[inline(always)]
    fn place(&self, row: usize, column: usize) -> Option<usize> {
        let (rows, columns) = &self.region;
        (rows.contains(&row) && columns.contains(&column))
            .then(|| (row - rows.start) * self.across + column - columns.start)
    }

    /// The region's blocks of a row: coefficients, which of them are not 0, and where they start in a plane of this stride. A block
    /// that only completes an MCU counts as flat.
    #[inline(always)]
    pub fn row(&self, row: usize, stride: usize) -> impl Iterator<Item = (&[i16; 64], u64, usize)> {
        let (rows, columns) = &self.region;
        let down = row - rows.start;
        let blocks = &self.blocks[down * self.across..][..self.across];
        let coded = columns.start..columns.end.min(self.all_across);
        let nonzero = self.nonzero.get(row * self.all_across + coded.start..);
        let nonzero = nonzero.unwrap_or(&[]).iter().take(coded.len()).copied();
        let nonzero = nonzero.chain(std::iter::repeat(0));
        let starts = (8 * down * stride..).step_by(8);
        let blocks = blocks.iter().zip(nonzero).zip(starts);
        blocks.map(|((values, nonzero), start)| (values, nonzero, start))
    }

    /// Notes that a scan adds to what is known; it must go on where the last one stopped.
    fn learn(&mut self, scan: &ScanHeader) -> Result<(), Error> {
        let (first, last) = scan.band;
        let before = (scan.high > 0).then_some(scan.high);
        for known in &mut self.known[first..=last] {
            if *known != before {
                return Err(Error::Unsupported(
                    "an order of progressive scans with gaps",
                ));
            }
            *known = Some(scan.low);
        }
        Ok(())
    }

    /// Whether nothing is missing that libjpeg would make up.
    fn require_known(&self) -> Result<(), Error> {
        if self.known[0].is_none() {
            return Err(Error::Damaged("a component is missing"));
        }
        match self.known[SMOOTHED].iter().all(|&known| known == Some(0)) {
            true => Ok(()),
            false => Err(Error::Unsupported("an unfinished progressive image")),
        }
    }
}

/// All components.
pub(crate) type All = [Coefficients; 3];

pub(crate) fn lay(all: &mut All, frame: &Frame, region: &Region) {
    for (one, component) in all.iter_mut().zip(&frame.components) {
        one.lay(region, component);
    }
}

pub(crate) fn require_known(all: &All, frame: &Frame) -> Result<(), Error> {
    let mut all = all.iter().take(frame.components.len());
    all.try_for_each(Coefficients::require_known)
}

/// Which of the four kinds a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    First,
    FirstRefined,
    Others,
    OthersRefined,
}

impl Kind {
    /// Checks that a scan is one that may come now, and notes that it has.
    pub fn of(scan: &ScanHeader, all: &mut All) -> Result<Kind, Error> {
        let damaged = Err(Error::Damaged("a progressive scan is impossible"));
        let (first, last) = scan.band;
        let is_refined = scan.high > 0;
        if is_refined && scan.low + 1 != scan.high || scan.low > 13 {
            return damaged;
        }
        let kind = match (first, last, is_refined) {
            (0, 0, false) => Kind::First,
            (0, 0, true) => Kind::FirstRefined,
            (1.., ..64, _) if first <= last && scan.parts.len() == 1 => match is_refined {
                false => Kind::Others,
                true => Kind::OthersRefined,
            },
            _ => return damaged,
        };
        for part in &scan.parts {
            all[part.component].learn(scan)?;
        }
        Ok(kind)
    }
}

/// The first coefficients of blocks: as many bits as there are from [`ScanHeader::low`] on.
pub(crate) struct First<'a> {
    blocks: Vec<UnitBlock>,
    tables: [&'a Table; 3],
    before: [i32; 3],
    low: u32,
    all: &'a mut All,
}

impl<'a> First<'a> {
    /// `tables`: those of the scan's components.
    pub fn new(blocks: Vec<UnitBlock>, tables: [&'a Table; 3], low: u32, all: &'a mut All) -> Self {
        Self {
            blocks,
            tables,
            before: [0; 3],
            low,
            all,
        }
    }
}

impl Pass for First<'_> {
    fn restart(&mut self) {
        self.before = [0; 3];
    }

    #[inline(always)]
    fn units(&mut self, data: &[u8], place: &mut Bits, row: usize, columns: Range<usize>) -> bool {
        let (mut bits, mut step) = (*place, 0);
        for column in columns {
            for block in &self.blocks {
                bits.refill(data);
                let difference = self.tables[block.part].next(data, &mut bits);
                step |= difference.step();
                let before = &mut self.before[block.part];
                *before = before.wrapping_add(i32::from(difference.value()));
                let coefficients = &mut self.all[block.component];
                if let Some(at) = coefficients.place(block.row(row), block.column(column)) {
                    coefficients.blocks[at][0] = (*before << self.low) as i16;
                }
            }
        }
        *place = bits;
        step == 0
    }

    fn row_done(&mut self, _: usize) {}
}

/// One more bit of the first coefficients of blocks.
pub(crate) struct FirstRefined<'a> {
    pub blocks: Vec<UnitBlock>,
    pub low: u32,
    pub all: &'a mut All,
}

impl Pass for FirstRefined<'_> {
    fn restart(&mut self) {}

    #[inline(always)]
    fn units(&mut self, data: &[u8], place: &mut Bits, row: usize, columns: Range<usize>) -> bool {
        let mut bits = *place;
        for column in columns {
            for block in &self.blocks {
                bits.refill(data);
                let bit = bits.value(1);
                let coefficients = &mut self.all[block.component];
                if let Some(at) = coefficients.place(block.row(row), block.column(column)) {
                    coefficients.blocks[at][0] |= (bit << self.low) as i16;
                }
            }
        }
        *place = bits;
        true
    }

    fn row_done(&mut self, _: usize) {}
}

/// A band of the other coefficients of one component.
pub(crate) struct Others<'a> {
    pub table: &'a Table,
    pub band: (usize, usize),
    pub low: u32,
    /// Blocks to come in which nothing is coded.
    pub ended: usize,
    pub coefficients: &'a mut Coefficients,
}

impl Pass for Others<'_> {
    fn restart(&mut self) {
        self.ended = 0;
    }

    #[inline(always)]
    fn units(&mut self, data: &[u8], place: &mut Bits, row: usize, columns: Range<usize>) -> bool {
        let (mut bits, mut sound) = (*place, true);
        let mut column = columns.start;
        while column < columns.end {
            if self.ended > 0 {
                let count = self.ended.min(columns.end - column);
                self.ended -= count;
                column += count;
                continue;
            }
            sound &= self.block(data, &mut bits, row, column);
            column += 1;
        }
        *place = bits;
        sound
    }

    fn row_done(&mut self, _: usize) {}
}

impl Others<'_> {
    /// Reads a block; whether it was sound.
    #[inline(always)]
    fn block(&mut self, data: &[u8], bits: &mut Bits, row: usize, column: usize) -> bool {
        let place = self.coefficients.place(row, column);
        let mut values = place.map(|at| &mut self.coefficients.blocks[at]);
        let nonzero = row * self.coefficients.all_across + column;
        let nonzero = &mut self.coefficients.nonzero[nonzero];
        let mut at = self.band.0;
        while at <= self.band.1 {
            bits.refill(data);
            let ahead = bits.ahead();
            let entry = self.table.look(ahead);
            bits.take(entry.bits());
            if entry.step() >= Entry::END {
                self.ended = (1 << entry.size()) + entry.unsigned(ahead) as usize - 1;
                return entry.step() == Entry::END;
            }
            at += entry.step();
            if at > self.band.1 + 1 {
                return false;
            }
            if entry.size() > 0 {
                // Shifted beyond 16 bits it may be 0, and later scans then take it for one that is.
                let value = (entry.number(ahead) << self.low) as i16;
                *nonzero |= u64::from(value != 0) << (at - 1);
                if let Some(values) = &mut values {
                    values[usize::from(ZIGZAG[at - 1])] = value;
                }
            }
        }
        true
    }
}

/// One more bit of a band, and coefficients that start with it. Blocks that have ended get bits all the same.
pub(crate) struct OthersRefined<'a>(pub Others<'a>);

impl Pass for OthersRefined<'_> {
    fn restart(&mut self) {
        self.0.restart();
    }

    #[inline(always)]
    fn units(&mut self, data: &[u8], place: &mut Bits, row: usize, columns: Range<usize>) -> bool {
        let (mut bits, mut sound) = (*place, true);
        let Others {
            table,
            band,
            low,
            ended,
            coefficients,
        } = &mut self.0;
        for column in columns {
            let at = row * coefficients.all_across + column;
            let values = coefficients.place(row, column);
            let mut block = Refined {
                data,
                values: values.map(|at| &mut coefficients.blocks[at]),
                nonzero: coefficients.nonzero[at],
                low: *low,
            };
            sound &= block.refine(&mut bits, table, *band, ended);
            coefficients.nonzero[at] = block.nonzero;
        }
        *place = bits;
        sound
    }

    fn row_done(&mut self, _: usize) {}
}

/// A block that gets one more bit.
struct Refined<'a> {
    data: &'a [u8],
    /// Its coefficients, where it lies in the region.
    values: Option<&'a mut [i16; 64]>,
    nonzero: u64,
    low: u32,
}

impl Refined<'_> {
    /// Reads the block; whether it was sound.
    #[inline(always)]
    fn refine(
        &mut self,
        bits: &mut Bits,
        table: &Table,
        (mut at, last): (usize, usize),
        ended: &mut usize,
    ) -> bool {
        while *ended == 0 && at <= last {
            bits.refill(self.data);
            let ahead = bits.ahead();
            let entry = table.look(ahead);
            bits.take(entry.bits());
            if entry.step() >= Entry::END {
                *ended = (1 << entry.size()) + entry.unsigned(ahead) as usize;
                if entry.step() > Entry::END {
                    return false;
                }
                break;
            }
            let place = self.zero_after(at, last, entry.step() - 1);
            self.correct(bits, at..place.min(last + 1));
            if entry.size() > 0 {
                if entry.size() > 1 || place > last {
                    return false;
                }
                self.set(place, (entry.number(ahead) << self.low) as i16);
            }
            at = place + 1;
        }
        if *ended > 0 {
            *ended -= 1;
            self.correct(bits, at..last + 1);
        }
        true
    }

    /// From `at` on, the coefficient that is 0 with so many others that are 0 before it; behind `last` where there is none.
    #[inline(always)]
    fn zero_after(&self, at: usize, last: usize, zeros: usize) -> usize {
        let mut zero = !self.nonzero >> at << at;
        for _ in 0..zeros {
            zero &= zero.wrapping_sub(1);
        }
        (zero.trailing_zeros() as usize).min(last + 1)
    }

    /// Reads a bit for each coefficient of `range` that is not 0.
    #[inline(always)]
    fn correct(&mut self, bits: &mut Bits, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let within = u64::MAX >> (64 - range.len()) << range.start;
        let mut left = self.nonzero & within;
        match &mut self.values {
            None => {
                let mut count = left.count_ones();
                while count > 0 {
                    bits.refill(self.data);
                    bits.take(count.min(32));
                    count -= count.min(32);
                }
            }
            Some(values) => {
                while left != 0 {
                    bits.refill(self.data);
                    let value = &mut values[usize::from(ZIGZAG[left.trailing_zeros() as usize])];
                    let bit = (bits.value(1) << self.low) as i16;
                    *value = value.wrapping_add(if *value < 0 { -bit } else { bit });
                    left &= left - 1;
                }
            }
        }
    }

    #[inline(always)]
    fn set(&mut self, at: usize, value: i16) {
        self.nonzero |= 1 << at;
        if let Some(values) = &mut self.values {
            values[usize::from(ZIGZAG[at])] = value;
        }
    }
}
