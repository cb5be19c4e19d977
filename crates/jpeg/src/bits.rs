//! Coded bits, read from the front.

/// A place in coded bytes, with up to 64 bits read ahead.
///
/// The bytes are handed to [`Bits::refill`] each time, so that a place outlives a borrow of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bits {
    /// Bytes taken in.
    at: usize,
    /// The bits that come next, from the top.
    ahead: u64,
    /// How many of them.
    count: u32,
}

impl Bits {
    /// Reads ahead, so that at least 56 bits are there; behind the end of `data` zeros follow.
    #[inline(always)]
    pub fn refill(&mut self, data: &[u8]) {
        let next = data.get(self.at..).and_then(<[u8]>::first_chunk);
        let next = next.map_or(0, |&next| u64::from_be_bytes(next));
        self.ahead |= next >> self.count;
        // Bytes that fit in part are read again the next time, to the same place.
        self.at += (63 - self.count as usize) >> 3;
        self.count |= 56;
    }

    /// The bits that come next, from the top.
    #[inline(always)]
    pub fn ahead(&self) -> u64 {
        self.ahead
    }

    /// Takes `count` bits, at most as many as were read ahead.
    #[inline(always)]
    pub fn take(&mut self, count: u32) {
        self.ahead <<= count & 63;
        self.count = self.count.wrapping_sub(count);
    }

    /// The value of the next `count` bits (0 to 16), taken.
    #[inline(always)]
    pub fn value(&mut self, count: u32) -> u32 {
        let value = (self.ahead >> 1 >> (63 - count)) as u32;
        self.take(count);
        value
    }

    /// Bits taken so far.
    pub fn taken(&self) -> usize {
        self.at * 8 - self.count as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_come_as_they_lie(
            data in prop::collection::vec(any::<u8>(), 0..40),
            counts in prop::collection::vec(0..=16u32, 0..60),
        ) {
            let mut padded = data.clone();
            padded.extend([0; 16]);
            let (mut bits, mut place) = (Bits::default(), 0);
            for count in counts {
                bits.refill(&padded);
                let expected = (place..place + count as usize).fold(0, |sum, at| {
                    let byte = data.get(at / 8).map_or(0, |&byte| u32::from(byte));
                    sum << 1 | byte >> (7 - at % 8) & 1
                });
                prop_assert_eq!(bits.value(count), expected);
                place += count as usize;
                prop_assert_eq!(bits.taken(), place);
            }
        }
    }
}
