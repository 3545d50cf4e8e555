//! What runs together gives what its operations give one by one: rows beside each other and along the lanes,
//! choices by indices, functions with their slopes, and chains. Sums are trees of the same shape, so
//! most results have the same bits; where a fold is cut otherwise, a few roundings are allowed.

use gradus::prelude::*;
use gradus::{OutputVar, Passes};

/// Rows and columns: few rows, many; short, long, and of no whole vectors.
const SIZES: [(usize, usize); 8] =
    [(1, 4), (3, 200), (5, 1000), (8, 3), (33, 10), (100, 16), (250, 128), (7, 2048)];

struct Case<'g> {
    x: Var<'g>,
    w: Var<'g>,
    label: Idx<'g>,
}

/// One value for each of some functions of rows.
fn functions<'g>(Case { x, w, label }: &Case<'g>) -> Vec<(&'static str, Var<'g>)> {
    let (x, w, g) = (*x, *w, x.graph());
    let row = x.mean(1);
    let spread = |v: Var<'g>| v.broadcast_to(x.shape());
    vec![
        ("cross-entropy", x.softmax_cross_entropy(*label)),
        ("softmax", x.softmax(1) * w.square()),
        ("a row's function and slope", (x * spread(row.sigmoid()) + spread(row.softplus())).gelu()),
        ("an element's function and slope", x.sigmoid() * x.tanh() + w * x.silu()),
        ("chains", (x * w + x) / (w.square() * 0.5 + 1.0) - x * 0.25),
        ("a row against its largest", (x - spread(x.max(1))).exp()),
        ("a chosen element", x * label.one_hot() * spread(row.tanh())),
        (
            "a row's number, chosen and summed",
            label.one_hot().select(spread(row), spread(g.constant(0.0))).sum(1),
        ),
        (
            "a number, chosen and summed",
            label.one_hot().select(spread(g.constant(3.0)), spread(g.constant(0.0))).sum(1) * x,
        ),
        ("all but a chosen element", label.one_hot().select(spread(row), x * w)),
    ]
}

fn agree<E: Element>(roundings: f64) {
    let eps = if size_of::<E>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    for (rows, columns) in SIZES {
        let g = Graph::new();
        let case = Case {
            x: g.input("x", [rows, columns]),
            w: g.input("w", [rows, columns]),
            label: g.labels("label", [rows], columns),
        };
        let wave = |at: &[usize], by: f64| E::from_f64(((at[0] * columns + at[1]) as f64 * by).sin() * 2.0);
        let xs = Tensor::from_fn([rows, columns], |at| wave(at, 0.7));
        let ws = Tensor::from_fn([rows, columns], |at| wave(at, 0.31));
        let labels = Tensor::from_fn([rows], |at| (at[0] * 7 + 1) % columns);
        for (name, y) in functions(&case) {
            // Of squares, so that nothing cancels and a rounding is told from a mistake.
            let y = if y.shape().is_empty() { y } else { y.square().sum(..) };
            let mut asked = vec![OutputVar::from(y)];
            asked.extend(y.grads(&[case.x, case.w]).into_iter().map(OutputVar::from));
            let run = |fuse: bool| -> Vec<Tensor<E>> {
                let passes = Passes { fuse, ..Passes::default() };
                let mut program: Program<E> = g.compile_with(asked.clone(), passes).expect("it compiles");
                let feeds = [case.x.feed(&xs), case.w.feed(&ws), case.label.feed(&labels)];
                let out = program.run(&Params::new(), feeds).expect("it runs");
                (0..3).map(|i| out.at(i).clone()).collect()
            };
            for (i, (fused, apart)) in run(true).iter().zip(run(false)).enumerate() {
                let largest = apart.iter().fold(0.0, |most: f64, y| most.max(y.to_f64().abs()));
                for (at, (a, b)) in fused.iter().zip(&apart).enumerate() {
                    let (a, b) = (a.to_f64(), b.to_f64());
                    assert!(
                        (a - b).abs() <= roundings * eps * largest,
                        "{name}, {rows}×{columns}, output {i} at {at}: fused {a}, apart {b}"
                    );
                }
            }
        }
    }
}

#[test]
fn single_precision() {
    agree::<f32>(4.0);
}

#[test]
fn double_precision() {
    agree::<f64>(4.0);
}

/// Single numbers run in a row, with the last result at hand, whatever stands between them: functions that have kernels,
/// results that others read, arguments that are read again, and a result that is an argument's other side.
#[test]
fn single_numbers_are_what_their_operations_make_of_them_one_by_one() {
    let g = Graph::new();
    let (a, b) = (g.input("a", ()), g.input("b", [1, 1]));
    let (mut x, mut y) = (a, b.reshape(()));
    let mut asked = Vec::new();
    for round in 0..6 {
        x = (x * y + a).relu() - x;
        y = y - 0.5 * x * x;
        if round % 2 == 0 {
            x = x.tanh() / (1.0 + y.exp());
            asked.push(x);
        }
        asked.push(-y);
        y = y - x / 3.0;
    }
    asked.push(x - y);
    let slopes = (x + y).grads(&[a, b]);
    asked.extend(slopes);
    let run = |fuse: bool, at: [f64; 2]| -> Vec<u64> {
        let passes = Passes { fuse, ..Passes::default() };
        let mut program: Program<f64> = g.compile_with(asked.iter().copied(), passes).expect("it compiles");
        let (p, q) = (Tensor::full((), at[0]), Tensor::full([1, 1], at[1]));
        // A second run finds the registers as the first one left them.
        (0..2)
            .map(|_| {
                let out = program.run(&Params::new(), [(a, &p), (b, &q)]).expect("it runs");
                (0..asked.len()).map(|i| out.at(i).data()[0].to_bits()).collect::<Vec<u64>>()
            })
            .reduce(|first, second| {
                assert_eq!(first, second);
                second
            })
            .expect("two runs")
    };
    for at in [[0.7, 0.3], [-1.4, 0.9], [0.0, -0.0], [3.0, -2.5]] {
        assert_eq!(run(true, at), run(false, at), "at {at:?}");
    }
}
