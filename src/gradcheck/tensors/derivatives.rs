//! The derivatives of a value in some tensors, checked element by element. Floor 7.

use super::directional::{Directional, symmetry};
use crate::autodiff::depends;
use crate::error::{Error, Result};
use crate::gradcheck::numbers::random;
use crate::gradcheck::oracle::CheckedValue;
use crate::gradcheck::report::{Element, Part, Projection, Report, SECOND, Witness};
use crate::gradcheck::rules::{audit_rules, rerecord};
use crate::gradcheck::verdict::{Rules, Verdict, gather};
use crate::graph::Var;
use crate::session::Program;
use crate::shape::Shape;
use crate::tensor::Tensor;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The error of sums, relative to the sizes of the terms inside.
const ROUNDED: f64 = 32.0 * f64::EPSILON;

/// The number of outputs that are differentiated one by one, at most.
const OUTPUTS: usize = 64;

/// Checks the gradient of a random sum of the gradient.
pub(crate) fn second<'g>(
    plan: &Derivatives<'_, 'g>,
    subject: CheckedValue<'g>,
    report: &mut Report,
) -> Result<()> {
    let y = subject.y;
    let graph = y.graph();
    let mut random = random(plan.seed ^ 0x5EC0);
    let ct = graph.value(Tensor::from_fn(y.shape(), |_| random()));
    let gradients = y.vjp(ct, plan.wrt);
    let us: Vec<Tensor<f64>> = plan.wrt.iter().map(|x| Tensor::from_fn(x.shape(), |_| random())).collect();
    let parts = gradients.iter().zip(&us).map(|(gradient, u)| (graph.value(u.clone()) * *gradient).sum(..));
    let Some(sum) = parts.reduce(|a, b| a + b) else { return Ok(()) };
    let wrt: Vec<Var<'g>> = plan.wrt.iter().copied().filter(|&x| depends(sum, x)).collect();
    if wrt.is_empty() {
        report.notes.push("the gradient is piecewise constant: there is no second order".into());
        return Ok(());
    }
    let CheckedValue { params, feeds, .. } = subject;
    let mut subject = CheckedValue::new(sum, params, feeds)?;
    let second = Derivatives { wrt: &wrt, ..*plan };
    second.check(&mut subject, report, SECOND)?;
    report.projections.extend(symmetry(&mut subject, &gradients, &us, plan.wrt, plan.seed)?);
    Ok(())
}

/// The derivatives to check.
#[derive(Clone, Copy)]
pub(crate) struct Derivatives<'a, 'g> {
    pub(crate) wrt: &'a [Var<'g>],
    pub(crate) sample: usize,
    pub(crate) seed: u64,
    /// The one element that is checked, if not all are: the tensor's name and where it is in it.
    pub(crate) only: Option<&'a Only>,
    pub(crate) rules: Rules,
}

/// One element of one tensor, by name.
pub(crate) type Only = (String, Vec<usize>);

/// The derivatives by the graph: for each output that is asked for, the gradient in each tensor.
struct Rows {
    outputs: Vec<Vec<Tensor<f64>>>,
    /// The verdict on the contract of the rules, for each tensor.
    contract: Vec<Option<Verdict>>,
    /// The weights of a sum of all outputs, and its gradient in each tensor.
    mixed: (Vec<f64>, Vec<Tensor<f64>>),
}

impl<'g> Derivatives<'_, 'g> {
    /// Checks the derivatives of the subject's value and adds them to the report.
    pub(crate) fn check(
        &self,
        subject: &mut CheckedValue<'g>,
        report: &mut Report,
        prefix: &str,
    ) -> Result<()> {
        let graph = subject.y.graph();
        let rows = self.rows(subject)?;
        let outputs = rows.outputs.len();
        let mut wrong = false;
        for (k, &var) in self.wrt.iter().enumerate() {
            let name = graph.read(|record| record.called(var.id()));
            let shape = var.shape();
            let mut part = Part { outputs, ..Part::new(&format!("{prefix}{name}"), &shape) };
            let chosen = match self.only {
                None => choose(shape.size(), self.sample, self.seed),
                Some((only, index)) if *only == *name => vec![place(index, &shape)],
                Some(_) => continue,
            };
            let silent = self.silent(subject, var, &chosen, &rows, k)?;
            for &at in &chosen {
                let index = shape.unravel(at);
                let analytic: Vec<f64> = rows.outputs.iter().map(|row| row[k].data()[at]).collect();
                let still = silent && analytic.iter().all(|&a| a == 0.0);
                let mut column = subject.column(var, at, still)?;
                let (evidence, runs) = gather(&mut column, &analytic, &self.rules)?;
                part.runs += runs;
                for (output, evidence) in evidence.iter().enumerate() {
                    let mut element = Element::judged(evidence, &self.rules);
                    if (self.rules.passes)(element.verdict) {
                        element.verdict = rows.contract[k].unwrap_or(element.verdict);
                    }
                    wrong |= !element.verdict.passes() && element.verdict != Verdict::Inconclusive;
                    part.elements.push(Element { index: index[..].into(), output, ..element });
                }
            }
            if chosen.len() < shape.size() && !chosen.is_empty() && self.only.is_none() {
                report.projections.push(self.projection(subject, var, &rows, k, &part.name)?);
            }
            report.parts.push(part);
        }
        let (ct, gradient) = &rows.mixed;
        let directional = Directional { wrt: self.wrt, ct, gradient, seed: self.seed };
        report.projections.extend(directional.check(subject, prefix)?);
        let wrong = wrong || report.projections.iter().any(|projection| !projection.agrees());
        // The operations of the second order are those of the gradient: listed only if one is wrong.
        if prefix.is_empty() || wrong {
            let suspect = rows.contract.contains(&Some(Verdict::NonLinear));
            let (operations, wrong_rules) = audit_rules(subject, self.wrt, self.seed, &self.rules, suspect)?;
            report.wrong_rules.extend(wrong_rules);
            if prefix.is_empty() {
                report.operations = operations;
            }
        }
        Ok(())
    }

    /// Returns an error if the one element that is asked for is not there.
    pub(crate) fn picked(&self) -> Result<()> {
        let Some((name, index)) = self.only else { return Ok(()) };
        let called = |x: &Var<'g>| x.graph().read(|record| record.called(x.id())).to_string();
        let names: Vec<String> = self.wrt.iter().map(called).collect();
        let problem = match names.iter().position(|each| each == name) {
            None => format!("no tensor \"{name}\" is checked; the tensors are: {}", names.join(", ")),
            Some(k) => {
                let shape = self.wrt[k].shape();
                let inside = index.len() == shape.len() && index.iter().zip(&shape[..]).all(|(i, n)| i < n);
                if inside {
                    return Ok(());
                }
                format!("{name} of shape {shape} has no element {index:?}")
            }
        };
        Err(Error::Invalid(problem))
    }

    /// Asks the graph for each output's gradient: again, with other cotangents, and for the value used twice.
    fn rows(&self, subject: &CheckedValue<'g>) -> Result<Rows> {
        let y = subject.y;
        let (graph, shape) = (y.graph(), y.shape());
        let n = shape.size();
        let ct = |values: Vec<f64>| Ok::<_, Error>(graph.value(Tensor::new(&shape, values)?));
        let unit = |i: usize| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
        let mut random = random(self.seed ^ 0xC7);
        let mut mixed: Vec<f64> = (0..n).map(|_| random()).collect();
        if let [one] = &mut mixed[..] {
            // Scale by a power of two, so that linearity holds exactly even if the gradient cancels.
            *one = if one.abs() < 1.0 { 0.25 } else { 4.0 } * one.signum();
        }
        let scaled = |by: f64| mixed.iter().map(|c| by * c).collect::<Vec<f64>>();
        let mut cts: Vec<Var<'g>> = Vec::new();
        for i in 0..n {
            cts.push(ct(unit(i))?);
        }
        for by in [1.0, 1.0, 2.0, -1.0, 0.0] {
            cts.push(ct(scaled(by))?);
        }
        let mut asked: Vec<Var<'g>> = cts.iter().flat_map(|&ct| y.vjp(ct, self.wrt)).collect();
        let twice = y + rerecord(y, self.wrt);
        asked.extend(twice.vjp(ct(scaled(1.0))?, self.wrt));
        let count = asked.len();
        let mut program: Program<f64> = graph.compile(asked)?;
        program.threads(1)?;
        let found = subject.run(&mut program, count)?;
        let again = subject.run(&mut program, count)?;
        let width = self.wrt.len();
        let row = |i: usize, k: usize| &found[i * width + k];
        let contract = (0..width).map(|k| {
            let bits = |t: &Tensor<f64>| t.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
            let same = found.iter().zip(&again).all(|(a, b)| bits(a) == bits(b));
            if !same || bits(row(n, k)) != bits(row(n + 1, k)) {
                return Some(Verdict::NonDeterministic);
            }
            // A gradient that cancels is rounding alone, of the size of its neighbors.
            let neighbors =
                row(n, k).iter().filter(|g| g.is_finite()).fold(0.0, |most: f64, g| most.max(g.abs()));
            let (mut linear, mut added) = (true, true);
            for j in 0..row(n, k).len() {
                let at = |i: usize| row(i, k).data()[j];
                let parts = || (0..n).map(|i| mixed[i] * at(i));
                let (sum, size) =
                    parts().fold((0.0, 0.0), |(sum, size): (f64, f64), p| (sum + p, size + p.abs()));
                let near = |a: f64, b: f64| {
                    !b.is_finite() || (a - b).abs() <= 1e-9 * size + 1e-12 * b.abs().max(neighbors) + 1e-300
                };
                linear &= near(at(n), sum)
                    && near(at(n + 2), 2.0 * at(n))
                    && near(at(n + 3), -at(n))
                    && at(n + 4) == 0.0;
                added &= near(at(n + 5), 2.0 * at(n));
            }
            match linear {
                false => Some(Verdict::NonLinear),
                true => (!added).then_some(Verdict::Overwritten),
            }
        });
        let contract = contract.collect();
        let outputs = (0..n).map(|i| (0..width).map(|k| row(i, k).clone()).collect()).collect();
        let gradient = (0..width).map(|k| row(n, k).clone()).collect();
        Ok(Rows { contract, outputs, mixed: (mixed, gradient) })
    }

    /// Tells whether no element whose derivative is 0 by the graph has another one: asks once, along a direction
    /// through all of them.
    fn silent(
        &self,
        subject: &mut CheckedValue<'g>,
        var: Var<'g>,
        chosen: &[usize],
        rows: &Rows,
        k: usize,
    ) -> Result<bool> {
        let still: Vec<usize> = chosen
            .iter()
            .copied()
            .filter(|&at| rows.outputs.iter().all(|row| row[k].data()[at] == 0.0))
            .collect();
        if still.len() < 2 {
            return Ok(false);
        }
        let mut random = random(self.seed ^ 0x51);
        let mut direction = Tensor::zeros(var.shape());
        still.iter().for_each(|&at| direction.data_mut()[at] = random());
        let values = subject.along(var, &direction)?;
        Ok(values.iter().all(|y| !y.moves && !y.tied))
    }

    /// Projects the derivative of all outputs together on a random direction through a tensor.
    fn projection(
        &self,
        subject: &mut CheckedValue<'g>,
        var: Var<'g>,
        rows: &Rows,
        k: usize,
        name: &str,
    ) -> Result<Projection> {
        let mut random = random(self.seed ^ 0xD1);
        let direction = Tensor::from_fn(var.shape(), |_| random());
        let values = subject.along(var, &direction)?;
        let numeric = values.iter().map(|y| y.im.to_f64()).sum();
        let terms = || rows.outputs.iter().flat_map(|row| row[k].iter().zip(&direction).map(|(g, d)| g * d));
        // The terms of a gradient cancel at a minimum; it is known to a few roundings of them.
        let inside: f64 = values.iter().map(|y| y.size).sum();
        let bound = 1e-11 * terms().map(f64::abs).sum::<f64>() + ROUNDED * inside + f64::MIN_POSITIVE;
        Ok(Projection {
            name: format!("{name}, along a direction through all of it"),
            by: Witness::ComplexStep,
            analytic: terms().sum(),
            numeric,
            bound,
        })
    }
}

/// Chooses up to `sample` positions below `n`, in order, without repetition: one from each of `sample` strata of
/// neighbors, so that no part of a tensor is passed over.
fn choose(n: usize, sample: usize, seed: u64) -> Vec<usize> {
    if n <= sample {
        return (0..n).collect();
    }
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let start = |k: usize| (k as u128 * n as u128 / sample as u128) as usize;
    let pick = |k: usize| start(k) + (rng.next_u64() % (start(k + 1) - start(k)) as u64) as usize;
    (0..sample).map(pick).collect()
}

/// Returns the position of an element in row-major order.
fn place(index: &[usize], shape: &Shape) -> usize {
    index.iter().zip(&shape[..]).fold(0, |flat, (i, n)| flat * n + i)
}

/// Tells whether a value has few enough outputs to differentiate them one by one.
pub(crate) fn few_outputs(n: usize) -> bool {
    n <= OUTPUTS
}
