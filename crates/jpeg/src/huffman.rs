//! Huffman codes, and tables that read a code and say what follows it in one look.

use crate::Error;
use crate::bits::Bits;

/// A Huffman table as a file holds it: how many codes of 1 to 16 bits, and their symbols in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Codes {
    counts: [u8; 16],
    symbols: Vec<u8>,
}

impl Codes {
    /// Reads a table off the front; gives what follows.
    pub fn read(bytes: &[u8]) -> Result<(Codes, &[u8]), Error> {
        let damaged = Error::Damaged("a Huffman table is impossible");
        let (&counts, rest) = bytes.split_first_chunk::<16>().ok_or(damaged)?;
        let all = counts.iter().map(|&count| usize::from(count)).sum();
        let (symbols, rest) = rest.split_at_checked(all).ok_or(damaged)?;
        let mut next = 0u32;
        for (length, &count) in (1..).zip(&counts) {
            next += u32::from(count);
            // No code is all ones, and so none is longer than its bits.
            if all > 256 || count > 0 && next >= 1 << length {
                return Err(damaged);
            }
            next <<= 1;
        }
        let symbols = symbols.to_vec();
        Ok((Codes { counts, symbols }, rest))
    }

    /// Length, code and symbol of every code, in order.
    fn iter(&self) -> impl Iterator<Item = (u32, u32, u8)> {
        let lengths = (1..).zip(self.counts);
        let lengths = lengths.flat_map(|(length, count)| (0..count).map(move |_| length));
        let mut last = (0, 0);
        lengths.zip(&self.symbols).map(move |(length, &symbol)| {
            let code = last.1 << (length - last.0);
            last = (length, code + 1);
            (length, code, symbol)
        })
    }
}

/// What the symbols of a table mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The size of a difference of first coefficients.
    First,
    /// A run of zeros and the size of a coefficient.
    Run,
    /// The same, and runs of blocks that have ended.
    ProgressiveRun,
}

/// A code and what follows it, in one word: bits in all, bits of the code, size, step.
///
/// The *size* is the number of bits behind the code. The *step* says how many coefficients are gone on: the zeros and the
/// one that is coded, or [`Entry::END`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry(u32);

impl Entry {
    /// The step that ends a block: from any coefficient further than a run of 15 zeros goes.
    pub const END: usize = 80;
    /// The step of bits that are no code; no other goes that far.
    pub const INVALID: usize = 160;
    /// A code that needs a longer look.
    const LONG: Entry = Entry(0);
    const NONE: Entry = Entry(16 | 16 << 8 | (Self::INVALID as u32) << 24);

    fn new(meaning: Meaning, length: u32, symbol: u8) -> Entry {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        let end = Self::END as u32;
        let (size, step) = match (meaning, run, size) {
            (Meaning::First, ..) => (size, 0),
            // A run of 16 zeros: nothing is coded at its end.
            (_, 15, 0) => (0, 16),
            (Meaning::Run, _, 0) => (0, end),
            (Meaning::ProgressiveRun, run, 0) => (run, end),
            (_, run, size) => (size, run + 1),
        };
        Entry((length + size) | length << 8 | size << 16 | step << 24)
    }

    /// Bits of the code and of what follows it: at most 31.
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.0 & 0xff
    }

    /// Bits that follow the code.
    #[inline(always)]
    pub fn size(self) -> u32 {
        self.0 >> 16 & 0xff
    }

    /// How many coefficients are gone on.
    #[inline(always)]
    pub fn step(self) -> usize {
        (self.0 >> 24) as usize
    }

    /// The signed number behind the code that `ahead` starts with.
    #[inline(always)]
    pub fn number(self, ahead: u64) -> i32 {
        let behind = ahead << (self.0 >> 8 & 63);
        // Numbers whose first bit is 0 are negative: all their bits are turned over.
        let turned = !((behind as i64) >> 63);
        let magnitude = (behind ^ turned as u64) >> 1 >> (63 - self.size());
        ((magnitude as i64 ^ turned) - turned) as i32
    }

    /// The unsigned number behind the code that `ahead` starts with.
    #[inline(always)]
    pub fn unsigned(self, ahead: u64) -> u32 {
        ((ahead << (self.0 >> 8 & 63)) >> 1 >> (63 - self.size())) as u32
    }
}

/// Codes as long as this are read in one look; most of the longer ones are of rare symbols.
const LOOK: u32 = 11;

/// A table made ready for reading.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    made_of: Option<(Meaning, Codes)>,
    short: Box<[Entry; 1 << LOOK]>,
    /// All codes that are longer, from the top of 16 bits, with what they are; in order.
    long: Vec<(u32, Entry)>,
    /// Where the last code ends, from the top of 16 bits.
    end: u32,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            made_of: None,
            short: Box::new([Entry::LONG; 1 << LOOK]),
            long: Vec::new(),
            end: 0,
        }
    }
}

impl Table {
    /// Makes the table anew, where it is not made of the same already.
    pub fn make(&mut self, meaning: Meaning, codes: Option<&Codes>) -> Result<(), Error> {
        let codes = codes.ok_or(Error::Damaged("a Huffman table is missing"))?;
        if let Some((before, same)) = &self.made_of
            && (*before, same) == (meaning, codes)
        {
            return Ok(());
        }
        if meaning == Meaning::First && codes.symbols.iter().any(|&symbol| symbol > 15) {
            return Err(Error::Damaged("a Huffman table is impossible"));
        }
        self.made_of = Some((meaning, codes.clone()));
        self.short.fill(Entry::LONG);
        self.long.clear();
        self.end = 0;
        for (length, code, symbol) in codes.iter() {
            let entry = Entry::new(meaning, length, symbol);
            if length <= LOOK {
                let first = (code as usize) << (LOOK - length);
                self.short[first..first + (1 << (LOOK - length))].fill(entry);
            } else {
                self.long.push((code << (16 - length), entry));
            }
            self.end = (code + 1) << (16 - length);
        }
        Ok(())
    }

    /// What `ahead` starts with; bits that are no code end the block with a step of [`Entry::INVALID`].
    #[inline(always)]
    pub fn look(&self, ahead: u64) -> Entry {
        let entry = self.short[(ahead >> (64 - LOOK)) as usize];
        if entry == Entry::LONG {
            return self.look_long(ahead);
        }
        entry
    }

    #[cold]
    #[inline(never)]
    fn look_long(&self, ahead: u64) -> Entry {
        let start = (ahead >> 48) as u32;
        let after = self.long.partition_point(|&(code, _)| code <= start);
        match after.checked_sub(1) {
            Some(at) if start < self.end => self.long[at].1,
            _ => Entry::NONE,
        }
    }

    /// The next entry, taken with the number that follows it.
    #[inline(always)]
    pub fn next_number(&self, bits: &mut Bits) -> (Entry, i32) {
        let ahead = bits.ahead();
        let entry = self.look(ahead);
        bits.take(entry.bits());
        (entry, entry.number(ahead))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Counts that leave room for all codes, and symbols.
    fn codes() -> impl Strategy<Value = Codes> {
        (prop::array::uniform16(0..30u8), any::<u64>()).prop_map(|(wanted, seed)| {
            let mut free = 1u32;
            let mut left = 256;
            let counts = wanted.map(|wanted| {
                free = 2 * free;
                let count = u32::from(wanted).min(free - 1).min(left);
                (free, left) = (free - count, left - count);
                count as u8
            });
            let symbols = (0..256 - left).map(|at| (seed >> (at % 57)) as u8 ^ at as u8);
            let symbols = symbols.collect();
            Codes { counts, symbols }
        })
    }

    proptest! {
        #[test]
        fn one_look_finds_what_a_walk_through_all_codes_finds(
            codes in codes(),
            ahead in any::<u64>(),
        ) {
            let mut bytes = codes.counts.to_vec();
            bytes.extend(&codes.symbols);
            let (read, rest) = Codes::read(&bytes).unwrap();
            prop_assert!(read == codes && rest.is_empty());
            let mut table = Table::default();
            table.make(Meaning::Run, Some(&codes)).unwrap();
            let mut all = codes.iter();
            let found = all.find(|&(length, code, _)| ahead >> (64 - length) == u64::from(code));
            let expected = found.map_or(Entry::NONE, |(length, _, symbol)| {
                Entry::new(Meaning::Run, length, symbol)
            });
            prop_assert_eq!(table.look(ahead), expected);
        }

        #[test]
        fn numbers_are_those_of_the_standard(size in 0..16u8, length in 1..17u32, ahead in any::<u64>()) {
            let entry = Entry::new(Meaning::Run, length, 0x10 | size);
            let behind = (ahead << length) >> 48;
            let value = (behind >> (16 - u32::from(size))) as i32;
            prop_assert_eq!(entry.unsigned(ahead), value as u32);
            // Table F.1: the lower half of the values are negative.
            let expected = match size > 0 && value < 1 << (size - 1) {
                true => value - (1 << size) + 1,
                false => value,
            };
            prop_assert_eq!(entry.number(ahead), expected);
        }
    }

    #[test]
    fn codes_that_do_not_fit_their_bits_are_refused() {
        let mut bytes = [0; 19];
        bytes[0] = 1;
        bytes[1] = 1;
        assert!(Codes::read(&bytes).is_ok());
        bytes[1] = 2;
        assert!(Codes::read(&bytes).is_err(), "a code of all ones");
        assert!(Codes::read(&bytes[..17]).is_err());
    }
}
