//! Scalars for TensorBoard.
//!
//! A file of records, each `length, crc(length), bytes, crc(bytes)`, the bytes an `Event` in
//! protobuf's form. Only the few fields that a scalar needs are written. What TensorBoard calls a step is an
//! epoch here: with another number of processes a run goes on with other steps.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::RunError;
use super::lines::append;

/// One growing file of events; a run that goes on starts another.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    /// None where another process writes it.
    file: Option<File>,
}

/// Numbers of fields, from TensorFlow's `event.proto` and `summary.proto`.
mod field {
    pub const WALL_TIME: u8 = 1;
    pub const STEP: u8 = 2;
    pub const FILE_VERSION: u8 = 3;
    pub const SUMMARY: u8 = 5;
    pub const SESSION_LOG: u8 = 7;
    pub const SESSION_STATUS: u8 = 1;
    pub const VALUE: u8 = 1;
    pub const TAG: u8 = 1;
    pub const SIMPLE_VALUE: u8 = 2;
}

/// The session begins: readers drop what earlier files say of this epoch and later ones.
const SESSION_START: u64 = 1;

impl Events {
    /// A new file in `folder`, which is made where it is not there. Its name sorts after those before.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn create(folder: &Path) -> Result<Self, RunError> {
        fs::create_dir_all(folder).map_err(RunError::io(folder, "cannot be made"))?;
        let now = now();
        let (seconds, nanos) = (now.as_secs(), now.subsec_nanos());
        let path = folder.join(format!(
            "events.out.tfevents.{seconds:010}.{nanos:09}.creamc"
        ));
        let file = File::options()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(RunError::io(&path, "cannot be made"))?;
        let mut events = Self {
            path,
            file: Some(file),
        };
        events.write(0, |event| {
            event.bytes(field::FILE_VERSION, b"brain.Event:2")
        })?;
        Ok(events)
    }

    /// Of a run that another process writes down.
    pub(super) fn unwritten(folder: &Path) -> Self {
        Self {
            path: folder.to_owned(),
            file: None,
        }
    }

    /// What earlier files say of the epochs after the first `epochs` counts no more.
    ///
    /// # Errors
    /// The disk is full.
    pub fn rewind(&mut self, epochs: u64) -> Result<(), RunError> {
        let mut log = Message::default();
        log.number(field::SESSION_STATUS, SESSION_START);
        self.write(epochs + 1, |event| event.bytes(field::SESSION_LOG, &log.0))
    }

    /// Adds scalars of an epoch, each with its name.
    ///
    /// # Errors
    /// The disk is full.
    pub fn add(&mut self, epoch: u64, scalars: &[(&str, f64)]) -> Result<(), RunError> {
        let mut summary = Message::default();
        for (name, value) in scalars {
            let mut scalar = Message::default();
            scalar.bytes(field::TAG, name.as_bytes());
            scalar.float(field::SIMPLE_VALUE, *value as f32);
            summary.bytes(field::VALUE, &scalar.0);
        }
        self.write(epoch, |event| event.bytes(field::SUMMARY, &summary.0))
    }

    fn write(&mut self, step: u64, what: impl FnOnce(&mut Message)) -> Result<(), RunError> {
        let mut event = Message::default();
        event.double(field::WALL_TIME, now().as_secs_f64());
        event.number(field::STEP, step);
        what(&mut event);
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        append(file, &record(&event.0)).map_err(RunError::io(&self.path, "cannot be written"))
    }
}

fn now() -> std::time::Duration {
    // A clock before 1970 is no clock; zero keeps the run alive.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// A protobuf message: its fields, one behind the other.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u8, wire: u8) {
        self.0.push(field << 3 | wire);
    }

    fn number(&mut self, field: u8, value: u64) {
        self.key(field, 0);
        self.varint(value);
    }

    fn double(&mut self, field: u8, value: f64) {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.key(field, 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn float(&mut self, field: u8, value: f32) {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
    }

    /// Seven bits a byte, the low ones first.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked_crc(&length).to_le_bytes());
    record.extend(bytes);
    record.extend(masked_crc(bytes).to_le_bytes());
    record
}

/// The checksum, turned and moved: so a checksum of bytes that hold checksums is none of its own.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Castagnoli's cyclic redundancy check, bits reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, &byte: &u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            let polynomial = if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
            crc >> 1 ^ polynomial
        })
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a file, checksums checked.
    fn read(path: &Path) -> Vec<Vec<u8>> {
        let bytes = fs::read(path).unwrap();
        let mut rest = bytes.as_slice();
        let mut events = Vec::new();
        while !rest.is_empty() {
            let (length, after) = rest.split_at(8);
            let (length_crc, after) = after.split_at(4);
            let size = u64::from_le_bytes(length.try_into().unwrap()) as usize;
            let (event, after) = after.split_at(size);
            let (crc, after) = after.split_at(4);
            assert_eq!(length_crc, masked_crc(length).to_le_bytes());
            assert_eq!(crc, masked_crc(event).to_le_bytes());
            events.push(event.to_vec());
            rest = after;
        }
        events
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 3720, B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_file_has_its_version_a_session_and_scalars_in_frames() {
        let folder = tempfile::tempdir().unwrap();
        let mut events = Events::create(folder.path()).unwrap();
        events.rewind(299).unwrap();
        events.add(300, &[("loss", 1.5), ("top1", 25.0)]).unwrap();
        let read = read(&events.path);
        assert_eq!(read.len(), 3);
        // Key and value of the time come first: nine bytes.
        assert_eq!(read[0][9..], *b"\x10\x00\x1a\x0dbrain.Event:2");
        assert_eq!(read[1][9..], *b"\x10\xac\x02\x3a\x02\x08\x01");
        let summary = b"\x10\xac\x02\x2a\x1a\x0a\x0b\x0a\x04loss\x15\x00\x00\xc0\x3f\
                        \x0a\x0b\x0a\x04top1\x15\x00\x00\xc8\x41";
        assert_eq!(read[2][9..], *summary);
    }

    #[test]
    fn every_session_has_a_file_of_its_own_and_names_sort() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..3)
            .map(|_| Events::create(folder.path()).unwrap().path)
            .collect();
        assert!(paths.is_sorted() && paths[0] != paths[1] && paths[1] != paths[2]);
    }
}
