//! Exercises of `docs/gradient_check.md`: `cargo test --test exercises gradient_check -- --ignored`.

mod answers;

use gradus::gradcheck::elementwise;
use gradus::nn::Activation;
use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

/// The rectifier's *forward* difference at 0, `(relu(h) - relu(0)) / h`, for any small h.
fn forward_difference_at_the_kink() -> f64 {
    todo!("a number, guessed before anything is run")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(forward_difference_at_the_kink);
}

fn check_1(answer: fn() -> f64) {
    let g = Graph::new();
    let relu = |x: f64| g.value(x).relu().eval::<f64>().expect("it runs").item();
    let said = answer();
    for h in [1e-3, 1e-6] {
        let found = (relu(h) - relu(0.0)) / h;
        assert!((said - found).abs() < 1e-9, "it is {found}: the difference sees one side only");
    }
}

// 2. Compute ----------------------------------------------------------------------------------------

/// The slope of a sigmoid by differences of its values alone. You are told that it mirrors itself:
/// f(−x) = 1 − f(x).
fn slope(sigmoid: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    todo!("on which side is the value as small as the slope?")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(slope);
}

fn check_2(answer: fn(&dyn Fn(f64) -> f64, f64) -> f64) {
    let value = |x: f64| Graph::new().value(x).sigmoid().eval::<f64>().expect("it runs").item();
    for x in [-30.0, -3.0, 0.5, 3.0, 20.0, 30.0, 300.0] {
        let g = Graph::new();
        let at = g.value(x);
        let truth = at.sigmoid().grad(at).eval::<f64>().expect("it runs").item();
        let found = answer(&value, x);
        assert!((found / truth - 1.0).abs() < 1e-6, "at {x}: {found:e} for {truth:e}");
    }
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// Softplus with a rule of its own. On paper, 1 − e^(−softplus(x)) is the slope. The check says that it is
/// wrong in one tail. Write it so that it passes.
fn softplus(x: Var<'_>) -> Var<'_> {
    x.graph().custom("softplus", x.softplus(), &[x], |_args, y, ct| {
        todo!("what is 1 - (-y).exp() where y is tiny?")
    })
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(softplus);
}

fn check_3(answer: Activation) {
    let on_paper = elementwise("on paper", |x| {
        x.graph().custom("softplus", x.softplus(), &[x], |_, y, ct| vec![ct * (1.0 - (-y).exp())])
    });
    assert!(!on_paper.run().expect("it runs").passed(), "it fails as it stands on paper");
    elementwise("softplus", answer).run().expect("it runs").assert_ok();
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::forward_difference_at_the_kink);
}

#[test]
fn answer_2() {
    check_2(answers::slope);
}

#[test]
fn answer_3() {
    check_3(answers::softplus);
}
