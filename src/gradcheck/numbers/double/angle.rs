//! Large angles, reduced exactly (Payne & Hanek 1983). Floor 7.

use super::Dd;

/// The first 1,280 bits of `2/π`.
const BITS: [u64; 20] = [
    0xA2F9836E4E441529,
    0xFC2757D1F534DDC0,
    0xDB6295993C439041,
    0xFE5163ABDEBBC561,
    0xB7246E3A424DD2E0,
    0x06492EEA09D1921C,
    0xFE1DEB1CB129A73E,
    0xE88235F52EBB4484,
    0xE99C7026B45F7E41,
    0x3991D639835339F4,
    0x9C845F8BBDF9283B,
    0x1FF897FFDE05980F,
    0xEF2F118B5A0A6D1F,
    0x6D367ECF27CB09B7,
    0x4F463F669E5FEA2D,
    0x7527BAC7EBE5F17B,
    0x3D0739F78A5292EA,
    0x6BFB5FB11F8D5D08,
    0x56033046FC7B6BAB,
    0xF0CFBC209AF4361D,
];

/// For `x ≥ 1`: how many quarter turns it is beyond whole turns, and the rest, from −1/2 to 1/2, in
/// quarter turns.
pub(super) fn quarters(x: f64) -> (u8, Dd) {
    let bits = x.to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    // x = mantissa · 2^power; whole turns are fours, so the bits of 2/π · 2^(power − 2) before the point
    // count for nothing.
    let power = (bits >> 52) as i64 - 1075;
    let window: Vec<u64> = (0..4).map(|i| word(power - 2 + 64 * i)).collect();
    let (mut product, mut carry) = ([0u64; 4], 0u128);
    for i in (0..4).rev() {
        let sum = u128::from(window[i]) * u128::from(mantissa) + carry;
        (product[i], carry) = (sum as u64, sum >> 64);
    }
    let mut quarter = (product[0] >> 62) as u8;
    let fraction = [
        product[0] << 2 | product[1] >> 62,
        product[1] << 2 | product[2] >> 62,
        product[2] << 2 | product[3] >> 62,
    ];
    let mut turn = fraction.iter().rev().fold(Dd::from(0.0), |sum, &word| {
        let (high, low) = ((word >> 32) as f64, (word & 0xFFFF_FFFF) as f64);
        let scale = (-64f64).exp2();
        (sum + Dd::from(low)).times(scale) + Dd::from(high).times(scale * 4_294_967_296.0)
    });
    if turn.hi > 0.5 {
        turn = turn - Dd::from(1.0);
        quarter = (quarter + 1) % 4;
    }
    (quarter, turn)
}

/// 64 bits of `2/π` after the point, from a position on; zeros before the first.
fn word(from: i64) -> u64 {
    let at = |i: i64| if i < 0 { 0 } else { BITS.get(i as usize).copied().unwrap_or(0) };
    let (index, shift) = (from.div_euclid(64), from.rem_euclid(64));
    match shift {
        0 => at(index),
        _ => at(index) << shift | at(index + 1) >> (64 - shift),
    }
}
