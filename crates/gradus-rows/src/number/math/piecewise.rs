//! Functions of `f32` by pieces: each piece has a polynomial of its own, so that short ones suffice. Written
//! once, for single numbers and for vectors of them.

use super::Lane;
use super::pieces::{Pieces, TAIL_SLOPE, TAIL_TIMES, TANH_PIECES};
use super::polynomials::Polynomials;
use std::f32::consts::LOG2_E;
use std::ops::{Add, Mul, Sub};

/// An `f32`, or a vector of them.
pub trait Numbers: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// The number of the piece that each is in.
    type Piece: Copy;
    /// The constant `c` in every lane.
    fn of(c: f32) -> Self;
    /// `|x|`.
    fn abs(self) -> Self;
    /// The smaller of two; NaN if the first is.
    fn at_most(self, most: Self) -> Self;
    /// `self · b + c`, rounded once.
    fn fused(self, b: Self, c: Self) -> Self;
    /// `c − self · b`, rounded once.
    fn fused_from(self, b: Self, c: Self) -> Self;
    /// This size with the sign of another number.
    fn signed(self, of: Self) -> Self;
    /// The larger of the number and 0.
    fn positive_part(self) -> Self;
    /// `yes` where the number is below 0, else `no`.
    fn negative(self, yes: Self, no: Self) -> Self;
    /// The lowest bits as those of an exponent.
    fn exponent(self) -> Self;
    /// The number of the piece: the lowest two bits of the exponent and the highest two after the point.
    fn piece(self) -> Self::Piece;
    /// Looks up the term of each one's piece.
    fn look(terms: &'static [f32; 16], piece: Self::Piece) -> Self;
}

impl Numbers for f32 {
    type Piece = usize;
    #[inline(always)]
    fn of(c: f32) -> Self {
        c
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Lane::abs(self)
    }
    #[inline(always)]
    fn at_most(self, most: Self) -> Self {
        super::at_most(self, most)
    }
    #[inline(always)]
    fn fused(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }
    #[inline(always)]
    fn fused_from(self, b: Self, c: Self) -> Self {
        (-self).mul_add(b, c)
    }
    #[inline(always)]
    fn signed(self, of: Self) -> Self {
        Lane::signed(self, of)
    }
    #[inline(always)]
    fn positive_part(self) -> Self {
        if self < 0.0 { 0.0 } else { self }
    }
    #[inline(always)]
    fn negative(self, yes: Self, no: Self) -> Self {
        if self < 0.0 { yes } else { no }
    }
    #[inline(always)]
    fn exponent(self) -> Self {
        f32::from_bits(self.to_bits() << 23)
    }
    #[inline(always)]
    fn piece(self) -> usize {
        (self.to_bits() >> 21 & 15) as usize
    }
    #[inline(always)]
    fn look(terms: &'static [f32; 16], piece: usize) -> Self {
        terms[piece]
    }
}

/// The shift that is added to the argument of `tanh` and of the tail, so that pieces are narrow near 0.
const TANH_SHIFT: f32 = 0.625;
const TAIL_SHIFT: f32 = 1.125;
/// The ends of the last pieces, from which on `tanh` is 1 and the tail is 0.
const TANH_END: f32 = 9.3;
const TAIL_END: f32 = 14.87;
/// The amount by which exponents are raised, so that those of subnormal results are normal, and the power of
/// two that undoes it.
const LIFT: f32 = 64.0;
const SMALL: f32 = 1.0 / (1_u128 << 64) as f32;

/// The value of the argument's polynomial. No closures: they would be compiled on their own, without the instructions of
/// the caller.
#[inline(always)]
fn polynomial<V: Numbers, const N: usize>(pieces: &'static Pieces<N>, shift: f32, a: V) -> V {
    let (Pieces(terms), piece) = (pieces, (a + V::of(shift)).piece());
    let from = a - V::look(&terms[0], piece);
    let mut sum = V::look(&terms[N - 1], piece);
    for terms in terms[1..N - 1].iter().rev() {
        sum = sum.fused(from, V::look(terms, piece));
    }
    sum
}

/// `y · e^(−a²/2)` for a polynomial's value `y`; it is to be multiplied by `SMALL`.
#[inline(always)]
fn times_bell<V: Numbers>(y: V, a: V) -> V {
    // e^(−a²/2) = e^−r · 2⁻ⁿ; the product is exact in two parts.
    let half = a * V::of(0.5);
    let square = half * a;
    let over = half.fused_from(a, square);
    let biased = V::of(<f32 as Lane>::ROUND + LIFT + 127.0);
    let power = square.fused(V::of(-LOG2_E), biased);
    let n = biased - power;
    let near = n.fused_from(V::of(<f32 as Lane>::LN2.0), square);
    let r = near - n.fused(V::of(<f32 as Lane>::LN2.1), over);
    // e^−r = 1 − part, so that only its distance from 1 is rounded before it is multiplied.
    let [terms @ .., last] = <f32 as Polynomials>::EXP else { return y };
    let mut slope = V::of(0.5 * last);
    for term in terms.iter().rev() {
        slope = slope.fused_from(r, V::of(0.5 * term));
    }
    let slope = slope.fused_from(r, V::of(0.5)).fused_from(r, V::of(1.0));
    (slope * r).fused_from(y, y) * power.exponent()
}

/// `|x|·Φ(−|x|)` as two factors.
#[inline(always)]
pub(in crate::number) fn normal_tail_times(x: f32) -> (f32, f32) {
    (times(x), SMALL)
}

/// `Φ(−|x|) − |x|·φ(x)` as two factors.
#[inline(always)]
pub(in crate::number) fn normal_tail_slope(x: f32) -> (f32, f32) {
    (slope(x), SMALL)
}

#[inline(always)]
fn times<V: Numbers>(x: V) -> V {
    let a = x.abs().at_most(V::of(TAIL_END));
    times_bell(polynomial(&TAIL_TIMES, TAIL_SHIFT, a), a)
}

#[inline(always)]
fn slope<V: Numbers>(x: V) -> V {
    let a = x.abs().at_most(V::of(TAIL_END));
    times_bell(polynomial(&TAIL_SLOPE, TAIL_SHIFT, a), a)
}

/// The hyperbolic tangent.
#[inline(always)]
pub fn tanh<V: Numbers>(x: V) -> V {
    polynomial(&TANH_PIECES, TANH_SHIFT, x.abs().at_most(V::of(TANH_END))).signed(x)
}

/// The row `gelu`, for vectors.
#[inline(always)]
pub fn gelu<V: Numbers>(x: V) -> V {
    times(x).fused_from(V::of(SMALL), x.positive_part())
}

/// The row `gelu_grad`, for vectors.
#[inline(always)]
pub fn gelu_grad<V: Numbers>(x: V) -> V {
    let part = slope(x) * V::of(SMALL);
    x.negative(part, V::of(1.0) - part)
}
