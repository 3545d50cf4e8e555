//! Answers to the exercises of `docs/softmax.md`.

use gradus::prelude::*;

/// 1. The smallest number of `f32` is near e⁻¹⁰³, so e⁻¹⁰⁰ can be held, with few digits, and the other two
///    cannot. In `f64`, which goes down to e⁻⁷⁴⁵, only the last is 0.
pub fn zeros() -> usize {
    2
}

/// 2. Divide both powers by the first: e^a / (e^a + e^b) = 1 / (1 + e^(b − a)).
pub fn share_of_first(z: Var<'_>) -> Var<'_> {
    (z.slice(1, ..1) - z.slice(1, 1..)).sigmoid()
}

/// 3. −Σ y·ln p = Σ y·(ln Σ eᶻ − z), and `logsumexp` takes the largest logit out before it raises e to it.
pub fn cross_entropy<'g>(z: Var<'g>, y: Var<'g>) -> Var<'g> {
    (y * (z.logsumexp(1) - z)).sum(..)
}
