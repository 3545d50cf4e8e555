//! Optimizers where more than one step after another meets one store: freezing and unfreezing, two trainings, one
//! optimizer after another, and files of before. The expected numbers are PyTorch's rules, written out by hand.

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
