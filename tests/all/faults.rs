//! Typical mistakes, and the whole message that each one gets. The messages name lines of this very
//! file: the mistakes stand at its top, so that they move seldom. `UPDATE=1 cargo test --test all faults`
//! writes the expected texts anew.

use gradus::prelude::*;

fn matmul_shapes() -> Error {
    let g = Graph::new();
    let (a, b) = (g.input("a", [2, 3]), g.input("b", [2, 3]));
    a.matmul(b).eval::<f64>().expect_err("three columns, two rows")
}

fn a_layer_deep_inside() -> Error {
    let mut params = Params::<f32>::seeded(1);
    let (body, head) = (Mlp::new(&mut params, "body", &[4, 8, 8]), Linear::new(&mut params, "head", 9, 2));
    let g = Graph::new();
    let _scope = g.scope("model");
    let features = body.forward(g.input("x", [5, 4]));
    head.forward(features).eval::<f32>().expect_err("eight are not nine")
}

fn broadcast() -> Error {
    let g = Graph::new();
    let (x, row) = (g.input("x", [4, 3]), g.value(tensor![1.0, 2.0]));
    (x * row).eval::<f64>().expect_err("three are not two")
}

fn labels_for_another_batch() -> Error {
    let g = Graph::new();
    let (logits, label) = (g.input("logits", [4, 3]), g.labels("label", [5], 3));
    logits.softmax_cross_entropy(label).eval::<f64>().expect_err("four rows, five labels")
}

fn labels_of_more_classes() -> Error {
    let g = Graph::new();
    let (logits, label) = (g.input("logits", [4, 3]), g.labels("label", [4], 10));
    logits.softmax_cross_entropy(label).eval::<f64>().expect_err("three classes, not ten")
}

fn two_at_once() -> Error {
    let g = Graph::new();
    let (x, y) = (g.input("x", [2, 3]), g.input("y", [3, 4]));
    let first = x + y;
    let _same = first.tanh().sum(..) + 1.0;
    let second = x.matmul(y).slice(1, 2..9);
    let _other = second.exp();
    (first * second).eval::<f64>().expect_err("both are told")
}

fn reshape() -> Error {
    let g = Graph::new();
    g.input("image", [8, 8]).relu().reshape([65]).eval::<f64>().expect_err("64 are not 65")
}

fn unknown_axis() -> Error {
    let g = Graph::new();
    g.input("x", [4, 3]).softmax(2).eval::<f64>().expect_err("axes 0 and 1")
}

fn an_axis_twice() -> Error {
    let g = Graph::new();
    g.input("x", [4, 3]).sum([0, -2]).eval::<f64>().expect_err("both are the first")
}

fn two_graphs() -> Error {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, y) = (g.input("x", [2]), h.input("y", [2]));
    (x + y).eval::<f64>().expect_err("y is not of g")
}

fn gradient_of_no_scalar() -> Error {
    let g = Graph::new();
    let x = g.input("x", [3]);
    x.square().grad(x).eval::<f64>().expect_err("three numbers have no gradient")
}

fn targets_of_another_shape() -> Error {
    let g = Graph::new();
    let (y, t) = (g.input("y", [4, 1]), g.input("t", [4]));
    y.mse_loss(t).eval::<f64>().expect_err("a silent broadcast to 4 by 4 elsewhere")
}

fn class_weights() -> Error {
    let g = Graph::new();
    let (logits, label) = (g.input("logits", [4, 3]), g.labels("label", [4], 3));
    let weights = g.value(tensor![1.0, 2.0]);
    CrossEntropy::new().weights(weights).of(logits, label).eval::<f64>().expect_err("three classes")
}

fn an_input_twice() -> Error {
    let g = Graph::new();
    let x = g.input("x", [2]);
    let again = g.input("x", [2]);
    (x + again).eval::<f64>().expect_err("which one is fed?")
}

fn a_parameter_twice() -> Error {
    let mut params = Params::<f64>::seeded(0);
    params.add("w", tensor![1.0]);
    let second = params.add("w", tensor![2.0]);
    let g = Graph::new();
    g.param(&second).square().eval::<f64>().expect_err("which one is saved?")
}

fn a_rule_of_another_shape() -> Error {
    let g = Graph::new();
    let x = g.input("x", [2, 3]);
    let y = g.custom("mine", x.sum(0), &[x], |_, _, ct| vec![ct]);
    y.sum(..).grad(x).eval::<f64>().expect_err("a cotangent has its argument's shape")
}

fn golden(name: &str, error: &Error) {
    assert!(!error.faults().is_empty(), "{name} is no mistake in recording: {error}");
    let found = format!("{error}\n");
    let path = format!("{}/tests/all/faults/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/faults"))
            .expect("the folder");
        std::fs::write(&path, &found).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{path}\n--- expected\n{expected}--- found\n{found}");
}

macro_rules! golden {
    ($($mistake:ident: $sentence:ident),* $(,)?) => {$(
        #[test]
        fn $sentence() {
            golden(stringify!($mistake), &$mistake());
        }
    )*};
}

golden! {
    matmul_shapes: a_product_names_columns_and_rows,
    a_layer_deep_inside: a_mistake_in_a_layer_names_its_scope_and_the_users_line,
    broadcast: shapes_that_do_not_broadcast_are_named,
    labels_for_another_batch: labels_for_another_batch_are_held_against_the_logits,
    labels_of_more_classes: labels_of_more_classes_are_held_against_the_logits,
    two_at_once: all_root_mistakes_are_told_with_what_hangs_on_them,
    reshape: a_reshape_counts_elements,
    unknown_axis: an_axis_that_is_not_there_is_named,
    an_axis_twice: an_axis_given_twice_is_named,
    two_graphs: values_of_two_graphs_do_not_mix,
    gradient_of_no_scalar: only_a_scalar_has_a_gradient,
    targets_of_another_shape: targets_are_not_broadcast,
    class_weights: class_weights_are_one_for_each_class,
    an_input_twice: an_input_name_is_used_once_and_both_lines_are_named,
    a_parameter_twice: a_parameter_name_is_used_once_and_all_lines_are_named,
    a_rule_of_another_shape: a_custom_rule_answers_in_the_shape_of_its_argument,
}

#[test]
fn a_strict_graph_panics_with_the_same_message_at_the_mistake() {
    let panic = std::panic::catch_unwind(|| {
        let g = Graph::strict();
        let (a, b) = (g.input("a", [2, 3]), g.input("b", [2, 3]));
        let _y = a.matmul(b);
    });
    let message = panic.expect_err("it panics");
    let message = message.downcast_ref::<String>().expect("a text");
    assert!(
        message.starts_with("matmul: columns of the left (3) must equal rows of the right (2)\n"),
        "{message}"
    );
}
