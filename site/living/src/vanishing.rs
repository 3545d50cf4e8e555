//! How the gradient fares on its way to the first layer, at a depth and a gain of the reader's choice.

use crate::said::{fixed, power};
use crate::{Control, Drawing, Living};
use gradus::diagnose::Health;
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GREEN, ORANGE, SOLID};
use gradus::prelude::*;

const WIDTH: usize = 32;
const SAMPLES: usize = 32;

pub const LIVING: Living = Living {
    page: "vanishing",
    lead: "Layers of 32 units, their weights drawn with variance gain² / 32. Find the gain at which each function keeps its \
           gradient, and see how little off it is enough once the network is deep.",
    controls: &[
        Control { name: "depth", label: "hidden layers", low: 2.0, high: 30.0, step: 1.0, start: 10.0 },
        Control { name: "gain", label: "gain", low: 0.2, high: 6.0, step: 0.1, start: 1.0 },
    ],
    draw,
};

/// The norm of the gradient in what each activation is given, the first layer first.
fn gradients(activation: Activation, depth: usize, gain: f64) -> Result<Vec<f64>> {
    let mut params = Params::<f64>::seeded(1);
    let mut sizes = vec![WIDTH; depth + 1];
    sizes.push(1);
    let net = Mlp::with_activation(&mut params, "net", &sizes, Init::KaimingNormal(gain), activation);
    let points: Tensor<f64> = Init::Normal(1.0).sample([SAMPLES, WIDTH], params.rng());
    let g = Graph::new();
    let x = g.input("x", [SAMPLES, WIDTH]);
    let health = Health::of(net.forward(x).mean(..), &params, [[x.feed(&points)]])?;
    Ok(health.layers.iter().map(|layer| layer.gradient.unwrap_or(0.0)).collect())
}

fn draw(numbers: &[f64]) -> Result<Drawing> {
    let (depth, gain) = (numbers[0].round() as usize, numbers[1]);
    let mut figure = Figure::new(
        "The gradient, layer by layer",
        "Three lines from the last hidden layer back to the first on a logarithmic scale, one for each activation: the norm of the gradient relative to that of the last layer.",
        340.0,
    );
    let ticks: Vec<f64> =
        (1..=depth).filter(|layer| depth <= 10 || layer % 5 == 0 || *layer == 1).map(|l| l as f64).collect();
    let mut panel = figure.panel(
        [64.0, 60.0, 560.0, 288.0],
        Axis::new("hidden layer, from the last to the first", (depth as f64, 1.0), &ticks),
        Axis::decades(
            "gradient, relative to the last layer's",
            (1e-15, 1e6),
            &[-15, -12, -9, -6, -3, 0, 3, 6],
        ),
    );
    let functions: [(&str, Activation, _, _); 3] = [
        ("sigmoid", |x| x.sigmoid(), SOLID, BLUE),
        ("tanh", |x| x.tanh(), DASHED, ORANGE),
        ("relu", |x| x.relu(), DOTTED, GREEN),
    ];
    let (mut labels, mut shares) = (Vec::new(), Vec::new());
    for (name, activation, pen, color) in functions {
        let norms = gradients(activation, depth, gain)?;
        let last = norms[depth - 1];
        let share = |norm: f64| if norm > 0.0 && last > 0.0 { norm / last } else { f64::NAN };
        // What leaves the panel is drawn at its edge.
        let inside = |norm: f64| share(norm).clamp(1e-15, 1e6);
        panel.line(pen, norms.iter().enumerate().map(|(layer, &norm)| ((layer + 1) as f64, inside(norm))));
        shares.push(share(norms[0]));
        let end = inside(norms[0]);
        labels.push((color, (1.0, if end.is_nan() { 1e-15 } else { end }), name));
    }
    // Names stand where the lines end, at the first layer.
    panel.labels(&labels);
    let said = |share: f64| if share.is_nan() { "nothing".into() } else { power(share, 1) };
    let words = format!(
        "With {depth} hidden layers and gain {}, the first layer gets {} of the last one's gradient with sigmoid, {} with tanh, \
         {} with relu.",
        fixed(gain, 1),
        said(shares[0]),
        said(shares[1]),
        said(shares[2]),
    );
    Ok(Drawing { svg: figure.to_svg(), words, said: vec![depth.to_string(), fixed(gain, 1)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sigmoid_loses_at_least_three_quarters_a_layer_and_a_rectifier_with_its_gain_nearly_nothing() {
        let share = |activation, gain| {
            let norms = gradients(activation, 10, gain).unwrap();
            norms[0] / norms[9]
        };
        assert!(share(|x| x.sigmoid(), 1.0) < 0.25f64.powi(9) * 4.0);
        assert!((0.1..10.0).contains(&share(|x| x.relu(), 2f64.sqrt())));
    }
}
