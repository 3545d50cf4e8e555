//! `Function`: a training step as a function of named inputs, recorded for each set of shapes.

use super::feed::Feed;
use super::outputs::OutputVar;
use super::recipe::{Recipe, TrainingProgram};
use super::update::Optimizer;
use crate::compile::{Passes, Updates};
use crate::element::Element;
use crate::error::{Error, FeedErrorKind, Result, Site};
use crate::graph::{Graph, Idx, NodeId, Var};
use crate::params::Params;
use crate::shape::Shape;
use std::cell::RefCell;
use std::fmt;

/// The inputs of a traced function, by name; their shapes are those of the feeds.
pub struct Inputs<'g> {
    graph: &'g Graph,
    fed: &'g [(String, Shape)],
    asked: RefCell<Vec<(String, NodeId)>>,
}

/// Shows the names and shapes of the feeds.
impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.fed.iter().map(|(name, shape)| (name, shape))).finish()
    }
}

impl<'g> Inputs<'g> {
    /// The graph that is being recorded.
    pub fn graph(&self) -> &'g Graph {
        self.graph
    }

    /// An input of real numbers.
    #[track_caller]
    pub fn input(&self, name: &str) -> Var<'g> {
        let shape = self.shape(name);
        let input = self.graph.input(name, shape);
        self.asked.borrow_mut().push((name.into(), input.id()));
        input
    }

    /// An input of indices, each below `classes`.
    #[track_caller]
    pub fn labels(&self, name: &str, classes: usize) -> Idx<'g> {
        let shape = self.shape(name);
        let labels = self.graph.labels(name, shape, classes);
        self.asked.borrow_mut().push((name.into(), labels.id()));
        labels
    }

    /// The shape that was fed; one that was not fed is reported as missing when the step is compiled.
    fn shape(&self, name: &str) -> Shape {
        let fed = self.fed.iter().find(|(each, _)| each == name);
        fed.map(|(_, shape)| shape.clone()).unwrap_or_default()
    }
}

/// The function of a training.
pub(crate) struct Function<'f> {
    pub(super) record: Box<dyn for<'g> Fn(&Inputs<'g>) -> Vec<Var<'g>> + Send + 'f>,
    pub(super) optimizer: Box<dyn Optimizer + Send + 'f>,
}

/// Tells whether feeds have these names and shapes, in any order.
pub(crate) fn fits<E: Element>(shapes: &[(String, Shape)], feeds: &[Feed<'_, E>]) -> bool {
    let known = |feed: &Feed<'_, E>| {
        let of = |(name, shape): &(String, Shape)| {
            feed.name() == Some(name.as_str()) && shape == feed.value.shape()
        };
        shapes.iter().any(of)
    };
    shapes.len() == feeds.len() && feeds.iter().all(known)
}

/// Returns the names and shapes of feeds.
///
/// # Errors
/// [`Error::Feed`] for one that is given by a handle: each set of shapes has a graph of its own.
pub(crate) fn shapes<E: Element>(feeds: &[Feed<'_, E>], site: Site) -> Result<Vec<(String, Shape)>> {
    let named = |feed: &Feed<'_, E>| match feed.name() {
        Some(name) => Ok((name.to_string(), feed.value.shape().clone())),
        None => {
            let problem = format!(
                "a value of a graph was fed to a traced function, whose inputs are fed by name: `feed(\"x\", &tensor)`\n  --> {site}"
            );
            Err(Error::Feed { kind: FeedErrorKind::OtherGraph, problem })
        }
    };
    feeds.iter().map(named).collect()
}

impl Function<'_> {
    /// Records and compiles the step for these feeds.
    pub(super) fn compile<E: Element>(
        &self,
        params: &mut Params<E>,
        feeds: &[Feed<'_, E>],
        site: Site,
    ) -> Result<TrainingProgram<E>> {
        self.record(feeds, site, |graph, outputs| {
            let loss = outputs[0];
            let outputs: Vec<(OutputVar<'_>, Site)> =
                outputs.iter().map(|&output| (output.into(), site)).collect();
            let (passes, in_place) = (Passes::default(), Updates::default());
            let optimizer = &*self.optimizer;
            let recipe = Recipe { loss, outputs: &outputs, optimizer, passes, in_place };
            let mut known = recipe.compile(graph, params, site)?;
            known.shapes = shapes(feeds, site)?;
            Ok(known)
        })
    }

    /// Records the function for these feeds, and hands the graph and the outputs, the loss first, to
    /// `compile`.
    pub(crate) fn record<E: Element, T>(
        &self,
        feeds: &[Feed<'_, E>],
        site: Site,
        compile: impl for<'g> FnOnce(&'g Graph, &[Var<'g>]) -> Result<T>,
    ) -> Result<T> {
        let shapes = shapes(feeds, site)?;
        let graph = Graph::for_training();
        let inputs = Inputs { graph: &graph, fed: &shapes, asked: RefCell::default() };
        let outputs = (self.record)(&inputs);
        if outputs.is_empty() {
            return Err(Error::Invalid(format!("the traced function gave no loss\n  --> {site}")));
        }
        for (i, &output) in outputs.iter().enumerate() {
            graph.own(format_args!("output {i} of the traced function"), output, site)?;
        }
        let asked = inputs.asked.take();
        if let Some((name, node)) = asked.iter().find(|(name, _)| !shapes.iter().any(|(fed, _)| fed == name))
        {
            let node = graph.node(*node);
            return Err(Error::Missing {
                kind: node.op.name(),
                name: name.clone(),
                shape: None,
                site: node.site,
            });
        }
        if let Some((name, _)) = shapes.iter().find(|(fed, _)| !asked.iter().any(|(name, _)| fed == name)) {
            let known: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
            let problem = format!(
                "{name:?} was fed, but the traced function has no such input; it has {known:?}\n  --> {site}"
            );
            return Err(Error::Feed { kind: FeedErrorKind::Unknown, problem });
        }
        compile(&graph, &outputs)
    }
}
