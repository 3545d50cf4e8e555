//! Optimizers where more than one step after another meets one store: freezing and unfreezing, two trainings, one
//! optimizer after another, and files of before. The expected numbers are PyTorch's rules, written out by hand, and
//! what PyTorch gives (tests/reference/optimizers.py).

use gradus::prelude::*;
use gradus::{Optimizer, Rate, Update};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Which {
    Sgd,
    Momentum,
    Nesterov,
    RmsProp,
    RmsPropMomentum,
    Adam,
    AdamW,
}
use Which::*;

const ALL: [Which; 7] = [Sgd, Momentum, Nesterov, RmsProp, RmsPropMomentum, Adam, AdamW];
const RATE: f64 = 0.01;

impl Optimizer for Which {
    fn rate(&self) -> Rate {
        Box::new(|_| RATE)
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        use gradus::optim;
        match self {
            Sgd => optim::Sgd::new(RATE).update(at),
            Momentum => optim::Sgd::new(RATE).momentum(0.9).update(at),
            Nesterov => optim::Sgd::new(RATE).momentum(0.9).nesterov().update(at),
            RmsProp => optim::RmsProp::new(RATE).update(at),
            RmsPropMomentum => optim::RmsProp::new(RATE).momentum(0.9).update(at),
            Adam => optim::Adam::new(RATE).update(at),
            AdamW => optim::AdamW::new(RATE).update(at),
        }
    }
}

/// A parameter of one number, with its state in PyTorch.
#[derive(Clone, Copy)]
struct Reference {
    which: Which,
    w: f64,
    first: f64,
    second: f64,
    updates: i32,
}

impl Reference {
    fn new(which: Which, w: f64) -> Self {
        Reference { which, w, first: 0.0, second: 0.0, updates: 0 }
    }

    fn step(&mut self, g: f64) {
        self.updates += 1;
        let t = self.updates;
        let (first, second) = (&mut self.first, &mut self.second);
        match self.which {
            Sgd => self.w -= RATE * g,
            Momentum | Nesterov => {
                *first = if t == 1 { g } else { 0.9 * *first + g };
                self.w -= RATE * if self.which == Nesterov { g + 0.9 * *first } else { *first };
            }
            RmsProp | RmsPropMomentum => {
                *second = 0.99 * *second + (1.0 - 0.99) * g * g;
                let kept = if self.which == RmsPropMomentum { 0.9 } else { 0.0 };
                *first = kept * *first + g / (second.sqrt() + 1e-8);
                self.w -= RATE * *first;
            }
            Adam | AdamW => {
                if self.which == AdamW {
                    self.w -= RATE * 0.01 * self.w;
                }
                *first = 0.9 * *first + (1.0 - 0.9) * g;
                *second = 0.999 * *second + (1.0 - 0.999) * g * g;
                let (m, v) = (*first / (1.0 - 0.9f64.powi(t)), *second / (1.0 - 0.999f64.powi(t)));
                self.w -= RATE * m / (v.sqrt() + 1e-8);
            }
        }
    }
}

/// The parameters `a` and `b`, whose gradients are what is fed.
fn two() -> Params<f64> {
    let mut params = Params::seeded(0);
    params.add("a", tensor![0.5]);
    params.add("b", tensor![-2.0]);
    params
}

/// A training of those of the two that are named; the others are frozen while it is compiled, and after.
fn training(params: &mut Params<f64>, optimizer: impl Optimizer, trained: &[&str]) -> Training<'static, f64> {
    for name in ["a", "b"] {
        params.freeze(name, !trained.contains(&name)).expect("it is there");
    }
    let g = Graph::new();
    // Handles of the same names.
    let at = |name: &str| g.param(&Params::seeded(0).add(name, tensor![0.0]));
    let loss = (at("a") * g.input("ga", [1]) + at("b") * g.input("gb", [1])).sum(..);
    g.train(loss, optimizer, params).expect("it compiles")
}

fn go(params: &mut Params<f64>, step: &mut Training<'_, f64>, [a, b]: [f64; 2]) {
    step.run(params, [feed("ga", &tensor![a]), feed("gb", &tensor![b])]).expect("it runs");
}

/// The gradients of a step, of both signs and several sizes.
fn gradients(step: usize) -> [f64; 2] {
    let x = step as f64;
    [1.0 + (x * 0.7).sin() * 2.0, 0.3 * (x * 1.3).cos() - 0.1]
}

fn same(params: &Params<f64>, expected: [&Reference; 2], what: &str) {
    for (name, expected) in ["a", "b"].iter().zip(expected) {
        let found = params.get(name).expect("it is there").item();
        let difference = (found - expected.w).abs();
        assert!(
            difference <= 1e-12 * expected.w.abs().max(1.0),
            "{what}: {name} is {found}, not {}",
            expected.w
        );
    }
}

#[test]
fn a_parameter_that_is_unfrozen_moves_as_in_its_first_step() {
    for which in ALL {
        let mut params = two();
        let (mut a, mut b) = (Reference::new(which, 0.5), Reference::new(which, -2.0));
        let mut step = training(&mut params, which, &["a"]);
        for i in 0..1000 {
            go(&mut params, &mut step, gradients(i));
            a.step(gradients(i)[0]);
        }
        same(&params, [&a, &b], &format!("{which:?}, frozen"));
        let mut step = training(&mut params, which, &["a", "b"]);
        for i in 1000..1020 {
            go(&mut params, &mut step, gradients(i));
            a.step(gradients(i)[0]);
            b.step(gradients(i)[1]);
            same(&params, [&a, &b], &format!("{which:?}, unfrozen, step {i}"));
        }
        // Frozen again, and unfrozen again: it goes on where it was.
        let mut alone = training(&mut params, which, &["b"]);
        for i in 1020..1030 {
            go(&mut params, &mut alone, gradients(i));
            b.step(gradients(i)[1]);
        }
        go(&mut params, &mut step, gradients(1030));
        a.step(gradients(1030)[0]);
        b.step(gradients(1030)[1]);
        same(&params, [&a, &b], &format!("{which:?}, again"));
    }
}

#[test]
fn two_alternating_trainings_on_one_store_do_not_count_each_others_steps() {
    for which in ALL {
        for (of_a, of_b) in [(1, 1), (3, 1), (1, 5)] {
            let mut params = two();
            let (mut a, mut b) = (Reference::new(which, 0.5), Reference::new(which, -2.0));
            let mut steps = [training(&mut params, which, &["a"]), training(&mut params, which, &["b"])];
            for i in 0..20 {
                for _ in 0..of_a {
                    go(&mut params, &mut steps[0], gradients(i));
                    a.step(gradients(i)[0]);
                }
                for _ in 0..of_b {
                    go(&mut params, &mut steps[1], gradients(i));
                    b.step(gradients(i)[1]);
                }
                same(&params, [&a, &b], &format!("{which:?}, {of_a} and {of_b}, round {i}"));
            }
        }
    }
}

/// A rule whose rate falls.
#[derive(Clone, Copy)]
struct Scheduled(Which);

impl Optimizer for Scheduled {
    fn rate(&self) -> Rate {
        Box::new(|step| gradus::optim::Schedule::rate(&gradus::optim::Cosine::new(RATE, 40), step))
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        self.0.update(at)
    }
}

/// Two trainings, of `a` and of `b`, of which the first takes three steps in each round.
fn alternate(optimizer: impl Optimizer + Copy) -> Vec<f64> {
    let mut params = two();
    let mut steps = [training(&mut params, optimizer, &["a"]), training(&mut params, optimizer, &["b"])];
    for i in 0..20 {
        for (step, times) in steps.iter_mut().zip([3, 1]) {
            (0..times).for_each(|_| go(&mut params, step, gradients(i)));
        }
    }
    params.iter().map(|(_, x)| x.item()).collect()
}

#[test]
fn parameters_move_as_pytorch_moves_them() {
    let figures = include_str!("../reference/optimizers.txt");
    let mut compared = 0;
    for line in figures.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let which = ALL.into_iter().find(|which| format!("{which:?}") == words[1]).expect("a rule");
        let expected: Vec<f64> = words[2..].iter().map(|x| x.parse().expect("a number")).collect();
        let found = match words[0] {
            "unfrozen" => {
                let mut params = two();
                let mut found = Vec::new();
                let phases: [(_, &[&str]); 4] = [
                    (0..1000, &["a"]),
                    (1000..1020, &["a", "b"]),
                    (1020..1030, &["b"]),
                    (1030..1031, &["a", "b"]),
                ];
                for (steps, trained) in phases {
                    let mut step = training(&mut params, which, trained);
                    steps.for_each(|i| go(&mut params, &mut step, gradients(i)));
                    found.extend(params.iter().map(|(_, x)| x.item()));
                }
                found
            }
            "alternating" => alternate(which),
            "scheduled" => alternate(Scheduled(which)),
            other => unreachable!("{other}"),
        };
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            let difference = (found - expected).abs();
            assert!(difference <= 1e-12 * expected.abs().max(1.0), "{line}: {found}, not {expected}");
            compared += 1;
        }
    }
    assert_eq!(compared, 7 * (8 + 2 + 2));
}

#[test]
fn no_optimizer_takes_the_state_of_another() {
    // One rule goes on with its state under other settings.
    let kind = |which| match which {
        Sgd | Momentum | Nesterov => 0,
        RmsProp | RmsPropMomentum => 1,
        Adam | AdamW => 2,
    };
    for first in ALL {
        for second in ALL.into_iter().filter(|&second| kind(second) != kind(first)) {
            let mut params = two();
            let mut step = training(&mut params, first, &["a", "b"]);
            (0..50).for_each(|_| go(&mut params, &mut step, [1.0, -30.0]));
            let at = |name: &str| params.get(name).expect("it is there").item();
            let (mut a, mut b) = (Reference::new(second, at("a")), Reference::new(second, at("b")));
            let mut step = training(&mut params, second, &["a", "b"]);
            for i in 0..5 {
                go(&mut params, &mut step, gradients(i));
                a.step(gradients(i)[0]);
                b.step(gradients(i)[1]);
                same(&params, [&a, &b], &format!("{second:?} after {first:?}, step {i}"));
            }
        }
    }
}

/// The numbers of a store, by name.
fn bits(params: &Params<f64>) -> Vec<(String, Vec<u64>)> {
    let all = params.iter().chain(params.states());
    let mut all: Vec<(String, Vec<u64>)> =
        all.map(|(name, value)| (name.into(), value.iter().map(|x| x.to_bits()).collect())).collect();
    all.sort();
    all
}

/// A file as it was before the kind of the optimizer stood in the names of states: no counts of updates, one name for
/// the momentum of SGD and of RMSprop.
fn old_file(params: &Params<f64>, path: &std::path::Path) {
    let old = |name: &str| match name.strip_prefix("optimizer.") {
        Some(rest) => {
            let kind = ["sgd.", "rmsprop.", "adam."].into_iter().find_map(|kind| rest.strip_prefix(kind));
            format!("optimizer.{}", kind.unwrap_or(rest).replace("velocity", "momentum"))
        }
        None => name.into(),
    };
    let all = params.iter().chain(params.states()).filter(|(name, _)| !name.ends_with(".updates"));
    let held: Vec<(String, Vec<usize>, Vec<u8>)> = all
        .map(|(name, x)| (old(name), x.shape().to_vec(), x.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views = held.iter().map(|(name, shape, bytes)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F64, shape.clone(), bytes);
        (name.as_str(), view.expect("a view"))
    });
    let metadata =
        HashMap::from([("gradus".to_string(), format!("steps={}\nseed=0\ndrawn=0", params.steps()))]);
    let file = safetensors::serialize(views, Some(metadata)).expect("a file");
    std::fs::write(path, file).expect("written");
}

#[test]
fn a_file_of_before_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.safetensors");
    for which in ALL {
        let mut params = two();
        let mut step = training(&mut params, which, &["a", "b"]);
        (0..10).for_each(|i| go(&mut params, &mut step, gradients(i)));
        old_file(&params, &path);
        (10..20).for_each(|i| go(&mut params, &mut step, gradients(i)));
        let mut later = two();
        later.load(&path).expect("loaded");
        let mut again = training(&mut later, which, &["a", "b"]);
        (10..20).for_each(|i| go(&mut later, &mut again, gradients(i)));
        assert_eq!(bits(&later), bits(&params), "{which:?}");
        // Into a store whose training is compiled already.
        later.load(&path).expect("loaded");
        (10..20).for_each(|i| go(&mut later, &mut again, gradients(i)));
        assert_eq!(bits(&later), bits(&params), "{which:?}, compiled before");
    }
}

#[test]
fn what_a_rule_of_the_users_own_keeps_stays_under_its_name() {
    struct Heavy;
    impl Optimizer for Heavy {
        fn rate(&self) -> Rate {
            Box::new(|_| RATE)
        }
        fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
            let v = 0.5 * at.state("momentum", 0.0) + at.gradient;
            at.keep("momentum", v);
            at.param - at.rate * v
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.safetensors");
    let mut params = two();
    let mut step = training(&mut params, Heavy, &["a", "b"]);
    (0..10).for_each(|i| go(&mut params, &mut step, gradients(i)));
    let before = bits(&params);
    params.save(&path).expect("saved");
    old_file(&params, &folder.path().join("older.safetensors"));
    for name in ["own.safetensors", "older.safetensors"] {
        params.load(folder.path().join(name)).expect("loaded");
        assert_eq!(bits(&params), before, "{name}");
    }
    let mut other = two();
    other.load(&path).expect("loaded");
    assert_eq!(bits(&other), before);
}

#[test]
fn a_setting_that_is_not_allowed_is_told_when_the_training_is_compiled() {
    use gradus::optim::{Adam, AdamW, RmsProp, Sgd};
    /// An optimizer, the setting that is wrong, and its value.
    fn told(optimizer: impl Optimizer, name: &str, given: f64, range: &str) {
        let mut params = Params::<f32>::seeded(0);
        let w = params.add("w", tensor![1.0]);
        let g = Graph::new();
        let line = line!() + 1;
        let error = g.train(g.param(&w).sum(..), optimizer, &mut params).expect_err("it is told");
        let Error::Setting { setting, value, allowed, site } = &error else { unreachable!("{error}") };
        assert_eq!((setting.as_str(), value.to_bits()), (name, given.to_bits()));
        assert_eq!(site.location.line(), line);
        assert!(allowed.starts_with(range), "{error}");
        assert_eq!(params.states().count(), 0);
    }
    const SHARE: &str = "a number from 0 on and below 1";
    for beta in [1.0, 1.5, -0.5, f64::NAN, f64::INFINITY] {
        told(Adam::new(0.1).betas(beta, 0.9), "first beta", beta, SHARE);
        told(Adam::new(0.1).betas(0.9, beta), "second beta", beta, SHARE);
        told(AdamW::new(0.1).betas(0.9, beta), "second beta", beta, SHARE);
        told(Sgd::new(0.1).momentum(beta), "momentum", beta, SHARE);
        told(RmsProp::new(0.1).momentum(beta), "momentum", beta, SHARE);
        told(RmsProp::new(0.1).alpha(beta).clip_norm(1.0), "alpha", beta, SHARE);
    }
    // The last is finite, but not as an f32.
    for wrong in [-0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
        told(Sgd::new(wrong), "learning rate", wrong, "a finite f32 from 0 on");
        told(RmsProp::new(wrong), "learning rate", wrong, "a finite f32 from 0 on");
        told(
            Adam::new(wrong).clip_norm(1.0).clip_value(1.0),
            "learning rate",
            wrong,
            "a finite f32 from 0 on",
        );
        told(AdamW::new(wrong), "learning rate", wrong, "a finite f32 from 0 on");
        told(AdamW::new(0.1).decay(wrong), "decay", wrong, "a finite f32 from 0 on");
        told(Sgd::new(0.1).l2(wrong), "L2 penalty", wrong, "a finite f32 from 0 on");
        told(Adam::new(0.1).l2(wrong), "L2 penalty", wrong, "a finite f32 from 0 on");
        told(RmsProp::new(0.1).l2(wrong), "L2 penalty", wrong, "a finite f32 from 0 on");
        told(Adam::new(0.1).epsilon(wrong), "epsilon", wrong, "a finite f32 from 0 on");
        told(AdamW::new(0.1).epsilon(wrong), "epsilon", wrong, "a finite f32 from 0 on");
        told(RmsProp::new(0.1).epsilon(wrong), "epsilon", wrong, "a finite f32 from 0 on");
    }
    for wrong in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        told(Sgd::new(0.1).clip_norm(wrong), "clip_norm", wrong, "a number from 0 on, or infinity");
        told(Sgd::new(0.1).clip_value(wrong), "clip_value", wrong, "a number from 0 on, or infinity");
    }
    // At the ends of what is allowed.
    let mut params = two();
    let (none, all) =
        (Adam::new(0.0).betas(0.0, 0.0).epsilon(0.0).l2(0.0), Sgd::new(0.1).momentum(1.0 - 1e-16));
    let mut step = training(&mut params, none.clip_norm(0.0).clip_value(f64::INFINITY), &["a"]);
    step.threads(1).expect("one thread");
    training(&mut params, all.clip_norm(f64::INFINITY), &["a"]);
    // Adam with shares of 0: each step is the rate, in the gradient's direction.
    let mut params = two();
    let mut step = training(&mut params, Adam::new(0.25).betas(0.0, 0.0), &["a"]);
    step.trap_non_finite(true);
    go(&mut params, &mut step, [3.0, 0.0]);
    assert!((params.get("a").expect("it is there").item() - 0.25).abs() < 1e-8);
}

#[test]
fn a_traced_training_tells_of_a_setting_with_the_line_of_the_run() {
    let mut params = two();
    let mut step =
        trace_training(gradus::optim::Adam::new(0.1).epsilon(f64::NAN), |at| vec![at.input("x").sum(..)]);
    let line = line!() + 1;
    let error = step.run(&mut params, [feed("x", &tensor![1.0])]).expect_err("it is told");
    assert!(matches!(&error, Error::Setting { site, .. } if site.location.line() == line), "{error}");
}

/// The parameters after a step of rate 1 from 0, with the gradients that are fed.
fn clipped<E: Element>(max: f64, gradients: [&[f64]; 2]) -> [Vec<f64>; 2] {
    let tensors = gradients.map(|g| Tensor::from_fn([g.len()], |at| E::from_f64(g[at[0]])));
    let mut params = Params::<E>::seeded(0);
    let [a, b] = [0, 1].map(|i| params.add(["a", "b"][i], Tensor::zeros([gradients[i].len()])));
    let g = Graph::new();
    let (ga, gb) = (g.input("ga", [gradients[0].len()]), g.input("gb", [gradients[1].len()]));
    let loss = (g.param(&a) * ga).sum(..) + (g.param(&b) * gb).sum(..);
    let optimizer = gradus::optim::Sgd::new(1.0).clip_norm(max);
    let mut step = g.train(loss, optimizer, &mut params).expect("it compiles");
    step.run(&mut params, [(ga, &tensors[0]), (gb, &tensors[1])]).expect("it runs");
    [a, b].map(|param| params[&param].iter().map(|x| -x.to_f64()).collect())
}

#[test]
fn a_norm_is_clipped_at_every_size_of_the_gradients() {
    fn at<E: Element>(smallest: i32, largest: i32, digits: f64) {
        let form: [&[f64]; 2] = [&[3.0, 0.0, -4.0], &[12.0, 84.0]];
        let norm = 85.0f64;
        assert_eq!(form.iter().flat_map(|g| g.iter()).map(|x| x * x).sum::<f64>(), norm * norm);
        for size in (smallest..=largest).step_by(3) {
            let scale = 10f64.powi(size);
            let scaled: [Vec<f64>; 2] = form.map(|g| g.iter().map(|x| x * scale).collect());
            for max in [0.0, 0.1 * scale, 10.0 * scale, 84.9 * scale, 85.1 * scale, 1e-3, 1.0, 1e3] {
                let factor = if norm * scale > max { max / (norm * scale) } else { 1.0 };
                let found = clipped::<E>(max, [&scaled[0], &scaled[1]]);
                for (found, given) in found.iter().flatten().zip(scaled.iter().flatten()) {
                    let expected = given * factor;
                    let close = (found - expected).abs() <= digits * expected.abs();
                    assert!(close, "{found}, not {expected}, of {given} at most {max}");
                }
            }
        }
    }
    at::<f32>(-34, 36, 1e-6);
    at::<f64>(-300, 304, 1e-15);
    // One beside others that are nothing beside it, and none at all.
    assert_eq!(clipped::<f32>(2.0, [&[3e38, -3.0], &[0.0]])[0][0], 2.0);
    assert_eq!(clipped::<f32>(2.0, [&[3e38, 0.0], &[1e-38]]), [vec![2.0, 0.0], vec![0.0]]);
    assert_eq!(clipped::<f32>(1e-3, [&[0.0, 0.0], &[0.0]]), [vec![0.0, 0.0], vec![0.0]]);
    assert_eq!(clipped::<f32>(1.0, [&[], &[4.0]]), [vec![], vec![1.0]]);
    assert_eq!(
        clipped::<f32>(f64::INFINITY, [&[3e38], &[-3e38]]),
        [vec![f64::from(3e38f32)], vec![f64::from(-3e38f32)]]
    );
}

#[test]
fn a_gradient_without_a_norm_refuses_the_step_by_name_and_changes_nothing() {
    for n in [3, 100_000] {
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut params = Params::<f32>::seeded(0);
            let [a, b] = ["a", "b"].map(|name| params.add(name, Tensor::full([n], 0.5)));
            let g = Graph::new();
            let (ga, gb) = (g.input("ga", [n]), g.input("gb", [n]));
            let loss = (g.param(&a) * ga + g.param(&b) * gb).sum(..);
            let optimizer = gradus::optim::Adam::new(0.1).clip_norm(1.0);
            let mut step = g.train(loss, optimizer, &mut params).expect("it compiles");
            // The loss is not finite either.
            step.stop_on_non_finite_loss(false);
            let good = Tensor::full([n], 1.0);
            let mut bad = good.clone();
            bad.data_mut()[n - 2] = wrong;
            step.run(&mut params, [(ga, &good), (gb, &good)]).expect("it runs");
            let before: Vec<Tensor<f32>> =
                params.iter().chain(params.states()).map(|(_, x)| x.clone()).collect();
            let line = line!() + 1;
            let error = step.run(&mut params, [(ga, &good), (gb, &bad)]).expect_err("it is refused");
            let Error::Gradient { name, step: 2, value, site } = &error else { unreachable!("{error}") };
            assert_eq!((name.as_str(), site.location.line()), ("b", line));
            assert_eq!(value.to_string(), wrong.abs().to_string());
            assert!(params.iter().chain(params.states()).map(|(_, x)| x).eq(&before));
            assert_eq!(params.steps(), 1);
            // It goes on as if nothing had been.
            step.run(&mut params, [(ga, &good), (gb, &good)]).expect("it runs");
            assert!(params.iter().all(|(_, x)| x.iter().all(|x| x.is_finite())));
        }
    }
    // An infinite one that is clamped before has a norm.
    let mut params = two();
    let optimizer = gradus::optim::Sgd::new(1.0).clip_norm(1.0).clip_value(2.0);
    let mut step = training(&mut params, optimizer, &["a"]);
    step.stop_on_non_finite_loss(false);
    go(&mut params, &mut step, [f64::INFINITY, 0.0]);
    assert_eq!(params.get("a").expect("it is there").item(), -0.5);
}

/// A rate that tells its step.
fn telling(step: u64) -> f64 {
    (step + 1) as f64 / 64.0
}

/// The number of steps whose rates `telling` has taken, from a parameter that went down by each rate.
fn moved(params: &Params<f64>, name: &str, start: f64) -> u64 {
    let sum = 64.0 * (start - params.get(name).expect("it is there").item());
    (0..1000).find(|&steps| (steps * (steps + 1) / 2) as f64 == sum).expect("a sum of rates")
}

#[test]
fn each_training_follows_its_schedule_by_its_own_steps() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("two.safetensors");
    let trainings = |params: &mut Params<f64>| {
        [["a"], ["b"]].map(|trained| training(params, gradus::optim::Sgd::new(telling), &trained))
    };
    let mut params = two();
    let mut steps = trainings(&mut params);
    let mut counts = [0, 0];
    let mut round = |params: &mut Params<f64>, steps: &mut [Training<'static, f64>; 2], of: [u64; 2]| {
        for ((step, of), count) in steps.iter_mut().zip(of).zip(&mut counts) {
            (0..of).for_each(|_| go(params, step, [1.0, 1.0]));
            *count += of;
            assert_eq!(step.steps(params), *count);
        }
        assert_eq!([moved(params, "a", 0.5), moved(params, "b", -2.0)], counts);
        assert_eq!(params.steps(), counts[0] + counts[1]);
    };
    round(&mut params, &mut steps, [3, 1]);
    round(&mut params, &mut steps, [0, 4]);
    params.save(&path).expect("saved");
    // Into a new store before its trainings are compiled, and into one whose trainings have run already.
    let mut later = two();
    later.load(&path).expect("loaded");
    let mut again = trainings(&mut later);
    round(&mut params, &mut steps, [2, 7]);
    let mut other = two();
    let mut compiled = trainings(&mut other);
    compiled.iter_mut().for_each(|step| go(&mut other, step, [1.0, 1.0]));
    other.load(&path).expect("loaded");
    for (params, steps) in [(&mut later, &mut again), (&mut other, &mut compiled)] {
        (0..2).for_each(|_| go(params, &mut steps[0], [1.0, 1.0]));
        (0..7).for_each(|_| go(params, &mut steps[1], [1.0, 1.0]));
        assert_eq!([moved(params, "a", 0.5), moved(params, "b", -2.0)], [5, 12]);
    }
    assert_eq!((bits(&later), bits(&other)), (bits(&params), bits(&params)));
    // A clone counts on by itself, and so does another element type.
    let mut clone = params.clone();
    go(&mut clone, &mut steps[0], [1.0, 1.0]);
    assert_eq!([steps[0].steps(&clone), steps[0].steps(&params)], [6, 5]);
    let narrow = params.cast::<f32>().cast::<f64>();
    assert_eq!(steps.each_ref().map(|step| step.steps(&narrow)), [5, 12]);
    // The weights alone do not change the counts.
    params.load_weights(&path).expect("loaded");
    assert_eq!(steps.each_ref().map(|step| step.steps(&params)), [5, 12]);
}

#[test]
fn a_name_is_a_count_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("named.safetensors");
    let mut params = two();
    let sgd = || gradus::optim::Sgd::new(telling);
    let mut alone = training(&mut params, sgd(), &["a"]);
    let mut both = training(&mut params, sgd(), &["a", "b"]);
    let mut second = training(&mut params, sgd(), &["a", "b"]);
    second.name("second\n\"=");
    go(&mut params, &mut alone, [1.0, 1.0]);
    (0..2).for_each(|_| go(&mut params, &mut both, [0.0, 1.0]));
    (0..3).for_each(|_| go(&mut params, &mut second, [0.0, 0.0]));
    params.save(&path).expect("saved");
    let mut later = two();
    later.load(&path).expect("loaded");
    for params in [&params, &later] {
        assert_eq!([&alone, &both, &second].map(|step| step.steps(params)), [1, 2, 3]);
        assert_eq!([moved(params, "a", 0.5), moved(params, "b", -2.0)], [1, 2]);
    }
    // The name goes on where other parameters are trained, as after some were unfrozen.
    alone.name("second\n\"=");
    assert_eq!(alone.steps(&later), 3);
    // That of a function is known before its first step.
    let mut traced: Training<'_, f64> = trace_training(sgd(), |at| vec![at.input("x").sum(..)]);
    assert_eq!(traced.steps(&later), 0);
    traced.name("second\n\"=");
    assert_eq!(traced.steps(&later), 3);
}

#[test]
fn a_file_of_before_trainings_counted_goes_on_from_all_steps() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.safetensors");
    let mut params = two();
    let mut step = training(&mut params, gradus::optim::Sgd::new(telling), &["a", "b"]);
    (0..5).for_each(|_| go(&mut params, &mut step, [1.0, 0.0]));
    old_file(&params, &path);
    let mut later = two();
    later.load(&path).expect("loaded");
    let mut step = training(&mut later, gradus::optim::Sgd::new(telling), &["a", "b"]);
    // Saved again before its first step, it is not forgotten.
    later.save(&path).expect("saved");
    later.load(&path).expect("loaded");
    assert_eq!(step.steps(&later), 5);
    (0..2).for_each(|_| go(&mut later, &mut step, [1.0, 0.0]));
    assert_eq!((moved(&later, "a", 0.5), step.steps(&later), later.steps()), (7, 7, 7));
}

#[test]
fn a_loss_that_is_not_finite_stops_before_anything_is_changed() {
    // Below and above the size from which parameters are updated in place.
    for n in [3, 70_000] {
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut params = Params::<f32>::new();
            let w = params.add("w", Tensor::full([n], 0.5));
            let g = Graph::new();
            let x = g.input("x", [n]);
            let loss = (g.param(&w) * x).sum(..);
            let mut step = g.train(loss, gradus::optim::Adam::new(0.1), &mut params).expect("it compiles");
            let good = Tensor::full([n], 1.0);
            let mut bad = good.clone();
            bad.data_mut()[n - 2] = wrong;
            step.run(&mut params, [(x, &good)]).expect("it runs");
            let all = |params: &Params<f32>| -> Vec<Tensor<f32>> {
                params.iter().chain(params.states()).map(|(_, x)| x.clone()).collect()
            };
            let before = all(&params);
            let line = line!() + 1;
            let error = step.run(&mut params, [(x, &bad)]).expect_err("it stops");
            let Error::Loss { step: 2, value, site } = &error else { unreachable!("{error}") };
            assert_eq!((value.to_string(), site.location.line()), (wrong.to_string(), line));
            for word in ["step 2", "trap_non_finite", "skip_non_finite", "stop_on_non_finite_loss"] {
                assert!(error.to_string().contains(word), "{error}");
            }
            assert_eq!((all(&params), params.steps(), step.steps(&params)), (before.clone(), 1, 1));
            // Skipped, without an error; the loss is there to be seen.
            step.skip_non_finite(true);
            let out = step.run(&mut params, [(x, &bad)]).expect("it is skipped");
            assert_eq!(out[loss].item().to_string(), wrong.to_string());
            assert_eq!((all(&params), params.steps(), step.skipped()), (before, 1, 1));
            step.run(&mut params, [(x, &good)]).expect("it runs");
            assert_eq!((params.steps(), step.skipped()), (2, 1));
            assert!(params[&w].iter().all(|x| (0.25..0.35).contains(x)));
            // Taken, where that is asked for.
            step.skip_non_finite(false);
            step.stop_on_non_finite_loss(false);
            step.run(&mut params, [(x, &bad)]).expect("it is taken");
            assert!(params[&w].data()[n - 2].is_nan());
            assert_eq!(params.steps(), 3);
        }
    }
}

#[test]
fn a_first_step_that_is_refused_leaves_no_state_of_a_function() {
    let mut params = two();
    let a = params.get("a").expect("it is there").clone();
    let handle = Params::<f64>::seeded(0).add("a", a);
    let mut step = trace_training(gradus::optim::Adam::new(0.1), |at| {
        vec![(at.graph().param(&handle) * at.input("x")).sum(..)]
    });
    let error = step.run(&mut params, [feed("x", &tensor![f64::NAN])]).expect_err("it stops");
    assert!(matches!(error, Error::Loss { step: 1, .. }), "{error}");
    assert_eq!((params.states().count(), params.steps()), (0, 0));
    step.run(&mut params, [feed("x", &tensor![1.0])]).expect("it runs");
    assert_eq!((params.states().count(), params.steps(), step.steps(&params)), (3, 1, 1));
}

#[test]
fn gradients_that_have_to_be_finite_refuse_or_skip_the_step() {
    // The loss is finite, the gradient is not: the root at 0.
    for n in [2, 70_000] {
        let mut params = Params::<f64>::new();
        let w = params.add("w", Tensor::full([n], 4.0));
        let g = Graph::new();
        let x = g.input("x", [n]);
        let loss = (g.param(&w) * x).sqrt().sum(..);
        let optimizer = gradus::optim::Sgd::new(1.0).momentum(0.5).finite_gradients();
        let mut step = g.train(loss, optimizer, &mut params).expect("it compiles");
        let good = Tensor::full([n], 1.0);
        let mut bad = good.clone();
        (bad.data_mut()[n - 1], bad.data_mut()[0]) = (0.0, 0.0);
        params.set("w", Tensor::from_fn([n], |at| if at[0] == 0 { 0.0 } else { 4.0 })).expect("it is set");
        let error = step.run(&mut params, [(x, &good)]).expect_err("it is refused");
        assert!(matches!(&error, Error::Gradient { name, step: 1, .. } if name == "w"), "{error}");
        // A loss that is taken however it is does not take such a gradient.
        step.stop_on_non_finite_loss(false);
        let error = step.run(&mut params, [(x, &good)]).expect_err("it is refused");
        assert!(matches!(error, Error::Gradient { .. }), "{error}");
        step.skip_non_finite(true);
        step.run(&mut params, [(x, &good)]).expect("it is skipped");
        assert_eq!((step.skipped(), params.steps()), (1, 0));
        assert_eq!((params[&w].data()[0], params[&w].data()[n - 1]), (0.0, 4.0));
        assert!(params.states().all(|(_, state)| state.iter().all(|x| *x == 0.0)));
    }
}

#[test]
fn a_state_may_be_asked_for_again_and_one_that_was_not_is_not_kept() {
    /// A count, by a rule that reads its state `reads` times and keeps it under a name.
    struct Counting(usize, &'static str);
    impl Optimizer for Counting {
        fn rate(&self) -> Rate {
            Box::new(|_| 0.5)
        }
        fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
            let next = at.state("counting.count", 0.0) + 1.0;
            at.keep(self.1, next);
            (1..self.0).for_each(|_| _ = at.state("counting.count", 0.0));
            at.param - at.rate * next
        }
    }
    for reads in 1..4 {
        let mut params = two();
        let mut step = training(&mut params, Counting(reads, "counting.count"), &["a"]);
        (0..3).for_each(|_| go(&mut params, &mut step, [1.0, 1.0]));
        assert_eq!(params.get("a").expect("it is there").item(), 0.5 - 0.5 * 6.0);
        assert_eq!(params.states().map(|(_, x)| x.item()).collect::<Vec<_>>(), [3.0]);
    }
    let mut params = two();
    let g = Graph::new();
    let a = Params::<f64>::seeded(0).add("a", tensor![0.0]);
    let error =
        g.train(g.param(&a).sum(..), Counting(1, "counting.cuont"), &mut params).expect_err("it is told");
    assert!(
        error.to_string().contains("\"optimizer.a.counting.cuont\", which it has not asked for"),
        "{error}"
    );
    assert_eq!(params.states().count(), 0);
}

#[test]
fn a_training_on_other_parameters_tells_the_line_and_what_to_do() {
    let mut params = two();
    let mut step = training(&mut params, gradus::optim::Adam::new(0.1), &["a"]);
    let (mut other, x) = (two(), tensor![1.0]);
    let line = line!() + 1;
    let error = step.run(&mut other, [feed("ga", &x), feed("gb", &x)]).expect_err("it is told").to_string();
    assert!(error.contains("a training runs on those that it was compiled with"), "{error}");
    assert!(error.contains(&format!("optimizers.rs:{line}")), "{error}");
    assert_eq!(bits(&other), bits(&two()));
}

#[test]
fn the_outer_clipping_comes_before_the_inner_look_at_gradients() {
    let go = |optimizer: &dyn Fn(&mut Params<f64>) -> Training<'static, f64>| {
        let mut params = two();
        let mut step = optimizer(&mut params);
        step.stop_on_non_finite_loss(false);
        step.run(&mut params, [feed("ga", &tensor![f64::INFINITY]), feed("gb", &tensor![0.0])])
            .map(|_| ())
            .map(|()| params.get("a").expect("it is there").item())
    };
    let sgd = || gradus::optim::Sgd::new(1.0);
    let bounded = go(&|params| training(params, sgd().finite_gradients().clip_value(1.0), &["a"]));
    assert_eq!(bounded.expect("it is bounded first"), -0.5);
    let refused = go(&|params| training(params, sgd().clip_value(1.0).finite_gradients(), &["a"]));
    assert!(matches!(refused, Err(Error::Gradient { .. })));
}
