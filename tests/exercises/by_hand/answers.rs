//! Answers to the exercises of `docs/by_hand.md`.

/// 1. The product gives 3 to each `x` of the sum, and 6 to the other one.
pub fn slope_at_3() -> f64 {
    12.0
}

/// 2. One number at a time, on the way back.
pub fn slopes([x, w, b, t]: [f64; 4]) -> [f64; 3] {
    let p = 1.0 / (1.0 + (-(x * w + b)).exp());
    let z = 2.0 * (p - t) * p * (1.0 - p);
    [z * x, z, z * w]
}

/// 3. What comes back is added. From the last to the first, a node has all its answers before it passes them on.
pub fn walk_back(tape: &[&[(usize, f64)]]) -> Vec<f64> {
    let mut slopes = vec![0.0; tape.len()];
    slopes[tape.len() - 1] = 1.0;
    for node in (0..tape.len()).rev() {
        for (arg, own) in tape[node] {
            slopes[*arg] += own * slopes[node];
        }
    }
    slopes
}
