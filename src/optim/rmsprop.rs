//! RMSprop. Floor 7.

use super::schedule::{Schedule, Shared};
use super::sgd::penalized;
use crate::graph::Var;
use crate::session::{Optimizer, Rate, Setting, Update};

/// RMSprop (Hinton 2012): `s ← α·s + (1 − α)·g²`, `w ← w − η·g / (√s + ε)`.
///
/// ```
/// use gradus::optim::RmsProp;
/// let optimizer = RmsProp::new(1e-3).alpha(0.9);
/// ```
#[derive(Clone, Debug)]
pub struct RmsProp {
    rate: Shared,
    alpha: f64,
    epsilon: f64,
    momentum: f64,
    l2: f64,
}

impl RmsProp {
    /// With `α` = 0.99 and `ε` = 1e-8, at a learning rate: a number or a schedule.
    pub fn new(rate: impl Schedule) -> Self {
        RmsProp { rate: Shared::new(rate), alpha: 0.99, epsilon: 1e-8, momentum: 0.0, l2: 0.0 }
    }

    /// The share of the mean square that is kept from step to step, from 0 on and below 1.
    pub fn alpha(self, alpha: f64) -> Self {
        RmsProp { alpha, ..self }
    }

    /// The number that is added to the root mean square, from 0 on.
    pub fn epsilon(self, epsilon: f64) -> Self {
        RmsProp { epsilon, ..self }
    }

    /// Momentum `μ`, from 0 on and below 1, on the scaled gradients: `v ← μ·v + g / (√s + ε)`, `w ← w − η·v`.
    pub fn momentum(self, momentum: f64) -> Self {
        RmsProp { momentum, ..self }
    }

    /// The penalty `λ/2 · ‖w‖²` on the parameters, from 0 on.
    pub fn l2(self, l2: f64) -> Self {
        RmsProp { l2, ..self }
    }
}

impl Optimizer for RmsProp {
    fn rate(&self) -> Rate {
        let rate = self.rate.clone();
        Box::new(move |step| rate.rate(step))
    }

    fn settings(&self) -> Vec<Setting> {
        self.rate.settings([
            Setting::share("alpha", self.alpha),
            Setting::finite("epsilon", self.epsilon),
            Setting::share("momentum", self.momentum),
            Setting::finite("L2 penalty", self.l2),
        ])
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        let g = penalized(at, self.l2);
        let square = self.alpha * at.state_of("rmsprop", "square", 0.0) + (1.0 - self.alpha) * g.square();
        at.keep_of("rmsprop", "square", square);
        let scaled = g / (square.sqrt() + self.epsilon);
        if self.momentum == 0.0 {
            return at.param - at.rate * scaled;
        }
        let v = self.momentum * at.state_of("rmsprop", "momentum", 0.0) + scaled;
        at.keep_of("rmsprop", "momentum", v);
        at.param - at.rate * v
    }
}
