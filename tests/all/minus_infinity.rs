//! Minus infinity as a mask: no fault for the trap of numbers that are not finite.

use gradus::prelude::*;

#[test]
fn what_becomes_infinite_of_finite_numbers_is_told_beside_a_mask() -> Result<()> {
    fn cases<'g>(x: Var<'g>, m: Var<'g>) -> Vec<(&'static str, Var<'g>, &'static str)> {
        let big = x.exp();
        vec![
            ("exp", m + big, "exp made inf at position [1, 0] of a value of shape [2, 2]"),
            ("add", m + x * 1e305, "mul made inf at position [1, 0] of a value of shape [2, 2]"),
            ("sum", (m + x * 5e304).sum(1), "sum made inf at position [1, 0] of a value of shape [2, 1]"),
            (
                "matmul",
                (m + x * 5e304).matmul(x),
                "matmul made inf at position [1, 0] of a value of shape [2, 2]",
            ),
            ("ln", (x * 0.0).ln() + m, "ln made -inf at position [0, 0] of a value of shape [2, 2]"),
        ]
    }
    for which in 0..5 {
        let g = Graph::new();
        let (x, m) = (g.input("x", [2, 2]), g.input("m", [2, 2]));
        let (name, y, says) = cases(x, m)[which];
        let mut program = g.compile::<f64>([y])?;
        program.trap_non_finite(true);
        let (xs, ms) = (tensor![[1.0, 2.0], [3000.0, 1000.0]], tensor![[f64::NEG_INFINITY, 0.0], [0.0, 0.0]]);
        let error = program.run(&Params::new(), [x.feed(&xs), m.feed(&ms)]).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with(says), "{name}: {error}");
    }
    // A long sum is taken in parts.
    let g = Graph::new();
    let x = g.input("x", [100_000]);
    for (y, says) in [(x.sum(..), "sum made inf at position [0] of a value of shape [1]"), (x.max(..), "")] {
        let mut program = g.compile::<f32>([y])?;
        program.trap_non_finite(true);
        let error = program.run(&Params::new(), [x.feed(&Tensor::full([100_000], 3e38f32))]).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with(says) && (says.is_empty() == error.is_empty()), "{error}");
    }
    Ok(())
}
