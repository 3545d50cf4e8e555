//! Values and slopes that are chosen, since the function has none of its own there: at 0, and where `atan2` jumps. The
//! table of the reference is computed, beside what PyTorch and JAX were measured to give.

use gradus::op::{Map, Real};
use gradus::prelude::*;
use std::f64::consts::PI;

/// A point: the function, its arguments, and what Gradus gives: the value, and the slope in each argument.
struct Case {
    name: &'static str,
    at: [f64; 2],
    value: f64,
    slopes: [f64; 2],
}

const fn case(name: &'static str, at: [f64; 2], value: f64, slopes: [f64; 2]) -> Case {
    Case { name, at, value, slopes }
}

const CASES: &[Case] = &[
    case("hypot", [0.0, 0.0], 0.0, [0.0, 0.0]),
    case("atan2", [0.0, 0.0], 0.0, [0.0, 0.0]),
    case("atan2", [0.0, -0.0], PI, [0.0, 0.0]),
    case("atan2", [-0.0, -0.0], -PI, [0.0, 0.0]),
    case("atan2", [0.0, -1.0], PI, [-1.0, 0.0]),
    case("atan2", [-0.0, -1.0], -PI, [-1.0, 0.0]),
    case("norm", [0.0, 0.0], 0.0, [0.0, 0.0]),
    case("std", [1.0, 1.0], 0.0, [0.0, 0.0]),
    // The limits of the slopes are those of x⁰, which is 1, and of 0ᵇ from b > 0.
    case("pow", [0.0, 0.0], 1.0, [0.0, f64::NEG_INFINITY]),
];

fn record<'g>(name: &str, x: [Var<'g>; 2]) -> Var<'g> {
    let both = || x[0].graph().cat(&[x[0].reshape([1]), x[1].reshape([1])], 0);
    match name {
        "norm" => both().norm(..),
        "std" => both().std(..),
        _ => Real::row(*Map::ALL.iter().find(|map| map.name() == name).expect("a row"), &x),
    }
}

/// Value and slopes, and the four second slopes.
fn computed<E: Element>(case: &Case) -> (Vec<f64>, Vec<f64>) {
    let g = Graph::new();
    let x = case.at.map(|x| g.value(x));
    let y = record(case.name, x);
    let slopes = y.grads(&x);
    let second = slopes.iter().flat_map(|slope| slope.grads(&x)).collect::<Vec<_>>();
    let number = |y: &Var<'_>| y.eval::<E>().expect("it runs").item().to_f64();
    let first = std::iter::once(&y).chain(&slopes).map(number).collect();
    (first, second.iter().map(number).collect())
}

#[test]
fn what_is_chosen_at_0_is_so_in_both_types_and_at_both_orders() {
    for case in CASES {
        let expected = [case.value, case.slopes[0], case.slopes[1]];
        let (found, second) = computed::<f64>(case);
        // With its sign, and so is the 0 of a value.
        assert_eq!(found[0].to_bits(), case.value.to_bits(), "{} at {:?}", case.name, case.at);
        assert_eq!(found, expected, "{} at {:?}", case.name, case.at);
        let (single, single_second) = computed::<f32>(case);
        let expected = expected.map(|x| f64::from(x as f32));
        assert_eq!(single, expected, "{} at {:?} in f32", case.name, case.at);
        if !matches!(case.name, "pow") && case.at != [0.0, -1.0] && case.at != [-0.0, -1.0] {
            assert_eq!([second, single_second], [[0.0; 4]; 2], "{} at {:?}, order 2", case.name, case.at);
        }
    }
}

#[test]
fn angles_of_infinite_points_are_those_of_ieee_754() {
    let inf = f64::INFINITY;
    for (y, x) in [0.0, 1.0, inf].into_iter().flat_map(|y| [0.0, 1.0, inf].map(|x| (y, x))) {
        for (y, x) in [(y, x), (-y, x), (y, -x), (-y, -x)] {
            let (found, truth) = (Map::Atan2.value(&[y, x]), libm::atan2(y, x));
            assert!((found - truth).abs() <= 2e-16 * truth.abs(), "atan2({y}, {x}) is {found}, not {truth}");
            assert_eq!(found.is_sign_negative(), truth.is_sign_negative(), "atan2({y}, {x}) is {found}");
            let (single, truth) = (Map::Atan2.value(&[y as f32, x as f32]), truth as f32);
            assert!((single - truth).abs() <= 2e-7 * truth.abs(), "atan2({y}, {x}) is {single}, not {truth}");
            let slopes = [0, 1].map(|i| Map::Atan2.slope(i, &[y, x], found).expect("it has slopes"));
            let length = Map::Hypot.value(&[y, x]);
            assert_eq!(length, libm::hypot(y, x));
            assert!(length.is_finite() || slopes == [0.0, 0.0], "slopes of atan2({y}, {x}) are {slopes:?}");
            let shares = [0, 1].map(|i| Map::Hypot.slope(i, &[y, x], length).expect("it has slopes"));
            assert!(
                shares.iter().all(|share| share.abs() <= 1.0),
                "slopes of hypot({y}, {x}) are {shares:?}"
            );
        }
    }
    for args in [[f64::NAN, inf], [inf, f64::NAN]] {
        assert!(Map::Hypot.value(&args).is_nan() && Map::Atan2.value(&args).is_nan(), "{args:?}");
    }
}

#[test]
fn lengths_neither_overflow_nor_vanish() {
    for scale in [1.0, 1e300, 1e-300, 1e154, 1e-154, 1e-308, 2e307, 5e-324] {
        let [a, b] = [3.0 * scale, 4.0 * scale];
        let h = Map::Hypot.value(&[a, b]);
        assert!((h / (5.0 * scale) - 1.0).abs() < 4e-16, "{h:e} at {scale:e}");
        let shares = [0, 1].map(|i| Map::Hypot.slope(i, &[a, b], h).expect("it has slopes"));
        let off = |i: usize| -> f64 { shares[i] - [0.6, 0.8][i] };
        assert!(off(0).abs().max(off(1).abs()) < 3e-16, "{shares:?} at {scale:e}");
        let expected = 0.16 / scale;
        let [slope, _] = [0, 1].map(|i| Map::Atan2.slope(i, &[a, b], 0.0).expect("it has slopes"));
        assert!(slope == expected || (slope / expected - 1.0).abs() < 4e-16, "{slope:e} at {scale:e}");
    }
    for scale in [1.0f32, 2e37, 1e-38, 1e20, 1e-20, 1e-45] {
        let [a, b] = [3.0 * scale, 4.0 * scale];
        let h = Map::Hypot.value(&[a, b]);
        assert!((h / (5.0 * scale) - 1.0).abs() < 2e-7, "{h:e} at {scale:e}");
    }
    // A small coordinate beside a large one keeps its digits.
    let found = Map::HypotGrad.value(&[1e-160, 1e151]);
    assert!((found / 1e-311 - 1.0).abs() < 1e-12, "{found:e}");
}

#[test]
fn powers_of_two_and_ten_are_exact_and_so_are_their_logarithms() {
    for n in -1074..=1023 {
        let power = libm::ldexp(1.0, n);
        assert_eq!(Map::Exp2.value(&[f64::from(n)]), power, "2^{n}");
        assert_eq!(Map::Log2.value(&[power]), f64::from(n), "log2 of 2^{n}");
        if (-149..=127).contains(&n) {
            assert_eq!(Map::Exp2.value(&[n as f32]), power as f32, "2^{n} in f32");
            assert_eq!(Map::Log2.value(&[power as f32]), n as f32, "log2 of 2^{n} in f32");
        }
    }
    for n in 0..=22 {
        let power: f64 = format!("1e{n}").parse().expect("a number");
        assert_eq!(Map::Log10.value(&[power]), f64::from(n), "log10 of 1e{n}");
        if n <= 10 {
            assert_eq!(Map::Log10.value(&[power as f32]), n as f32, "log10 of 1e{n} in f32");
        }
    }
    // Through a compiled program, of many elements at once.
    let g = Graph::new();
    let n = Tensor::from_fn([253], |i| i[0] as f64 - 126.0);
    let back = g.value(n.clone()).exp2().log2();
    assert_eq!(back.eval::<f64>().expect("it runs"), n);
    assert_eq!(back.eval::<f32>().expect("it runs").map(|&x| f64::from(x)), n);
}

#[test]
fn rounding_is_that_of_python_and_ieee_754() {
    let value = |map: Map, x: f64| map.value(&[x]);
    for (x, floor, ceil, round, trunc) in [
        (2.5, 2.0, 3.0, 2.0, 2.0),
        (3.5, 3.0, 4.0, 4.0, 3.0),
        (-2.5, -3.0, -2.0, -2.0, -2.0),
        (-0.5, -1.0, -0.0, -0.0, -0.0),
        (0.49999999999999994, 0.0, 1.0, 0.0, 0.0),
        (1e300, 1e300, 1e300, 1e300, 1e300),
        (-0.0, -0.0, -0.0, -0.0, -0.0),
        (f64::INFINITY, f64::INFINITY, f64::INFINITY, f64::INFINITY, f64::INFINITY),
    ] {
        let found = [Map::Floor, Map::Ceil, Map::Round, Map::Trunc].map(|map| value(map, x).to_bits());
        assert_eq!(found, [floor, ceil, round, trunc].map(f64::to_bits), "of {x}");
        let single = [Map::Floor, Map::Ceil, Map::Round, Map::Trunc].map(|map| map.value(&[x as f32]));
        let expected = [floor, ceil, round, trunc].map(|y| y as f32);
        assert!(x == 0.49999999999999994 || single == expected, "of {x} in f32: {single:?}");
    }
    // The sign of the divisor, as Python's `%`; the slope in the divisor is −⌊a/b⌋.
    for (a, b, rest, times) in [
        (7.0, 3.0, 1.0, 2.0),
        (-7.0, 3.0, 2.0, -3.0),
        (7.0, -3.0, -2.0, -3.0),
        (-7.0, -3.0, -1.0, 2.0),
        (6.0, 3.0, 0.0, 2.0),
        (1e17, 3.0, 1.0, 33333333333333333.0),
        (5.0, f64::INFINITY, 5.0, 0.0),
    ] {
        let found = Map::Remainder.value(&[a, b]);
        assert_eq!(found, rest, "{a} modulo {b}");
        let slopes = [0, 1].map(|i| Map::Remainder.slope(i, &[a, b], found).expect("it has slopes"));
        assert_eq!(slopes, [1.0, -times], "{a} modulo {b}");
    }
    assert!(
        Map::Remainder.value(&[1.0f64, 0.0]).is_nan()
            && Map::Remainder.value(&[f64::INFINITY, 2.0f64]).is_nan()
    );
    assert_eq!([2.75, -2.75].map(|x| value(Map::Fract, x)), [0.75, -0.75]);
}

#[test]
fn zero_times_a_logarithm_is_zero_with_slopes_that_are_told() {
    let inf = f64::INFINITY;
    for (a, b, value, slopes) in [
        (0.0, 0.0, 0.0, [-inf, 0.0]),
        (0.0, 2.0, 0.0, [std::f64::consts::LN_2, 0.0]),
        (0.0, inf, 0.0, [inf, 0.0]),
        (0.0, -1.0, 0.0, [f64::NAN, 0.0]),
        (2.0, 0.0, -inf, [-inf, inf]),
        (3.0, 1.0, 0.0, [0.0, 3.0]),
    ] {
        let found = Map::Xlogy.value(&[a, b]);
        assert_eq!(found, value, "{a} · ln {b}");
        let found = [0, 1].map(|i| Map::Xlogy.slope(i, &[a, b], found).expect("it has slopes"));
        let same = |i: usize| found[i] == slopes[i] || found[i].is_nan() && slopes[i].is_nan();
        assert!(same(0) && same(1), "{a} · ln {b}: {found:?}");
    }
    assert!(Map::Xlogy.value(&[0.0, f64::NAN]).is_nan());
    // The mixed slope at a = 0 is 1/b, not that of the side that was chosen.
    let g = Graph::new();
    let (a, b) = (g.value(0.0), g.value(4.0));
    assert_eq!(a.xlogy(b).grad(b).grad(a).eval::<f64>().expect("it runs").item(), 0.25);
}

#[test]
fn beyond_their_ends_functions_and_slopes_are_nan() {
    let ends = [(Map::Asin, [1.5f64, -1e30]), (Map::Acos, [1.5, -1e30]), (Map::Acosh, [0.5, -1e30])];
    for (map, at) in ends.into_iter().chain([(Map::Atanh, [1.5, -1e30]), (Map::Erfinv, [1.5f64, -1e30])]) {
        for x in at {
            let slope = map.slope(0, &[x], map.value(&[x])).expect("it has a slope");
            assert!(map.value(&[x]).is_nan() && slope.is_nan(), "{} of {x}, slope {slope}", map.name());
            assert!(map.value(&[x as f32]).is_nan(), "{} of {x} in f32", map.name());
        }
    }
    let inf = f64::INFINITY;
    let at_end = [(Map::Atanh, 1.0, inf, inf), (Map::Erfinv, -1.0, -inf, inf), (Map::Acosh, 1.0, 0.0, inf)];
    for (map, x, value, slope) in
        at_end.into_iter().chain([(Map::Cbrt, 0.0, 0.0, inf), (Map::Rsqrt, 0.0, inf, -inf)])
    {
        let found = [map.value(&[x]), map.slope(0, &[x], map.value(&[x])).expect("it has a slope")];
        assert_eq!(found, [value, slope], "{} at {x}", map.name());
    }
    // Cube roots of negative numbers, with their slopes.
    assert_eq!([Map::Cbrt.value(&[-8.0]), Map::CbrtGrad.value(&[-8.0])], [-2.0, 1.0 / 12.0]);
    // Beyond the largest power that is a number, the slope still is one.
    assert!(Map::Exp2.slope(0, &[1024.2], inf).expect("it has a slope").is_finite());
}

/// The table of the reference.
pub fn table() -> String {
    let measured = crate::peers::Measured::of(include_str!("../reference/zeros.txt"));
    let mut text = String::from(
        "\n## What is chosen at 0\n\nWhere a function has no value or no slope of its own, this is what you get, and beside it what PyTorch and JAX give\n\
         ([`tests/reference/measure_zeros.py`](../tests/reference/measure_zeros.py)): the value; the slope in each argument. Slopes of 0 are of those of all\n\
         sides the smallest, and keep a model finite that meets such a point; `pow` has its limits there. The second slopes at (0, 0) are 0 as well, so that the\n\
         Hessian of `a.hypot(b).square()` is 0 there; that of `a.square() + b.square()` and of `norm(..).square()` is exact.\n\n",
    );
    text += &format!(
        "| function | at | Gradus | {} |\n|---|---|---|---|---|\n",
        measured.libraries().join(" | ")
    );
    let told = |all: &[f64]| {
        let number = |x: &f64| match *x {
            x if x.is_nan() => "NaN".to_string(),
            x if x.abs() == PI => if x > 0.0 { "π" } else { "−π" }.to_string(),
            x if x.is_infinite() => if x > 0.0 { "∞" } else { "−∞" }.to_string(),
            x => (x + 0.0).to_string().replace('-', "−"),
        };
        let slopes: Vec<String> = all[1..].iter().map(number).collect();
        format!("{}; {}", number(&all[0]), slopes.join(", "))
    };
    assert_eq!(measured.lines().len(), CASES.len(), "run tests/reference/measure_zeros.py");
    for (case, line) in CASES.iter().zip(measured.lines()) {
        let at = case.at.map(|x| {
            if x == 0.0 && x.is_sign_negative() { "−0".into() } else { x.to_string().replace('-', "−") }
        });
        let numbers = |words: &String| {
            words.split(',').map(|word| word.parse().expect("a number")).collect::<Vec<f64>>()
        };
        assert_eq!((line[0].as_str(), numbers(&line[1])), (case.name, case.at.to_vec()));
        let cells: Vec<String> = line[2..].iter().map(|words| told(&numbers(words))).collect();
        text += &format!(
            "| `{}` | {} | {} | {} |\n",
            case.name,
            at.join(", "),
            told(&computed::<f64>(case).0),
            cells.join(" | ")
        );
    }
    text
}
