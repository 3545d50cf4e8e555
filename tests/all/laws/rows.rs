//! Laws of the table's rows, as functions of numbers: slopes, kinks, ranges, extremes.

use crate::catalog::maps::sample;
use crate::law::{derive::slope, near};
use gradus::op::{Map, Real};
use gradus::table::REAL;
use gradus::{Graph, Var};

/// Many points of a row's domain, at least 0.1 from its kinks and ties: each argument walks its
/// own lattice, as in the catalog, at its own pace.
fn points(map: Map) -> Vec<Vec<f64>> {
    let argument = |i: usize, k: usize| {
        let (low, high) = map.domain()[i];
        let j = (k * [1, 7, 11][i] + 3 * i) % 40;
        let x = 0.6 * (j as f64 - 20.0) + 0.2 * i as f64 + 0.1;
        match (low.is_finite(), high.is_finite()) {
            // Steps of a fraction of the whole, so that none is at the middle.
            (true, true) => low + (high - low) * (0.05 + 0.9 * (j as f64 / 39.0)),
            (true, _) => low + 0.25 + 0.6 * j as f64 + 0.2 * i as f64,
            (_, true) => high - 0.25 - 0.6 * j as f64 - 0.2 * i as f64,
            _ => x,
        }
    };
    (0..120)
        .map(|k| (0..map.args().len()).map(|i| argument(i, k)).collect::<Vec<f64>>())
        .filter(|x| apart(x))
        .collect()
}

/// No two arguments closer than 0.1, and none closer to zero.
fn apart(x: &[f64]) -> bool {
    let pairs = (0..x.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    x.iter().all(|x| x.abs() > 0.099) && pairs.into_iter().all(|(i, j)| (x[i] - x[j]).abs() > 0.099)
}

fn slope_at(map: Map, i: usize, x: &[f64]) -> f64 {
    map.slope(i, x, map.value(x)).unwrap_or(0.0)
}

#[test]
fn the_catalogs_samples_keep_away_from_kinks_and_ties() {
    for &map in Map::ALL {
        let tensors: Vec<_> = (0..map.args().len()).map(|i| sample(map, i, &[20])).collect();
        for k in 0..20 {
            let x: Vec<f64> = tensors.iter().map(|tensor| tensor.data()[k]).collect();
            assert!(apart(&x), "{}: {x:?}", map.name());
            for (x, (low, high)) in x.iter().zip(map.domain()) {
                assert!(x > low && x < high, "{}: {x}", map.name());
            }
        }
    }
}

#[test]
fn every_slope_is_the_limit_of_differences_all_over_the_domain() {
    let mut worst = (0.0, "");
    for &map in Map::ALL {
        assert!(points(map).len() >= 20, "{}", map.name());
        for x in points(map) {
            for i in 0..x.len() {
                let moved = |h: f64| {
                    let mut x = x.clone();
                    x[i] += h;
                    Ok(vec![map.value(&x)])
                };
                let (expected, rounding) = slope(0.04, moved).expect("a row cannot fail");
                let found = slope_at(map, i, &x);
                assert_eq!(map.flat(i), map.slope(i, &x, map.value(&x)).is_none(), "{}", map.name());
                let scale = found.abs() + rounding[0] / 1e-9;
                let what = format!("{}'s slope in {} at {x:?}", map.name(), map.args()[i]);
                let error = near(&what, found, expected[0], scale, 1e-9)
                    .unwrap_or_else(|problem| panic!("{problem}"));
                if error > worst.0 {
                    worst = (error, map.name());
                }
            }
        }
    }
    println!("worst error {worst:?}");
}

#[test]
fn every_value_is_inside_the_rows_range() {
    for &map in Map::ALL {
        let (low, high) = map.range();
        let far = [-1e300, -1e4, -700.0, 700.0, 1e4, 1e300];
        let inside = |x: f64, i: usize| x > map.domain()[i].0 && x < map.domain()[i].1;
        let extremes = far.iter().map(|&x| vec![x; map.args().len()]);
        let extremes = extremes.filter(|x| x.iter().enumerate().all(|(i, &x)| inside(x, i)));
        for x in points(map).into_iter().chain(extremes) {
            let y = map.value(&x);
            assert!(low <= y && y <= high, "{} of {x:?} is {y}, not from {low} to {high}", map.name());
        }
    }
}

#[test]
fn at_every_kink_the_slope_is_the_declared_one_in_numbers_and_in_graphs() {
    for &map in Map::ALL {
        for kink in map.kinks() {
            let g = Graph::new();
            let x: Vec<_> = kink.at.iter().map(|&x| g.value(x)).collect();
            let gradients = Real::row(map, &x).grads(&x);
            for (i, &chosen) in kink.slopes.iter().enumerate() {
                let (low, high) = kink.between[i];
                assert!(low <= chosen && chosen <= high, "{}: {chosen} in {low}..{high}", map.name());
                assert_eq!(slope_at(map, i, kink.at), chosen, "{} at {:?}", map.name(), kink.at);
                let recorded = gradients[i].eval::<f64>().expect("it has a value").item();
                assert_eq!(recorded, chosen, "{} at {:?}, recorded", map.name(), kink.at);
            }
        }
    }
}

/// The rows with kinks that bend beside them, or divide by 6, which rounds.
const BENT: [Map; 7] =
    [Map::Elu, Map::EluGrad, Map::Selu, Map::SeluGrad, Map::HardSwish, Map::HardSigmoid, Map::Atan2];

#[test]
fn at_every_kink_the_declared_interval_is_that_of_the_one_sided_quotients() {
    for &map in Map::ALL {
        for kink in map.kinks() {
            for (i, &(low, high)) in kink.between.iter().enumerate() {
                // Between two points of one side, so that a jump at the kink itself is no slope.
                let beside = |h: f64| {
                    let value = |h: f64| {
                        let mut x = kink.at.to_vec();
                        x[i] += h;
                        map.value(&x)
                    };
                    (value(2.0 * h) - value(h)) / h
                };
                let (name, arg) = (map.name(), map.args()[i]);
                if !BENT.contains(&map) {
                    // A power of two: exact for every row of straight lines through exact numbers.
                    let h = (-20f64).exp2();
                    let (left, right) = (beside(-h), beside(h));
                    let found = (left.min(right), left.max(right));
                    assert_eq!(found, (low, high), "{name} in {arg} at {:?}", kink.at);
                    continue;
                }
                // Extrapolating once leaves an error of about h², 4e-9.
                let h = (-14f64).exp2();
                let slope = |h: f64| 2.0 * beside(h / 2.0) - beside(h);
                let (left, right) = (slope(-h), slope(h));
                for (found, declared) in [(left.min(right), low), (left.max(right), high)] {
                    let near = (found - declared).abs() <= 4.0 * h * h;
                    assert!(near, "{name} in {arg} at {:?}: {found}, not {declared}", kink.at);
                }
            }
        }
    }
}

#[test]
fn rows_of_one_real_number_make_no_nan_at_the_extremes() {
    let far = [700.0, 745.2, 1e4, 1e154, 1e300, f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.0];
    for &map in Map::ALL.iter().filter(|map| map.domain() == [REAL]) {
        let bounded = map.range().0.is_finite() && map.range().1.is_finite();
        for x in far.iter().flat_map(|&x| [x, -x]) {
            let (y, slope) = (map.value(&[x]), slope_at(map, 0, &[x]));
            assert!(!y.is_nan() && !slope.is_nan(), "{} at {x}: {y}, slope {slope}", map.name());
            assert!(
                !bounded || (y.is_finite() && slope.is_finite()),
                "{} at {x}: {y}, slope {slope}",
                map.name()
            );
            let x = (x as f32).clamp(f32::MIN, f32::MAX);
            let y = map.value(&[x]);
            let slope = map.slope(0, &[x], y).unwrap_or(0.0);
            assert!(!y.is_nan() && !slope.is_nan(), "{} at {x} in f32: {y}, slope {slope}", map.name());
        }
    }
}

/// Arguments in which a row need not pass on a NaN: a mask says no to it, a choice does not read the
/// side that it leaves, and an exact zero wins in `strong_mul`. (IEEE's `pow(1, NaN)` and `pow(NaN, 0)` are
/// 1 as well; no point here is one of them.)
const DEAF: &[(Map, &[usize])] = &[
    (Map::Lt, &[0, 1]),
    (Map::Le, &[0, 1]),
    (Map::Eq, &[0, 1]),
    (Map::Select, &[0, 2]),
    (Map::LeakyRelu, &[1]),
    (Map::Elu, &[1]),
    (Map::EluGrad, &[1]),
];

#[test]
fn nan_in_gives_nan_out() {
    for &map in Map::ALL {
        for i in 0..map.args().len() {
            // 0.5, 1.5, 2.5: positive, so that select takes its first side and leaky_relu reads no alpha.
            let mut x: Vec<f64> = (0..map.args().len()).map(|i| i as f64 + 0.5).collect();
            x[i] = f64::NAN;
            let deaf = DEAF.iter().any(|(row, args)| *row == map && args.contains(&i));
            assert_eq!(map.value(&x).is_nan(), !deaf, "{} of {x:?} is {}", map.name(), map.value(&x));
        }
    }
    assert!(Map::Select.value(&[0.0, 1.0, f64::NAN]).is_nan());
    assert!(Map::LeakyRelu.value(&[-1.0, f64::NAN]).is_nan());
    assert!([Map::Elu, Map::EluGrad].iter().all(|map| map.value(&[-1.0, f64::NAN]).is_nan()));
    assert_eq!([Map::StrongMul.value(&[0.0, f64::NAN]), Map::StrongMul.value(&[f64::NAN, 0.0])], [0.0, 0.0]);
}

#[test]
fn infinities_give_the_limits() {
    let inf = f64::INFINITY;
    // The row, then value and slope at −∞ and at ∞.
    let limits: &[(Map, [f64; 2], [f64; 2])] = &[
        (Map::Neg, [inf, -1.0], [-inf, -1.0]),
        (Map::Square, [inf, -inf], [inf, inf]),
        (Map::Abs, [inf, -1.0], [inf, 1.0]),
        (Map::Sign, [-1.0, 0.0], [1.0, 0.0]),
        (Map::Step, [0.0, 0.0], [1.0, 0.0]),
        (Map::Exp, [0.0, 0.0], [inf, inf]),
        (Map::ExpM1, [-1.0, 0.0], [inf, inf]),
        (Map::Exp2, [0.0, 0.0], [inf, inf]),
        (Map::Exp2Grad, [0.0, 0.0], [inf, inf]),
        (Map::Sinh, [-inf, inf], [inf, inf]),
        (Map::Cosh, [inf, -inf], [inf, inf]),
        (Map::Asinh, [-inf, 0.0], [inf, 0.0]),
        (Map::Erf, [-1.0, 0.0], [1.0, 0.0]),
        (Map::Erfc, [2.0, 0.0], [0.0, 0.0]),
        (Map::Sigmoid, [0.0, 0.0], [1.0, 0.0]),
        (Map::Tanh, [-1.0, 0.0], [1.0, 0.0]),
        (Map::Relu, [0.0, 0.0], [inf, 1.0]),
        (Map::Softplus, [0.0, 0.0], [inf, 1.0]),
        (Map::LogSigmoid, [-inf, 1.0], [0.0, 0.0]),
        (Map::Gaussian, [0.0, 0.0], [0.0, 0.0]),
        (Map::Silu, [0.0, 0.0], [inf, 1.0]),
        (Map::NormalPdf, [0.0, 0.0], [0.0, 0.0]),
        (Map::NormalCdf, [0.0, 0.0], [1.0, 0.0]),
        (Map::LogNormalCdf, [-inf, inf], [0.0, 0.0]),
        (Map::Gelu, [0.0, 0.0], [inf, 1.0]),
        (Map::Relu6, [0.0, 0.0], [6.0, 0.0]),
        (Map::ReluSquared, [0.0, 0.0], [inf, inf]),
        (Map::Selu, [-1.758_099_340_847_376_6, 0.0], [inf, 1.050_700_987_355_480_5]),
        (Map::Mish, [0.0, 0.0], [inf, 1.0]),
        (Map::HardSigmoid, [0.0, 0.0], [1.0, 0.0]),
        (Map::HardSwish, [0.0, 0.0], [inf, 1.0]),
        (Map::Softsign, [-1.0, 0.0], [1.0, 0.0]),
        (Map::GeluTanh, [0.0, 0.0], [inf, 1.0]),
        (Map::GeluSigmoid, [0.0, 0.0], [inf, 1.0]),
        (Map::Isru, [-1.0, 0.0], [1.0, 0.0]),
        (Map::Arctan, [-std::f64::consts::FRAC_PI_2, 0.0], [std::f64::consts::FRAC_PI_2, 0.0]),
        (Map::BentIdentity, [-inf, 0.5], [inf, 1.5]),
        (Map::Logcosh, [inf, -1.0], [inf, 1.0]),
        (Map::Tanhshrink, [-inf, 1.0], [inf, 1.0]),
        (Map::HardTanh, [-1.0, 0.0], [1.0, 0.0]),
        (Map::LogisticPdf, [0.0, 0.0], [0.0, 0.0]),
        (Map::TanhGrad, [0.0, 0.0], [0.0, 0.0]),
        (Map::SeluGrad, [0.0, 0.0], [1.050_700_987_355_480_5, 0.0]),
        (Map::ArctanGrad, [0.0, 0.0], [0.0, 0.0]),
        (Map::IsruGrad, [0.0, 0.0], [0.0, 0.0]),
        (Map::NormalPdfGrad, [0.0, 0.0], [0.0, 0.0]),
        (Map::NormalPdfGrad2, [0.0, 0.0], [0.0, 0.0]),
        (Map::LogNormalCdfGrad, [inf, -1.0], [0.0, 0.0]),
        (Map::LogNormalCdfGrad2, [-1.0, 0.0], [0.0, 0.0]),
        (Map::LogNormalCdfGrad3, [0.0, 0.0], [0.0, 0.0]),
        (Map::GaussianGrad, [0.0, 0.0], [0.0, 0.0]),
        (Map::GaussianGrad2, [0.0, 0.0], [0.0, 0.0]),
        (Map::GeluGrad, [0.0, 0.0], [1.0, 0.0]),
        (Map::GeluGrad2, [0.0, 0.0], [0.0, 0.0]),
        (Map::SiluGrad, [0.0, 0.0], [1.0, 0.0]),
        (Map::SiluGrad2, [0.0, 0.0], [0.0, 0.0]),
        (Map::GeluTanhGrad, [0.0, 0.0], [1.0, 0.0]),
        (Map::GeluTanhGrad2, [0.0, 0.0], [0.0, 0.0]),
        (Map::GeluSigmoidGrad, [0.0, 0.0], [1.0, 0.0]),
        (Map::GeluSigmoidGrad2, [0.0, 0.0], [0.0, 0.0]),
        (Map::MishGrad, [0.0, 0.0], [1.0, 0.0]),
        (Map::MishGrad2, [0.0, 0.0], [0.0, 0.0]),
    ];
    for &(map, down, up) in limits {
        for (x, expected) in [(-inf, down), (inf, up)] {
            let found = [map.value(&[x]), slope_at(map, 0, &[x])];
            assert_eq!(found, expected, "{} at {x}", map.name());
        }
    }
    let right = [
        (Map::Sqrt, inf, 0.0),
        (Map::Ln, inf, 0.0),
        (Map::Ln1p, inf, 0.0),
        (Map::Log2, inf, 0.0),
        (Map::Log10, inf, 0.0),
        (Map::Cbrt, inf, 0.0),
        (Map::CbrtGrad, 0.0, 0.0),
        (Map::Rsqrt, 0.0, 0.0),
        (Map::Acosh, inf, 0.0),
        (Map::AcoshGrad, 0.0, 0.0),
    ];
    for (map, value, slope) in right {
        assert_eq!([map.value(&[inf]), slope_at(map, 0, &[inf])], [value, slope], "{}", map.name());
    }
    for (map, end) in [(Map::Ln, 0.0), (Map::Ln1p, -1.0), (Map::Log2, 0.0), (Map::Log10, 0.0)] {
        assert_eq!([map.value(&[end]), slope_at(map, 0, &[end])], [-inf, inf], "{}", map.name());
    }
    assert_eq!([Map::Sqrt.value(&[0.0]), slope_at(Map::Sqrt, 0, &[0.0])], [0.0, inf]);
    for row in [Map::Sin, Map::Cos] {
        assert!(row.value(&[inf]).is_nan(), "{} has no limit", row.name());
    }
    let one_real = Map::ALL.iter().filter(|map| map.domain() == [REAL]);
    let named = |map: &Map| limits.iter().any(|(row, ..)| row == map) || matches!(map, Map::Sin | Map::Cos);
    let missing: Vec<_> = one_real.filter(|map| !named(map)).collect();
    assert!(missing.is_empty(), "a row's limits are not in the table: {missing:?}");
}

/// What is 0 beside an overflowing product stays 0 to the third order, in the parameter as well.
#[test]
fn third_slopes_in_a_parameter_are_numbers_where_its_product_overflows() {
    let inf = f64::INFINITY;
    let rows: [(&str, for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>); 3] = [
        ("swish", |x, beta| x.swish(beta)),
        ("swish_gate", |x, beta| x.swish_gate(beta)),
        ("softplus_sharp", |x, beta| x.softplus_sharp(beta)),
    ];
    for (name, row) in rows {
        for (x, beta) in
            [(inf, 1.0), (-inf, 1.0), (1e200, 1e200), (-1e200, 1e200), (1e308, 10.0), (-1e308, 10.0)]
        {
            // The arguments of three slopes, each x or beta.
            for path in 0..8 {
                let g = Graph::new();
                let at = [g.value(x), g.value(beta)];
                let mut y = row(at[0], at[1]);
                for order in 0..3 {
                    y = y.grad(at[path >> order & 1]);
                    let found = y.eval::<f64>().expect("it runs").item();
                    assert!(!found.is_nan(), "{name}, order {}, path {path:03b}, at {x}, {beta}", order + 1);
                }
            }
        }
    }
}

#[test]
fn where_clamp_meets_a_bound_the_slope_is_the_bounds_and_slopes_add_up_to_one() {
    let g = Graph::new();
    let all = [-1.0, 0.0, 1.0];
    for (x, low, high) in all.iter().flat_map(|&x| all.map(|low| all.map(|high| (x, low, high)))).flatten() {
        let found: Vec<f64> = (0..3).map(|i| slope_at(Map::Clamp, i, &[x, low, high])).collect();
        // Moving all three by one amount moves the value by it, also where bounds meet or cross.
        assert_eq!(found.iter().sum::<f64>(), 1.0, "{x} held between {low} and {high}: {found:?}");
        let inside = f64::from(low < x && x < high);
        assert_eq!(found[0], inside, "{x} held between {low} and {high}");
        let vars = [x, low, high].map(|each| g.value(each));
        let numbers = vars[0].clamp(low, high).grad(vars[0]);
        assert_eq!(numbers.eval::<f64>().expect("it runs").item(), inside);
        for (slope, expected) in vars[0].clamp(vars[1], vars[2]).grads(&vars).into_iter().zip(found) {
            assert_eq!(slope.eval::<f64>().expect("it runs").item(), expected);
        }
    }
    // PyTorch shares the slope between a value and a tensor that bounds it, which is how these two share it.
    let [x, low, high] = [1.0, 1.0, 2.0].map(|each| g.value(each));
    let shared = x.maximum(low).minimum(high).grads(&[x, low, high]);
    assert_eq!(
        shared.iter().map(|slope| slope.eval::<f64>().expect("it runs").item()).collect::<Vec<_>>(),
        [0.5, 0.5, 0.0]
    );
}
