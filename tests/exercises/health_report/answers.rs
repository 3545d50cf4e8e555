//! Answers to the exercises of `docs/health_report.md`.

use gradus::data::Standardizer;
use gradus::diagnose::Health;
use gradus::prelude::*;

/// 1. The weights of a layer stand before its activation, so it is that layer which is saturated. The layers after it are
///    given numbers that are bounded again, and are well.
pub fn saturated_layer() -> &'static str {
    "net.2"
}

/// 2. A share, not a count: layers may have different sizes.
pub fn worst_layer(health: &Health) -> String {
    let share = |layer: &gradus::diagnose::Layer| layer.dead() as f64 / layer.units.len() as f64;
    let worst = health.layers.iter().max_by(|a, b| share(a).total_cmp(&share(b)));
    worst.expect("there is a layer").name.clone()
}

/// 3. Standardized, each column has mean 0 and deviation 1, whatever unit it was measured in.
pub fn treat(points: Tensor<f64>) -> Tensor<f64> {
    let scale = Standardizer::fit(&points).expect("there are points");
    scale.apply(&points).expect("they are the same points")
}
