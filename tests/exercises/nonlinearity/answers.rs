//! Answers to the exercises of `docs/nonlinearity.md`.

use gradus::prelude::*;

/// 1. The second is affine. The fourth is `x` itself: two bends can cancel. The others are bent.
pub fn collapses() -> [bool; 5] {
    [false, true, false, true, false]
}

/// 2. The number of switches is 0, 1, 1, 2; its distance to 1 is the opposite of what is asked for.
pub fn xor<'g>(a: Var<'g>, b: Var<'g>) -> Var<'g> {
    1.0 - (a + b - 1.0).abs()
}

/// 3. Four pieces that touch the parabola at 0, ¼, ½, ¾ and 1 have the slopes ¼, ¾, 1¼, 1¾. Each misses by
///    a quarter of its width squared, 1/64. Lower the whole by half of that, and it misses by 1/128.
pub fn parabola(x: Var<'_>) -> Var<'_> {
    0.25 * x.relu() + 0.5 * (x - 0.25).relu() + 0.5 * (x - 0.5).relu() + 0.5 * (x - 0.75).relu()
}
