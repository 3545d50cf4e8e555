//! The trait that layers have in common, and layers in a row.

use crate::error::Site;
use crate::graph::Var;
use std::fmt;
use std::sync::Arc;

/// A function from value to value that a model is made of: a layer, layers in a row, an activation, a model.
///
/// Its parameters are [`Param`](crate::Param)s of a store, so it holds no value of a graph and can be
/// recorded into any. Every function of one value is a module, so an activation needs no type of its own; a
/// model of yours becomes one by an `impl`:
///
/// ```
/// use gradus::prelude::*;
/// struct Block { inner: Linear }
///
/// impl Module for Block {
///     fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
///         x + self.inner.forward(x).relu() // a residual
///     }
/// }
///
/// let mut params = Params::<f32>::seeded(7);
/// let block = Block { inner: Linear::new(&mut params, "inner", 3, 3) };
/// let net: Vec<Box<dyn Module>> = vec![Box::new(block), Box::new(Linear::new(&mut params, "last", 3, 2))];
/// let g = Graph::new();
/// let y = net.iter().fold(g.input("x", [5, 3]), |x, layer| layer.forward(x));
/// assert_eq!(y.shape()[..], [5, 2]);
/// ```
pub trait Module {
    /// Records the module on a value.
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g>;
}

impl<F: for<'g> Fn(Var<'g>) -> Var<'g>> Module for F {
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self(x)
    }
}

/// Modules one after another, each applied to the result of the one before it.
///
/// ```
/// use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(7);
/// let net = Sequential::new()
///     .append(Linear::new(&mut params, "hidden", 2, 8))
///     .append_fn(|x| x.tanh())
///     .append(Linear::new(&mut params, "output", 8, 1));
///
/// let (x, t) = (tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], tensor![[0.0], [1.0], [1.0], [0.0]]);
/// let g = Graph::new();
/// let (xs, ts) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
/// let loss = net.forward(xs).sigmoid_cross_entropy(ts);
/// let mut step = g.train(loss, Adam::new(0.05), &mut params)?;
/// let mut last = f32::NAN;
/// for _ in 0..300 {
///     last = step.run(&mut params, [(xs, &x), (ts, &t)])?[loss].item();
/// }
/// assert!(last < 0.01);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Sequential {
    modules: Vec<Arc<dyn Module + Send + Sync>>,
}

impl Sequential {
    /// A sequence without modules, which returns its argument.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a module.
    #[must_use]
    pub fn append(mut self, module: impl Module + Send + Sync + 'static) -> Self {
        self.modules.push(Arc::new(module));
        self
    }

    /// Appends a function, such as an activation.
    #[must_use]
    pub fn append_fn(self, function: impl for<'g> Fn(Var<'g>) -> Var<'g> + Send + Sync + 'static) -> Self {
        // Beside `append`, since a closure must be given its signature here to hold for every lifetime of a
        // graph.
        self.append(function)
    }

    /// The number of modules.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Tells whether there are no modules.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }
}

impl Module for Sequential {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        // A module behind a pointer does not know its caller's line.
        let _site = x.graph().calling(Site::here());
        self.modules.iter().fold(x, |x, module| x.graph().admit("module", module.forward(x)))
    }
}

impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sequential").field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn net(params: &mut Params<f64>) -> Sequential {
        let inner = Mlp::new(params, "inner", &[4, 3, 2]);
        Sequential::new().append(Linear::new(params, "first", 2, 4)).append_fn(|x| x.tanh()).append(inner)
    }

    #[test]
    fn a_row_of_modules_is_each_on_the_one_before() {
        let mut params = Params::seeded(7);
        let net = net(&mut params);
        let mut same = Params::<f64>::seeded(7);
        let inner = Mlp::new(&mut same, "inner", &[4, 3, 2]);
        let first = Linear::new(&mut same, "first", 2, 4);
        let g = Graph::new();
        let x = g.value(Tensor::<f64>::from([[0.5, -1.0], [2.0, 0.25]]));
        let y = [net.clone().forward(x), Module::forward(&inner, Module::forward(&first, x).tanh())];
        let mut both = g.compile(y).expect("it compiles");
        let out = both.run_unfed(&params).expect("it runs");
        assert_eq!(out.at(0), out.at(1));
        assert_eq!((net.len(), Sequential::new().is_empty()), (3, true));
        assert_eq!(Sequential::new().forward(x).id(), x.id());
    }

    #[test]
    fn faults_have_the_line_of_the_call_and_the_layers_name() {
        let mut params = Params::seeded(7);
        let net = Sequential::new().append(net(&mut params));
        let g = Graph::new();
        let line = line!() + 1;
        let y = net.forward(g.input("x", [5, 3]));
        let error = y.eval::<f64>().expect_err("three are not two");
        let [fault] = error.faults() else { panic!("one fault: {error}") };
        assert_eq!((fault.op.as_str(), fault.site.location.line()), ("first/matmul_t", line));
        assert_eq!(fault.site.location.file(), file!());
    }
}
