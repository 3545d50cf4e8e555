//! The logarithm of the normal distribution function and its slopes of three orders, in both tails and in both number types,
//! through compiled programs. The figures are of mpmath, with 400 bits.

use gradus::prelude::*;
use std::f64::consts::{FRAC_2_PI, LN_2};

/// A point, the value there and the first three slopes.
const FIGURES: &[(f64, [f64; 4])] = &[
    (-1e10, [-5e19, 1e10, -1.0, 2e-30]),
    (-1e5, [-5000000012.431864, 100000.00001, -0.9999999999, 1.9999999976e-15]),
    (-40.0, [-804.6084420137538, 40.02496884720726, -0.9993773316214086, 3.101744039648625e-05]),
    (-1.0, [-1.8410216450092636, 1.525135276160981, -0.8009023344296512, 0.11693119540604884]),
    (0.0, [-LN_2, 0.7978845608028654, -FRAC_2_PI, 0.21801361414499015]),
    (10.0, [-7.619853024160525e-24, 7.694598626706419e-23, -7.694598626706419e-22, 7.617652640439355e-21]),
    (38.0, [-2.88542835e-316, 1.097221052e-314, -4.16943999763e-313, 1.583289978047e-311]),
];

/// A point and the fourth slope there, whose two terms nearly cancel to the left.
const FOURTH: [(f64, f64); 7] = [
    (-1e5, 5.999999988e-20),
    (-150.0, 1.1841325059838554e-08),
    (-99.0, 6.233398963713745e-08),
    (-30.0, 7.245937210980342e-06),
    (-3.0, 0.018930547102077377),
    (2.5, -0.15583846511022206),
    (9.0, -7.216401047311578e-16),
];

/// A point, and the logarithm of `φ + x·Φ` there.
const IMPROVEMENT: [(f64, f64); 5] = [
    (-1000.0, -500014.73445209116),
    (-40.0, -808.29856835662),
    (-3.0, -7.869686059603029),
    (0.0, -0.9189385332046728),
    (2.0, 0.6973835457882284),
];

/// Value and slopes, as a program computes them.
fn computed<E: Element>(x: f64) -> [f64; 4] {
    let g = Graph::new();
    let input = g.input("x", []);
    let mut orders = vec![input.log_normal_cdf()];
    for i in 0..3 {
        orders.push(orders[i].grad(input));
    }
    let mut program: Program<E> = g.compile(orders).expect("it compiles");
    let out = program
        .run(&Params::new(), [(input, &Tensor::full(input.shape(), E::from_f64(x)))])
        .expect("it runs");
    std::array::from_fn(|i| out.at(i).item().to_f64())
}

/// Asserts that a number is the truth in some type, up to so many of the type's units and the smallest number.
fn near<E: Element>(what: &str, found: f64, truth: f64, units: f64) {
    let (unit, least) =
        if E::DTYPE == "F32" { (f64::from(f32::EPSILON), 1e-45) } else { (f64::EPSILON, 5e-324) };
    let slack = (units * unit * truth.abs()).max(1.5 * least);
    assert!((found - truth).abs() <= slack, "{what} in {}: {found:e}, not {truth:e}", E::DTYPE);
}

fn holds<E: Element>(x: f64, truth: [f64; 4]) {
    for ((found, truth), (order, units)) in
        computed::<E>(x).into_iter().zip(truth).zip([2.0, 4.0, 4.0, 10.0].into_iter().enumerate())
    {
        near::<E>(&format!("slope {order} at {x:e}"), found, truth, units);
    }
}

#[test]
fn value_and_slopes_keep_their_digits_in_both_tails() {
    for &(x, truth) in FIGURES {
        holds::<f64>(x, truth);
        // In f32, 38 is beyond the end of the numbers: there all are 0.
        holds::<f32>(x, truth);
    }
    // −1e15 as f32 has it.
    holds::<f32>(
        -999_999_986_991_104.0,
        [-4.999999869911041e+29, 999_999_986_991_104.0, -1.0, 2.000000078053378e-45],
    );
}

#[test]
fn the_fourth_slope_is_right_where_its_terms_cancel() {
    for (x, truth) in FOURTH {
        let g = Graph::new();
        let input = g.input("x", []);
        let y = (0..4).fold(input.log_normal_cdf(), |y, _| y.grad(input));
        let mut program: Program<f64> = g.compile([y]).expect("it compiles");
        let out = program.run(&Params::new(), [(input, &Tensor::full(input.shape(), x))]).expect("it runs");
        let error = (out.at(0).item() / truth - 1.0).abs();
        assert!(error < 1e-10, "at {x}: {:e}, not {truth:e}", out.at(0).item());
    }
}

#[test]
fn the_logarithm_of_the_expected_improvement_is_made_of_them() {
    for (x, truth) in IMPROVEMENT {
        let g = Graph::new();
        let x = g.value(x);
        let y = x.log_normal_cdf() + (-x.log_normal_cdf_grad2() / x.log_normal_cdf_grad()).ln();
        near::<f64>("ln(φ + x·Φ)", y.eval::<f64>().expect("it runs").item(), truth, 8.0);
    }
}

#[test]
fn beyond_the_largest_square_only_the_value_is_infinite() {
    let [value, slope, second, third] = computed::<f64>(-1e200);
    assert_eq!([value, slope, second, third], [f64::NEG_INFINITY, 1e200, -1.0, 0.0]);
    let [value, slope, second, third] = computed::<f32>(-1e30);
    assert_eq!([value, slope, second, third], [f64::NEG_INFINITY, f64::from(1e30f32), -1.0, 0.0]);
}
