//! Random numbers that follow from a seed. Floor 7.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Returns numbers of both signs and different sizes, from 1/2 to 2.
pub(crate) fn random(seed: u64) -> impl FnMut() -> f64 {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    move || {
        let bits = rng.next_u64();
        let size = 0.5 + 1.5 * unit(bits);
        if bits & 1 == 0 { size } else { -size }
    }
}

/// Makes a number from 0 up to 1 of random bits.
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}
