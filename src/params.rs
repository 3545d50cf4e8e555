//! `Params`: the named tensors that training changes. Floor 1.

mod clock;
mod stream;

pub(crate) use clock::{Clocks, clock_key, named_key};
pub use stream::Stream;

use crate::element::Element;
use crate::error::{Error, ParamErrorKind, Result, Site};
use crate::shape::Shape;
use crate::tensor::Tensor;
use rand::Rng;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A parameter's name and place in the store, which layers hold. It has no lifetime and no numbers; those are
/// in [`Params`].
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub(crate) slot: usize,
    pub(crate) name: Arc<str>,
    pub(crate) shape: Shape,
    pub(crate) site: Site,
    /// The reason why it cannot be used: its name was taken, or its numbers could not be made. The first
    /// graph that uses it reports this.
    pub(crate) taken: Option<Arc<str>>,
}

impl Param {
    /// The name under which it is saved.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape of its tensor.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// The state that counts how often an optimizer has updated a parameter.
pub(crate) const UPDATES: &str = "updates";

/// The name of a state of an optimizer of this library.
pub(crate) fn state_name(kind: &str, param: &str, state: &str) -> String {
    format!("optimizer.{kind}.{param}.{state}")
}

/// The purpose of a stored tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Trained,
    Frozen,
    /// Numbers of the model's that a step sets by a rule of the model's own, not by the optimizer.
    Buffer,
    State,
}

#[derive(Clone)]
pub(crate) struct Entry<E> {
    pub(crate) name: Arc<str>,
    pub(crate) site: Site,
    pub(crate) kind: Kind,
    pub(crate) value: Tensor<E>,
}

/// The parameters of a model, by name, with the state of their optimizer and the random generator
/// that they were drawn from.
///
/// ```
/// use gradus::{Params, nn::Linear};
/// let mut params = Params::<f32>::seeded(7);
/// Linear::new(&mut params, "hidden", 2, 8);
/// let names: Vec<_> = params.iter().map(|(name, tensor)| (name, tensor.shape().to_string())).collect();
/// assert_eq!(names, [("hidden.weight", "[8, 2]".into()), ("hidden.bias", "[8]".into())]);
/// ```
#[derive(Clone)]
pub struct Params<E> {
    entries: Vec<Entry<E>>,
    /// The number of the layout.
    layout: u64,
    stream: Stream,
    steps: u64,
    clocks: Clocks,
}

impl<E: Element> Params<E> {
    /// An empty store, for a run of a graph without parameters; random numbers are drawn from seed 0.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let y = g.value(tensor![1.0, 2.0]).sum(..);
    /// let mut program = g.compile::<f32>([y])?;
    /// assert_eq!(program.run_unfed(&Params::new())?[y].item(), 3.0);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::seeded(0)
    }

    /// An empty store whose random numbers follow from `seed`: the same on every machine, in every
    /// run, and for both element types but for rounding.
    pub fn seeded(seed: u64) -> Self {
        let (stream, clocks) = (Stream::seeded(seed), Clocks::default());
        Params { entries: Vec::new(), layout: 0, stream, steps: 0, clocks }
    }

    /// An empty store seeded by a number drawn from the caller's own generator.
    pub fn from_rng(rng: &mut impl Rng) -> Self {
        Self::seeded(rng.next_u64())
    }

    /// The generator that initializers draw from.
    pub fn rng(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Adds a parameter. A name that is taken is reported, with both lines, by the first graph that
    /// uses the parameter.
    #[track_caller]
    pub fn add(&mut self, name: impl Into<String>, value: Tensor<E>) -> Param {
        let (name, site): (Arc<str>, _) = (name.into().into(), Site::here());
        let taken = self.entries.iter().find(|entry| entry.name == name).map(|entry| {
            format!("two parameters are named {name:?}: the one of {} and the one of {site}", entry.site)
                .into()
        });
        let param =
            Param { slot: self.entries.len(), name: name.clone(), shape: value.shape().clone(), site, taken };
        self.entries.push(Entry { name, site, kind: Kind::Trained, value });
        self.layout = new_layout();
        param
    }

    /// Adds numbers that belong to the model, are saved and loaded with its parameters, and are not trained: a step sets
    /// them by [`Graph::assign`](crate::Graph::assign), as a normalization its running statistics.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f64>::seeded(7);
    /// let (w, mean) = (params.add("w", tensor![1.0]), params.add_buffer("mean", tensor![0.0]));
    /// let g = Graph::for_training();
    /// let x = g.input("x", [1]);
    /// g.assign(&mean, g.param(&mean) * 0.5 + x * 0.5);
    /// let mut step = g.train((g.param(&w) * x).sum(..), Sgd::new(0.1), &mut params)?;
    /// step.run(&mut params, [(x, &tensor![4.0])])?;
    /// assert_eq!(params.get("mean").unwrap().data(), [2.0]);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn add_buffer(&mut self, name: impl Into<String>, value: Tensor<E>) -> Param {
        let param = self.add(name, value);
        if let Some(entry) = self.entries.last_mut() {
            entry.kind = Kind::Buffer;
        }
        param
    }

    /// Adds a buffer of a layer, whose numbers may have failed, as [`take`](Params::take).
    #[track_caller]
    pub(crate) fn take_buffer(&mut self, name: String, drawn: (Result<Tensor<E>>, Shape)) -> Param {
        let before = self.entries.len();
        let param = self.take(name, drawn);
        self.entries[before..].iter_mut().for_each(|entry| entry.kind = Kind::Buffer);
        param
    }

    /// Adds a parameter of a layer, whose numbers may have failed. Then nothing is added, and the first graph
    /// that uses the parameter reports the error, with the line that asked for the numbers.
    #[track_caller]
    pub(crate) fn take(&mut self, name: String, (value, shape): (Result<Tensor<E>>, Shape)) -> Param {
        match value {
            Ok(value) => self.add(name, value),
            Err(error) => {
                let (slot, site) = (self.entries.len(), Site::here());
                let taken = Some(format!("the parameter {name:?} of {site} cannot be had: {error}").into());
                Param { slot, name: name.into(), shape, site, taken }
            }
        }
    }

    /// Fails if two parameters have the same name: a training would change the first one twice.
    pub(crate) fn distinct(&self) -> Result<()> {
        for (i, entry) in self.entries.iter().enumerate() {
            if let Some(first) = self.entries[..i].iter().find(|other| other.name == entry.name) {
                let (name, first, again) = (entry.name.to_string(), first.site, entry.site);
                let problem = format!("it was added at {first} and again at {again}; give each its own name");
                return Err(Error::Param { name, kind: ParamErrorKind::Twice, problem });
            }
        }
        Ok(())
    }

    /// Adds an optimizer's state, if there is none of that name.
    pub(crate) fn state(&mut self, name: &str, value: impl FnOnce() -> Tensor<E>) {
        if !self.entries.iter().any(|entry| &*entry.name == name) {
            let (site, kind) = (Site::here(), Kind::State);
            self.entries.push(Entry { name: name.into(), site, kind, value: value() });
            self.layout = new_layout();
        }
    }

    /// Removes all entries beyond the first `entries`.
    pub(crate) fn truncate(&mut self, entries: usize) {
        if entries < self.entries.len() {
            self.entries.truncate(entries);
            self.layout = new_layout();
        }
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Tells whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of elements of all parameters together.
    pub fn size(&self) -> usize {
        self.iter().map(|(_, value)| value.len()).sum()
    }

    /// The number of optimizer steps that all trainings of these parameters have taken; each training counts its own,
    /// too ([`Training::steps`](crate::Training::steps)).
    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub(crate) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// The parameters in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor<E>)> {
        self.entries
            .iter()
            .filter(|entry| entry.kind != Kind::State)
            .map(|entry| (&*entry.name, &entry.value))
    }

    /// The optimizer's state, by name: moments, velocities and their like.
    pub fn states(&self) -> impl Iterator<Item = (&str, &Tensor<E>)> {
        self.entries
            .iter()
            .filter(|entry| entry.kind == Kind::State)
            .map(|entry| (&*entry.name, &entry.value))
    }

    /// A parameter's numbers.
    pub fn get(&self, name: &str) -> Option<&Tensor<E>> {
        self.iter().find(|(each, _)| *each == name).map(|(_, value)| value)
    }

    /// Gives a parameter other numbers.
    ///
    /// # Errors
    /// [`Error::Param`] if there is no such parameter, [`Error::Shape`] if the shape is another.
    pub fn set(&mut self, name: &str, value: Tensor<E>) -> Result<()> {
        let entry = self.named(name)?;
        if entry.value.shape() != value.shape() {
            return Err(Error::Shape {
                what: format!("the parameter {name:?}"),
                expected: entry.value.shape().clone(),
                found: value.shape().clone(),
                at: Some(entry.site),
            });
        }
        entry.value = value;
        Ok(())
    }

    /// Freezes or unfreezes a parameter for training steps compiled afterwards.
    ///
    /// # Errors
    /// [`Error::Param`] if there is no such parameter, or if it is a buffer, which no optimizer trains.
    pub fn freeze(&mut self, name: &str, frozen: bool) -> Result<()> {
        let entry = self.named(name)?;
        if entry.kind == Kind::Buffer {
            let problem = "it is a buffer, which no optimizer trains, frozen or not".into();
            return Err(Error::Param { name: name.into(), kind: ParamErrorKind::Buffer, problem });
        }
        entry.kind = if frozen { Kind::Frozen } else { Kind::Trained };
        Ok(())
    }

    fn named(&mut self, name: &str) -> Result<&mut Entry<E>> {
        self.entries.iter_mut().find(|entry| &*entry.name == name && entry.kind != Kind::State).ok_or_else(
            || Error::Param {
                name: name.into(),
                kind: ParamErrorKind::Missing,
                problem: "there is none of this name".into(),
            },
        )
    }

    /// The same parameters and state in another element type, each number rounded.
    pub fn cast<F: Element>(&self) -> Params<F> {
        let entries = self.entries.iter().map(|entry| Entry {
            name: entry.name.clone(),
            site: entry.site,
            kind: entry.kind,
            value: entry.value.cast(),
        });
        let (entries, stream, clocks) = (entries.collect(), self.stream.clone(), self.clocks.clone());
        Params { entries, layout: self.layout, stream, steps: self.steps, clocks }
    }

    /// Replaces the parameters and the optimizers' states.
    pub(crate) fn replace(&mut self, entries: Vec<Entry<E>>) {
        self.entries = entries;
        self.layout = new_layout();
    }

    /// Replaces the place in a training: the steps taken, and the place in the stream of random numbers.
    pub(crate) fn resume(&mut self, steps: u64, clocks: Clocks, stream: Stream) {
        (self.steps, self.clocks, self.stream) = (steps, clocks, stream);
    }

    pub(crate) fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    pub(crate) fn clocks_mut(&mut self) -> &mut Clocks {
        &mut self.clocks
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The number of the layout: stores of the same number have the same names and shapes in the same slots. A step
    /// whose store has the number of the last one need not look for its parameters again.
    pub(crate) fn layout(&self) -> u64 {
        self.layout
    }

    pub(crate) fn entries(&self) -> &[Entry<E>] {
        &self.entries
    }

    pub(crate) fn entries_mut(&mut self) -> &mut [Entry<E>] {
        &mut self.entries
    }

    pub(crate) fn entry_mut(&mut self, slot: usize) -> &mut Entry<E> {
        &mut self.entries[slot]
    }

    /// The slot in which this store keeps a parameter that may have been made with another store of the same
    /// layout: the same slot, else the one of that name.
    pub(crate) fn slot(&self, slot: usize, name: &str, shape: &Shape, site: Option<Site>) -> Result<usize> {
        // Mostly both are the same string.
        let same = |known: &str| std::ptr::eq(known, name) || known == name;
        let slot = match self.entries.get(slot) {
            Some(entry) if same(&entry.name) => slot,
            _ => self.entries.iter().position(|entry| &*entry.name == name).ok_or_else(|| Error::Param {
                name: name.into(),
                kind: ParamErrorKind::Missing,
                problem: format!(
                    "these parameters have none of this name{}",
                    site.map(|site| format!("\n  --> declared at {site}")).unwrap_or_default()
                ),
            })?,
        };
        let found = self.entries[slot].value.shape();
        match found == shape {
            true => Ok(slot),
            false => Err(Error::Shape {
                what: format!("the parameter {name:?}"),
                expected: shape.clone(),
                found: found.clone(),
                at: site,
            }),
        }
    }
}

/// Returns the number of a layout that no store has yet; an empty store has 0.
fn new_layout() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<E: Element> Default for Params<E> {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the numbers of a parameter. Panics if the store does not have it, as indexing does.
impl<E: Element> std::ops::Index<&Param> for Params<E> {
    type Output = Tensor<E>;
    #[track_caller]
    fn index(&self, param: &Param) -> &Tensor<E> {
        let slot = self.slot(param.slot, &param.name, &param.shape, Some(param.site));
        assert!(slot.is_ok(), "{}", slot.map_or_else(|error| error.to_string(), |_| String::new()));
        &self.entries[slot.unwrap_or(0)].value
    }
}

/// Shows names and shapes, without the numbers.
impl<E: Element> std::fmt::Debug for Params<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, value)| (name, value.shape()))).finish()
    }
}
