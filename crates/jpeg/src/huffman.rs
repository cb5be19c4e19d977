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

    fn code_bits(self) -> u32 {
        self.0 >> 8 & 0xff
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

/// A code and the number behind it, both read, in one word: bits in all, step, number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(u32);

impl Number {
    /// A code and a number that together are longer than a look.
    const LONG: Number = Number(0);

    fn new(entry: Entry, number: i32) -> Number {
        Number(entry.bits() | (entry.step() as u32) << 8 | (number as u32) << 16)
    }

    /// Bits of the code and the number.
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.0 & 0xff
    }

    /// How many coefficients are gone on.
    #[inline(always)]
    pub fn step(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    /// The number: at most 15 bits and a sign.
    #[inline(always)]
    pub fn value(self) -> i16 {
        (self.0 >> 16) as i16
    }
}

/// One number or the two that follow each other, in one word: bits in all, bits of the first, steps, numbers.
///
/// Of one number the second step is 0 and the second number is the same: to do both changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair(u64);

impl Pair {
    /// [`Number::LONG`].
    pub const LONG: Pair = Pair(0);

    fn one(number: Number) -> Pair {
        let again = Number(number.0 & !0xffff);
        Pair::two(number, again)
    }

    fn two(first: Number, second: Number) -> Pair {
        let (bits, steps) = (
            first.bits() + second.bits(),
            [first, second].map(Number::step),
        );
        let values = [first, second].map(|number| u64::from(number.value() as u16));
        Pair(
            u64::from(bits | first.bits() << 8)
                | (steps[0] as u64) << 16
                | (steps[1] as u64) << 24
                | values[0] << 32
                | values[1] << 48,
        )
    }

    /// Bits of both.
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.0 as u32 & 0xff
    }

    /// Bits of the first.
    #[inline(always)]
    pub fn first_bits(self) -> u32 {
        self.0 as u32 >> 8 & 0xff
    }

    /// How many coefficients each goes on.
    #[inline(always)]
    pub fn steps(self) -> (usize, usize) {
        let steps = self.0 as u32;
        ((steps >> 16 & 0xff) as usize, (steps >> 24) as usize)
    }

    /// The numbers.
    #[inline(always)]
    pub fn values(self) -> (i16, i16) {
        ((self.0 >> 32) as i16, (self.0 >> 48) as i16)
    }
}

/// Codes that follow each other, with the numbers behind them, in one word: bits in all, steps of all but the last, steps of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skip(u32);

impl Skip {
    /// A code that is longer than a look.
    pub const LONG: Skip = Skip(0);

    /// Bits of all: at most [`LOOK`] and a number.
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.0 & 0xff
    }

    /// How many coefficients all but the last go on; the block must not end with them.
    #[inline(always)]
    pub fn inner(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    /// How many coefficients all go on.
    #[inline(always)]
    pub fn step(self) -> usize {
        (self.0 >> 16) as usize
    }
}

/// Looks at [`Skip`]s that one refill is enough for.
pub(crate) const SKIPS: usize = 2;
const _: () = assert!(SKIPS as u32 * (LOOK + 15) <= 56);

/// Bits that are looked at at once: most codes with their numbers are no longer.
const LOOK: u32 = 11;

/// Looks that one refill is enough for, as long as none of them finds [`Number::LONG`].
pub(crate) const LOOKS: usize = 5;
const _: () = assert!(LOOKS as u32 * LOOK <= 56);

/// The bits that are looked at.
#[inline(always)]
pub(crate) fn look(bits: &Bits) -> usize {
    (bits.ahead() >> (64 - LOOK)) as usize
}

/// A table made ready for reading.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    made_of: Option<(Meaning, Codes)>,
    numbers: Box<[Number; 1 << LOOK]>,
    /// Made for [`Meaning::Run`] only.
    pairs: Box<[Pair; 1 << LOOK]>,
    /// Made for [`Meaning::Run`] only.
    skips: Box<[Skip; 1 << LOOK]>,
    short: Box<[Entry; 1 << LOOK]>,
    /// What 16 bits start with, from those on that start with the first code that is longer than a look.
    long: Vec<Entry>,
    first_long: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            made_of: None,
            numbers: Box::new([Number::LONG; 1 << LOOK]),
            pairs: Box::new([Pair::LONG; 1 << LOOK]),
            skips: Box::new([Skip::LONG; 1 << LOOK]),
            short: Box::new([Entry::LONG; 1 << LOOK]),
            long: Vec::new(),
            first_long: 0,
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
        self.numbers.fill(Number::LONG);
        self.short.fill(Entry::LONG);
        self.long.clear();
        for (length, code, symbol) in codes.iter() {
            let entry = Entry::new(meaning, length, symbol);
            if length <= LOOK {
                let first = (code as usize) << (LOOK - length);
                self.short[first..first + (1 << (LOOK - length))].fill(entry);
                self.fill_numbers(entry, first);
            } else {
                let first = (code as usize) << (16 - length);
                if self.long.is_empty() {
                    self.first_long = first;
                }
                self.long
                    .extend(std::iter::repeat_n(entry, 1 << (16 - length)));
            }
        }
        if meaning == Meaning::Run {
            self.fill_pairs();
            self.fill_skips();
        }
        Ok(())
    }

    /// All numbers behind a code that begins at `first`, where they fit in a look.
    fn fill_numbers(&mut self, entry: Entry, first: usize) {
        if entry.bits() > LOOK {
            return;
        }
        let each = 1 << (LOOK - entry.bits());
        let numbers = self.numbers[first..].chunks_exact_mut(each);
        for (at, numbers) in numbers.take(1 << entry.size()).enumerate() {
            let ahead = ((first + at * each) as u64) << (64 - LOOK);
            numbers.fill(Number::new(entry, entry.number(ahead)));
        }
    }

    fn fill_pairs(&mut self) {
        let mask = (1 << LOOK) - 1;
        for (at, pair) in self.pairs.iter_mut().enumerate() {
            let first = self.numbers[at];
            let second = self.numbers[at << first.bits() & mask];
            let fits = second != Number::LONG && first.bits() + second.bits() <= LOOK;
            *pair = match first {
                Number::LONG => Pair::LONG,
                _ if fits && first.step() < Entry::END => Pair::two(first, second),
                _ => Pair::one(first),
            };
        }
    }

    fn fill_skips(&mut self) {
        let mask = (1 << LOOK) - 1;
        for (at, skip) in self.skips.iter_mut().enumerate() {
            let (mut bits, mut inner, mut step) = (0, 0, 0);
            // A block goes on as long as no code ends it, and its codes are known as far as they lie in the look.
            while bits < LOOK && step < 48 {
                let entry = self.short[at << bits & mask];
                if entry == Entry::LONG || bits + entry.code_bits() > LOOK {
                    break;
                }
                bits += entry.bits();
                (inner, step) = (step, step + entry.step());
            }
            *skip = Skip(bits | (inner as u32) << 8 | (step as u32) << 16);
        }
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

    #[inline(always)]
    fn look_long(&self, ahead: u64) -> Entry {
        let start = (ahead >> 48) as usize;
        let entry = self.long.get(start.wrapping_sub(self.first_long));
        entry.copied().unwrap_or(Entry::NONE)
    }

    /// The next code and number, taken; `bits` must hold a look.
    #[inline(always)]
    pub fn next(&self, data: &[u8], bits: &mut Bits) -> Number {
        let number = self.numbers[look(bits)];
        if number == Number::LONG {
            return self.next_long(data, bits);
        }
        bits.take(number.bits());
        number
    }

    /// For every look, the one number or the two that it holds.
    #[inline(always)]
    pub fn pairs(&self) -> &[Pair; 1 << LOOK] {
        &self.pairs
    }

    /// For every look, the codes that it holds.
    #[inline(always)]
    pub fn skips(&self) -> &[Skip; 1 << LOOK] {
        &self.skips
    }

    /// The next code and number, of any length, taken; then there may be no look left.
    #[inline(always)]
    pub fn next_long(&self, data: &[u8], bits: &mut Bits) -> Number {
        bits.refill(data);
        let number = self.long_number(bits.ahead());
        bits.take(number.bits());
        number
    }

    #[inline(always)]
    fn long_number(&self, ahead: u64) -> Number {
        let entry = self.look(ahead);
        Number::new(entry, entry.number(ahead))
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
                free *= 2;
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
            let mut bits = Bits::default();
            let data = ahead.to_be_bytes();
            bits.refill(&data);
            let pair = table.pairs()[look(&bits)];
            let number = table.next(&data, &mut bits);
            prop_assert_eq!(number, Number::new(expected, expected.number(ahead)));
            prop_assert_eq!(bits.taken(), expected.bits() as usize);
            if pair.bits() == pair.first_bits() {
                prop_assert!(pair == Pair::LONG || pair == Pair::one(number));
            } else {
                prop_assert_eq!(pair, Pair::two(number, table.next(&data, &mut bits)));
                prop_assert!(number.step() < Entry::END && bits.taken() <= LOOK as usize);
            }
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
