//! Gradient clipping, around any optimizer. Floor 8.

use crate::graph::Var;
use crate::session::{Optimizer, Rate, Setting, Update};

/// Clipping for every optimizer.
pub trait Clip: Optimizer + Sized {
    /// Scales all gradients together so that their common norm is at most `max`, a number from 0 on
    /// (Pascanu et al. 2013): `g · max / ‖g‖` where `‖g‖ > max`, at every size of `g`. A step with an infinite or NaN
    /// gradient is refused, with the parameter's name, and changes nothing: it would spoil every parameter.
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
        let of_any = gradients.iter().filter(|g| g.shape().size() > 0);
        let largest = of_any.map(|g| g.abs().max(..)).reduce(|a, b| a.maximum(b));
        let clipped = match largest {
            Some(_) if self.max == 0.0 => gradients.iter().map(|g| g.zeros_like()).collect(),
            Some(largest) if self.max.is_finite() => {
                // In units of the largest, squares do not overflow, and their sum is 1 or more.
                let unit = largest.gt(0.0).select(largest, 1.0);
                let shares: Vec<Var<'g>> = gradients.iter().map(|&g| g / unit).collect();
                let squares =
                    shares.iter().map(|share| share.square().sum(..)).reduce(|sum, square| sum + square);
                let root = squares.map_or(unit, |squares| squares.sqrt().maximum(1.0));
                // The norm, `unit · root`, may be beyond the largest number.
                let over = (unit.minimum(self.max) / self.max * root).gt(1.0);
                let clip = unit.gt(self.max).select(1.0, over);
                let scale = self.max / root;
                let each = gradients.iter().zip(shares);
                each.map(|(&g, share)| clip.select(share * scale, g)).collect()
            }
            _ => gradients,
        };
        self.inner.gradients(clipped)
    }

    fn checked<'g>(&self, gradients: &[Var<'g>]) -> Vec<Var<'g>> {
        gradients.to_vec()
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

impl<O: Optimizer> Optimizer for ClipValue<O> {
    fn rate(&self) -> Rate {
        self.inner.rate()
    }

    fn settings(&self) -> Vec<Setting> {
        bounded(&self.inner, "clip_value", self.max)
    }

    fn gradients<'g>(&self, gradients: Vec<Var<'g>>) -> Vec<Var<'g>> {
        self.inner.gradients(gradients.iter().map(|g| g.clamp(-self.max, self.max)).collect())
    }

    fn checked<'g>(&self, gradients: &[Var<'g>]) -> Vec<Var<'g>> {
        let clamped: Vec<Var<'g>> = gradients.iter().map(|g| g.clamp(-self.max, self.max)).collect();
        self.inner.checked(&clamped)
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
