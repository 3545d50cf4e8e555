//! Slopes of 0 that meet infinite ones: the derivative of the whole is right, or NaN, and never a wrong number;
//! and where a mask's zero meets one, the mask wins.

use gradus::{Graph, Params, Tensor, Var, tensor};
use std::fmt::Write;

/// A function of one number: as it is written, itself, the point, and the derivative of the whole there. A point at
/// the end of the domain has the derivative from inside.
pub struct Case {
    pub text: &'static str,
    pub of: for<'g> fn(Var<'g>) -> Var<'g>,
    pub at: f64,
    pub truth: f64,
    /// The derivative that Gradus gives.
    pub gives: f64,
}

const fn right(text: &'static str, of: for<'g> fn(Var<'g>) -> Var<'g>, at: f64, truth: f64) -> Case {
    Case { text, of, at, truth, gives: truth }
}

const fn unknown(text: &'static str, of: for<'g> fn(Var<'g>) -> Var<'g>, at: f64, truth: f64) -> Case {
    Case { text, of, at, truth, gives: f64::NAN }
}

const INFINITY: f64 = f64::INFINITY;

/// The cases of the reference.
pub const CASES: &[Case] = &[
    right("x.sqrt()", |x| x.sqrt(), 0.0, INFINITY),
    right("x.ln()", |x| x.ln(), 0.0, INFINITY),
    right("x.pow(0.5)", |x| x.pow(0.5), 0.0, INFINITY),
    right("x.sqrt().square()", |x| x.sqrt().square(), 0.0, 1.0),
    right("x.sqrt() * x.sqrt()", |x| x.sqrt() * x.sqrt(), 0.0, 1.0),
    right("x.pow(0.5).pow(2)", |x| x.pow(0.5).pow(2.0), 0.0, 1.0),
    right("x.pow(1/3).pow(3)", |x| x.pow(1.0 / 3.0).pow(3.0), 0.0, 1.0),
    right("x.sqrt().pow(4)", |x| x.sqrt().pow(4.0), 0.0, 0.0),
    right("x.sqrt().sqrt().pow(4)", |x| x.sqrt().sqrt().pow(4.0), 0.0, 1.0),
    right("(2 * x.sqrt()).square()", |x| (2.0 * x.sqrt()).square(), 0.0, 4.0),
    right("x * x.sqrt()", |x| x * x.sqrt(), 0.0, 0.0),
    right("x / x.sqrt()", |x| (x + 0.0) / x.sqrt(), 4.0, 0.25),
    right("x.sqrt().pow(3)", |x| x.sqrt().pow(3.0), 0.0, 0.0),
    right("x.ln().exp()", |x| x.ln().exp(), 0.0, 1.0),
    right("(x.ln() * 2).exp()", |x| (x.ln() * 2.0).exp(), 0.0, 0.0),
    right("(0.5 * x.ln()).exp().square()", |x| (0.5 * x.ln()).exp().square(), 0.0, 1.0),
    right("x.exp().ln()", |x| x.exp().ln(), -1000.0, 1.0),
    right("x.ln_1p().exp_m1()", |x| x.ln_1p().exp_m1(), -1.0, 1.0),
    right("x.exp_m1().ln_1p()", |x| x.exp_m1().ln_1p(), -1000.0, 1.0),
    right("x.recip().recip()", |x| x.recip().recip(), 0.0, 1.0),
    right("1 / x.pow(-2)", |x| 1.0 / x.pow(-2.0), 0.0, 0.0),
    right("(x * x).sqrt()", |x| (x * x).sqrt(), 0.0, 0.0),
    right("x.square().pow(0.5)", |x| x.square().pow(0.5), 0.0, 0.0),
    right("x.square().sqrt().pow(3)", |x| x.square().sqrt().pow(3.0), 0.0, 0.0),
    right("x.abs().sqrt().square()", |x| x.abs().sqrt().square(), 0.0, 0.0),
    unknown("x.abs().sqrt()", |x| x.abs().sqrt(), 0.0, f64::NAN),
    unknown("(x * x).pow(0.25)", |x| (x * x).pow(0.25), 0.0, f64::NAN),
    unknown("x.square().sum(..).sqrt()", |x| x.square().sum(..).sqrt(), 0.0, f64::NAN),
    unknown("x.sqrt().sin().square()", |x| x.sqrt().sin().square(), 0.0, 1.0),
    unknown("x.sqrt().cos()", |x| x.sqrt().cos(), 0.0, -0.5),
    unknown("(x.sqrt() + 0).square()", |x| (x.sqrt() + 0.0).square(), 0.0, 1.0),
    unknown("x.sigmoid().ln()", |x| x.sigmoid().ln(), -1000.0, 1.0),
    unknown("x.sin() * x.sqrt()", |x| x.sin() * x.sqrt(), 0.0, 0.0),
];

fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

/// The derivative of each case, in many ways.
#[test]
fn where_0_meets_infinity_a_derivative_is_right_or_nan() {
    for Case { text, of, at, truth, gives } in CASES {
        assert!(same(*gives, *truth) || gives.is_nan(), "{text}: a wrong number is never given");
        let g = Graph::new();
        let x = g.value(*at);
        let y = of(x);
        let row = g.value(Tensor::from(vec![*at, 2.0]));
        let many = of(row);
        let mut found = vec![("grad", y.grad(x)), ("jvp", y.jvp(x, x.ones_like()))];
        if many.shape() == row.shape() {
            found.push(("of a sum", many.sum(..).grad(row).slice(0, 0..1).reshape(())));
            let jacobian = many.jacobian(row);
            found.push(("jacobian", jacobian.slice(0, 0..1).slice(1, 0..1).reshape(())));
            let other = jacobian.slice(0, 1..2).slice(1, 0..1).reshape(());
            assert_eq!(other.eval::<f64>().expect("it runs").item(), 0.0, "{text}: the other element");
            let chosen = x.lt(1e9).select(y, 0.0);
            found.push(("chosen", chosen.grad(x)));
            let hidden = x.gt(1e9).select(y, 0.0);
            assert_eq!(hidden.grad(x).eval::<f64>().expect("it runs").item(), 0.0, "{text}: hidden");
            let along = many.jvp(row, g.value(tensor![0.0, 1.0])).slice(0, 0..1).reshape(());
            assert_eq!(along.eval::<f64>().expect("it runs").item(), 0.0, "{text}: along another");
        }
        for (way, d) in found {
            let value = d.eval::<f64>().expect("it runs").item();
            assert!(same(value, *gives), "{text} at {at}, {way}: {value} instead of {gives}");
            let value = d.eval::<f32>().expect("it runs").item();
            assert!(same(value.into(), *gives), "{text} at {at}, {way} in f32: {value} instead of {gives}");
        }
    }
}

/// The table of the reference, computed.
pub fn table() -> String {
    let mut text = String::from(
        "\n## 0 · ∞, and what you get\n\nThe derivative of a composition is a product of slopes. Where one of them is 0 and another infinite, the product\n\
         says nothing, and is NaN, unless the composition is a power of one value (`sqrt`, `square`, `pow` and products,\n\
         quotients and numbers of one value, and `exp` of its `ln`), or one of `ln` and `exp`, `ln_1p` and `exp_m1` of the\n\
         other: then it is that of the power, `|x|` for `√(x²)`, whose slope at 0 is chosen to be 0. `norm`, `std` and\n\
         `logsumexp` have slopes of their own, and 0 at 0 and at −∞. A zero that comes from a mask is another thing, and wins: the side that a\n\
         `select` did not take, the dead side of a rectifier, a factor that does not depend on the value (such as a\n\
         weight of 0), a cotangent of 0 that is given. Where zeros of masks and of slopes were added before they met\n\
         an infinite slope, or elements were cut out or put beside others (`slice`, `pick`, `unfold`, `pad`, `prod`), all\n\
         zeros are taken for those of masks: the derivative of `x.sqrt().slice(0, ..1).square()` at 0 is 0. A value that a\n\
         gradient is asked in as well is not seen through: with `s = x.sqrt()`, `s.square().grads(&[x, s])` has NaN at 0\n\
         where `grad(x)` has 1.\n\n\
         | function | at | derivative | what you get |\n|---|---|---|---|\n",
    );
    let number = |x: f64| match x {
        x if x.is_nan() => "none".to_string(),
        x if x.is_infinite() => if x > 0.0 { "∞" } else { "−∞" }.to_string(),
        x => x.to_string().replace('-', "−"),
    };
    for Case { text: what, of, at, truth, .. } in CASES {
        let g = Graph::new();
        let x = g.value(*at);
        let found = of(x).grad(x).eval::<f64>().expect("it runs").item();
        let found = if found.is_nan() { "NaN".to_string() } else { number(found) };
        writeln!(text, "| `{what}` | {} | {} | {found} |", number(*at), number(*truth)).expect("a string");
    }
    text
}

#[test]
fn powers_seen_through_have_the_derivatives_of_every_order() {
    type Function = for<'g> fn(Var<'g>) -> Var<'g>;
    let all: &[(Function, Function)] = &[
        (|x| x.sqrt().square(), |x| x),
        (|x| x.sqrt() * x, |x| x.pow(1.5)),
        (|x| x.ln().exp(), |x| x),
        (|x| (x.ln() * -1.5).exp(), |x| x.pow(-1.5)),
        (|x| 3.0 / (2.0 * x.recip()).square(), |x| 0.75 * x.square()),
        (|x| -(x.sqrt() / -2.0).pow(3.0), |x| 0.125 * x.pow(1.5)),
    ];
    for (i, (f, plain)) in all.iter().enumerate() {
        let g = Graph::new();
        let x = g.value(tensor![0.3, 1.0, 7.0]);
        let (mut a, mut b) = (f(x), plain(x));
        for order in 0..4 {
            let (found, expected) = (a.eval::<f64>().expect("it runs"), b.eval::<f64>().expect("it runs"));
            for (&found, &expected) in found.iter().zip(expected.iter()) {
                assert!(
                    (found - expected).abs() <= 1e-13 * expected.abs(),
                    "{i}, order {order}: {found} instead of {expected}"
                );
            }
            (a, b) = (a.sum(..).grad(x), b.sum(..).grad(x));
        }
    }
    // Even powers take the sign away, and there is no root of a negative number.
    let g = Graph::new();
    let x = g.value(tensor![-2.0, 0.5]);
    let d = |y: Var<'_>| y.sum(..).grad(x).to_string();
    assert_eq!(d((x * x).sqrt()), "[-1, 1]");
    assert_eq!(d(x.square().square().pow(0.25)), "[-1, 1]");
    assert_eq!(d(x.square().pow(1.5)), "[-12, 0.75]");
    assert_eq!(d(x.square().ln().exp()), "[-4, 1]");
    assert_eq!(d(x.recip().recip()), "[1, 1]");
    assert_eq!(d(x.sqrt().square()), "[NaN, 1]");
    assert_eq!(d(x.ln().exp()), "[NaN, 1]");
}

#[test]
fn a_value_between_keeps_its_own_derivative() {
    let g = Graph::new();
    let x = g.value(4.0);
    let root = x.sqrt();
    let y = root.square() + root;
    let all = y.grads(&[x, root]);
    assert_eq!([all[0].to_string(), all[1].to_string()], ["1.25", "5"]);
    assert_eq!(root.square().grad(root).to_string(), "4");
    assert_eq!(y.jvp(root, g.value(1.0)).to_string(), "5");
}

#[test]
fn a_zero_of_a_mask_wins_over_an_infinite_slope() {
    type Masked = for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>;
    let all: &[(&str, Masked)] = &[
        ("select", |x, _| x.gt(1.0).select(x.sqrt().square().ln(), 0.0)),
        ("a mask", |x, _| x.gt(1.0) * x.sqrt()),
        ("a mask of a value", |x, _| x.gt(1.0).detach() * x.sqrt().sin()),
        ("a weight", |x, w| w * x.sqrt()),
        ("a weight of a function", |x, w| w.sin() * x.sqrt()),
        ("a weight before a product", |x, w| (w * x.sqrt()) * 3.0),
        ("relu within", |x, _| (x - 1.0).relu().sqrt()),
        ("relu around", |x, _| (x.sqrt() - 1.0).relu()),
        ("a matrix of weights", |x, w| w.reshape([1, 1]).matmul(x.sqrt().reshape([1, 1]))),
        ("maximum", |x, _| x.sqrt().maximum(1.0)),
        ("clamp", |x, _| x.sqrt().clamp(1.0, 2.0)),
        ("strong_mul", |x, _| x.sin().strong_mul(x.sqrt())),
    ];
    for (name, f) in all {
        let g = Graph::new();
        let (x, w) = (g.value(0.0), g.value(0.0));
        let y = f(x, w).sum(..);
        let mut found = vec![y.grad(x), y.grads(&[x, w])[0]];
        if !name.contains("matrix") {
            found.push(y.jvp(x, x.ones_like()));
        }
        for d in found {
            assert_eq!(d.eval::<f64>().expect("it runs").item(), 0.0, "{name}");
        }
    }
}

fn numbers(x: Var<'_>) -> Vec<f64> {
    x.eval::<f64>().expect("it runs").iter().copied().collect()
}

#[test]
fn a_norm_is_right_at_0_and_at_the_ends_of_the_numbers() {
    let g = Graph::new();
    for (x, norm) in [
        ([3e-320, 4e-320], 5e-320),
        ([3e300, -4e300], 5e300),
        ([0.0, -2.0], 2.0),
        ([0.0, -0.0], 0.0),
        ([INFINITY, 1.0], INFINITY),
        ([f64::MIN_POSITIVE, 0.0], f64::MIN_POSITIVE),
    ] {
        let x = g.value(Tensor::from(x.to_vec()));
        let y = x.norm(..);
        assert_eq!(numbers(y), [norm]);
        if norm > 0.0 && norm < INFINITY {
            let slopes = numbers(y.grad(x));
            for (slope, unit) in slopes.iter().zip(numbers(x.l2_normalize(0))) {
                assert_eq!(*slope, unit);
            }
            let length = slopes.iter().map(|slope| slope * slope).sum::<f64>();
            assert!((length - 1.0).abs() < 1e-15, "{slopes:?}");
        }
    }
    let single = g.value(tensor![3e30, 4e30]).norm(..).eval::<f32>().expect("it runs").item();
    assert!((single / 5e30 - 1.0).abs() < 1e-6);
    // 0 is the slope at 0 that we choose, of every composition in which the norm is a part.
    let zero = g.value(tensor![[0.0, 0.0], [1.0, 0.0]]);
    for y in [zero.norm(-1), zero.std(-1), zero.sample_std(-1), zero.norm(-1).exp(), zero.norm(-1).sin()] {
        assert_eq!(numbers(y.sum(..).grad(zero))[..2], [0.0, 0.0]);
    }
    for y in [zero.l2_normalize(-1), zero.cosine_similarity(zero.exp(), -1)] {
        assert_eq!(numbers(y)[0], 0.0);
        assert_eq!(numbers(y.sum(..).grad(zero))[0], 0.0);
    }
    let nothing = g.value(Tensor::<f64>::zeros([2, 0]));
    assert_eq!(numbers(nothing.norm(1)), [0.0, 0.0]);
}

#[test]
fn the_hessian_of_a_squared_norm_is_twice_the_identity_everywhere() {
    let g = Graph::new();
    for x in [[0.0, 0.0, 0.0], [0.1, -0.7, 3.0], [0.0, 1e-200, 0.0], [1e200, 1.0, -3e150]] {
        let x = g.value(Tensor::from(x.to_vec()));
        for y in [
            x.norm(..).square(),
            x.norm(0).pow(2.0).sum(..),
            x.norm(..) * x.norm(..),
            (2.0 * x.norm(..)).square() / 4.0,
        ] {
            let (h, expected) = (numbers(y.hessian(x)), [2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0]);
            assert_eq!(h, expected);
            let along = y.jvp(x, x.ones_like());
            assert_eq!(numbers(along.grad(x)), [2.0, 2.0, 2.0]);
        }
    }
}

#[test]
fn folds_of_exponentials_are_right_beside_infinities() {
    let (inf, g) = (INFINITY, Graph::new());
    let cases: &[(&[f64], f64, &[f64])] = &[
        (&[inf, 0.0], inf, &[1.0, 0.0]),
        (&[0.0, inf, inf], inf, &[0.0, 0.5, 0.5]),
        (&[-inf, 0.0], 0.0, &[0.0, 1.0]),
        (&[inf, -inf], inf, &[1.0, 0.0]),
        (&[-inf, -inf], -inf, &[0.0, 0.0]),
        (&[-inf], -inf, &[0.0]),
        (&[inf], inf, &[1.0]),
    ];
    for (x, value, slopes) in cases {
        let x = g.value(Tensor::from(x.to_vec()));
        let y = x.logsumexp(..);
        assert_eq!(numbers(y), [*value], "logsumexp of {x}");
        assert_eq!(numbers(y.grad(x)), *slopes, "slopes of logsumexp of {x}");
        if *value > -inf {
            assert_eq!(numbers(x.softmax(0)), *slopes, "softmax of {x}");
            let log = numbers(x.log_softmax(0));
            for (log, share) in log.iter().zip(slopes.iter()) {
                assert!((log.exp() - share).abs() < 1e-15, "log_softmax of {x} has {log}");
            }
        }
        if let [a, b] = numbers(x)[..] {
            let (a, b) = (g.value(a), g.value(b));
            let y = a.logaddexp(b);
            assert_eq!(numbers(y), [*value], "logaddexp of {x}");
            assert_eq!(y.grads(&[a, b]).iter().flat_map(|d| numbers(*d)).collect::<Vec<_>>(), *slopes);
        }
    }
    let nan = g.value(tensor![f64::NAN, inf]);
    assert!(numbers(nan.logsumexp(..))[0].is_nan() && numbers(nan.softmax(0)).iter().all(|p| p.is_nan()));
    let both = g.value(inf);
    assert_eq!(numbers(both.logaddexp(g.value(inf)).grad(both)), [0.5]);
}

#[test]
fn the_conventions_at_0_are_these() {
    let g = Graph::new();
    let zero = g.value(0.0);
    let value_and_slope = |y: Var<'_>| (numbers(y)[0], numbers(y.sum(..).grad(zero))[0]);
    assert_eq!(value_and_slope(zero.pow(0.0)), (1.0, 0.0));
    assert_eq!(value_and_slope(zero.norm(..)), (0.0, 0.0));
    assert_eq!(value_and_slope(g.stack(&[zero, zero], 0).norm(..)), (0.0, 0.0));
    assert_eq!(value_and_slope(g.stack(&[zero, zero], 0).std(..)), (0.0, 0.0));
    assert_eq!(value_and_slope(zero.abs()), (0.0, 0.0));
    assert_eq!(value_and_slope(zero.sqrt()), (0.0, INFINITY));
    assert_eq!(value_and_slope(zero.ln()), (-INFINITY, INFINITY));
}

#[test]
fn a_slope_of_a_power_in_disguise_is_right_or_nan() {
    // The slope at 0 is 1 for each. A fed exponent is not known when the gradient is recorded.
    type Of = for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>;
    let all: [(&str, bool, Of); 8] = [
        ("root, fed square", false, |x, two| x.sqrt().pow(two)),
        ("fed square, root", false, |x, two| x.pow(two).pow(0.5)),
        ("third power of the third root, fed", false, |x, two| x.pow(1.0 / 3.0).pow(two + 1.0)),
        ("root of the fourth power of the root", true, |x, _| x.sqrt().pow(4.0).sqrt()),
        ("root of the square of the square of the root", true, |x, _| x.sqrt().square().square().sqrt()),
        ("root of the exponential of twice the logarithm", true, |x, _| (x.ln() * 2.0).exp().sqrt()),
        ("root of a product of powers", true, |x, _| (x.sqrt() * x.pow(1.5)).sqrt()),
        ("square of the root", true, |x, _| x.sqrt().square()),
    ];
    for (name, known, of) in all {
        let g = Graph::new();
        let (x, two) = (g.value(tensor![0.0]), g.input("two", [1]));
        let y = of(x, two);
        let slope = y.sum(..).grad(x);
        let mut program = g.compile::<f64>([slope]).expect("it compiles");
        let found = program.run(&Params::new(), [(two, &tensor![2.0])]).expect("it runs").at(0).item();
        assert!(found == 1.0 || (found.is_nan() && !known), "{name}: {found}");
    }
}

/// Compares with the f64 run of the same graph, which is far from its own limits.
fn as_in_f64(name: &str, at: &[f64], of: for<'g> fn(Var<'g>) -> Var<'g>) {
    let g = Graph::new();
    // Numbers that f32 has as well, so that both runs have one point.
    let x = g.value(Tensor::from_fn([at.len()], |i| f64::from(at[i[0]] as f32)));
    let y = of(x);
    let (narrow, wide) = (y.eval::<f32>().expect("f32"), y.eval::<f64>().expect("f64"));
    let largest = wide.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    for (found, expected) in narrow.iter().zip(wide.iter()) {
        assert!(
            (f64::from(*found) - expected).abs() <= 2e-5 * largest,
            "{name} at {at:?}: {found}, not {expected}"
        );
    }
}

#[test]
fn powers_of_a_norm_are_right_far_from_1() {
    for s in [1e-14, 1e-9, 1.0, 1e9, 3e14] {
        let at = [3.0 * s, 4.0 * s];
        as_in_f64("1/norm", &at, |x| (1.0 / x.norm(..)).grad(x));
        as_in_f64("the root of a norm", &at, |x| x.norm(..).sqrt().grad(x));
        as_in_f64("l2_normalize", &at, |x| x.l2_normalize(..).slice(0, ..1).sum(..).grad(x));
        if (1e-9..=1e9).contains(&s) {
            as_in_f64("second of l2_normalize", &at, |x| {
                let slope = x.l2_normalize(..).slice(0, ..1).sum(..).grad(x);
                slope.slice(0, ..1).sum(..).grad(x)
            });
        }
    }
    as_in_f64("a factor", &[1e-20], |x| (x.sqrt() * 1e25).square().ln().sum(..).grad(x));
    as_in_f64("a factor", &[1e20], |x| (x.sqrt() * 1e-25).square().ln().sum(..).grad(x));
}

#[test]
fn a_unit_vector_of_nothing_stops_no_trap_and_of_nan_has_no_slope() {
    let g = Graph::new();
    let x = g.input("x", [2, 2]);
    let slope = (x.l2_normalize(-1) * g.value(tensor![1.0, 2.0])).sum(..).grad(x);
    let mut program = g.compile::<f64>([slope]).expect("it compiles");
    program.trap_non_finite(true);
    let out = program.run(&Params::new(), [(x, &tensor![[0.0, 0.0], [3.0, 4.0]])]).expect("no trap");
    assert_eq!(out.at(0).row(0), [0.0, 0.0]);
    program.trap_non_finite(false);
    let out = program.run(&Params::new(), [(x, &tensor![[f64::NAN, 1.0], [3.0, 4.0]])]).expect("it runs");
    assert!(out.at(0).row(0).iter().all(|x| x.is_nan()) && out.at(0).row(1).iter().all(|x| x.is_finite()));
}

/// The limits of the derivatives of `aᵇ` as `a` falls to 0, checked against points that do.
#[test]
fn all_derivatives_of_a_power_up_to_order_2_are_limits_at_0() {
    let inf = INFINITY;
    // b; the value; the slopes in a and in b; the second ones in aa, ab, bb.
    let limits: [(f64, [f64; 6]); 9] = [
        (-2.0, [inf, -inf, -inf, inf, inf, inf]),
        (-0.5, [inf, -inf, -inf, inf, inf, inf]),
        (0.0, [1.0, 0.0, -inf, 0.0, inf, inf]),
        (0.3, [0.0, inf, 0.0, -inf, -inf, 0.0]),
        (1.0, [0.0, 1.0, 0.0, 0.0, -inf, 0.0]),
        (1.5, [0.0, 0.0, 0.0, inf, 0.0, 0.0]),
        (2.0, [0.0, 0.0, 0.0, 2.0, 0.0, 0.0]),
        (2.5, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (7.0, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ];
    for (exponent, expected) in limits {
        let at = |base: f64| {
            let g = Graph::new();
            let (a, b) = (g.value(base), g.value(exponent));
            let y = a.pow(b);
            let [in_a, in_b] = [y.grad(a), y.grad(b)];
            let both = [in_a.grad(b), in_b.grad(a)];
            let forward = [in_a.jvp(b, b.ones_like()), in_b.jvp(a, a.ones_like())];
            let all = [y, in_a, in_b, in_a.grad(a), both[0], in_b.grad(b)].map(|d| numbers(d)[0]);
            for other in [both[1], forward[0], forward[1]] {
                let (other, mixed) = (numbers(other)[0], all[4]);
                assert!(
                    other == mixed || (other - mixed).abs() <= 1e-14 * mixed.abs(),
                    "a = {base}, b = {exponent}"
                );
            }
            all
        };
        assert_eq!(at(0.0), expected, "b = {exponent}");
        // From 1e-10 to 1e-300, each comes nearer to its limit.
        let (near, nearer) = (at(1e-10), at(1e-100));
        for i in 0..6 {
            let away = |x: f64| match expected[i] {
                limit if limit.is_infinite() => 1.0 / (x * limit.signum()).max(0.0),
                limit => (x - limit).abs(),
            };
            let (first, then) = (away(near[i]), away(nearer[i]));
            assert!(
                then < first || then == 0.0,
                "b = {exponent}, derivative {i}: {} and {}",
                near[i],
                nearer[i]
            );
        }
    }
}

#[test]
fn the_deviation_of_equal_numbers_is_0() {
    for n in [2, 3, 7, 10, 100] {
        for k in 1..200 {
            let g = Graph::new();
            let x = g.value(Tensor::full([n], 0.1 * f64::from(k)));
            for deviation in [x.std(..), x.sample_std(..)] {
                assert_eq!(deviation.eval::<f64>().expect("it runs").item(), 0.0, "{n} times 0.1 * {k}");
                assert_eq!(deviation.eval::<f32>().expect("it runs").item(), 0.0, "{n} times 0.1 * {k}");
                let slope = deviation.grad(x).eval::<f64>().expect("it runs");
                assert!(slope.iter().all(|x| *x == 0.0), "{slope}");
            }
        }
    }
    // Their mean overflows.
    let g = Graph::new();
    assert_eq!(g.value(tensor![2e38, 2e38]).std(..).eval::<f32>().expect("it runs").item(), 0.0);
}

#[test]
fn sparsemax_is_a_limit_beside_infinities() {
    const FAR: f64 = f64::NEG_INFINITY;
    for (x, expected) in [
        (tensor![1.0, 2.0, FAR], [0.0, 1.0, 0.0]),
        (tensor![1.0, 1.25, FAR], [0.375, 0.625, 0.0]),
        (tensor![FAR, 5.0, FAR], [0.0, 1.0, 0.0]),
        (tensor![f64::INFINITY, 0.0, FAR], [1.0, 0.0, 0.0]),
        (tensor![f64::INFINITY, 0.0, f64::INFINITY], [0.5, 0.0, 0.5]),
        (tensor![FAR, FAR, FAR], [0.0, 0.0, 0.0]),
    ] {
        let g = Graph::new();
        let v = g.value(x.clone());
        let p = v.sparsemax(-1);
        assert_eq!(p.eval::<f64>().expect("it runs").data(), expected, "{x}");
        // As far below as it is, the slopes are those beside a number far below.
        let near = g.value(x.map(|x| x.clamp(-1e6, 1e6)));
        let slope = |v: Var<'_>, p: Var<'_>| (p.square().sum(..)).grad(v).eval::<f64>().expect("it runs");
        let found = slope(v, p);
        assert_eq!(
            found,
            slope(near, near.sparsemax(-1)).map(|s| if expected == [0.0; 3] { 0.0 } else { *s }),
            "{x}"
        );
    }
}

#[test]
fn sparsemax_does_not_lose_a_nan() {
    let g = Graph::new();
    for at in 0..3 {
        let row = |i: usize| if i == at { f64::NAN } else { [3.0, 1.0, f64::NEG_INFINITY][i] };
        let x = g.value(Tensor::from([[row(0), row(1), row(2)], [1.0, 0.5, -1.0]]));
        let p = x.sparsemax(-1).eval::<f64>().expect("it runs");
        assert!(p.data()[..3].iter().all(|p| p.is_nan()), "{p}");
        assert_eq!(p.data()[3..], [0.75, 0.25, 0.0]);
    }
}

#[test]
fn a_number_times_its_logarithm_has_its_slope_at_subnormal_numbers() {
    for x in [5e-324, 1e-310, 4e-309, 1e-300, 0.5, 1e300] {
        let g = Graph::new();
        let v = g.value(x);
        for y in [v * v.ln(), v.xlogy(v), v.ln() * v] {
            let found = y.grad(v).eval::<f64>().expect("it runs").item();
            let truth = x.ln() + 1.0;
            assert!((found - truth).abs() <= 4e-16 * truth.abs(), "at {x:e}: {found}, not {truth}");
        }
    }
}
