//! The order in which a scan's blocks come: row by row, with restarts between.

use std::ops::Range;

use crate::Error;
use crate::bits::Bits;
use crate::entropy::Entropy;
use crate::frame::{Component, Frame, ScanHeader};
use crate::region::Region;

/// Units across, and those of the region. A unit is an MCU, or a block where a scan has one component.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    pub across: usize,
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

impl Grid {
    pub fn of(frame: &Frame, scan: &ScanHeader, region: &Region) -> Grid {
        match &scan.parts[..] {
            [part] => Grid::of_blocks(&frame.components[part.component], region),
            _ => Grid {
                across: frame.mcus_across(),
                rows: region.mcu_rows.clone(),
                columns: region.mcu_columns.clone(),
            },
        }
    }

    fn of_blocks(component: &Component, region: &Region) -> Grid {
        let (rows, columns) = region.blocks(component);
        let (across, down) = (component.blocks_across(), component.blocks_down());
        // The last MCUs may hold blocks that such a scan does not code.
        let within = |range: Range<usize>, end| range.start.min(end)..range.end.min(end);
        Grid {
            across,
            rows: within(rows, down),
            columns: within(columns, across),
        }
    }
}

/// One block of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnitBlock {
    /// Which of the scan's components.
    pub part: usize,
    /// Which of the frame's components.
    pub component: usize,
    /// Its place in the unit, in blocks.
    x: usize,
    y: usize,
    /// Blocks of its component across a unit.
    across: usize,
    /// Blocks of its component down a unit.
    down: usize,
}

impl UnitBlock {
    /// The blocks of a scan's units, as they come.
    pub fn of(frame: &Frame, scan: &ScanHeader) -> Vec<UnitBlock> {
        let mut blocks = Vec::with_capacity(10);
        for (part, one) in scan.parts.iter().enumerate() {
            let component = &frame.components[one.component];
            let (across, down) = match scan.parts.len() {
                1 => (1, 1),
                _ => (component.h, component.v),
            };
            blocks.extend((0..across * down).map(|at| UnitBlock {
                part,
                component: one.component,
                x: at % across,
                y: at / across,
                across,
                down,
            }));
        }
        blocks
    }

    /// The row of blocks that it lies in, in units of this row.
    #[inline(always)]
    pub fn row(&self, row: usize) -> usize {
        row * self.down + self.y
    }

    /// The column of blocks that it lies in, in units of this column.
    #[inline(always)]
    pub fn column(&self, column: usize) -> usize {
        column * self.across + self.x
    }
}

/// What a kind of scan does with its units.
pub(crate) trait Pass {
    /// Forgets what a restart makes forget.
    fn restart(&mut self);

    /// Reads units of one row; whether they were sound.
    fn units(&mut self, data: &[u8], bits: &mut Bits, row: usize, columns: Range<usize>) -> bool;

    /// All units of a row have been read.
    fn row_done(&mut self, row: usize);
}

/// Reads a scan as far as the region goes down. `at` is where its data start; gives a place in or behind its data.
#[inline(always)]
pub(crate) fn walk(
    grid: &Grid,
    (file, mut at): (&[u8], usize),
    restart: usize,
    entropy: &mut Entropy,
    pass: &mut impl Pass,
) -> Result<usize, Error> {
    let interval = if restart == 0 { usize::MAX } else { restart };
    at = entropy.start(file, at)?;
    let (mut bits, mut left) = (Bits::default(), interval);
    for row in 0..grid.rows.end {
        let mut column = 0;
        while column < grid.across {
            if left == 0 {
                require_sound(entropy, &bits, true)?;
                at = entropy.resume(file, at)?;
                (bits, left) = (Bits::default(), interval);
                pass.restart();
            }
            let count = left.min(grid.across - column);
            let sound = pass.units(entropy.bytes(), &mut bits, row, column..column + count);
            require_sound(entropy, &bits, sound)?;
            column += count;
            left -= count;
        }
        pass.row_done(row);
    }
    Ok(at)
}

fn require_sound(entropy: &Entropy, bits: &Bits, sound: bool) -> Result<(), Error> {
    if entropy.is_overrun(bits) {
        return Err(Error::Damaged("its data end early"));
    }
    match sound {
        true => Ok(()),
        false => Err(Error::Damaged("its data hold impossible codes")),
    }
}
