//! Exercises of `docs/nonlinearity.md`: `cargo test --test exercises nonlinearity -- --ignored`.

mod answers;

use gradus::nn::Activation;
use gradus::prelude::*;

fn values(function: Activation, xs: &[f64]) -> Vec<f64> {
    let g = Graph::new();
    let x = g.value(Tensor::from(xs.to_vec()));
    function(x).eval::<f64>().expect("it runs").into_data()
}

// 1. Predict ----------------------------------------------------------------------------------------

const FIVE: [(&str, Activation); 5] = [
    ("the largest of x and 0", |x| x.relu()),
    ("3x + 1", |x| 3.0 * x + 1.0),
    ("x²", |x| x.square()),
    ("relu(x) − relu(−x)", |x| x.relu() - (-x).relu()),
    ("−|x|", |x| -x.abs()),
];

/// For each of the five: do two layers with this between them collapse to one?
fn collapses() -> [bool; 5] {
    todo!("true where it is a straight line in disguise")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(collapses);
}

fn check_1(answer: fn() -> [bool; 5]) {
    for ((name, function), said) in FIVE.iter().zip(answer()) {
        // A straight line is, halfway between two points, halfway between its values.
        let straight = (0..20).all(|i| {
            let (a, b) = (f64::from(i) * 0.75 - 6.0, f64::from(i * i % 7) - 2.5);
            let f = values(*function, &[a, b, (a + b) / 2.0]);
            ((f[0] + f[1]) / 2.0 - f[2]).abs() < 1e-12
        });
        assert_eq!(said, straight, "{name}");
    }
}

// 2. Compute ----------------------------------------------------------------------------------------

/// The exclusive or of two columns of switches, with one hidden unit: multiply and add, take `abs` once,
/// multiply and add.
fn xor<'g>(a: Var<'g>, b: Var<'g>) -> Var<'g> {
    todo!("how far is the number of switches from 1?")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(xor);
}

fn check_2(answer: for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>) {
    let g = Graph::new();
    let (a, b) = (g.value(tensor![0.0, 0.0, 1.0, 1.0]), g.value(tensor![0.0, 1.0, 0.0, 1.0]));
    let xor = answer(a, b);
    assert_eq!(xor.to_string(), "[0, 1, 1, 0]");
    assert_eq!(format!("{xor:?}").matches("abs(").count(), 1, "one unit, bent by abs");
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// x² from 0 to 1, of straight pieces. The best line, `x − 1/8`, misses it by an eighth. Use no more than
/// four rectifiers, and miss it by at most a sixtieth.
fn parabola(x: Var<'_>) -> Var<'_> {
    todo!("let each rectifier begin where a piece ends, and add what the slope grows by")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(parabola);
}

fn check_3(answer: Activation) {
    let xs: Vec<f64> = (0..=1000).map(|i| f64::from(i) / 1000.0).collect();
    let misses =
        |f: Activation| values(f, &xs).iter().zip(&xs).map(|(y, x)| (y - x * x).abs()).fold(0.0, f64::max);
    assert!((misses(|x| x - 0.125) - 0.125).abs() < 1e-12);
    let g = Graph::new();
    let recipe = format!("{:?}", answer(g.value(0.5)));
    assert!(recipe.matches("relu(").count() <= 4, "at most four rectifiers:\n{recipe}");
    assert!(!recipe.contains("square(") && !recipe.contains("pow"), "of straight pieces:\n{recipe}");
    assert!(misses(answer) <= 1.0 / 60.0, "it misses by {}", misses(answer));
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::collapses);
}

#[test]
fn answer_2() {
    check_2(answers::xor);
}

#[test]
fn answer_3() {
    check_3(answers::parabola);
}
