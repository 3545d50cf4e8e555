//! Gradient clipping, around any optimizer. Floor 7.

use crate::graph::Var;
use crate::session::{Optimizer, Rate, Setting, Update};

/// Clipping for every optimizer.
pub trait Clip: Optimizer + Sized {
    /// Scales all gradients together so that their common norm is at most `max`, a number from 0 on
    /// (Pascanu et al. 2013): `g · max / ‖g‖` where `‖g‖ > max`, at every size of `g`. A step with an infinite or NaN
    /// gradient would spoil every parameter: it is refused, with the parameter's name, and changes nothing.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let optimizer = Sgd::new(0.1).clip_norm(1.0);
    /// ```
    fn clip_norm(self, max: f64) -> ClipNorm<Self> {
        ClipNorm { inner: self, max }
    }

    /// Holds every element of a gradient between `−max` and `max`, a number from 0 on.
    fn clip_value(self, max: f64) -> ClipValue<Self> {
        ClipValue { inner: self, max }
    }

    /// Refuses each step with an infinite or NaN gradient, with the parameter's name
    /// ([`Error::Gradient`](crate::Error::Gradient)), or skips it
    /// ([`skip_non_finite`](crate::Training::skip_non_finite)), as `clip_norm` does as well. It costs a pass over the
    /// gradients. Without it a step looks at its loss alone. It sees the gradients as the clipping around it leaves them:
    /// `finite_gradients().clip_value(1.0)` bounds an infinite one first, `clip_value(1.0).finite_gradients()` refuses it.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let optimizer = Adam::new(1e-3).finite_gradients();
    /// ```
    fn finite_gradients(self) -> FiniteGradients<Self> {
        FiniteGradients { inner: self }
    }
}

impl<O: Optimizer> Clip for O {}

/// See [`Clip::clip_norm`].
#[derive(Clone, Debug)]
pub struct ClipNorm<O> {
    inner: O,
    max: f64,
}

impl<O: Optimizer> Optimizer for ClipNorm<O> {
    fn rate(&self) -> Rate {
        self.inner.rate()
    }

    fn settings(&self) -> Vec<Setting> {
        bounded(&self.inner, "clip_norm", self.max)
    }

    fn gradients<'g>(&self, gradients: Vec<Var<'g>>) -> Vec<Var<'g>> {
        let largest = gradients.iter().filter(|g| g.shape().size() > 0).map(|g| g.abs().max(..));
        let clipped = match largest.reduce(|a, b| a.maximum(b)) {
            Some(_) if self.max == 0.0 => gradients.iter().map(|g| g.zeros_like()).collect(),
            Some(largest) if self.max.is_finite() => {
                // In units of the largest, squares neither overflow nor vanish. Its reciprocal may do so, the root of
                // that does not.
                let unit = largest.gt(0.0).select(largest, 1.0).sqrt().recip();
                let shares: Vec<Var<'g>> = gradients.iter().map(|&g| g * unit * unit).collect();
                let squares = shares.iter().map(|share| share.square().sum(..));
                let norm = squares.reduce(|sum, square| sum + square).map_or(unit, |sum| sum.sqrt());
                let over = norm.gt(self.max * unit * unit);
                let scale = self.max / norm;
                let each = gradients.iter().zip(shares);
                each.map(|(&g, share)| over.select(share * scale, g)).collect()
            }
            _ => gradients,
        };
        self.inner.gradients(clipped)
    }

    fn finite<'g>(&self, gradients: &[Var<'g>]) -> Vec<Var<'g>> {
        match self.max > 0.0 && self.max.is_finite() {
            true => gradients.to_vec(),
            false => self.inner.finite(gradients),
        }
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        self.inner.update(at)
    }
}

/// See [`Clip::clip_value`].
#[derive(Clone, Debug)]
pub struct ClipValue<O> {
    inner: O,
    max: f64,
}

impl<O> ClipValue<O> {
    fn clamped<'g>(&self, gradients: &[Var<'g>]) -> Vec<Var<'g>> {
        gradients.iter().map(|g| g.clamp(-self.max, self.max)).collect()
    }
}

impl<O: Optimizer> Optimizer for ClipValue<O> {
    fn rate(&self) -> Rate {
        self.inner.rate()
    }

    fn settings(&self) -> Vec<Setting> {
        bounded(&self.inner, "clip_value", self.max)
    }

    fn gradients<'g>(&self, gradients: Vec<Var<'g>>) -> Vec<Var<'g>> {
        self.inner.gradients(self.clamped(&gradients))
    }

    fn finite<'g>(&self, gradients: &[Var<'g>]) -> Vec<Var<'g>> {
        self.inner.finite(&self.clamped(gradients))
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        self.inner.update(at)
    }
}

/// See [`Clip::finite_gradients`].
#[derive(Clone, Debug)]
pub struct FiniteGradients<O> {
    inner: O,
}

impl<O: Optimizer> Optimizer for FiniteGradients<O> {
    fn rate(&self) -> Rate {
        self.inner.rate()
    }

    fn settings(&self) -> Vec<Setting> {
        self.inner.settings()
    }

    fn gradients<'g>(&self, gradients: Vec<Var<'g>>) -> Vec<Var<'g>> {
        self.inner.gradients(gradients)
    }

    fn finite<'g>(&self, gradients: &[Var<'g>]) -> Vec<Var<'g>> {
        gradients.to_vec()
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        self.inner.update(at)
    }
}

/// The settings of an optimizer with a bound on its gradients.
fn bounded(inner: &impl Optimizer, name: &str, max: f64) -> Vec<Setting> {
    let mut settings = inner.settings();
    settings.push(Setting::bound(name, max));
    settings
}
