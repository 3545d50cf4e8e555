//! Gradient clipping, around any optimizer. Floor 8.

use crate::graph::Var;
use crate::session::{Optimizer, Rate, Setting, Update};

/// Clipping for every optimizer.
pub trait Clip: Optimizer + Sized {
    /// Scales all gradients together so that their common norm is at most `max`, a number from 0 on
    /// (Pascanu et al. 2013).
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
        let squares = gradients.iter().map(|g| g.square().sum(..)).reduce(|sum, square| sum + square);
        let clipped = match squares {
            Some(squares) => {
                let norm = squares.sqrt();
                let scale = norm.gt(self.max).select(self.max / norm, 1.0);
                gradients.iter().map(|&g| g * scale).collect()
            }
            None => gradients,
        };
        self.inner.gradients(clipped)
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
