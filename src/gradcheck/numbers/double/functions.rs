//! The elementary functions in double-double numbers. Floor 7.

use super::Dd;
use crate::element::{Arithmetic, Scalar};
use crate::gradcheck::numbers::normal;

/// `ln 2`, in three parts.
const LN2: [f64; 3] = [std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17, 5.707_708_438_416_212e-34];
/// `ln 10`.
const LN10: Dd = Dd::new(std::f64::consts::LN_10, -2.170_756_223_382_249_4e-16);
/// `π/2`, in three parts.
const HALF_PI: [f64; 3] =
    [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
/// `1/√π`.
const ROOT: Dd = Dd::new(0.564_189_583_547_756_3, 7.667_729_806_582_94e-18);
/// `1/n!`.
const FACTORIALS: [Dd; 30] = [
    Dd::new(1.0, 0.0),
    Dd::new(1.0, 0.0),
    Dd::new(0.5, 0.0),
    Dd::new(0.166_666_666_666_666_66, 9.251_858_538_542_97e-18),
    Dd::new(0.041_666_666_666_666_664, 2.312_964_634_635_742_7e-18),
    Dd::new(0.008_333_333_333_333_333, 1.156_482_317_317_871_4e-19),
    Dd::new(0.001_388_888_888_888_889, -5.300_543_954_373_577e-20),
    Dd::new(0.000_198_412_698_412_698_4, 1.720_955_829_342_070_5e-22),
    Dd::new(2.480_158_730_158_73e-05, 2.151_194_786_677_588_2e-23),
    Dd::new(2.755_731_922_398_589_3e-06, -1.858_393_274_046_472e-22),
    Dd::new(2.755_731_922_398_589e-07, 2.376_771_462_225_029_7e-23),
    Dd::new(2.505_210_838_544_172e-08, -1.448_814_070_935_912e-24),
    Dd::new(2.087_675_698_786_81e-09, -1.207_345_059_113_26e-25),
    Dd::new(1.605_904_383_682_161_3e-10, 1.258_529_458_875_209_8e-26),
    Dd::new(1.147_074_559_772_972_5e-11, 2.065_551_275_283_074_5e-28),
    Dd::new(7.647_163_731_819_816e-13, 7.038_728_777_334_53e-30),
    Dd::new(4.779_477_332_387_385e-14, 4.399_205_485_834_081e-31),
    Dd::new(2.811_457_254_345_520_6e-15, 1.650_884_273_086_143_3e-31),
    Dd::new(1.561_920_696_858_622_5e-16, 1.191_067_966_027_375_4e-32),
    Dd::new(8.220_635_246_624_33e-18, 2.214_189_411_960_426_5e-34),
    Dd::new(4.110_317_623_312_165e-19, 1.441_297_337_865_952_7e-36),
    Dd::new(1.957_294_106_339_126_3e-20, -1.364_350_383_008_790_8e-36),
    Dd::new(8.896_791_392_450_574e-22, -7.911_402_614_872_376e-38),
    Dd::new(3.868_170_170_630_684e-23, -8.843_177_655_482_344e-40),
    Dd::new(1.611_737_571_096_118_4e-24, -3.684_657_356_450_976_6e-41),
    Dd::new(6.446_950_284_384_474e-26, -1.933_040_423_370_346_5e-42),
    Dd::new(2.479_596_263_224_797_6e-27, -1.295_373_096_476_522_9e-43),
    Dd::new(9.183_689_863_795_546e-29, 1.430_315_039_678_732_2e-45),
    Dd::new(3.279_889_237_069_838e-30, 1.511_754_274_402_987_9e-46),
    Dd::new(1.130_996_288_644_771_6e-31, 1.049_801_541_295_950_6e-47),
];
/// Size from which angles are reduced by the bits of `2/π`.
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
        // The terms from the sixth on are below 2⁻⁶⁰ of the first one.
        let tail = FACTORIALS[6..=10].iter().rev().fold(0.0, |sum, term| term.hi + x.hi * sum);
        let series = FACTORIALS[1..=5].iter().rev().fold(Dd::from(tail), |sum, &term| term + x * sum);
        (0..9).fold(x * series, |s, _| s.doubled() + s * s)
    }

    /// Sine and cosine of `|x| < 0.8`, by their series.
    fn small_sin_cos(self) -> (Dd, Dd) {
        let square = self * self;
        let series = |odd: usize| (0..15).rev().fold(ZERO, |sum, k| FACTORIALS[2 * k + odd] - square * sum);
        (self * series(1), series(0))
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

    /// One step of Newton's method from `f64`'s answer.
    fn cbrt(self) -> Self {
        if self.hi.abs() < 1e-200 && self.hi != 0.0 {
            // The cube's rounding error is then a normal number.
            return self.scaled(600).cbrt().scaled(-200);
        }
        let near = Scalar::cbrt(self.hi);
        if near == 0.0 || !near.is_finite() {
            return Dd::from(near);
        }
        let root = Dd::from(near);
        root + (self / (root * root) - root) / Dd::from(3.0)
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

    fn exp2(self) -> Self {
        if !(self.hi > -1076.0 && self.hi < 1024.0) {
            return Dd::from(Scalar::exp2(self.hi));
        }
        let k = self.hi.round();
        let part = (self - Dd::from(k)) * Dd::new(LN2[0], LN2[1]);
        (ONE + part.small_exp_m1()).scaled(k as i32)
    }

    fn log2(self) -> Self {
        self.ln() / Dd::new(LN2[0], LN2[1])
    }

    fn log10(self) -> Self {
        self.ln() / LN10
    }

    fn sin(self) -> Self {
        if self.hi == 0.0 { self } else { self.sin_cos().0 }
    }

    fn cos(self) -> Self {
        self.sin_cos().1
    }

    fn tan(self) -> Self {
        let (sin, cos) = self.sin_cos();
        if self.hi == 0.0 { self } else { sin / cos }
    }

    fn asin(self) -> Self {
        if self.hi == 0.0 { self } else { (self / ((ONE - self) * (ONE + self)).sqrt()).atan() }
    }

    fn acos(self) -> Self {
        ((ONE - self) / (ONE + self)).sqrt().atan().doubled()
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

    fn ln_normal_tail(self) -> Self {
        normal::ln_tail(self)
    }

    fn normal_hazard(self) -> [Self; 3] {
        normal::hazard(self)
    }

    fn pow(self, p: Self) -> Self {
        let plain = Scalar::pow(self.hi, p.hi);
        if self.hi == 0.0 || plain == 0.0 || !plain.is_finite() {
            return Dd::from(plain);
        }
        // A negative number has only whole powers, with the sign that `f64` gives them.
        let size = (p * Scalar::abs(self).ln()).exp();
        if plain < 0.0 { -size } else { size }
    }

    fn floor(self) -> Self {
        let whole = self.hi.floor();
        if whole == self.hi { Dd::from(whole) + Dd::from(self.lo.floor()) } else { Dd::from(whole) }
    }

    fn round(self) -> Self {
        let up = (self + Dd::from(0.5)).floor();
        let odd = up.times(0.5).floor().doubled() != up;
        let tie = up - self == Dd::from(0.5);
        if tie && odd { up - ONE } else { up }
    }

    fn fmod(self, by: Self) -> Self {
        let ratio = self / by;
        let whole = if ratio.hi < 0.0 { -(-ratio).floor() } else { ratio.floor() };
        self - by * whole
    }

    fn max(self, other: Self) -> Self {
        if self > other || self.hi.is_nan() { self } else { other }
    }

    fn min(self, other: Self) -> Self {
        if self < other || self.hi.is_nan() { self } else { other }
    }

    fn lt(self, other: Self) -> Self {
        Dd::mask(self < other)
    }

    fn le(self, other: Self) -> Self {
        Dd::mask(self <= other)
    }

    fn eq(self, other: Self) -> Self {
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
