//! Answers to the exercises of `docs/dead_units.md`.

use gradus::prelude::*;

/// 1. No, not a bit of it: what a dead unit passes on is exactly 0, whatever it is multiplied by. On *new*
///    points it may, since a unit is dead only on the points that were looked at.
pub fn pruning_changes_the_output() -> bool {
    false
}

/// 2. A unit is dead if its slope is 0 on every point, and the slope at 0 is 0.
pub fn count_dead(pre_activations: &Tensor<f64>) -> usize {
    let units = pre_activations.shape()[1];
    (0..units).filter(|&unit| pre_activations.rows().all(|row| row[unit] <= 0.0)).count()
}

/// 3. A bias that lifts the largest pre-activation above 0 is enough; one that is far too large makes the
///    unit linear on all points, and alive.
pub fn revive(params: &mut Params<f64>) {
    params.set("net.0.bias", Tensor::full([6], 1.0)).expect("the parameter is there");
}
