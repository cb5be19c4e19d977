//! The frame header: the image's size and how its components are sampled.

use crate::Error;

/// libjpeg's limit; a longer side is taken for damaged.
const LONGEST_SIDE: usize = 65_500;
/// libjpeg's limit.
const MOST_BLOCKS_IN_MCU: usize = 10;

/// How coefficients are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Sequential,
    Progressive,
}

/// One component, in samples and blocks of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Component {
    pub id: u8,
    /// Horizontal sampling factor: blocks across an MCU.
    pub h: usize,
    /// Vertical sampling factor: blocks down an MCU.
    pub v: usize,
    /// The number of its quantisation table.
    pub quant: usize,
    /// Samples across, without padding.
    pub width: usize,
    /// Samples down, without padding.
    pub height: usize,
}

impl Component {
    /// Blocks across in a scan of this component alone.
    pub fn blocks_across(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// Blocks down in a scan of this component alone.
    pub fn blocks_down(&self) -> usize {
        self.height.div_ceil(8)
    }
}

/// The frame: one component or three.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub coding: Coding,
    pub height: usize,
    pub width: usize,
    pub components: Vec<Component>,
    pub h_max: usize,
    pub v_max: usize,
}

impl Frame {
    /// Reads the payload of a frame marker.
    pub fn read(coding: Coding, payload: &[u8]) -> Result<Frame, Error> {
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = payload else {
            return Err(Error::Damaged("its frame header is too short"));
        };
        let side = |high, low| usize::from(u16::from_be_bytes([high, low]));
        let (height, width) = (side(h1, h0), side(w1, w0));
        if precision != 8 {
            return Err(Error::Unsupported("a precision other than 8 bits"));
        }
        if height == 0 {
            return Err(Error::Unsupported("a height given after the image"));
        }
        if width == 0 || width.max(height) > LONGEST_SIDE {
            return Err(Error::Damaged("its size is impossible"));
        }
        if count != 1 && count != 3 {
            return Err(Error::Unsupported(
                "a number of components other than 1 and 3",
            ));
        }
        if rest.len() != 3 * usize::from(count) {
            return Err(Error::Damaged("its frame header has a wrong length"));
        }
        let mut components = Vec::with_capacity(3);
        for words in rest.chunks_exact(3) {
            components.push(component(words)?);
        }
        if let [alone] = &mut components[..] {
            // Its blocks come row by row and its samples are pixels, whatever it says.
            (alone.h, alone.v) = (1, 1);
        }
        Frame {
            coding,
            height,
            width,
            h_max: components.iter().map(|one| one.h).max().unwrap_or(1),
            v_max: components.iter().map(|one| one.v).max().unwrap_or(1),
            components,
        }
        .measured()
    }

    /// With the size of every component.
    fn measured(mut self) -> Result<Frame, Error> {
        let ids = self.components.iter().map(|one| one.id);
        let mut ids: Vec<u8> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() < self.components.len() {
            return Err(Error::Unsupported("components that share a number"));
        }
        for one in &mut self.components {
            one.width = (self.width * one.h).div_ceil(self.h_max);
            one.height = (self.height * one.v).div_ceil(self.v_max);
            if !self.h_max.is_multiple_of(one.h) || !self.v_max.is_multiple_of(one.v) {
                return Err(Error::Unsupported("fractional sampling"));
            }
        }
        Ok(self)
    }

    /// MCUs across in a scan of many components.
    pub fn mcus_across(&self) -> usize {
        self.width.div_ceil(8 * self.h_max)
    }

    /// The fewest bits that code all blocks: a code of one bit for the first coefficient, and one that ends a sequential block.
    pub fn fewest_bits(&self) -> usize {
        let blocks = self.components.iter();
        let blocks: usize = blocks
            .map(|one| one.blocks_across() * one.blocks_down())
            .sum();
        match self.coding {
            Coding::Sequential => 2 * blocks,
            Coding::Progressive => blocks,
        }
    }
}

fn component(words: &[u8]) -> Result<Component, Error> {
    let (h, v) = (usize::from(words[1] >> 4), usize::from(words[1] & 15));
    let quant = usize::from(words[2]);
    if !(1..=4).contains(&h) || !(1..=4).contains(&v) || quant > 3 {
        return Err(Error::Damaged("its sampling factors are impossible"));
    }
    Ok(Component {
        id: words[0],
        h,
        v,
        quant,
        width: 0,
        height: 0,
    })
}

/// Which components a scan holds, and which coefficients and bits of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScanHeader {
    pub parts: Vec<ScanPart>,
    /// First and last coefficient, in zigzag order.
    pub band: (usize, usize),
    /// The bit position before this scan; 0: none came before.
    pub high: u32,
    /// The bit position of this scan.
    pub low: u32,
}

/// One component of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScanPart {
    /// Which of the frame's components.
    pub component: usize,
    /// The number of its table for first coefficients.
    pub dc: usize,
    /// The number of its table for all others.
    pub ac: usize,
}

impl ScanHeader {
    /// Reads the payload of a scan marker.
    pub fn read(frame: &Frame, payload: &[u8]) -> Result<ScanHeader, Error> {
        let damaged = Err(Error::Damaged("a scan header is impossible"));
        let Some((&count, rest)) = payload.split_first() else {
            return damaged;
        };
        let Some((parts, &[first, last, bits])) = rest.split_last_chunk::<3>() else {
            return damaged;
        };
        if count == 0 || parts.len() != 2 * usize::from(count) {
            return damaged;
        }
        let mut read: Vec<ScanPart> = Vec::with_capacity(3);
        for words in parts.chunks_exact(2) {
            let mut components = frame.components.iter();
            let found = components.position(|one| one.id == words[0]);
            let (dc, ac) = (usize::from(words[1] >> 4), usize::from(words[1] & 15));
            match found {
                Some(component)
                    if dc < 4 && ac < 4 && read.iter().all(|one| one.component != component) =>
                {
                    read.push(ScanPart { component, dc, ac });
                }
                _ => return damaged,
            }
        }
        let scan = ScanHeader {
            parts: read,
            band: (usize::from(first), usize::from(last)),
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
        };
        if scan.blocks_in_mcu(frame) > MOST_BLOCKS_IN_MCU {
            return Err(Error::Unsupported("more than 10 blocks in an MCU"));
        }
        Ok(scan)
    }

    fn blocks_in_mcu(&self, frame: &Frame) -> usize {
        match &self.parts[..] {
            [_] => 1,
            parts => {
                let parts = parts.iter().map(|part| &frame.components[part.component]);
                parts.map(|one| one.h * one.v).sum()
            }
        }
    }
}
