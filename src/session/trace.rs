//! Functions recorded and compiled once for each shape that they are given, so that a last short
//! batch, or a prediction of another size, costs no second graph. Floor 7.

use super::feed::{Feed, FeedValue};
use super::outputs::Outputs;
use super::program::Program;
use super::train::Training;
use super::update::Optimizer;
use crate::element::Element;
use crate::error::{Error, FeedErrorKind, Result, Site};
use crate::graph::{Graph, Idx, NodeId, Var};
use crate::params::Params;
use crate::shape::Shape;
use crate::tensor::Tensor;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::HashMap;

/// A function of one tensor, compiled for each shape that it is given; the programs are kept.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(1);
/// let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
/// let mut predict = trace(|_, x| net.apply(x).softmax(-1));
/// assert_eq!(predict.run(&params, &Tensor::zeros([4, 2]))?.shape()[..], [4, 3]);
/// assert_eq!(predict.run(&params, &Tensor::zeros([1, 2]))?.shape()[..], [1, 3]);
/// # Ok::<(), gradus::Error>(())
/// ```
pub fn trace<E, F>(function: F) -> Traced<E, F>
where
    F: for<'g> Fn(&'g Graph, Var<'g>) -> Var<'g>,
{
    Traced { function, programs: HashMap::new() }
}

/// See [`trace`].
pub struct Traced<E, F> {
    function: F,
    programs: HashMap<Shape, (u64, NodeId, Program<E>)>,
}

impl<E: Element, F> Traced<E, F>
where
    F: for<'g> Fn(&'g Graph, Var<'g>) -> Var<'g>,
{
    /// Computes the function.
    ///
    /// # Errors
    /// What recording or running it gives.
    #[track_caller]
    pub fn run(&mut self, params: &Params<E>, x: &Tensor<E>) -> Result<&Tensor<E>> {
        if !self.programs.contains_key(x.shape()) {
            let graph = Graph::new();
            let input = graph.input("x", x.shape());
            let output = (self.function)(&graph, input);
            graph.own("what the traced function gave", output, Site::here())?;
            let program = graph.compile([output])?;
            self.programs.insert(x.shape().clone(), (graph.id(), input.id(), program));
        }
        let Some((graph, node, program)) = self.programs.get_mut(x.shape()) else {
            return Err(Error::Invalid("the traced program is gone".into()));
        };
        let feed = Feed { graph: *graph, node: *node, value: FeedValue::Real(x) };
        Ok(program.run(params, [feed])?.at(0))
    }

    /// How many shapes have been compiled.
    pub fn compiled(&self) -> usize {
        self.programs.len()
    }
}

/// The inputs of a traced function, by name; their shapes are those of what is fed.
pub struct Inputs<'g> {
    graph: &'g Graph,
    fed: &'g [(String, Shape)],
    asked: RefCell<Vec<(String, NodeId)>>,
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

    /// The shape that was fed; one that was not fed is told as missing when the step is compiled.
    fn shape(&self, name: &str) -> Shape {
        let fed = self.fed.iter().find(|(each, _)| each == name);
        fed.map(|(_, shape)| shape.clone()).unwrap_or_default()
    }
}

/// A training step of a function of named inputs, compiled for each set of shapes that it is fed.
/// The function gives the loss first, and whatever else each step is to put out.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(1);
/// let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
/// let mut step = trace_training(Adam::new(1e-2), |at| {
///     vec![net.apply(at.input("x")).softmax_cross_entropy(at.labels("label", 3))]
/// });
/// for n in [4, 4, 3] {
///     let (x, label) = (Tensor::<f32>::zeros([n, 2]), Tensor::<usize>::full([n], 0));
///     step.run(&mut params, [("x", (&x).into()), ("label", (&label).into())])?;
/// }
/// assert_eq!((step.compiled(), params.steps()), (2, 3));
/// # Ok::<(), gradus::Error>(())
/// ```
pub fn trace_training<E, O, F>(optimizer: O, function: F) -> TracedTraining<E, O, F>
where
    O: Optimizer + Clone,
    F: for<'g> Fn(&Inputs<'g>) -> Vec<Var<'g>>,
{
    TracedTraining { optimizer, function, programs: Vec::new() }
}

/// See [`trace_training`].
pub struct TracedTraining<E, O, F> {
    optimizer: O,
    function: F,
    programs: Vec<Compiled<Training<E>>>,
}

/// What was compiled of a traced function for one set of shapes.
pub(crate) struct Compiled<T> {
    shapes: Vec<(String, Shape)>,
    graph: u64,
    inputs: Vec<(String, NodeId)>,
    pub(crate) program: T,
}

impl<T> Compiled<T> {
    /// Whether it was compiled for such feeds.
    pub(crate) fn fits<E: Element>(&self, feeds: &[(&str, FeedValue<'_, E>)]) -> bool {
        let fits = |((n, s), (name, fed)): (&(String, Shape), &(&str, FeedValue<'_, E>))| {
            n == name && s == fed.shape()
        };
        self.shapes.len() == feeds.len() && self.shapes.iter().zip(feeds).all(fits)
    }

    /// The feeds as its graph takes them, by node.
    pub(crate) fn feeds<'a, E: Element>(
        &self,
        feeds: &[(&str, FeedValue<'a, E>)],
    ) -> SmallVec<[Feed<'a, E>; 8]> {
        let feed = |&(name, value): &(&str, FeedValue<'a, E>)| {
            let (_, node) = self.inputs.iter().find(|(each, _)| each == name)?;
            Some(Feed { graph: self.graph, node: *node, value })
        };
        feeds.iter().filter_map(feed).collect()
    }
}

impl<E: Element, O, F> TracedTraining<E, O, F>
where
    O: Optimizer + Clone,
    F: for<'g> Fn(&Inputs<'g>) -> Vec<Var<'g>>,
{
    /// Takes one step, and gives what the function gave.
    ///
    /// # Errors
    /// What recording or running it gives; nothing is changed then.
    #[track_caller]
    pub fn run<'a>(
        &mut self,
        params: &mut Params<E>,
        feeds: impl IntoIterator<Item = (&'a str, FeedValue<'a, E>)>,
    ) -> Result<Outputs<'_, E>> {
        let feeds: SmallVec<[(&str, FeedValue<'_, E>); 8]> = feeds.into_iter().collect();
        let (programs, held) = (self.programs.len(), params.entries().len());
        let place = match self.programs.iter().position(|known| known.fits(&feeds)) {
            Some(place) => place,
            None => {
                let compiled = self.compile(params, &feeds)?;
                self.programs.push(compiled);
                programs
            }
        };
        let known = &mut self.programs[place];
        let fed = known.feeds(&feeds);
        if let Some(error) = known.program.run(params, fed).err() {
            // A step that was compiled only now goes again, with the states that it added.
            self.programs.truncate(programs);
            params.truncate(held);
            return Err(error);
        }
        Ok(self.programs[place].program.outputs())
    }

    #[track_caller]
    fn compile(
        &self,
        params: &mut Params<E>,
        feeds: &[(&str, FeedValue<'_, E>)],
    ) -> Result<Compiled<Training<E>>> {
        let line = Site::here(); // the closure does not know the caller
        self.record(feeds, |graph, loss, more| {
            let builder = graph.training(loss, self.optimizer.clone());
            more.iter().fold(builder, |builder, &output| builder.emit(output)).compile_at(params, line)
        })
    }

    /// Records the function for what is fed, and hands the graph, the loss and the further outputs to
    /// `compile`.
    #[track_caller]
    pub(crate) fn record<T>(
        &self,
        feeds: &[(&str, FeedValue<'_, E>)],
        compile: impl for<'g> FnOnce(&'g Graph, Var<'g>, &[Var<'g>]) -> Result<T>,
    ) -> Result<Compiled<T>> {
        let shapes: Vec<(String, Shape)> =
            feeds.iter().map(|(name, fed)| (name.to_string(), fed.shape().clone())).collect();
        let graph = Graph::new();
        let inputs = Inputs { graph: &graph, fed: &shapes, asked: RefCell::default() };
        let outputs = (self.function)(&inputs);
        let Some((&loss, more)) = outputs.split_first() else {
            return Err(Error::Invalid(format!("{}: the traced function gave no loss", Site::here())));
        };
        for (i, &output) in outputs.iter().enumerate() {
            graph.own(format_args!("output {i} of the traced function"), output, Site::here())?;
        }
        let asked = inputs.asked.take();
        if let Some((name, node)) = asked.iter().find(|(name, _)| !shapes.iter().any(|(fed, _)| fed == name))
        {
            let (kind, site) = (graph.node(*node).op.name(), graph.node(*node).site);
            return Err(Error::Missing { kind, name: name.clone(), shape: None, site });
        }
        if let Some((name, _)) = shapes.iter().find(|(fed, _)| !asked.iter().any(|(name, _)| fed == name)) {
            let problem = format!("{name:?} was fed, but the traced function has no such input");
            return Err(Error::Feed { kind: FeedErrorKind::Unknown, problem });
        }
        let program = compile(&graph, loss, more)?;
        Ok(Compiled { shapes, graph: graph.id(), inputs: asked, program })
    }

    /// How many sets of shapes have been compiled.
    pub fn compiled(&self) -> usize {
        self.programs.len()
    }

    /// Every compiled step so far, with its shapes in the order of use.
    pub fn trainings(&mut self) -> impl Iterator<Item = &mut Training<E>> {
        self.programs.iter_mut().map(|compiled| &mut compiled.program)
    }
}
