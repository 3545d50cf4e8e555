//! Values and gradients of small expressions: `cargo run --example hello`.

use gradus::prelude::*;

fn main() -> Result<()> {
    let g = Graph::new();
    let x = g.value(tensor![1.0, 2.0, 3.0]);
    let y = (x * x * x).sum(..);
    println!("y          = Σ x³ = {y}"); // compiles and runs what y needs
    let dy = y.grad(x);
    println!("∂y/∂x      = {dy}");
    println!("∂²y/∂x²    = {}   a gradient is just more graph", dy.sum(..).grad(x));

    println!("\nThe recipe of ∂y/∂x, with the lines that recorded it:\n{dy:?}");
    println!("\nWhat it compiles to:\n{}", g.compile::<f32>([dy])?);

    println!("\nThe sigmoid's slope where the textbook's y·(1 − y) is 0 in f32:");
    for at in [0.0, 5.0, 17.0, 40.0, 100.0] {
        let x = g.value(at);
        let y = x.sigmoid();
        let (ours, textbook) = (y.grad(x).eval::<f32>()?.item(), (y * (1.0 - y)).eval::<f32>()?.item());
        println!("  x = {at:3}   σ′ = {ours:8.2e}   y·(1 − y) = {textbook:8.2e}");
    }

    println!("\nMistakes are told with their lines, all at once:\n{}", mistakes());
    Ok(())
}

/// Two mistakes in one graph, and the message about them.
pub fn mistakes() -> String {
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let w = g.value(tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let h = x.matmul(w.t()).tanh(); // [4, 2] times [3, 2]: the transpose is wrong
    let y = x.reshape([2, 3]); // 8 elements into 6
    let wrong = (h + 1.0).mean(..) + y.sum(..);
    wrong.eval::<f64>().err().map_or_else(String::new, |error| error.to_string())
}
