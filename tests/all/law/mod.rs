//! The laws, as plain functions: each judges one case and gives its worst error, in the units of the law's
//! own bound, or a message that says what is wrong.

pub mod again;
pub mod agree;
pub mod derive;

use crate::catalog::{Case, Recorded, store};
use gradus::interpret::Value;
use gradus::{Element, Feed, Graph, Idx, NodeId, Params, Passes, Program, Tensor, Var};
use std::collections::HashMap;

/// The worst error found, or a message that says what is wrong.
pub type Verdict = Result<f64, String>;

/// Judges every case, prints the worst error, and fails with all that is wrong at once.
#[track_caller]
pub fn hold(cases: &[Case], law: impl Fn(&Case) -> Verdict) {
    let (mut worst, mut wrong) = ((0.0, "none"), Vec::new());
    for case in cases {
        match law(case) {
            Ok(error) if error > worst.0 => worst = (error, &case.name),
            Ok(_) => {}
            Err(problem) => wrong.push(format!("{}: {problem}", case.name)),
        }
    }
    println!("{} cases, worst error {:.1e} ({})", cases.len(), worst.0, worst.1);
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Numbers between −1 and 1 that follow from a seed (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// A tensor of such numbers.
    pub fn like(&mut self, shape: &[usize]) -> Tensor<f64> {
        Tensor::from_fn(shape, |_| self.number())
    }
}

/// A program with the inputs that it is fed.
pub struct Runner<'g, E> {
    program: Program<E>,
    params: Params<E>,
    xs: Vec<Var<'g>>,
    labels: Vec<(Idx<'g>, Tensor<usize>)>,
    outputs: usize,
}

impl<'g, E: Element> Runner<'g, E> {
    /// Compiles outputs that depend on a recorded case, and on further inputs.
    pub fn new(
        g: &'g Graph,
        case: &Case,
        recorded: &Recorded<'g>,
        more: &[Var<'g>],
        outputs: &[Var<'g>],
        passes: Passes,
    ) -> Result<Self, String> {
        let program = g.compile_with(outputs.iter().copied(), passes).map_err(|error| error.to_string())?;
        let fed = case.labels.iter().map(|(t, _)| t.clone());
        Ok(Runner {
            program,
            params: store().0,
            xs: recorded.xs.iter().chain(more).copied().collect(),
            labels: recorded.labels.iter().copied().zip(fed).collect(),
            outputs: outputs.len(),
        })
    }

    /// Computes the outputs.
    pub fn run(&mut self, values: &[Tensor<E>]) -> Result<Vec<Tensor<E>>, String> {
        let feeds: Vec<Feed<'_, E>> = self
            .xs
            .iter()
            .zip(values)
            .map(|(x, value)| x.feed(value))
            .chain(self.labels.iter().map(|(t, value)| t.feed(value)))
            .collect();
        let out = self.program.run(&self.params, &feeds).map_err(|error| error.to_string())?;
        Ok((0..self.outputs).map(|i| out.at(i).clone()).collect())
    }
}

/// The interpreter's feeds for a case at some inputs.
pub fn given(case: &Case, recorded: &Recorded<'_>, inputs: &[Tensor<f64>]) -> HashMap<NodeId, Value> {
    let real = recorded.xs.iter().zip(inputs).map(|(x, value)| (x.id(), Value::Real(value.clone())));
    let index = recorded.labels.iter().zip(&case.labels);
    real.chain(index.map(|(t, (value, _))| (t.id(), Value::Index(value.clone())))).collect()
}

/// The inputs rounded to an element type.
pub fn rounded<E: Element>(inputs: &[Tensor<f64>]) -> Vec<Tensor<E>> {
    inputs.iter().map(Tensor::cast).collect()
}

/// `Σ a·b`, and `Σ |a·b|`.
pub fn dot(a: &[Tensor<f64>], b: &[Tensor<f64>]) -> (f64, f64) {
    let terms = || a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b));
    (terms().sum(), terms().map(f64::abs).sum())
}

/// `|a − b| / scale`, if it is at most `most`.
pub fn near(what: &str, a: f64, b: f64, scale: f64, most: f64) -> Verdict {
    let error = if a == b { 0.0 } else { (a - b).abs() / scale };
    match error <= most {
        true => Ok(error),
        false => {
            Err(format!("{what}: {a:e} and {b:e} differ by {error:.1e} of {scale:.3e}, more than {most:.0e}"))
        }
    }
}

/// The worst of several verdicts, or the first that fails.
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().try_fold(0.0_f64, |worst, verdict| Ok(worst.max(verdict?)))
}
