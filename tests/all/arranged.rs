//! Elements in another arrangement, running folds, sorting and einsum, each beside plain loops.

use gradus::prelude::*;
use gradus::{Axes, OutputVar};
use std::cmp::Ordering;

fn numbers(shape: impl Into<Shape>) -> Tensor<f64> {
    let mut i = 0..;
    Tensor::from_fn(shape, |_| f64::from((7 * i.next().unwrap_or(0) + 3) % 23) / 4.0 - 2.5)
}

/// A tensor of a shape, each element from its place.
fn filled(shape: &[usize], f: impl FnMut(&[usize]) -> f64) -> Tensor<f64> {
    Tensor::from_fn(shape, f)
}

/// The element of a tensor whose place is changed along one axis.
fn moved(x: &Tensor<f64>, at: &[usize], axis: usize, to: usize) -> f64 {
    let mut at = at.to_vec();
    at[axis] = to;
    *x.get(&at).expect("it is inside")
}

#[track_caller]
fn same(y: Var<'_>, expected: &Tensor<f64>) {
    let found = y.eval::<f64>().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.shape(), expected.shape());
    let off = found.iter().zip(expected).find(|(a, b)| a.to_bits() != b.to_bits() && a != b);
    assert!(off.is_none(), "{found}\nshould be {expected}");
}

#[track_caller]
fn near(y: Var<'_>, expected: &Tensor<f64>) {
    let found = y.eval::<f64>().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.shape(), expected.shape());
    let off = found.iter().zip(expected).find(|(a, b)| (**a - **b).abs() > 1e-13 * (1.0 + b.abs()));
    assert!(off.is_none(), "{off:?}: {found}\nshould be {expected}");
}

#[test]
fn arrangements_are_those_of_loops() {
    let (shape, x) = ([3, 4, 5], numbers([3, 4, 5]));
    let g = Graph::new();
    let v = g.value(x.clone());
    for axis in 0..3 {
        let n = shape[axis];
        same(v.flip(axis), &filled(&shape, |at| moved(&x, at, axis, n - 1 - at[axis])));
        for shift in [-7, -1, 0, 1, 2, 11] {
            let from = |i: usize| (i as isize - shift).rem_euclid(n as isize) as usize;
            same(v.roll(shift, axis), &filled(&shape, |at| moved(&x, at, axis, from(at[axis]))));
        }
        for count in [0, 1, 3] {
            let mut longer = shape;
            longer[axis] *= count;
            same(
                v.repeat_interleave(count, axis),
                &filled(&longer, |at| moved(&x, at, axis, at[axis] / count)),
            );
            let mut repeats = [1; 3];
            repeats[axis] = count;
            same(v.tile(repeats), &filled(&longer, |at| moved(&x, at, axis, at[axis] % n)));
        }
        for (start, end, step) in [(0, n, 2), (1, n, 2), (0, n - 1, 3), (1, 1, 2), (2, n, 9)] {
            let mut shorter = shape;
            shorter[axis] = (end - start).div_ceil(step);
            let y = v.slice_step(axis, start..end, step);
            same(y, &filled(&shorter, |at| moved(&x, at, axis, start + step * at[axis])));
        }
    }
    for diagonal in -6..6 {
        let kept = |at: &[usize], lower: bool| {
            let right = at[2] as isize - at[1] as isize;
            let inside = if lower { right <= diagonal } else { right >= diagonal };
            if inside { *x.get(at).expect("it is inside") } else { 0.0 }
        };
        same(v.tril(diagonal), &filled(&shape, |at| kept(at, true)));
        same(v.triu(diagonal), &filled(&shape, |at| kept(at, false)));
    }
    same(v.diagonal(), &filled(&[3, 4], |at| *x.get(&[at[0], at[1], at[1]]).expect("it is inside")));
    same(g.arange(4), &tensor![0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn any_and_all_take_nan_for_set_and_nothing_for_none() {
    let g = Graph::new();
    let x = g.value(Tensor::from([[0.0, f64::NAN], [0.0, -0.0], [2.0, 1.0]]));
    same(x.any(1), &tensor![[1.0], [0.0], [1.0]]);
    same(x.all(1), &tensor![[0.0], [0.0], [1.0]]);
    let nothing = g.value(Tensor::zeros([2, 0]));
    same(nothing.any(Axes::from(..)), &Tensor::from(0.0));
    same(nothing.all(Axes::from(..)), &Tensor::from(1.0));
}

#[test]
fn running_folds_are_those_of_loops() {
    fn run(x: &Tensor<f64>, axis: usize, join: impl Fn(f64, f64) -> f64) -> Tensor<f64> {
        Tensor::from_fn(x.shape(), |at| {
            (1..=at[axis]).fold(moved(x, at, axis, 0), |y, i| join(y, moved(x, at, axis, i)))
        })
    }
    for n in 0..18 {
        for (shape, axis) in [(vec![n], 0), (vec![2, n, 3], 1), (vec![n, 2], 0)] {
            let x = numbers(&shape[..]);
            let g = Graph::new();
            let v = g.value(x.clone());
            near(v.cumsum(axis), &run(&x, axis, |a, b| a + b));
            near(v.cumprod(axis), &run(&x, axis, |a, b| a * b));
            same(v.cummax(axis), &run(&x, axis, f64::max));
            near(v.logcumsumexp(axis), &run(&x, axis, |a, b| a.max(b) + (-(a - b).abs()).exp().ln_1p()));
        }
    }
}

#[test]
fn a_running_product_has_right_derivatives_of_both_orders_beside_zeros() {
    for x in [[2.0, 0.0, 5.0, 3.0, 0.5], [0.0, 0.0, 5.0, 3.0, 0.5], [0.0; 5], [2.0, 1.0, 5.0, 3.0, 0.5]] {
        let g = Graph::new();
        let v = g.value(Tensor::from(x));
        // The slopes of Σᵢ Π_{k ≤ i} xₖ are products of the others.
        let others = |gone: &[usize]| -> f64 {
            let least = *gone.iter().max().expect("one");
            let product = |i: usize| (0..=i).filter(|k| !gone.contains(k)).map(|k| x[k]).product::<f64>();
            (least..5).map(product).sum()
        };
        let total = v.cumprod(0).sum(..);
        same(total.grad(v), &filled(&[5], |at| others(at)));
        same(total.hessian(v), &filled(&[5, 5], |at| if at[0] == at[1] { 0.0 } else { others(at) }));
    }
}

#[test]
fn a_running_maximum_keeps_nan_and_gives_the_slope_to_the_last_of_ties() {
    let g = Graph::new();
    let of = |x: Vec<f64>| g.value(Tensor::from(x));
    assert_eq!(of(vec![1.0, f64::NAN, 3.0, 0.0]).cummax(0).to_string(), "[1, NaN, NaN, NaN]");
    let low = f64::NEG_INFINITY;
    assert_eq!(of(vec![low, low, 3.0]).cummax(0).to_string(), "[-inf, -inf, 3]");
    let x = of(vec![2.0; 6]);
    assert_eq!(x.cummax(0).sum(..).grad(x).to_string(), "[1, 1, 1, 1, 1, 1]");
    let x = of(vec![3.0, 1.0, 3.0, 2.0]);
    assert_eq!(x.cummax(0).sum(..).grad(x).to_string(), "[2, 0, 2, 0]");
}

#[test]
fn running_sums_lose_less_than_those_of_a_loop() {
    let n = 10_000;
    let x: Tensor<f64> = Tensor::from_fn([n], |at| f64::from(0.1_f32) * (1.0 + (at[0] % 7) as f64));
    let g = Graph::new();
    let found = g.value(x.clone()).cumsum(0).eval::<f32>().expect("it runs");
    let (mut exact, mut naive, mut worst, mut plain) = (0.0_f64, 0.0_f32, 0.0_f64, 0.0_f64);
    for (y, x) in found.iter().zip(&x) {
        (exact, naive) = (exact + f64::from(*x as f32), naive + *x as f32);
        worst = worst.max((f64::from(*y) - exact).abs() / exact);
        plain = plain.max((f64::from(naive) - exact).abs() / exact);
    }
    assert!(worst < 14.0 * f64::from(f32::EPSILON) && worst < plain, "{worst:e}, and {plain:e} by a loop");
}

/// The order in which a NaN is the largest, and equals stay.
fn places(line: &[f64], descending: bool) -> Vec<usize> {
    let up = |a: f64, b: f64| match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => a.partial_cmp(&b).expect("numbers"),
    };
    let mut order: Vec<usize> = (0..line.len()).collect();
    order.sort_by(|&i, &j| if descending { up(line[j], line[i]) } else { up(line[i], line[j]) });
    order
}

fn sorted<E: Element>() {
    let odd = [f64::NAN, 1.0, -0.0, 0.0, f64::INFINITY, 1.0, f64::NEG_INFINITY, -2.5, f64::NAN];
    for shape in [[9, 1, 1], [2, 9, 1], [3, 1, 9], [2, 5, 3], [3, 4, 2]] {
        let mut i = 0..;
        let x: Tensor<f64> = Tensor::from_fn(shape, |_| odd[(5 * i.next().unwrap_or(0)) % 9]);
        for axis in 0..3 {
            let n = shape[axis];
            let k = n.div_ceil(2);
            let g = Graph::new();
            let v = g.value(x.clone());
            let (top, indices) = v.topk(k, axis);
            let (up, down) = (v.argsort(axis), v.argsort_descending(axis));
            let asked: [OutputVar<'_>; 6] = [
                up.into(),
                down.into(),
                indices.into(),
                v.sort(axis).into(),
                v.sort_descending(axis).into(),
                top.into(),
            ];
            let mut program = g.compile::<E>(asked).expect("it compiles");
            let out = program.run_unfed(&Params::new()).expect("it runs");
            let line = |at: &[usize]| (0..n).map(|i| moved(&x, at, axis, i)).collect::<Vec<f64>>();
            let order = |size: usize, descending: bool| -> Tensor<usize> {
                let mut shorter = shape;
                shorter[axis] = size;
                Tensor::from_fn(shorter, |at| {
                    places(&line(&[at[0] % shape[0], at[1] % shape[1], at[2] % shape[2]]), descending)
                        [at[axis]]
                })
            };
            let expected = [order(n, false), order(n, true), order(k, true)];
            let found = [out[up].clone(), out[down].clone(), out[indices].clone()];
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found, expected, "{shape:?} along {axis}");
            }
            for (i, places) in expected.iter().enumerate() {
                let found = out.at(3 + i);
                let numbers = Tensor::from_fn(places.shape(), |at| {
                    moved(&x, at, axis, *places.get(at).expect("it is inside"))
                });
                let bits = |x: f64| if x.is_nan() { 0 } else { x.to_bits() };
                assert!(
                    found.iter().zip(&numbers).all(|(a, b)| bits(a.to_f64()) == bits(*b)),
                    "{found}, {numbers}"
                );
            }
        }
    }
}

#[test]
fn sorting_is_stable_and_has_nan_at_the_large_end() {
    sorted::<f32>();
    sorted::<f64>();
}

/// The sum over all labels, in plain loops.
fn looped(equation: &str, values: &[Tensor<f64>]) -> Tensor<f64> {
    let (left, right) = equation.split_once("->").expect("an arrow");
    let inputs: Vec<Vec<char>> = left.split(',').map(|part| part.chars().collect()).collect();
    let mut sizes: Vec<(char, usize)> = Vec::new();
    for (labels, value) in inputs.iter().zip(values) {
        for (&label, &size) in labels.iter().zip(value.shape().iter()) {
            if !sizes.iter().any(|known| known.0 == label) {
                sizes.push((label, size));
            }
        }
    }
    let place = |label: char| sizes.iter().position(|known| known.0 == label).expect("it is known");
    let output: Vec<usize> = right.chars().map(place).collect();
    let shape: Vec<usize> = output.iter().map(|&i| sizes[i].1).collect();
    let mut y = vec![0.0; shape.iter().product()];
    let all: Shape = sizes.iter().map(|known| known.1).collect();
    for flat in 0..all.size() {
        let at = all.unravel(flat);
        let term: f64 = inputs
            .iter()
            .zip(values)
            .map(|(labels, value)| {
                let at: Vec<usize> = labels.iter().map(|&label| at[place(label)]).collect();
                *value.get(&at).expect("it is inside")
            })
            .product();
        let to = output.iter().zip(&shape).fold(0, |to, (&i, &size)| to * size + at[i]);
        y[to] += term;
    }
    Tensor::new(&shape[..], y).expect("it fits")
}

#[test]
fn einsum_is_the_sum_over_all_labels() {
    let cases: [(&str, &[&[usize]]); 19] = [
        ("ij,jk->ik", &[&[2, 3], &[3, 4]]),
        ("ji,kj->ki", &[&[3, 2], &[4, 3]]),
        ("bij,bjk->bik", &[&[2, 3, 4], &[2, 4, 2]]),
        ("ibj,kjb->bik", &[&[3, 2, 4], &[2, 4, 2]]),
        ("bhqd,bhkd->bhqk", &[&[2, 2, 3, 4], &[2, 2, 5, 4]]),
        ("ijk,jkl->li", &[&[2, 3, 4], &[3, 4, 2]]),
        ("ij,ij->", &[&[2, 3], &[2, 3]]),
        ("ij,ij->ij", &[&[2, 3], &[2, 3]]),
        ("i,j->ji", &[&[2], &[3]]),
        ("ij,k->", &[&[2, 3], &[2]]),
        ("ij->j", &[&[2, 3]]),
        ("ijk->kij", &[&[2, 3, 4]]),
        ("ii->", &[&[3, 3]]),
        ("ii->i", &[&[3, 3]]),
        ("iji,j->i", &[&[2, 3, 2], &[3]]),
        ("iiii->i", &[&[2, 2, 2, 2]]),
        ("ij,jk,kl->il", &[&[2, 3], &[3, 2], &[2, 4]]),
        ("ij,j,jk,k->ik", &[&[2, 3], &[3], &[3, 2], &[2]]),
        ("ab,ac,ad->bcd", &[&[2, 3], &[2, 2], &[2, 4]]),
    ];
    for (equation, shapes) in cases {
        let values: Vec<Tensor<f64>> = shapes.iter().map(|&shape| numbers(shape)).collect();
        let g = Graph::new();
        let vars: Vec<Var<'_>> = values.iter().map(|value| g.value(value.clone())).collect();
        near(g.einsum(equation, &vars), &looped(equation, &values));
    }
}

#[test]
fn an_equation_is_quoted_with_a_mark_below_what_is_wrong() {
    let g = Graph::new();
    let x = g.value(numbers([2, 3]));
    let line = line!() + 1;
    let error = g.einsum("ab, bc -> ac", &[x, x]).eval::<f64>().expect_err("3 is not 2").to_string();
    let expected = format!(
        "einsum: the label b is 3 long in value 0 and 2 in value 1\n    ab, bc -> ac\n        ^\n  --> {}:{line}:",
        file!()
    );
    assert!(error.starts_with(&expected), "{error}");
}
