//! Functions recorded and compiled once for each shape that they are given, so that a last short
//! batch, or a prediction of another size, costs no second graph.

use super::feed::{Feed, FeedValue};
use super::function::{Function, Inputs};
use super::program::Program;
use super::train::Training;
use super::update::Optimizer;
use crate::element::Element;
use crate::error::{Result, Site};
use crate::graph::{Graph, NodeId, Var};
use crate::params::Params;
use crate::shape::Shape;
use crate::tensor::Tensor;
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
