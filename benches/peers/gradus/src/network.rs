//! A training step of a network: forward, backward and update in one program.

use gradus::prelude::*;
use gradus::{Feed, Training};
use protocol::{Activation, Contest, Loss, Mlp, Optimizer};

/// A network whose loss is recorded, with its batch.
pub struct Recorded<'g> {
    g: &'g Graph,
    params: Params<f32>,
    loss: Var<'g>,
    x: (Var<'g>, Tensor<f32>),
    targets: Targets<'g>,
}

enum Targets<'g> {
    Real(Var<'g>, Tensor<f32>),
    Labels(Idx<'g>, Tensor<usize>),
}

impl<'g> Recorded<'g> {
    pub fn new(g: &'g Graph, mlp: &Mlp) -> Result<Self> {
        let mut params = Params::seeded(0);
        let activation: fn(Var<'_>) -> Var<'_> = match mlp.activation {
            Activation::Tanh => |x| x.tanh(),
            Activation::Relu => |x| x.relu(),
            Activation::Sigmoid => |x| x.sigmoid(),
            Activation::Gelu => |x| x.gelu(),
            Activation::Silu => |x| x.silu(),
            Activation::Mish => |x| x.mish(),
        };
        let net = gradus::nn::Mlp::with_activation(&mut params, "net", &mlp.sizes, Init::Zeros, activation);
        for (i, (layer, (inputs, outputs))) in net.layers().iter().zip(mlp.layers()).enumerate() {
            params.set(layer.weight().name(), Tensor::new([outputs, inputs], mlp.weight_by_outputs(i))?)?;
            if let Some(bias) = layer.bias() {
                params.set(bias.name(), mlp.bias(i).into())?;
            }
        }
        let x = g.input("x", [mlp.batch, mlp.sizes[0]]);
        let logits = net.forward(x);
        let (loss, targets) = match mlp.loss {
            Loss::Binary => {
                let t = g.input("t", [mlp.batch, 1]);
                let numbers = mlp.labels().iter().map(|&label| label as f32).collect();
                (logits.sigmoid_cross_entropy(t), Targets::Real(t, Tensor::new([mlp.batch, 1], numbers)?))
            }
            Loss::Softmax => {
                let t = g.labels("t", [mlp.batch], mlp.classes());
                (logits.softmax_cross_entropy(t), Targets::Labels(t, mlp.labels().into()))
            }
        };
        let x = (x, Tensor::new([mlp.batch, mlp.sizes[0]], mlp.inputs())?);
        Ok(Recorded { g, params, loss, x, targets })
    }

    /// Differentiates, records the update and compiles.
    pub fn compile(&mut self, mlp: &Mlp) -> Result<Training<'static, f32>> {
        let params = &mut self.params;
        match mlp.optimizer {
            Optimizer::Sgd => self.g.train(self.loss, Sgd::new(mlp.rate), params),
            Optimizer::Momentum => self.g.train(self.loss, Sgd::new(mlp.rate).momentum(0.9), params),
            Optimizer::Adam => self.g.train(self.loss, Adam::new(mlp.rate), params),
            Optimizer::AdamW => self.g.train(self.loss, AdamW::new(mlp.rate).decay(0.01), params),
        }
    }
}

pub struct Network<'g> {
    recorded: Recorded<'g>,
    step: Training<'static, f32>,
    last: f32,
}

impl<'g> Network<'g> {
    pub fn new(g: &'g Graph, mlp: &Mlp, threads: usize) -> Result<Self> {
        let mut recorded = Recorded::new(g, mlp)?;
        let mut step = recorded.compile(mlp)?;
        step.threads(threads)?;
        Ok(Network { recorded, step, last: f32::NAN })
    }

    /// The compiled step.
    pub fn program(&mut self) -> Result<&mut Program<f32>> {
        self.step.program().ok_or_else(|| Error::Invalid("the step is not compiled".into()))
    }
}

impl Contest for Network<'_> {
    fn run(&mut self, steps: usize) {
        let Recorded { params, loss, x: (x, inputs), targets, .. } = &mut self.recorded;
        let targets: Feed<'_, f32> = match targets {
            Targets::Real(t, tensor) => t.feed(tensor),
            Targets::Labels(t, tensor) => t.feed(tensor),
        };
        for _ in 0..steps {
            let out = self.step.run(params, [x.feed(inputs), targets]);
            self.last = out.expect("the step runs")[*loss].item();
        }
    }

    fn loss(&mut self) -> f64 {
        self.last.into()
    }
}
