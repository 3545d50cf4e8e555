//! The examples do what they say, within bounds that hold for more seeds than the one they use.

use gradus::gradcheck::Verdict;

#[path = "../examples/custom_op.rs"]
#[allow(dead_code)]
mod custom_op;
#[path = "../examples/digits.rs"]
#[allow(dead_code)]
mod digits;
#[path = "../examples/second_order.rs"]
#[allow(dead_code)]
mod second_order;
#[path = "../examples/spiral.rs"]
#[allow(dead_code)]
mod spiral;
#[path = "../examples/xor.rs"]
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
    let net = Mlp::with(&mut params, "net", &[2, 8, 2], Init::GlorotUniform, |x| x.tanh());
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [100, 2]), g.labels("label", [100], 2));
    let loss = net.apply(xs).softmax_cross_entropy(labels);
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
    let bytes = digits::save_and_load(&data, &model).expect("the same predictions");
    // Weights and two moments for each, in four bytes.
    assert!(bytes > 3 * 4 * (64 * 128 + 128 + 128 * 10 + 10), "{bytes} bytes");
}
