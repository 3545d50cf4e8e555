//! Stochastic gradient descent. Floor 7.

use super::schedule::{Schedule, Shared};
use crate::graph::Var;
use crate::session::{Optimizer, Rate, Setting, Update};

/// Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013).
///
/// With gradient `g`, rate `η`, momentum `μ` and L2 penalty `λ`:
/// `g ← g + λ·w`, `v ← μ·v + g`, `w ← w − η·v`; Nesterov's takes `g + μ·v` in place of `v`.
///
/// ```
/// use gradus::optim::Sgd;
/// let plain = Sgd::new(0.1);
/// let nesterov = Sgd::new(0.1).momentum(0.9).nesterov().l2(1e-4);
/// ```
#[derive(Clone, Debug)]
pub struct Sgd {
    rate: Shared,
    momentum: f64,
    nesterov: bool,
    l2: f64,
}

impl Sgd {
    /// Plain descent at a learning rate: a number or a schedule.
    pub fn new(rate: impl Schedule) -> Self {
        Sgd { rate: Shared::new(rate), momentum: 0.0, nesterov: false, l2: 0.0 }
    }

    /// The share of the velocity that is kept from step to step, from 0 on and below 1.
    pub fn momentum(self, momentum: f64) -> Self {
        Sgd { momentum, ..self }
    }

    /// Nesterov's form of the momentum.
    pub fn nesterov(self) -> Self {
        Sgd { nesterov: true, ..self }
    }

    /// The penalty `λ/2 · ‖w‖²` on the parameters, from 0 on.
    pub fn l2(self, l2: f64) -> Self {
        Sgd { l2, ..self }
    }
}

impl Optimizer for Sgd {
    fn rate(&self) -> Rate {
        let rate = self.rate.clone();
        Box::new(move |step| rate.rate(step))
    }

    fn settings(&self) -> Vec<Setting> {
        self.rate
            .settings([Setting::share("momentum", self.momentum), Setting::finite("L2 penalty", self.l2)])
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        let g = penalized(at, self.l2);
        if self.momentum == 0.0 {
            return at.param - at.rate * g;
        }
        let v = self.momentum * at.state_of("sgd", "velocity", 0.0) + g;
        at.keep_of("sgd", "velocity", v);
        let direction = if self.nesterov { g + self.momentum * v } else { v };
        at.param - at.rate * direction
    }
}

/// The gradient with that of an L2 penalty.
pub(super) fn penalized<'g>(at: &Update<'g>, l2: f64) -> Var<'g> {
    if l2 == 0.0 { at.gradient } else { at.gradient + l2 * at.param }
}
