//! The header in front of everything that a tar file holds.

/// Bytes of a header, and what the length of contents is rounded up to.
pub(super) const BLOCK: u64 = 512;

/// A header that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Its name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Bytes behind it.
    pub length: u64,
    /// What is behind it.
    pub kind: Kind,
}

/// What a header stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file.
    File,
    /// A file whose holes were left out.
    Sparse,
    /// The name of the next header's file, as GNU writes long ones.
    LongName,
    /// Words about the next header's file: its name or length among them.
    Words,
    /// Words about all files, or the target of a link: nothing that is read here.
    Skipped,
    /// A folder, a link or a device: nothing is behind it.
    Bare,
}

impl Header {
    /// Reads a header; `None` for a block of zeros, which ends a tar file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(block: &[u8; BLOCK as usize]) -> Result<Option<Header>, &'static str> {
        if block.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        if number(&block[148..156]) != Some(checksum(block)) {
            return Err("no tar header is there");
        }
        let kind = match block[156] {
            b'0' | 0 | b'7' => Kind::File,
            b'S' => Kind::Sparse,
            b'L' => Kind::LongName,
            b'x' => Kind::Words,
            b'1'..=b'6' => Kind::Bare,
            _ => Kind::Skipped,
        };
        let length = match kind {
            Kind::Bare => 0,
            _ => number(&block[124..136]).ok_or("the header's length is no number")?,
        };
        let name = name(block);
        Ok(Some(Header { name, length, kind }))
    }
}

/// The sum of all bytes, those of the sum itself taken as spaces.
fn checksum(block: &[u8]) -> u64 {
    let others = block[..148].iter().chain(&block[156..]);
    others.map(|&byte| u64::from(byte)).sum::<u64>() + 8 * u64::from(b' ')
}

/// The name, with what POSIX puts before it where it is long.
fn name(block: &[u8]) -> String {
    let name = text(&block[..100]);
    let prefix = text(&block[345..500]);
    match &block[257..263] == b"ustar\0" && !prefix.is_empty() {
        true => format!("{prefix}/{name}"),
        false => name,
    }
}

/// The bytes before the first zero, as text.
pub(super) fn text(field: &[u8]) -> String {
    let bytes = field.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A number in octal digits, or in bytes behind a mark where it has too many.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        let (high, low) = field.split_last_chunk::<8>()?;
        let is_small = high[1..].iter().all(|&byte| byte == 0);
        return is_small.then(|| u64::from_be_bytes(*low));
    }
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(['\0', ' ']);
    u64::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(size: &[u8; 12]) -> Result<Option<Header>, &'static str> {
        let mut block = [0; 512];
        block[..5].copy_from_slice(b"a.jpg");
        block[124..136].copy_from_slice(size);
        block[156] = b'0';
        let sum = format!("{:06o}\0 ", checksum(&block));
        block[148..156].copy_from_slice(sum.as_bytes());
        Header::parse(&block)
    }

    #[test]
    fn lengths_are_octal_or_bytes_behind_a_mark() {
        let length = |size| header(size).map(|header| header.unwrap().length);
        assert_eq!(length(b"00000001750\0"), Ok(1000));
        assert_eq!(length(b"       1750 "), Ok(1000));
        assert_eq!(length(b"\x80\0\0\0\0\0\0\x04\0\0\0\x01"), Ok((4 << 32) + 1));
        for size in [
            b"\x80\0\0\x01\0\0\0\x04\0\0\0\x01",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"12345678\0\0\0\0",
            b"-0000000001\0",
            b"            ",
        ] {
            assert_eq!(length(size), Err("the header's length is no number"));
        }
    }

    #[test]
    fn a_block_with_another_sum_is_no_header_and_one_of_zeros_is_the_end() {
        assert_eq!(Header::parse(&[7; 512]), Err("no tar header is there"));
        assert_eq!(Header::parse(&[0; 512]), Ok(None));
    }
}
