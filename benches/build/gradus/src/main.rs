//! Two layers learn XOR.

use gradus::prelude::*;

const RATE: f64 = 0.05;

fn main() -> Result<()> {
    let x = tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let t = tensor![[0.0], [1.0], [1.0], [0.0]];
    let mut params = Params::<f32>::seeded(7);
    let hidden = Linear::new(&mut params, "hidden", 2, 8);
    let output = Linear::new(&mut params, "output", 8, 1);

    let g = Graph::new();
    let (xs, ts) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let loss = output.forward(hidden.forward(xs).tanh()).sigmoid_cross_entropy(ts);

    let mut step = g.train(loss, Adam::new(RATE), &mut params)?;
    for epoch in 0..=300 {
        let out = step.run(&mut params, [(xs, &x), (ts, &t)])?;
        if epoch % 100 == 0 {
            println!("{epoch:4}  loss {:.4}", out[loss].item());
        }
    }
    Ok(())
}
