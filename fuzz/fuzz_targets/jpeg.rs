//! Any bytes at all are an image or an error, and a window is what the whole image has there: no panic, no hang.
//!
//! The first four bytes say the window, the rest is the file.
#![no_main]

use creamc_jpeg::{Decoder, Jpeg, Window};
use libfuzzer_sys::fuzz_target;

/// Pixels of the largest image that is decoded whole.
const MOST: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[top, left, height, width], file)) = bytes.split_first_chunk() else {
        return;
    };
    let Ok(image) = Jpeg::new(file) else {
        return;
    };
    let share = |end: usize, of: u8| end * usize::from(of) / 256;
    let (top, left) = (share(image.height(), top), share(image.width(), left));
    let window = Window {
        top,
        left,
        height: 1 + share(image.height() - top, height),
        width: 1 + share(image.width() - left, width),
    };
    let mut decoder = Decoder::new();
    let (mut part, mut whole) = (Vec::new(), Vec::new());
    if window.height * window.width > MOST {
        return;
    }
    let decoded = decoder.decode(&image, window, &mut part);
    if image.height() * image.width() > MOST {
        return;
    }
    // Damage may lie below the window; where the whole can be read, so can it.
    if decoder.decode(&image, image.whole(), &mut whole).is_err() {
        return;
    }
    decoded.expect("the whole image can be read");
    let length = window.width * image.channels();
    let rows = whole.chunks_exact(image.width() * image.channels());
    for (row, found) in rows.skip(window.top).zip(part.chunks_exact(length)) {
        assert_eq!(found, &row[window.left * image.channels()..][..length]);
    }
});
