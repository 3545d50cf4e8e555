//! Random numbers by a counter: each is a function of a seed, the number of a draw and its place, so it does not depend on
//! threads, on the element type or on what was drawn before.

/// The multipliers of a round, and what is added to the key between rounds.
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Philox4x32-10 (Salmon et al. 2011): four words that follow from a counter of four and a key of two.
#[inline]
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let ([mut a, mut b, mut c, mut d], [mut k, mut l]) = (counter, key);
    for _ in 0..10 {
        let first = u64::from(MULTIPLIERS[0]) * u64::from(a);
        let second = u64::from(MULTIPLIERS[1]) * u64::from(c);
        (a, b, c, d) =
            ((second >> 32) as u32 ^ b ^ k, second as u32, (first >> 32) as u32 ^ d ^ l, first as u32);
        (k, l) = (k.wrapping_add(WEYL[0]), l.wrapping_add(WEYL[1]));
    }
    [a, b, c, d]
}

/// Writes numbers that are uniform from 0 on and below 1, multiples of 2⁻²⁴, which both element types hold exactly. The one
/// at place `i` is that of word `i % 4` of the counter `(i / 4, draw)` under the key `seed`.
///
/// ```
/// use gradus_rows::random::fill;
/// let (mut all, mut some) = ([0.0; 9], [0.0; 3]);
/// fill(7, 0, &mut all, |x| x);
/// fill(7, 0, &mut some, |x| x);
/// assert_eq!(all[..3], some);
/// assert!(all.iter().all(|x| (0.0..1.0).contains(x)));
/// ```
pub fn fill<T>(seed: u64, draw: u64, out: &mut [T], number: impl Fn(f64) -> T) {
    let halves = |x: u64| [x as u32, (x >> 32) as u32];
    let (key, [low, high]) = (halves(seed), halves(draw));
    for (block, out) in out.chunks_mut(4).enumerate() {
        let [place, rest] = halves(block as u64);
        let words = philox([place, rest, low, high], key);
        for (x, word) in out.iter_mut().zip(words) {
            *x = number(f64::from(word >> 8) / 16_777_216.0);
        }
    }
}

/// A seed that follows from another one and the number of a stream of it.
pub fn stream(seed: u64, number: u64) -> u64 {
    let halves = |x: u64| [x as u32, (x >> 32) as u32];
    let ([a, b], [c, d]) = (halves(number), halves(seed));
    // A counter that no draw has: its third word is a draw's, its fourth is not.
    let [low, high, ..] = philox([a, b, u32::MAX, u32::MAX], [c, d]);
    u64::from(low) | u64::from(high) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_published_answers() {
        // The file `kat_vectors` of Random123, `philox4x32 10`.
        for (counter, key, expected) in [
            ([0; 4], [0; 2], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
            (
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344],
                [0xA409_3822, 0x299F_31D0],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1],
            ),
        ] {
            assert_eq!(philox(counter, key), expected);
        }
    }

    #[test]
    fn numbers_are_uniform_and_differ_by_seed_draw_and_place() {
        let drawn = |seed, draw| {
            let mut all = vec![0.0; 100_000];
            fill(seed, draw, &mut all, |x| x);
            all
        };
        let first = drawn(1, 0);
        let n = first.len() as f64;
        let (mean, square) = (first.iter().sum::<f64>() / n, first.iter().map(|x| x * x).sum::<f64>() / n);
        assert!((mean - 0.5).abs() < 0.005 && (square - 1.0 / 3.0).abs() < 0.005, "{mean} {square}");
        for other in [drawn(2, 0), drawn(1, 1), drawn(1, 1 << 40), drawn(1 << 40, 0)] {
            let pairs = first.iter().zip(&other).map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>() / n;
            assert!(pairs.abs() < 0.002, "{pairs}");
        }
        assert_ne!(stream(1, 0), stream(1, 1));
        assert_ne!(stream(1, 0), stream(0, 1));
    }
}
