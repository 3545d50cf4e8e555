//! Learning rates as functions of the number of steps taken. Floor 7.

use crate::session::Setting;
use std::fmt;
use std::sync::Arc;

/// A learning rate at each step, finite and from 0 on. Steps count from 0, and are those of the training
/// ([`Training::steps`](crate::Training::steps)). A number is a constant rate, and a function from step to rate is a
/// schedule as well.
///
/// ```
/// use gradus::optim::{Schedule, Sgd};
/// let inverse = |step: u64| 0.1 / (1.0 + step as f64);
/// assert_eq!(inverse.rate(4), 0.02);
/// let optimizer = Sgd::new(inverse);
/// ```
pub trait Schedule: Send + Sync + 'static {
    /// The learning rate of a step.
    fn rate(&self, step: u64) -> f64;

    /// The rate of every step, if it is one: it is judged when a training is compiled, those of a schedule at each step.
    fn constant(&self) -> Option<f64> {
        None
    }
}

/// A schedule that the clones of an optimizer share.
#[derive(Clone)]
pub(super) struct Shared(Arc<dyn Schedule>);

impl Shared {
    pub(super) fn new(schedule: impl Schedule) -> Self {
        Shared(Arc::new(schedule))
    }

    pub(super) fn rate(&self, step: u64) -> f64 {
        self.0.rate(step)
    }

    /// The rate among an optimizer's other settings.
    pub(super) fn settings(&self, others: impl IntoIterator<Item = Setting>) -> Vec<Setting> {
        let rate = self.0.constant().map(|rate| Setting::finite("learning rate", rate));
        rate.into_iter().chain(others).collect()
    }
}

/// The rate of the first step.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at step 0", self.rate(0))
    }
}

impl Schedule for f64 {
    fn rate(&self, _: u64) -> f64 {
        *self
    }

    fn constant(&self) -> Option<f64> {
        Some(*self)
    }
}

impl<F: Fn(u64) -> f64 + Send + Sync + 'static> Schedule for F {
    fn rate(&self, step: u64) -> f64 {
        self(step)
    }
}

/// A rate that is multiplied by a factor every so many steps: `rate · factor^⌊step / every⌋`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepDecay {
    rate: f64,
    factor: f64,
    every: u64,
}

impl StepDecay {
    /// A first rate, and the factor that it is multiplied by after every `every` steps (0: never).
    pub fn new(rate: f64, factor: f64, every: u64) -> Self {
        StepDecay { rate, factor, every }
    }
}

impl Schedule for StepDecay {
    fn rate(&self, step: u64) -> f64 {
        let times = step.checked_div(self.every).unwrap_or(0);
        if self.rate == 0.0 {
            return self.rate; // also where the power is infinite
        }
        // As an `f64`, a number beyond 2⁵³ is no longer odd or even.
        let sign = if self.factor < 0.0 && !times.is_multiple_of(2) { -1.0 } else { 1.0 };
        self.rate * sign * libm::pow(self.factor.abs(), times as f64)
    }
}

/// Half a cosine from a peak down to a floor (Loshchilov & Hutter 2017):
/// `floor + (peak − floor) · (1 + cos(π · step / steps)) / 2`, and the floor from `steps` on.
///
/// ```
/// use gradus::optim::{Cosine, Schedule};
/// let schedule = Cosine::new(0.1, 100).floor(0.01);
/// assert_eq!((schedule.rate(0), schedule.rate(100), schedule.rate(1000)), (0.1, 0.01, 0.01));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    peak: f64,
    floor: f64,
    steps: u64,
}

impl Cosine {
    /// From `peak` to 0 over `steps` steps.
    pub fn new(peak: f64, steps: u64) -> Self {
        Cosine { peak, floor: 0.0, steps }
    }

    /// The rate at the end.
    pub fn floor(self, floor: f64) -> Self {
        Cosine { floor, ..self }
    }
}

impl Schedule for Cosine {
    fn rate(&self, step: u64) -> f64 {
        if step >= self.steps {
            return self.floor;
        }
        let turn = std::f64::consts::PI * step as f64 / self.steps as f64;
        self.floor + (self.peak - self.floor) * (1.0 + libm::cos(turn)) / 2.0
    }
}

/// A linear start: in step `s` of the first `n`, the rate that follows times `(s + 1) / n`; after
/// them another schedule, which counts its steps from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp<S> {
    steps: u64,
    then: S,
}

impl<S: Schedule> WarmUp<S> {
    /// A start of `steps` steps, then `then`.
    pub fn new(steps: u64, then: S) -> Self {
        WarmUp { steps, then }
    }
}

impl<S: Schedule> Schedule for WarmUp<S> {
    fn rate(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(later) => self.then.rate(later),
            None => {
                let (rate, share) = (self.then.rate(0), (step + 1) as f64);
                match rate * share {
                    product if product.is_finite() => product / self.steps as f64,
                    _ => rate * (share / self.steps as f64),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_constant_rate() {
        assert_eq!((0.5.rate(0), 0.5.rate(u64::MAX)), (0.5, 0.5));
    }

    #[test]
    fn step_decay_falls_at_its_steps_and_never_with_zero() {
        let schedule = StepDecay::new(1.0, 0.5, 10);
        assert_eq!([0, 9, 10, 19, 20].map(|step| schedule.rate(step)), [1.0, 1.0, 0.5, 0.5, 0.25]);
        assert_eq!(StepDecay::new(1.0, 0.5, 0).rate(100), 1.0);
    }

    #[test]
    fn cosine_falls_from_peak_to_floor_and_stays_there() {
        let schedule = Cosine::new(2.0, 100).floor(0.5);
        assert_eq!((schedule.rate(0), schedule.rate(100), schedule.rate(500)), (2.0, 0.5, 0.5));
        assert!((schedule.rate(50) - 1.25).abs() < 1e-15);
        assert!((0..99).all(|step| schedule.rate(step) > schedule.rate(step + 1)));
        assert_eq!(Cosine::new(2.0, 0).rate(0), 0.0);
    }

    #[test]
    fn at_the_end_of_the_steps_every_rate_is_still_a_number() {
        let last = u64::MAX;
        assert_eq!(StepDecay::new(0.0, 2.0, 1).rate(last), 0.0);
        assert_eq!(StepDecay::new(0.5, 0.5, 1).rate(last), 0.0);
        assert_eq!(StepDecay::new(0.5, 1.0, 1).rate(last), 0.5);
        assert_eq!([last - 1, last].map(|step| StepDecay::new(0.5, -1.0, 1).rate(step)), [0.5, -0.5]);
        assert_eq!([0, last - 1, last].map(|step| Cosine::new(0.5, last).rate(step)), [0.5, 0.0, 0.0]);
        assert_eq!([last - 1, last].map(|step| WarmUp::new(last, 0.5).rate(step)), [0.5, 0.5]);
        assert_eq!(WarmUp::new(last, 1e300).rate(last - 1), 1e300);
        assert_eq!(WarmUp::new(1, WarmUp::new(last, 0.5)).rate(last), 0.5);
    }

    #[test]
    fn warm_up_rises_in_a_line_and_joins_what_follows() {
        let schedule = WarmUp::new(4, Cosine::new(1.0, 10));
        assert_eq!([0, 1, 2, 3, 4].map(|step| schedule.rate(step)), [0.25, 0.5, 0.75, 1.0, 1.0]);
        assert_eq!(schedule.rate(14), 0.0);
        assert_eq!(WarmUp::new(0, 0.1).rate(0), 0.1);
    }
}
