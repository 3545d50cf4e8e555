//! Two layers learn XOR.

use burn::module::Module;
use burn::nn::loss::BinaryCrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, activation};

const RATE: f64 = 0.05;

#[derive(Module, Debug)]
struct Net {
    hidden: Linear,
    output: Linear,
}

fn main() {
    let cpu = Device::flex().autodiff();
    let x = Tensor::<2>::from_data([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], &cpu);
    let t = Tensor::<2, Int>::from_data([[0], [1], [1], [0]], &cpu);
    let (hidden, output) = (LinearConfig::new(2, 8).init(&cpu), LinearConfig::new(8, 1).init(&cpu));
    let mut net = Net { hidden, output };
    let cross_entropy = BinaryCrossEntropyLossConfig::new().with_logits(true).init(&cpu);

    let mut adam = AdamConfig::new().init();
    for epoch in 0..=300 {
        let logit = net.output.forward(activation::tanh(net.hidden.forward(x.clone())));
        let loss = cross_entropy.forward(logit, t.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        net = adam.step(RATE, net, gradients);
        if epoch % 100 == 0 {
            println!("{epoch:4}  loss {:.4}", loss.into_scalar::<f32>());
        }
    }
}
