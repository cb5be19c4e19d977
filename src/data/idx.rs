//! The idx format of MNIST and its relatives, plain or gzipped.
//!
//! A file is `00 00 KIND DIMS`, then one big-endian `u32` a dimension, then the
//! values. Only bytes (`KIND` 8) occur in image sets. The header is a claim, not
//! a fact: nothing is allocated from it before the file has shown that many bytes.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::DataError;

/// An idx file of bytes: its dimensions (outermost first) and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    /// The length of each dimension; at least one, none of them zero.
    pub shape: Vec<usize>,
    /// The values, row-major; as many as the product of `shape`.
    pub values: Vec<u8>,
}

/// Deflate cannot pack better than this, so a header that claims more lies.
const MOST_PACKED: u64 = 1040;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTES: u8 = 0x08;

/// Reads an idx file of bytes with `dims` dimensions (any of them).
///
/// # Errors
/// The file cannot be read, is no idx file, holds other values than bytes, has
/// another number of dimensions, claims no value, or does not hold exactly what
/// its header claims. Every error names the file.
pub fn read(path: &Path, dims: &[usize]) -> Result<Idx, DataError> {
    let fail = |what: String| DataError::new(path, what);
    let io = |error: std::io::Error| DataError::new(path, unreadable(&error));
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut start = [0; 2];
    let packed = read_up_to(&mut file, &mut start).map_err(io)? == 2 && start == GZIP;
    let file = BufReader::new(File::open(path).map_err(io)?);
    let (mut bytes, most): (Box<dyn Read>, u64) = if packed {
        (
            Box::new(MultiGzDecoder::new(file)),
            length.saturating_mul(MOST_PACKED),
        )
    } else {
        (Box::new(file), length)
    };
    let shape = read_shape(&mut *bytes, dims).map_err(fail)?;
    let claimed = claimed_bytes(&shape, most).map_err(fail)?;
    let values = read_values(&mut *bytes, claimed).map_err(fail)?;
    Ok(Idx { shape, values })
}

fn read_shape(bytes: &mut dyn Read, dims: &[usize]) -> Result<Vec<usize>, String> {
    let mut magic = [0; 4];
    fill(bytes, &mut magic, "its 4-byte start")?;
    let [zero, zero_too, kind, count] = magic;
    if (zero, zero_too) != (0, 0) {
        return Err(format!(
            "is no idx file: it starts with {zero:02x} {zero_too:02x} instead of 00 00"
        ));
    }
    if kind != BYTES {
        return Err(format!(
            "holds {} where bytes are expected",
            kind_name(kind)
        ));
    }
    if !dims.contains(&usize::from(count)) {
        let wanted: Vec<String> = dims.iter().map(usize::to_string).collect();
        return Err(format!(
            "has {count} dimension(s) where {} are expected; are images and labels swapped?",
            wanted.join(" or ")
        ));
    }
    (0..count).map(|_| read_length(bytes)).collect()
}

fn read_length(bytes: &mut dyn Read) -> Result<usize, String> {
    let mut length = [0; 4];
    fill(bytes, &mut length, "its header")?;
    Ok(u32::from_be_bytes(length) as usize)
}

/// The number of values that the header claims, once it is neither none nor
/// more than a file of this size can hold.
fn claimed_bytes(shape: &[usize], most: u64) -> Result<u64, String> {
    let shown = shape_text(shape);
    if shape[0] == 0 {
        return Err("holds no items: its header says 0".to_owned());
    }
    if shape.contains(&0) {
        return Err(format!("claims {shown} values: a dimension of 0"));
    }
    shape
        .iter()
        .try_fold(1u64, |product, &length| product.checked_mul(length as u64))
        .filter(|&claimed| claimed <= most)
        .ok_or_else(|| {
            format!("claims {shown} values, more than a file of its size can hold: truncated, or not what it says")
        })
}

fn read_values(bytes: &mut dyn Read, claimed: u64) -> Result<Vec<u8>, String> {
    let mut values = Vec::new();
    // One byte more than claimed, so that a longer file is seen.
    bytes
        .take(claimed + 1)
        .read_to_end(&mut values)
        .map_err(|error| broken(&error, "its values"))?;
    let found = values.len() as u64;
    if found < claimed {
        return Err(format!(
            "is truncated: its header claims {claimed} values, it holds {found}"
        ));
    }
    if found > claimed {
        return Err(format!(
            "holds more than the {claimed} values that its header claims"
        ));
    }
    Ok(values)
}

fn fill(bytes: &mut dyn Read, into: &mut [u8], part: &str) -> Result<(), String> {
    bytes.read_exact(into).map_err(|error| broken(&error, part))
}

fn read_up_to(file: &mut File, into: &mut [u8]) -> std::io::Result<usize> {
    let mut read = 0;
    while read < into.len() {
        match file.read(&mut into[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

fn broken(error: &std::io::Error, part: &str) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => format!("is truncated inside {part}"),
        _ => format!("is damaged inside {part}: {error}"),
    }
}

fn unreadable(error: &std::io::Error) -> String {
    format!("cannot be read: {error}")
}

fn shape_text(shape: &[usize]) -> String {
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    lengths.join("×")
}

fn kind_name(kind: u8) -> String {
    let name = match kind {
        0x09 => "signed bytes",
        0x0b => "16-bit numbers",
        0x0c => "32-bit numbers",
        0x0d => "32-bit floats",
        0x0e => "64-bit floats",
        _ => return format!("values of an unknown kind ({kind:#04x})"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn idx(kind: u8, shape: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, kind, shape.len() as u8];
        for length in shape {
            bytes.extend(length.to_be_bytes());
        }
        bytes.extend(values);
        bytes
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn read_bytes(bytes: &[u8], dims: &[usize]) -> Result<Idx, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some-file");
        std::fs::write(&path, bytes).unwrap();
        read(&path, dims).map_err(|error| {
            let text = error.to_string();
            assert!(text.contains("some-file"), "the file is named: {text}");
            text
        })
    }

    fn message(bytes: &[u8]) -> String {
        read_bytes(bytes, &[3]).unwrap_err()
    }

    #[test]
    fn plain_and_packed_files_read_the_same() {
        let bytes = idx(8, &[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let plain = read_bytes(&bytes, &[3]).unwrap();
        assert_eq!(plain.shape, [2, 1, 3]);
        assert_eq!(plain.values, [1, 2, 3, 4, 5, 6]);
        assert_eq!(read_bytes(&gz(&bytes), &[3]).unwrap(), plain);
    }

    #[test]
    fn a_missing_file_says_that_it_cannot_be_read() {
        let error = read(Path::new("/nowhere/images"), &[3])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/nowhere/images") && error.contains("cannot be read"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_start_is_no_idx_file() {
        assert!(message(b"PNG and so on").contains("is no idx file"));
    }

    #[test]
    fn a_header_cut_short_is_truncated() {
        assert!(message(&[0, 0, 8, 3, 0, 0]).contains("truncated inside its header"));
        assert!(message(&[]).contains("truncated inside its 4-byte start"));
    }

    #[test]
    fn another_kind_of_values_is_named() {
        assert!(message(&idx(0x0d, &[1, 1, 1], &[0; 4])).contains("32-bit floats"));
    }

    #[test]
    fn labels_in_the_place_of_images_are_noticed() {
        let text = message(&idx(8, &[3], &[1, 2, 3]));
        assert!(
            text.contains("1 dimension(s) where 3 are expected"),
            "{text}"
        );
    }

    #[test]
    fn no_items_and_empty_images_are_errors() {
        assert!(message(&idx(8, &[0, 2, 2], &[])).contains("holds no items"));
        assert!(message(&idx(8, &[2, 0, 2], &[])).contains("a dimension of 0"));
    }

    #[test]
    fn truncated_values_are_counted() {
        let bytes = gz(&idx(8, &[2, 1, 3], &[1, 2, 3, 4]));
        assert!(message(&bytes).contains("claims 6 values, it holds 4"));
    }

    #[test]
    fn a_packed_stream_cut_short_is_truncated() {
        let noise: Vec<u8> = (0..4000u32).map(|i| ((i * i * 31) >> 3) as u8).collect();
        let bytes = gz(&idx(8, &[40, 10, 10], &noise));
        assert!(message(&bytes[..bytes.len() / 2]).contains("truncated inside its values"));
    }

    #[test]
    fn values_behind_the_claimed_ones_are_an_error() {
        let bytes = gz(&idx(8, &[1, 1, 3], &[1, 2, 3, 4]));
        assert!(message(&bytes).contains("more than the 3 values"));
    }

    #[test]
    fn a_header_that_claims_terabytes_is_refused_before_allocating() {
        let huge = idx(8, &[u32::MAX, u32::MAX, u32::MAX], &[1]);
        assert!(message(&huge).contains("more than a file of its size can hold"));
        assert!(message(&gz(&huge)).contains("more than a file of its size can hold"));
        let big = idx(8, &[1 << 20, 1 << 10, 1 << 10], &[1]);
        assert!(message(&gz(&big)).contains("more than a file of its size can hold"));
    }

    #[test]
    fn a_damaged_stream_is_an_error() {
        let mut bytes = gz(&idx(8, &[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
        let checksum = bytes.len() - 6;
        bytes[checksum] ^= 0xff;
        assert!(message(&bytes).contains("damaged"));
    }
}
