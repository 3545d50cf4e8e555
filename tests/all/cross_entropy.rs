//! Softmax cross-entropy: its options against PyTorch's formulas written out, and its extremes.

use gradus::Passes;
use gradus::interpret::{Value, interpret};
use gradus::prelude::*;

const INF: f64 = f64::INFINITY;

/// The loss of one row, and its gradient, in `f64`.
fn one(z: &[f64], label: usize) -> (f64, Vec<f64>) {
    let g = Graph::new();
    let (x, t) = (g.input("z", [1, z.len()]), g.labels("t", [1], z.len()));
    let loss = x.softmax_cross_entropy(t);
    let mut program = g.compile::<f64>([loss, loss.grad(x)]).expect("it compiles");
    let (zs, ts) = (Tensor::new([1, z.len()], z.to_vec()).expect("a row"), Tensor::from([label]));
    let out = program.run(&Params::new(), [x.feed(&zs), t.feed(&ts)]).expect("it runs");
    (out.at(0).item(), out.at(1).data().to_vec())
}

fn close(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs()
}

#[test]
fn a_confident_model_keeps_its_loss_and_its_gradient() {
    // ln(1 + e⁻ᵈ) and its slope are e⁻ᵈ to the last digit from d = 40 on.
    for d in [40.0, 100.0, 700.0] {
        let (loss, gradient) = one(&[d, 0.0], 0);
        let expected = (-d).exp();
        assert!(close(loss, expected, 4e-16), "{d}: {loss:e}");
        assert!(
            close(gradient[0], -expected, 4e-16) && close(gradient[1], expected, 4e-16),
            "{d}: {gradient:?}"
        );
    }
}

#[test]
fn a_masked_class_has_exactly_no_gradient_and_a_masked_target_no_nan() {
    let (loss, gradient) = one(&[1.0, -INF, 2.0], 0);
    assert!(close(loss, (1.0 + 1f64.exp()).ln(), 4e-16));
    assert_eq!(gradient[1], 0.0);
    let (loss, gradient) = one(&[1.0, -INF, 2.0], 1);
    assert_eq!((loss, gradient[1]), (INF, -1.0));
    assert!(close(gradient[0] + gradient[2], 1.0, 4e-16));
}

#[test]
fn one_class_the_largest_numbers_and_far_apart_logits_have_their_limits() {
    assert_eq!(one(&[3.0], 0), (0.0, vec![0.0]));
    assert_eq!(one(&[f64::MAX, -f64::MAX], 0), (0.0, vec![0.0, 0.0]));
    assert_eq!(one(&[f64::MAX, -f64::MAX], 1), (INF, vec![1.0, -1.0]));
    assert_eq!(one(&[1e4, -1e4, 0.0], 2), (1e4, vec![1.0, 0.0, -1.0]));
    let (loss, gradient) = one(&[0.25; 1000], 7);
    assert!(close(loss, 1000f64.ln(), 1e-15));
    assert!(close(gradient[0], 1e-3, 1e-14) && close(gradient[7], -0.999, 1e-15));
}

/// Smoothed labels and probabilities on masked classes and the largest logits: the loss may be infinite, its first two
/// derivatives are numbers, run together or each operation by itself.
#[test]
fn masks_and_the_largest_logits_leave_finite_gradients_under_every_kind_of_target() {
    let unfused = Passes { simplify: false, cse: false, fuse: false };
    let logits = [
        [1.0, -INF, 2.0],
        [-INF, 0.5, -INF],
        [f64::MAX, 0.0, -f64::MAX],
        [f64::MAX, f64::MAX, -f64::MAX],
        [-f64::MAX, -INF, f64::MAX],
    ];
    let shares = [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]];
    for (z, kind, passes) in logits.iter().flat_map(|z| {
        (0..10).flat_map(move |kind| [Passes::default(), unfused].map(move |passes| (z, kind, passes)))
    }) {
        let g = Graph::new();
        let x = g.input("z", [1, 3]);
        let loss = match kind {
            0..3 | 7..10 => {
                let label = g.value(tensor![[1.0, 0.0, 0.0]]).argmax(-1).squeeze(-1);
                let smoothing = if kind < 3 { 0.125 } else { 0.0 };
                // The label is the class of the row that is turned to the front.
                let turned: Vec<Var<'_>> = (0..3)
                    .map(|i| {
                        let class = (i + kind) % 3;
                        x.slice(1, class..class + 1)
                    })
                    .collect();
                CrossEntropy::new().smoothing(smoothing).of(g.cat(&turned, 1), label)
            }
            kind => x.softmax_cross_entropy(g.value(Tensor::from([shares[kind - 3]]))),
        };
        let slope = loss.grad(x);
        let second = (0..3).map(|i| slope.slice(1, i..i + 1).sum(..).grad(x)).collect::<Vec<_>>();
        let mut program: Program<f64> =
            g.compile_with([loss, slope, g.cat(&second, 0)], passes).expect("it compiles");
        let zs = Tensor::from([*z]);
        let out = program.run(&Params::new(), [x.feed(&zs)]).expect("it runs");
        let loss = out.at(0).item();
        assert!(loss >= 0.0, "{z:?}, kind {kind}: a loss of {loss}");
        for order in 1..3 {
            let all = out.at(order);
            assert!(all.iter().all(|d| d.is_finite()), "{z:?}, kind {kind}, order {order}: {all}");
        }
        if kind == 4 && z[0] == 1.0 {
            assert!(loss.is_finite() && out.at(1).data()[1] == 0.0, "nothing is asked of the masked class");
        }
    }
}

/// Of logits `d` and 0 the loss against the first is `ln(1 + e⁻ᵈ)`, and that and `d` against the second: from order 2
/// on, all derivatives are `e⁻ᵈ` in size, to the last digits from d = 40 on. Run together, each operation by itself, and by the
/// reference.
#[test]
fn derivatives_of_every_order_keep_their_digits_where_a_model_is_confident_and_right_or_wrong() {
    let unfused = Passes { simplify: false, cse: false, fuse: false };
    let kinds: [for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>; 4] = [
        |z, t| z.softmax_cross_entropy(t.argmax(-1).squeeze(-1)),
        |z, t| z.softmax_cross_entropy(t),
        |z, t| -t.strong_mul(z.log_softmax(-1)).sum(..),
        // Here the first order is no derivative of softmax.
        |z, t| z.logsumexp(..) - t.strong_mul(z).sum(..),
    ];
    for (d, target, kind) in
        [40.0, 300.0].iter().flat_map(|d| (0..2).flat_map(move |t| (0..4).map(move |k| (*d, t, k))))
    {
        let g = Graph::new();
        let z = g.input("z", [1, 2]);
        let hot = g.value(Tensor::from([[f64::from(target == 0), f64::from(target == 1)]]));
        let mut orders = vec![kinds[kind](z, hot)];
        for order in 0..5 {
            let next = orders[order].grad(z).slice(1, ..1).sum(..);
            orders.push(next);
        }
        let zs = Tensor::from([[d, 0.0]]);
        let mut found = Vec::new();
        for passes in [Passes::default(), unfused] {
            let mut program: Program<f64> = g.compile_with(orders.clone(), passes).expect("it compiles");
            let out = program.run(&Params::new(), [z.feed(&zs)]).expect("it runs");
            found.push((0..6).map(|i| out.at(i).item()).collect::<Vec<f64>>());
        }
        let wanted: Vec<_> = orders.iter().map(|order| order.id()).collect();
        let inputs = [(z.id(), Value::Real(zs))].into();
        let plain = interpret(&g, &wanted, &Params::new(), &inputs).expect("it is known");
        found.push(plain.iter().map(|value| value.real().expect("a number").item()).collect());
        for (found, order) in found.iter().flat_map(|found| (2..6).map(move |order| (found[order], order))) {
            let expected = if order % 2 == 0 { (-d).exp() } else { -(-d).exp() };
            assert!(
                close(found, expected, 2e-15),
                "{d}, target {target}, kind {kind}, order {order}: {found:e}, not {expected:e}"
            );
        }
    }
}

#[test]
fn a_nan_is_not_swallowed() {
    let (loss, gradient) = one(&[f64::NAN, 0.0], 1);
    assert!(loss.is_nan() && gradient.iter().all(|d| d.is_nan()));
}

const Z: [[f64; 3]; 4] = [[0.5, -1.0, 2.0], [0.0, 0.25, -0.5], [3.0, 1.0, -2.0], [-1.0, 0.5, 0.0]];
const LABELS: [usize; 4] = [2, 0, 1, 2];
const WEIGHTS: [f64; 3] = [0.5, 2.0, 1.25];

/// `−ln softmax(z)[c]`, plainly: these logits are small.
fn surprise(row: usize, class: usize) -> f64 {
    Z[row].iter().map(|z| z.exp()).sum::<f64>().ln() - Z[row][class]
}

/// What an option computes, for the rows above.
fn run(build: impl for<'g> Fn(Var<'g>, Idx<'g>, Var<'g>) -> Var<'g>, classes: usize) -> Tensor<f64> {
    let g = Graph::new();
    let (x, t) = (g.value(Tensor::from(Z)), g.labels("t", [4], classes));
    let y = build(x, t, g.value(Tensor::from(WEIGHTS)));
    let mut program = g.compile::<f64>([y]).expect("it compiles");
    let labels = Tensor::from(LABELS);
    program.run(&Params::new(), [t.feed(&labels)]).expect("it runs").at(0).clone()
}

#[test]
fn the_reductions_are_mean_sum_and_none() {
    let each: Vec<f64> = (0..4).map(|row| surprise(row, LABELS[row])).collect();
    let sum: f64 = each.iter().sum();
    let of = |reduction| run(move |x, t, _| CrossEntropy::new().reduction(reduction).of(x, t), 3);
    assert!(close(of(Reduction::Mean).item(), sum / 4.0, 1e-14));
    assert!(close(of(Reduction::Sum).item(), sum, 1e-14));
    assert!(of(Reduction::None).iter().zip(&each).all(|(found, expected)| close(*found, *expected, 1e-14)));
}

#[test]
fn class_weights_divide_by_the_weights_of_the_labels() {
    let weight: f64 = LABELS.iter().map(|&label| WEIGHTS[label]).sum();
    let sum: f64 = (0..4).map(|row| WEIGHTS[LABELS[row]] * surprise(row, LABELS[row])).sum();
    let found = run(|x, t, w| CrossEntropy::new().weights(w).of(x, t), 3).item();
    assert!(close(found, sum / weight, 1e-14), "{found}");
}

#[test]
fn an_ignored_label_counts_for_nothing_also_beyond_the_last_class() {
    let kept: Vec<usize> = (0..4).filter(|&row| LABELS[row] != 2).collect();
    let mean = kept.iter().map(|&row| surprise(row, LABELS[row])).sum::<f64>() / kept.len() as f64;
    let found = run(|x, t, _| CrossEntropy::new().ignore(2).of(x, t), 3).item();
    assert!(close(found, mean, 1e-14), "{found}");
    // Two classes and a label for padding.
    let found = run(|x, t, _| CrossEntropy::new().ignore(2).of(x.slice(1, ..2), t), 3).item();
    let two = |row: usize, class: usize| (Z[row][0].exp() + Z[row][1].exp()).ln() - Z[row][class];
    assert!(close(found, (two(1, 0) + two(2, 1)) / 2.0, 1e-14), "{found}");
}

#[test]
fn smoothing_puts_an_equal_share_on_every_class_with_labels_and_with_soft_targets() {
    let epsilon = 0.3;
    let smooth = |row: usize, w: &[f64; 3]| {
        let all: f64 = (0..3).map(|class| w[class] * surprise(row, class)).sum();
        (1.0 - epsilon) * w[LABELS[row]] * surprise(row, LABELS[row]) + epsilon / 3.0 * all
    };
    let expected = (0..4).map(|row| smooth(row, &[1.0; 3])).sum::<f64>() / 4.0;
    let hard = run(|x, t, _| CrossEntropy::new().smoothing(epsilon).of(x, t), 3).item();
    let soft = run(|x, t, _| CrossEntropy::new().smoothing(epsilon).of(x, t.one_hot()), 3).item();
    assert!(close(hard, expected, 1e-14) && close(soft, expected, 1e-14), "{hard} {soft} {expected}");
    let weight: f64 = LABELS.iter().map(|&label| WEIGHTS[label]).sum();
    let expected = (0..4).map(|row| smooth(row, &WEIGHTS)).sum::<f64>();
    let hard = run(|x, t, w| CrossEntropy::new().smoothing(epsilon).weights(w).of(x, t), 3).item();
    let soft = run(|x, t, w| CrossEntropy::new().smoothing(epsilon).weights(w).of(x, t.one_hot()), 3).item();
    // PyTorch divides by the weights with labels, and by the number of examples with probabilities.
    assert!(close(hard, expected / weight, 1e-14) && close(soft, expected / 4.0, 1e-14), "{hard} {soft}");
}

#[test]
fn a_trap_for_infinities_does_not_catch_the_loss_itself() {
    let g = Graph::new();
    let (z, t) = (g.input("z", [3, 3]), g.labels("t", [3], 3));
    let loss = z.softmax_cross_entropy(t);
    let soft = (z.softmax(-1) * z.log_softmax(-1)).sum(..) + z.logsumexp(..);
    let mut program = g.compile::<f32>([loss, loss.grad(z), soft, soft.grad(z)]).expect("it compiles");
    program.trap_non_finite(true);
    let zs = Tensor::from([[300.0f32, 0.0, -300.0], [0.0, 0.0, 0.0], [-1e38, 1e38, 5.0]]);
    let out = program.run(&Params::new(), [z.feed(&zs), t.feed(&Tensor::from([2, 0, 1]))]);
    let out = out.expect("nothing is infinite");
    assert!(close(f64::from(out.at(0).item()), (600.0 + 3f64.ln()) / 3.0, 1e-7));
}

#[test]
fn a_batch_in_which_all_labels_are_ignored_changes_nothing() -> Result<()> {
    let g = Graph::new();
    let (z, t, w) = (g.input("z", [2, 3]), g.labels("t", [2], 4), g.input("w", [3]));
    for entropy in [CrossEntropy::new(), CrossEntropy::new().weights(w), CrossEntropy::new().smoothing(0.1)] {
        let loss = entropy.ignore(3).of(z, t);
        let slope = loss.grad(z);
        let mut program = g.compile::<f64>([loss, slope, slope.square().sum(..).grad(z), loss.grad(w)])?;
        program.trap_non_finite(true);
        let feeds = (tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], tensor![3, 3], tensor![1.0, 2.0, 3.0]);
        let fed = [z.feed(&feeds.0), t.feed(&feeds.1), w.feed(&feeds.2)];
        let out = program.run(&Params::new(), fed)?;
        for i in 0..4 {
            assert!(out.at(i).iter().all(|&x| x == 0.0), "output {i}: {}", out.at(i));
        }
    }
    Ok(())
}

#[test]
fn a_logit_of_infinity_takes_the_whole() {
    let half = std::f64::consts::LN_2;
    for (z, label, loss, gradient) in [
        (vec![INF, 0.0], 0, 0.0, vec![0.0, 0.0]),
        (vec![INF, 0.0], 1, INF, vec![1.0, -1.0]),
        (vec![INF, INF, 3.0], 1, half, vec![0.5, -0.5, 0.0]),
        (vec![INF, -INF], 0, 0.0, vec![0.0, 0.0]),
        (vec![INF, -INF], 1, INF, vec![1.0, -1.0]),
    ] {
        let (found, slopes) = one(&z, label);
        assert!(found == loss || close(found, loss, 1e-15), "{z:?}, label {label}: {found}");
        assert_eq!(slopes, gradient, "{z:?}, label {label}");
    }
}
