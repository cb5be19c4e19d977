//! Any bytes at all are a checkpoint or an error: no panic, no hang, no memory beyond a few times the file.
#![no_main]

use creamc::checkpoint::pth;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = pth::parse(bytes);
});
