//! Functions recorded and compiled once for each shape that they are given, so that a last short
//! batch, or a prediction of another size, costs no second graph.

use super::feed::{Feed, FeedValue};
use super::outputs::OutputVar;
use super::program::Program;
use super::train::{Recipe, Training, TrainingProgram};
use super::update::Optimizer;
use crate::compile::{Passes, Updates};
use crate::element::Element;
use crate::error::{Error, FeedErrorKind, Result, Site};
use crate::graph::{Graph, Idx, NodeId, Var};
use crate::params::Params;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::cell::RefCell;
use std::fmt;

/// A function of one tensor, compiled for each shape that it is given; the programs are kept.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(1);
/// let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
/// let mut predict = trace(|_, x| net.forward(x).softmax(-1));
/// assert_eq!(predict.run(&params, &Tensor::zeros([4, 2]))?.shape()[..], [4, 3]);
/// assert_eq!(predict.run(&params, &Tensor::zeros([1, 2]))?.shape()[..], [1, 3]);
/// # Ok::<(), gradus::Error>(())
/// ```
pub fn trace<'f, E>(function: impl for<'g> Fn(&'g Graph, Var<'g>) -> Var<'g> + Send + 'f) -> Traced<'f, E> {
    Traced { function: Box::new(function), programs: Vec::new() }
}

/// A function that is compiled for each shape; see [`trace`]. The lifetime is that of the function's borrows,
/// and `'static` for a function that borrows nothing:
///
/// ```
/// # use gradus::prelude::*;
/// struct Model {
///     params: Params<f32>,
///     predict: gradus::Traced<'static, f32>,
/// }
/// let mut params = Params::seeded(1);
/// let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
/// let mut model = Model { params, predict: trace(move |_, x| net.forward(x).softmax(-1)) };
/// assert_eq!(model.predict.run(&model.params, &Tensor::zeros([4, 2]))?.shape()[..], [4, 3]);
/// # Ok::<(), gradus::Error>(())
/// ```
pub struct Traced<'f, E> {
    function: Box<dyn for<'g> Fn(&'g Graph, Var<'g>) -> Var<'g> + Send + 'f>,
    programs: Vec<TracedProgram<E>>,
}

/// A traced function compiled for one shape.
struct TracedProgram<E> {
    shape: Shape,
    graph: u64,
    input: NodeId,
    program: Program<E>,
}

/// Shows the shapes that have been compiled.
impl<E> fmt::Debug for Traced<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes: Vec<&Shape> = self.programs.iter().map(|known| &known.shape).collect();
        f.debug_struct("Traced").field("shapes", &shapes).finish_non_exhaustive()
    }
}

impl<E: Element> Traced<'_, E> {
    /// Computes the function.
    ///
    /// # Errors
    /// The errors of recording and of running it.
    #[track_caller]
    pub fn run(&mut self, params: &Params<E>, x: &Tensor<E>) -> Result<&Tensor<E>> {
        let site = Site::here();
        let place = match self.programs.iter().position(|known| known.shape == *x.shape()) {
            Some(place) => place,
            None => {
                let graph = Graph::new();
                let input = graph.input("x", x.shape());
                let output = (self.function)(&graph, input);
                graph.own("what the traced function gave", output, site)?;
                let program = graph.compile([output])?;
                let (graph, input) = (graph.id(), input.id());
                self.programs.push(TracedProgram { shape: x.shape().clone(), graph, input, program });
                self.programs.len() - 1
            }
        };
        let known = &mut self.programs[place];
        let feed = Feed::of(known.graph, known.input, FeedValue::Real(x));
        Ok(known.program.run(params, [feed])?.at(0))
    }

    /// The number of shapes that have been compiled.
    pub fn compiled(&self) -> usize {
        self.programs.len()
    }
}

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

/// A training step of a function of named inputs, compiled for each set of shapes that it is fed. The
/// function returns the loss first, then the further outputs of each step.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(1);
/// let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
/// let mut step = trace_training(Adam::new(1e-2), |at| {
///     vec![net.forward(at.input("x")).softmax_cross_entropy(at.labels("label", 3))]
/// });
/// for n in [4, 4, 3] {
///     let (x, label) = (Tensor::<f32>::zeros([n, 2]), Tensor::<usize>::full([n], 0));
///     step.run(&mut params, [feed("x", &x), feed("label", &label)])?;
/// }
/// assert_eq!((step.compiled(), params.steps()), (2, 3));
/// # Ok::<(), gradus::Error>(())
/// ```
///
/// The function's borrows, such as the layers, last until the training is dropped.
pub fn trace_training<'f, E: Element>(
    optimizer: impl Optimizer + Send + 'f,
    function: impl for<'g> Fn(&Inputs<'g>) -> Vec<Var<'g>> + Send + 'f,
) -> Training<'f, E> {
    let rate = optimizer.rate();
    let function = Function { record: Box::new(function), optimizer: Box::new(optimizer) };
    Training::new(Vec::new(), Some(function), rate)
}

/// The function of a training.
pub(crate) struct Function<'f> {
    record: Box<dyn for<'g> Fn(&Inputs<'g>) -> Vec<Var<'g>> + Send + 'f>,
    optimizer: Box<dyn Optimizer + Send + 'f>,
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
        let graph = Graph::new();
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
