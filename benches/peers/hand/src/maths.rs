//! Functions without branches, so that the compiler takes sixteen at a time.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// Cody and Waite's two parts of ln 2.
const LN2: (f32, f32) = (355.0 / 512.0, -2.121_944_4e-4);
/// Adding 1.5·2²³ rounds to a whole number, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2.1, n.mul_add(-LN2.0, x));
    let mut p = 1.987_569_1e-4_f32;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p.mul_add(r, c);
    }
    let two_to_n = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    p.mul_add(r * r, r + 1.0) * two_to_n
}

#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// The normal distribution's Φ(x), and e^(−x²/2) (Abramowitz and Stegun 7.1.26).
#[inline(always)]
pub fn normal(x: f32) -> (f32, f32) {
    let (e, t) = (exp(-0.5 * x * x), 1.0 / (x.abs().mul_add(0.327_591_1 * FRAC_1_SQRT_2, 1.0)));
    let mut p = 1.061_405_4_f32;
    for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6, 0.0] {
        p = p.mul_add(t, c);
    }
    let tail = 0.5 * p * e;
    (if x < 0.0 { tail } else { 1.0 - tail }, e)
}

/// ln(1 + eˣ), by the series of 2·artanh(u / (2 + u)) with u = e^−|x|.
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    let u = exp(-x.abs());
    let s = u / (2.0 + u);
    let q = s * s;
    let mut p = 1.0 / 13.0;
    for c in [1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 0.2, 1.0 / 3.0, 1.0] {
        p = q.mul_add(p, c);
    }
    x.max(0.0) + 2.0 * s * p
}
