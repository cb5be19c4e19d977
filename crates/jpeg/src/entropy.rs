//! Coded data between markers, freed of the zeros that are stuffed behind every 0xff.

use crate::Error;
use crate::bits::Bits;

/// Zeros behind the data: the last words read ahead reach over its end.
const PADDING: usize = 16;

/// The coded data of one scan, one stretch between restarts at a time.
#[derive(Debug, Default)]
pub(crate) struct Entropy {
    plain: Vec<u8>,
    /// Coded bytes in `plain`, without padding.
    length: usize,
    /// Which of the eight restart markers comes next.
    restart: u8,
}

impl Entropy {
    /// Starts a scan: takes in the first stretch, from `at` on; gives where its marker lies.
    pub fn start(&mut self, file: &[u8], at: usize) -> Result<usize, Error> {
        self.restart = 0;
        self.fill(file, at)
    }

    /// Goes over a restart marker at `at` to the next stretch; gives where its marker lies.
    pub fn resume(&mut self, file: &[u8], at: usize) -> Result<usize, Error> {
        let marker = [0xff, 0xd0 + self.restart];
        if !file[at..].starts_with(&marker) {
            return Err(Error::Damaged("a restart marker is missing"));
        }
        self.restart = (self.restart + 1) % 8;
        self.fill(file, at + 2)
    }

    /// The bytes of the current stretch, and zeros behind them.
    #[inline(always)]
    pub fn bytes(&self) -> &[u8] {
        &self.plain
    }

    /// Bytes of memory.
    pub fn kept(&self) -> usize {
        self.plain.capacity()
    }

    /// Whether more bits were taken than there are.
    pub fn is_overrun(&self, bits: &Bits) -> bool {
        bits.taken() > self.length * 8
    }

    fn fill(&mut self, file: &[u8], at: usize) -> Result<usize, Error> {
        self.plain.clear();
        let mut rest = &file[at..];
        loop {
            let plain = until_ff(rest);
            self.plain.extend_from_slice(&rest[..plain]);
            rest = &rest[plain..];
            let fill = rest.iter().take_while(|&&byte| byte == 0xff).count();
            match rest.get(fill) {
                None => return Err(Error::Damaged("its data end early")),
                Some(0) => self.plain.push(0xff),
                Some(_) => break,
            }
            rest = &rest[fill + 1..];
        }
        // Of many 0xff the last belongs to the marker.
        let fill = rest.iter().take_while(|&&byte| byte == 0xff).count();
        self.length = self.plain.len();
        self.plain.resize(self.length + PADDING, 0);
        Ok(file.len() - rest.len() + fill - 1)
    }
}

/// Where the scan that `at` is in the data of ends: the place of a marker other than a restart.
pub(crate) fn end_of_scan(file: &[u8], mut at: usize) -> usize {
    loop {
        at += until_ff(&file[at..]);
        match file.get(at + 1) {
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            _ => return at,
        }
    }
}

/// How many bytes come before the first 0xff.
#[inline(always)]
fn until_ff(bytes: &[u8]) -> usize {
    let chunks = bytes.chunks_exact(32);
    // All of a chunk are looked at, so that it is done at once.
    let clear = chunks.take_while(|chunk| {
        chunk
            .iter()
            .fold(0, |any, &byte| any | u8::from(byte == 0xff))
            == 0
    });
    let clear = 32 * clear.count();
    let rest = bytes[clear..].iter();
    clear + rest.take_while(|&&byte| byte != 0xff).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stuffed_bytes_come_back_plain(
            stretches in prop::collection::vec(
                prop::collection::vec(prop_oneof![any::<u8>(), Just(0xff)], 0..200),
                1..12,
            ),
            fill in 1..4usize,
        ) {
            let mut file = b"head".to_vec();
            for (number, stretch) in stretches.iter().enumerate() {
                if number > 0 {
                    file.extend(vec![0xff; fill]);
                    file.push(0xd0 + ((number - 1) % 8) as u8);
                }
                for &byte in stretch {
                    file.push(byte);
                    if byte == 0xff {
                        file.push(0);
                    }
                }
            }
            file.extend([0xff, 0xff, 0xd9]);
            let mut entropy = Entropy::default();
            let mut at = 4;
            for (number, stretch) in stretches.iter().enumerate() {
                at = match number {
                    0 => entropy.start(&file, at).unwrap(),
                    _ => entropy.resume(&file, at).unwrap(),
                };
                prop_assert_eq!(&entropy.bytes()[..entropy.length], &stretch[..]);
            }
            prop_assert_eq!(&file[at..], [0xff, 0xd9]);
            prop_assert_eq!(end_of_scan(&file, 4), file.len() - 2);
            prop_assert!(entropy.resume(&file, at).is_err());
            prop_assert!(entropy.start(&file[..file.len() - 1], at).is_err());
        }
    }
}
