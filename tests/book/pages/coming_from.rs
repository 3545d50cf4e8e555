//! What `docs/coming_from.md` says.

use crate::page::Page;
use gradus::prelude::*;
use gradus::{Feed, Optimizer};

pub fn page(page: &mut Page) {
    page.block("unlike", unlike());
}

/// The lines of `tests/reference/conventions.txt`, each a name and what was seen.
struct Measured(Vec<(String, Vec<String>)>);

impl Measured {
    fn read() -> (String, Self) {
        let text = include_str!("../../reference/conventions.txt");
        let mut lines = text.lines();
        let versions = lines.next().and_then(|line| line.strip_prefix("# ")).expect("the versions");
        let versions: Vec<String> = versions.split(' ').map(|each| each.replace("==", " ")).collect();
        let line = |line: &str| {
            let mut words = line.split(' ').map(str::to_string);
            (words.next().expect("a name"), words.collect())
        };
        (versions.join(", "), Measured(lines.map(line).collect()))
    }

    fn words(&self, name: &str) -> &[String] {
        &self.0.iter().find(|(each, _)| each == name).unwrap_or_else(|| panic!("{name} was not measured")).1
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.words(name).iter().map(|word| word.parse().expect("a number")).collect()
    }
}

/// A table of the rows that look alike and are not, with what other libraries and Gradus make of the same input.
fn unlike() -> String {
    let (versions, measured) = Measured::read();
    let of = |name: &str| list(&measured.numbers(name));
    let first = |name: &str| short(measured.numbers(name)[0]);
    let mut rows = vec![
        (
            "`he_normal`: the largest of a million weights, in standard deviations",
            vec![
                ("PyTorch's `kaiming_normal_`", first("he_normal/torch")),
                ("JAX, which cuts at 2 and widens the rest", first("he_normal/jax")),
                ("Keras, likewise", first("he_normal/keras")),
            ],
            short(largest_weight()),
        ),
        (
            "gradients of norm 4e-3, clipped to 1e-3: the norm, over 1e-3",
            vec![
                ("`clip_grad_norm_`, which adds 1e-6 to the norm", first("clip/torch")),
                ("Optax", first("clip/optax")),
            ],
            short(clipped_norm()),
        ),
        (
            "two parameters with gradients 3 and 4, clipped to 1",
            vec![
                ("`clip_grad_norm_`", of("clipnorm/torch")),
                ("Keras' `clipnorm`, each by itself", of("clipnorm/keras")),
                ("Keras' `global_clipnorm`", of("global_clipnorm/keras")),
            ],
            list(&clipped_pair()),
        ),
        (
            "Adam's first step at rate 1 with gradient 1e-6",
            vec![
                ("PyTorch, ε = 1e-8", of("adam/torch")),
                ("Optax", of("adam/optax")),
                ("Keras, which adds its ε before the bias is corrected", of("adam/keras")),
                ("that ε", power(measured.numbers("adam_epsilon/keras")[0])),
                ("what it is in the first step, over √(1 − β₂)", power(measured.numbers("adam_epsilon/keras")[0] / 0.001f64.sqrt())),
            ],
            list(&moved(Adam::new(1.0), 1e-6, 1)),
        ),
        (
            "ε of batch normalization and of layer normalization",
            vec![("Keras", of("norm_epsilon/keras"))],
            "1e-5, 1e-5, as PyTorch; `.epsilon(…)` sets it".into(),
        ),
        (
            "momentum 0.9, gradient 1, rates 1 and then 0.1: how far each step goes",
            vec![
                ("PyTorch", of("velocity/torch")),
                ("Keras, whose velocity holds the rate", of("velocity/keras")),
            ],
            list(&moved(
                Sgd::new(|step: u64| if step == 0 { 1.0 } else { 0.1 }).momentum(0.9),
                1.0,
                2,
            )),
        ),
        (
            "binary cross-entropy of the logit −20 against 1, and its slope",
            vec![
                (
                    "Keras, which takes probabilities unless told, and holds them off 0",
                    of("cross_entropy_default/keras"),
                ),
                ("Keras with `from_logits=True`", of("cross_entropy_logits/keras")),
            ],
            list(&binary_loss()),
        ),
        (
            "cross-entropy of two rows, of which the second is ignored and holds a NaN: the loss, and the sum of each row's gradient",
            vec![("PyTorch", of("ignored_row/torch"))],
            list(&ignored_row()),
        ),
        (
            "`W = [[1, 2], [3, 4]]`, whose transpose is saved by `safetensors.numpy`: the first row that is loaded",
            vec![
                ("`save_file({\"w\": W.T})`, the bytes of W under the shape of W.T", of("transposed_view/safetensors")),
                ("`save_file({\"w\": np.ascontiguousarray(W.T)})`", of("transposed_copy/safetensors")),
            ],
            "what the file holds".into(),
        ),
    ];
    rows.push((
        "the places that sort 1, NaN, 0, −0, 1, upward; downward; the two largest",
        vec![
            ("PyTorch, `stable=True`; `topk`, whose ties have no order", order_of(&measured, "torch")),
            ("NumPy, `kind=\"stable\"`", list(&measured.numbers("argsort/numpy"))),
            ("JAX", order_of(&measured, "jax")),
        ],
        order(),
    ));
    rows.push((
        "the gradient of `x.cummax(0).sum(..)` at 1, 3, 2, 3, where two tie",
        vec![("PyTorch, the last", of("cummax/torch")), ("JAX, shared", of("cummax/jax"))],
        list(&slope(&[1.0, 3.0, 2.0, 3.0], |x| x.cummax(0))),
    ));
    rows.push((
        "the gradient of `x.cumprod(0).sum(..)` at 2, 0, 5",
        vec![("PyTorch", of("cumprod/torch")), ("JAX", of("cumprod/jax"))],
        list(&slope(&[2.0, 0.0, 5.0], |x| x.cumprod(0))),
    ));
    let named = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    rows.push((
        "names of the layers 2 → 3 → 1 with a rectifier between",
        vec![("`nn.Sequential`, which counts activations", named(measured.words("names/torch")))],
        format!("`Mlp::new(…, \"net\", …)`, which does not: {}", named(&names())),
    ));
    let mut text = format!(
        "Measured by [`tests/reference/measure_conventions.py`](../tests/reference/measure_conventions.py) with {versions}.\n\n\
         | | there | Gradus |\n|---|---|---|\n"
    );
    for (what, there, here) in rows {
        let there: Vec<String> = there.into_iter().map(|(who, found)| format!("{who}: {found}")).collect();
        text += &format!("| {what} | {} | {here} |\n", there.join("<br>"));
    }
    text.trim_end().into()
}

/// The places that another library sorts by, upward, downward and the two largest.
fn order_of(measured: &Measured, library: &str) -> String {
    let of = |what: &str| list(&measured.numbers(&format!("{what}/{library}")));
    format!("{}; {}; {}", of("argsort"), of("argsort_descending"), of("topk"))
}

/// The places that sort the same numbers here.
fn order() -> String {
    let g = Graph::new();
    let x = g.value(tensor![1.0, f64::NAN, 0.0, -0.0, 1.0]);
    let places = [x.argsort(0), x.argsort_descending(0), x.topk(2, 0).1];
    let mut program = g.compile::<f64>(places).expect("it compiles");
    let out = program.run_unfed(&Params::new()).expect("it runs");
    let told = places.map(|each| list(&out[each].iter().map(|&place| place as f64).collect::<Vec<f64>>()));
    told.join("; ")
}

/// The gradient of the sum of a function at some numbers.
fn slope(at: &[f64], f: impl for<'g> Fn(Var<'g>) -> Var<'g>) -> Vec<f64> {
    let g = Graph::new();
    let x = g.value(Tensor::from(at.to_vec()));
    f(x).sum(..).grad(x).eval::<f64>().expect("it runs").iter().copied().collect()
}

/// The largest weight of a layer of 1,000 inputs and 1,000 outputs, in standard deviations.
fn largest_weight() -> f64 {
    let mut params = Params::<f64>::seeded(7);
    let w: Tensor<f64> = Init::HeNormal.sample([1000, 1000], params.rng());
    w.iter().fold(0.0, |most: f64, x| most.max(x.abs())) / (2.0f64 / 1000.0).sqrt()
}

/// The distance that each step moves parameters of one number each, whose gradients stay the same.
fn steps<E: Element>(optimizer: impl Optimizer, gradients: &[f64], count: usize) -> Vec<Vec<f64>> {
    let mut params = Params::<E>::seeded(0);
    let g = Graph::new();
    let held: Vec<_> = (0..gradients.len()).map(|i| params.add(format!("p{i}"), Tensor::zeros(()))).collect();
    let terms = held.iter().zip(gradients).map(|(p, &slope)| g.param(p) * slope);
    let loss = terms.reduce(|sum, term| sum + term).expect("a parameter");
    let mut step = g.train(loss, optimizer, &mut params).expect("it compiles");
    let mut found = Vec::new();
    for _ in 0..count {
        let before: Vec<f64> = held.iter().map(|p| params[p].item().to_f64()).collect();
        step.run(&mut params, [] as [Feed<'_, E>; 0]).expect("it runs");
        found.push(held.iter().zip(before).map(|(p, before)| before - params[p].item().to_f64()).collect());
    }
    found
}

fn moved(optimizer: impl Optimizer, gradient: f64, count: usize) -> Vec<f64> {
    steps::<f64>(optimizer, &[gradient], count).into_iter().flatten().collect()
}

fn clipped_norm() -> f64 {
    let found = steps::<f64>(Sgd::new(1.0).clip_norm(1e-3), &[2.4e-3, 3.2e-3], 1);
    found[0].iter().map(|x| x * x).sum::<f64>().sqrt() / 1e-3
}

fn clipped_pair() -> Vec<f64> {
    steps::<f64>(Sgd::new(1.0).clip_norm(1.0), &[3.0, 4.0], 1).swap_remove(0)
}

fn binary_loss() -> Vec<f64> {
    let g = Graph::new();
    let logit = g.value(-20.0);
    let loss = logit.sigmoid_cross_entropy(g.value(1.0));
    [loss, loss.grad(logit)].map(|x| x.eval::<f64>().expect("it runs").item()).to_vec()
}

fn ignored_row() -> Vec<f64> {
    let g = Graph::new();
    let logits = g.value(tensor![[0.0, 0.0], [f64::NAN, 0.0]]);
    let labels = g.labels("label", [2], 3);
    let loss = CrossEntropy::new().ignore(2).of(logits, labels);
    let slope = loss.grad(logits).sum(1);
    let mut program = g.compile::<f64>([loss, slope]).expect("it compiles");
    let which = tensor![0, 2];
    let found = program.run(&Params::new(), [labels.feed(&which)]).expect("it runs");
    found.at(0).iter().chain(found.at(1).iter()).copied().collect()
}

fn names() -> Vec<String> {
    let mut params = Params::<f64>::seeded(0);
    Mlp::new(&mut params, "net", &[2, 3, 1]);
    params.iter().map(|(name, _)| name.to_string()).collect()
}

/// A number with five digits behind the point at most.
fn short(x: f64) -> String {
    if x.is_nan() {
        return "NaN".into();
    }
    let text = format!("{x:.5}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.replace('-', "−") }
}

/// A small number with two digits.
fn power(x: f64) -> String {
    format!("{x:.1e}").replace('-', "−")
}

fn list(xs: &[f64]) -> String {
    xs.iter().map(|&x| short(x)).collect::<Vec<_>>().join(", ")
}
