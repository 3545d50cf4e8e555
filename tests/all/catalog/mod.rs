//! The catalog: named cases for every operation, which every law walks. Adding an operation adds its
//! cases here, or a test fails.
//!
//! Inputs lie at least 0.1 from every kink and tie, so that differences over at most 0.08 see a smooth
//! function; the kinks themselves have laws of their own.

mod activations;
mod arrange;
mod convolutions;
pub mod folds;
mod losses;
pub mod maps;
mod products;
mod views;
pub mod wrong;

use gradus::{Element, Graph, Idx, Node, NodeId, Param, Params, Shape, Tensor, Var};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Records a case's values from its inputs and labels.
pub type Build =
    Arc<dyn for<'g> Fn(&'g Graph, &[Var<'g>], &[Idx<'g>]) -> Vec<Var<'g>> + Send + Sync + 'static>;

/// A function to judge, with the point to judge it at.
#[derive(Clone)]
pub struct Case {
    /// The name of the case.
    pub name: String,
    /// The numbers for its inputs.
    pub inputs: Vec<Tensor<f64>>,
    /// The indices for its labels, each with the number of classes.
    pub labels: Vec<(Tensor<usize>, usize)>,
    /// The function, recorded.
    pub build: Build,
    /// True if its rule is meant to differ from the derivative of its value.
    pub estimate: bool,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.name, self.inputs)
    }
}

/// A case with one value.
pub fn case(
    name: impl Into<String>,
    inputs: impl IntoIterator<Item = Tensor<f64>>,
    build: impl for<'g> Fn(&'g Graph, &[Var<'g>], &[Idx<'g>]) -> Var<'g> + Send + Sync + 'static,
) -> Case {
    Case {
        name: name.into(),
        inputs: inputs.into_iter().collect(),
        labels: Vec::new(),
        build: Arc::new(move |g, x, t| vec![build(g, x, t)]),
        estimate: false,
    }
}

/// A case in a graph.
pub struct Recorded<'g> {
    /// Its inputs.
    pub xs: Vec<Var<'g>>,
    /// Its labels.
    pub labels: Vec<Idx<'g>>,
    /// Its values.
    pub ys: Vec<Var<'g>>,
}

impl Case {
    /// The same case with labels.
    pub fn labels(self, labels: impl IntoIterator<Item = (Tensor<usize>, usize)>) -> Case {
        Case { labels: labels.into_iter().collect(), ..self }
    }

    /// The same case, whose rule is not the derivative of its value and is not meant to be.
    pub fn estimate(self) -> Case {
        Case { estimate: true, ..self }
    }

    /// Records the case.
    pub fn record<'g>(&self, g: &'g Graph) -> Recorded<'g> {
        let xs: Vec<Var<'g>> =
            self.inputs.iter().enumerate().map(|(i, x)| g.input(format!("x{i}"), x.shape())).collect();
        let labels: Vec<Idx<'g>> = self
            .labels
            .iter()
            .enumerate()
            .map(|(i, (t, classes))| g.labels(format!("label{i}"), t.shape(), *classes))
            .collect();
        let ys = (self.build)(g, &xs, &labels);
        Recorded { xs, labels, ys }
    }
}

/// Every case.
pub fn all() -> Vec<Case> {
    [
        maps::cases(),
        folds::cases(),
        views::cases(),
        arrange::cases(),
        products::cases(),
        losses::cases(),
        activations::cases(),
        convolutions::cases(),
    ]
    .concat()
}

/// Numbers a quarter apart in a scattered order, none within 0.1 of zero and, up to 23 of them, no
/// two equal.
pub fn numbers(shape: impl Into<Shape>, seed: usize) -> Tensor<f64> {
    let mut i = 0..;
    Tensor::from_fn(shape, |_| 0.25 * ((7 * i.next().unwrap_or(0) + 5 * seed) % 23) as f64 - 2.62)
}

/// The same numbers, each moved by 0.11: none ties with one of `numbers`, whatever the seeds.
pub fn between(shape: impl Into<Shape>, seed: usize) -> Tensor<f64> {
    numbers(shape, seed).map(|x| x + 0.11)
}

/// Positive numbers from 0.3 on.
pub fn positive(shape: impl Into<Shape>, seed: usize) -> Tensor<f64> {
    numbers(shape, seed).map(|x| (x + 3.22) / 2.0)
}

/// The store that cases with a parameter read, and the parameter.
pub fn store<E: Element>() -> (Params<E>, Param) {
    let mut params = Params::seeded(1);
    let weight = params.add("weight", numbers([2, 3], 4).cast());
    (params, weight)
}

/// The nodes that some nodes are made of, and they themselves, in recorded order.
pub fn nodes(g: &Graph, of: impl IntoIterator<Item = NodeId>) -> BTreeMap<NodeId, Node> {
    let mut found = BTreeMap::new();
    let mut open: Vec<NodeId> = of.into_iter().collect();
    while let Some(id) = open.pop() {
        found.entry(id).or_insert_with(|| {
            let node = g.node(id);
            open.extend(node.args.iter().copied());
            node
        });
    }
    found
}
