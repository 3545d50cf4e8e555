//! The points at which a function of one number is probed. Floor 7.

use crate::gradcheck::numbers::unit;
use crate::gradcheck::report::NEAR;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Probes in each octave that is probed densely, on each side: those from this power of two to the largest
/// number.
const DENSE: usize = 12;
/// One octave in `BELOW` is probed below this power of two, chosen by the seed: `BELOW` consecutive seeds cover
/// all.
const LITTLE: i32 = -64;
const BELOW: u64 = 8;

/// Returns the probes inside an open interval, with a seed for their jitter: dense octaves, others to the ends of
/// the number type, each kink and its neighbors, both zeros, subnormal numbers.
pub(crate) fn probes(domain: (f64, f64), kinks: &[f64], seed: u64) -> Vec<f64> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed ^ 0x9E37_79B9_7F4A_7C15);
    let mut unit = || unit(rng.next_u64());
    let mut found =
        vec![0.0, -0.0, f64::from_bits(1), -f64::from_bits(1), f64::MIN_POSITIVE, 1e-310, f64::MAX, f64::MIN];
    for octave in -1074..1024 {
        let met = (i64::from(octave) + (seed % BELOW) as i64).rem_euclid(BELOW as i64) == 0;
        if octave < LITTLE && !met {
            continue;
        }
        let count = if octave >= NEAR { DENSE } else { 1 };
        for sign in [1.0, -1.0] {
            for k in 0..count {
                // A point of each part of the octave, anywhere in it.
                let x = f64::from(octave).exp2() * ((k as f64 + unit()) / count as f64).exp2();
                found.push(sign * x);
            }
        }
    }
    for &kink in kinks {
        let scale = kink.abs().max(1.0);
        let beside = [1e-9, 1e-3, 0.1].into_iter().flat_map(|d| [kink - d * scale, kink + d * scale]);
        found.extend(beside.chain([kink, kink.next_up(), kink.next_down()]));
    }
    found.retain(|&x| x.is_finite() && (x > domain.0 && x < domain.1));
    found.sort_by(f64::total_cmp);
    found.dedup_by(|a, b| a.to_bits() == b.to_bits());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octave_up_to_the_largest_number_has_twelve_probes_on_each_side() {
        let found = probes((f64::NEG_INFINITY, f64::INFINITY), &[], 5);
        for octave in -7..1024 {
            let low = f64::from(octave).exp2();
            for sign in [1.0, -1.0] {
                let inside = |x: &&f64| (1.0..2.0).contains(&(*x * sign / low));
                let count = found.iter().filter(inside).count();
                assert!(count >= 12, "{count} from {sign}·2^{octave}");
            }
        }
    }
}
