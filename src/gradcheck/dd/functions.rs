//! The elementary functions in double-double numbers. Floor 8.

use super::Dd;
use crate::element::{Arithmetic, Scalar};

/// `ln 2`, in three parts.
const LN2: [f64; 3] = [std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17, 5.707_708_438_416_212e-34];
/// `π/2`, in three parts.
const HALF_PI: [f64; 3] =
    [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
/// `1/√π`.
const ROOT: Dd = Dd::new(0.564_189_583_547_756_3, 7.667_729_806_582_94e-18);
/// Beyond this, angles are reduced by the bits of `2/π`.
const FAR: f64 = 1e5;

const ZERO: Dd = Dd::new(0.0, 0.0);
const ONE: Dd = Dd::new(1.0, 0.0);
const TWO: Dd = Dd::new(2.0, 0.0);

impl Dd {
    /// `self − k · (the sum of parts)`.
    fn reduced(self, k: f64, parts: [f64; 3]) -> Dd {
        parts.iter().fold(self, |rest, &part| rest - Dd::from(part).times(k))
    }

    /// `eˣ − 1` for `|x| < 0.4`: of the 512th part by its series, and then doubled.
    fn small_exp_m1(self) -> Dd {
        let x = self.scaled(-9);
        let series = (2..=10).rev().fold(ONE, |sum, n| ONE + x * sum / Dd::from(f64::from(n)));
        (0..9).fold(x * series, |s, _| s.times(2.0) + s * s)
    }

    /// Sine and cosine of `|x| < 0.8`, by their series.
    fn small_sin_cos(self) -> (Dd, Dd) {
        let square = self * self;
        let series = |from: i32| {
            (0..14).rev().fold(ONE, |sum, k| {
                let n = f64::from(from + 2 * k);
                ONE - square * sum / Dd::from(n * (n + 1.0))
            })
        };
        (self * series(2), series(1))
    }

    /// Sine and cosine.
    fn sin_cos(self) -> (Dd, Dd) {
        if !self.hi.is_finite() {
            return (Dd::from(f64::NAN), Dd::from(f64::NAN));
        }
        let (quarter, rest) = match self.hi.abs() < FAR {
            true => {
                let k = (self.hi / HALF_PI[0]).round();
                (k.rem_euclid(4.0) as u8, self.reduced(k, HALF_PI))
            }
            false if self.hi < 0.0 => {
                let (sin, cos) = (-self).sin_cos();
                return (-sin, cos);
            }
            false => {
                let (quarter, turn) = super::angle::quarters(self.hi);
                let rest = Dd::new(HALF_PI[0], HALF_PI[1]) * turn + Dd::from(self.lo);
                (quarter, rest)
            }
        };
        let (sin, cos) = rest.small_sin_cos();
        match quarter {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        }
    }

    /// `erfc x · e^(x²) · √π` for `x ≥ 2`, by its continued fraction (Laplace).
    fn far_erfc(self) -> Dd {
        let levels = (700.0 / (self.hi * self.hi)) as i32 + 60;
        let below = (1..=levels).rev().fold(self, |t, k| self + Dd::from(0.5 * f64::from(k)) / t);
        ONE / below
    }

    /// The error function for `|x| < 2`: a series whose terms are all of one sign.
    fn near_erf(self) -> Dd {
        let square = self * self;
        let (mut term, mut sum, mut n) = (self, self, 0.0);
        while term.hi.abs() > 1e-34 * sum.hi.abs() && n < 200.0 {
            n += 1.0;
            term = term * square.times(2.0) / Dd::from(2.0 * n + 1.0);
            sum = sum + term;
        }
        (-square).exp() * sum * ROOT.times(2.0)
    }

    fn mask(yes: bool) -> Dd {
        if yes { ONE } else { ZERO }
    }
}

impl Scalar for Dd {
    fn abs(self) -> Self {
        if self.hi < 0.0 || (self.hi == 0.0 && self.hi.is_sign_negative()) { -self } else { self }
    }

    fn split(self, high: f64, low: f64) -> (Self, Self) {
        (Dd::new(high, low), ZERO)
    }

    fn mul_add(self, b: Self, c: Self) -> Self {
        self * b + c
    }

    fn sqrt(self) -> Self {
        let root = self.hi.sqrt();
        if root == 0.0 || !root.is_finite() {
            return Dd::from(root);
        }
        let root = Dd::from(root);
        root + (self - root * root) / root.times(2.0)
    }

    fn exp(self) -> Self {
        if !(self.hi > -745.2 && self.hi < 709.8) {
            return Dd::from(Scalar::exp(self.hi));
        }
        let k = (self.hi / LN2[0]).round();
        (ONE + self.reduced(k, LN2).small_exp_m1()).scaled(k as i32)
    }

    fn exp_m1(self) -> Self {
        match self.hi.abs() < 0.4 {
            true if self.hi == 0.0 => self,
            true => self.small_exp_m1(),
            false => self.exp() - ONE,
        }
    }

    fn ln(self) -> Self {
        if !(self.hi > 0.0 && self.hi < f64::INFINITY) {
            return Dd::from(Scalar::ln(self.hi));
        }
        let less = self - ONE;
        if less.hi.abs() < 0.5 {
            return less.ln_1p();
        }
        // Near 1, where nothing is lost: x = m · 2ᵏ.
        let k = Scalar::ln(self.hi) / LN2[0];
        let k = k.round();
        let m = self.scaled(-(k as i32));
        m.ln_1p_of(m - ONE) - ZERO.reduced(k, LN2)
    }

    fn ln_1p(self) -> Self {
        if !(self.hi > -1.0 && self.hi < f64::INFINITY) || self.hi == 0.0 {
            return Dd::from(Scalar::ln_1p(self.hi));
        }
        match self.hi.abs() < 0.5 {
            true => self.ln_1p_of(self),
            false => (self + ONE).ln(),
        }
    }

    fn sin(self) -> Self {
        if self.hi == 0.0 { self } else { self.sin_cos().0 }
    }

    fn cos(self) -> Self {
        self.sin_cos().1
    }

    fn tanh(self) -> Self {
        if self.hi == 0.0 || self.hi.is_nan() {
            return self;
        }
        let e = self.abs().times(-2.0).exp_m1();
        let y = -e / (e + TWO);
        if self.hi < 0.0 { -y } else { y }
    }

    fn atan(self) -> Self {
        let a = self.abs();
        if self.hi == 0.0 || self.hi.is_nan() {
            return self;
        }
        if a.hi > 1.0 {
            let y = (-(ONE / a).atan()).reduced(-1.0, HALF_PI);
            return if self.hi < 0.0 { -y } else { y };
        }
        // atan x − atan t = atan((x − t)/(1 + x·t)), which is so small that it is its argument.
        let near = Scalar::atan(self.hi);
        let (sin, cos) = Dd::from(near).sin_cos();
        let t = sin / cos;
        Dd::from(near) + (self - t) / (ONE + self * t)
    }

    fn erf(self) -> Self {
        let a = self.abs();
        match a.hi < 2.0 {
            true if self.hi == 0.0 => self,
            true => self.near_erf(),
            false if self.hi < 0.0 => a.erfc() - ONE,
            false => ONE - self.erfc(),
        }
    }

    fn erfc(self) -> Self {
        if self.hi.is_nan() || self.hi.is_infinite() {
            return Dd::from(Scalar::erfc(self.hi));
        }
        match self.hi {
            x if x < 2.0 => ONE - self.erf(),
            x if x > 28.0 => ZERO,
            _ => (-(self * self)).exp() * ROOT * self.far_erfc(),
        }
    }

    fn pow(self, p: Self) -> Self {
        let plain = Scalar::pow(self.hi, p.hi);
        if self.hi <= 0.0 || plain == 0.0 || !plain.is_finite() {
            return Dd::from(plain);
        }
        (p * self.ln()).exp()
    }

    fn max(self, other: Self) -> Self {
        if self > other || self.hi.is_nan() { self } else { other }
    }

    fn min(self, other: Self) -> Self {
        if self < other || self.hi.is_nan() { self } else { other }
    }

    fn less(self, other: Self) -> Self {
        Dd::mask(self < other)
    }

    fn less_equal(self, other: Self) -> Self {
        Dd::mask(self <= other)
    }

    fn equal(self, other: Self) -> Self {
        Dd::mask(self == other)
    }

    fn select(self, yes: Self, no: Self) -> Self {
        if self.hi != 0.0 { yes } else { no }
    }
}

impl Dd {
    /// `ln(1 + z)` for a `z` that is neither near −1 nor far from 0: one step of Newton's method on
    /// `eʸ − 1 = z` from `f64`'s answer doubles its digits.
    fn ln_1p_of(self, z: Dd) -> Dd {
        if z.hi == 0.0 {
            return z;
        }
        let near = Dd::from(Scalar::ln_1p(z.hi));
        let e = near.exp_m1();
        near + (z - e) / (e + self.lit(1.0))
    }
}
