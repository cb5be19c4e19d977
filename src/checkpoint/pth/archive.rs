//! Zip archives that pack nothing, as PyTorch writes them.

use std::collections::BTreeMap;

use crate::checkpoint::shown::shown;

const END: [u8; 4] = *b"PK\x05\x06";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";

/// Length of the end record without its comment.
const END_LENGTH: usize = 22;
/// Lengths of a directory entry and of what stands before a file, without names and extras.
const ENTRY_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;

/// Every file by name. The contents are parts of `bytes`: no archive can be
/// larger than itself.
///
/// # Errors
/// Says what is wrong, for a person.
pub fn files(bytes: &[u8]) -> Result<BTreeMap<&str, &[u8]>, String> {
    let end = end_record(bytes).ok_or("its directory is missing: the file may be cut")?;
    let (count, mut at) = (number(end, 10, 2)?, number(end, 16, 4)?);
    if count == 0xffff || at == 0xffff_ffff {
        return Err("archives beyond 4 GB are not read".to_owned());
    }
    let mut files = BTreeMap::new();
    for _ in 0..count {
        let entry = part(bytes, at, ENTRY_LENGTH, ENTRY)?;
        let [name, extra, comment] = [28, 30, 32].map(|field| number(entry, field, 2));
        let (name_length, behind) = (name?, extra? + comment?);
        let name = slice(bytes, at + ENTRY_LENGTH, name_length)?;
        let name = std::str::from_utf8(name).map_err(|_| "a name in it is no text")?;
        let content =
            content(bytes, entry).map_err(|reason| format!("`{}` in it: {reason}", shown(name)))?;
        files.insert(name, content);
        at += ENTRY_LENGTH + name_length + behind;
    }
    Ok(files)
}

fn content<'a>(bytes: &'a [u8], entry: &[u8]) -> Result<&'a [u8], String> {
    if number(entry, 10, 2)? != 0 {
        return Err("it is packed, which PyTorch does not do".to_owned());
    }
    let (length, start) = (number(entry, 24, 4)?, number(entry, 42, 4)?);
    let local = part(bytes, start, LOCAL_LENGTH, LOCAL)?;
    let before = LOCAL_LENGTH + number(local, 26, 2)? + number(local, 28, 2)?;
    slice(bytes, start + before, length)
}

/// The last end record; a comment of up to 64 KiB may follow it.
fn end_record(bytes: &[u8]) -> Option<&[u8]> {
    let first = bytes.len().saturating_sub(END_LENGTH + 0xffff);
    let last = bytes.len().checked_sub(END_LENGTH)?;
    let at = (first..=last)
        .rev()
        .find(|&at| bytes[at..].starts_with(&END))?;
    Some(&bytes[at..])
}

/// A record of at least `length` bytes with its mark in front.
fn part(bytes: &[u8], at: usize, length: usize, mark: [u8; 4]) -> Result<&[u8], String> {
    let record = slice(bytes, at, length)?;
    if record.starts_with(&mark) {
        Ok(record)
    } else {
        Err(format!(
            "its directory points to something else at byte {at}"
        ))
    }
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], String> {
    let end = at.checked_add(length);
    end.and_then(|end| bytes.get(at..end))
        .ok_or_else(|| format!("it ends before byte {}", at.saturating_add(length)))
}

/// A little-endian number in a record; at most four bytes, so that sums of a few stay far from overflow.
fn number(record: &[u8], at: usize, width: usize) -> Result<usize, String> {
    let bytes = slice(record, at, width)?;
    let little = bytes.iter().rev();
    Ok(little.fold(0, |number, &byte| number << 8 | usize::from(byte)))
}

/// What numbers in an archive lie at multiples of, as PyTorch's own do: they can be mapped.
const ALIGNED: usize = 64;

/// An archive under way.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Writer {
    /// Adds a file with a short name.
    ///
    /// # Errors
    /// When the archive outgrows the form, at 4 GiB or 65,535 files.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<(), TooLarge> {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let (start, length) = (narrow(self.bytes.len())?, narrow(content.len())?);
        let sizes = [crc.sum(), length, length];
        // Version, flags, method (none), time, date.
        let mut common = vec![0; 10];
        common.extend(sizes.iter().flat_map(|number| number.to_le_bytes()));
        common.extend(short(name.len()));
        let unpadded = self.bytes.len() + LOCAL_LENGTH + name.len() + 4;
        let padding = unpadded.next_multiple_of(ALIGNED) - unpadded;

        self.bytes.extend(LOCAL);
        self.bytes.extend(&common);
        self.bytes.extend(short(4 + padding));
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(*b"FB");
        self.bytes.extend(short(padding));
        self.bytes.extend(std::iter::repeat_n(b'Z', padding));
        self.bytes.extend(content);

        self.directory.extend(ENTRY);
        self.directory.extend([0, 0]);
        self.directory.extend(&common);
        // Extra, comment, disk, attributes.
        self.directory.extend([0; 12]);
        self.directory.extend(start.to_le_bytes());
        self.directory.extend(name.as_bytes());
        let counted = self.count.checked_add(1);
        self.count = counted.filter(|&count| count < u16::MAX).ok_or(TooLarge)?;
        Ok(())
    }

    /// The archive.
    ///
    /// # Errors
    /// When it outgrew the form.
    pub fn finish(mut self) -> Result<Vec<u8>, TooLarge> {
        let (length, start) = (narrow(self.directory.len())?, narrow(self.bytes.len())?);
        self.bytes.extend(&self.directory);
        self.bytes.extend(END);
        self.bytes.extend([0; 4]);
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0; 2]);
        Ok(self.bytes)
    }
}

/// An archive would outgrow its form, at 4 GiB or 65,535 files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// A number in four bytes. The largest marks numbers that stand elsewhere, in archives of a later form.
fn narrow(number: usize) -> Result<u32, TooLarge> {
    let narrow = u32::try_from(number).ok();
    narrow.filter(|&number| number < u32::MAX).ok_or(TooLarge)
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number)
        .expect("names are short")
        .to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_that_outgrows_its_form_is_an_error() {
        let mut archive = Writer::default();
        for file in 0..65_534 {
            archive.add(&file.to_string(), b"").unwrap();
        }
        assert_eq!(archive.add("more", b""), Err(TooLarge));

        assert_eq!(narrow(0xffff_fffe), Ok(0xffff_fffe));
        assert_eq!(narrow(0xffff_ffff), Err(TooLarge));
        assert_eq!(narrow(1 << 32), Err(TooLarge));
    }

    #[test]
    fn as_many_files_as_the_form_holds_are_read_again() {
        let mut archive = Writer::default();
        for file in 0..65_534 {
            archive.add(&file.to_string(), b"ab").unwrap();
        }
        let bytes = archive.finish().unwrap();
        let files = files(&bytes).unwrap();
        assert_eq!(files.len(), 65_534);
        assert!(files.values().all(|content| *content == b"ab"));
    }
}
