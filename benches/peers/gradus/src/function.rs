//! Value and gradient of a function of its inputs; for a map the value alone.

use gradus::Outputs;
use gradus::prelude::*;
use protocol::{Contest, Map, Task};

pub struct Function<'g> {
    program: Program<f32>,
    inputs: Vec<(Var<'g>, Tensor<f32>)>,
    labels: Option<(Idx<'g>, Tensor<usize>)>,
    /// True if there is a loss, as the first output, and gradients after it; else there is a map.
    differentiated: bool,
    params: Params<f32>,
}

impl<'g> Function<'g> {
    pub fn new(g: &'g Graph, task: &Task, threads: usize) -> Result<Self> {
        let (numbers, indices) = task.inputs();
        let mut labels = None;
        let (inputs, output): (Vec<_>, _) = match *task {
            Task::Softmax { rows, columns } => {
                let (x, t) = (g.input("x", [rows, columns]), g.labels("t", [rows], columns));
                labels = Some((t, indices.into()));
                (vec![(x, Tensor::new([rows, columns], numbers)?)], x.softmax_cross_entropy(t))
            }
            Task::Scalar { rounds } => {
                let (a, b) = (g.input("a", ()), g.input("b", ()));
                let tensors = numbers.iter().map(|&number| Tensor::full((), number));
                ([a, b].into_iter().zip(tensors).collect(), scalar(a, b, rounds))
            }
            Task::Chain { n } => {
                let x = g.input("x", [n]);
                (vec![(x, numbers.into())], (x.sigmoid() * x.tanh() + x).gelu().sum(..))
            }
            Task::Map { n, map } => {
                let x = g.input("x", [n]);
                (vec![(x, numbers.into())], apply(map, x))
            }
            Task::Mlp(_) => return Err(Error::Invalid("a network is trained elsewhere".into())),
        };
        let differentiated = !matches!(task, Task::Map { .. });
        let mut outputs = vec![output];
        if differentiated {
            let wrt: Vec<Var<'g>> = inputs.iter().map(|(x, _)| *x).collect();
            outputs.extend(output.grads(&wrt));
        }
        let mut program = g.compile(outputs)?;
        program.threads(threads)?;
        Ok(Function { program, inputs, labels, differentiated, params: Params::new() })
    }

    /// The compiled function.
    pub fn program(&mut self) -> &mut Program<f32> {
        &mut self.program
    }

    /// Runs `times` times, at least once, and reads the last outputs.
    fn read<T>(&mut self, times: usize, read: impl FnOnce(Outputs<'_, f32>) -> T) -> T {
        let Function { program, inputs, labels, params, .. } = self;
        let feeds = || {
            let labels = labels.iter().map(|(t, labels)| t.feed(labels));
            inputs.iter().map(|(x, numbers)| x.feed(numbers)).chain(labels)
        };
        for _ in 1..times {
            program.run(params, feeds()).expect("the program runs");
        }
        read(program.run(params, feeds()).expect("the program runs"))
    }
}

impl Contest for Function<'_> {
    fn run(&mut self, steps: usize) {
        self.read(steps, |_| ());
    }

    fn loss(&mut self) -> f64 {
        self.read(1, |out| out.at(0).iter().map(|&y| f64::from(y)).sum())
    }

    fn squares(&mut self) -> Option<f64> {
        let places = if self.differentiated { 1..1 + self.inputs.len() } else { 0..1 };
        let square = |&y: &f32| f64::from(y) * f64::from(y);
        Some(self.read(1, |out| places.map(|at| out.at(at).iter().map(square).sum::<f64>()).sum()))
    }
}

/// The scalar workload: six nodes a round, and one.
pub fn scalar<'g>(mut a: Var<'g>, mut b: Var<'g>, rounds: usize) -> Var<'g> {
    for _ in 0..rounds {
        a = (a * b + a).relu();
        b = b - 0.5 * a * a;
    }
    a + b
}

fn apply(map: Map, x: Var<'_>) -> Var<'_> {
    match map {
        Map::Sigmoid => x.sigmoid(),
        Map::Tanh => x.tanh(),
        Map::Relu => x.relu(),
        Map::Gelu => x.gelu(),
        Map::Silu => x.silu(),
        Map::Softplus => x.softplus(),
    }
}
