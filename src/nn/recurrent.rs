//! Recurrent layers: one state for each step of a sequence, from the one before it.

mod states;

pub use states::{First, States};

use super::Module;
use super::init::Init;
use crate::element::Element;
use crate::error::Site;
use crate::graph::{Graph, Var};
use crate::params::{Param, Params};
use crate::shape::Shape;

/// The largest number of layers, one above another.
const MOST: usize = 1000;

/// The way in which a state follows from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Tanh,
    Relu,
    Lstm,
    Gru,
}

impl Cell {
    /// The number of rows of gates in the weights.
    fn gates(self) -> usize {
        match self {
            Cell::Tanh | Cell::Relu => 1,
            Cell::Gru => 3,
            Cell::Lstm => 4,
        }
    }
}

/// The weights of one layer in one direction.
#[derive(Clone, Debug)]
struct Weights {
    /// The weights of the input and of the state, then the biases of both.
    added: Vec<Param>,
    reverse: bool,
}

impl Weights {
    /// The weight and the bias of the input, or of the state.
    fn pair<'g>(&self, graph: &'g Graph, which: usize) -> [Var<'g>; 2] {
        [which, which + 2].map(|i| graph.param(&self.added[i]))
    }
}

/// The parts of every recurrent layer.
#[derive(Clone, Debug)]
struct Recurrent {
    name: String,
    cell: Cell,
    inputs: usize,
    hidden: usize,
    /// For each layer, the weights of each direction.
    layers: Vec<Vec<Weights>>,
    /// The probability that a training leaves out an element between layers.
    dropout: f64,
}

/// The states of one direction: at each step, and the last ones.
struct Run<'g> {
    each: Vec<Var<'g>>,
    hidden: Var<'g>,
    cell: Var<'g>,
}

impl Recurrent {
    #[track_caller]
    fn new<E: Element>(
        params: &mut Params<E>,
        name: String,
        cell: Cell,
        [inputs, hidden, layers, directions]: [usize; 4],
    ) -> Self {
        let bound = 1.0 / libm::sqrt(hidden.max(1) as f64);
        let rows = hidden.saturating_mul(cell.gates());
        let mut all = Vec::new();
        // The first graph that uses the layer reports a number that is mistaken.
        for layer in 0..if layers <= MOST { layers } else { 0 } {
            let wide = if layer == 0 { inputs } else { hidden.saturating_mul(directions) };
            let mut both = Vec::new();
            for reverse in [false, true].into_iter().take(directions) {
                let end = if reverse { "_reverse" } else { "" };
                let shapes: [(&str, Shape); 4] = [
                    ("weight_ih", [rows, wide].into()),
                    ("weight_hh", [rows, hidden].into()),
                    ("bias_ih", [rows].into()),
                    ("bias_hh", [rows].into()),
                ];
                let mut added = Vec::new();
                // Not by a closure, which would not carry the caller's line.
                for (what, shape) in shapes {
                    let drawn = Init::Uniform(bound).draw(&shape, params.rng());
                    added.push(params.take(format!("{name}.{what}_l{layer}{end}"), (drawn, shape)));
                }
                both.push(Weights { added, reverse });
            }
            all.push(both);
        }
        Recurrent { name, cell, inputs, hidden, layers: all, dropout: 0.0 }
    }

    #[track_caller]
    fn run<'g>(&self, x: Var<'g>, mask: Option<Var<'g>>, first: Option<First<'g>>) -> States<'g> {
        let graph = x.graph();
        let (_scope, _site) = (graph.scope(&self.name), graph.calling(Site::here()));
        if let Some(problem) =
            self.problem(x, mask).or_else(|| first?.misfit(x, &self.states_shape(x), self.cell == Cell::Lstm))
        {
            let mut args = vec![("value", x)];
            args.extend(mask.map(|mask| ("mask", mask)));
            args.extend(first.map(|first| ("first state", first.hidden)));
            args.extend(first.and_then(|first| first.cell).map(|cell| ("first cell", cell)));
            let poison = graph.refuse("recurrent", &args, problem);
            return States { output: poison, hidden: poison, cell: Some(poison) };
        }
        let length = x.size(1);
        let mut steps: Vec<Var<'g>> = (0..length).map(|i| x.slice(1, i..i + 1).squeeze(1)).collect();
        let mask = mask.map(|mask| (0..length).map(|i| mask.slice(1, i..i + 1)).collect::<Vec<_>>());
        let (mut hidden, mut cells) = (Vec::new(), Vec::new());
        for (depth, layer) in self.layers.iter().enumerate() {
            if depth > 0 && self.dropout != 0.0 {
                steps = dropped(graph, &steps, self.dropout);
            }
            let mut sides = Vec::new();
            for weights in layer {
                let [w, b] = weights.pair(graph, 0);
                let given: Vec<Var<'g>> = steps.iter().map(|x| x.matmul_t(w) + b).collect();
                let start = self.start(graph, given[0].size(0), first, hidden.len());
                let run = self.direction(graph, weights, &given, mask.as_deref(), start);
                hidden.push(run.hidden);
                cells.push(run.cell);
                sides.push(run.each);
            }
            let beside = |i: usize| sides.iter().map(|each| each[i]).collect::<Vec<Var<'g>>>();
            steps = (0..length).map(|i| graph.cat(&beside(i), 1)).collect();
        }
        let x = graph.stack(&steps, 1);
        let cell = (self.cell == Cell::Lstm).then(|| graph.stack(&cells, 0));
        States { output: x, hidden: graph.stack(&hidden, 0), cell }
    }

    /// The states of one direction, from the products with the input.
    #[track_caller]
    fn direction<'g>(
        &self,
        graph: &'g Graph,
        weights: &Weights,
        given: &[Var<'g>],
        mask: Option<&[Var<'g>]>,
        [mut h, mut c]: [Var<'g>; 2],
    ) -> Run<'g> {
        let [w, b] = weights.pair(graph, 1);
        let zeros = graph.constant(0.0).broadcast_to([given[0].size(0), self.hidden]);
        let mut each = vec![zeros; given.len()];
        for i in 0..given.len() {
            let i = if weights.reverse { given.len() - 1 - i } else { i };
            let recurrent = h.matmul_t(w) + b;
            let (next, cell) = self.step(given[i], recurrent, h, c);
            // Beyond the end of a sequence nothing changes, and the output is 0.
            let kept = |new: Var<'g>, old: Var<'g>| mask.map_or(new, |mask| mask[i].select(new, old));
            (h, c) = (kept(next, h), kept(cell, c));
            each[i] = kept(next, zeros);
        }
        Run { each, hidden: h, cell: c }
    }

    /// The state and the cell before the first step, of the layer and direction of this number.
    #[track_caller]
    fn start<'g>(
        &self,
        graph: &'g Graph,
        batch: usize,
        first: Option<First<'g>>,
        number: usize,
    ) -> [Var<'g>; 2] {
        let zeros = graph.constant(0.0).broadcast_to([batch, self.hidden]);
        let Some(first) = first else { return [zeros; 2] };
        let of = |all: Var<'g>| all.slice(0, number..number + 1).squeeze(0);
        let cell = match first.cell {
            Some(cell) => of(cell),
            None => zeros,
        };
        [of(first.hidden), cell]
    }

    /// The next state and cell, from the products with the input and with the state before.
    #[track_caller]
    fn step<'g>(&self, given: Var<'g>, recurrent: Var<'g>, h: Var<'g>, c: Var<'g>) -> (Var<'g>, Var<'g>) {
        let n = self.hidden;
        let gate = |x: Var<'g>, i: usize| x.slice(1, i * n..(i + 1) * n);
        match self.cell {
            Cell::Tanh => ((given + recurrent).tanh(), c),
            Cell::Relu => ((given + recurrent).relu(), c),
            Cell::Lstm => {
                let all = given + recurrent;
                let (input, forget) = (gate(all, 0).sigmoid(), gate(all, 1).sigmoid());
                let (new, output) = (gate(all, 2).tanh(), gate(all, 3).sigmoid());
                let cell = forget * c + input * new;
                (output * cell.tanh(), cell)
            }
            Cell::Gru => {
                let reset = (gate(given, 0) + gate(recurrent, 0)).sigmoid();
                let update = (gate(given, 1) + gate(recurrent, 1)).sigmoid();
                let new = (gate(given, 2) + reset * gate(recurrent, 2)).tanh();
                ((1.0 - update) * new + update * h, c)
            }
        }
    }

    /// The shape of the states of all layers and directions.
    fn states_shape(&self, x: Var<'_>) -> Shape {
        let directions = self.layers.first().map_or(1, Vec::len);
        [self.layers.len() * directions, x.size(0), self.hidden].into()
    }

    fn problem(&self, x: Var<'_>, mask: Option<Var<'_>>) -> Option<String> {
        if x.is_poisoned() || mask.is_some_and(|mask| mask.is_poisoned() || !mask.is_of(x.graph())) {
            return Some(String::new());
        }
        let shape = x.shape();
        if shape.len() != 3 || shape[2] != self.inputs {
            return Some(format!(
                "the value is to have the shape [batch, length, {}], and it is {shape}",
                self.inputs
            ));
        }
        if self.layers.is_empty() {
            return Some(format!("the number of layers has to be from 1 to {MOST}"));
        }
        if shape[1] == 0 {
            return Some(format!("a value of shape {shape} has no steps"));
        }
        let rows = self.hidden.saturating_mul(self.cell.gates());
        if let Err(problem) = Shape::from([rows, self.hidden.max(self.inputs)]).checked() {
            return Some(problem);
        }
        let wrong = mask.map(|mask| mask.shape()).filter(|mask| mask[..] != shape[..2]);
        wrong.map(|mask| {
            format!("the mask is to have the shape [batch, length] = {:?}, and it is {mask}", &shape[..2])
        })
    }
}

/// The steps with elements left out in a training, drawn for all of them at once.
#[track_caller]
fn dropped<'g>(graph: &'g Graph, steps: &[Var<'g>], probability: f64) -> Vec<Var<'g>> {
    let all = graph.stack(steps, 0).dropout(probability);
    (0..steps.len()).map(|i| all.slice(0, i..i + 1).squeeze(0)).collect()
}

macro_rules! recurrent {
    ($($(#[doc = $doc:literal])* $Layer:ident $cell:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $Layer(Recurrent);

        impl $Layer {
            /// One layer in one direction, from `inputs` numbers a step to `hidden` ones.
            #[track_caller]
            pub fn new<E: Element>(
                params: &mut Params<E>,
                name: impl Into<String>,
                inputs: usize,
                hidden: usize,
            ) -> Self {
                Self::with(params, name, inputs, hidden, 1, false)
            }

            /// Layers one above another, each with the states of the one below as its input, and in both directions if
            /// that is wanted.
            #[track_caller]
            pub fn with<E: Element>(
                params: &mut Params<E>,
                name: impl Into<String>,
                inputs: usize,
                hidden: usize,
                layers: usize,
                bidirectional: bool,
            ) -> Self {
                let sizes = [inputs, hidden, layers, 1 + usize::from(bidirectional)];
                $Layer(Recurrent::new(params, name.into(), $cell, sizes))
            }

            /// Leaves out elements of the states between layers in a training, each with this probability; PyTorch's
            /// `dropout`. It is 0 unless it is set.
            #[must_use]
            pub fn dropout(self, probability: f64) -> Self {
                $Layer(Recurrent { dropout: probability, ..self.0 })
            }

            /// Records the states of the last layer at each step: `[n, length, inputs]` to
            /// `[n, length, directions·hidden]`. The first state is 0.
            #[track_caller]
            pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
                self.0.run(x, None, None).output
            }

            /// Records all states.
            #[track_caller]
            pub fn states<'g>(&self, x: Var<'g>) -> States<'g> {
                self.0.run(x, None, None)
            }

            /// Records all states of sequences of several lengths. The mask, of shape `[n, length]`, is 1 at steps that
            /// a sequence has, which come first, and 0 beyond its end: there the output is 0 and states stay as they
            /// are, as those of PyTorch's packed sequences.
            #[track_caller]
            pub fn masked_states<'g>(&self, x: Var<'g>, mask: Var<'g>) -> States<'g> {
                self.0.run(x, Some(mask), None)
            }

            /// Records all states from a first one on, such as the last of the part of a sequence before this one; with a
            /// mask as that of `masked_states`, or `None`.
            #[track_caller]
            pub fn states_from<'g>(
                &self,
                x: Var<'g>,
                first: impl Into<First<'g>>,
                mask: impl Into<Option<Var<'g>>>,
            ) -> States<'g> {
                self.0.run(x, mask.into(), Some(first.into()))
            }
        }

        impl Module for $Layer {
            #[track_caller]
            fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
                self.forward(x)
            }
        }
    )*};
}

recurrent! {
    /// The simple recurrent layer (Elman 1990): `h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh)`.
    ///
    /// Its parameters are `name.weight_ih_l0`, of shape `[hidden, inputs]`, `name.weight_hh_l0`, of shape `[hidden, hidden]`,
    /// `name.bias_ih_l0` and `name.bias_hh_l0`, of shape `[hidden]`, for each layer, and those of the other direction with
    /// `_reverse`: PyTorch's names, layout and first numbers, uniform in `±1/√hidden`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// use gradus::nn::RNN;
    /// let mut params = Params::<f32>::seeded(7);
    /// let rnn = RNN::new(&mut params, "rnn", 3, 5);
    /// let g = Graph::new();
    /// assert_eq!(rnn.forward(g.input("x", [8, 10, 3])).shape()[..], [8, 10, 5]);
    /// ```
    RNN Cell::Tanh;

    /// The simple recurrent layer with a rectifier: `h′ = max(W_ih·x + b_ih + W_hh·h + b_hh, 0)` (Le et al. 2015), PyTorch's
    /// `RNN(nonlinearity="relu")`. Parameters as those of [`RNN`].
    ReluRNN Cell::Relu;

    /// Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000):
    /// `c′ = σ(f)·c + σ(i)·tanh(g)` and `h′ = σ(o)·tanh(c′)`, where `i, f, g, o = W_ih·x + b_ih + W_hh·h + b_hh`.
    ///
    /// Its parameters are those of [`RNN`], with four times as many rows, in the order `i, f, g, o`, which is PyTorch's.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// use gradus::nn::LSTM;
    /// let mut params = Params::<f32>::seeded(7);
    /// let lstm = LSTM::with(&mut params, "lstm", 3, 5, 2, true);
    /// let g = Graph::new();
    /// let states = lstm.states(g.input("x", [8, 10, 3]));
    /// assert_eq!(states.output.shape()[..], [8, 10, 10]);
    /// assert_eq!(states.hidden.shape()[..], [4, 8, 5]);
    /// ```
    LSTM Cell::Lstm;

    /// The gated recurrent unit (Cho et al. 2014): `h′ = (1 − z)·n + z·h` with `r = σ(…)`, `z = σ(…)` and
    /// `n = tanh(W_ih·x + b_ih + r·(W_hh·h + b_hh))`.
    ///
    /// Its parameters are those of [`RNN`], with three times as many rows, in the order `r, z, n`, which is PyTorch's.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// use gradus::nn::GRU;
    /// let mut params = Params::<f32>::seeded(7);
    /// let gru = GRU::new(&mut params, "gru", 3, 5);
    /// let g = Graph::new();
    /// assert_eq!(gru.forward(g.input("x", [8, 10, 3])).shape()[..], [8, 10, 5]);
    /// ```
    GRU Cell::Gru;
}
