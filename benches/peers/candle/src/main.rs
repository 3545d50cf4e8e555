//! candle as a competitor, as its users write it.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Linear, Module, Optimizer as _, ParamsAdamW, SGD, loss, ops};
use protocol::{Activation, Args, Contest, Counting, Loss, Map, Mlp, Optimizer, Task, race};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CPU: Device = Device::Cpu;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let args = Args::read()?;
    // For maps candle takes rayon's pool; for products it asks the variable of rayon, which is set by the runner.
    rayon::ThreadPoolBuilder::new().num_threads(args.threads).build_global()?;
    let (name, version) = ("candle", env!("CARGO_PKG_VERSION"));
    match &args.workload.task {
        Task::Mlp(mlp) => race(name, version, &args, &mut Network::new(mlp)?),
        task => race(name, version, &args, &mut Function::new(task)?),
    }
    Ok(())
}

/// A training step.
struct Network {
    layers: Vec<Linear>,
    activation: Activation,
    loss: Loss,
    optimizer: Descent,
    x: Tensor,
    targets: Tensor,
    last: Option<Tensor>,
}

enum Descent {
    Sgd(SGD),
    Adam(AdamW),
    /// candle's own descent has no momentum.
    Momentum {
        rate: f64,
        weights: Vec<(Var, Var)>,
    },
}

impl Network {
    fn new(mlp: &Mlp) -> Result<Self> {
        let (mut layers, mut weights) = (vec![], vec![]);
        for (i, (inputs, outputs)) in mlp.layers().enumerate() {
            let weight = Var::from_vec(mlp.weight_by_outputs(i), (outputs, inputs), &CPU)?;
            let bias = Var::from_vec(mlp.bias(i), outputs, &CPU)?;
            layers.push(Linear::new(weight.as_tensor().clone(), Some(bias.as_tensor().clone())));
            weights.extend([weight, bias]);
        }
        let targets = match mlp.loss {
            Loss::Binary => {
                Tensor::from_iter(mlp.labels().into_iter().map(|label| label as f32), &CPU)?.unsqueeze(1)?
            }
            Loss::Softmax => Tensor::from_iter(mlp.labels().into_iter().map(|label| label as u32), &CPU)?,
        };
        let lr = mlp.rate;
        Ok(Network {
            layers,
            activation: mlp.activation,
            loss: mlp.loss,
            optimizer: match mlp.optimizer {
                Optimizer::Sgd => Descent::Sgd(SGD::new(weights, lr)?),
                Optimizer::Momentum => Descent::momentum(weights, lr)?,
                Optimizer::Adam => {
                    let params = ParamsAdamW { lr, weight_decay: 0.0, ..Default::default() };
                    Descent::Adam(AdamW::new(weights, params)?)
                }
                other => panic!("{other:?} is asked of Gradus, JAX and PyTorch alone"),
            },
            x: Tensor::from_vec(mlp.inputs(), (mlp.batch, mlp.sizes[0]), &CPU)?,
            targets,
            last: None,
        })
    }

    fn step(&mut self) -> Result<()> {
        let mut x = self.x.clone();
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x)?;
            if i + 1 < self.layers.len() {
                x = match self.activation {
                    Activation::Tanh => x.tanh()?,
                    Activation::Relu => x.relu()?,
                    Activation::Sigmoid => ops::sigmoid(&x)?,
                    other => panic!("{other:?} is asked of Gradus, JAX and PyTorch alone"),
                };
            }
        }
        let loss = match self.loss {
            Loss::Binary => loss::binary_cross_entropy_with_logit(&x, &self.targets)?,
            Loss::Softmax => loss::cross_entropy(&x, &self.targets)?,
        };
        self.optimizer.step(&loss)?;
        self.last = Some(loss);
        Ok(())
    }
}

impl Descent {
    fn momentum(weights: Vec<Var>, rate: f64) -> Result<Self> {
        let velocity = |var: Var| Ok((Var::zeros(var.shape(), DType::F32, &CPU)?, var));
        let weights = weights.into_iter().map(velocity).collect::<Result<_>>()?;
        Ok(Descent::Momentum { rate, weights })
    }

    fn step(&mut self, loss: &Tensor) -> Result<()> {
        match self {
            Descent::Sgd(sgd) => sgd.backward_step(loss),
            Descent::Adam(adam) => adam.backward_step(loss),
            Descent::Momentum { rate, weights } => {
                let gradients = loss.backward()?;
                for (velocity, var) in weights {
                    let Some(gradient) = gradients.get(var) else { continue };
                    velocity.set(&((velocity.as_tensor() * 0.9)? + gradient)?)?;
                    var.set(&(var.as_tensor() - (velocity.as_tensor() * *rate)?)?)?;
                }
                Ok(())
            }
        }
    }
}

impl Contest for Network {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step().expect("the step runs");
        }
    }

    fn loss(&mut self) -> f64 {
        number(self.last.as_ref())
    }
}

/// Value and gradient of a function of its inputs; for a map the value alone.
struct Function {
    task: Task,
    inputs: Vec<Var>,
    labels: Tensor,
    value: Option<Tensor>,
    /// The gradients; for a map its value.
    results: Vec<Tensor>,
}

impl Function {
    fn new(task: &Task) -> Result<Self> {
        let (numbers, labels) = task.inputs();
        let inputs = match *task {
            Task::Softmax { rows, columns } => vec![Var::from_vec(numbers, (rows, columns), &CPU)?],
            Task::Scalar { .. } => numbers.iter().map(|&x| Var::new(x, &CPU)).collect::<Result<_>>()?,
            _ => vec![Var::from_vec(numbers.clone(), numbers.len(), &CPU)?],
        };
        let labels = Tensor::from_iter(labels.into_iter().map(|label| label as u32), &CPU)?;
        Ok(Function { task: task.clone(), inputs, labels, value: None, results: vec![] })
    }

    fn step(&mut self) -> Result<()> {
        let x = self.inputs[0].as_tensor();
        let value = match self.task {
            Task::Map { map, .. } => {
                self.results = vec![apply(map, &x.detach())?];
                return Ok(());
            }
            Task::Softmax { .. } => loss::cross_entropy(x, &self.labels)?,
            Task::Scalar { rounds } => scalar(x, self.inputs[1].as_tensor(), rounds)?,
            Task::Chain { .. } => ((ops::sigmoid(x)? * x.tanh()?)? + x)?.gelu_erf()?.sum_all()?,
            Task::Mlp(_) => candle_core::bail!("a network is a contest of its own"),
        };
        let gradients = value.backward()?;
        self.results = self.inputs.iter().filter_map(|x| gradients.get(x)).cloned().collect();
        self.value = Some(value);
        Ok(())
    }
}

fn scalar(a: &Tensor, b: &Tensor, rounds: usize) -> Result<Tensor> {
    let (mut a, mut b) = (a.clone(), b.clone());
    for _ in 0..rounds {
        a = ((&a * &b)? + &a)?.relu()?;
        b = (b - ((&a * 0.5)? * &a)?)?;
    }
    a + b
}

fn apply(map: Map, x: &Tensor) -> Result<Tensor> {
    match map {
        Map::Sigmoid => ops::sigmoid(x),
        Map::Tanh => x.tanh(),
        Map::Relu => x.relu(),
        Map::Gelu => x.gelu_erf(),
        Map::Silu => x.silu(),
        // candle has none: max(x, 0) + ln(1 + e^−|x|).
        Map::Softplus => x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?,
    }
}

impl Contest for Function {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step().expect("the function runs");
        }
    }

    fn loss(&mut self) -> f64 {
        if self.value.is_none() { sum(&self.results[0]) } else { number(self.value.as_ref()) }
    }

    fn squares(&mut self) -> Option<f64> {
        let square = |x: &Tensor| x.to_dtype(DType::F64).and_then(|x| x.sqr()).map_or(f64::NAN, |x| sum(&x));
        Some(self.results.iter().map(square).sum())
    }
}

fn sum(x: &Tensor) -> f64 {
    let sum = x.to_dtype(DType::F64).and_then(|x| x.sum_all()).and_then(|x| x.to_scalar());
    sum.unwrap_or(f64::NAN)
}

fn number(x: Option<&Tensor>) -> f64 {
    x.and_then(|x| x.to_scalar::<f32>().ok()).map_or(f64::NAN, f64::from)
}
