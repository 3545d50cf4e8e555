//! `Outputs`: the results of a program's run.

use crate::element::Element;
use crate::graph::{Idx, NodeId, Var};
use crate::tensor::Tensor;
use std::fmt;
use std::ops::Index;

/// A value that a program is asked for: real numbers, or indices.
#[derive(Clone, Copy, Debug)]
pub enum OutputVar<'g> {
    /// Real numbers.
    Real(Var<'g>),
    /// Indices.
    Index(Idx<'g>),
}

impl<'g> From<Var<'g>> for OutputVar<'g> {
    fn from(value: Var<'g>) -> Self {
        OutputVar::Real(value)
    }
}

impl<'g> From<Idx<'g>> for OutputVar<'g> {
    fn from(indices: Idx<'g>) -> Self {
        OutputVar::Index(indices)
    }
}

impl<'g> OutputVar<'g> {
    /// The handle to the node.
    pub(super) fn value(self) -> Var<'g> {
        match self {
            OutputVar::Real(value) => value,
            OutputVar::Index(indices) => indices.0,
        }
    }
}

/// The tensor that an output of a program is computed into.
pub(super) enum OutputBuffer<E> {
    Real(Tensor<E>),
    Index(Tensor<usize>),
}

/// The results of a run; they live until the next run.
///
/// Outputs are found by their value (`out[loss]`) or by their place (`out.at(0)`).
pub struct Outputs<'p, E> {
    /// The number of the graph that the nodes are of.
    graph: u64,
    nodes: &'p [NodeId],
    results: &'p [OutputBuffer<E>],
}

impl<'p, E> Outputs<'p, E> {
    pub(super) fn new(graph: u64, nodes: &'p [NodeId], results: &'p [OutputBuffer<E>]) -> Self {
        Outputs { graph, nodes, results }
    }

    /// The place of a value among the outputs.
    fn place(&self, value: Var<'_>) -> Option<usize> {
        let own = value.graph().id() == self.graph;
        self.nodes.iter().position(|&node| own && node == value.id())
    }

    /// The reason why there is no output for a value, in words.
    fn missing(&self, what: &str, value: Var<'_>) -> String {
        match value.graph().id() == self.graph {
            true => format!("the program was not asked for {what}:\n{value:?}"),
            false => format!(
                "the program was not asked for {what} of another graph; ask for those of the graph that was compiled:\n{value:?}"
            ),
        }
    }
}

impl<'p, E: Element> Outputs<'p, E> {
    /// The output at a place.
    ///
    /// # Panics
    /// If there is none, or if it holds indices.
    #[track_caller]
    pub fn at(&self, place: usize) -> &'p Tensor<E> {
        let found = match self.results.get(place) {
            Some(OutputBuffer::Real(tensor)) => Some(tensor),
            _ => None,
        };
        assert!(found.is_some(), "there is no output of real numbers at place {place}");
        found.unwrap_or_else(|| unreachable!("asserted above"))
    }

    /// The output for a value, if the program was asked for it.
    pub fn real(&self, value: Var<'_>) -> Option<&'p Tensor<E>> {
        match self.results.get(self.place(value)?)? {
            OutputBuffer::Real(tensor) => Some(tensor),
            OutputBuffer::Index(_) => None,
        }
    }

    /// The output for indices, if the program was asked for them.
    pub fn indices(&self, indices: Idx<'_>) -> Option<&'p Tensor<usize>> {
        match self.results.get(self.place(indices.0)?)? {
            OutputBuffer::Index(tensor) => Some(tensor),
            OutputBuffer::Real(_) => None,
        }
    }
}

impl<E: Element> Index<Var<'_>> for Outputs<'_, E> {
    type Output = Tensor<E>;
    #[track_caller]
    fn index(&self, value: Var<'_>) -> &Tensor<E> {
        let found = self.real(value);
        assert!(found.is_some(), "{}", self.missing("this value", value));
        found.unwrap_or_else(|| unreachable!("asserted above"))
    }
}

impl<E: Element> Index<Idx<'_>> for Outputs<'_, E> {
    type Output = Tensor<usize>;
    #[track_caller]
    fn index(&self, indices: Idx<'_>) -> &Tensor<usize> {
        let found = self.indices(indices);
        assert!(found.is_some(), "{}", self.missing("these indices", indices.0));
        found.unwrap_or_else(|| unreachable!("asserted above"))
    }
}

impl<E: Element> fmt::Debug for Outputs<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Shows the outputs, one a line.
impl<E: Element> fmt::Display for Outputs<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, result) in self.results.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            match result {
                OutputBuffer::Real(tensor) => tensor.fmt(f)?,
                OutputBuffer::Index(tensor) => tensor.fmt(f)?,
            }
        }
        Ok(())
    }
}
