//! The smallest problem that a network without an activation cannot solve:
//! `cargo run --example xor`.

use gradus::prelude::*;

fn main() -> Result<()> {
    let loss = run(true)?;
    println!("final loss {loss:.4}");
    Ok(())
}

/// Trains, and gives the last loss.
pub fn run(print: bool) -> Result<f32> {
    let x = tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let t = tensor![[0.0], [1.0], [1.0], [0.0]];
    let mut params = Params::<f32>::seeded(7);
    let hidden = Linear::new(&mut params, "hidden", 2, 8);
    let output = Linear::new(&mut params, "output", 8, 1);

    let g = Graph::new();
    let (xs, ts) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let logit = output.forward(hidden.forward(xs).tanh());
    let loss = logit.sigmoid_cross_entropy(ts);

    let mut step = g.train(loss, Adam::new(0.05), &mut params)?;
    let mut last = f32::NAN;
    for epoch in 0..=300 {
        let out = step.run(&mut params, [(xs, &x), (ts, &t)])?;
        last = out[loss].item();
        if print && epoch % 50 == 0 {
            println!("{epoch:4}  loss {last:.4}");
        }
    }
    let mut predict = g.compile([logit.sigmoid()])?;
    let out = predict.run(&params, [(xs, &x)])?;
    if print {
        println!("{out}");
    }
    Ok(last)
}
