//! Slopes of rows, changed by mistakes that happen in practice.

use super::{Mutant, Of, Rule};
use gradus::Var;
use gradus::op::{Map, Real};
use std::sync::Arc;

/// The rows that are changed.
pub const ROWS: [Map; 25] = [
    Map::Sigmoid,
    Map::Tanh,
    Map::Relu,
    Map::Selu,
    Map::Gelu,
    Map::GeluTanh,
    Map::Silu,
    Map::Mish,
    Map::Softplus,
    Map::Softsign,
    Map::LogSigmoid,
    Map::LogNormalCdf,
    Map::HardSigmoid,
    Map::HardSwish,
    Map::HardTanh,
    Map::Relu6,
    Map::Gaussian,
    Map::Arctan,
    Map::Logcosh,
    Map::Exp,
    Map::Ln,
    Map::Sqrt,
    Map::Erf,
    Map::Square,
    Map::Sin,
];

/// Rows whose slope vanishes in a tail without being 0.
const VANISH: [Map; 14] = [
    Map::Sigmoid,
    Map::Tanh,
    Map::Selu,
    Map::Gelu,
    Map::GeluTanh,
    Map::Silu,
    Map::Mish,
    Map::Softplus,
    Map::LogSigmoid,
    Map::LogNormalCdf,
    Map::Gaussian,
    Map::Exp,
    Map::Erf,
    Map::Softsign,
];

/// Rows that are flat somewhere.
const FLAT: [Map; 5] = [Map::Relu, Map::Relu6, Map::HardSigmoid, Map::HardTanh, Map::HardSwish];

/// The right slope of a row.
pub fn slope<'a>(map: Map, x: Var<'a>, y: Var<'a>) -> Var<'a> {
    map.slope(0, &[x], y).unwrap_or_else(|| x.zeros_like())
}

/// A row with its slope changed.
pub fn changed(
    map: Map,
    name: &str,
    class: &'static str,
    change: impl for<'a> Fn(Var<'a>, Var<'a>) -> Var<'a> + Send + Sync + 'static,
) -> Mutant {
    let rule: Rule =
        Arc::new(move |args, y, ct| vec![ct.strong_mul(change(args[0], slope(map, args[0], y)))]);
    Mutant {
        name: format!("{}: {name}", map.name()),
        class,
        value: Arc::new(move |args| Real::row(map, args)),
        rule,
        of: Of::Number(map),
        then: None,
    }
}

/// The rows with their right slopes, through the same machinery.
pub fn right() -> Vec<Mutant> {
    ROWS.iter().map(|&map| changed(map, "right", "right", |_, s| s)).collect()
}

pub fn all() -> Vec<Mutant> {
    let mut all = Vec::new();
    for map in ROWS {
        all.push(changed(map, "sign", "sign", |_, s| -s));
        all.push(changed(map, "twice", "factor 2", |_, s| s * 2.0));
        all.push(changed(map, "1e-4 everywhere", "relative 1e-4", |_, s| s * (1.0 + 1e-4)));
        all.push(changed(map, "3e-8 everywhere", "constant in f32", |_, s| s * (1.0 + 3e-8)));
        if !matches!(map, Map::HardSigmoid | Map::HardTanh | Map::Relu6) {
            all.push(changed(map, "1e-3 beyond 6", "relative 1e-3 in a tail", |x, s| {
                x.abs().gt(6.0).select(s * (1.0 + 1e-3), s)
            }));
        }
        if !matches!(map, Map::HardSigmoid | Map::HardTanh | Map::Relu6 | Map::Gaussian | Map::Erf) {
            all.push(changed(map, "twice beyond 30", "factor 2 in a deep tail", |x, s| {
                x.abs().gt(30.0).select(s * 2.0, s)
            }));
        }
    }
    for map in VANISH {
        all.push(changed(map, "0 where below 1e-12", "zero in a deep tail", |_, s| {
            s.abs().lt(1e-12).select(0.0, s)
        }));
    }
    for map in FLAT {
        for (leak, name) in [(1e-3, "leaks 1e-3"), (1e-9, "leaks 1e-9")] {
            all.push(changed(map, name, "leak into a dead interval", move |_, s| s.eq(0.0).select(leak, s)));
        }
        all.push(changed(map, "kink shifted by 1e-3", "kink shifted", move |x, _| {
            let moved = x - 1e-3;
            slope(map, moved, Real::row(map, &[moved]))
        }));
        for (i, kink) in map.kinks().iter().enumerate() {
            let at = kink.at[0];
            for (by, name) in [(0.25, "a quarter"), (2.0, "two")] {
                let name = format!("{name} off at kink {i}");
                all.push(changed(map, &name, "wrong at a kink", move |x, s| x.eq(at).select(s + by, s)));
            }
        }
    }
    all
}

/// Fresh ones: a relative error of 1e-9 to 0.3 on a random interval of x, for each smooth row.
pub fn fresh(seed: u64, each: usize) -> Vec<(Mutant, f64)> {
    let mut state = seed;
    let mut unit = move || {
        // splitmix64
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut all = Vec::new();
    for map in ROWS.into_iter().filter(|map| map.kinks().is_empty()) {
        for _ in 0..each {
            let size = 10f64.powf(-9.0 + 8.5 * unit());
            let positive = map.domain()[0].0 == 0.0 || unit() < 0.5;
            let sign = if positive { 1.0 } else { -1.0 };
            let end = |u: f64| 0.01 * 70_000f64.powf(u);
            let (a, b) = (end(unit()), end(unit()));
            let (low, high) = (a.min(b), a.max(b));
            // A slope of 0 cannot be wrong by a share of itself.
            let slope_at = |x: f64| map.slope(0, &[sign * x], map.value(&[sign * x])).unwrap_or(0.0);
            if slope_at(low) == 0.0 && slope_at(high) == 0.0 {
                continue;
            }
            let name = format!("{size:.1e} on {sign}·[{low:.3}, {high:.3}]");
            let mutant = changed(map, &name, "fresh", move |x, s| {
                let at = x * sign;
                (at.ge(low) * at.le(high)).select(s * (1.0 + size), s)
            });
            all.push((mutant, size));
        }
    }
    all
}
