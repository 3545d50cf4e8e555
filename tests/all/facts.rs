//! What is told of activations: their moments against quadrature with arbitrary precision
//! (`tests/reference/make_moments.py`), trends and steepest slopes against what is known.

use gradus::nn::{ACTIVATIONS, Facts, Trend};
use gradus::op::Map;
use gradus::prelude::*;

fn facts(called: &str) -> Facts {
    let (_, activation) = ACTIVATIONS.iter().find(|(name, _)| *name == called).expect("it is listed");
    Facts::of(activation).expect("it is measured")
}

#[test]
fn the_moments_are_those_of_quadrature_with_40_digits() {
    let text = include_str!("../reference/moments.txt");
    let mut worst = 0.0f64;
    for line in text.lines() {
        let mut words = line.split('\t');
        let called = words.next().expect("a name");
        let [mean, second, slope] =
            std::array::from_fn(|_| words.next().expect("a number").parse::<f64>().expect("a number"));
        let facts = facts(called);
        for (found, truth) in [(facts.mean, mean), (facts.second_moment, second), (facts.slope_moment, slope)]
        {
            let error = (found - truth).abs() / truth.abs().max(1.0);
            assert!(error < 1e-13, "{called}: {found}, not {truth}");
            worst = worst.max(error);
        }
    }
    println!("worst error of a moment: {worst:.1e}");
    assert_eq!(text.lines().count(), ACTIVATIONS.len(), "every activation is judged");
}

#[test]
fn known_moments_come_out() {
    // Klambauer et al. 2017: selu keeps mean 0 and variance 1.
    let selu = facts("selu()");
    assert!(selu.mean.abs() < 1e-13 && (selu.gain() - 1.0).abs() < 1e-13);
    // He et al. 2015: √2 for rectifiers.
    let relu = facts("relu()");
    assert!((relu.gain() - 2f64.sqrt()).abs() < 1e-13 && (relu.slope_gain() - 2f64.sqrt()).abs() < 1e-13);
    let sine = facts("sine(1.0)");
    assert!((sine.second_moment - (1.0 - (-2f64).exp()) / 2.0).abs() < 1e-14);
    // A kink that no lattice knows.
    let bent = Facts::of(|x| (x - 0.123).relu()).expect("it is measured");
    let g = Graph::new();
    let above = g.value(-0.123).normal_cdf().eval::<f64>().expect("it runs").item();
    assert!((bent.slope_moment - above).abs() < 1e-11, "{bent:?}");
}

#[test]
fn trends_and_steepest_slopes_are_the_known_ones() {
    let inf = f64::INFINITY;
    for (called, trend, steepest, (low, high)) in [
        ("identity()", Trend::Rising, 1.0, (-inf, inf)),
        ("sigmoid()", Trend::Rising, 0.25, (0.0, 0.0)),
        ("tanh()", Trend::Rising, 1.0, (0.0, 0.0)),
        ("softplus()", Trend::Rising, 1.0, (inf, inf)),
        ("softplus_sharp(2.0)", Trend::Rising, 1.0, (inf, inf)),
        ("elu(1.0)", Trend::Rising, 1.0, (0.0, inf)),
        ("tanhshrink()", Trend::Rising, 1.0, (inf, inf)),
        ("log_sigmoid()", Trend::Rising, 1.0, (-inf, -inf)),
        ("log_normal_cdf()", Trend::Rising, inf, (-inf, -inf)),
        ("silu()", Trend::Neither, 1.099_839_320_2, (2.399_357, 2.399_357)),
        ("gelu()", Trend::Neither, 1.128_904_145, (2f64.sqrt(), 2f64.sqrt())),
        ("mish()", Trend::Neither, 1.088_499_2, (1.490_6, 1.490_6)),
        ("gaussian()", Trend::Neither, (2.0f64 / 1f64.exp()).sqrt(), (0.5f64.sqrt(), 0.5f64.sqrt())),
        ("relu()", Trend::Rising, 1.0, (0.0, inf)),
        ("relu6()", Trend::Rising, 1.0, (0.0, 6.0)),
        ("relu_squared()", Trend::Rising, inf, (inf, inf)),
        ("hard_sigmoid()", Trend::Rising, 1.0 / 6.0, (-3.0, 3.0)),
        ("hard_swish()", Trend::Neither, 1.5, (3.0, 3.0)),
        ("hardshrink(0.5)", Trend::Rising, 1.0, (0.5, inf)),
        ("sine(1.0)", Trend::Neither, 1.0, (0.0, 0.0)),
        ("bent_identity()", Trend::Rising, 1.5, (inf, inf)),
    ] {
        let facts = facts(called);
        let near = |a: f64, b: f64| a == b || (a - b).abs() < 1e-4;
        assert_eq!(facts.trend, trend, "{called}");
        assert!(near(facts.steepest, steepest), "{called}: {facts:?}");
        assert!(near(facts.steepest_at.0, low) && near(facts.steepest_at.1, high), "{called}: {facts:?}");
    }
    let falling = Facts::of(|x| -x.exp()).expect("it is measured");
    assert_eq!((falling.trend, falling.steepest), (Trend::Falling, inf));
}

#[test]
fn what_is_no_activation_is_an_error_that_says_why() {
    let error = |activation: fn(Var<'_>) -> Var<'_>| Facts::of(activation).expect_err("an error").to_string();
    assert!(error(|x| x.sum(..)).contains("keeps the shape"));
    assert!(error(|x| x.ln()).contains("not finite at"));
    assert!(error(|x| x.slice(0, ..9999)).contains("facts.rs"));
}

#[test]
fn a_layer_with_the_gain_keeps_the_mean_square() {
    for (called, activation) in ACTIVATIONS {
        let gain = Facts::of(activation).expect("it is measured").gain();
        let mut params = Params::<f64>::seeded(3);
        let layer = Linear::with_init(&mut params, "layer", 256, 256, Init::KaimingNormal(gain));
        let g = Graph::new();
        let x = g.input("x", [64, 256]);
        let mut program =
            g.compile::<f64>([layer.forward(activation(x)).square().mean(..)]).expect("it compiles");
        let xs: Tensor<f64> = Init::Normal(1.0).sample([64, 256], params.rng());
        let out = program.run(&params, [x.feed(&xs)]).expect("it runs").at(0).item();
        // One draw of a layer and of a batch.
        assert!((0.9..1.1).contains(&out), "{called}: {out}");
    }
}

#[test]
fn what_the_rows_say_of_themselves_is_so() {
    // Roots of slopes, to the digits that are told.
    let root = |map: Map, low: f64, high: f64| map.value(&[low]) * map.value(&[high]) < 0.0;
    assert!(root(Map::SiluGrad, -1.2785, -1.2775));
    assert!(root(Map::MishGrad, -1.1925, -1.1915));
    assert!(root(Map::GeluGrad, -0.7525, -0.7515));
    // Distances of the approximations of gelu.
    let off = |map: Map| {
        let points = (-80_000..80_000).map(|i| f64::from(i) / 10_000.0);
        points.map(|x| (map.value(&[x]) - Map::Gelu.value(&[x])).abs()).fold(0.0, f64::max)
    };
    let (tanh, sigmoid) = (off(Map::GeluTanh), off(Map::GeluSigmoid));
    assert!((4e-4..5e-4).contains(&tanh), "{tanh}");
    assert!((0.020..0.021).contains(&sigmoid), "{sigmoid}");
}

#[test]
fn every_activation_of_the_table_is_listed() {
    let text = include_str!("../../crates/gradus-rows/src/table/activations.rs");
    let declared =
        |name: &str| text.lines().any(|line| line.contains(&format!(" {name}(")) && line.contains("-> y {"));
    let rows: Vec<&str> = Map::ALL.iter().map(|map| map.name()).filter(|name| declared(name)).collect();
    let listed = |name: &&&str| ACTIVATIONS.iter().any(|(called, _)| called.split('(').next() == Some(name));
    let missing: Vec<&&str> = rows.iter().filter(|name| !listed(name)).collect();
    assert!(rows.len() > 30 && missing.is_empty(), "{missing:?}");
}
