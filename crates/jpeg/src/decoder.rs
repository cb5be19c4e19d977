//! A whole image: its scans one after the other, then what is left to do.

use crate::Error;
use crate::entropy::{Entropy, end_of_scan};
use crate::frame::{Coding, Frame, ScanHeader};
use crate::header::{Jpeg, Markers};
use crate::huffman::{Meaning, Table};
use crate::idct;
use crate::lanes::{Lanes, Work, dispatch};
use crate::output::{Lines, Output};
use crate::progressive::{self, First, FirstRefined, Kind, Others, OthersRefined};
use crate::region::{Plane, Region, Window};
use crate::scan::{Grid, Pass, UnitBlock, walk};
use crate::sequential::{Sequential, Tables};

/// The most scans of a file: more could only be there to take time.
const MOST_SCANS: usize = 100;

const REPEATED: &str = "a component in two sequential scans";

/// Bytes of memory that a [`Decoder`] keeps for the next image; what is more is given back. Progressive files need some 200 bytes for
/// a block of 8×8 samples.
pub const MOST_KEPT: usize = 64 << 20;

/// Decodes images, one after the other, and keeps its memory for the next.
#[derive(Debug, Default)]
pub struct Decoder {
    entropy: Entropy,
    dc: [Table; 4],
    ac: [Table; 4],
    planes: [Plane; 3],
    coefficients: progressive::All,
    lines: Lines,
}

impl Decoder {
    /// A decoder without memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The pixels of `window`, `[H, W, C]`: those that the whole image has there.
    ///
    /// They replace what is in `pixels`, whose memory is used again. After an error it holds nothing of meaning.
    ///
    /// # Errors
    /// The file is damaged before the end of the window's last row, or of a form that shows only now not to be read here.
    ///
    /// # Panics
    /// The window is empty or reaches beyond the image.
    pub fn decode(
        &mut self,
        image: &Jpeg<'_>,
        window: Window,
        pixels: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.decode_by(|work| dispatch(work), image, window, pixels)
    }

    /// As [`Decoder::decode`], with the instructions that `run` chooses.
    fn decode_by(
        &mut self,
        run: impl FnOnce(Into<'_>) -> Result<(), Error>,
        image: &Jpeg<'_>,
        window: Window,
        pixels: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let inside = |start: usize, length: usize, end: usize| {
            length > 0 && start.checked_add(length).is_some_and(|last| last <= end)
        };
        assert!(
            inside(window.top, window.height, image.height())
                && inside(window.left, window.width, image.width()),
            "a window lies in the image"
        );
        let region = Region::new(&image.frame, window);
        for (plane, component) in self.planes.iter_mut().zip(&image.frame.components) {
            plane.lay(&region, component);
        }
        let decoding = Decoding {
            decoder: self,
            region: &region,
            frame: &image.frame,
            is_rgb: image.is_rgb,
            markers: image.markers.clone(),
            scan: image.scan.clone(),
            quants: [None; 3],
            scans: 1,
        };
        let decoded = run(Into(decoding, pixels));
        if self.kept() > MOST_KEPT {
            *self = Self::default();
        }
        decoded
    }

    /// Bytes of memory that grow with images.
    fn kept(&self) -> usize {
        let planes = self.planes.iter().map(|plane| plane.samples.capacity());
        let coefficients = self
            .coefficients
            .iter()
            .map(progressive::Coefficients::kept);
        planes.chain(coefficients).sum::<usize>() + self.entropy.kept()
    }
}

/// One image on its way.
struct Decoding<'a> {
    decoder: &'a mut Decoder,
    region: &'a Region,
    frame: &'a Frame,
    is_rgb: bool,
    markers: Markers<'a>,
    scan: ScanHeader,
    /// The quantisation table of every component that was in a scan.
    quants: [Option<[i16; 64]>; 3],
    scans: usize,
}

/// An image, and where its pixels go.
struct Into<'a>(Decoding<'a>, &'a mut Vec<u8>);

impl Work for Into<'_> {
    type Output = Result<(), Error>;

    fn with(self, lanes: impl Lanes) -> Self::Output {
        let Into(decoding, pixels) = self;
        match decoding.frame.coding {
            Coding::Sequential => decoding.sequential(lanes, pixels),
            Coding::Progressive => decoding.progressive(lanes, pixels),
        }
    }
}

impl Decoding<'_> {
    /// Blocks are transformed as they are read; where all components come together, rows are written as soon as they can be.
    fn sequential(mut self, lanes: impl Lanes, pixels: &mut Vec<u8>) -> Result<(), Error> {
        let mut lines = std::mem::take(&mut self.decoder.lines);
        let mut output = Output::new(self.frame, self.region, self.is_rgb, &mut lines, pixels);
        loop {
            let parts = self.scan.parts.iter();
            if parts
                .clone()
                .any(|part| self.quants[part.component].is_some())
            {
                return Err(Error::Unsupported(REPEATED));
            }
            self.keep_quants()?;
            let at = self.sequential_scan(lanes, &mut output)?;
            if self.quants.iter().flatten().count() == self.frame.components.len() {
                // libjpeg reads a file in many scans to its end, and what comes last is what is seen.
                if self.scans > 1 && self.go_on(at)? {
                    return Err(Error::Unsupported(REPEATED));
                }
                break;
            }
            if !self.go_on(at)? {
                return Err(Error::Damaged("a component is missing"));
            }
        }
        let (planes, end) = (&self.decoder.planes, self.region.mcu_rows.end);
        lanes.run(
            #[inline(always)]
            || output.write_before(lanes, end, planes),
        );
        self.decoder.lines = lines;
        Ok(())
    }

    fn sequential_scan(
        &mut self,
        lanes: impl Lanes,
        output: &mut Output<'_>,
    ) -> Result<usize, Error> {
        for part in &self.scan.parts {
            let codes = &self.markers.dc[part.dc];
            self.decoder.dc[part.dc].make(Meaning::First, codes.as_ref())?;
            let codes = &self.markers.ac[part.ac];
            self.decoder.ac[part.ac].make(Meaning::Run, codes.as_ref())?;
        }
        let Decoder {
            entropy,
            dc,
            ac,
            planes,
            ..
        } = &mut *self.decoder;
        let parts = &self.scan.parts;
        let tables = std::array::from_fn(|at| {
            let part = parts[at.min(parts.len() - 1)];
            let quant = self.quants[part.component].as_ref();
            Tables {
                dc: &dc[part.dc],
                ac: &ac[part.ac],
                quant: quant.expect("it was kept when the scan started"),
            }
        });
        let (frame, scan) = (self.frame, &self.scan);
        let grid = Grid::of(frame, scan, self.region);
        let has_all = parts.len() == frame.components.len();
        let output = has_all.then_some(output);
        let place = (self.markers.bytes, self.markers.at);
        let restart = self.markers.restart;
        lanes.run(
            #[inline(always)]
            || {
                let mut pass = Sequential::new(lanes, (frame, scan, &grid), tables, planes, output);
                walk(&grid, place, restart, entropy, &mut pass)
            },
        )
    }

    /// All scans are read; then blocks are transformed.
    fn progressive(mut self, lanes: impl Lanes, pixels: &mut Vec<u8>) -> Result<(), Error> {
        progressive::lay(&mut self.decoder.coefficients, self.frame, self.region);
        loop {
            self.keep_quants()?;
            let at = self.progressive_scan(lanes)?;
            if !self.go_on(at)? {
                break;
            }
        }
        progressive::require_known(&self.decoder.coefficients, self.frame)?;
        let Decoder {
            planes,
            coefficients,
            lines,
            ..
        } = &mut *self.decoder;
        let mut output = Output::new(self.frame, self.region, self.is_rgb, lines, pixels);
        let (frame, region, quants) = (self.frame, self.region, &self.quants);
        for row in region.mcu_rows.clone() {
            let parts = frame.components.iter().zip(&mut *planes);
            for ((component, plane), (all, quant)) in parts.zip(coefficients.iter().zip(quants)) {
                let quant = quant
                    .as_ref()
                    .expect("its first coefficients were in a scan");
                let rows = row * component.v..(row + 1) * component.v;
                lanes.run(
                    #[inline(always)]
                    || transform(lanes, all, rows, quant, plane),
                );
            }
            lanes.run(
                #[inline(always)]
                || output.write_before(lanes, row + 1, planes),
            );
        }
        Ok(())
    }

    fn progressive_scan(&mut self, lanes: impl Lanes) -> Result<usize, Error> {
        let Decoder {
            entropy,
            dc,
            ac,
            coefficients: all,
            ..
        } = &mut *self.decoder;
        let scan = &self.scan;
        let kind = Kind::of(scan, all)?;
        let reading = Reading {
            grid: &Grid::of(self.frame, scan, self.region),
            markers: &self.markers,
            entropy,
        };
        let blocks = UnitBlock::of(self.frame, scan);
        let (part, band, low) = (scan.parts[0], scan.band, scan.low);
        match kind {
            Kind::First => {
                for part in &scan.parts {
                    let codes = &self.markers.dc[part.dc];
                    dc[part.dc].make(Meaning::First, codes.as_ref())?;
                }
                let tables = std::array::from_fn(|at| &dc[scan.parts.get(at).unwrap_or(&part).dc]);
                reading.with(lanes, First::new(blocks, tables, low, all))
            }
            Kind::FirstRefined => reading.with(lanes, FirstRefined { blocks, low, all }),
            Kind::Others | Kind::OthersRefined => {
                let codes = &self.markers.ac[part.ac];
                let table = &mut ac[part.ac];
                table.make(Meaning::ProgressiveRun, codes.as_ref())?;
                let others = Others {
                    table,
                    band,
                    low,
                    ended: 0,
                    coefficients: &mut all[part.component],
                };
                match kind {
                    Kind::Others => reading.with(lanes, others),
                    _ => reading.with(lanes, OthersRefined(others)),
                }
            }
        }
    }

    /// Keeps the tables of components that are in a scan for the first time: later ones do not change them.
    fn keep_quants(&mut self) -> Result<(), Error> {
        for part in &self.scan.parts {
            let kept = &mut self.quants[part.component];
            if kept.is_none() {
                let quant = self.markers.quant[self.frame.components[part.component].quant];
                let quant = quant.ok_or(Error::Damaged("a quantisation table is missing"))?;
                // libjpeg-turbo multiplies in 16 bits.
                *kept = Some(quant.map(|factor| factor as i16));
            }
        }
        Ok(())
    }

    /// Goes to the next scan from a place in the data of this one; whether there is one.
    fn go_on(&mut self, at: usize) -> Result<bool, Error> {
        self.markers.at = end_of_scan(self.markers.bytes, at);
        let Some(scan) = self.markers.next_scan()? else {
            return Ok(false);
        };
        self.scan = scan;
        self.scans += 1;
        match self.scans > MOST_SCANS {
            true => Err(Error::Unsupported("so many scans")),
            false => Ok(true),
        }
    }
}

/// What reading a progressive scan takes.
struct Reading<'a> {
    grid: &'a Grid,
    markers: &'a Markers<'a>,
    entropy: &'a mut Entropy,
}

impl Reading<'_> {
    fn with(self, lanes: impl Lanes, mut pass: impl Pass) -> Result<usize, Error> {
        let place = (self.markers.bytes, self.markers.at);
        let restart = self.markers.restart;
        lanes.run(
            #[inline(always)]
            || walk(self.grid, place, restart, self.entropy, &mut pass),
        )
    }
}

/// Transforms the region's blocks of some rows of blocks.
#[inline(always)]
fn transform<L: Lanes>(
    lanes: L,
    all: &progressive::Coefficients,
    rows: std::ops::Range<usize>,
    quant: &[i16; 64],
    plane: &mut Plane,
) {
    for row in rows {
        for (values, nonzero, start) in all.row(row, plane.stride) {
            let out = &mut plane.samples[start..start + 7 * plane.stride + 8];
            match nonzero {
                0 => idct::flat(values[0], quant, out, plane.stride),
                _ => lanes.block(values, quant, out, plane.stride),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Plain;

    /// A grey progressive image all of whose coefficients are 0: every code is one bit.
    fn blank(side: u16) -> Vec<u8> {
        let [high, low] = side.to_be_bytes();
        let code = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let data = vec![0; usize::from(side).div_ceil(8).pow(2).div_ceil(8)];
        [
            &[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0][..],
            &[1; 64],
            &[0xff, 0xc2, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0],
            &[0xff, 0xc4, 0, 20, 0],
            &code,
            &[0xff, 0xc4, 0, 20, 0x10],
            &code,
            &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0],
            &data,
            &[0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0],
            &data,
            &[0xff, 0xd9],
        ]
        .concat()
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test reads its files")]
    fn whole_files_are_the_same_without_special_instructions() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/jpeg");
        let (mut decoder, mut found, mut plain) = (Decoder::new(), Vec::new(), Vec::new());
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|end| end != "jpg") {
                continue;
            }
            let file = std::fs::read(&path).unwrap();
            let image = Jpeg::new(&file).unwrap();
            decoder.decode(&image, image.whole(), &mut found).unwrap();
            let with_plain = |work: Into<'_>| work.with(Plain);
            let decoded = decoder.decode_by(with_plain, &image, image.whole(), &mut plain);
            decoded.unwrap();
            assert_eq!(found, plain, "{}", path.display());
            count += 1;
        }
        assert_eq!(count, 61);
    }

    #[test]
    fn memory_for_a_large_image_is_given_back() {
        let (mut decoder, mut pixels) = (Decoder::new(), Vec::new());
        for (side, is_kept) in [(4000, true), (6000, false), (40, true)] {
            let file = blank(side);
            let image = Jpeg::new(&file).unwrap();
            decoder.decode(&image, image.whole(), &mut pixels).unwrap();
            assert_eq!(pixels, vec![128; usize::from(side).pow(2)]);
            assert_eq!(decoder.kept() > 0, is_kept, "{side}");
        }
    }
}
