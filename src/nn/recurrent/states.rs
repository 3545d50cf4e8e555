//! The states of recurrent layers: those that they have computed, and those that they begin with.

use crate::graph::Var;
use crate::shape::Shape;

/// The states that a recurrent layer has computed.
#[derive(Clone, Copy, Debug)]
pub struct States<'g> {
    /// The last layer's states at each step, both directions side by side: `[n, length, directions·hidden]`.
    pub output: Var<'g>,
    /// The last state of each layer and direction, layer by layer: `[layers·directions, n, hidden]`.
    pub hidden: Var<'g>,
    /// The last cell of each, of an [`LSTM`](crate::nn::LSTM) alone.
    pub cell: Option<Var<'g>>,
}

/// The states that a recurrent layer begins with, where they are not 0: those that another run ended with
/// ([`States`]), a hidden state, or, for an [`LSTM`](crate::nn::LSTM), a pair of a hidden state and a cell, each of shape
/// `[layers·directions, n, hidden]`.
#[derive(Clone, Copy, Debug)]
pub struct First<'g> {
    pub(super) hidden: Var<'g>,
    pub(super) cell: Option<Var<'g>>,
}

impl<'g> From<States<'g>> for First<'g> {
    fn from(States { hidden, cell, .. }: States<'g>) -> Self {
        First { hidden, cell }
    }
}

impl<'g> From<Var<'g>> for First<'g> {
    fn from(hidden: Var<'g>) -> Self {
        First { hidden, cell: None }
    }
}

impl<'g> From<(Var<'g>, Var<'g>)> for First<'g> {
    fn from((hidden, cell): (Var<'g>, Var<'g>)) -> Self {
        First { hidden, cell: Some(cell) }
    }
}

impl First<'_> {
    /// The mistake of states that are not of the expected shape, or of a cell that is missing or too much.
    pub(super) fn misfit(self, x: Var<'_>, expected: &Shape, cell: bool) -> Option<String> {
        let both = [Some(("first state", self.hidden)), self.cell.map(|cell| ("first cell", cell))];
        for (what, state) in both.into_iter().flatten() {
            if state.is_poisoned() || !state.is_of(x.graph()) {
                return Some(String::new());
            }
            if state.shape() != *expected {
                return Some(format!(
                    "the {what} is to have the shape [layers·directions, batch, hidden] = {expected}, and it is {}",
                    state.shape()
                ));
            }
        }
        match (cell, self.cell.is_some()) {
            (true, false) => Some("a long short-term memory begins with a state and a cell".into()),
            (false, true) => Some("this layer has no cell, and one was given to begin with".into()),
            _ => None,
        }
    }
}
