//! Widths in multiples of eight.

use crate::quantity::Ratio;

/// `max(8, 8·⌊(v + 4) / 8⌋)` of `v = width · ratio`, and 8 more if that is below `0.9·v`; exact.
pub(super) fn round8(width: u32, ratio: Ratio) -> u32 {
    let numerator = u128::from(width) * u128::from(ratio.numerator);
    let denominator = u128::from(ratio.denominator);
    let nearest = (8 * ((numerator + 4 * denominator) / (8 * denominator))).max(8);
    let too_small = 10 * nearest * denominator < 9 * numerator;
    let rounded = if too_small { nearest + 8 } else { nearest };
    // Saturates far beyond any width whose cost passes the checks of the size.
    u32::try_from(rounded).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: u32, numerator: u64, denominator: u64) -> u32 {
        round8(
            width,
            Ratio {
                numerator,
                denominator,
            },
        )
    }

    #[test]
    fn widths_round_to_the_nearest_multiple_of_eight_and_halves_round_up() {
        assert_eq!(of(48, 1, 4), 16); // 12 lies between 8 and 16
        assert_eq!(of(144, 1, 4), 40); // 36
        assert_eq!(of(96, 1, 4), 24);
        assert_eq!(of(24, 4, 1), 96);
    }

    #[test]
    fn no_width_falls_below_eight_or_loses_more_than_a_tenth() {
        assert_eq!(of(8, 1, 4), 8);
        assert_eq!(of(11, 1, 1), 16); // 8 is less than 0.9 · 11
        assert_eq!(of(19, 1, 1), 24); // 16 is less than 0.9 · 19
        assert_eq!(of(10, 1, 2), 8);
    }
}
