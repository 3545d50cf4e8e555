//! What graphs compile to, as text; and each simplification, with and without the passes.
//! `UPDATE=1 cargo test --test all programs` writes the expected texts anew.

use gradus::prelude::*;
use gradus::{OutputVar, Passes};

const NONE: Passes = Passes { simplify: false, cse: false, fuse: false };
/// The passes that make the graph smaller, without fusion: there, a step is an operation.
const LEAN: Passes = Passes { simplify: true, cse: true, fuse: false };

fn text<E: Element>(program: &Program<E>) -> String {
    format!("{program}\n{} steps, {} bytes\n", program.steps(), program.bytes())
}

fn golden(name: &str, found: &str) {
    let path = format!("{}/tests/all/programs/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/programs"))
            .expect("the folder");
        std::fs::write(&path, found).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{path}\n--- expected\n{expected}--- found\n{found}");
}

/// Both texts beside each other in one file, and the number of steps that the passes save. The
/// results are the same, bit for bit: none of these equations rounds.
fn simplifies<'g>(name: &str, outputs: &[Var<'g>], feeds: &[(Var<'g>, &Tensor<f64>)], saved: usize) {
    let g = outputs[0].graph();
    let ask = || outputs.iter().map(|&output| OutputVar::from(output));
    let mut without: Program<f64> = g.compile_with(ask(), NONE).expect("it compiles");
    let mut with: Program<f64> = g.compile_with(ask(), LEAN).expect("it compiles");
    let params = Params::new();
    let plain = without.run(&params, feeds).expect("it runs");
    let plain: Vec<Tensor<f64>> = (0..outputs.len()).map(|i| plain.at(i).clone()).collect();
    let lean = with.run(&params, feeds).expect("it runs");
    for (i, plain) in plain.iter().enumerate() {
        assert!(plain.iter().zip(lean.at(i)).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}, output {i}");
    }
    golden(name, &format!("without:\n{}\nwith:\n{}", text(&without), text(&with)));
    assert_eq!(without.steps() - with.steps(), saved, "{name}");
}

#[test]
fn a_training_step_of_a_network_of_two_layers() {
    let mut params = Params::<f32>::seeded(1);
    let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
    let g = Graph::new();
    let (x, t) = (g.input("x", [5, 2]), g.input("t", [5, 3]));
    let mut step = g.train(net.forward(x).mse_loss(t), Sgd::new(0.1), &mut params).expect("it compiles");
    golden("mlp_sgd", &text(step.program().expect("it is compiled")));
}

#[test]
fn large_parameters_are_updated_in_place() {
    let mut params = Params::<f32>::seeded(1);
    let layer = Linear::new(&mut params, "layer", 256, 256);
    let g = Graph::new();
    let (x, t) = (g.input("x", [5, 256]), g.input("t", [5, 256]));
    let sgd = Sgd::new(0.1).momentum(0.9);
    let mut step = g.train(layer.forward(x).mse_loss(t), sgd, &mut params).expect("it compiles");
    golden("in_place", &text(step.program().expect("it is compiled")));
}

#[test]
fn a_softmax_cross_entropy_with_its_gradient() {
    let g = Graph::new();
    let (z, label) = (g.input("z", [4, 3]), g.labels("label", [4], 3));
    let loss = z.softmax_cross_entropy(label);
    let program: Program<f32> = g.compile([loss, loss.grad(z)]).expect("it compiles");
    golden("cross_entropy", &text(&program));
}

#[test]
fn a_second_derivative() {
    let g = Graph::new();
    let x = g.input("x", [3]);
    let dy = x.tanh().sum(..).grad(x);
    let program: Program<f64> = g.compile([dy, dy.sum(..).grad(x)]).expect("it compiles");
    golden("second_order", &text(&program));
}

#[test]
fn an_expression_of_constants_alone_takes_no_step_at_run() {
    let g = Graph::new();
    let y = (g.constant(3.0) * 2.0 + 1.0).sqrt() - 0.5;
    let x = g.input("x", [2]);
    let xs = tensor![1.5, -2.0];
    simplifies("constants", &[y * x], &[(x, &xs)], 4);
    assert_eq!(g.compile::<f64>([y]).expect("it compiles").steps(), 0);
}

fn vector() -> Tensor<f64> {
    tensor![1.5, -0.0, 1e300]
}

#[test]
fn one_times_and_zero_plus_and_minus_minus_vanish() {
    let g = Graph::new();
    let (x, xs) = (g.input("x", [3]), vector());
    let x1 = x.exp();
    simplifies("times_one", &[x1 * 1.0, 1.0 * x1, x1 / 1.0], &[(x, &xs)], 3);
    // A sum with 0 is no such equation: it loses the sign of a zero.
    simplifies("plus_zero", &[x.exp() + -0.0, -0.0 + x.exp(), x.exp() - 0.0], &[(x, &xs)], 5);
    simplifies("minus_minus", &[-(-x.sin()), x.cos() + (-x.sin()), x.cos() - (-x.sin())], &[(x, &xs)], 7);
    simplifies("times_minus_one", &[x * -1.0, -1.0 * x], &[(x, &xs)], 1);
}

#[test]
fn what_a_mask_leaves_out_is_not_multiplied_and_not_added() {
    let g = Graph::new();
    let (x, y) = (g.input("x", [3]), g.input("y", [3]));
    let (xs, ys) = (tensor![1.5, 0.25, 1e300], tensor![2.0, 3.0, -7.0]);
    let mask = x.lt(y);
    // The gradient of a choice: its cotangent, where the side was taken.
    let chosen = mask.select(x.exp(), y.exp());
    let grads = chosen.strong_mul(y).sum(..).grads(&[x, y]);
    simplifies("choices", &grads, &[(x, &xs), (y, &ys)], 4);
    let zero = g.constant(0.0);
    let either = mask.select(x, zero) + mask.select(zero, y);
    let again = mask.select(mask.select(x, y), mask.select(y, x));
    simplifies("exclusive", &[either, again], &[(x, &xs), (y, &ys)], 4);
}

#[test]
fn a_function_and_its_slope_are_one_pass() {
    let g = Graph::new();
    let x = g.input("x", [1000]);
    let loss = (x.sigmoid() * x.gelu()).sum(..);
    let program: Program<f32> = g.compile([loss, loss.grad(x)]).expect("it compiles");
    golden("pairs", &text(&program));
}

/// Neither reads what the other makes, only the same input. What waits for the whole sum stays apart.
#[test]
fn a_loss_that_sums_a_map_and_its_gradient_are_one_pass() {
    let g = Graph::new();
    let x = g.input("x", [1000]);
    let loss = x.gelu().sum(..);
    let program: Program<f32> = g.compile([loss, loss.grad(x)]).expect("it compiles");
    golden("beside", &text(&program));

    let x = g.input("more", [10_000]);
    let loss = x.gelu().sum(..);
    let scaled = x.gelu_tanh() * loss;
    let program: Program<f32> = g.compile([loss, scaled]).expect("it compiles");
    golden("one_after_the_other", &text(&program));
}

#[test]
fn a_custom_value_and_a_detached_one_cost_nothing() {
    let g = Graph::new();
    let (x, xs) = (g.input("x", [3]), vector());
    let y = g.custom("mine", x.tanh(), &[x], |_, _, ct| vec![ct]).detach();
    let program: Program<f64> = g.compile([y]).expect("it compiles");
    assert_eq!(program.steps(), 1);
    simplifies("custom_and_detach", &[y], &[(x, &xs)], 0);
}

#[test]
fn views_of_views_are_one_view() {
    let g = Graph::new();
    let (x, xs) = (g.input("x", [2, 6]), Tensor::from_fn([2, 6], |at| (6 * at[0] + at[1]) as f64));
    simplifies("reshapes", &[x.reshape([3, 4]).reshape([4, 3]).exp()], &[(x, &xs)], 0);
    // A transposed value has to be copied before it is reshaped, but not where it is reshaped back.
    simplifies("reshape_back", &[x.t().reshape([12]).reshape([6, 2]).exp()], &[(x, &xs)], 1);
    simplifies("permutes", &[x.t().t().exp()], &[(x, &xs)], 0);
    simplifies("broadcasts", &[x.sum(0).broadcast_to([2, 6]).broadcast_to([3, 2, 6]).exp()], &[(x, &xs)], 0);
    simplifies("fold_of_one", &[x.exp().unsqueeze(0).sum(0)], &[(x, &xs)], 1);
}

#[test]
fn a_product_reads_a_transposed_side_where_it_is() {
    let g = Graph::new();
    let (a, b) = (g.input("a", [2, 3]), g.input("b", [4, 3]));
    let (left, right) = (
        Tensor::from_fn([2, 3], |at| (at[0] + 2 * at[1]) as f64),
        Tensor::from_fn([4, 3], |at| (at[0] * at[1]) as f64),
    );
    simplifies("permute_into_product", &[a.matmul(b.t())], &[(a, &left), (b, &right)], 0);
    let texts = [a.matmul(b.t()), a.matmul_t(b)].map(|y| text(&g.compile::<f64>([y]).expect("it compiles")));
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn what_is_repeated_is_computed_once_and_then_repeated() {
    let g = Graph::new();
    let (x, xs) = (g.input("x", [3]), vector());
    let y = (x.broadcast_to([1000, 3]) * 2.0).tanh();
    let with: Program<f64> = g.compile([y]).expect("it compiles");
    let without: Program<f64> = g.compile_with([y], NONE).expect("it compiles");
    assert!(with.bytes() * 100 < without.bytes(), "{} of {} bytes", with.bytes(), without.bytes());
    simplifies("repeated", &[y], &[(x, &xs)], 0);
}

#[test]
fn equal_nodes_are_computed_once_and_unused_ones_never() {
    let g = Graph::new();
    let (x, xs) = (g.input("x", [3]), vector());
    simplifies("equal", &[x.tanh().exp(), x.tanh().exp() + x.tanh()], &[(x, &xs)], 3);
    let _unused = x.sin().cos().sum(..);
    let y = x.tanh();
    let program: Program<f64> = g.compile([y]).expect("it compiles");
    assert_eq!(program.steps(), 1);
    simplifies("unused", &[y], &[(x, &xs)], 0);
}
