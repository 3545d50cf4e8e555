//! Derivative rules of your own: a straight-through estimator that trains through a step, and a wrong rule
//! that the gradient check catches. `cargo run --example custom_op`.

use gradus::data;
use gradus::gradcheck::Verdict;
use gradus::prelude::*;

/// A step whose gradient passes straight through where `|x| ≤ 1` (Bengio et al. 2013).
fn binarize(x: Var<'_>) -> Var<'_> {
    x.graph().custom("binarize", 2.0 * x.step() - 1.0, &[x], |args, _, ct| vec![ct * args[0].abs().le(1.0)])
}

fn main() -> Result<()> {
    println!("accuracy with binary units: {:.3}", train(true)?);
    println!("\na wrong rule, as the check sees it:\n{}", check_a_wrong_rule()?);
    Ok(())
}

/// Trains a network whose hidden units are −1 or 1; gives its accuracy.
pub fn train(print: bool) -> Result<f32> {
    let (x, label) = data::moons::<f32>(200, 0.1, 1)?;
    let mut params = Params::<f32>::seeded(5);
    let hidden = Linear::new(&mut params, "hidden", 2, 32);
    let output = Linear::new(&mut params, "output", 32, 2);
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [200, 2]), g.labels("label", [200], 2));
    let logits = output.forward(binarize(hidden.forward(xs)));
    let loss = logits.softmax_cross_entropy(labels);
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);
    let mut step = g.training(loss, Adam::new(0.01)).emit(accuracy).compile(&mut params)?;
    let mut reached = 0.0;
    for epoch in 0..=400 {
        let out = step.run(&mut params, [xs.feed(&x), labels.feed(&label)])?;
        reached = out[accuracy].item();
        if print && epoch % 100 == 0 {
            println!("{epoch:4}  loss {:.4}  accuracy {reached:.3}", out[loss].item());
        }
    }
    Ok(reached)
}

/// The sigmoid with a slope that is off by a thousandth.
pub fn check_a_wrong_rule() -> Result<gradus::gradcheck::Report> {
    let g = Graph::new();
    let x = g.input("x", [4]);
    let y = g.custom("wrong_sigmoid", x.sigmoid(), &[x], |args, y, ct| {
        vec![ct * y * (-args[0]).sigmoid() * 1.001]
    });
    let at = tensor![-2.0, 0.0, 1.0, 3.0];
    let report = gradcheck(y.sum(..), &Params::<f64>::new()).wrt([x]).feed([(x, &at)]).run()?;
    assert_eq!(report.count(Verdict::Wrong), 4);
    Ok(report)
}
