//! JPEG files to pixels, bit for bit as libjpeg-turbo (and with it Pillow) gives them, and only the window that is asked for.
//!
//! In go the bytes of a file and a window; out come the pixels of that window, `[H, W, C]`, exactly those that the whole
//! image has there. Rows below the window are not read, blocks beside it are read past and not transformed.
//!
//! ```text
//! bytes ──header──► Jpeg ──window──► Region ──scans──► planes ──upsample, colour──► pixels
//! ```
//!
//! What is read: 8 bits, Huffman codes, sequential and progressive, one component or three (YCbCr or RGB), any sampling that
//! libjpeg reads, restart intervals, scans of one component or of many. Everything else is [`Error::Unsupported`].
//!
//! What is promised: no input panics or hangs; memory stays within a constant times the length of the file, because a file with fewer
//! bits than its blocks need is refused at its header. A file without an end marker is refused. Damage is found in what is read
//! for a window; what lies behind its last row is not looked at, but further scans of a sequential file in many scans. A
//! [`Decoder`] keeps its memory from image to image, up to [`MOST_KEPT`].

#![forbid(unsafe_code)]

mod bits;
mod colour;
mod decoder;
mod entropy;
mod error;
mod frame;
mod header;
mod huffman;
mod idct;
mod lanes;
mod output;
mod progressive;
mod region;
mod scan;
mod sequential;
mod standard;
mod upsample;

pub use decoder::{Decoder, MOST_KEPT};
pub use error::Error;
pub use header::Jpeg;
pub use region::Window;
