//! burn as a competitor, on its flex backend, as its users write it.

use burn::module::{Module, Param};
use burn::nn::loss::{BinaryCrossEntropyLossConfig, CrossEntropyLossConfig};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig, momentum::MomentumConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use protocol::{Activation, Args, Contest, Counting, Loss, Map, Mlp, Optimizer, Task, race};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::read()?;
    rayon::ThreadPoolBuilder::new().num_threads(args.threads).build_global()?;
    let (name, version) = ("burn", env!("CARGO_PKG_VERSION"));
    match &args.workload.task {
        Task::Mlp(mlp) => race(name, version, &args, &mut Network::new(mlp)),
        task => race(name, version, &args, &mut Function::new(task)),
    }
    Ok(())
}

#[derive(Module, Debug)]
struct Layers {
    layers: Vec<Linear>,
}

impl Layers {
    fn new(mlp: &Mlp, device: &Device) -> Self {
        let layers = mlp.layers().enumerate().map(|(i, (inputs, outputs))| {
            let mut linear = LinearConfig::new(inputs, outputs).init(device);
            let weight = TensorData::new(mlp.weight(i), [inputs, outputs]);
            linear.weight = Param::from_data(weight, device);
            linear.bias = Some(Param::from_data(TensorData::new(mlp.bias(i), [outputs]), device));
            linear
        });
        Layers { layers: layers.collect() }
    }

    fn forward(&self, mut x: Tensor<2>, kind: Activation) -> Tensor<2> {
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if i + 1 < self.layers.len() {
                x = match kind {
                    Activation::Tanh => activation::tanh(x),
                    Activation::Relu => activation::relu(x),
                    Activation::Sigmoid => activation::sigmoid(x),
                    other => panic!("{other:?} is asked of Gradus, JAX and PyTorch alone"),
                };
            }
        }
        x
    }
}

/// A training step.
struct Network {
    /// The optimizer takes the model and gives the next one.
    model: Option<Layers>,
    optimizer: ModuleOptimizer,
    activation: Activation,
    loss: Loss,
    rate: f64,
    x: Tensor<2>,
    labels: Tensor<1, Int>,
    device: Device,
    last: Option<Tensor<1>>,
}

impl Network {
    fn new(mlp: &Mlp) -> Self {
        let device = Device::flex().autodiff();
        let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
        Network {
            model: Some(Layers::new(mlp, &device)),
            optimizer: match mlp.optimizer {
                Optimizer::Sgd => SgdConfig::new().init(),
                Optimizer::Momentum => SgdConfig::new().with_momentum(Some(momentum)).init(),
                Optimizer::Adam => AdamConfig::new().with_epsilon(1e-8).init(),
                other => panic!("{other:?} is asked of Gradus, JAX and PyTorch alone"),
            },
            activation: mlp.activation,
            loss: mlp.loss,
            rate: mlp.rate,
            x: Tensor::from_data(TensorData::new(mlp.inputs(), [mlp.batch, mlp.sizes[0]]), &device),
            labels: integers(mlp.labels(), &device),
            device,
            last: None,
        }
    }

    fn step(&mut self, model: Layers) -> Layers {
        let (x, labels) = (self.x.clone(), self.labels.clone());
        let logits = model.forward(x, self.activation);
        let loss = match self.loss {
            Loss::Binary => {
                let loss = BinaryCrossEntropyLossConfig::new().with_logits(true).init(&self.device);
                loss.forward(logits, labels.unsqueeze_dim(1))
            }
            Loss::Softmax => CrossEntropyLossConfig::new().init(&self.device).forward(logits, labels),
        };
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.last = Some(loss);
        self.optimizer.step(self.rate, model, gradients)
    }
}

fn integers(labels: Vec<usize>, device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = labels.into_iter().map(|label| label as i32).collect();
    Tensor::from_data(TensorData::from(&labels[..]), device)
}

impl Contest for Network {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            let model = self.model.take().expect("a step gives the model back");
            self.model = Some(self.step(model));
        }
    }

    fn loss(&mut self) -> f64 {
        self.last.as_ref().map_or(f64::NAN, number)
    }
}

/// Value and gradient of a function of its inputs; for a map the value alone.
struct Function {
    task: Task,
    inputs: Vec<Tensor<1>>,
    labels: Tensor<1, Int>,
    device: Device,
    value: Option<Tensor<1>>,
    /// The gradients; for a map its value.
    results: Vec<Tensor<1>>,
}

impl Function {
    fn new(task: &Task) -> Self {
        let (numbers, labels) = task.inputs();
        let plain = Device::flex();
        let device = if let Task::Map { .. } = task { plain } else { plain.autodiff() };
        let tensor = |numbers: &[f32]| Tensor::from_data(TensorData::from(numbers), &device);
        let inputs = match task {
            Task::Map { .. } => vec![tensor(&numbers)],
            Task::Scalar { .. } => numbers.chunks(1).map(|x| tensor(x).require_grad()).collect(),
            _ => vec![tensor(&numbers).require_grad()],
        };
        let labels = integers(labels, &device);
        Function { task: task.clone(), inputs, labels, device, value: None, results: vec![] }
    }

    fn step(&mut self) {
        let x = self.inputs[0].clone();
        let value = match self.task {
            Task::Map { map, .. } => {
                self.results = vec![apply(map, x)];
                return;
            }
            Task::Softmax { rows, columns } => {
                let loss = CrossEntropyLossConfig::new().init(&self.device);
                loss.forward(x.reshape([rows, columns]), self.labels.clone())
            }
            Task::Scalar { rounds } => scalar(x, self.inputs[1].clone(), rounds),
            Task::Chain { .. } => {
                activation::gelu(activation::sigmoid(x.clone()) * activation::tanh(x.clone()) + x).sum()
            }
            Task::Mlp(_) => unreachable!("a network is a contest of its own"),
        };
        let gradients = value.backward();
        self.results = self.inputs.iter().filter_map(|x| x.grad(&gradients)).collect();
        self.value = Some(value);
    }
}

fn scalar(mut a: Tensor<1>, mut b: Tensor<1>, rounds: usize) -> Tensor<1> {
    for _ in 0..rounds {
        a = activation::relu(a.clone() * b.clone() + a);
        b = b - a.clone() * 0.5 * a.clone();
    }
    a + b
}

fn apply(map: Map, x: Tensor<1>) -> Tensor<1> {
    match map {
        Map::Sigmoid => activation::sigmoid(x),
        Map::Tanh => activation::tanh(x),
        Map::Relu => activation::relu(x),
        Map::Gelu => activation::gelu(x),
        Map::Silu => activation::silu(x),
        Map::Softplus => activation::softplus(x, 1.0),
    }
}

impl Contest for Function {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
        }
    }

    fn loss(&mut self) -> f64 {
        match &self.value {
            Some(value) => number(value),
            None => numbers(&self.results[0]).iter().sum(),
        }
    }

    fn squares(&mut self) -> Option<f64> {
        Some(self.results.iter().flat_map(numbers).map(|x| x * x).sum())
    }
}

fn number(x: &Tensor<1>) -> f64 {
    numbers(x)[0]
}

fn numbers(x: &Tensor<1>) -> Vec<f64> {
    x.to_data().iter::<f64>().collect()
}
