//! Laws of derivatives, each for one case of any number of inputs and values. Order 2 is the same
//! laws once more, on the case whose values are a case's gradients.

use super::{Random, Runner, Verdict, dot, near, worst};
use crate::catalog::Case;
use gradus::{Graph, Passes, Tensor, Var};
use std::sync::Arc;

/// The first and largest step of the differences. Cases keep twice as much away from kinks.
const STEP: f64 = 0.04;
/// The number of times that the step is halved.
const HALVINGS: usize = 8;
/// The bound on the difference between a derivative and the extrapolated differences, relative to
/// `Σ |terms|`, the terms being those of `⟨ct, J·v⟩`. The only absolute term is the resolution of the
/// differences themselves: `4 · ε · |y| / h`, values being right to a few ulp, with the `h` of the entry that
/// was taken.
const DIFFERENCES: f64 = 1e-9;
/// The bound on the difference between `⟨ct, J·t⟩` and `⟨Jᵀ·ct, t⟩`, relative to `Σ |terms|`.
const ADJOINT: f64 = 1e-12;

/// Cotangents pulled back from all values to each input.
fn pull<'g>(ys: &[Var<'g>], cts: &[Var<'g>], xs: &[Var<'g>]) -> Vec<Var<'g>> {
    let each = ys.iter().zip(cts).map(|(y, &ct)| y.vjp(ct, xs));
    each.reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a + b).collect()).unwrap_or_default()
}

/// Tangents pushed forward from all inputs to each value.
fn push<'g>(ys: &[Var<'g>], xs: &[Var<'g>], ts: &[Var<'g>]) -> Vec<Var<'g>> {
    let along = |y: &Var<'g>| xs.iter().zip(ts).map(|(&x, &t)| y.jvp(x, t)).reduce(|a, b| a + b);
    ys.iter().map(|y| along(y).unwrap_or_else(|| y.zeros_like())).collect()
}

/// The case whose values are the gradients of `Σ ct·y`: its inputs are the case's and `ct`.
pub fn gradient(case: &Case) -> Case {
    let g = Graph::new();
    let mut random = Random(17);
    let cts = case.record(&g).ys.iter().map(|y| random.like(&y.shape())).collect::<Vec<_>>();
    let (build, n) = (case.build.clone(), case.inputs.len());
    Case {
        name: format!("gradient of {}", case.name),
        inputs: case.inputs.iter().cloned().chain(cts).collect(),
        build: Arc::new(move |g, inputs, labels| {
            let (xs, cts) = inputs.split_at(n);
            pull(&build(g, xs, labels), cts, xs)
        }),
        ..case.clone()
    }
}

/// The derivative at 0 of each number that `f` gives, and the rounding in it: from central
/// differences over steps that halve, extrapolated to step 0 (Ridders 1982): of the whole table,
/// for each number the entry whose neighbors differ least from it.
pub fn slope(
    step: f64,
    mut f: impl FnMut(f64) -> Result<Vec<f64>, String>,
) -> Result<(Vec<f64>, Vec<f64>), String> {
    let mut rows: Vec<Vec<Vec<f64>>> = Vec::new();
    let (mut best, mut error, mut rounding): (Vec<f64>, Vec<f64>, Vec<f64>) = Default::default();
    for i in 0..HALVINGS {
        let h = step / f64::from(1 << i);
        let (up, down) = (f(h)?, f(-h)?);
        // Equal infinities have difference 0, not NaN.
        let first = up.iter().zip(&down).map(|(a, b)| if a == b { 0.0 } else { (a - b) / (2.0 * h) });
        let mut row: Vec<Vec<f64>> = vec![first.collect()];
        if i == 0 {
            (best, error) = (row[0].clone(), vec![f64::INFINITY; row[0].len()]);
            rounding = vec![0.0; row[0].len()];
        }
        for j in 1..=i {
            let factor = 4f64.powi(j as i32);
            let (left, above) = (&row[j - 1], &rows[i - 1][j - 1]);
            let next: Vec<f64> = left.iter().zip(above).map(|(a, b)| a + (a - b) / (factor - 1.0)).collect();
            for (k, &value) in next.iter().enumerate() {
                let estimate = (value - left[k]).abs().max((value - above[k]).abs());
                if estimate < error[k] {
                    (best[k], error[k]) = (value, estimate);
                    rounding[k] = 4.0 * f64::EPSILON * up[k].abs().max(down[k].abs()) / h;
                }
            }
            row.push(next);
        }
        rows.push(row);
    }
    Ok((best, rounding))
}

/// A case with its derivatives, compiled.
struct Derived<'g> {
    values: Runner<'g, f64>,
    both: Runner<'g, f64>,
    cts: Vec<Tensor<f64>>,
    inputs: usize,
}

impl<'g> Derived<'g> {
    fn new(case: &Case, g: &'g Graph, random: &mut Random) -> Result<Self, String> {
        let recorded = case.record(g);
        let input = |(i, x): (usize, &Var<'g>), name: &str| g.input(format!("{name}{i}"), x.shape());
        let cts: Vec<Var<'g>> = recorded.ys.iter().enumerate().map(|each| input(each, "ct")).collect();
        let ts: Vec<Var<'g>> = recorded.xs.iter().enumerate().map(|each| input(each, "t")).collect();
        let mut outputs = pull(&recorded.ys, &cts, &recorded.xs);
        outputs.extend(push(&recorded.ys, &recorded.xs, &ts));
        let more: Vec<Var<'g>> = cts.iter().chain(&ts).copied().collect();
        // Twice a number between −1 and 1: no law may rest on a cotangent of 1.
        let numbers = recorded.ys.iter().map(|y| random.like(&y.shape()).map(|ct| 2.0 * ct));
        Ok(Derived {
            cts: numbers.collect(),
            inputs: recorded.xs.len(),
            values: Runner::new(g, case, &recorded, &[], &recorded.ys, Passes::default())?,
            both: Runner::new(g, case, &recorded, &more, &outputs, Passes::default())?,
        })
    }

    /// `Jᵀ·ct` and `J·t`.
    fn at(&mut self, x: &[Tensor<f64>], t: &[Tensor<f64>]) -> Result<[Vec<Tensor<f64>>; 2], String> {
        let mut grads = self.both.run(&[x, &self.cts, t].concat())?;
        let pushed = grads.split_off(self.inputs);
        Ok([grads, pushed])
    }
}

/// A derivative is the limit of differences: along two random directions, and along each input element if
/// there are few; backward and forward mode alike.
pub fn differences(case: &Case) -> Verdict {
    let (g, mut random) = (Graph::new(), Random(3));
    let mut derived = Derived::new(case, &g, &mut random)?;
    let x = &case.inputs;
    let size: usize = x.iter().map(Tensor::len).sum();
    let mut directions: Vec<Vec<Tensor<f64>>> =
        (0..2).map(|_| x.iter().map(|x| random.like(x.shape())).collect()).collect();
    if size <= 24 {
        for (i, input) in x.iter().enumerate() {
            for at in 0..input.len() {
                let mut unit: Vec<Tensor<f64>> = x.iter().map(|x| Tensor::zeros(x.shape())).collect();
                unit[i].data_mut()[at] = 1.0;
                directions.push(unit);
            }
        }
    }
    worst(directions.iter().map(|v| {
        let (numeric, rounding) = slope(STEP, |h| {
            let moved: Vec<Tensor<f64>> = x
                .iter()
                .zip(v)
                .map(|(x, v)| {
                    Tensor::from_fn(x.shape(), |at| x.get(at).unwrap_or(&0.0) + h * v.get(at).unwrap_or(&0.0))
                })
                .collect();
            Ok(derived.values.run(&moved)?.into_iter().flat_map(Tensor::into_data).collect())
        })?;
        let tensors = |numbers: Vec<f64>| -> Vec<Tensor<f64>> {
            let mut numbers = numbers.into_iter();
            let next = |ct: &Tensor<f64>| ct.map(|_| numbers.next().unwrap_or(f64::NAN));
            derived.cts.iter().map(next).collect()
        };
        let (numeric, rounding) = (tensors(numeric), tensors(rounding));
        let [grads, pushed] = derived.at(x, v)?;
        let (expected, scale) = dot(&derived.cts, &numeric);
        let (backward, terms) = dot(&grads, v);
        let (forward, _) = dot(&derived.cts, &pushed);
        let scale = scale.max(terms) + dot(&derived.cts, &rounding).1 / DIFFERENCES;
        worst([
            near("vjp and differences", backward, expected, scale, DIFFERENCES),
            near("jvp and differences", forward, expected, scale, DIFFERENCES),
        ])
    }))
}

/// Backward and forward mode are adjoint: `⟨ct, J·t⟩ = ⟨Jᵀ·ct, t⟩`.
pub fn adjoint(case: &Case) -> Verdict {
    let (g, mut random) = (Graph::new(), Random(5));
    let mut derived = Derived::new(case, &g, &mut random)?;
    worst((0..3).map(|_| {
        let t: Vec<Tensor<f64>> = case.inputs.iter().map(|x| random.like(x.shape())).collect();
        let [grads, pushed] = derived.at(&case.inputs, &t)?;
        let ((forward, a), (backward, b)) = (dot(&derived.cts, &pushed), dot(&grads, &t));
        near("⟨ct, jvp t⟩ and ⟨vjp ct, t⟩", forward, backward, a.max(b), ADJOINT)
    }))
}

/// A Hessian is symmetric: `u·Hv = v·Hu`, of `Σ ct·y` in the first input that has elements.
pub fn symmetric(case: &Case) -> Verdict {
    let g = Graph::new();
    let mut random = Random(7);
    let recorded = case.record(&g);
    let Some(&x) = recorded.xs.iter().find(|x| x.shape().size() > 0) else { return Ok(0.0) };
    let input = |name: &str, x: Var<'_>| g.input(name, x.shape());
    let (u, v) = (input("u", x), input("v", x));
    let cts: Vec<Var<'_>> = recorded.ys.iter().map(|y| g.value(random.like(&y.shape()))).collect();
    let Some(scalar) = recorded.ys.iter().zip(&cts).map(|(y, &ct)| y.dot(ct)).reduce(|a, b| a + b) else {
        return Ok(0.0);
    };
    let outputs = [scalar.hvp(x, v), scalar.hvp(x, u)];
    let mut runner: Runner<'_, f64> = Runner::new(&g, case, &recorded, &[u, v], &outputs, Passes::default())?;
    let (a, b) = (random.like(&x.shape()), random.like(&x.shape()));
    let out = runner.run(&[&case.inputs[..], &[a.clone(), b.clone()]].concat())?;
    let (left, terms) = dot(std::slice::from_ref(&a), &out[..1]);
    let (right, others) = dot(&[b], &out[1..]);
    near("u·Hv and v·Hu", left, right, terms.max(others), ADJOINT)
}
