//! Times training steps and single operations: `cargo bench`. Prints medians; compare two runs of the same
//! machine only. With `PROFILE=1`, prints the profile of each training step.

use gradus::prelude::*;
use std::time::Instant;

/// The median of some timings of `run`, in microseconds, after a warm-up.
fn median(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    for _ in 0..20 {
        run()?;
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 30 || (start.elapsed().as_secs_f64() < 0.5 && times.len() < 10_000) {
        let before = Instant::now();
        run()?;
        times.push(before.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn classifier(name: &str, sizes: &[usize], batch: usize) -> Result<()> {
    let classes = sizes.last().copied().unwrap_or(1);
    let mut params = Params::<f32>::seeded(1);
    let net = Mlp::new(&mut params, "net", sizes);
    let g = Graph::new();
    let (x, label) = (g.input("x", [batch, sizes[0]]), g.labels("label", [batch], classes));
    let loss = net.forward(x).softmax_cross_entropy(label);
    let before = Instant::now();
    let mut step = g.train(loss, Adam::new(1e-3), &mut params)?;
    let compile = before.elapsed().as_secs_f64() * 1e6;
    step.threads(1)?;
    let xs = Tensor::from_fn([batch, sizes[0]], |at| ((at[0] * 31 + at[1] * 17) % 97) as f32 / 97.0);
    let labels = Tensor::from_fn([batch], |at| at[0] % classes);
    let time = median(|| step.run(&mut params, [x.feed(&xs), label.feed(&labels)]).map(|_| ()))?;
    if std::env::var_os("PROFILE").is_some() {
        step.programs().for_each(|program| program.time_steps(true));
        for _ in 0..1000 {
            step.run(&mut params, [x.feed(&xs), label.feed(&labels)])?;
        }
        for program in step.programs() {
            println!("{}", program.profile()?);
        }
    }
    println!(
        "{name:30} {time:10.1} µs a step   compiled in {compile:.0} µs, {} steps",
        step.programs().map(|program| program.steps()).sum::<usize>()
    );
    Ok(())
}

fn product(m: usize, k: usize, n: usize) -> Result<()> {
    let g = Graph::new();
    let (a, b) = (g.input("a", [m, k]), g.input("b", [n, k]));
    let mut program = g.compile::<f32>([a.matmul_t(b).sum(..)])?;
    program.threads(1)?;
    let (x, y) = (Tensor::full([m, k], 0.5), Tensor::full([n, k], 0.25));
    let params = Params::new();
    let time = median(|| program.run(&params, [(a, &x), (b, &y)]).map(|_| ()))?;
    println!(
        "{:30} {time:10.1} µs   {:.1} GFLOP/s",
        format!("matmul {m}×{k}×{n}"),
        2e-3 * (m * k * n) as f64 / time
    );
    Ok(())
}

fn map(name: &str, f: impl for<'g> Fn(Var<'g>) -> Var<'g>) -> Result<()> {
    let n = 100_000;
    let g = Graph::new();
    let x = g.input("x", [n]);
    let mut program = g.compile::<f32>([f(x)])?;
    program.threads(1)?;
    let xs = Tensor::from_fn([n], |at| at[0] as f32 / n as f32 * 8.0 - 4.0);
    let params = Params::new();
    let time = median(|| program.run(&params, [(x, &xs)]).map(|_| ()))?;
    println!("{name:30} {time:10.1} µs   {:.2} ns an element", time * 1e3 / n as f64);
    Ok(())
}

fn main() -> Result<()> {
    classifier("digits 64-128-64-10, batch 64", &[64, 128, 64, 10], 64)?;
    classifier("mnist 784-256-128-10, batch 128", &[784, 256, 128, 10], 128)?;
    for (m, k, n) in [(64, 64, 128), (300, 64, 64), (128, 784, 256)] {
        product(m, k, n)?;
    }
    map("relu", |x| x.relu())?;
    map("exp", |x| x.exp())?;
    map("sigmoid", |x| x.sigmoid())?;
    map("tanh", |x| x.tanh())
}
