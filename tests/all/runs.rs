//! A step that cannot be taken changes nothing and says why; and the edges of what can be run.

use gradus::Feed;
use gradus::error::Role;
use gradus::prelude::*;
use rand::Rng;

/// Everything that a step could change.
fn observed(params: &Params<f32>) -> String {
    let bits = |(name, value): (&str, &Tensor<f32>)| {
        (name.to_string(), value.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
    };
    let all: Vec<_> = params.iter().chain(params.states()).map(bits).collect();
    format!("{all:?} {} {}", params.steps(), params.clone().rng().next_u64())
}

/// A network for two numbers and three classes, and a batch of four.
struct Setting {
    params: Params<f32>,
    net: Mlp,
    x: Tensor<f32>,
    label: Tensor<usize>,
}

fn setting() -> Setting {
    let mut params = Params::seeded(1);
    let net = Mlp::new(&mut params, "net", &[2, 4, 3]);
    let x = Tensor::from_fn([4, 2], |at| (at[0] + 3 * at[1]) as f32 / 5.0 - 0.5);
    Setting { params, net, x, label: tensor_of(&[0, 2, 1, 0]) }
}

fn tensor_of(labels: &[usize]) -> Tensor<usize> {
    labels.to_vec().into()
}

#[test]
fn a_run_that_fails_names_what_was_wrong_and_changes_nothing() {
    let Setting { mut params, net, x, label } = setting();
    let (g, other) = (Graph::new(), Graph::new());
    let line = line!() + 1;
    let (xs, labels) = (g.input("x", [4, 2]), g.labels("label", [4], 3));
    let logits = net.forward(xs);
    let loss = logits.softmax_cross_entropy(labels);
    let mut step = g.train(loss, Adam::new(0.1), &mut params).expect("it compiles");
    step.run(&mut params, [xs.feed(&x), labels.feed(&label)]).expect("it runs");
    let before = observed(&params);
    let declared = format!("tests/all/runs.rs:{line}:");
    let foreign = other.input("x", [4, 2]);
    let (narrow, bad) = (Tensor::zeros([4, 1]), tensor_of(&[0, 2, 3, 0]));
    let short = tensor_of(&[0, 2, 1]);
    let logit = Tensor::zeros([4, 3]);
    let cases: [(&str, Vec<Feed<'_, f32>>, Vec<&str>); 7] = [
        ("no labels", vec![xs.feed(&x)], vec!["\"label\"", "[4]", "were not fed", &declared]),
        ("no input", vec![labels.feed(&label)], vec!["the input \"x\"", "[4, 2]", &declared]),
        ("shape", vec![xs.feed(&narrow), labels.feed(&label)], vec!["\"x\"", "[4, 2]", "[4, 1]", &declared]),
        ("length", vec![xs.feed(&x), labels.feed(&short)], vec!["\"label\"", "[4]", "[3]", &declared]),
        (
            "range",
            vec![xs.feed(&x), labels.feed(&bad)],
            vec!["label 3 at position 2 of \"label\" is not below 3", &declared],
        ),
        ("graph", vec![xs.feed(&x), labels.feed(&label), foreign.feed(&x)], vec!["another graph"]),
        ("value", vec![xs.feed(&x), labels.feed(&label), logits.feed(&logit)], vec!["not an input"]),
    ];
    for (case, feeds, words) in cases {
        let error = step.run(&mut params, feeds).expect_err(case).to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{case}: {error}");
        assert_eq!(observed(&params), before, "{case}");
    }
    step.run(&mut params, [xs.feed(&x), labels.feed(&label)]).expect("it still runs");
    assert_eq!(params.steps(), 2);
}

#[test]
fn a_value_that_is_not_finite_is_named_with_its_line_and_changes_nothing() {
    let Setting { mut params, net, x, label } = setting();
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [4, 2]), g.labels("label", [4], 3));
    let line = line!() + 1;
    let loss = net.forward(xs).ln().softmax_cross_entropy(labels);
    let mut step = g.train(loss, Adam::new(0.1), &mut params).expect("it compiles");
    step.trap_non_finite(true);
    let before = observed(&params);
    // The logarithm of a negative logit.
    let error = step.run(&mut params, [xs.feed(&x), labels.feed(&label)]).expect_err("it stops");
    let Error::NonFinite { op, site, value, shape, .. } = &error else { unreachable!("{error}") };
    assert_eq!((op.as_str(), &shape[..], site.role), ("ln", &[4, 3][..], Role::Forward));
    assert_eq!((site.location.file(), site.location.line()), ("tests/all/runs.rs", line));
    assert!(!value.is_finite());
    assert_eq!(observed(&params), before);
    // What is fed, and what is a parameter.
    let error = |params: &mut Params<f32>, x: &Tensor<f32>, step: &mut gradus::Training<f32>| {
        step.run(params, [xs.feed(x), labels.feed(&label)]).expect_err("it stops").to_string()
    };
    let mut holed = x.clone();
    holed.data_mut()[3] = f32::NAN;
    let message = error(&mut params, &holed, &mut step);
    assert!(message.starts_with("x made NaN at position [1, 1] of a value of shape [4, 2]\n"), "{message}");
    assert_eq!(observed(&params), before);
    params.set("net.1.bias", tensor![0.0, f32::NAN, 0.0]).expect("it fits");
    let before = observed(&params);
    let message = error(&mut params, &x, &mut step);
    assert!(
        message.starts_with("net.1.bias made NaN at position [1] of a value of shape [3]\n"),
        "{message}"
    );
    assert_eq!(observed(&params), before);
}

#[test]
fn a_gradient_that_is_not_finite_where_the_value_is_belongs_to_the_users_line() {
    let mut params = Params::<f32>::seeded(0);
    let w = params.add("w", tensor![4.0, 0.0, 1.0]);
    let g = Graph::new();
    let line = line!() + 1;
    let root = g.param(&w).sqrt();
    let mut step = g.train(root.sum(..), Sgd::new(0.1).momentum(0.9), &mut params).expect("it compiles");
    step.trap_non_finite(true);
    let before = observed(&params);
    let error = step.run_unfed(&mut params).expect_err("its slope at 0 is infinite");
    let Error::NonFinite { site, position, shape, .. } = &error else { unreachable!("{error}") };
    assert_eq!(
        (site.role, site.location.file(), site.location.line()),
        (Role::Backward, "tests/all/runs.rs", line)
    );
    assert_eq!((&position[..], &shape[..]), (&[1][..], &[3][..]));
    assert!(error.to_string().ends_with(" (backward)"), "{error}");
    assert_eq!(observed(&params), before);
    step.trap_non_finite(false);
    step.run_unfed(&mut params).expect("it was not asked to stop");
    assert_eq!(params.steps(), 1);
}

#[test]
fn parameters_that_the_loss_does_not_use_are_told_and_kept_and_frozen_ones_stay() {
    let Setting { mut params, net, x, label } = setting();
    params.add("spare", tensor![1.0, 2.0]);
    let detached = params.add("detached", tensor![0.5]);
    params.freeze("net.0.weight", true).expect("it is there");
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [4, 2]), g.labels("label", [4], 3));
    let loss = (net.forward(xs) + g.param(&detached).detach()).softmax_cross_entropy(labels);
    let mut step = g.train(loss, AdamW::new(0.1).decay(0.5), &mut params).expect("it compiles");
    assert_eq!(step.unused(), ["spare", "detached"]);
    let before = params.clone();
    for _ in 0..3 {
        step.run(&mut params, [xs.feed(&x), labels.feed(&label)]).expect("it runs");
    }
    for (name, value) in params.iter() {
        let still = ["spare", "detached", "net.0.weight"].contains(&name);
        assert_eq!(before.get(name) == Some(value), still, "{name}");
        let held = params.states().any(|(state, _)| state.contains(&format!(".{name}.")));
        assert_eq!(held, !still, "only what is trained has states: {name}");
    }
}

#[test]
fn a_traced_step_takes_a_short_batch_and_tells_what_does_not_fit() {
    let Setting { mut params, net, x, label } = setting();
    let mut step = trace_training(Adam::new(0.1), |at| {
        vec![net.forward(at.input("x")).softmax_cross_entropy(at.labels("label", 3))]
    });
    let before = observed(&params);
    let numbers = Tensor::<usize>::full([4, 2], 0);
    let reals = Tensor::<f32>::zeros([4]);
    let bad = tensor_of(&[0, 0, 0, 3]);
    let cases: [(Vec<Feed<'_, f32>>, &str); 5] = [
        (vec![feed("x", &x)], "the labels \"label\" were not fed"),
        (vec![feed("x", &x), feed("labels", &label)], "the labels \"label\" were not fed"),
        (vec![feed("x", &numbers), feed("label", &label)], "\"x\" was fed indices"),
        (vec![feed("x", &x), feed("label", &reals)], "\"label\" were fed real numbers"),
        (vec![feed("x", &x), feed("label", &bad)], "label 3 at position 3 of \"label\""),
    ];
    for (feeds, words) in cases {
        let error = step.run(&mut params, feeds).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(observed(&params), before, "{words}");
    }
    let more = [feed("x", &x), feed("label", &label), feed("more", &x)];
    let error = step.run(&mut params, more).expect_err("there is no such input").to_string();
    assert!(error.contains("\"more\" was fed, but"), "{error}");
    assert_eq!(observed(&params), before);

    assert_eq!(step.compiled(), 0, "what failed at first is not kept");
    for rows in [[0, 1, 2, 3].as_slice(), &[3, 0], &[1, 0, 3, 2], &[2, 1]] {
        let (x, label) = (x.take(rows).expect("rows"), label.take(rows).expect("rows"));
        step.run(&mut params, [feed("x", &x), feed("label", &label)]).expect("it runs");
    }
    assert_eq!((step.compiled(), params.steps()), (2, 4));
}

#[test]
fn inputs_are_fed_by_name_or_by_handle_and_what_does_not_fit_has_its_kind() {
    use gradus::error::FeedErrorKind::{OtherGraph, Twice, Unknown, WrongKind};
    let Setting { params, net, x, label } = setting();
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [4, 2]), g.labels("label", [4], 3));
    let loss = net.forward(xs).softmax_cross_entropy(labels);
    let mut program = g.compile::<f32>([loss]).expect("it compiles");
    let by_handle = program.run(&params, [xs.feed(&x), labels.feed(&label)]).expect("it runs")[loss].item();
    for feeds in [[feed("label", &label), feed("x", &x)], [xs.feed(&x), feed("label", &label)]] {
        assert_eq!(program.run(&params, feeds).expect("it runs")[loss].item(), by_handle);
    }
    let numbers = Tensor::<usize>::full([4, 2], 0);
    let mut step = trace_training(Sgd::new(0.1), |at| vec![net.forward(at.input("x")).sum(..)]);
    let mut traced = |feeds: &[Feed<'_, f32>]| step.run(&mut params.clone(), feeds).map(|_| ());
    let mut run = |feeds: &[Feed<'_, f32>]| program.run(&params, feeds).map(|_| ());
    let cases = [
        (
            run(&[feed("x", &x), feed("labels", &label)]),
            Unknown,
            "\"labels\" was fed, but there is no such input",
        ),
        (
            run(&[feed("x", &x), xs.feed(&x), feed("label", &label)]),
            Twice,
            "the input \"x\" was fed twice; feed it once",
        ),
        (run(&[feed("x", &numbers), feed("label", &label)]), WrongKind, "fed indices"),
        (traced(&[xs.feed(&x)]), OtherGraph, "fed by name"),
        (traced(&[feed("x", &x), feed("x", &x)]), Twice, "the input \"x\" was fed twice; feed it once"),
    ];
    for (found, expected, words) in cases {
        let error = found.expect_err(words);
        let Error::Feed { kind, problem } = &error else { unreachable!("{error}") };
        assert!(
            *kind == expected && problem.contains(words) && problem.contains("tests/all/runs.rs:"),
            "{error}"
        );
        assert_eq!(format!("{error:?}"), format!("Feed: {error}"));
    }
}

#[test]
fn a_feed_that_fits_nothing_is_told_what_there_is_without_what_a_training_feeds_itself() {
    let Setting { mut params, net, x, label } = setting();
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [4, 2]), g.labels("label", [4], 3));
    let loss = net.forward(xs).softmax_cross_entropy(labels);
    let mut step = g.train(loss, Adam::new(0.1), &mut params).expect("it compiles");
    let number = Tensor::<f32>::full((), 0.5);
    for name in ["y", "optimizer.rate", "optimizer.step", "optimizer"] {
        let feeds = [feed("x", &x), feed("label", &label), feed(name, &number)];
        let error = step.run(&mut params, feeds).expect_err("there is no such input").to_string();
        let words = format!(
            "{name:?} was fed, but there is no such input; there are [\"x\", \"label\"]\n  --> tests/all/runs.rs:"
        );
        assert!(error.starts_with(&words), "{error}");
    }
    let error = step.run(&mut params, [xs.feed(&x), labels.feed(&label), feed("label", &label)]);
    let error = error.expect_err("they are fed twice").to_string();
    assert!(error.starts_with("the labels \"label\" were fed twice; feed them once\n  --> "), "{error}");
    let error = step.run(&mut params, [labels.feed(&label)]).expect_err("one is missing").to_string();
    assert!(error.starts_with("the input \"x\" of shape [4, 2] was not fed\n  --> declared at "), "{error}");

    let (h, none) = (Graph::new(), Params::<f32>::new());
    let two = h.constant(2.0);
    let mut program = h.compile::<f32>([two]).expect("it compiles");
    let error = program.run(&none, [feed("x", &x)]).map(|_| ()).expect_err("there are none").to_string();
    assert!(error.starts_with("\"x\" was fed, but the graph has no inputs; feed nothing"), "{error}");
    h.input("z", [4, 2]);
    let mut program = h.compile::<f32>([two]).expect("it compiles");
    let error = program.run(&none, [feed("x", &x)]).map(|_| ()).expect_err("there is one").to_string();
    assert!(error.starts_with("\"x\" was fed, but there is no such input; the only one is \"z\""), "{error}");
}

#[test]
fn a_program_and_its_parameters_move_to_other_threads_and_run_at_once() {
    fn movable<T: Send>() {}
    movable::<(gradus::Program<f32>, gradus::Training<f64>, Params<f32>, Error)>();
    let Setting { params, net, x, .. } = setting();
    let compile = || {
        let g = Graph::new();
        let xs = g.input("x", [4, 2]);
        // Fed by place, since the graph stays on its thread.
        g.compile::<f32>([net.forward(xs.zeros_like() + g.value(x.cast()))]).expect("it compiles")
    };
    let expected = compile().run_unfed(&params).expect("it runs").at(0).clone();
    let programs: Vec<_> = (0..8).map(|_| compile()).collect();
    std::thread::scope(|scope| {
        for mut program in programs {
            let (params, expected) = (&params, &expected);
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(program.run_unfed(params).expect("it runs").at(0), expected);
                }
            });
        }
    });
}

#[test]
fn parameters_are_found_in_a_store_of_any_layout_and_after_it_changed() -> Result<()> {
    let mut params = Params::<f64>::new();
    let (a, b) = (params.add("a", tensor![2.0, 3.0]), params.add("b", tensor![10.0]));
    let mut turned = Params::<f64>::new();
    turned.add("unused", tensor![[0.0]]);
    turned.add("b", tensor![20.0]);
    turned.add("a", tensor![4.0, 5.0]);
    let mut without = Params::<f64>::new();
    without.add("b", tensor![0.0]);
    let mut wide = Params::<f64>::new();
    wide.add("a", tensor![1.0, 1.0, 1.0]);
    wide.add("b", tensor![0.0]);
    let g = Graph::new();
    let (x, y) = (g.param(&a), g.param(&b));
    let value = x.sum(..) * 100.0 + y.sum(..);
    let mut program = g.compile::<f64>([value])?;
    let mut run = |params: &Params<f64>| program.run_unfed(params).map(|out| out.at(0).item());
    // Again and again with the same, then with each other one; an error leaves nothing behind.
    for _ in 0..2 {
        assert_eq!((run(&params)?, run(&params)?), (510.0, 510.0));
        assert_eq!((run(&turned)?, run(&turned.clone())?), (920.0, 920.0));
        let missing = run(&without).expect_err("a parameter is missing").to_string();
        assert!(missing.contains("\"a\"") && missing.contains("have none of this name"), "{missing}");
        let shape = run(&wide).expect_err("a parameter has another shape").to_string();
        assert!(shape.contains("\"a\"") && shape.contains("[2]") && shape.contains("[3]"), "{shape}");
    }
    params.add("more", tensor![7.0]);
    assert_eq!(run(&params)?, 510.0);
    // A copy that goes its own way, and numbers that are set in a known layout.
    let mut copy = params.clone();
    copy.add("again", tensor![1.0]);
    copy.set("a", tensor![0.0, 0.0])?;
    assert_eq!((run(&copy)?, run(&params)?, run(&params.cast::<f32>().cast())?), (10.0, 510.0, 510.0));
    // A training changes the parameter of the name, wherever it is.
    let mut step = g.train(x.square().sum(..), Sgd::new(0.25), &mut params)?;
    for store in [&mut params, &mut turned] {
        let before = store.get("a").cloned().unwrap_or_else(|| Tensor::zeros([2]));
        step.run_unfed(store)?;
        assert_eq!(store.get("a"), Some(&before.map(|x| x / 2.0)));
    }
    assert_eq!((params[&b].item(), turned.get("b").map(Tensor::item)), (10.0, Some(20.0)));
    let missing = step.run_unfed(&mut without).expect_err("a parameter is missing").to_string();
    assert!(missing.contains("a training runs on those that it was compiled with"), "{missing}");
    Ok(())
}

#[test]
fn one_graph_holds_several_trainings() {
    let alone = |which: usize| {
        let mut params = Params::<f32>::seeded(0);
        let w = params.add("w", tensor![2.0, -1.0]);
        let g = Graph::new();
        let x = g.param(&w);
        match which {
            0 => g.train(x.square().sum(..), Adam::new(0.1), &mut params),
            _ => g.train(x.cos().sum(..), Sgd::new(0.2).momentum(0.5), &mut params),
        }
        .expect("it compiles")
        .run_unfed(&mut params)
        .expect("it runs");
        params[&w].clone()
    };
    let mut params = Params::<f32>::seeded(0);
    let w = params.add("w", tensor![2.0, -1.0]);
    let start = params.clone();
    let g = Graph::new();
    let x = g.param(&w);
    let mut first = g.train(x.square().sum(..), Adam::new(0.1), &mut params).expect("it compiles");
    let mut second = g.train(x.cos().sum(..), Sgd::new(0.2).momentum(0.5), &mut params).expect("it compiles");
    for (step, which) in [(&mut first, 0), (&mut second, 1)] {
        // Each from the same start; the second store gets its states where it lacks them.
        let mut params = params.clone();
        params.set("w", start[&w].clone()).expect("it fits");
        step.run_unfed(&mut params).expect("it runs");
        assert_eq!(params[&w], alone(which));
    }
}

#[test]
fn two_parameters_of_one_name_are_told_with_both_lines() {
    let mut params = Params::<f32>::seeded(0);
    let first = line!() + 1;
    Linear::new(&mut params, "layer", 2, 2);
    let layer = Linear::new(&mut params, "layer", 2, 2);
    let g = Graph::new();
    let loss = layer.forward(g.input("x", [1, 2])).sum(..);
    let error = g.train(loss, Sgd::new(0.1), &mut params).expect_err("it is told").to_string();
    for line in [first, first + 1] {
        assert!(error.contains(&format!("tests/all/runs.rs:{line}:")), "{error}");
    }
    assert!(error.contains("two parameters are named \"layer.weight\""), "{error}");
    assert_eq!(params.states().count(), 0);
}

#[test]
fn two_layers_of_one_name_and_shape_do_not_share_their_weights_silently() {
    let mut params = Params::<f32>::seeded(0);
    let layers = [Linear::new(&mut params, "layer", 2, 2), Linear::new(&mut params, "layer", 2, 2)];
    let g = Graph::new();
    let y = layers.iter().fold(g.input("x", [1, 2]), |x, layer| layer.forward(x));
    let error = g.compile::<f32>([y]).expect_err("it is told").to_string();
    assert!(error.contains("two parameters are named \"layer.weight\""), "{error}");
}

#[test]
fn an_optimizer_may_read_a_state_that_it_never_changes() {
    struct Anchored;
    impl gradus::Optimizer for Anchored {
        fn rate(&self) -> gradus::Rate {
            Box::new(|_| 0.5)
        }
        fn update<'g>(&self, at: &mut gradus::Update<'g>) -> Var<'g> {
            at.param - at.rate * (at.param - at.state("anchor", 2.0))
        }
    }
    let mut params = Params::<f64>::seeded(0);
    let w = params.add("w", tensor![0.0, 4.0]);
    let g = Graph::new();
    let mut step = g.train(g.param(&w).square().sum(..), Anchored, &mut params).expect("it compiles");
    step.run_unfed(&mut params).expect("it runs");
    assert_eq!(params[&w].to_string(), "[1, 3]");
    assert_eq!(
        params.states().map(|(name, x)| format!("{name} {x}")).collect::<Vec<_>>(),
        ["optimizer.w.anchor [2, 2]"]
    );
}

#[test]
fn one_output_and_a_batch_of_none_are_no_special_case() {
    let mut params = Params::<f64>::seeded(2);
    let layer = Linear::new(&mut params, "layer", 3, 1);
    let mut predict = trace(|_, x| layer.forward(x));
    for rows in [0, 1, 5] {
        let y = predict.run(&params, &Tensor::full([rows, 3], 1.0)).expect("it runs");
        assert_eq!(y.shape()[..], [rows, 1]);
        let expected =
            params[layer.weight()].iter().sum::<f64>() + params.get("layer.bias").expect("there").item();
        assert!(y.iter().all(|y| (y - expected).abs() < 1e-15));
    }
    let g = Graph::new();
    let (x, t) = (g.input("x", [0, 3]), g.input("t", [0, 1]));
    let loss = (layer.forward(x) - t).square().sum(..);
    let mut step = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    let before = params.clone();
    let (xs, ts) = (Tensor::zeros([0, 3]), Tensor::zeros([0, 1]));
    let out = step.run(&mut params, [(x, &xs), (t, &ts)]).expect("it runs");
    assert_eq!(out[loss].item(), 0.0);
    assert!(params.iter().eq(before.iter()));
    // The mean of nothing is no number, and is reported when it is recorded.
    let error = layer.forward(x).mse_loss(t).eval::<f64>().expect_err("it is told").to_string();
    assert!(error.starts_with("mse_loss: needs 1 or more elements along the axes"), "{error}");
}

#[test]
fn a_learning_rate_that_is_no_number_is_told_and_changes_nothing() {
    let mut params = Params::<f32>::seeded(0);
    let w = params.add("w", tensor![1.0, 2.0]);
    let g = Graph::new();
    let loss = g.param(&w).square().sum(..);
    let growing = StepDecay::new(1e38, 10.0, 1);
    let mut step = g.train(loss, Adam::new(growing), &mut params).expect("it compiles");
    step.run_unfed(&mut params).expect("it is a large one");
    let before = observed(&params);
    let error = step.run_unfed(&mut params).expect_err("it is too large for f32").to_string();
    assert!(error.starts_with("the learning rate after 1 steps is 10000000000"), "{error}");
    assert!(error.contains(&format!("tests/all/runs.rs:{}:", line!() - 2)), "{error}");
    assert_eq!(observed(&params), before);
    for rate in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.5] {
        let mut step = g.train(loss, Sgd::new(move |_: u64| rate), &mut params).expect("it compiles");
        let error = step.run_unfed(&mut params).expect_err("it is no number").to_string();
        assert!(
            error.starts_with(&format!("the learning rate after 1 steps is {rate}, which is no")),
            "{error}"
        );
        assert_eq!(observed(&params), before);
    }
}
