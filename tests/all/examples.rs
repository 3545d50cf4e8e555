//! The examples do what they say, within bounds that hold for more seeds than the one they use.

use gradus::gradcheck::Verdict;

#[path = "../../examples/custom_op.rs"]
#[allow(dead_code)]
mod custom_op;
#[path = "../../examples/dead_units.rs"]
#[allow(dead_code)]
mod dead_units;
#[path = "../../examples/digits.rs"]
#[allow(dead_code)]
mod digits;
#[path = "../../examples/second_order.rs"]
#[allow(dead_code)]
mod second_order;
#[path = "../../examples/spiral.rs"]
#[allow(dead_code)]
mod spiral;
#[path = "../../examples/vanishing.rs"]
#[allow(dead_code)]
mod vanishing;
#[path = "../../examples/xor.rs"]
#[allow(dead_code)]
mod xor;

#[test]
fn xor_is_learned() {
    let loss = xor::run(false).expect("it trains");
    assert!(loss < 0.01, "loss {loss}");
}

#[test]
fn the_spiral_is_told_apart() {
    let accuracy = spiral::run(false).expect("it trains");
    assert!(accuracy > 0.95, "accuracy {accuracy}");
}

#[test]
fn newtons_method_is_quadratic() {
    let steps = second_order::newton(false).expect("it converges");
    assert!(steps <= 10, "{steps} steps");
}

#[test]
fn the_power_iteration_finds_the_top_eigenvalue_of_the_whole_hessian() {
    let largest = second_order::curvature(false).expect("it runs");
    let expected = top_eigenvalue();
    // 30 steps leave a share of (second / first)^60 of the error.
    assert!((largest / expected - 1.0).abs() < 1e-4, "{largest} for {expected}");
}

/// The same by Jacobi's rotations of the Hessian written out, on the example's own loss.
fn top_eigenvalue() -> f64 {
    use gradus::prelude::*;
    let (x, label) = gradus::data::moons::<f64>(100, 0.1, 3).expect("data");
    let mut params = Params::<f64>::seeded(3);
    let net = Mlp::with_activation(&mut params, "net", &[2, 8, 2], Init::GlorotUniform, |x| x.tanh());
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [100, 2]), g.labels("label", [100], 2));
    let loss = net.forward(xs).softmax_cross_entropy(labels);
    let hessian = loss.hessian(g.param(net.layers()[0].weight()));
    let mut program = g.compile([hessian]).expect("it compiles");
    let out = program.run(&params, [xs.feed(&x), labels.feed(&label)]).expect("it runs");
    let h = out.at(0);
    assert_eq!(h.len(), 16 * 16);
    let mut a: Vec<Vec<f64>> = h.data().chunks(16).map(<[f64]>::to_vec).collect();
    for (i, row) in a.iter().enumerate() {
        let column = a.iter().map(|row| row[i]);
        assert!(row.iter().zip(column).all(|(a, b)| (a - b).abs() < 1e-14), "a Hessian is symmetric");
    }
    for _ in 0..20 {
        for p in 0..16 {
            for q in p + 1..16 {
                rotate(&mut a, p, q);
            }
        }
    }
    (0..16).map(|i| a[i][i]).fold(0.0, |top: f64, value| if value.abs() > top.abs() { value } else { top })
}

/// One rotation that makes `a[p][q]` zero.
fn rotate(a: &mut [Vec<f64>], p: usize, q: usize) {
    if a[p][q] == 0.0 {
        return;
    }
    let angle = 0.5 * (2.0 * a[p][q]).atan2(a[q][q] - a[p][p]);
    let (s, c) = angle.sin_cos();
    for row in a.iter_mut() {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    let (mut upper, mut lower) = (a[p].clone(), a[q].clone());
    for (p, q) in upper.iter_mut().zip(&mut lower) {
        (*p, *q) = (c * *p - s * *q, s * *p + c * *q);
    }
    (a[p], a[q]) = (upper, lower);
}

#[test]
fn binary_units_train_through_their_step() {
    let accuracy = custom_op::train(false).expect("it trains");
    assert!(accuracy > 0.85, "accuracy {accuracy}");
}

#[test]
fn the_wrong_rule_is_caught() {
    let report = custom_op::check_a_wrong_rule().expect("it runs");
    assert!(!report.passed());
    assert_eq!((report.checked(), report.count(Verdict::Wrong)), (4, 4));
}

#[test]
fn five_seeds_reach_the_accuracy_that_the_readme_promises() {
    let data = digits::Digits::read().expect("the file is there");
    let accuracies =
        (1..=5).map(|seed| digits::train(&data, seed, digits::EPOCHS).expect("it trains").accuracy);
    let mean = accuracies.sum::<f64>() / 5.0;
    assert!(mean >= 0.975, "mean accuracy {mean}");
}

#[test]
fn digits_are_learned_checked_saved_and_loaded() {
    let data = digits::Digits::read().expect("the file is there");
    let model = digits::train(&data, 1, 8).expect("it trains");
    assert!(model.accuracy > 0.95, "accuracy {}", model.accuracy);
    assert!(model.loss.is_finite() && model.loss < 0.3, "loss {}", model.loss);
    let report = digits::check(&data, &model).expect("the gradient is right");
    // Three of the four tensors are larger than the sample of 64; the last bias has 10 elements.
    assert_eq!(report.checked(), 64 + 64 + 64 + 10);
    let health = digits::health(&data, &model).expect("it looks");
    assert_eq!((health.layers.len(), health.layers[0].units.len()), (1, 128));
    assert!(health.dead() < 13, "{health}");
    let bytes = digits::save_and_load(&data, &model).expect("the same predictions");
    // Weights and two moments for each, in four bytes.
    assert!(bytes > 3 * 4 * (64 * 128 + 128 + 128 * 10 + 10), "{bytes} bytes");
}

#[test]
fn the_gradient_of_sigmoid_layers_falls_as_theory_says() {
    use vanishing::{SEEDS, SIGMOID, profile, theory};
    // The prediction is a quadrature: it has digits. The measure has the spread of networks of width 64.
    for (depth, predicted, low, high) in [(10, 2.03e-6, 1.1e-6, 3.6e-6), (20, 1.09e-12, 4.9e-13, 2.1e-12)] {
        let said = theory(&SIGMOID, depth)[0];
        assert!((said / predicted - 1.0).abs() < 0.01, "{said} for {predicted}");
        let share = profile(&SIGMOID, depth, SEEDS).expect("it runs")[0];
        assert!((low..high).contains(&share), "{share:e} at {depth} layers");
    }
}

#[test]
fn the_cures_keep_the_gradient_and_the_half_cures_do_not() {
    use vanishing::*;
    let near = |net: &Deep, depth: usize, expected: f64| {
        let share = profile(net, depth, SEEDS).expect("it runs")[0];
        assert!((expected / 2.5..expected * 2.5).contains(&share), "{net:?}: {share:e} for {expected:e}");
    };
    for (net, ten, twenty) in
        [(TANH, 0.25, 0.20), (RELU, 0.90, 0.80), (RELU_GLOROT, 4.0e-2, 1.1e-3), (SELU, 1.33, 2.16)]
    {
        near(&net, 10, ten);
        near(&net, 20, twenty);
    }
    let share = |net: &Deep| profile(net, 20, SEEDS).expect("it runs")[0];
    assert!(share(&RESIDUAL) > 1.0);
    // Better than nothing by orders, and not enough.
    assert!((1e-10..1e-6).contains(&share(&NORMALIZED)) && (1e-6..1e-2).contains(&share(&STRONG)));
}

#[test]
fn the_weights_gradients_hide_what_the_layers_gradients_show() {
    use vanishing::{RELU, RELU_GLOROT, ratios};
    for seed in 1..=5 {
        let (he, he_weights) = ratios(&RELU, 20, seed).expect("it runs");
        let (glorot, glorot_weights) = ratios(&RELU_GLOROT, 20, seed).expect("it runs");
        assert!((he_weights / glorot_weights - 1.0).abs() < 1e-9, "{he_weights} and {glorot_weights}");
        // √2 in each of 19 steps.
        assert!((he / glorot / 2f64.powf(9.5) - 1.0).abs() < 1e-9, "{he} and {glorot}");
    }
}

#[test]
fn a_large_rate_kills_rectifiers_and_the_first_layers_dead_stay_dead() {
    use dead_units::*;
    let of = |way: &Way| figures(way, SEEDS).expect("it trains");
    let (gentle, harsh) = (of(&GENTLE), of(&HARSH));
    assert!(gentle.dead[0] < 0.02 && gentle.dead[1] < 0.2 && gentle.accuracy > 0.97, "{gentle:?}");
    assert!((0.1..0.6).contains(&harsh.dead[0]) && (0.3..0.85).contains(&harsh.dead[1]), "{harsh:?}");
    // What feeds the first layer never changes, so its dead never come back; those of the second do.
    assert!(harsh.revived[0] == 0.0 && gentle.revived[0] == 0.0 && harsh.revived[1] > 0.0, "{harsh:?}");
}

#[test]
fn a_gentle_start_saves_them_and_leaky_ones_never_die() {
    use dead_units::*;
    let of = |way: &Way| figures(way, SEEDS).expect("it trains");
    for cure in [CLIPPED, WARMED] {
        let cured = of(&cure);
        assert!(cured.dead[0] < 0.05 && cured.dead[1] < 0.2 && cured.accuracy > 0.97, "{cured:?}");
    }
    let leaky = of(&LEAKY);
    assert!(leaky.dead == [0.0; 2] && leaky.revived == [0.0; 2], "{leaky:?}");
}
