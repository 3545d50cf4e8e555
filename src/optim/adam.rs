//! Adam and AdamW. Floor 7.

use super::schedule::{Schedule, Shared};
use super::sgd::penalized;
use crate::graph::Var;
use crate::session::{Optimizer, Rate, Setting, Update};

/// Adam (Kingma & Ba 2015): `m ← β₁·m + (1 − β₁)·g`, `v ← β₂·v + (1 − β₂)·g²`, and at update `t`
/// `w ← w − η · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)`. Each parameter counts its own updates, as
/// PyTorch's does: one that was frozen, or trained by another step, begins at `t = 1`.
///
/// ```
/// use gradus::optim::{Adam, Cosine};
/// let constant = Adam::new(1e-3);
/// let cosine = Adam::new(Cosine::new(1e-3, 500)).betas(0.9, 0.99);
/// ```
#[derive(Clone, Debug)]
pub struct Adam {
    rate: Shared,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    l2: f64,
}

impl Adam {
    /// With `β₁` = 0.9, `β₂` = 0.999 and `ε` = 1e-8, at a learning rate: a number or a schedule.
    pub fn new(rate: impl Schedule) -> Self {
        Adam { rate: Shared::new(rate), beta1: 0.9, beta2: 0.999, epsilon: 1e-8, l2: 0.0 }
    }

    /// The shares of the two moments that are kept from step to step, from 0 on and below 1.
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        Adam { beta1, beta2, ..self }
    }

    /// The number that is added to the root of the second moment, from 0 on.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Adam { epsilon, ..self }
    }

    /// The penalty `λ/2 · ‖w‖²` on the parameters, `λ` from 0 on, scaled like the rest of the gradient. For decay
    /// that is not, see [`AdamW`].
    pub fn l2(self, l2: f64) -> Self {
        Adam { l2, ..self }
    }
}

impl Optimizer for Adam {
    fn rate(&self) -> Rate {
        let rate = self.rate.clone();
        Box::new(move |step| rate.rate(step))
    }

    fn settings(&self) -> Vec<Setting> {
        self.rate.settings([
            Setting::share("first beta", self.beta1),
            Setting::share("second beta", self.beta2),
            Setting::finite("epsilon", self.epsilon),
            Setting::finite("L2 penalty", self.l2),
        ])
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        let g = penalized(at, self.l2);
        let m = self.beta1 * at.state_of("adam", "moment1", 0.0) + (1.0 - self.beta1) * g;
        let v = self.beta2 * at.state_of("adam", "moment2", 0.0) + (1.0 - self.beta2) * g.square();
        at.keep_of("adam", "moment1", m);
        at.keep_of("adam", "moment2", v);
        // 1 − βᵗ = −(e^(t·ln β) − 1): 1 − 0.999 would lose five digits in f32.
        let t = at.count_of("adam");
        // There is no logarithm of 0.
        let correction = |beta: f64| match beta {
            0.0 => t.graph().constant(1.0),
            _ => -(t * beta.ln()).exp_m1(),
        };
        // The quotient of scalars first: a division less for each element.
        let scale = v.sqrt() * (1.0 / correction(self.beta2).sqrt()) + self.epsilon;
        at.param - (at.rate / correction(self.beta1)) * m / scale
    }
}

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019): `w ← w − η·λ·w`, then Adam's step.
/// Its moments are Adam's: a run goes on where the other one stopped.
///
/// ```
/// use gradus::optim::AdamW;
/// let optimizer = AdamW::new(1e-3).decay(0.05);
/// ```
#[derive(Clone, Debug)]
pub struct AdamW {
    adam: Adam,
    decay: f64,
}

impl AdamW {
    /// Adam with a decay of 0.01, at a learning rate: a number or a schedule.
    pub fn new(rate: impl Schedule) -> Self {
        AdamW { adam: Adam::new(rate), decay: 0.01 }
    }

    /// The shares of the two moments that are kept from step to step, from 0 on and below 1.
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        AdamW { adam: self.adam.betas(beta1, beta2), ..self }
    }

    /// The number that is added to the root of the second moment, from 0 on.
    pub fn epsilon(self, epsilon: f64) -> Self {
        AdamW { adam: self.adam.epsilon(epsilon), ..self }
    }

    /// The share `λ` of the parameters that goes at each step, times the learning rate: from 0 on.
    pub fn decay(self, decay: f64) -> Self {
        AdamW { decay, ..self }
    }
}

impl Optimizer for AdamW {
    fn rate(&self) -> Rate {
        self.adam.rate()
    }

    fn settings(&self) -> Vec<Setting> {
        let mut settings = self.adam.settings();
        settings.push(Setting::finite("decay", self.decay));
        settings
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        let decayed = at.param - at.rate * self.decay * at.param;
        at.param = decayed;
        self.adam.update(at)
    }
}
