//! Rectifiers that die of a learning rate that is too large: watched, counted, dated and cured.
//! `cargo run --release --example dead_units`.

use gradus::data::{Standardizer, moons};
use gradus::diagnose::Health;
use gradus::nn::Activation;
use gradus::prelude::*;

const STEPS: u64 = 500;
/// The networks that each figure is the mean of.
pub const SEEDS: u64 = 5;

/// One way to train the network of 2, 32, 32 and 2 units on two moons of 200 points.
#[derive(Clone, Copy)]
pub struct Way {
    name: &'static str,
    rate: f64,
    /// Steps in which the rate rises from 0.
    warm_up: u64,
    /// The largest norm of the gradient.
    clip: f64,
    /// The first bias of hidden units.
    bias: f64,
    activation: Activation,
}

/// He's weights, biases of 0, and plain descent by the gradient of all points.
pub const fn at_rate(name: &'static str, rate: f64) -> Way {
    Way { name, rate, warm_up: 0, clip: f64::INFINITY, bias: 0.0, activation: |x| x.relu() }
}

pub const GENTLE: Way = at_rate("rate 0.1", 0.1);
pub const HARSH: Way = at_rate("rate 2", 2.0);
pub const CLIPPED: Way = Way { name: "rate 2, clipped at 0.1", clip: 0.1, ..HARSH };
pub const WARMED: Way = Way { name: "rate 2, warmed up", warm_up: 200, ..HARSH };
pub const RAISED: Way = Way { name: "rate 2, bias 0.5", bias: 0.5, ..HARSH };
pub const LEAKY: Way = Way { name: "rate 2, leaky", activation: |x| x.leaky_relu(0.01), ..HARSH };
pub const ELU: Way = Way { name: "rate 2, elu", activation: |x| x.elu(1.0), ..HARSH };
pub const TANH: Way = Way { name: "rate 2, tanh", activation: |x| x.tanh(), ..HARSH };
pub const SUNK: Way = Way { name: "rate 0.1, bias −3", bias: -3.0, ..GENTLE };

/// The result, the mean of some seeds.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The share of dead units in each hidden layer after the last step.
    pub dead: [f64; 2],
    /// The number of times that a unit of each layer came back from the dead, in one network.
    pub revived: [f64; 2],
    /// The share of points classified rightly.
    pub accuracy: f64,
}

fn main() -> Result<()> {
    println!(
        "Two moons, {STEPS} steps, mean of {SEEDS} seeds. Dead is a unit whose slope is 0 on all 200 points.\n"
    );
    println!("{:24}  dead in layer 1  in layer 2  revived in 1   in 2  accuracy", "");
    let rates = [at_rate("rate 0.5", 0.5), at_rate("rate 1", 1.0), HARSH, at_rate("rate 5", 5.0)];
    let cures = [CLIPPED, WARMED, RAISED, LEAKY, ELU, TANH];
    for way in [GENTLE].iter().chain(&rates).chain(&cures).chain(&[SUNK]) {
        let Figures { dead, revived, accuracy } = figures(way, SEEDS)?;
        println!(
            "{:24}  {:13.1} %  {:8.1} %  {:12.1}  {:5.1}  {:6.1} %",
            way.name,
            100.0 * dead[0],
            100.0 * dead[1],
            revived[0],
            revived[1],
            100.0 * accuracy
        );
    }
    let (health, _) = train(&HARSH, 1)?;
    println!("\nOne network at rate 2, in its own words:\n\n{health}");
    let path = std::env::temp_dir().join("gradus-dead-units.svg");
    health.dead_chart().save(&path)?;
    println!("\nits dead units over time are drawn in {}", path.display());
    Ok(())
}

/// Trains several networks.
pub fn figures(way: &Way, seeds: u64) -> Result<Figures> {
    let mut sum = Figures { dead: [0.0; 2], revived: [0.0; 2], accuracy: 0.0 };
    for seed in 1..=seeds {
        let (health, accuracy) = train(way, seed)?;
        for (i, layer) in health.layers.iter().enumerate() {
            sum.dead[i] += layer.dead() as f64 / layer.units.len() as f64 / seeds as f64;
            sum.revived[i] += layer.revived() as f64 / seeds as f64;
        }
        sum.accuracy += accuracy / seeds as f64;
    }
    Ok(sum)
}

/// Trains one network, and gives its health and the share of points that it classifies rightly.
pub fn train(way: &Way, seed: u64) -> Result<(Health, f64)> {
    let (points, label) = moons::<f32>(200, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f32>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[2, 32, 32, 2], Init::HeNormal, way.activation);
    for name in ["net.0.bias", "net.1.bias"] {
        params.set(name, Tensor::full([32], way.bias as f32))?;
    }

    let g = Graph::new();
    let (x, labels) = (g.input("x", [200, 2]), g.labels("label", [200], 2));
    let logits = net.forward(x);
    let loss = logits.softmax_cross_entropy(labels);
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);
    let optimizer = Sgd::new(WarmUp::new(way.warm_up, way.rate)).clip_norm(way.clip);
    let mut step = g.training(loss, optimizer).emit(accuracy).compile(&mut params)?;
    // Some ways diverge, and are shown all the same.
    step.stop_on_non_finite_loss(false);
    // All points are in every batch, so one look says whether a unit is dead.
    step.watch(loss, 10)?.window(1);
    let mut reached = 0.0;
    for _ in 0..=STEPS {
        reached = step.run(&mut params, [x.feed(&points), labels.feed(&label)])?[accuracy].item();
    }
    Ok((step.health(), f64::from(reached)))
}
