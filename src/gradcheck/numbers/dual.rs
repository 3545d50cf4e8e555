//! Dual numbers (Clifford 1873), the numbers of the complex step: a function of `x + ih` has the derivative as its
//! imaginary part over `h` (Squire & Trapp 1998). Nothing is subtracted, so that a vanishing derivative keeps its
//! digits. Floor 7.
//!
//! The step is so small that its square is below what 106 bits hold and is left out. The imaginary part is kept
//! divided by `h`, so that it underflows only if the derivative itself does. Each function is written from its own
//! complex identity: no rule of the table is read.

#[cfg(test)]
mod tests;

use super::normal;
use crate::element::{Arithmetic, Number, Scalar};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A power of two, by which subnormal numbers are normal ones whose inverses are numbers.
const LIFT: f64 = f64::from_bits((1023 + 128) << 52);

/// `re + i·h·im`, and what is known of `im`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dual<S> {
    pub(crate) re: S,
    pub(crate) im: S,
    /// The sum of the sizes of the terms that `im` is made of: much larger than `im` where they cancelled.
    pub(crate) size: f64,
    /// The loss of `im` where a factor was at the end of the numbers, in the smallest of them: a factor is known to
    /// a few of those, and later ones enlarge what that left out.
    pub(crate) lost: f64,
    /// True if a choice was made between numbers that are equal and move differently: the step then took one side
    /// of what may be a kink, the one that it moves to.
    pub(crate) tied: bool,
    /// True if the number depends on the step at all, by more than the smallest numbers: true at a root of the
    /// slope, where `im` is 0 all the same; false if a factor of exactly 0 or a choice cut it off.
    pub(crate) moves: bool,
}

impl<S: Number> Dual<S> {
    /// Makes a number that is moved along its imaginary axis.
    pub(crate) fn new(re: S, im: f64) -> Self {
        Dual { re, im: S::from(im), size: im.abs(), lost: 0.0, tied: false, moves: im != 0.0 }
    }

    /// Makes a number that does not move.
    fn still(re: S) -> Self {
        Dual::new(re, 0.0)
    }

    /// Returns another real part, and the imaginary part times the slope of a function: 0 if either is, even if the
    /// other is infinite, since what does not move stays. A slope of 0 is below the smallest number.
    fn by(self, re: S, slope: S) -> Self {
        self.times(re, slope, false)
    }

    /// Multiplies the imaginary part by a factor that may be exactly 0, as at a `root` of it.
    fn times(self, re: S, factor: S, root: bool) -> Self {
        let (none, by) = (|x: f64| x == 0.0, factor.real().abs());
        let size = if none(self.size) || none(by) { 0.0 } else { self.size * by };
        let im = if none(self.im.real()) || none(by) { S::from(0.0) } else { self.im * factor };
        let lost = if none(self.im.real()) || none(by) { 0.0 } else { self.lost * by + self.im.real().abs() };
        let faded = !none(self.im.real()) && none(im.real());
        let moves = self.moves && if none(by) { root } else { !faded };
        Dual { re, im, size, lost: lost.min(f64::MAX), tied: self.tied, moves }
    }

    /// Returns another real part, and the imaginary part divided by a number, whose inverse may be beyond the largest
    /// number where the quotient is not.
    fn over(self, re: S, by: S) -> Self {
        let (one, inverse) = (S::from(1.0), S::from(1.0) / by);
        if inverse.real().is_finite() {
            return self.by(re, inverse);
        }
        let lift = S::from(LIFT);
        self.by(re, lift).by(re, one / (by * lift))
    }

    /// Returns the number as a step of 1 moves it, where it was moved by this step.
    pub(crate) fn of_step(self, step: f64) -> Self {
        let (im, up) = (self.im / S::from(step), |x: f64| x / step);
        Dual { im, size: up(self.size), lost: up(self.lost).min(f64::MAX), ..self }
    }

    /// Returns another real part, and the sum of both imaginary parts.
    fn both(self, other: Self, re: S) -> Self {
        let (size, lost) = (self.size + other.size, (self.lost + other.lost).min(f64::MAX));
        let (tied, moves) = (self.tied || other.tied, self.moves || other.moves);
        Dual { re, im: self.im + other.im, size, lost, tied, moves }
    }

    /// Tells whether it is less than another number, where the step moves both to: of two equal ones, the one that
    /// moves down.
    fn below(self, other: Self) -> bool {
        let equal = self.re.eq(other.re).real() != 0.0;
        let less = if equal { self.im.lt(other.im) } else { self.re.lt(other.re) };
        less.real() != 0.0
    }

    /// Returns a whole number for this one, which stands still; at a jump it may be another one on the other side.
    fn rounded(self, whole: S, jump: bool) -> Self {
        let tied = self.tied || (jump && self.im.real() != 0.0);
        Dual { tied, ..Dual::still(whole) }
    }

    /// Marks the result of a comparison of two numbers.
    fn chosen(self, a: Self, b: Self) -> Self {
        let equal = a.re.eq(b.re).real() != 0.0;
        let alike = a.im.eq(b.im).real() != 0.0;
        // Numbers that move alike may part in a higher order.
        let moves = self.moves || (equal && alike && (a.moves || b.moves));
        Dual { tied: self.tied || a.tied || b.tied || (equal && !alike), moves, ..self }
    }
}

impl<S: Number> From<f64> for Dual<S> {
    fn from(x: f64) -> Self {
        Dual::still(S::from(x))
    }
}

impl<S: Number> Add for Dual<S> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.both(other, self.re + other.re)
    }
}

impl<S: Number> Sub for Dual<S> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.both(-other, self.re - other.re)
    }
}

impl<S: Number> Neg for Dual<S> {
    type Output = Self;
    fn neg(self) -> Self {
        Dual { re: -self.re, im: -self.im, ..self }
    }
}

/// `(a + ib)(c + id) = ac − bd + i(ad + bc)`.
impl<S: Number> Mul for Dual<S> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let re = self.re * other.re;
        self.times(re, other.re, other.moves).both(other.times(re, self.re, self.moves), re)
    }
}

/// `(a + ib)/(c + id) = q + i(b − qd)/c` with `q = a/c`.
impl<S: Number> Div for Dual<S> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let quotient = self.re / other.re;
        let below = other.times(quotient, -quotient, self.moves);
        self.both(below, quotient).over(quotient, other.re)
    }
}

impl<S: Number> Arithmetic for Dual<S> {
    fn lit(self, c: f64) -> Self {
        Dual::from(c)
    }
}

impl<S: Number> Number for Dual<S> {
    fn real(self) -> f64 {
        self.re.real()
    }
}

impl<S: Number> Scalar for Dual<S> {
    fn abs(self) -> Self {
        let zero = Dual::from(0.0);
        let y = if self.below(zero) { -self } else { self };
        y.chosen(self, zero)
    }

    fn split(self, high: f64, low: f64) -> (Self, Self) {
        let (high, low) = self.re.split(high, low);
        (Dual::still(high), Dual::still(low))
    }

    fn mul_add(self, b: Self, c: Self) -> Self {
        let re = self.re.mul_add(b.re, c.re);
        self.times(re, b.re, b.moves).both(b.times(re, self.re, self.moves), re).both(c, re)
    }

    /// `√(a + ib) = r + ib/(2r)` with `r = √a`.
    fn sqrt(self) -> Self {
        let root = self.re.sqrt();
        self.by(root, S::from(0.5) / root)
    }

    /// `∛(a + ib) = r + ib/(3r²)` with `r = ∛a`.
    fn cbrt(self) -> Self {
        let root = self.re.cbrt();
        self.over(root, S::from(3.0) * root * root)
    }

    /// `e^a (cos b + i·sin b)`.
    fn exp(self) -> Self {
        let y = self.re.exp();
        self.by(y, y)
    }

    /// Returns `e^a − 1` with all digits of its real part.
    fn exp_m1(self) -> Self {
        self.by(self.re.exp_m1(), self.re.exp())
    }

    /// `ln |z| + i·arg z`; the angle of so small a step is `b/a`.
    fn ln(self) -> Self {
        self.over(self.re.ln(), self.re)
    }

    fn ln_1p(self) -> Self {
        self.by(self.re.ln_1p(), S::from(1.0) / (S::from(1.0) + self.re))
    }

    /// `2^a (cos(b·ln 2) + i·sin(b·ln 2))`.
    fn exp2(self) -> Self {
        let y = self.re.exp2();
        self.by(y, y * ln_2(y))
    }

    /// `log₂ |z| + i·arg z / ln 2`.
    fn log2(self) -> Self {
        self.over(self.re.log2(), self.re * ln_2(self.re))
    }

    /// `log₁₀ |z| + i·arg z / ln 10`.
    fn log10(self) -> Self {
        let (high, low) = self.re.split(std::f64::consts::LN_10, -2.170_756_223_382_249_4e-16);
        self.over(self.re.log10(), self.re * (high + low))
    }

    /// `sin a·cosh b + i·cos a·sinh b`.
    fn sin(self) -> Self {
        self.times(self.re.sin(), self.re.cos(), true)
    }

    /// `cos a·cosh b − i·sin a·sinh b`.
    fn cos(self) -> Self {
        self.times(self.re.cos(), -self.re.sin(), true)
    }

    /// `(sin 2a + i·sinh 2b)/(cos 2a + cosh 2b)`.
    fn tan(self) -> Self {
        let cos = self.re.cos();
        self.over(self.re.tan(), cos * cos)
    }

    /// `∫ dz/√((1 − z)(1 + z))`, along the step.
    fn asin(self) -> Self {
        self.over(self.re.asin(), half_circle(self.re))
    }

    fn acos(self) -> Self {
        self.over(self.re.acos(), -half_circle(self.re))
    }

    /// `(sinh 2a + i·sin 2b)/(cosh 2a + cos 2b)`, with `e = e^(−2|a|)`, which does not overflow.
    fn tanh(self) -> Self {
        let one = S::from(1.0);
        let e = (S::from(-2.0) * self.re.abs()).exp();
        self.by(self.re.tanh(), S::from(4.0) * e / ((one + e) * (one + e)))
    }

    /// `¼·ln((a² + (1 + b)²)/(a² + (1 − b)²))` as its imaginary part, in `1/a` where `a²` would overflow.
    fn atan(self) -> Self {
        let (a, one) = (self.re.abs(), S::from(1.0));
        let large = one.lt(a).real() != 0.0;
        let r = if large { one / a } else { a };
        let factor = if large { r * r } else { one } / (one + r * r);
        self.by(self.re.atan(), factor)
    }

    /// The integral that defines it, along the step: `2/√π ∫ e^(−(a + is)²) i ds` from 0 to `b`.
    fn erf(self) -> Self {
        self.by(self.re.erf(), bell(self.re))
    }

    fn erfc(self) -> Self {
        self.by(self.re.erfc(), -bell(self.re))
    }

    /// The continued fraction, each level of it in dual numbers.
    fn ln_normal_tail(self) -> Self {
        normal::ln_tail(self)
    }

    fn normal_hazard(self) -> [Self; 3] {
        normal::hazard(self)
    }

    /// `e^(p·ln z)`; a power of 0 or of a negative number by a fixed whole number is a product.
    fn pow(self, p: Self) -> Self {
        let (y, none) = (self.re.pow(p.re), |x: S| x.real() == 0.0);
        let below = if none(p.re) { p.re } else { p.re * self.re.pow(p.re - S::from(1.0)) };
        let log = if none(y) { y } else { y * self.re.ln() };
        let root = none(self.re) && !none(p.re);
        self.times(y, below, root).both(p.by(y, log), y)
    }

    /// At a jump, the side that the step moves to.
    fn floor(self) -> Self {
        let whole = self.re.floor();
        let jump = self.re.eq(whole).real() != 0.0;
        let down = jump && self.im.real() < 0.0;
        self.rounded(if down { whole - S::from(1.0) } else { whole }, jump)
    }

    fn round(self) -> Self {
        let whole = self.re.round();
        let (rest, im) = ((self.re - whole).real(), self.im.real());
        let over = if rest.abs() == 0.5 && rest * im > 0.0 { 2.0 * rest } else { 0.0 };
        self.rounded(whole + S::from(over), rest.abs() == 0.5)
    }

    /// Subtracts a whole number of times the other one.
    fn fmod(self, by: Self) -> Self {
        let rest = self.re.fmod(by.re);
        let times = ((self.re - rest) / by.re).round();
        self.both(by.by(rest, -times), rest)
    }

    fn max(self, other: Self) -> Self {
        let nan = self.re.real().is_nan();
        let y = if nan || other.below(self) { self } else { other };
        y.chosen(self, other)
    }

    fn min(self, other: Self) -> Self {
        let nan = self.re.real().is_nan();
        let y = if nan || self.below(other) { self } else { other };
        y.chosen(self, other)
    }

    fn lt(self, other: Self) -> Self {
        Dual::from(f64::from(u8::from(self.below(other)))).chosen(self, other)
    }

    fn le(self, other: Self) -> Self {
        let equal = self.re.eq(other.re).real() != 0.0;
        let less = if equal { !other.below(self) } else { self.re.le(other.re).real() != 0.0 };
        Dual::from(f64::from(u8::from(less))).chosen(self, other)
    }

    /// Both parts must be equal: what moves is not the constant that it passes through.
    fn eq(self, other: Self) -> Self {
        let still = self.im.eq(other.im).real() != 0.0;
        Dual::still(if still { self.re.eq(other.re) } else { S::from(0.0) }).chosen(self, other)
    }

    fn select(self, yes: Self, no: Self) -> Self {
        let y = if self.re.real() != 0.0 { yes } else { no };
        Dual { tied: self.tied || y.tied, moves: self.moves || y.moves, ..y }
    }
}

/// `ln 2`.
fn ln_2<S: Number>(of: S) -> S {
    let (high, low) = of.split(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
    high + low
}

/// `√(1 − a²)`.
fn half_circle<S: Number>(a: S) -> S {
    let one = S::from(1.0);
    ((one - a) * (one + a)).sqrt()
}

/// `2/√π · e^(−a²)`.
fn bell<S: Number>(a: S) -> S {
    let (high, low) = a.split(std::f64::consts::FRAC_2_SQRT_PI, 1.533_545_961_316_588e-17);
    (high + low) * (-(a * a)).exp()
}
