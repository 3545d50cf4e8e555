//! `select` never poisons: the side that is not taken adds nothing to a derivative of any order, be
//! it infinite or NaN; and what becomes of a value that is used twice, or not at all.

use gradus::{Graph, Tensor, Var, tensor};

type Numbers = &'static [f64];
type Choice = (&'static str, for<'g> fn(Var<'g>) -> Var<'g>, Numbers, Numbers, Numbers);

/// A choice whose other side overflows, has an infinite slope or is NaN; points, and the first and
/// second derivatives there.
const CHOICES: &[Choice] = &[
    ("exp - 1", |x| x.gt(0.0).select(x, x.exp() - 1.0), &[1000.0, 0.0], &[1.0, 1.0], &[0.0, 1.0]),
    ("exp_m1", |x| x.gt(0.0).select(x, x.exp_m1()), &[1e4, 1e300], &[1.0, 1.0], &[0.0, 0.0]),
    ("exp of exp", |x| x.lt(3.0).select(x * x, x.exp().exp()), &[-2.0, 2.0], &[-4.0, 4.0], &[2.0, 2.0]),
    ("ln", |x| x.gt(0.0).select(x.ln(), x), &[-1.0, 0.0, 2.0], &[1.0, 1.0, 0.5], &[0.0, 0.0, -0.25]),
    ("sqrt", |x| x.gt(0.0).select(x.sqrt(), x), &[-4.0, 0.0, 4.0], &[1.0, 1.0, 0.25], &[0.0, 0.0, -0.03125]),
    ("division", |x| x.ne(0.0).select(1.0 / x, x), &[0.0, 2.0], &[1.0, -0.25], &[0.0, 0.25]),
    (
        "a power",
        |x| x.gt(0.0).select(x.pow(-1.5), x),
        &[-1.0, 0.0, 1.0],
        &[1.0, 1.0, -1.5],
        &[0.0, 0.0, 3.75],
    ),
    ("a norm", |x| x.eq(0.0).select(x, (x * x).sqrt()), &[0.0, -3.0], &[1.0, -1.0], &[0.0, 0.0]),
    ("both sides", |x| x.gt(0.0).select(x.ln(), (-x).ln()), &[-2.0, 2.0], &[-0.5, 0.5], &[-0.25, -0.25]),
    ("inf - inf", |x| x.lt(9.0).select(x, x.exp() - x.exp()), &[1.0, -5.0], &[1.0, 1.0], &[0.0, 0.0]),
    ("inf - inf, not taken", |x| x.gt(9.0).select(x, x.exp() - x.exp()), &[1000.0], &[1.0], &[0.0]),
    ("a folded side", |x| x.gt(0.0).select(x, x.ln().sum(0)), &[3.0, -1.0], &[f64::NAN, f64::NAN], &[]),
];

fn close(found: &Tensor<f64>, expected: &[f64], what: &str) {
    for (&a, &b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= 4e-16 * b.abs(), "{what}: {found} should be {expected:?}");
    }
    assert_eq!(found.len(), expected.len(), "{what}");
}

#[test]
fn the_side_that_select_leaves_adds_nothing_to_derivatives_of_any_order() {
    for (name, choice, points, first, second) in CHOICES.iter().filter(|choice| !choice.4.is_empty()) {
        let g = Graph::new();
        let x = g.value(Tensor::from(points.to_vec()));
        let y = choice(x);
        let slope = y.sum(..).grad(x);
        let both = [slope, y.jvp(x, x.ones_like())];
        for (d, mode) in both.into_iter().zip(["vjp", "jvp"]) {
            let text = format!("{name}, {mode}");
            close(&d.eval().expect("it has a value"), first, &text);
            close(&d.sum(..).grad(x).eval().expect("it has a value"), second, &format!("vjp of {text}"));
            close(
                &d.jvp(x, x.ones_like()).eval().expect("it has a value"),
                second,
                &format!("jvp of {text}"),
            );
            for third in [d.sum(..).grad(x).sum(..).grad(x), d.jvp(x, x.ones_like()).jvp(x, x.ones_like())] {
                let third = third.eval::<f64>().expect("it has a value");
                assert!(third.iter().all(|x| x.is_finite()), "{text}, third order: {third}");
            }
            let single = d.eval::<f32>().expect("it has a value");
            assert!(single.iter().all(|x| x.is_finite()), "{text} in f32: {single}");
        }
    }
}

#[test]
fn a_side_that_is_taken_somewhere_keeps_its_nan() {
    let g = Graph::new();
    let x = g.value(tensor![3.0, -1.0]);
    let gradient = x.gt(0.0).select(x, x.ln().sum(0)).sum(..).grad(x);
    let gradient = gradient.eval::<f64>().expect("it has a value");
    // The sum is taken where x = −1, and there ln's slope is 1/x: a true, finite −1, and 1/3 at 3.
    close(&gradient, &[1.0 + 1.0 / 3.0, -1.0], "a folded side");
}

#[test]
fn masks_of_losses_and_products_do_not_poison_either() {
    let g = Graph::new();
    let x = g.value(tensor![0.0, 4.0]);
    let masked = x.sqrt() * x.gt(1.0).detach();
    // A product is no choice: the infinite slope at 0 meets an exact zero, which wins.
    close(&masked.sum(..).grad(x).eval().expect("it has a value"), &[0.0, 0.25], "mask times sqrt");
    let ct = g.value(tensor![0.0, 1.0]);
    close(&x.ln().vjp(ct, &[x])[0].eval().expect("it has a value"), &[0.0, 0.25], "a zero cotangent");
}

#[test]
fn a_value_used_twice_gathers_both_parts() {
    let g = Graph::new();
    let x = g.value(tensor![2.0, 3.0]);
    let y = x * x + x.sum(..) * x;
    // y_i = x_i² + S·x_i; Σ y has slope 2·x_i + S + S.
    assert_eq!(y.sum(..).grad(x).to_string(), "[14, 16]");
    assert_eq!(g.cat(&[x, x], 0).sum(..).grad(x).to_string(), "[2, 2]");
    assert_eq!(x.matmul(x).grad(x).to_string(), "[4, 6]");
    let parts = y.sum(..).grads(&[x, x]);
    assert_eq!((parts[0].to_string(), parts[1].to_string()), ("[14, 16]".into(), "[14, 16]".into()));
}

#[test]
fn what_a_value_does_not_depend_on_gets_zeros() {
    let g = Graph::new();
    let (x, other) = (g.value(tensor![2.0, 3.0]), g.value(tensor![[1.0], [1.0]]));
    let loss = x.square().sum(..);
    assert_eq!(loss.grad(other).to_string(), "[[0], [0]]");
    assert_eq!(loss.jvp(other, other).to_string(), "0");
    assert_eq!(loss.grad(x.exp()).to_string(), "[0, 0]", "a value made later is not on the way");
    assert_eq!(x.detach().square().sum(..).grad(x).to_string(), "[0, 0]");
    assert_eq!(x.step().sum(..).grad(x).to_string(), "[0, 0]");
    assert_eq!(x.vjp(x, &[x, other])[1].to_string(), "[[0], [0]]");
    assert_eq!(loss.grad(loss).to_string(), "1");
    // A value on the way is a variable of its own.
    let y = x.exp();
    assert_eq!((y * x).sum(..).grad(y).to_string(), "[2, 3]");
}

#[test]
fn the_gradient_of_many_numbers_is_refused_and_one_element_is_enough() {
    let g = Graph::new();
    let x = g.value(tensor![[3.0]]);
    assert_eq!(x.square().grad(x).to_string(), "[[6]]");
    let y = x.broadcast_to([2, 1]);
    let message = y.grads(&[x, x])[1].eval::<f64>().unwrap_err().faults()[0].message.clone();
    assert_eq!(message, "a gradient is of one number, but this value has shape [2, 1]; sum it, or use vjp");
}
