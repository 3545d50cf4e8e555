//! `Optimizer`: the rule by which a training step changes parameters, and `Update`, its arguments.

use crate::element::Element;
use crate::error::{Error, Result, Site};
use crate::graph::Var;
use crate::params::{Param, UPDATES, state_name};
use crate::shape::Shape;

/// The learning rate as a function of the number of steps that the training has taken, from 0.
pub type Rate = Box<dyn Fn(u64) -> f64 + Send>;

/// A rule by which parameters follow their gradients. It is recorded into the graph, once for each parameter,
/// and compiled with the rest of the step.
pub trait Optimizer {
    /// The learning rate at each step.
    fn rate(&self) -> Rate;

    /// The settings that are judged when a training is compiled. An optimizer around another one hands on the other's.
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// The gradients of all parameters together, as the updates use them; here they can be clipped.
    #[track_caller]
    fn gradients<'g>(&self, gradients: Vec<Var<'g>>) -> Vec<Var<'g>> {
        gradients
    }

    /// The gradients that have to be finite, before they are clipped: one for each parameter, in their order, or none
    /// at all. A step in which one is not is refused ([`Error::Gradient`]) or skipped
    /// ([`skip_non_finite`](crate::Training::skip_non_finite)), and changes nothing. An optimizer around another one hands
    /// on the other's.
    #[track_caller]
    fn finite<'g>(&self, _gradients: &[Var<'g>]) -> Vec<Var<'g>> {
        Vec::new()
    }

    /// The parameter's new value.
    #[track_caller]
    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g>;
}

/// A number that an optimizer was given, with the range that is allowed for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    name: String,
    value: f64,
    range: Range,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Range {
    Share,
    Finite,
    Bound,
}

impl Setting {
    /// A share that is kept from step to step: from 0 on and below 1.
    pub fn share(name: &str, value: f64) -> Self {
        Setting { name: name.into(), value, range: Range::Share }
    }

    /// A finite number from 0 on.
    pub fn finite(name: &str, value: f64) -> Self {
        Setting { name: name.into(), value, range: Range::Finite }
    }

    /// An upper bound: a number from 0 on, or infinity for none.
    pub fn bound(name: &str, value: f64) -> Self {
        Setting { name: name.into(), value, range: Range::Bound }
    }

    /// Judges the number as one of the element type.
    ///
    /// # Errors
    /// [`Error::Setting`] if it is outside of the range.
    pub(super) fn judge<E: Element>(&self, site: Site) -> Result<()> {
        let fits = match self.range {
            Range::Share => self.value < 1.0,
            Range::Finite => E::from_f64(self.value).to_f64().is_finite(),
            Range::Bound => true,
        };
        if fits && self.value >= 0.0 {
            return Ok(());
        }
        let allowed = match self.range {
            Range::Share => "a number from 0 on and below 1".into(),
            Range::Finite => format!("a finite {} from 0 on", E::DTYPE.to_lowercase()),
            Range::Bound => "a number from 0 on, or infinity".into(),
        };
        Err(Error::Setting { setting: self.name.clone(), value: self.value, allowed, site })
    }
}

/// The parameter, the gradient and the scalars that an optimizer's rule is given.
#[derive(Debug)]
pub struct Update<'g> {
    /// The parameter.
    pub param: Var<'g>,
    /// Its gradient.
    pub gradient: Var<'g>,
    /// The learning rate of this step, a scalar.
    pub rate: Var<'g>,
    /// The number of this step, a scalar, from 1: of the training's steps
    /// ([`Training::steps`](crate::Training::steps)).
    pub step: Var<'g>,
    /// The original parameter; a rule may replace `param`.
    own: Var<'g>,
    name: String,
    pub(super) states: Vec<State<'g>>,
    /// The names that were kept, though none was asked for.
    pub(super) unknown: Vec<String>,
}

#[derive(Debug)]
pub(super) struct State<'g> {
    pub(super) param: Param,
    pub(super) start: f64,
    pub(super) old: Var<'g>,
    pub(super) next: Var<'g>,
}

impl<'g> Update<'g> {
    pub(super) fn new(name: &str, param: Var<'g>, gradient: Var<'g>, rate: Var<'g>, step: Var<'g>) -> Self {
        Update {
            param,
            gradient,
            rate,
            step,
            own: param,
            name: name.into(),
            states: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// A tensor that the optimizer keeps for this parameter, of its shape: its value after the last
    /// step, and before the first one `start` everywhere. It is stored, and saved, with the
    /// parameters. Rules that keep tensors of one name for one parameter share them: a name of the
    /// rule's own in front of it, as in `lion.mean`, keeps them apart.
    #[track_caller]
    pub fn state(&mut self, name: &str, start: f64) -> Var<'g> {
        self.held(format!("optimizer.{}.{name}", self.name), self.own.shape(), start)
    }

    /// Sets the value that a kept tensor has after this step; otherwise it keeps its value. One that was not asked for by
    /// [`state`](Update::state) is an error when the training is compiled.
    pub fn keep(&mut self, name: &str, next: Var<'g>) {
        self.hold(&format!("optimizer.{}.{name}", self.name), next);
    }

    /// A tensor of an optimizer of this library. The optimizer's kind is part of the name, so that none takes the
    /// numbers of another.
    #[track_caller]
    pub(crate) fn state_of(&mut self, kind: &str, name: &str, start: f64) -> Var<'g> {
        self.held(state_name(kind, &self.name, name), self.own.shape(), start)
    }

    pub(crate) fn keep_of(&mut self, kind: &str, name: &str, next: Var<'g>) {
        self.hold(&state_name(kind, &self.name, name), next);
    }

    /// The number of this update of the parameter by optimizers of one kind, a scalar, from 1. It is a state as the
    /// others are: what the parameter missed while it was frozen, or while others were trained, does not count.
    #[track_caller]
    pub(crate) fn count_of(&mut self, kind: &str) -> Var<'g> {
        let name = state_name(kind, &self.name, UPDATES);
        let count = self.held(name.clone(), Shape::scalar(), 0.0) + 1.0;
        self.hold(&name, count);
        count
    }

    #[track_caller]
    fn held(&mut self, name: String, shape: Shape, start: f64) -> Var<'g> {
        if let Some(known) = self.states.iter().find(|state| *state.param.name == *name) {
            return known.old;
        }
        let param = Param { slot: usize::MAX, name: name.into(), shape, site: Site::here(), taken: None };
        let var = self.own.graph().param(&param);
        self.states.push(State { param, start, old: var, next: var });
        var
    }

    fn hold(&mut self, name: &str, next: Var<'g>) {
        match self.states.iter_mut().find(|state| *state.param.name == *name) {
            Some(state) => state.next = next,
            None => self.unknown.push(name.into()),
        }
    }
}
