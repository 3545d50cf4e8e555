//! All tensors together, moved along one direction: the derivative backward, forward and by the complex
//! step; the order of the remainder; the symmetry of the second derivative. Weaker than element by
//! element, but nothing is left out. Floor 7.

use crate::error::Result;
use crate::gradcheck::numbers::{Dd, random};
use crate::gradcheck::oracle::CheckedValue;
use crate::gradcheck::report::{Projection, Witness};
use crate::graph::Var;
use crate::session::Program;
use crate::tensor::Tensor;

/// The error of sums, relative to the sizes of their terms.
const RELATIVE: f64 = 1e-11;
/// Exponents of the steps of which the remainders are compared. A kink may lie within the larger ones.
const STEPS: [i32; 3] = [-22, -27, -32];
/// The rounding of a value in double-double numbers, 2⁻¹⁰⁰ of it.
const VALUE: f64 = 7.888_609_052_210_118e-31;
/// The number of times that a step is halved.
const HALVINGS: i32 = 4;
/// The order that the remainder of a right derivative has, 2, less what curvature of the third order does.
const ORDER: f64 = 1.9;

/// A value and its gradient along a random sum of the value's elements.
pub(crate) struct Directional<'a, 'g> {
    pub(crate) wrt: &'a [Var<'g>],
    /// The weights of the sum.
    pub(crate) ct: &'a [f64],
    /// The gradient by the graph, for each of `wrt`.
    pub(crate) gradient: &'a [Tensor<f64>],
    pub(crate) seed: u64,
}

impl<'g> Directional<'_, 'g> {
    /// Judges the gradient along one direction through all tensors.
    pub(crate) fn check(&self, subject: &mut CheckedValue<'g>, prefix: &str) -> Result<Vec<Projection>> {
        let mut random = random(self.seed ^ 0xA11);
        let mut directions: Vec<(Var<'g>, Tensor<f64>)> =
            self.wrt.iter().map(|&x| (x, Tensor::from_fn(x.shape(), |_| random()))).collect();
        let Slopes { backward, numeric, bound, tied } = self.slopes(subject, &directions)?;
        if !backward.is_finite() || !numeric.is_finite() || !bound.is_finite() {
            return Ok(Vec::new()); // The elements report what is not finite.
        }
        let projection = |by, analytic, numeric| Projection {
            name: format!("{prefix}all together"),
            by,
            analytic,
            numeric,
            bound,
        };
        let forward = forward(subject, &directions)?;
        let forward = forward.iter().zip(self.ct).map(|(y, c)| y * c).sum();
        let mut found = vec![projection(Witness::Forward, backward, forward)];
        // The complex step takes one of the sides of a kink, and the remainder has no second order there.
        if !tied {
            found.push(projection(Witness::ComplexStep, backward, numeric));
            let mut order = self.order(subject, &directions, backward, bound)?;
            if order < ORDER {
                // A value may bend at the scale of an element that is far below the steps, as a norm of tiny elements
                // does. Steps that are shares of the elements are not too large for it.
                for (x, direction) in &mut directions {
                    let value = subject.tensor(*x)?;
                    *direction = Tensor::new(
                        direction.shape(),
                        direction.iter().zip(&*value).map(|(d, x)| d * x.abs()).collect(),
                    )?;
                }
                let Slopes { backward, bound, tied, .. } = self.slopes(subject, &directions)?;
                if !tied && backward.is_finite() && bound.is_finite() {
                    order = order.max(self.order(subject, &directions, backward, bound)?);
                }
            }
            found.push(Projection {
                bound: 2.0 - ORDER,
                ..projection(Witness::Remainder, 2.0, order.min(2.0))
            });
        }
        Ok(found)
    }

    /// Returns the slopes along one direction through all tensors.
    fn slopes(
        &self,
        subject: &mut CheckedValue<'g>,
        directions: &[(Var<'g>, Tensor<f64>)],
    ) -> Result<Slopes> {
        let pairs = self.gradient.iter().zip(directions);
        let terms = || pairs.clone().flat_map(|(g, (_, d))| g.iter().zip(d).map(|(g, d)| g * d));
        let values = subject.along_all(directions)?;
        let weighted = values.iter().zip(self.ct);
        let size: f64 = weighted.clone().map(|(y, c)| y.size * c.abs()).sum();
        Ok(Slopes {
            backward: terms().sum(),
            numeric: weighted.map(|(y, c)| y.im.to_f64() * c).sum(),
            bound: RELATIVE * (size + terms().map(f64::abs).sum::<f64>()) + f64::MIN_POSITIVE,
            tied: values.iter().any(|y| y.tied),
        })
    }

    /// Returns the power of the step with which the remainder of the linear approximation falls: 2 if the slope is
    /// right, 1 if it is not; infinite if roundings of the slope or the value explain all that remains.
    fn order(
        &self,
        subject: &mut CheckedValue<'g>,
        along: &[(Var<'g>, Tensor<f64>)],
        slope: f64,
        bound: f64,
    ) -> Result<f64> {
        let weighted =
            |y: &Tensor<Dd>| y.iter().zip(self.ct).fold(Dd::from(0.0), |sum, (&y, &c)| sum + y * Dd::from(c));
        let unmoved = subject.moved_along(along, 0.0)?;
        let noise = VALUE * unmoved.iter().zip(self.ct).map(|(y, c)| (y.to_f64() * c).abs()).sum::<f64>();
        let here = weighted(&unmoved);
        let mut value = |h: f64| subject.moved_along(along, h).map(|y| weighted(&y));
        let mut best = f64::NEG_INFINITY;
        for exponent in STEPS {
            let (large, small) = (2f64.powi(exponent), 2f64.powi(exponent - HALVINGS));
            let mut remainder = |h: f64| -> Result<f64> {
                Ok((value(h)? - here - Dd::from(slope) * Dd::from(h)).to_f64().abs())
            };
            let (first, last) = (remainder(large)?, remainder(small)?);
            let order = match last <= small * bound + noise {
                true => f64::INFINITY,
                false => (first / last).log2() / f64::from(HALVINGS),
            };
            best = order.max(best);
            if best >= ORDER {
                break;
            }
        }
        Ok(best)
    }
}

/// The derivative along a direction.
struct Slopes {
    /// By the graph's gradient.
    backward: f64,
    /// By the complex step.
    numeric: f64,
    /// The distance that roundings may put between them.
    bound: f64,
    /// Tells whether the complex step chose between equals.
    tied: bool,
}

/// Returns the derivative along the directions by forward mode.
fn forward<'g>(subject: &CheckedValue<'g>, along: &[(Var<'g>, Tensor<f64>)]) -> Result<Tensor<f64>> {
    let y = subject.y;
    let parts = along.iter().map(|(x, d)| y.jvp(*x, y.graph().value(d.clone())));
    let sum = parts.reduce(|a, b| a + b).unwrap_or_else(|| y.zeros_like());
    let mut program: Program<f64> = y.graph().compile([sum])?;
    program.threads(1)?;
    Ok(subject.run(&mut program, 1)?.swap_remove(0))
}

/// Compares the two orders of the second derivative, which must be symmetric: `v · (H u)` against `u · (H v)`, with
/// `H u` the gradient of the subject's value, itself a sum of a gradient weighted with `u`.
pub(crate) fn symmetry<'g>(
    subject: &mut CheckedValue<'g>,
    gradients: &[Var<'g>],
    us: &[Tensor<f64>],
    wrt: &[Var<'g>],
    seed: u64,
) -> Result<Option<Projection>> {
    let graph = subject.y.graph();
    let mut random = random(seed ^ 0x5717);
    let vs: Vec<(Var<'g>, Tensor<f64>)> =
        wrt.iter().map(|&x| (x, Tensor::from_fn(x.shape(), |_| random()))).collect();
    let weighted = gradients.iter().zip(&vs).map(|(g, (_, v))| (graph.value(v.clone()) * *g).sum(..));
    let Some(other) = weighted.reduce(|a, b| a + b) else { return Ok(None) };
    let one = graph.value(1.0);
    let mut asked = subject.y.vjp(one, wrt);
    asked.extend(other.vjp(one, wrt));
    let mut program: Program<f64> = graph.compile(asked)?;
    program.threads(1)?;
    let found = subject.run(&mut program, 2 * wrt.len())?;
    let (hu, hv) = found.split_at(wrt.len());
    let dot = |h: &[Tensor<f64>], with: &[&Tensor<f64>]| -> (f64, f64) {
        let terms = h.iter().zip(with).flat_map(|(h, d)| h.iter().zip(*d).map(|(h, d)| h * d));
        terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()))
    };
    let (one_way, size) = dot(hu, &vs.iter().map(|(_, v)| v).collect::<Vec<_>>());
    let (other_way, other_size) = dot(hv, &us.iter().collect::<Vec<_>>());
    let inside: f64 = subject.along_all(&vs)?.iter().map(|y| y.size).sum();
    let bound = RELATIVE * (size + other_size + inside) + f64::MIN_POSITIVE;
    Ok((one_way.is_finite() && other_way.is_finite() && bound.is_finite()).then(|| Projection {
        name: "second order: v · (H u)".into(),
        by: Witness::Symmetry,
        analytic: one_way,
        numeric: other_way,
        bound,
    }))
}
