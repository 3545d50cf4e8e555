//! Optimizers against PyTorch's formulas written out by hand, and runs that go on as if they had
//! never stopped.

use gradus::data::Batches;
use gradus::prelude::*;

/// What the formulas below are run with.
#[derive(Clone, Copy, Default)]
struct Rule {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    l2: f64,
    clip_norm: Option<f64>,
    clip_value: Option<f64>,
    kind: Kind,
}

#[derive(Clone, Copy, Default)]
enum Kind {
    #[default]
    Sgd,
    RmsProp {
        alpha: f64,
        epsilon: f64,
    },
    Adam {
        betas: (f64, f64),
        epsilon: f64,
        decay: f64,
    },
}

const X: [[f64; 3]; 4] = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [-0.3, 0.8, 0.1], [2.0, 1.0, -1.0]];
const T: [[f64; 2]; 4] = [[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25], [4.0, 0.0]];

/// Mean squared error of `X·Wᵀ + b` against `T`: its gradient in `W` (first six) and in `b`.
fn gradient(w: &[f64]) -> Vec<f64> {
    let mut g = vec![0.0; 8];
    for (x, t) in X.iter().zip(&T) {
        for o in 0..2 {
            let y: f64 = (0..3).map(|i| x[i] * w[3 * o + i]).sum::<f64>() + w[6 + o];
            let d = 2.0 * (y - t[o]) / 8.0;
            (0..3).for_each(|i| g[3 * o + i] += d * x[i]);
            g[6 + o] += d;
        }
    }
    g
}

/// Steps of a rule, as the pages of `torch.optim` have them.
fn reference(rule: Rule, mut w: Vec<f64>, steps: usize) -> Vec<f64> {
    let (mut first, mut second) = (vec![0.0; 8], vec![0.0; 8]);
    for t in 1..=steps as i32 {
        let mut grads = gradient(&w);
        if let Some(max) = rule.clip_norm {
            let norm = grads.iter().map(|g| g * g).sum::<f64>().sqrt();
            grads.iter_mut().for_each(|g| *g *= (max / norm).min(1.0));
        }
        if let Some(max) = rule.clip_value {
            grads.iter_mut().for_each(|g| *g = g.clamp(-max, max));
        }
        for i in 0..8 {
            let mut g = grads[i] + rule.l2 * w[i];
            match rule.kind {
                Kind::Sgd => {
                    // The first velocity is the gradient itself, which is the same from zero.
                    first[i] = rule.momentum * first[i] + g;
                    g = if rule.nesterov { g + rule.momentum * first[i] } else { first[i] };
                    w[i] -= rule.rate * g;
                }
                Kind::RmsProp { alpha, epsilon } => {
                    second[i] = alpha * second[i] + (1.0 - alpha) * g * g;
                    first[i] = rule.momentum * first[i] + g / (second[i].sqrt() + epsilon);
                    w[i] -= rule.rate * first[i];
                }
                Kind::Adam { betas: (b1, b2), epsilon, decay } => {
                    w[i] -= rule.rate * decay * w[i];
                    first[i] = b1 * first[i] + (1.0 - b1) * g;
                    second[i] = b2 * second[i] + (1.0 - b2) * g * g;
                    let (m, v) = (first[i] / (1.0 - b1.powi(t)), second[i] / (1.0 - b2.powi(t)));
                    w[i] -= rule.rate * m / (v.sqrt() + epsilon);
                }
            }
        }
    }
    w
}

fn tensor_of<const R: usize, const C: usize>(rows: [[f64; C]; R]) -> Tensor<f64> {
    Tensor::from_fn([R, C], |at| rows[at[0]][at[1]])
}

/// The same by the engine, compared after every step.
fn follows(rule: Rule, optimizer: impl gradus::Optimizer) {
    let mut params = Params::<f64>::seeded(3);
    let layer = Linear::new(&mut params, "layer", 3, 2);
    let start: Vec<f64> = params.iter().flat_map(|(_, value)| value.data().to_vec()).collect();
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 3]), g.input("t", [4, 2]));
    let mut step = g.train(layer.forward(x).mse_loss(t), optimizer, &mut params).expect("it compiles");
    let (xs, ts) = (tensor_of(X), tensor_of(T));
    for steps in 1..=8 {
        step.run(&mut params, [(x, &xs), (t, &ts)]).expect("it runs");
        let expected = reference(rule, start.clone(), steps);
        let found: Vec<f64> = params.iter().flat_map(|(_, value)| value.data().to_vec()).collect();
        for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
            assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "step {steps}, element {i}: {a} for {b}");
        }
    }
}

#[test]
fn sgd_follows_the_formula() {
    follows(Rule { rate: 0.1, ..Rule::default() }, Sgd::new(0.1));
    follows(Rule { rate: 0.1, l2: 0.3, ..Rule::default() }, Sgd::new(0.1).l2(0.3));
    let rule = Rule { rate: 0.05, momentum: 0.9, ..Rule::default() };
    follows(rule, Sgd::new(0.05).momentum(0.9));
    follows(Rule { nesterov: true, ..rule }, Sgd::new(0.05).momentum(0.9).nesterov());
    let both = Rule { nesterov: true, l2: 0.2, ..rule };
    follows(both, Sgd::new(0.05).l2(0.2).momentum(0.9).nesterov());
}

#[test]
fn rmsprop_follows_the_formula_with_and_without_momentum() {
    let kind = Kind::RmsProp { alpha: 0.99, epsilon: 1e-8 };
    follows(Rule { rate: 0.01, kind, ..Rule::default() }, RmsProp::new(0.01));
    let kind = Kind::RmsProp { alpha: 0.9, epsilon: 1e-3 };
    let rule = Rule { rate: 0.01, kind, momentum: 0.8, l2: 0.1, ..Rule::default() };
    follows(rule, RmsProp::new(0.01).alpha(0.9).epsilon(1e-3).momentum(0.8).l2(0.1));
}

#[test]
fn adam_and_adamw_follow_the_formula() {
    let adam = |decay, betas, epsilon| Kind::Adam { betas, epsilon, decay };
    let kind = adam(0.0, (0.9, 0.999), 1e-8);
    follows(Rule { rate: 0.05, kind, ..Rule::default() }, Adam::new(0.05));
    follows(Rule { rate: 0.05, kind, l2: 0.3, ..Rule::default() }, Adam::new(0.05).l2(0.3));
    let kind = adam(0.0, (0.8, 0.95), 1e-2);
    let optimizer = Adam::new(0.05).betas(0.8, 0.95).epsilon(1e-2);
    follows(Rule { rate: 0.05, kind, ..Rule::default() }, optimizer);
    let kind = adam(0.01, (0.9, 0.999), 1e-8);
    follows(Rule { rate: 0.05, kind, ..Rule::default() }, AdamW::new(0.05));
    let kind = adam(0.5, (0.8, 0.95), 1e-2);
    let optimizer = AdamW::new(0.05).decay(0.5).betas(0.8, 0.95).epsilon(1e-2);
    follows(Rule { rate: 0.05, kind, ..Rule::default() }, optimizer);
}

#[test]
fn clipping_takes_the_norm_of_all_parameters_together() {
    // The first norm is about 4: of weights and bias together it is larger than of either alone.
    for max in [0.1, 1.0, 100.0] {
        let rule = Rule { rate: 0.1, momentum: 0.9, clip_norm: Some(max), ..Rule::default() };
        follows(rule, Sgd::new(0.1).momentum(0.9).clip_norm(max));
    }
    for max in [0.1, 0.5, 100.0] {
        let rule = Rule { rate: 0.1, clip_value: Some(max), ..Rule::default() };
        follows(rule, Sgd::new(0.1).clip_value(max));
    }
    // The inner one comes last.
    let rule = Rule { rate: 0.1, clip_norm: Some(1.0), clip_value: Some(0.3), ..Rule::default() };
    follows(rule, Sgd::new(0.1).clip_value(0.3).clip_norm(1.0));
}

#[test]
fn a_schedule_gives_the_rate_of_each_step() {
    let mut params = Params::<f64>::seeded(0);
    let w = params.add("w", tensor![0.0]);
    let g = Graph::new();
    // The gradient is 1, so that each step is the rate.
    let mut step = g.train(g.param(&w).sum(..), Sgd::new(|step: u64| 10.0 + step as f64), &mut params);
    let step = step.as_mut().expect("it compiles");
    for expected in [-10.0, -21.0, -33.0] {
        step.run_unfed(&mut params).expect("it runs");
        assert_eq!(params[&w].item(), expected);
    }
}

const ROWS: usize = 50;

fn rows() -> (Tensor<f32>, Tensor<usize>) {
    gradus::data::blobs::<f32>(ROWS, 3, 0.4, 5).expect("data")
}

/// Some steps of a network on shuffled batches of 8 (the last of an epoch has 2), from where the
/// parameters are.
fn go_on(params: &mut Params<f32>, net: &Mlp, steps: usize, threads: usize) {
    let (x, label) = rows();
    let batches = Batches::new(ROWS, 8).expect("batches").seed(9);
    let mut step = trace_training(Adam::new(Cosine::new(0.05, 20)), |at| {
        vec![net.forward(at.input("x")).softmax_cross_entropy(at.labels("label", 3))]
    });
    for _ in 0..steps {
        let (epoch, batch) = (params.steps() / 7, params.steps() % 7);
        let chosen = batches.epoch(epoch).nth(batch as usize).expect("a batch");
        let (x, label) = (x.take(&chosen).expect("rows"), label.take(&chosen).expect("rows"));
        step.threads(threads).expect("threads");
        step.run(params, [feed("x", &x), feed("label", &label)]).expect("it runs");
    }
}

fn fresh(seed: u64) -> (Params<f32>, Mlp) {
    let mut params = Params::seeded(seed);
    let net = Mlp::new(&mut params, "net", &[2, 16, 3]);
    (params, net)
}

fn bits(params: &Params<f32>) -> Vec<(String, Vec<u32>)> {
    let all = params.iter().chain(params.states());
    let mut all: Vec<_> =
        all.map(|(name, value)| (name.into(), value.iter().map(|x| x.to_bits()).collect())).collect();
    all.sort();
    all
}

#[test]
fn a_run_that_was_saved_and_loaded_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    let (mut whole, net) = fresh(1);
    go_on(&mut whole, &net, 20, 0);

    let (mut first, net) = fresh(1);
    go_on(&mut first, &net, 10, 0);
    first.save(&path).expect("saved");
    let (mut second, net) = fresh(2);
    second.load(&path).expect("loaded");
    assert_eq!(second.steps(), 10);
    go_on(&mut second, &net, 10, 0);
    assert_eq!((second.steps(), bits(&second)), (20, bits(&whole)));
}

#[test]
fn a_step_that_was_compiled_before_loading_goes_on_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    let (x, label) = rows();
    let (mut params, net) = fresh(1);
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [ROWS, 2]), g.labels("label", [ROWS], 3));
    let loss = net.forward(xs).softmax_cross_entropy(labels);
    let mut step = g.train(loss, Adam::new(0.01), &mut params).expect("it compiles");
    let mut go = |params: &mut Params<f32>| {
        for _ in 0..3 {
            step.run(params, [xs.feed(&x), labels.feed(&label)]).expect("it runs");
        }
    };
    go(&mut params);
    params.save(&path).expect("saved");
    go(&mut params);
    let expected = bits(&params);
    // Into the same store, whose states may come to stand in another order.
    params.load(&path).expect("loaded");
    go(&mut params);
    assert_eq!(bits(&params), expected);
}

#[test]
fn one_seed_gives_the_same_bits_for_any_number_of_threads() {
    let run = |seed, threads| {
        let (mut params, net) = fresh(seed);
        go_on(&mut params, &net, 10, threads);
        bits(&params)
    };
    let expected = run(1, 1);
    for threads in [1, 2, 3, 0] {
        assert_eq!(run(1, threads), expected, "{threads}");
    }
    assert_ne!(run(2, 1), expected);
}

#[test]
fn large_steps_give_the_same_bits_for_any_number_of_threads() {
    // Large enough that products, folds and maps are divided.
    let run = |threads| {
        let mut params = Params::<f32>::seeded(1);
        let net =
            Mlp::with_activation(&mut params, "net", &[200, 300, 10], Init::GlorotUniform, |x| x.tanh());
        let g = Graph::new();
        let (x, t) = (g.input("x", [256, 200]), g.labels("t", [256], 10));
        let loss = net.forward(x).softmax_cross_entropy(t);
        let mut step = g.train(loss, Adam::new(0.01).clip_norm(1.0), &mut params).expect("it compiles");
        step.threads(threads).expect("threads");
        let xs = Tensor::from_fn([256, 200], |at| ((at[0] * 31 + at[1] * 17) % 101) as f32 / 50.0 - 1.0);
        let ts = Tensor::from_fn([256], |at| at[0] % 10);
        for _ in 0..3 {
            step.run(&mut params, [x.feed(&xs), t.feed(&ts)]).expect("it runs");
        }
        bits(&params)
    };
    let expected = run(1);
    for threads in [2, 3, 0] {
        assert_eq!(run(threads), expected, "{threads}");
    }
}
