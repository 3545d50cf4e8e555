//! The numbers that all competitors start from, bit for bit the same in Rust and in Python: a hash of
//! (stream, index), whose upper 24 bits are a number from 0 to 1 that `f32` holds exactly.

/// The streams: each tensor has its own. Layer `l` has the weights `2l` and the bias `2l + 1`.
pub const INPUTS: u64 = 1000;
pub const LABELS: u64 = 1001;

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
fn hash(stream: u64, index: u64) -> u64 {
    let mut z = ((stream << 40) + index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `count` numbers from `-bound` to `bound`: one rounding, in the last product.
pub fn uniform(stream: u64, count: usize, bound: f32) -> Vec<f32> {
    let unit = |index| (hash(stream, index) >> 40) as f32 * (1.0 / 8_388_608.0) - 1.0;
    (0..count as u64).map(|index| unit(index) * bound).collect()
}

/// `count` labels below `classes`.
pub fn labels(stream: u64, count: usize, classes: usize) -> Vec<usize> {
    (0..count as u64).map(|index| ((hash(stream, index) >> 40) % classes as u64) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Python side is held to the same ones in `python/test_protocol.py`.
    #[test]
    fn the_numbers_are_these_on_every_side() {
        let bits: Vec<u32> = uniform(3, 3, 0.3).iter().map(|x| x.to_bits()).collect();
        assert_eq!(
            (bits, labels(LABELS, 4, 10)),
            (vec![0xbc9a_65e7, 0x3e0d_8eb3, 0xbe85_5345], vec![9, 2, 4, 8])
        );
    }
}
