//! The health of units, on cases where every figure is known.

use gradus::diagnose::{Bounds, Health};
use gradus::prelude::*;

/// Four inputs on two axes, none of them 0.
fn inputs() -> Tensor<f64> {
    tensor![[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [1.0, 1.0]].cast()
}

/// A layer of eight units with this activation and this bias, and a sum over all.
fn one_layer(activation: gradus::nn::Activation, bias: f64) -> Health {
    let mut params = Params::<f64>::seeded(1);
    let layer = Linear::with_init(&mut params, "hidden", 2, 8, Init::HeNormal);
    params.set("hidden.bias", Tensor::full([8], bias)).expect("the bias");
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let loss = activation(layer.forward(x)).mean(..);
    Health::of(loss, &params, [[(x, &inputs())]]).expect("it looks")
}

#[test]
fn far_below_zero_all_rectifiers_are_dead_and_no_leaky_one_is() {
    let health = one_layer(|x| x.relu(), -100.0);
    let layer = &health.layers[0];
    assert_eq!((layer.name.as_str(), layer.function, layer.samples), ("hidden", "relu", 4));
    assert_eq!((layer.dead(), layer.asleep(), layer.units.len()), (8, 0, 8));
    assert_eq!((layer.mean, layer.deviation, layer.gradient), (0.0, 0.0, Some(0.0)));
    assert_eq!(
        health.findings()[0],
        "layer hidden: all 8 units dead on all of 4 samples: nothing before it learns through it"
    );
    let health = one_layer(|x| x.leaky_relu(0.01), -100.0);
    assert_eq!((health.dead(), health.layers[0].asleep()), (0, 0));
    assert!(health.findings().is_empty(), "{health}");
    assert!(health.to_string().ends_with("nothing to remark"));
    // A slope of 1e-4 is asleep, not dead.
    let health = one_layer(|x| x.leaky_relu(1e-4), -100.0);
    assert_eq!((health.dead(), health.layers[0].asleep()), (0, 8));
    assert_eq!(health.findings()[0], "layer hidden: 8 of 8 units asleep, their slopes below 1.0e-3");
}

#[test]
fn a_single_dead_unit_is_counted_as_one() {
    let mut params = Params::<f64>::seeded(1);
    let layer = Linear::with_init(&mut params, "hidden", 2, 3, Init::Zeros);
    params.set("hidden.bias", tensor![1.0, -1.0, 2.0].cast()).expect("the bias");
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let loss = layer.forward(x).relu().sum(..);
    let health = Health::of(loss, &params, [[(x, &inputs())], [(x, &inputs())]]).expect("it looks");
    let layer = &health.layers[0];
    let dead: Vec<bool> = layer.units.iter().map(|unit| unit.dead).collect();
    assert_eq!((dead, layer.samples), (vec![false, true, false], 8));
    assert_eq!((layer.units[0].mean, layer.units[2].mean, layer.mean), (1.0, 2.0, 1.0));
    assert!((layer.deviation - (2.0f64 / 3.0).sqrt()).abs() < 1e-15, "{}", layer.deviation);
    // Each sample's gradient is (1, 0, 1).
    assert!((layer.gradient.expect("of a loss") - 2f64.sqrt()).abs() < 1e-15);
    assert_eq!((layer.units[0].gradient, layer.units[1].gradient), (Some(1.0), Some(0.0)));
}

#[test]
fn a_saturated_sigmoid_is_told_and_a_fresh_one_is_not() {
    let health = one_layer(|x| x.sigmoid(), 20.0);
    assert_eq!(health.layers[0].saturated, Some(1.0));
    assert_eq!((health.dead(), health.layers[0].asleep()), (0, 8));
    let told =
        "layer hidden: saturated on 100 % of its samples, where the slope is below 1.00 % of the steepest";
    assert!(health.findings().iter().any(|finding| finding == told), "{health}");
    let health = one_layer(|x| x.sigmoid(), 0.0);
    assert_eq!(health.layers[0].saturated, Some(0.0));
    assert_eq!(one_layer(|x| x.silu(), 20.0).layers[0].saturated, None, "its values have no bound");
    // In f64 the slope of the sigmoid is never 0 within reach; far out it is.
    assert_eq!(one_layer(|x| x.sigmoid(), -1000.0).dead(), 8);
}

#[test]
fn gradient_norms_are_those_computed_by_hand() {
    // loss = mean over 4 samples and 1 output of v · tanh(W x): ∂loss/∂z = v · (1 − tanh²) / 4.
    let mut params = Params::<f64>::seeded(5);
    let hidden = Linear::with_init(&mut params, "hidden", 2, 3, Init::GlorotNormal);
    let last = Linear::no_bias(&mut params, "last", 3, 1, Init::GlorotNormal);
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let loss = last.forward(hidden.forward(x).tanh()).mean(..);
    let health = Health::of(loss, &params, [[(x, &inputs())]]).expect("it looks");

    let (w, v) = (&params[hidden.weight()], &params[last.weight()]);
    let (mut squares, mut dw) = ([0.0; 3], [[0.0; 2]; 3]);
    for sample in inputs().rows() {
        for unit in 0..3 {
            let z = w[[unit, 0]] * sample[0] + w[[unit, 1]] * sample[1];
            let dz = v[[0, unit]] * (1.0 - z.tanh().powi(2)) / 4.0;
            squares[unit] += dz * dz;
            (0..2).for_each(|i| dw[unit][i] += dz * sample[i]);
        }
    }
    let near = |found: Option<f64>, expected: f64| {
        let found = found.expect("there is a loss");
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} for {expected}");
    };
    let layer = &health.layers[0];
    near(layer.gradient, (squares.iter().sum::<f64>() / 4.0).sqrt());
    (0..3).for_each(|unit| near(layer.units[unit].gradient, (squares[unit] / 4.0).sqrt()));
    let weight = &health.weights[0];
    assert_eq!((weight.name.as_str(), weight.rank, weight.update), ("hidden.weight", 2, None));
    near(weight.gradient, dw.iter().flatten().map(|g| g * g).sum::<f64>().sqrt());
    near(Some(weight.norm), w.iter().map(|w| w * w).sum::<f64>().sqrt());
    // A layer alone has no trend.
    assert_eq!((health.fall(), health.fall_per_layer()), (None, None));
}

#[test]
fn a_unit_that_dies_and_comes_back_is_dated() {
    let mut params = Params::<f64>::seeded(1);
    let layer = Linear::with_init(&mut params, "hidden", 2, 4, Init::Zeros);
    let alive = Tensor::full([4], 1.0);
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let loss = layer.forward(x).relu().mean(..);
    params.set("hidden.bias", alive.clone()).expect("the bias");
    let mut step = g.train(loss, Sgd::new(0.0), &mut params).expect("it compiles");
    assert!(step.unused().is_empty() && step.program().expect("it is compiled").steps() > 0);
    step.watch(loss, 2).expect("it watches").window(2);
    assert_eq!(step.health().to_string(), "nothing has been looked at yet");
    let run = |step: &mut gradus::Training<f64>, params: &mut Params<f64>, steps: usize| {
        for _ in 0..steps {
            step.run(params, [(x, &inputs())]).expect("it runs");
        }
    };
    run(&mut step, &mut params, 4); // looks at 0 and 2
    assert_eq!(step.health().dead(), 0);
    params.set("hidden.bias", tensor![1.0, -1.0, -1.0, 1.0].cast()).expect("the bias");
    run(&mut step, &mut params, 2); // looks at 4: silent, and not yet dead
    assert_eq!((step.health().dead(), &step.health().history[2].silent[..]), (0, &[2][..]));
    run(&mut step, &mut params, 4); // looks at 6 and 8
    let health = step.health();
    assert_eq!((health.step, health.dead(), health.layers[0].units[1].since), (8, 2, Some(4)));
    assert_eq!(health.findings()[0], "layer hidden: 2 of 4 units dead since step 4");
    params.set("hidden.bias", tensor![1.0, -1.0, 1.0, 1.0].cast()).expect("the bias");
    run(&mut step, &mut params, 2); // looks at 10
    let health = step.health();
    assert_eq!((health.dead(), health.layers[0].revived(), health.layers[0].units[2].revived), (1, 1, 1));
    assert!(
        health.findings().contains(&"layer hidden: a unit came back from the dead".to_string()),
        "{health}"
    );
    params.set("hidden.bias", alive).expect("the bias");
    run(&mut step, &mut params, 2);
    let health = step.health();
    assert_eq!((health.dead(), health.layers[0].revived()), (0, 2));
    let dead: Vec<usize> = health.history.iter().map(|look| look.dead[0]).collect();
    assert_eq!(dead, [0, 0, 0, 2, 2, 1, 0]);
    assert!(health.dead_chart().to_svg().contains(">hidden</text>"));
}

#[test]
fn a_look_changes_no_bit_of_the_training() {
    let (x, label) = gradus::data::moons::<f32>(40, 0.1, 3).expect("data");
    let train = |every: Option<u64>| {
        let mut params = Params::<f32>::seeded(3);
        let net = Mlp::new(&mut params, "net", &[2, 16, 16, 2]);
        let g = Graph::new();
        let (xs, labels) = (g.input("x", [40, 2]), g.labels("label", [40], 2));
        let loss = net.forward(xs).softmax_cross_entropy(labels);
        let mut step = g.train(loss, Adam::new(0.01), &mut params).expect("it compiles");
        let feeds = [xs.feed(&x), labels.feed(&label)];
        let mut losses = Vec::new();
        match every {
            None => {
                (0..20)
                    .for_each(|_| losses.push(step.run(&mut params, feeds).expect("it runs")[loss].item()));
            }
            Some(every) => {
                step.watch(loss, every).expect("it watches");
                (0..20)
                    .for_each(|_| losses.push(step.run(&mut params, feeds).expect("it runs")[loss].item()));
                let health = step.health();
                assert_eq!(health.layers.len(), 2, "the softplus of the loss is no layer: {health}");
                assert_eq!(health.layers[1].name, "net.1");
                assert_eq!(health.history.len() as u64, 20u64.div_ceil(every));
                assert!(health.weights.iter().any(|weight| weight.update.is_some_and(|update| update > 0.0)));
            }
        }
        let all = params.iter().chain(params.states()).flat_map(|(_, value)| value.data().to_vec());
        losses.into_iter().chain(all).map(f32::to_bits).collect::<Vec<u32>>()
    };
    let plain = train(None);
    assert_eq!(plain, train(Some(1)));
    assert_eq!(plain, train(Some(7)));
}

#[test]
fn the_update_ratio_is_the_rate_times_the_gradient_over_the_norm() {
    let mut params = Params::<f64>::seeded(3);
    let net = Mlp::new(&mut params, "net", &[2, 4, 1]);
    params.freeze("net.1.weight", true).expect("it is there");
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let loss = net.forward(x).mse_loss(t);
    let mut step = g.train(loss, Sgd::new(0.01), &mut params).expect("compiles");
    step.watch(loss, 1).expect("watches");
    step.run(&mut params, [(x, &inputs()), (t, &Tensor::full([4, 1], 1.0))]).expect("it runs");
    let weights = step.health().weights;
    let names: Vec<&str> = weights.iter().map(|weight| weight.name.as_str()).collect();
    assert_eq!(names, ["net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias"]);
    let [first, bias, frozen, _] = &weights[..] else { panic!("four of them") };
    let expected = 0.01 * first.gradient.expect("of a loss") / first.norm;
    assert!((first.update.expect("it moved") / expected - 1.0).abs() < 1e-9);
    assert_eq!((bias.update, frozen.update), (None, None), "of 0 there is no share, and the frozen stay");
    assert!(frozen.gradient.expect("of a loss") > 0.0);
}

#[test]
fn weights_that_hardly_move_and_those_that_jump_are_told() {
    let told = |rate: f64| {
        let mut params = Params::<f64>::seeded(3);
        let net = Mlp::new(&mut params, "net", &[2, 8, 1]);
        let g = Graph::new();
        let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
        let loss = net.forward(x).mse_loss(t);
        let mut step = g.train(loss, Sgd::new(rate), &mut params).expect("compiles");
        step.watch(loss, 1).expect("watches");
        step.run(&mut params, [(x, &inputs()), (t, &Tensor::full([4, 1], 5.0))]).expect("it runs");
        step.health().findings().join("\n")
    };
    assert!(told(1e-10).contains("net.0.weight moves by") && told(1e-10).contains("it hardly learns"));
    assert!(told(1.0).contains("it loses what it learned"), "{}", told(1.0));
    assert_eq!(told(1e-3), "");
}

#[test]
fn nan_is_told_not_hidden() {
    let mut params = Params::<f64>::seeded(1);
    let net = Mlp::new(&mut params, "net", &[2, 4, 4, 1]);
    let mut weight = params[net.layers()[0].weight()].clone();
    weight.data_mut()[0] = f64::NAN;
    params.set("net.0.weight", weight).expect("it is there");
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let loss = net.forward(x).mean(..);
    let health = Health::of(loss, &params, [[(x, &inputs())]]).expect("it looks");
    let told = health.to_string();
    // One unit of the first layer for each of 4 samples, and by it all of the second layer.
    assert!(health.layers[0].non_finite >= 4 && health.layers[1].non_finite == 16, "{told}");
    assert!(told.contains("layer net.1: 16 of 16 values are NaN or infinite"), "{told}");
    assert!(told.contains("net.0.weight or its gradient is NaN or infinite"), "{told}");
    let unit = &health.layers[0].units[0];
    assert!(unit.slope.is_nan() && !unit.dead && !unit.asleep);
    assert!(!health.gradient_chart().to_svg().contains("NaN\""));
}

#[test]
fn without_an_activation_or_a_batch_there_is_nothing_to_watch() {
    let mut params = Params::<f64>::seeded(1);
    let layer = Linear::new(&mut params, "layer", 2, 1);
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    // Neither the activation of an input nor what the loss records for itself is a layer.
    let loss = layer.forward(x.tanh()).sigmoid_cross_entropy(t);
    let error = Health::of(loss, &params, [[(x, &inputs())]]).unwrap_err().to_string();
    assert!(error.starts_with("there is nothing to watch: no activation stands between"), "{error}");
    assert!(error.contains("tests/all/diagnose.rs:"), "{error}");
    let loss = layer.forward(x).tanh().mse_loss(t);
    let none: [[(Var<'_>, &Tensor<f64>); 0]; 0] = [];
    let error = Health::of(loss, &params, none).unwrap_err().to_string();
    assert_eq!(error, "there is no batch to look at");
    let error = Health::of(loss, &params, [[(x, &inputs())]]).unwrap_err().to_string();
    assert!(error.starts_with("the input \"t\" of shape [4, 1] was not fed"), "{error}");
    let mut step = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    assert!(step.watch(loss, 0).unwrap_err().to_string().contains("`every` must be at least 1"));
    assert!(step.watch(None, 1).unwrap_err().to_string().contains("`watch(loss, every)`"));
    let mut step = trace_training::<f64>(Sgd::new(0.1), |at| vec![at.input("x").tanh().sum(..)]);
    assert!(step.watch(loss, 1).unwrap_err().to_string().contains("`watch(None, every)`"));
    assert_eq!(step.health().to_string(), "nothing has been looked at yet");
}

#[test]
fn no_loss_is_taken_for_a_layer() {
    let mut params = Params::<f64>::seeded(1);
    let net = Mlp::with_activation(&mut params, "net", &[2, 4, 3], Init::GlorotNormal, |x| {
        x.normalize(-1, 1e-5).tanh()
    });
    let g = Graph::new();
    let (x, label) = (g.input("x", [4, 2]), g.labels("label", [4], 3));
    let y = net.forward(x);
    let each = CrossEntropy::new().reduction(Reduction::None).smoothing(0.1).of(y, label).mean(..);
    for loss in [
        y.softmax_cross_entropy(label),
        each,
        y.sigmoid_cross_entropy(x.zeros_like().sum(1) + y.zeros_like()),
    ] {
        let labels = Tensor::<usize>::full([4], 1);
        let health = Health::of(loss, &params, [[x.feed(&inputs()), label.feed(&labels)]]).expect("it looks");
        let names: Vec<(&str, &str)> =
            health.layers.iter().map(|layer| (layer.name.as_str(), layer.function)).collect();
        assert_eq!(names, [("net.0", "tanh")]);
    }
    // An activation of the output is one; here it belongs to the last layer.
    let health = Health::of(y.sigmoid().square().mean(..), &params, [[(x, &inputs())]]).expect("it looks");
    assert_eq!((health.layers[1].name.as_str(), health.layers[1].function), ("net.1", "sigmoid"));
    // Of an output that is not a number there are no gradients.
    let health = Health::of(y, &params, [[(x, &inputs())]]).expect("it looks");
    assert_eq!((health.layers[0].gradient, health.fall()), (None, None));
    assert!(health.layers[0].mean.is_finite() && health.findings().is_empty(), "{health}");
}

#[test]
fn layers_are_named_by_scope_or_by_line_and_told_apart() {
    let mut params = Params::<f64>::seeded(1);
    let w = params.add("w", Tensor::full([2, 2], 0.5));
    let layer = Linear::new(&mut params, "layer", 2, 2);
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let h = x.matmul(g.param(&w)).tanh();
    let h = {
        let _scope = g.scope("encoder");
        layer.forward(layer.forward(h).relu()).relu()
    };
    let h = layer.forward(h).sin();
    let health = Health::of(h.mean(..), &params, [[(x, &inputs())]]).expect("it looks");
    let names: Vec<&str> = health.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert!(names[0].starts_with("tanh at diagnose.rs:"), "{names:?}");
    assert_eq!(names[1..], ["encoder/layer", "encoder/layer (2)", "layer"]);
    assert!(health.layer("layer").is_some() && health.layer("nothing").is_none());
}

#[test]
fn a_falling_gradient_is_told_with_its_factor() {
    let mut params = Params::<f64>::seeded(1);
    let net =
        Mlp::with_activation(&mut params, "net", &[2, 32, 32, 32, 32, 32, 1], Init::GlorotNormal, |x| {
            x.sigmoid()
        });
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let loss = net.forward(x).mean(..);
    let health = Health::of(loss, &params, [[(x, &inputs())]]).expect("it looks");
    let fall = health.fall().expect("five layers");
    assert!((1e-4..1e-2).contains(&fall), "{fall}");
    assert!((health.fall_per_layer().expect("five layers").powi(4) / fall - 1.0).abs() < 1e-12);
    let told = health.findings();
    assert!(
        told[0].starts_with("the gradient falls ")
            && told[0].contains("-fold from net.4, the last layer, to net.0"),
        "{told:?}"
    );
    assert!(health.gradient_chart().to_svg().contains("layer by layer"));
    let patient = Bounds { trend: 1e6, ..Bounds::default() };
    assert!(
        Health::with(loss, &params, [[(x, &inputs())]], patient).expect("it looks").findings().is_empty()
    );
}

#[test]
fn a_traced_training_is_watched_over_all_its_shapes() {
    let mut params = Params::<f32>::seeded(1);
    let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
    let train = |params: &mut Params<f32>, watched: bool| {
        let mut step = trace_training(Sgd::new(0.1), |at| {
            vec![net.forward(at.input("x")).softmax_cross_entropy(at.labels("label", 3))]
        });
        if watched {
            step.watch(None, 1).expect("it watches").window(1);
        }
        for n in [4, 4, 3, 4] {
            let (x, label) = (Tensor::<f32>::full([n, 2], n as f32 / 4.0), Tensor::<usize>::full([n], 1));
            step.run(params, [feed("x", &x), feed("label", &label)]).expect("it runs");
        }
        step.health()
    };
    let mut other = params.clone();
    let health = train(&mut params, true);
    train(&mut other, false);
    assert!(params.iter().zip(other.iter()).all(|(a, b)| a.1 == b.1), "the same bits");
    assert_eq!((health.history.len(), health.step, health.layers[0].samples), (4, 3, 4));
    assert!(health.weights[0].update.is_some());
}
