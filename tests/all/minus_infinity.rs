//! Minus infinity as a mask: no fault for the trap of numbers that are not finite, and rows of nothing else.

use gradus::prelude::*;

/// Rows of scores, of which the first is masked in part and the second as a whole.
fn scores() -> (Tensor<f64>, Tensor<f64>) {
    (tensor![[1.0, 2.0, 3.0], [0.5, 0.25, 0.125]], tensor![[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
}

/// The usual ways to write a mask of −∞.
fn masks<'g>(x: Var<'g>, keep: Var<'g>, fed: Var<'g>) -> Vec<(&'static str, Var<'g>)> {
    let low = f64::NEG_INFINITY;
    vec![
        ("a choice of a constant", keep.select(x, low)),
        ("a choice of a constant, the other way", keep.eq(0.0).select(low, x)),
        ("a choice of what was fed", keep.select(x, fed)),
        ("a choice of a constant in its shape", keep.select(x, x.full_like(low))),
        ("a sum", x + keep.select(0.0, low)),
        ("a sum with what was fed", x + fed),
    ]
}

#[test]
fn minus_infinity_as_a_mask_is_no_fault() -> Result<()> {
    let (xs, keeps) = scores();
    let lows = keeps.map(|keep| if *keep == 1.0 { 0.0 } else { f64::NEG_INFINITY });
    let softmax = [1.0 / (1.0 + 2f64.exp()), 0.0, 2f64.exp() / (1.0 + 2f64.exp()), 0.0, 0.0, 0.0];
    for which in 0..6 {
        let g = Graph::new();
        let (x, keep, fed) = (g.input("x", [2, 3]), g.input("keep", [2, 3]), g.input("fed", [2, 3]));
        let (name, masked) = masks(x, keep, fed)[which];
        let (p, lse, log) = (masked.softmax(-1), masked.logsumexp(-1), masked.log_softmax(-1));
        let sums = [
            p.square().sum(..),
            keep.select(log, 0.0).square().sum(..),
            keep.slice(1, ..1).select(lse.exp(), 0.0).sum(..),
        ];
        let mut outputs = vec![p, lse, log, masked.max(-1), masked.exp(), masked.sum(1)];
        for sum in sums {
            let slope = sum.grad(x);
            outputs.extend([sum, slope, slope.dot(x).grad(x), slope.jvp(x, x)]);
        }
        for trap in [true, false] {
            let mut program = g.compile::<f64>(outputs.iter().copied())?;
            program.trap_non_finite(trap);
            let out = program.run(&Params::new(), [x.feed(&xs), keep.feed(&keeps), fed.feed(&lows)]);
            let out = out.unwrap_or_else(|error| panic!("{name}: {error}"));
            for (&p, expected) in out.at(0).iter().zip(softmax) {
                assert!((p - expected).abs() < 1e-15, "{name}: {}", out.at(0));
            }
            assert_eq!(out.at(1)[[1, 0]], f64::NEG_INFINITY, "{name}");
            assert!(out.at(2).iter().skip(3).all(|&log| log == f64::NEG_INFINITY), "{name}: {}", out.at(2));
            for i in 6..outputs.len() {
                assert!(out.at(i).iter().all(|x| x.is_finite()), "{name}, output {i}: {}", out.at(i));
                let last = out.at(i).iter().skip(3).all(|&x| x == 0.0);
                assert!(last || (i - 6) % 4 == 0, "{name}, output {i}: {}", out.at(i));
            }
        }
        let mut single = g.compile::<f32>(outputs.iter().copied())?;
        single.trap_non_finite(true);
        let feeds = [xs.cast::<f32>(), keeps.cast(), lows.cast()];
        single.run(&Params::new(), [x.feed(&feeds[0]), keep.feed(&feeds[1]), fed.feed(&feeds[2])])?;
    }
    Ok(())
}

#[test]
fn a_row_of_minus_infinity_has_derivatives_of_0_also_where_it_is_given() -> Result<()> {
    let low = f64::NEG_INFINITY;
    let g = Graph::new();
    let (z, t) = (g.input("z", [3, 2]), g.labels("t", [3], 2));
    let each = CrossEntropy::new().reduction(Reduction::None).of(z, t);
    let functions = [z.softmax(-1), z.log_softmax(-1), z.logsumexp(-1), each];
    let mut outputs = functions.to_vec();
    for y in functions {
        // Weights of their own, so that the slopes of a softmax do not cancel.
        let w = g.value(Tensor::from_fn(&y.shape()[..], |at| 0.5 + at.iter().sum::<usize>() as f64));
        let slope = y.vjp(w, &[z])[0];
        outputs.extend([
            slope,
            slope.vjp(g.value(tensor![[0.5, -1.0], [0.25, 2.0], [1.5, 1.0]]), &[z])[0],
            slope.jvp(z, z.ones_like()),
        ]);
    }
    let mut program = g.compile::<f64>(outputs.iter().copied())?;
    program.trap_non_finite(true);
    let zs = tensor![[low, low], [0.0, 1.0], [low, 2.0]];
    let out = program.run(&Params::new(), [z.feed(&zs), t.feed(&tensor![1, 0, 1])])?;
    assert_eq!(out.at(0).data()[..2], [0.0, 0.0]);
    assert_eq!(out.at(1).data()[..2], [low, low]);
    assert_eq!((out.at(2).data()[0], out.at(3).data()[0], out.at(3).data()[2]), (low, f64::INFINITY, 0.0));
    for i in 4..outputs.len() {
        assert_eq!(out.at(i).data()[..2], [0.0, 0.0], "output {i}: {}", out.at(i));
        assert!(out.at(i).iter().all(|x| x.is_finite()), "output {i}: {}", out.at(i));
    }
    Ok(())
}

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
