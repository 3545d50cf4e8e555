//! Derivatives by the complex step against numbers made with mpmath, and what does not move.

use super::*;
use crate::gradcheck::numbers::Dd;

/// A function, a point and its derivative there, made with mpmath.
const REFERENCE: &[(fn(Dual<Dd>) -> Dual<Dd>, f64, f64)] = &[
    (Scalar::exp, -700.5, 5.980196118639791e-305),
    (Scalar::exp, 0.3, 1.3498588075760032),
    (Scalar::exp, 50.0, 5.184705528587072e+21),
    (Scalar::exp_m1, -40.0, 4.248354255291589e-18),
    (Scalar::exp_m1, 1e-09, 1.000000001),
    (Scalar::exp_m1, 2.0, 7.38905609893065),
    (Scalar::ln, 0.001, 1000.0),
    (Scalar::ln, 0.9, 1.1111111111111112),
    (Scalar::ln, 1e+30, 9.999999999999999e-31),
    (Scalar::ln_1p, -0.9, 10.000000000000002),
    (Scalar::ln_1p, 1e-20, 1.0),
    (Scalar::ln_1p, 100000.0, 9.99990000099999e-06),
    (Scalar::sin, 0.0, 1.0),
    (Scalar::sin, 1.5, 0.0707372016677029),
    (Scalar::sin, -20.0, 0.40808206181339196),
    (Scalar::cos, 1e-09, -1e-09),
    (Scalar::cos, 1.0, -0.8414709848078965),
    (Scalar::cos, 7.5, -0.9379999767747389),
    (Scalar::tanh, -300.0, 1.0601586212017243e-260),
    (Scalar::tanh, -20.0, 1.6993417021166355e-17),
    (Scalar::tanh, 1e-08, 0.9999999999999999),
    (Scalar::tanh, 0.5, 0.7864477329659274),
    (Scalar::tanh, 19.0, 1.2556531168192118e-16),
    (Scalar::atan, 0.0, 1.0),
    (Scalar::atan, -2.5, 0.13793103448275862),
    (Scalar::atan, 1e+150, 1e-300),
    (Scalar::sqrt, 1e-300, 5e+149),
    (Scalar::sqrt, 2.0, 0.3535533905932738),
    (Scalar::exp2, -1000.5, 4.5741963102035193e-302),
    (Scalar::exp2, 0.3, 0.8533642789721566),
    (Scalar::log2, 0.001, 1442.6950408889634),
    (Scalar::log2, 1e+30, 1.4426950408889634e-30),
    (Scalar::log10, 0.9, 0.4825494243369465),
    (Scalar::cbrt, 1e-300, 3.3333333333333334e+199),
    (Scalar::cbrt, -8.0, 0.08333333333333333),
    (Scalar::tan, 1.5, 199.85004452649247),
    (Scalar::tan, -20.0, 6.00488909036454),
    (Scalar::asin, 0.5, 1.1547005383792515),
    (Scalar::asin, -0.999, 22.36627204212921),
    (Scalar::acos, 0.5, -1.1547005383792515),
    (Scalar::erf, 0.1, 1.1171516067889369),
    (Scalar::erf, -3.0, 0.00013925305194674786),
    (Scalar::erf, 20.0, 2.1610374743867984e-174),
    (Scalar::erfc, 1.0, -0.4151074974205947),
    (Scalar::erfc, 25.0, -4.1534010636398965e-272),
    (Scalar::ln_normal_tail, 1.0, -1.525135276160981),
    (Scalar::ln_normal_tail, 1e5, -100000.00001),
    (|x| x.normal_hazard()[0], 40.0, 0.9993773316214086),
    (|x| x.normal_hazard()[1], 1.0, 0.11693119540604883),
    (|x| x.normal_hazard()[1], 1e5, 1.9999999976e-15),
    (|x| x.normal_hazard()[2], 3.0, -0.018930547102077378),
    (|x| x.normal_hazard()[2], 1e5, -5.999999988e-20),
    (sigmoid, -700.0, 9.85967654375977e-305),
    (sigmoid, -3.0, 0.04517665973091213),
    (sigmoid, 40.0, 4.248354255291589e-18),
    (sigmoid, 100.0, 3.720075976020836e-44),
    (sigmoid, 700.0, 9.85967654375977e-305),
];

/// The sigmoid as its row has it.
fn sigmoid(x: Dual<Dd>) -> Dual<Dd> {
    crate::op::Map::Sigmoid.value(&[x])
}

#[test]
fn derivatives_keep_their_digits_in_the_tails() {
    for &(f, x, expected) in REFERENCE {
        let found = f(Dual::new(Dd::from(x), 1.0)).im.to_f64();
        assert!((found / expected - 1.0).abs() <= 4.0 * f64::EPSILON, "at {x}: {found:e}, not {expected:e}");
    }
}

#[test]
fn what_does_not_move_stays() {
    let still: Dual<Dd> = Dual::from(0.0);
    for y in [still.ln(), still.sqrt(), still.pow(Dual::from(0.5)), Dual::from(1.0) / still] {
        assert_eq!(y.im.to_f64(), 0.0);
    }
    let x: Dual<Dd> = Dual::new(Dd::from(0.0), 1.0);
    assert_eq!([x.eq(still).real(), x.eq(x).real()], [0.0, 1.0]);
}

#[test]
fn a_quotient_is_a_number_where_the_inverse_is_not() {
    let (least, step) = (f64::from_bits(1), (-64f64).exp2());
    let found = Dual::new(Dd::from(least), step) / Dual::from(least);
    assert_eq!(found.im.to_f64(), 1010f64.exp2());
    assert_eq!(Dual::new(Dd::from(least), step).ln().im.to_f64(), 1010f64.exp2());
    assert_eq!(Dual::new(least, step).ln().of_step(step).im, f64::INFINITY);
}
