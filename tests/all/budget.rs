//! The budget of a user's minibatch training with validation: at most 12 lines, 2 `?`, no clone and no type argument.

use gradus::data::{Loader, moons, split};
use gradus::prelude::*;

/// Trains on batches, and judges each epoch on points that were not trained on. The lines between the marks are counted.
fn training(train: (&Tensor<f32>, &Tensor<usize>), test: (&Tensor<f32>, &Tensor<usize>)) -> Result<usize> {
    let mut right = 0;
    let mut params = Params::seeded(1);
    let net = Mlp::new(&mut params, "net", &[2, 16, 2]);
    let loader = Loader::new(train.0, train.1, 32)?.seed(1);
    // begin
    let mut predict = trace(|_, x| net.forward(x).softmax(-1));
    let mut step = trace_training(Adam::new(0.05), |at| {
        vec![net.forward(at.input("x")).softmax_cross_entropy(at.labels("label", 2))]
    });
    for epoch in 0..20 {
        for (x, label) in loader.epoch(epoch) {
            step.run(&mut params, [feed("x", &x), feed("label", &label)])?;
        }
        let rows = predict.run(&params, test.0)?.rows();
        right = rows.zip(test.1.iter()).filter(|(shares, label)| shares[**label] > 0.5).count();
    }
    // end
    Ok(right)
}

#[test]
fn a_minibatch_training_with_validation_takes_12_lines() {
    let source = include_str!("budget.rs");
    let lines = source.lines().map(str::trim);
    let lines: Vec<&str> = lines.skip_while(|line| *line != "// begin").skip(1).collect();
    let lines: Vec<&str> = lines.into_iter().take_while(|line| *line != "// end").collect();
    let text = lines.join("\n");
    assert!(!lines.is_empty() && lines.len() <= 12, "{} lines", lines.len());
    assert!(text.matches('?').count() <= 2 && !text.contains("clone") && !text.contains("::<"), "{text}");
    let (points, labels) = moons(300, 0.1, 1).expect("points");
    let (train, test) = split(300, 1.0 / 3.0, 1).expect("a split");
    let part = |rows: &[usize]| (points.take(rows).expect("points"), labels.take(rows).expect("labels"));
    let (train, test) = (part(&train), part(&test));
    let right = training((&train.0, &train.1), (&test.0, &test.1)).expect("it trains");
    assert!(right > 95, "{right}");
}
