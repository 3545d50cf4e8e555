//! Batch normalization: the statistics of a batch in a training, the running ones in an evaluation, as PyTorch has them; and
//! buffers, which steps set by a rule of the model's own.

use crate::parity::{difference, tensors};
use gradus::error::ParamErrorKind;
use gradus::nn::{BatchNorm, Conv2d};
use gradus::prelude::*;

struct Net {
    conv: Conv2d,
    norm2: BatchNorm,
    linear: Linear,
    norm1: BatchNorm,
}

impl Net {
    fn new(params: &mut Params<f64>) -> Self {
        Net {
            conv: Conv2d::new(params, "conv", 1, 3, 3),
            norm2: BatchNorm::new(params, "norm2", 3),
            linear: Linear::new(params, "linear", 12, 4),
            norm1: BatchNorm::new(params, "norm1", 4).momentum(0.3),
        }
    }

    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let hidden = self.norm2.forward(self.conv.forward(x)).relu();
        self.norm1.forward(self.linear.forward(hidden.reshape([x.size(0), 12])))
    }
}

fn state(file: &str) -> String {
    format!("{}/tests/reference/layers/{file}.safetensors", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn three_steps_and_an_evaluation_are_those_of_pytorch() {
    let file = tensors("batch_norm");
    let mut params = Params::<f64>::seeded(1);
    let net = Net::new(&mut params);
    let names: Vec<String> = params.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names.len(), 12);
    for name in &names {
        params.set(name, file[&format!("before.{name}")].clone()).expect("it has the shape of PyTorch's");
    }
    let mut step =
        trace_training(Sgd::new(0.1), |at| vec![net.forward(at.input("x")).mse_loss(at.input("t"))]);
    for i in 0..3 {
        let (x, t) = (&file[&format!("x.{i}")], &file[&format!("t.{i}")]);
        let loss = step.run(&mut params, [feed("x", x), feed("t", t)]).expect("it runs").at(0).clone();
        assert!(difference(&loss, &file[&format!("loss.{i}")]) < 1e-13);
    }
    for name in &names {
        let off = difference(params.get(name).expect("it is there"), &file[&format!("after.{name}")]);
        // The bias before a normalization has no influence: what is left of its gradient is rounding.
        assert!(off < 1e-11, "{name}: {off:e}");
    }
    let mut evaluate = trace(|_, x| net.forward(x));
    let found = evaluate.run(&params, &file["x.2"]).expect("it runs");
    assert!(difference(found, &file["evaluated"]) < 1e-12);
}

#[test]
fn a_state_dict_of_pytorch_loads_as_it_is() {
    let file = tensors("batch_norm");
    let mut params = Params::<f64>::seeded(1);
    let net = Net::new(&mut params);
    // It holds `num_batches_tracked`, a whole number, beside the running statistics.
    params.load_weights(state("batch_norm_state")).expect("it loads");
    let mut evaluate = trace(|_, x| net.forward(x));
    assert!(difference(evaluate.run(&params, &file["x.2"]).expect("it runs"), &file["evaluated"]) < 1e-12);
    // Without statistics of that name, it is a tensor that is not here.
    let mut others = Params::<f64>::seeded(1);
    Linear::new(&mut others, "linear", 12, 4);
    assert!(others.load_weights(state("batch_norm_state")).is_err());
}

#[test]
fn statistics_are_saved_and_resumed_and_stay_buffers() {
    let file = tensors("batch_norm");
    let mut params = Params::<f64>::seeded(1);
    let net = Net::new(&mut params);
    let mut step =
        trace_training(Adam::new(0.1), |at| vec![net.forward(at.input("x")).mse_loss(at.input("t"))]);
    let path = std::env::temp_dir().join(format!("gradus-batch-norm-{}.safetensors", std::process::id()));
    let feeds = |i: usize| [feed("x", &file[&format!("x.{i}")]), feed("t", &file[&format!("t.{i}")])];
    step.run(&mut params, feeds(0)).expect("it runs");
    params.freeze("linear.weight", true).expect("it is there");
    params.save(&path).expect("it is saved");
    let mut again = Params::<f64>::seeded(9);
    let other = Net::new(&mut again);
    again.load(&path).expect("it loads");
    std::fs::remove_file(&path).expect("it was there");
    let mut resumed =
        trace_training(Adam::new(0.1), |at| vec![other.forward(at.input("x")).mse_loss(at.input("t"))]);
    // A program that was compiled before goes on training what is frozen since.
    let mut step =
        trace_training(Adam::new(0.1), |at| vec![net.forward(at.input("x")).mse_loss(at.input("t"))]);
    for i in 1..3 {
        step.run(&mut params, feeds(i)).expect("it runs");
        resumed.run(&mut again, feeds(i)).expect("it runs");
    }
    for ((name, one), (_, other)) in params.iter().zip(again.iter()) {
        assert_eq!(one.data(), other.data(), "{name}");
    }
    let error = again.freeze("norm1.running_mean", true).expect_err("a buffer is not trained");
    assert!(matches!(&error, Error::Param { kind: ParamErrorKind::Buffer, .. }), "{error}");
}

#[test]
fn a_training_of_a_graph_for_evaluation_is_refused() {
    let mut params = Params::<f64>::seeded(1);
    let norm = BatchNorm::new(&mut params, "norm", 2);
    let g = Graph::new();
    let x = g.input("x", [3, 2]);
    let y = norm.forward(x);
    let recorded = line!() - 1;
    let error = g.train(y.square().sum(..), Sgd::new(0.1), &mut params).expect_err("it is told").to_string();
    assert!(
        error.starts_with(
            "a batch normalization was recorded for evaluation, and a training is to be compiled of it; "
        ) && error.contains(&format!("recorded at tests/all/batch_norm.rs:{recorded}:")),
        "{error}"
    );
    // One that does not depend on it is none of it, and a layer that is fixed is meant so.
    let w = params.add("w", tensor![1.0]);
    g.train(g.param(&w).sum(..), Sgd::new(0.1), &mut params).expect("it compiles");
    let fixed = norm.clone().fixed();
    let before = params.get("norm.running_var").expect("it is there").clone();
    let h = Graph::for_training();
    let x = h.input("x", [3, 2]);
    let mut step =
        h.train(fixed.forward(x).square().sum(..), Sgd::new(0.1), &mut params).expect("it compiles");
    step.run(&mut params, [(x, &Tensor::full([3, 2], 2.0))]).expect("it runs");
    assert_eq!(params.get("norm.running_var").expect("it is there").data(), before.data());
}

#[test]
fn a_batch_of_one_number_in_each_channel_is_a_fault_in_a_training_alone() {
    let mut params = Params::<f64>::seeded(1);
    let norm = BatchNorm::new(&mut params, "norm", 2);
    let text = |g: &Graph, shape: &[usize]| {
        norm.forward(g.input("x", shape)).eval::<f64>().map_err(|e| e.to_string())
    };
    let error = text(&Graph::for_training(), &[1, 2]).expect_err("the variance is 0");
    assert!(
        error.starts_with("norm/batch_norm: a training needs 2 or more numbers in each channel, and the value has shape [1, 2]"),
        "{error}"
    );
    let error = text(&Graph::new(), &[4, 3]).expect_err("three are not two");
    assert!(
        error.starts_with("norm/batch_norm: the layer has 2 channels, and the value has shape [4, 3]"),
        "{error}"
    );
    let g = Graph::new();
    let y = norm.forward(g.value(tensor![[1.0, 2.0]]));
    let mut program = g.compile::<f64>([y]).expect("it compiles");
    assert!(difference(program.run_unfed(&params).expect("it runs").at(0), &tensor![[1.0, 2.0]]) < 1e-5);
}

#[test]
fn a_layer_that_is_used_twice_moves_its_statistics_twice() {
    let mut params = Params::<f64>::seeded(1);
    let (norm, line) = (BatchNorm::new(&mut params, "norm", 1), Linear::new(&mut params, "line", 1, 1));
    let g = Graph::for_training();
    let (a, b) = (g.value(tensor![[1.0], [3.0]]), g.value(tensor![[10.0], [30.0]]));
    let loss = line.forward(norm.forward(a) + norm.forward(b)).square().sum(..);
    let mut step = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    step.run_unfed(&mut params).expect("it runs");
    let mean = params.get("norm.running_mean").expect("it is there").data()[0];
    assert!((mean - (0.9 * 0.2 + 2.0)).abs() < 1e-15, "{mean}");
}

#[test]
fn a_step_that_is_refused_leaves_the_statistics_as_they_are() {
    let mut params = Params::<f64>::seeded(1);
    let (norm, line) = (BatchNorm::new(&mut params, "norm", 1), Linear::new(&mut params, "line", 1, 1));
    let mut step =
        trace_training(Sgd::new(0.1), |at| vec![line.forward(norm.forward(at.input("x"))).square().sum(..)]);
    let before: Vec<Tensor<f64>> = params.iter().map(|(_, value)| value.clone()).collect();
    let error = step
        .run(&mut params, [feed("x", &tensor![[1.0], [f64::INFINITY]])])
        .map(|_| ())
        .expect_err("it is NaN");
    assert!(matches!(error, Error::Loss { .. }), "{error}");
    assert!(params.iter().zip(&before).all(|((_, now), then)| now.data() == then.data()));
}

#[test]
fn statistics_that_are_not_finite_refuse_or_skip_the_step() {
    let mut params = Params::<f32>::seeded(1);
    let (norm, line) = (BatchNorm::new(&mut params, "norm", 1), Linear::new(&mut params, "line", 1, 1));
    let mut step =
        trace_training(Sgd::new(0.1), |at| vec![line.forward(norm.forward(at.input("x"))).square().mean(..)]);
    let before: Vec<Tensor<f32>> = params.iter().map(|(_, value)| value.clone()).collect();
    // The loss is finite, and the variance is not.
    let x: Tensor<f32> = tensor![[1e30], [-1e30]];
    let error = step.run(&mut params, [feed("x", &x)]).map(|_| ()).expect_err("the variance is infinite");
    assert!(matches!(&error, Error::Buffer { name, step: 1, .. } if name == "norm.running_var"), "{error}");
    assert!(error.to_string().contains("tests/all/batch_norm.rs:"), "{error}");
    step.skip_non_finite(true);
    step.run(&mut params, [feed("x", &x)]).expect("it is skipped");
    assert_eq!(step.skipped(), 1);
    assert!(params.iter().zip(&before).all(|((_, now), then)| now.data() == then.data()));
    step.run(&mut params, [feed("x", &Tensor::<f32>::from([[1.0], [3.0]]))]).expect("it runs");
    assert!((params.get("norm.running_mean").expect("it is there").data()[0] - 0.2).abs() < 1e-6);
}

#[test]
fn a_value_is_assigned_to_a_buffer_alone() {
    let mut params = Params::<f64>::seeded(1);
    let (w, kept) = (params.add("w", tensor![1.0, 2.0]), params.add_buffer("kept", tensor![0.0, 0.0]));
    let refused = |build: fn(&Graph, &gradus::Param, &gradus::Param), params: &mut Params<f64>| {
        let g = Graph::for_training();
        build(&g, &w, &kept);
        g.train(g.param(&w).square().sum(..), Sgd::new(0.1), params).map(|_| ()).expect_err("it is told")
    };
    let error = refused(|g, w, _| g.assign(w, g.param(w) * 2.0), &mut params);
    let words = "parameter \"w\": it is given a value by `assign`, and is no buffer of these parameters";
    assert!(error.to_string().starts_with(words) && error.to_string().contains("batch_norm.rs:"), "{error}");
    let error = refused(|g, _, kept| g.assign(kept, g.constant(1.0)), &mut params);
    assert!(matches!(error, Error::Shape { .. }), "{error}");
}

#[test]
fn the_gradient_through_the_statistics_of_a_batch_is_right_at_both_orders() {
    let file = tensors("batch_norm");
    let mut params = Params::<f64>::seeded(1);
    let net = Net::new(&mut params);
    let g = Graph::for_training();
    let (x, t) = (g.input("x", [5, 1, 4, 4]), g.input("t", [5, 4]));
    let loss = net.forward(x).mse_loss(t);
    let feeds = || [(x, &file["x.0"]), (t, &file["t.0"])];
    let report =
        gradcheck(loss, &params).wrt([x]).feed(feeds()).sample(8, 1).order(2).run().expect("it runs");
    assert!(report.passed(), "{report}");
}
