//! YCbCr to red, green and blue, with libjpeg's factors of 16 fraction bits.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(crate) mod avx2;

const BITS: u32 = 16;

const fn fixed(x: f64) -> i32 {
    (x * (1 << BITS) as f64 + 0.5) as i32
}

/// One row of pixels to `[W, 3]`.
#[inline(always)]
pub(crate) fn rgb(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    let pixels = y.iter().zip(cb).zip(cr);
    for (((&y, &cb), &cr), out) in pixels.zip(out.chunks_exact_mut(3)) {
        out.copy_from_slice(&pixel(y, cb, cr));
    }
}

#[inline(always)]
fn pixel(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let half = 1 << (BITS - 1);
    [
        y + ((fixed(1.402) * cr + half) >> BITS),
        y + ((half - fixed(0.344_14) * cb - fixed(0.714_14) * cr) >> BITS),
        y + ((fixed(1.772) * cb + half) >> BITS),
    ]
    .map(|value| value.clamp(0, 255) as u8)
}

/// One row of pixels whose planes are red, green and blue already.
#[inline(always)]
pub(crate) fn interleave(red: &[u8], green: &[u8], blue: &[u8], out: &mut [u8]) {
    let pixels = red.iter().zip(green).zip(blue);
    for (((&red, &green), &blue), out) in pixels.zip(out.chunks_exact_mut(3)) {
        out.copy_from_slice(&[red, green, blue]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Lanes, Work, dispatch};

    struct Row<'a>([&'a [u8]; 3]);

    impl Work for Row<'_> {
        type Output = Vec<u8>;

        fn with(self, lanes: impl Lanes) -> Vec<u8> {
            let [y, cb, cr] = self.0;
            let mut out = vec![0; 3 * y.len()];
            lanes.run(|| lanes.rgb(y, cb, cr, &mut out));
            out
        }
    }

    #[test]
    fn every_processor_gives_the_same_colour_for_every_pair_of_differences() {
        for cb in 0..=255 {
            let cr: Vec<u8> = (0..=255).chain(0..=255).collect();
            let y: Vec<u8> = (0..cr.len())
                .map(|at| (at * 37 + usize::from(cb)) as u8)
                .collect();
            let cb = vec![cb; cr.len()];
            let mut expected = vec![0; 3 * cr.len()];
            rgb(&y, &cb, &cr, &mut expected);
            assert_eq!(dispatch(Row([&y, &cb, &cr])), expected);
            // Rows that do not fill a register.
            for length in [1, 15, 17, 31, 33] {
                let found = dispatch(Row([&y[..length], &cb[..length], &cr[..length]]));
                assert_eq!(found, expected[..3 * length]);
            }
        }
    }

    #[test]
    fn colours_are_those_of_the_standard() {
        for (y, cb, cr) in [
            (0, 128, 128),
            (255, 128, 128),
            (76, 85, 255),
            (150, 44, 21),
            (29, 255, 107),
        ] {
            let [y_, cb_, cr_] = [f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0];
            let expected = [
                y_ + 1.402 * cr_,
                y_ - 0.344_136 * cb_ - 0.714_136 * cr_,
                y_ + 1.772 * cb_,
            ];
            for (found, expected) in pixel(y, cb, cr).into_iter().zip(expected) {
                assert!((f64::from(found) - expected.clamp(0.0, 255.0)).abs() <= 0.51);
            }
        }
    }
}
