//! Double-double numbers: an unevaluated sum of two `f64`, about 106 bits (Dekker 1971; Hida, Li & Bailey
//! 2001). An oracle for gradient checks, not fast. Floor 7.

mod angle;
mod functions;
#[cfg(test)]
mod tests;

use crate::element::{Arithmetic, Number};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `hi + lo`, where `hi` is the sum rounded. Where `hi` is not finite, `lo` is 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dd {
    hi: f64,
    lo: f64,
}

/// The sum of two numbers and its rounding (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// Returns the sum and its rounding if `a` is the larger one (Dekker).
fn quick_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// The product of two numbers and its rounding.
fn two_prod(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

impl Dd {
    /// The sum of two numbers, of which the first is the larger one.
    pub(crate) const fn new(hi: f64, lo: f64) -> Self {
        Dd { hi, lo }
    }

    fn renew((hi, lo): (f64, f64)) -> Self {
        if hi.is_finite() { Dd { hi, lo } } else { Dd { hi, lo: 0.0 } }
    }

    /// Rounded to `f64`.
    pub(crate) fn to_f64(self) -> f64 {
        self.hi
    }

    /// Times a power of two; exact but where it becomes subnormal.
    fn scaled(self, power: i32) -> Self {
        // Two steps, since one factor may be beyond the largest number.
        let half = power / 2;
        let (a, b) = (f64::from(half).exp2(), f64::from(power - half).exp2());
        Dd::renew((self.hi * a * b, self.lo * a * b))
    }

    /// Twice the number, exactly.
    fn doubled(self) -> Self {
        Dd::renew((2.0 * self.hi, 2.0 * self.lo))
    }

    fn times(self, by: f64) -> Self {
        let (product, low) = two_prod(self.hi, by);
        if !product.is_finite() {
            return Dd::from(product);
        }
        Dd::renew(quick_two_sum(product, low + self.lo * by))
    }
}

impl From<f64> for Dd {
    fn from(x: f64) -> Self {
        Dd { hi: x, lo: 0.0 }
    }
}

impl Add for Dd {
    type Output = Dd;
    fn add(self, other: Dd) -> Dd {
        let (sum, low) = two_sum(self.hi, other.hi);
        if !sum.is_finite() {
            return Dd::from(sum);
        }
        let (rest, least) = two_sum(self.lo, other.lo);
        let (sum, low) = quick_two_sum(sum, low + rest);
        Dd::renew(quick_two_sum(sum, low + least))
    }
}

impl Neg for Dd {
    type Output = Dd;
    fn neg(self) -> Dd {
        Dd { hi: -self.hi, lo: -self.lo }
    }
}

impl Sub for Dd {
    type Output = Dd;
    fn sub(self, other: Dd) -> Dd {
        self + -other
    }
}

impl Mul for Dd {
    type Output = Dd;
    fn mul(self, other: Dd) -> Dd {
        let (product, low) = two_prod(self.hi, other.hi);
        if !product.is_finite() {
            return Dd::from(product);
        }
        Dd::renew(quick_two_sum(product, low + (self.hi * other.lo + self.lo * other.hi)))
    }
}

impl Div for Dd {
    type Output = Dd;
    fn div(self, other: Dd) -> Dd {
        let first = self.hi / other.hi;
        if !first.is_finite() || first == 0.0 || other.hi.is_infinite() {
            return Dd::from(first);
        }
        // Long division: what each quotient leaves is divided again.
        let rest = self - other.times(first);
        let second = rest.hi / other.hi;
        let rest = rest - other.times(second);
        let third = rest.hi / other.hi;
        Dd::renew(quick_two_sum(first, second)) + Dd::from(third)
    }
}

impl Arithmetic for Dd {
    fn lit(self, c: f64) -> Self {
        Dd::from(c)
    }
}

impl Number for Dd {
    fn real(self) -> f64 {
        self.hi
    }
}

impl PartialEq for Dd {
    fn eq(&self, other: &Dd) -> bool {
        self.hi == other.hi && self.lo == other.lo
    }
}

impl PartialOrd for Dd {
    fn partial_cmp(&self, other: &Dd) -> Option<std::cmp::Ordering> {
        match self.hi.partial_cmp(&other.hi)? {
            std::cmp::Ordering::Equal => self.lo.partial_cmp(&other.lo),
            order => Some(order),
        }
    }
}
