//! The workloads of `workloads.txt`, and the numbers that each starts from.

use crate::numbers::{INPUTS, LABELS, labels, uniform};

const TABLE: &str = include_str!("../../workloads.txt");
/// Inputs of all but the networks are drawn from −4 to 4.
const RANGE: f32 = 4.0;

/// One line of the table.
pub struct Workload {
    pub name: String,
    pub task: Task,
}

#[derive(Clone)]
pub enum Task {
    Mlp(Mlp),
    Chain { n: usize },
    Scalar { rounds: usize },
    Map { n: usize, map: Map },
    Softmax { rows: usize, columns: usize },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Map {
    Sigmoid,
    Tanh,
    Relu,
    Gelu,
    Silu,
    Softplus,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    Tanh,
    Relu,
    Sigmoid,
    Gelu,
    Silu,
    Mish,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Mean binary cross-entropy of one logit a row.
    Binary,
    /// Mean softmax cross-entropy.
    Softmax,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    Sgd,
    /// With 0.9 of the velocity kept.
    Momentum,
    /// With β 0.9 and 0.999 and ε 1e-8.
    Adam,
    /// The same with a decay of 0.01 times the rate.
    AdamW,
}

/// A training step of a network.
#[derive(Clone)]
pub struct Mlp {
    pub sizes: Vec<usize>,
    pub batch: usize,
    pub activation: Activation,
    pub loss: Loss,
    pub optimizer: Optimizer,
    pub rate: f64,
}

impl Workload {
    /// The workload of a name, or of a line without one, such as `mlp 37-93-10 59 gelu ce adamw 0.001`.
    pub fn named(name: &str) -> Result<Self, String> {
        let words: Vec<&str> = name.split_whitespace().collect();
        if words.len() > 1 {
            let task = Task::parse(&words).ok_or_else(|| format!("no workload: {name}"))?;
            return Ok(Workload { name: name.into(), task });
        }
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut rows = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
        let row = rows.find(|row| row[0] == name).ok_or_else(|| format!("no workload is called {name}"))?;
        let task = Task::parse(&row[1..]).ok_or_else(|| format!("workloads.txt: {row:?}"))?;
        Ok(Workload { name: name.into(), task })
    }
}

impl Task {
    fn parse(row: &[&str]) -> Option<Self> {
        Some(match *row {
            ["chain", n] => Task::Chain { n: n.parse().ok()? },
            ["scalar", rounds] => Task::Scalar { rounds: rounds.parse().ok()? },
            ["map", n, map] => Task::Map { n: n.parse().ok()?, map: Map::parse(map)? },
            ["softmax", shape] => {
                let (rows, columns) = shape.split_once('x')?;
                Task::Softmax { rows: rows.parse().ok()?, columns: columns.parse().ok()? }
            }
            ["mlp", sizes, batch, activation, loss, optimizer, rate] => Task::Mlp(Mlp {
                sizes: parse_sizes(sizes)?,
                batch: batch.parse().ok()?,
                activation: match activation {
                    "tanh" => Activation::Tanh,
                    "relu" => Activation::Relu,
                    "sigmoid" => Activation::Sigmoid,
                    "gelu" => Activation::Gelu,
                    "silu" => Activation::Silu,
                    "mish" => Activation::Mish,
                    _ => return None,
                },
                loss: match loss {
                    "bce" => Loss::Binary,
                    "ce" => Loss::Softmax,
                    _ => return None,
                },
                optimizer: match optimizer {
                    "sgd" => Optimizer::Sgd,
                    "momentum" => Optimizer::Momentum,
                    "adam" => Optimizer::Adam,
                    "adamw" => Optimizer::AdamW,
                    _ => return None,
                },
                rate: rate.parse().ok()?,
            }),
            _ => return None,
        })
    }

    /// The inputs of a task other than a network: numbers, and the labels of their rows.
    pub fn inputs(&self) -> (Vec<f32>, Vec<usize>) {
        match *self {
            Task::Chain { n } | Task::Map { n, .. } => (uniform(INPUTS, n, RANGE), vec![]),
            Task::Scalar { .. } => (vec![0.6, 0.4], vec![]),
            Task::Softmax { rows, columns } => {
                (uniform(INPUTS, rows * columns, RANGE), labels(LABELS, rows, columns))
            }
            Task::Mlp(ref mlp) => (mlp.inputs(), mlp.labels()),
        }
    }
}

impl Map {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sigmoid" => Map::Sigmoid,
            "tanh" => Map::Tanh,
            "relu" => Map::Relu,
            "gelu" => Map::Gelu,
            "silu" => Map::Silu,
            "softplus" => Map::Softplus,
            _ => return None,
        })
    }
}

/// `64x3-10` is 64, 64, 64, 10.
fn parse_sizes(text: &str) -> Option<Vec<usize>> {
    let mut sizes = Vec::new();
    for part in text.split('-') {
        let (size, times) = part.split_once('x').unwrap_or((part, "1"));
        sizes.extend(std::iter::repeat_n(size.parse::<usize>().ok()?, times.parse().ok()?));
    }
    Some(sizes)
}

impl Mlp {
    /// The sizes of each layer: inputs and outputs.
    pub fn layers(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.sizes.windows(2).map(|pair| (pair[0], pair[1]))
    }

    /// The weights of a layer, a row for each input.
    pub fn weight(&self, layer: usize) -> Vec<f32> {
        let (inputs, outputs) = (self.sizes[layer], self.sizes[layer + 1]);
        let gain = match self.activation {
            Activation::Tanh => 1.0,
            Activation::Relu | Activation::Gelu | Activation::Silu | Activation::Mish => f64::sqrt(2.0),
            Activation::Sigmoid => 4.0,
        };
        let bound = gain * (3.0 / inputs as f64).sqrt();
        uniform(2 * layer as u64, inputs * outputs, bound as f32)
    }

    /// The same, a row for each output.
    pub fn weight_by_outputs(&self, layer: usize) -> Vec<f32> {
        let (inputs, outputs) = (self.sizes[layer], self.sizes[layer + 1]);
        let weight = self.weight(layer);
        (0..inputs * outputs).map(|i| weight[i % inputs * outputs + i / inputs]).collect()
    }

    pub fn bias(&self, layer: usize) -> Vec<f32> {
        uniform(2 * layer as u64 + 1, self.sizes[layer + 1], 0.1)
    }

    /// The batch: the truth table for `xor`, else noise.
    pub fn inputs(&self) -> Vec<f32> {
        match self.loss {
            Loss::Binary => vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0],
            Loss::Softmax => uniform(INPUTS, self.batch * self.sizes[0], 1.0),
        }
    }

    pub fn labels(&self) -> Vec<usize> {
        match self.loss {
            Loss::Binary => vec![0, 1, 1, 0],
            Loss::Softmax => labels(LABELS, self.batch, self.classes()),
        }
    }

    pub fn classes(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }
}
