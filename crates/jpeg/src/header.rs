//! Markers: everything in a file that is not coefficients.

use crate::Error;
use crate::frame::{Coding, Frame, ScanHeader};
use crate::huffman::Codes;
use crate::region::Window;
use crate::standard;

/// From the order in which coefficients are coded to rows of eight.
#[rustfmt::skip]
pub(crate) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// A file whose header has been read; no pixel is decoded yet.
#[derive(Debug, Clone)]
pub struct Jpeg<'a> {
    pub(crate) markers: Markers<'a>,
    pub(crate) frame: Frame,
    pub(crate) scan: ScanHeader,
    pub(crate) is_rgb: bool,
}

impl<'a> Jpeg<'a> {
    /// Reads everything up to the first scan.
    ///
    /// # Errors
    /// The file is of a form that is not read here, has no end, or holds too little for its size.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut markers = Markers::new(bytes)?;
        let Some(scan) = markers.next_scan()? else {
            return Err(Error::Damaged("it holds no image"));
        };
        let frame = markers.frame.clone();
        let frame = frame.expect("a scan header is read after a frame header only");
        if frame.coding == Coding::Sequential {
            markers.add_standard_codes();
        }
        let data = &bytes[markers.at..];
        if !ends(data) {
            return Err(Error::Damaged("it has no end"));
        }
        if data.len() * 8 < frame.fewest_bits() {
            return Err(Error::Damaged("it holds too little for its size"));
        }
        Ok(Self {
            is_rgb: markers.is_rgb(&frame),
            markers,
            frame,
            scan,
        })
    }

    /// Rows of pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.frame.height
    }

    /// Columns of pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.frame.width
    }

    /// 1: grey, 3: red, green and blue.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.frame.components.len()
    }

    /// The window that is the whole image.
    #[must_use]
    pub fn whole(&self) -> Window {
        Window {
            top: 0,
            left: 0,
            height: self.height(),
            width: self.width(),
        }
    }
}

/// Whether an end marker is there. In coded data no marker's bytes appear, and in whole files it is
/// (nearly) the last thing.
fn ends(data: &[u8]) -> bool {
    data.windows(2).rev().any(|pair| pair == [0xff, EOI])
}

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;

/// The tables that markers set, and the place of the next marker.
#[derive(Debug, Clone)]
pub(crate) struct Markers<'a> {
    pub bytes: &'a [u8],
    /// Where reading goes on.
    pub at: usize,
    pub frame: Option<Frame>,
    /// Quantisation tables, in rows of eight.
    pub quant: [Option<[u16; 64]>; 4],
    pub dc: [Option<Codes>; 4],
    pub ac: [Option<Codes>; 4],
    /// MCUs between restarts; 0: no restarts.
    pub restart: usize,
    has_jfif: bool,
    adobe: Option<u8>,
}

impl<'a> Markers<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        if !bytes.starts_with(&[0xff, SOI]) {
            return Err(Error::Damaged("it does not start as a JPEG file"));
        }
        Ok(Self {
            bytes,
            at: 2,
            frame: None,
            quant: [None; 4],
            dc: Default::default(),
            ac: Default::default(),
            restart: 0,
            has_jfif: false,
            adobe: None,
        })
    }

    /// Reads on until behind the next scan header; none: the image has ended.
    pub fn next_scan(&mut self) -> Result<Option<ScanHeader>, Error> {
        loop {
            let marker = self.marker()?;
            match marker {
                EOI => return Ok(None),
                SOI => return Err(Error::Damaged("a second image starts within it")),
                // Without payload: restarts that nobody waits for, and reserved ones.
                0x01 | 0xd0..=0xd7 => continue,
                _ => {}
            }
            let payload = self.payload()?;
            match marker {
                0xc0 | 0xc1 => self.start_frame(Coding::Sequential, payload)?,
                0xc2 => self.start_frame(Coding::Progressive, payload)?,
                0xc4 => self.read_codes(payload)?,
                // Conditions of arithmetic coding, which only files coded so look at.
                0xcc => {}
                0xc3 | 0xc5..=0xcf => {
                    return Err(Error::Unsupported(
                        "lossless, hierarchical or arithmetic coding",
                    ));
                }
                0xda => {
                    let frame = self.frame.as_ref();
                    let frame = frame.ok_or(Error::Damaged("a scan comes before the frame"))?;
                    return ScanHeader::read(frame, payload).map(Some);
                }
                0xdb => self.read_quant(payload)?,
                0xdd => self.read_restart(payload)?,
                0xe0 => self.has_jfif |= payload.len() >= 14 && payload.starts_with(b"JFIF\0"),
                0xee if payload.len() >= 12 && payload.starts_with(b"Adobe") => {
                    self.adobe = Some(payload[11]);
                }
                _ => {}
            }
        }
    }

    /// The next marker's code; bytes before it that belong to nothing are passed over, as libjpeg does.
    fn marker(&mut self) -> Result<u8, Error> {
        let mut rest = self.bytes[self.at..].iter();
        while let Some(&byte) = rest.next() {
            if byte != 0xff {
                continue;
            }
            let code = rest.by_ref().find(|&&byte| byte != 0xff);
            match code {
                None => break,
                Some(0) => {}
                Some(&code) => {
                    self.at = self.bytes.len() - rest.as_slice().len();
                    return Ok(code);
                }
            }
        }
        Err(Error::Damaged("it ends early"))
    }

    fn payload(&mut self) -> Result<&'a [u8], Error> {
        let bytes = self.bytes;
        let rest = &bytes[self.at..];
        let length = rest.first_chunk::<2>();
        let length = length.map_or(0, |&length| usize::from(u16::from_be_bytes(length)));
        let payload = rest.get(2..length);
        let payload = payload.ok_or(Error::Damaged("a marker has an impossible length"))?;
        self.at += length;
        Ok(payload)
    }

    fn start_frame(&mut self, coding: Coding, payload: &[u8]) -> Result<(), Error> {
        if self.frame.is_some() {
            return Err(Error::Damaged("it has two frames"));
        }
        self.frame = Some(Frame::read(coding, payload)?);
        Ok(())
    }

    fn read_codes(&mut self, mut payload: &[u8]) -> Result<(), Error> {
        while let Some((&place, rest)) = payload.split_first() {
            let (codes, rest) = Codes::read(rest)?;
            let tables = match place >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Error::Damaged("a Huffman table has an impossible number")),
            };
            let table = tables.get_mut(usize::from(place & 15));
            *table.ok_or(Error::Damaged("a Huffman table has an impossible number"))? = Some(codes);
            payload = rest;
        }
        Ok(())
    }

    /// Puts the standard's tables where none are, as libjpeg does before the first scan.
    fn add_standard_codes(&mut self) {
        let tables = self.dc.iter_mut().chain(&mut self.ac);
        for (table, standard) in tables.zip(standard::dc().into_iter().chain(standard::ac())) {
            if table.is_none() {
                *table = standard;
            }
        }
    }

    fn read_quant(&mut self, mut payload: &[u8]) -> Result<(), Error> {
        while let Some((&place, rest)) = payload.split_first() {
            let bytes = if place >> 4 == 0 { 1 } else { 2 };
            let table = self.quant.get_mut(usize::from(place & 15));
            let (Some(table), Some((values, rest))) = (table, rest.split_at_checked(64 * bytes))
            else {
                return Err(Error::Damaged("a quantisation table is impossible"));
            };
            let mut quant = [0; 64];
            for (value, &at) in values.chunks_exact(bytes).zip(&ZIGZAG) {
                quant[usize::from(at)] = value
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | u16::from(byte));
            }
            *table = Some(quant);
            payload = rest;
        }
        Ok(())
    }

    fn read_restart(&mut self, payload: &[u8]) -> Result<(), Error> {
        let &[high, low] = payload else {
            return Err(Error::Damaged("its restart interval has a wrong length"));
        };
        self.restart = usize::from(u16::from_be_bytes([high, low]));
        Ok(())
    }

    /// Three components are red, green and blue when Adobe's marker or their numbers say so; libjpeg's rules.
    fn is_rgb(&self, frame: &Frame) -> bool {
        let ids: Vec<u8> = frame.components.iter().map(|one| one.id).collect();
        match (self.has_jfif, self.adobe) {
            (true, _) => false,
            (false, Some(transform)) => ids.len() == 3 && transform == 0,
            (false, None) => ids == *b"RGB",
        }
    }
}
