//! The files of a zip archive that packs nothing, as PyTorch writes them.

use std::collections::BTreeMap;

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
            content(bytes, entry).map_err(|reason| format!("`{name}` in it: {reason}"))?;
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
