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

/// The methods of `Var`, `Idx` and `Graph` in the files of operations, and whether each takes something that may not
/// fit.
fn methods() -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for file in ["activation", "derived", "fold", "index", "loss", "map", "matmul", "softmax", "view"] {
        let path = format!("{}/src/ops/{file}.rs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("a source file");
        let mut within = String::new();
        for line in text.lines() {
            if line.starts_with("impl") {
                within = line.to_string();
            }
            let ours = ["for ", "CrossEntropy"].iter().all(|other| !within.contains(other));
            if let Some(rest) = line.strip_prefix("    pub fn ").filter(|_| ours) {
                let (head, args) = rest.split_once('(').expect("arguments");
                let name = head.split('<').next().expect("a name").to_string();
                let args = args.split(')').next().expect("arguments");
                let axes = ["Axis", "Axes", "Shape", "Operand", "Var", "Idx", "Targets", "&["];
                found.push((name, axes.iter().any(|kind| args.contains(kind))));
            }
        }
    }
    found
}

#[test]
fn every_method_that_can_be_misused_reports_under_its_own_name() {
    use crate::catalog::wrong::WRONG;
    // Rows report under their names, which the laws check; these take what always fits.
    let never = ["full_like", "detach", "one_hot"];
    let mut missing = Vec::new();
    for (name, _) in methods().into_iter().filter(|(name, fails)| *fails && !never.contains(&name.as_str())) {
        let told = WRONG.iter().any(|(_, _, message)| {
            message.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(':'))
        });
        if !told {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "no misuse of {missing:?} is in the catalog, under its own name");
}

#[test]
fn a_mistake_stops_only_what_depends_on_it() -> Result<()> {
    let mut params = Params::<f64>::seeded(1);
    let layer = Linear::new(&mut params, "layer", 2, 1);
    let g = Graph::new();
    let x = g.value(tensor![[1.0, 2.0]]);
    let wrong = x.matmul(x);
    let (right, index) = (x.square().sum(..), x.argmax(1));
    assert_eq!(right.eval::<f64>()?.item(), 5.0);
    assert_eq!(index.eval()?.to_string(), "[[1]]");
    assert_eq!(right.grad(x).to_string(), "[[2, 4]]");
    assert_eq!(right.jvp(x, x.ones_like()).to_string(), "6");
    let mut program = g.compile::<f64>([right])?;
    assert_eq!(program.run_unfed(&params)?.at(0).item(), 5.0);
    let loss = layer.forward(x).square().sum(..);
    let mut training = g.train(loss, Sgd::new(0.1), &mut params)?;
    training.run_unfed(&mut params)?;
    gradus::gradcheck::gradcheck(loss, &params).run()?.assert_ok();
    // A value that depends on it says so, with the line, and so does the graph as a whole.
    for error in [
        wrong.eval::<f64>().expect_err("it is wrong"),
        (right + wrong).eval::<f64>().expect_err("it depends on it"),
        g.compile::<f64>([right, wrong.tanh()]).expect_err("one of two"),
        g.check().expect_err("it is asked for"),
        g.train(loss + wrong.sum(..), Sgd::new(0.1), &mut params).expect_err("the loss"),
    ] {
        assert!(error.to_string().starts_with("matmul: columns of the left (2)"), "{error}");
    }
    Ok(())
}

#[test]
fn a_size_that_does_not_exist_stops_all() {
    let g = Graph::new();
    let x = g.value(tensor![1.0, 2.0]);
    let rows = x.size(3);
    let y = x.reshape([rows, 2]);
    let error = y.eval::<f64>().expect_err("its shape comes from the mistake").to_string();
    assert!(error.starts_with("size: axis 3 is out of range for rank 1"), "{error}");
}

#[test]
fn settings_that_mean_nothing_are_refused_with_their_line() {
    let mut params = Params::<f64>::seeded(1);
    let layer = Linear::new(&mut params, "layer", 2, 2);
    let g = Graph::new();
    let x = g.value(tensor![[1.0, 2.0]]);
    let loss = layer.forward(x).tanh().sum(..);
    for order in [0, 3, 99] {
        let line = line!() + 2;
        let errors = [
            gradus::gradcheck::gradcheck(loss, &params).order(order).run(),
            gradus::gradcheck::function("f", [tensor![1.0]], |x| x[0].exp()).order(order).run(),
            gradus::gradcheck::elementwise("f", |x| x.exp()).order(order).run(),
        ];
        for (i, error) in errors.into_iter().enumerate() {
            let error = error.expect_err("there is no such order").to_string();
            let expected =
                format!("the order of a gradient check is 1 or 2, and {order} was given\n  --> {}", file!());
            assert!(error.starts_with(&format!("{expected}:{}:", line + i as u32)), "{error}");
        }
    }
    let mut training = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    let line = line!() + 1;
    let _watch = training.watch(loss, 1).expect("a layer").window(0);
    let error = training.run_unfed(&mut params).expect_err("no look is silent").to_string();
    assert!(error.starts_with("`window` must be at least 1"), "{error}");
    assert!(error.contains(&format!("{}:{line}:", file!())), "{error}");
    for sizes in [&[][..], &[2]] {
        let line = line!() + 1;
        let mlp = Mlp::new(&mut params, "net", sizes);
        let g = Graph::new();
        let error =
            mlp.forward(g.value(tensor![[1.0, 2.0]])).eval::<f64>().expect_err("no layer").to_string();
        let expected =
            format!("Mlp: \"net\" has the sizes {sizes:?}, which make no layer; it needs two or more");
        assert!(error.starts_with(&expected) && error.contains(&format!("{}:{line}:", file!())), "{error}");
    }
    for delta in [-1.0, 0.0, f64::NAN] {
        let g = Graph::new();
        let x = g.value(tensor![1.0, 2.0]);
        let error = x.huber_loss(x, delta).eval::<f64>().expect_err("no distance").to_string();
        assert!(error.starts_with(&format!("huber_loss: delta is {delta}; ")), "{error}");
    }
}

#[test]
fn what_lacks_parameters_says_which_and_where() {
    let mut params = Params::<f64>::seeded(1);
    let made = line!() + 1;
    let layer = Linear::new(&mut params, "layer", 2, 2);
    let g = Graph::new();
    let y = layer.forward(g.value(tensor![[1.0, 2.0]]));
    let line = line!() + 1;
    let error = y.eval::<f64>().expect_err("it has parameters").to_string();
    assert!(error.starts_with("parameter \"layer.weight\": `eval` has no parameters"), "{error}");
    for line in [line, made] {
        assert!(error.contains(&format!("{}:{line}:", file!())), "{error}");
    }
    let mut program = g.compile::<f64>([y]).expect("it compiles");
    let error = program.run_unfed(&Params::new()).expect_err("another store").to_string();
    assert!(error.starts_with("parameter \"layer.weight\": these parameters have none"), "{error}");
    assert!(error.contains(&format!("declared at {}:{made}:", file!())), "{error}");
}
