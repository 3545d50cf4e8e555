//! Three spiral arms, classified by a model in a struct of its own: `cargo run --release --example spiral`.

use gradus::data;
use gradus::prelude::*;

struct Net {
    first: Linear,
    second: Linear,
    last: Linear,
}

impl Net {
    fn new(params: &mut Params<f32>) -> Self {
        Net {
            first: Linear::with_init(params, "first", 2, 64, Init::HeNormal),
            second: Linear::with_init(params, "second", 64, 64, Init::HeNormal),
            last: Linear::with_init(params, "last", 64, 3, Init::HeNormal),
        }
    }

    fn logits<'g>(&self, x: Var<'g>) -> Var<'g> {
        let h = self.first.forward(x).relu();
        let h = self.second.forward(h).relu();
        self.last.forward(h)
    }
}

fn main() -> Result<()> {
    let accuracy = run(true)?;
    println!("train accuracy {:.1} %", 100.0 * accuracy);
    Ok(())
}

/// Trains, and gives the accuracy on the training data.
pub fn run(print: bool) -> Result<f32> {
    let (x, label) = data::spirals::<f32>(300, 3, 0.05, 1)?;
    let mut params = Params::<f32>::seeded(1);
    let net = Net::new(&mut params);

    let g = Graph::new();
    let (xs, labels) = (g.input("x", [300, 2]), g.labels("label", [300], 3));
    let logits = net.logits(xs);
    let loss = logits.softmax_cross_entropy(labels);
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);

    let optimizer = Sgd::new(0.1).momentum(0.9);
    let mut step = g.training(loss, optimizer).emit(accuracy).compile(&mut params)?;
    let mut reached = 0.0;
    for epoch in 0..=1000 {
        let out = step.run(&mut params, [xs.feed(&x), labels.feed(&label)])?;
        reached = out[accuracy].item();
        if print && epoch % 100 == 0 {
            println!("{epoch:4}  loss {:.4}  accuracy {reached:.3}", out[loss].item());
        }
    }
    Ok(reached)
}
