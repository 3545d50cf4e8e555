//! The normal distribution's tail, as a logarithm and as the hazard function. Floor 7.

use crate::element::Number;

/// The number from which on the continued fraction is taken; below it, differences of the tail keep their digits.
const FAR: f64 = 2.8;

/// `[R₁, R₂, R₃]`, where `R_k = k/(a + R_{k+1})`, in which no term cancels (Laplace; Abramowitz & Stegun 26.2.14).
/// The hazard is `a + R₁`.
fn fraction<S: Number>(a: S) -> [S; 3] {
    let size = a.real();
    // As many levels as 108 bits of the numbers made of it need.
    let levels = 25 + (2000.0 / (size * size)) as i32;
    (1..=levels)
        .rev()
        .fold([S::from(0.0); 3], |[first, second, _], k| [S::from(f64::from(k)) / (a + first), first, second])
}

/// `Φ(−a)` for an `a` that is not large.
fn tail<S: Number>(a: S) -> S {
    let (root, low) = a.split(std::f64::consts::FRAC_1_SQRT_2, -4.833_646_656_726_457e-17);
    (a * root + a * low).erfc() * S::from(0.5)
}

/// `ln Φ(−|x|)`.
pub(super) fn ln_tail<S: Number>(x: S) -> S {
    let a = x.abs();
    if a.real() < FAR {
        return tail(a).ln();
    }
    let (root, low) = a.split(0.918_938_533_204_672_8, -3.878_294_158_067_241_4e-17);
    -(S::from(0.5) * a * a) - ((a + fraction(a)[0]).ln() + (root + low))
}

/// `h(a) = φ(a)/Φ(−a)` and its first two derivatives, for `a ≥ −½`.
pub(super) fn hazard<S: Number>(a: S) -> [S; 3] {
    let one = S::from(1.0);
    if a.real() < FAR {
        let (root, low) = a.split(0.398_942_280_401_432_7, -2.492_327_202_277_73e-17);
        let h = (root + low) * (-(S::from(0.5) * a * a)).exp() / tail(a);
        let s = h - a;
        return [h, h * s, h * (s * (h + s) - one)];
    }
    let [first, second, third] = fraction(a);
    let slope = one - first * (second - first);
    [a + first, slope, slope * first * second * (third - second)]
}
