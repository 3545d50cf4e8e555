//! The value of an element does not depend on those beside it: not on the length, the offset, the batch or the passes.
//! And sums of many keep their digits.

use crate::catalog::maps::sample;
use gradus::op::{Map, Real};
use gradus::{Element, Feed, Graph, Params, Passes, Program, Tensor, tensor};

/// Lengths around those of vectors, rows and blocks.
const LENGTHS: [usize; 22] =
    [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 511, 512, 513, 700];
const MOST: usize = 700;

fn run<E: Element>(program: &mut Program<E>, feeds: Vec<Feed<'_, E>>) -> Tensor<E> {
    program.run(&Params::new(), feeds).expect("it runs").at(0).clone()
}

/// The bits, with one NaN for all.
fn bits<E: Element>(x: &Tensor<E>) -> Vec<u64> {
    x.iter().map(|x| if x.to_f64().is_nan() { u64::MAX } else { x.to_f64().to_bits() }).collect()
}

fn at_every_length<E: Element>() {
    for &map in Map::ALL {
        let n = map.args().len();
        let special = [0.0, -0.0, 1e-320, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 88.5, -700.0];
        let numbers: Vec<Tensor<E>> = (0..n)
            .map(|i| {
                let usual = sample(map, i, &[MOST]);
                let mut at = 0..MOST;
                usual.map(|x| {
                    let k = at.next().unwrap_or(0);
                    E::from_f64(match k % 9 {
                        0 => special[k / 9 % special.len()],
                        _ => x * (1.0 + k as f64 / 300.0),
                    })
                })
            })
            .collect();
        let alone: Vec<u64> = {
            let g = Graph::new();
            let xs: Vec<_> = (0..n).map(|i| g.input(format!("x{i}"), [1])).collect();
            let mut program = g.compile::<E>([Real::row(map, &xs)]).expect("it compiles");
            let one = |k: usize| -> Vec<Tensor<E>> {
                numbers.iter().map(|x| Tensor::from(vec![x.data()[k]])).collect()
            };
            (0..MOST)
                .flat_map(|k| {
                    let one = one(k);
                    let feeds = xs.iter().zip(&one).map(|(&x, one)| (x, one).into()).collect();
                    bits(&run(&mut program, feeds))
                })
                .collect()
        };
        for length in LENGTHS {
            for offset in [0, 1, 3].into_iter().filter(|offset| offset + length <= MOST) {
                let g = Graph::new();
                let xs: Vec<_> = (0..n).map(|i| g.input(format!("x{i}"), [MOST])).collect();
                let parts: Vec<_> = xs.iter().map(|x| x.slice(0, offset..offset + length)).collect();
                let mut program = g.compile::<E>([Real::row(map, &parts)]).expect("it compiles");
                let feeds = xs.iter().zip(&numbers).map(|(&x, numbers)| (x, numbers).into()).collect();
                let found = bits(&run(&mut program, feeds));
                assert!(
                    found == alone[offset..offset + length],
                    "{} of {length} from {offset} on",
                    map.name()
                );
            }
        }
    }
}

#[test]
fn an_element_has_the_same_bits_at_every_length_and_offset() {
    at_every_length::<f64>();
    at_every_length::<f32>();
}

#[test]
fn a_row_of_a_product_is_that_row_of_the_batch() {
    for (m, k, n) in [(1, 1, 1), (3, 5, 2), (17, 33, 9), (40, 64, 130), (5, 700, 1), (64, 3, 16)] {
        let number = |i: usize, j: usize| (((i * 31 + j * 17) % 101) as f32 / 50.0 - 1.0) * 1.1f32;
        let a = Tensor::from_fn([m, k], |at| number(at[0], at[1]));
        let b = Tensor::from_fn([k, n], |at| number(at[1] + 7, at[0]));
        let product = |a: &Tensor<f32>| {
            let g = Graph::new();
            let (x, y) = (g.input("x", a.shape()), g.input("y", [k, n]));
            let mut program = g.compile::<f32>([x.matmul(y)]).expect("it compiles");
            run(&mut program, vec![(x, a).into(), (y, &b).into()])
        };
        let all = product(&a);
        for i in 0..m {
            let row = product(&Tensor::from_fn([1, k], |at| a[[i, at[1]]]));
            assert_eq!(bits(&row), bits(&all)[i * n..][..n], "row {i} of [{m}, {k}] · [{k}, {n}]");
        }
    }
}

#[test]
fn the_mean_of_a_million_equal_numbers_is_that_number() {
    fn mean<E: Element>(shape: [usize; 2], axis: usize) -> f64 {
        let g = Graph::new();
        let x = g.input("x", shape);
        let mut program = g.compile::<E>([x.mean(axis)]).expect("it compiles");
        let means = run(&mut program, vec![(x, &Tensor::full(shape, E::from_f64(0.1))).into()]);
        means.iter().map(|mean| (mean.to_f64() - E::from_f64(0.1).to_f64()).abs()).fold(0.0, f64::max)
    }
    for (shape, axis) in [
        ([1_000_000, 1], 0),
        ([1, 1_000_000], 1),
        ([1_000_000, 3], 0),
        ([3, 1_000_000], 1),
        ([1000, 1000], 0),
    ] {
        let (double, single) = (mean::<f64>(shape, axis), mean::<f32>(shape, axis));
        assert!(double <= 2.0 * 2f64.powi(-56), "{shape:?} along {axis}: off by {double:e}");
        assert!(single <= 2.0 * 2f64.powi(-27), "{shape:?} along {axis} in f32: off by {single:e}");
    }
}

#[test]
fn what_lies_far_from_0_is_normalized_with_all_its_digits() {
    let x = tensor![[10000.0f32, 10001.0, 10002.0, 10003.0], [-10000.0, -10001.0, -10002.0, -10003.0]];
    for fuse in [true, false] {
        let g = Graph::new();
        let v = g.input("x", [2, 4]);
        let root = 1.25f64.sqrt();
        let y = [v.normalize(-1, 0.0), v.std(-1), v.var(-1)];
        let mut program =
            g.compile_with::<f32>(y, Passes { fuse, ..Passes::default() }).expect("it compiles");
        let out = program.run(&Params::new(), [(v, &x)]).expect("it runs");
        for (i, found) in out.at(0).iter().enumerate() {
            let sign = if i < 4 { 1.0 } else { -1.0 };
            let expected = sign * ((i % 4) as f64 - 1.5) / root;
            assert!((f64::from(*found) / expected - 1.0).abs() < 2e-7, "{found} instead of {expected}");
        }
        assert!(out.at(1).iter().all(|std| (f64::from(*std) / root - 1.0).abs() < 2e-7), "{}", out.at(1));
        assert_eq!(out.at(2).to_string(), "[[1.25], [1.25]]");
    }
}
