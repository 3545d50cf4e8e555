//! Programs that once computed something else than their graph says, each with others of its kind. Numbers are whole, so
//! that every way to compute them gives the same bits.

use gradus::interpret::{Value, interpret};
use gradus::prelude::*;
use gradus::{Axes, Feed, InstructionSet, NodeId, OutputVar, Passes};
use std::collections::HashMap;

/// Small whole numbers in a scattered order.
fn numbers(shape: impl Into<Shape>, seed: usize) -> Tensor<f64> {
    let mut i = 0..;
    Tensor::from_fn(shape, |_| ((i.next().unwrap_or(0) * 7 + seed * 5) % 11) as f64 - 5.0)
}

fn passes() -> impl Iterator<Item = Passes> {
    (0..8).map(|i| Passes { simplify: i & 1 == 0, cse: i & 2 == 0, fuse: i & 4 == 0 })
}

/// Runs a graph with every combination of passes, in both element types, on every instruction set, with one thread and
/// with every step divided; twice, first with other numbers, so that buffers hold what is not theirs. Everything that is
/// asked for is what the interpreter says.
#[track_caller]
fn agree(
    what: &str,
    asked: &[OutputVar<'_>],
    inputs: &[(Var<'_>, Tensor<f64>)],
    labels: &[(Idx<'_>, Tensor<usize>)],
) {
    agree_as::<f32>(what, asked, inputs, labels);
    agree_as::<f64>(what, asked, inputs, labels);
}

#[track_caller]
fn agree_as<E: Element>(
    what: &str,
    asked: &[OutputVar<'_>],
    inputs: &[(Var<'_>, Tensor<f64>)],
    labels: &[(Idx<'_>, Tensor<usize>)],
) {
    let id = |asked: &OutputVar<'_>| match asked {
        OutputVar::Real(y) => y.id(),
        OutputVar::Index(t) => t.id(),
    };
    let g = match asked[0] {
        OutputVar::Real(y) => y.graph(),
        OutputVar::Index(t) => t.graph(),
    };
    let ids: Vec<NodeId> = asked.iter().map(id).collect();
    let real = inputs.iter().map(|(x, value)| (x.id(), Value::Real(value.clone())));
    let given: HashMap<NodeId, Value> =
        real.chain(labels.iter().map(|(t, value)| (t.id(), Value::Index(value.clone())))).collect();
    let expected = interpret(g, &ids, &Params::new(), &given).expect("it can be interpreted");
    let cast: Vec<Tensor<E>> = inputs.iter().map(|(_, value)| value.cast()).collect();
    let other: Vec<Tensor<E>> = cast.iter().map(|x| x.map(|_| E::from_f64(f64::NAN))).collect();
    for passes in passes() {
        let mut program = g.compile_with::<E>(asked.iter().copied(), passes).expect("it compiles");
        for &set in InstructionSet::available() {
            program.instructions(set).expect("it is available");
            for divided in [false, true] {
                program.divide_all(divided);
                for numbers in [&other, &cast] {
                    let feeds = inputs.iter().zip(numbers).map(|((x, _), value)| x.feed(value));
                    let feeds: Vec<Feed<'_, E>> =
                        feeds.chain(labels.iter().map(|(t, value)| t.feed(value))).collect();
                    program.run(&Params::new(), &feeds).expect("it runs");
                }
                let out = program.last();
                for (i, (asked, expected)) in asked.iter().zip(&expected).enumerate() {
                    let at =
                        format!("{what}, output {i}, {}, {passes:?}, {set:?}, divided {divided}", E::DTYPE);
                    match (asked, expected) {
                        (OutputVar::Real(_), Value::Real(expected)) => {
                            let wrong = out.at(i).iter().zip(expected).position(|(a, b)| a.to_f64() != *b);
                            assert_eq!(wrong, None, "{at}");
                        }
                        (OutputVar::Index(t), Value::Index(expected)) => {
                            assert_eq!(out.indices(*t), Some(expected), "{at}");
                        }
                        _ => panic!("{at}"),
                    }
                }
            }
        }
    }
}

/// Rows of more elements than a block, which is 512, whose last block is no whole number of vectors.
const WIDE: [[usize; 2]; 9] =
    [[2, 520], [10, 600], [3, 1000], [5, 513], [4, 700], [2, 2001], [3, 527], [2, 2049], [7, 1025]];

#[test]
fn rows_wider_than_a_block_end_where_they_end() {
    for shape in WIDE.into_iter().chain([[1, 600], [3, 512], [2, 1024], [2, 528], [40, 17], [9, 100]]) {
        let g = Graph::new();
        let x = g.input("x", shape);
        let (bias, scale, row) =
            (g.input("bias", [shape[1]]), g.input("scale", [1, shape[1]]), g.input("row", [shape[0], 1]));
        let w = g.input("w", [shape[1], 3]);
        // Each is made by itself, then with others, and is asked for, so that it has a neighbor to be written over.
        let h = (x + bias).relu();
        let y = h * scale - bias;
        let z = (y + row).square() + h;
        let loss = (h * x).matmul(w).sum(..) + z.sum(..);
        let mut asked: Vec<OutputVar<'_>> = vec![loss.into(), h.into(), y.into(), z.into(), y.max(1).into()];
        asked.extend(loss.grads(&[x, bias, scale, row, w]).into_iter().map(OutputVar::from));
        let inputs = [
            (x, numbers(shape, 1)),
            (bias, numbers([shape[1]], 2)),
            (scale, numbers([1, shape[1]], 3)),
            (row, numbers([shape[0], 1], 4)),
            (w, numbers([shape[1], 3], 5)),
        ];
        agree(&format!("{shape:?}"), &asked, &inputs, &[]);
    }
}

#[test]
fn the_loss_of_wide_rows_is_the_same_with_and_without_fusion() {
    for shape @ [rows, columns] in [[4, 600], [128, 513], [32, 1000], [2, 520]] {
        let g = Graph::new();
        let (x, mean, w) = (g.input("x", shape), g.input("mean", [columns]), g.input("w", [columns, 3]));
        let h = (x - mean).tanh();
        let loss = h.square().mean(..) + (h * x).matmul(w).sum(..);
        let wave = |n: usize, by: f64| move |at: &[usize]| ((at[0] * n + at[at.len() - 1]) as f64 * by).sin();
        let xs = Tensor::from_fn(shape, wave(columns, 0.7));
        let means = Tensor::from_fn([columns], wave(1, 0.3));
        let ws = Tensor::from_fn([columns, 3], wave(3, 0.11));
        let run = |passes: Passes, divided: bool| {
            let asked = [vec![loss], loss.grads(&[x, mean, w])].concat();
            let mut program = g.compile_with::<f64>(asked, passes).expect("it compiles");
            program.divide_all(divided);
            let feeds = [(x, &xs), (mean, &means), (w, &ws)];
            program.run(&Params::new(), feeds).expect("it runs").at(0).item()
        };
        let apart = run(Passes { fuse: false, ..Passes::default() }, false);
        for divided in [false, true] {
            let fused = run(Passes::default(), divided);
            assert!(
                (fused - apart).abs() < 1e-11 * apart.abs().max(1.0),
                "{rows} x {columns}: {fused} and {apart}"
            );
        }
    }
}

#[test]
fn a_buffer_of_indices_is_read_as_long_as_its_value() {
    for (first, second) in [([64, 10], [8, 10]), ([5, 3], [2, 3]), ([33, 4], [1, 4]), ([17, 16], [16, 16])] {
        let g = Graph::new();
        let (a, b) = (g.input("a", first), g.input("b", second));
        let (s, t) = (g.labels("s", [first[0]], first[1]), g.labels("t", [second[0]], second[1]));
        let table = g.input("table", [first[1], 5]);
        // The larger one's buffer is free when the smaller one is made.
        let long = a.argmax(1).squeeze(1).agrees_with(s).sum(..);
        let best = b.argmax(1).squeeze(1);
        let short = best.agrees_with(t).sum(..);
        let rows = table.gather(best, 0);
        let hot = best.one_hot() * b;
        let added = b.scatter_add(best, 0, second[1].max(second[0]));
        let total = long + short + rows.square().sum(..) + hot.sum(..) + added.square().sum(..);
        let mut asked: Vec<OutputVar<'_>> =
            vec![long.into(), short.into(), rows.into(), hot.into(), added.into()];
        asked.extend(total.grads(&[b, table]).into_iter().map(OutputVar::from));
        asked.push(best.into());
        let labels = |rows: usize, classes: usize| Tensor::from_fn([rows], |at| at[0] * 3 % classes);
        agree(
            &format!("{first:?}, {second:?}"),
            &asked,
            &[(a, numbers(first, 1)), (b, numbers(second, 2)), (table, numbers([first[1], 5], 3))],
            &[(s, labels(first[0], first[1])), (t, labels(second[0], second[1]))],
        );
    }
}

#[test]
fn labels_of_one_class_choose_in_rows_of_one() {
    for shape in [[2, 16], [2, 2], [40, 3], [9, 600], [1, 5], [16, 128]] {
        let g = Graph::new();
        let x = g.input("x", shape);
        let one = g.labels("one", [shape[0]], 1);
        let best = x.max(1);
        let picked = best.pick(one);
        let (hot, least) = (one.one_hot(), x.min(1));
        let chosen = hot.select(least, best) + x;
        let twice = (hot * x).sum(1) - picked;
        let loss = picked.square().sum(..) + (chosen * 2.0).sum(..) + (twice * best).sum(..);
        let mut asked: Vec<OutputVar<'_>> = vec![best.into(), picked.into(), chosen.into(), twice.into()];
        asked.push(loss.into());
        // Equal largest ones share the slope, which is no whole number then.
        asked.push((picked * 3.0 + chosen.sum(1)).sum(..).grad(hot).into());
        agree(
            &format!("{shape:?}"),
            &asked,
            &[(x, numbers(shape, 1))],
            &[(one, Tensor::full([shape[0]], 0))],
        );
    }
}

#[test]
fn sums_of_one_number_stay_sums_of_one_number() {
    for shape in [[1, 16], [16, 2], [40, 10], [3, 600], [1, 1]] {
        let g = Graph::new();
        let x = g.input("x", shape);
        let (c, row) = (g.constant(3.0), x.sum(1));
        let none = Axes::from(&[] as &[usize]);
        let (of_c, of_row, of_x) = (c.sum(..), row.sum(none.clone()), x.sum(none));
        let all = (x * of_c + row).sum(..) + of_row.max(..) + c.max(..);
        let asked = [of_c.into(), of_row.into(), of_x.into(), all.into(), (x + of_c).max(1).into()];
        agree(&format!("{shape:?}"), &asked, &[(x, numbers(shape, 1))], &[]);
    }
    // In a group that becomes as wide as what reads its other value.
    for n in [2, 16, 17, 40, 600, 2048] {
        let g = Graph::new();
        let (x, s, c) = (g.input("x", [n]), g.input("s", ()), g.constant(3.0));
        let wide = x * (c * s);
        let of_c = [c.sum(..), c.max(..), c.sum(Axes::from(&[] as &[usize]))];
        let asked: Vec<OutputVar<'_>> =
            of_c.into_iter().chain([wide, wide.sum(..)]).map(OutputVar::from).collect();
        agree(&format!("{n}"), &asked, &[(x, numbers([n], 1)), (s, numbers((), 2))], &[]);
    }
}

#[test]
fn two_functions_of_a_rows_number_run_over_its_rows() {
    for shape in [[8, 3], [40, 10], [100, 16], [3, 600], [256, 2]] {
        let g = Graph::new();
        let x = g.input("x", shape);
        let spread = x.sum(1).broadcast_to(shape);
        let y = spread.sigmoid() * x + spread.logistic_pdf();
        let run = |passes: Passes| {
            let mut program = g.compile_with::<f64>([y, y.sum(..)], passes).expect("it compiles");
            let out = program.run(&Params::new(), [(x, &numbers(shape, 1))]).expect("it runs");
            (out.at(0).clone(), out.at(1).item())
        };
        let (expected, sum) = run(Passes { simplify: false, cse: false, fuse: false });
        for passes in passes() {
            let (found, total) = run(passes);
            assert_eq!(found, expected, "{shape:?} {passes:?}");
            assert!((total - sum).abs() < 1e-9, "{shape:?} {passes:?}");
        }
    }
}

#[test]
fn what_only_a_rule_reads_need_not_be_computed() {
    let g = Graph::new();
    let (x, unread) = (g.input("x", [5]), g.input("unread", [5]));
    let y = g.custom("straight", x + 1.0, &[(unread * 2.0).relu()], |_, _, ct| vec![ct]);
    let z = g.custom("both", y.square(), &[y, -unread], |args, _, ct| vec![ct * 2.0 * args[0], ct]);
    for passes in passes() {
        // Not even fed.
        let mut program = g.compile_with::<f32>([z], passes).expect("it compiles");
        let out = program.run(&Params::new(), [(x, &tensor![0.0, 1.0, 2.0, 3.0, 4.0])]).expect("it runs");
        assert_eq!(out.at(0), &tensor![1.0, 4.0, 9.0, 16.0, 25.0], "{passes:?}");
    }
    let asked = [z.into(), z.sum(..).grad(unread).into(), z.sum(..).grad(x).into()];
    agree("custom", &asked, &[(x, numbers([5], 1)), (unread, numbers([5], 2))], &[]);
}

#[test]
fn a_program_that_needs_more_than_all_memory_is_an_error() {
    let g = Graph::new();
    let (a, b) = (g.input("a", [1 << 30, 1]), g.input("b", [1, 1 << 29]));
    // Each value has 2⁵⁹ elements; 32 that are alive at once are 2⁶⁴.
    let all: Vec<Var<'_>> = (0..40).map(|i| (a + b + f64::from(i)).exp()).collect();
    let product = g.input("c", [1, 1 << 59]).matmul(g.input("d", [1 << 59, 1]));
    for passes in passes() {
        let sum = all.iter().map(|x| x.matmul(b.t())).reduce(|x, y| x * y).expect("there are some");
        for asked in [vec![sum], all.clone()] {
            let error =
                g.compile_with::<f32>(asked, passes).map(|_| ()).expect_err("there is no such memory");
            assert!(error.to_string().contains("memory") || error.to_string().contains("bytes"), "{error}");
        }
        let error = g.compile_with::<f64>([product], passes).map(|_| ());
        // Its sides are fed, so that it needs next to nothing itself.
        assert!(error.is_ok() || error.is_err_and(|error| error.to_string().contains("bytes")));
    }
}

#[test]
fn an_axis_of_nothing_has_rows_for_no_index() {
    let g = Graph::new();
    let x = g.input("x", [2, 0, 3]);
    let (some, none) = (g.labels("some", [4], 0), g.labels("none", [0], 0));
    let (rows, kept) = (x.gather(some, 1), x.gather(none, 1));
    let added = g.input("y", [4, 3]).scatter_add(some, 0, 0);
    let asked = [rows, kept, added, rows.sum(..), rows.sum(..).grad(x)];
    for passes in passes() {
        let mut program = g.compile_with::<f32>(asked, passes).expect("it compiles");
        let xs = Tensor::zeros([2, 0, 3]);
        let labels = [Tensor::full([4], 0), Tensor::full([0], 0)];
        let feeds = [x.feed(&xs), some.feed(&labels[0]), none.feed(&labels[1])];
        let error = program.run(&Params::new(), feeds).map(|_| ()).expect_err("there is no such label");
        assert!(
            error.to_string().contains("is not below 0") || error.to_string().contains("was not fed"),
            "{error}"
        );
        let mut program = g.compile_with::<f32>([kept, added.sum(..)], passes).expect("it compiles");
        let feeds = [x.feed(&xs), none.feed(&labels[1])];
        let error = program.run(&Params::new(), feeds).map(|_| ()).expect_err("it is not fed");
        assert!(error.to_string().contains("was not fed"), "{error}");
        let mut program = g.compile_with::<f32>([kept], passes).expect("it compiles");
        let feeds = [x.feed(&xs), none.feed(&labels[1])];
        assert_eq!(program.run(&Params::new(), feeds).expect("it runs").at(0).shape()[..], [2, 0, 3]);
    }
}

#[test]
fn constants_are_what_the_element_type_makes_of_them() {
    fn run<E: Element>(passes: Passes) -> Vec<f64> {
        let g = Graph::new();
        let c = |x: f64| g.constant(x);
        let asked = [
            c(1e-60).gt(0.0),
            (c(1.0) + 1e-12).gt(1.0),
            c(1e300) * 1e-300,
            c(1e-200).square() * 1e300,
            c(2.0).sqrt() * c(3.0).exp(),
            c(0.1) + 0.2,
            c(1e30) * 1e30,
            c(-100.0).exp().ln(),
        ];
        let mut program = g.compile_with::<E>(asked, passes).expect("it compiles");
        let out = program.run_unfed(&Params::new()).expect("it runs");
        (0..asked.len()).map(|i| out.at(i).item().to_f64()).collect()
    }
    for passes in passes() {
        for (run, rounding) in [(run::<f32> as fn(Passes) -> Vec<f64>, 1e-6), (run::<f64>, 1e-15)] {
            let plain = run(Passes { simplify: false, cse: false, fuse: false });
            for (i, (found, expected)) in run(passes).into_iter().zip(plain).enumerate() {
                let same = found == expected || found.is_nan() && expected.is_nan();
                assert!(
                    same || (found - expected).abs() <= rounding * expected.abs(),
                    "{i}, {passes:?}: {found} and {expected}"
                );
            }
        }
    }
}

#[test]
fn a_zero_that_is_added_or_taken_away_leaves_what_its_sign_makes() {
    let g = Graph::new();
    let x = g.input("x", [4]);
    let (zero, negative) = (g.constant(0.0), g.constant(-0.0));
    let sums =
        [x + 0.0, zero + x, x - 0.0, x + negative, negative + x, x - negative, zero - x, x * 1.0 + 0.0];
    let asked: Vec<OutputVar<'_>> = sums.iter().map(|y| y.recip().into()).collect();
    agree("zeros", &asked, &[(x, tensor![-0.0, 0.0, 2.0, -4.0])], &[]);
}

/// A step downhill at rate 1.
fn stepped(loss: Var<'_>, params: &Params<f64>) -> Result<Vec<Vec<f64>>> {
    let mut params = params.clone();
    let mut step = loss.graph().train(loss, gradus::optim::Sgd::new(1.0), &mut params)?;
    step.run_unfed(&mut params)?;
    Ok(params.iter().map(|(_, value)| value.data().to_vec()).collect())
}

#[test]
fn parameters_of_one_name_are_one_parameter() -> Result<()> {
    let (mut here, mut there) = (Params::<f64>::seeded(0), Params::seeded(0));
    let w = here.add("w", tensor![1.0, 2.0]);
    there.add("other", tensor![1.0]);
    let elsewhere = there.add("w", tensor![5.0, 6.0]);
    // Handles of two stores, at other places there: w · w downhill.
    let g = Graph::new();
    let (a, b) = (g.param(&w), g.param(&elsewhere));
    assert_eq!(a.id(), b.id());
    assert_eq!(stepped((a * b).sum(..), &here)?, [[-1.0, -2.0]]);
    // Of another shape it is another's.
    there.add("v", tensor![1.0, 2.0, 3.0]);
    let (v, line) = (there.add("u", tensor![[1.0], [2.0]]), line!() + 2);
    let mut third = Params::<f64>::seeded(0);
    let u = third.add("u", tensor![1.0]);
    let (g, _) = (Graph::new(), v.name());
    let sum = g.param(&v).sum(..) + g.param(&u).sum(..);
    let error = sum.eval::<f64>().expect_err("the shapes differ").to_string();
    for part in ["\"u\"", "[2, 1]", "[1]", &format!("tests/all/wrong_numbers.rs:{line}:")] {
        assert!(error.contains(part), "{part}: {error}");
    }
    Ok(())
}

#[test]
fn a_name_that_was_given_twice_is_not_trained_twice() {
    let mut params = Params::<f64>::seeded(0);
    let first = line!() + 1;
    let w = params.add("w", tensor![3.0, 4.0]);
    params.add("w", tensor![3.0, 4.0]);
    let g = Graph::new();
    // The second is used by nobody.
    let error = stepped(g.param(&w).square().sum(..), &params).expect_err("there are two").to_string();
    for line in [first, first + 1] {
        assert!(error.contains(&format!("tests/all/wrong_numbers.rs:{line}:")), "{error}");
    }
    assert!(error.contains("\"w\"") && error.contains("own name"), "{error}");
}

#[test]
fn an_input_that_is_fed_twice_is_an_error() {
    let (g, mut params) = (Graph::new(), Params::<f64>::seeded(0));
    let w = params.add("w", tensor![1.0, 2.0]);
    let (x, t) = (g.input("x", [2]), g.labels("t", [2], 3));
    let loss = (g.param(&w) * x * t.one_hot().sum(1).squeeze(1)).sum(..);
    let (one, two, labels) = (tensor![1.0, 1.0], tensor![2.0, 2.0], Tensor::full([2], 1));
    let mut program = g.compile::<f64>([loss]).expect("it compiles");
    let twice = [x.feed(&one), t.feed(&labels), x.feed(&two)];
    let labelled = [t.feed(&labels), x.feed(&one), t.feed(&labels)];
    for feeds in [twice, labelled] {
        let line = line!() + 1;
        let error = program.run(&params, feeds).map(|_| ()).expect_err("it is fed twice").to_string();
        assert!(error.contains("fed twice"), "{error}");
        assert!(error.contains(&format!("tests/all/wrong_numbers.rs:{line}:")), "{error}");
        let checked = gradcheck(loss, &params).feed(feeds).run();
        assert!(checked.is_err_and(|error| error.to_string().contains("fed twice")));
    }
}
