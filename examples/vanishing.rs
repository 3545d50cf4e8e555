//! The reason why deep networks of sigmoids did not learn: the gradient falls by the same factor in every
//! layer. It is measured, compared with theory, and cured: `cargo run --release --example vanishing`.

use gradus::diagnose::Health;
use gradus::op::Map;
use gradus::plot::Chart;
use gradus::prelude::*;

/// Units of each layer, and samples of the batch.
const WIDTH: usize = 64;
/// The networks that each figure is the geometric mean of.
pub const SEEDS: u64 = 8;

/// The way in which a layer is made from the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wiring {
    /// `f(W h)`.
    Plain,
    /// `h + f(W h)` (He et al. 2016).
    Residual,
    /// `f` of `W h` brought to mean 0 and variance 1 over the units (Ba et al. 2016).
    Normalized,
}

/// A deep network: layers without biases, weights normal with standard deviation `gain / √width`.
#[derive(Clone, Copy, Debug)]
pub struct Deep {
    name: &'static str,
    function: Map,
    gain: f64,
    wiring: Wiring,
}

const fn deep(name: &'static str, function: Map, gain: f64, wiring: Wiring) -> Deep {
    Deep { name, function, gain, wiring }
}

/// With as many inputs as outputs, Glorot's gain is 1 and He's √2.
pub const SIGMOID: Deep = deep("sigmoid, Glorot", Map::Sigmoid, 1.0, Wiring::Plain);
pub const TANH: Deep = deep("tanh, Glorot", Map::Tanh, 1.0, Wiring::Plain);
pub const RELU: Deep = deep("relu, He", Map::Relu, std::f64::consts::SQRT_2, Wiring::Plain);
pub const RELU_GLOROT: Deep = deep("relu, Glorot", Map::Relu, 1.0, Wiring::Plain);
pub const SELU: Deep = deep("selu, LeCun", Map::Selu, 1.0, Wiring::Plain);
pub const STRONG: Deep = deep("sigmoid, gain 4", Map::Sigmoid, 4.0, Wiring::Plain);
pub const RESIDUAL: Deep = deep("sigmoid, residual", Map::Sigmoid, 1.0, Wiring::Residual);
pub const NORMALIZED: Deep = deep("sigmoid, normalized", Map::Sigmoid, 1.0, Wiring::Normalized);

fn main() -> Result<()> {
    let depth = 10;
    println!(
        "A network of {depth} sigmoid layers of {WIDTH} units, drawn as Glorot and Bengio say; mean of {SEEDS} seeds."
    );
    println!("What is left of the gradient on its way back, from the last layer to each:\n");
    println!("layer   measured  predicted");
    let (measured, predicted) = (profile(&SIGMOID, depth, SEEDS)?, theory(&SIGMOID, depth));
    for layer in (0..depth).rev() {
        println!("{:5}  {:9.1e}  {:9.1e}", layer + 1, measured[layer], predicted[layer]);
    }
    println!("\nWhat one such network says of itself:\n\n{}", look(&SIGMOID, depth, 1)?);

    println!("\nThe first layer's share of the last one's gradient, in networks of 10 and of 20 layers:\n");
    println!("{:20}  {:>9}  {:>9}  {:>9}  {:>9}", "", "10", "predicted", "20", "predicted");
    for net in [SIGMOID, STRONG, NORMALIZED, RESIDUAL, TANH, RELU_GLOROT, RELU, SELU] {
        let mut row = format!("{:20}", net.name);
        for depth in [10, 20] {
            let predicted = match net.wiring {
                Wiring::Plain => format!("{:.1e}", theory(&net, depth)[0]),
                _ => "–".into(),
            };
            row += &format!("  {:9.1e}  {predicted:>9}", profile(&net, depth, SEEDS)?[0]);
        }
        println!("{row}");
    }
    println!(
        "\nThe weights' own gradients mislead: 20 layers of relu with weights of three sizes, one seed.\n"
    );
    println!("{:20}  weights' gradients  the layers' gradients", "");
    for net in [RELU, RELU_GLOROT, deep("relu, gain 0.08", Map::Relu, 0.08, Wiring::Plain)] {
        let (layers, weights) = ratios(&net, 20, 1)?;
        println!("{:20}  {weights:18.3}  {layers:21.1e}", net.name);
    }
    println!("\nWhat is left of the gradient, layer by layer, is drawn in {}", draw(20)?);
    Ok(())
}

/// Looks at the gradients of the mean output on a batch of normal numbers.
pub fn look(net: &Deep, depth: usize, seed: u64) -> Result<Health> {
    let mut params = Params::<f64>::seeded(seed);
    let init = Init::Normal(net.gain / (WIDTH as f64).sqrt());
    let layers: Vec<Linear> =
        (1..=depth).map(|i| Linear::no_bias(&mut params, format!("layer.{i}"), WIDTH, WIDTH, init)).collect();
    let head = Linear::no_bias(&mut params, "head", WIDTH, 1, Init::GlorotNormal);
    let batch: Tensor<f64> = Init::Normal(1.0).sample([WIDTH, WIDTH], params.rng());

    let g = Graph::new();
    let x = g.input("x", [WIDTH, WIDTH]);
    let mut h = x;
    for layer in &layers {
        let z = layer.forward(h);
        h = match net.wiring {
            Wiring::Plain => activate(net.function, z),
            Wiring::Residual => h + activate(net.function, z),
            Wiring::Normalized => activate(net.function, z.normalize(-1, 1e-12)),
        };
    }
    Health::of(head.forward(h).mean(..), &params, [[(x, &batch)]])
}

fn activate(function: Map, z: Var<'_>) -> Var<'_> {
    match function {
        Map::Sigmoid => z.sigmoid(),
        Map::Tanh => z.tanh(),
        Map::Selu => z.selu(),
        _ => z.relu(),
    }
}

/// The gradient norm of each layer over that of the last one; the geometric mean over seeds from 1.
pub fn profile(net: &Deep, depth: usize, seeds: u64) -> Result<Vec<f64>> {
    let mut logs = vec![0.0; depth];
    for seed in 1..=seeds {
        let health = look(net, depth, seed)?;
        let norms: Vec<f64> = health.layers.iter().filter_map(|layer| layer.gradient).collect();
        for (log, norm) in logs.iter_mut().zip(&norms) {
            *log += (norm / norms[depth - 1]).ln() / seeds as f64;
        }
    }
    Ok(logs.into_iter().map(f64::exp).collect())
}

/// The ratios of the first to the last, for the layers' gradients and for those of their weights.
pub fn ratios(net: &Deep, depth: usize, seed: u64) -> Result<(f64, f64)> {
    let health = look(net, depth, seed)?;
    let weight = |name: String| health.weights.iter().find(|weight| weight.name == name)?.gradient;
    let weights = weight("layer.1.weight".into()).zip(weight(format!("layer.{depth}.weight")));
    match (health.fall(), weights) {
        (Some(layers), Some((first, last))) => Ok((layers, first / last)),
        _ => Err(Error::Invalid("no gradient reaches the last layer".into())),
    }
}

/// The prediction of theory for a plain network that is wide. A layer's input is normal with variance `q`;
/// the next variance is `gain² · E f(z)²`, and the gradient changes by `gain · √(E f′(z)²)` from one layer to
/// the one before it (Schoenholz et al. 2017).
pub fn theory(net: &Deep, depth: usize) -> Vec<f64> {
    let (mut factors, mut q) = (Vec::new(), net.gain * net.gain);
    for _ in 0..depth {
        let value = |z: f64| net.function.value(&[z]);
        let slope = |z: f64| net.function.slope(0, &[z], value(z)).unwrap_or(0.0);
        factors.push(net.gain * expectation(|x| slope(q.sqrt() * x).powi(2)).sqrt());
        q = net.gain * net.gain * expectation(|x| value(q.sqrt() * x).powi(2));
    }
    (0..depth).map(|layer| factors[layer..depth - 1].iter().product()).collect()
}

/// The mean of `f(x)` for normal `x`, by the midpoint rule.
fn expectation(f: impl Fn(f64) -> f64) -> f64 {
    let (half, step) = (2000, 0.005);
    let term = |i: i32| {
        let x = (f64::from(i) + 0.5) * step;
        f(x) * (-0.5 * x * x).exp()
    };
    step * (-half..half).map(term).sum::<f64>() / std::f64::consts::TAU.sqrt()
}

/// Draws the share of the gradient that is left in each layer, and returns the file's path.
fn draw(depth: usize) -> Result<String> {
    let description = "The gradient of sigmoid layers falls by a factor of four in every layer, that of \
                       rectifiers with He's weights hardly at all.";
    let mut chart = Chart::new("The gradient on its way back", description)
        .axes("layers back from the last", "gradient, as a share of the last layer's")
        .log();
    let points =
        |shares: Vec<f64>| shares.into_iter().rev().enumerate().map(|(back, share)| (back as f64, share));
    for net in [SIGMOID, NORMALIZED, RELU_GLOROT, TANH, RELU] {
        chart = chart.line(net.name, points(profile(&net, depth, 3)?));
    }
    chart = chart.line("sigmoid, predicted", points(theory(&SIGMOID, depth)));
    let path = std::env::temp_dir().join("gradus-vanishing.svg");
    chart.save(&path)?;
    Ok(path.display().to_string())
}
