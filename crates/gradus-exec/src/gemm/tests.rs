use super::*;
use std::sync::Mutex;

/// A matrix with its strides: whole or transposed, dense or a part of a wider one, or with neither rows nor columns
/// whole.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Rows,
    Columns,
    WideRows,
    WideColumns,
    Apart,
}
use Layout::*;
const LAYOUTS: [Layout; 5] = [Rows, Columns, WideRows, WideColumns, Apart];

fn plain(size: [usize; 3]) -> Product {
    Product { size, strong: [false; 2] }
}

fn matrix<E: Float>(rows: usize, columns: usize, layout: Layout, seed: usize) -> (Vec<E>, [usize; 2]) {
    let strides = match layout {
        Rows => [columns, 1],
        Columns => [1, rows],
        WideRows => [columns + 3, 1],
        WideColumns => [1, rows + 5],
        Apart => [2 * columns + 1, 2],
    };
    let size = (rows.max(1) - 1) * strides[0] + (columns.max(1) - 1) * strides[1] + 1;
    let number = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f64 / 1000.0 - 1.0;
    ((0..size).map(|i| E::from_f64(number(i))).collect(), strides)
}

/// Computes the product element by element: one chain of fused multiply-adds.
fn chain<E: Float>([m, k, n]: [usize; 3], (a, s): Matrix<'_, E>, (b, t): Matrix<'_, E>) -> Vec<E> {
    let at = |i: usize, j: usize| {
        (0..k).fold(E::default(), |sum, l| a[i * s[0] + l * s[1]].mul_add(b[l * t[0] + j * t[1]], sum))
    };
    (0..m * n).map(|i| at(i / n, i % n)).collect()
}

/// Computes the product on `set`, and checks that each row is finished once, in turn, and complete.
fn run<E: Float>(
    set: InstructionSet,
    size @ [m, k, n]: [usize; 3],
    a: Matrix<'_, E>,
    b: Matrix<'_, E>,
) -> Vec<E> {
    let untouched = E::from_f64(77.0);
    let scheme = Scheme::new::<E>(set, size, a.1, b.1);
    let (mut out, mut scratch) = (vec![untouched; m * n + 5], vec![untouched; scheme.scratch(size)]);
    let (mut done, mut finished) = (0, Vec::new());
    product(set, plain(size), a, b, &mut out, &mut scratch, &mut |first, rows| {
        assert_eq!(first, done);
        done += rows.len() / n;
        finished.extend_from_slice(rows);
    });
    assert_eq!(done, m, "{size:?}");
    assert!(out[m * n..].iter().all(|&x| x == untouched), "{size:?} wrote past its end, k = {k}");
    out.truncate(m * n);
    assert_eq!(out, finished);
    out
}

fn check<E: Float>(size @ [m, k, n]: [usize; 3], layouts: [Layout; 2]) {
    let (a, b) = (matrix::<E>(m, k, layouts[0], 1), matrix::<E>(k, n, layouts[1], 2));
    let (a, b): (Matrix<'_, E>, Matrix<'_, E>) = ((&a.0, a.1), (&b.0, b.1));
    let expected = chain(size, a, b);
    for &set in InstructionSet::available() {
        assert_eq!(run(set, size, a, b), expected, "{set:?} {size:?} {layouts:?}");
    }
}

#[test]
fn every_element_is_one_chain_on_all_instructions() {
    let mut i = 0;
    for one in 1..=40 {
        for two in [1, 2, 7, 16, 33] {
            for three in [1, 3, 10, 25] {
                for size in [[one, two, three], [two, one, three], [two, three, one]] {
                    i += 1;
                    let layouts = [LAYOUTS[i % 5], LAYOUTS[i / 5 % 5]];
                    check::<f32>(size, layouts);
                    check::<f64>(size, layouts);
                }
            }
        }
    }
}

#[test]
fn all_layouts_of_both_sides() {
    for left in LAYOUTS {
        for right in LAYOUTS {
            let few_rows = [[1, 40, 129], [1, 9, 2], [2, 33, 150], [70, 33, 2], [5, 30, 77]];
            for size in [[37, 19, 70], [64, 64, 10], [50, 40, 3], [23, 40, 1]].into_iter().chain(few_rows) {
                check::<f32>(size, [left, right]);
                check::<f64>(size, [left, right]);
            }
        }
    }
}

#[test]
fn large_right_sides() {
    for (i, left) in LAYOUTS.into_iter().enumerate() {
        let right = LAYOUTS[(i * 2 + 1) % 5];
        check::<f32>([31 + 230 * (i % 2), 290, 1021], [left, right]);
        check::<f64>([29, 531, 260], [right, left]);
    }
}

#[test]
fn nothing_to_sum_is_zero() {
    for &set in InstructionSet::available() {
        let (a, b): (Matrix<'_, f32>, Matrix<'_, f32>) = ((&[], [0, 1]), (&[], [2, 1]));
        assert_eq!(run(set, [3, 0, 2], a, b), [0.0; 6]);
        let mut out = [5.0_f32; 2];
        product(set, plain([0, 3, 2]), a, b, &mut out, &mut [], &mut |_, _| {});
        assert_eq!(out, [5.0; 2], "no row is no row");
    }
    assert_eq!(scratch::<f32>(InstructionSet::best(), [3, 0, 2], [1, 3], [1, 0]), 0);
}

#[test]
fn what_is_not_finite_stays_in_its_row_and_column() {
    for &set in InstructionSet::available() {
        for [m, k, n] in [[9, 20, 35], [40, 20, 3], [5, 300, 1000]] {
            for layouts in [[Rows, Rows], [Columns, Columns]] {
                let (mut a, s) = matrix::<f32>(m, k, layouts[0], 3);
                let (mut b, t) = matrix::<f32>(k, n, layouts[1], 4);
                a[2 * s[0] + 7 * s[1]] = f32::NAN;
                b[9 * t[0] + 2 * t[1]] = f32::INFINITY;
                a[3 * s[0] + 9 * s[1]] = 0.0;
                let out = run_unchecked(set, [m, k, n], (&a, s), (&b, t));
                for (i, x) in out.iter().enumerate() {
                    let (row, column) = (i / n, i % n);
                    let nan = row == 2 || (row == 3 && column == 2);
                    assert_eq!(x.is_nan(), nan, "{set:?} {row} {column}");
                    assert_eq!(x.is_finite(), row != 2 && column != 2, "{set:?} {row} {column}");
                }
            }
        }
    }
}

fn run_unchecked(set: InstructionSet, size: [usize; 3], a: Matrix<'_, f32>, b: Matrix<'_, f32>) -> Vec<f32> {
    let scheme = Scheme::new::<f32>(set, size, a.1, b.1);
    let (mut out, mut scratch) = (vec![0.0; size[0] * size[2]], vec![f32::NAN; scheme.scratch(size)]);
    product(set, plain(size), a, b, &mut out, &mut scratch, &mut |_, _| {});
    out
}

/// The chain without the terms in which an exact zero wins.
fn strong_chain<E: Float>(
    Product { size: [m, k, n], strong: [left, right] }: Product,
    (a, s): Matrix<'_, E>,
    (b, t): Matrix<'_, E>,
) -> Vec<f64> {
    let at = |i: usize, j: usize| {
        let sum = (0..k).fold(E::default(), |sum, l| {
            let (x, y) = (a[i * s[0] + l * s[1]], b[l * t[0] + j * t[1]]);
            let wins = left && x == E::default() || right && y == E::default();
            if wins { sum } else { x.mul_add(y, sum) }
        });
        sum.to_f64()
    };
    (0..m * n).map(|i| at(i / n, i % n)).collect()
}

fn check_strong<E: Float>(size @ [m, k, n]: [usize; 3], layouts: [Layout; 2], strong: [bool; 2]) {
    let ((mut a, s), (mut b, t)) = (matrix::<E>(m, k, layouts[0], 1), matrix::<E>(k, n, layouts[1], 2));
    // Zeros beside NaN and ∞ in columns of the left and the rows of the right that they meet, and one that nothing
    // covers.
    let (odd, all) = ([f64::NAN, f64::INFINITY, f64::NEG_INFINITY], [0, k / 2, k - 1]);
    for (which, &l) in all.iter().enumerate() {
        for i in 0..m {
            a[i * s[0] + l * s[1]] = E::from_f64(if strong[0] { 0.0 } else { odd[(which + i) % 3] });
        }
        for j in 0..n {
            b[l * t[0] + j * t[1]] = E::from_f64(if strong[0] { odd[(which + j) % 3] } else { 0.0 });
        }
    }
    a[(m - 1) * s[0] + (k / 3) * s[1]] = E::from_f64(f64::NAN);
    let product = Product { size, strong };
    let expected = strong_chain(product, (&a, s), (&b, t));
    for &set in InstructionSet::available() {
        let scheme = Scheme::new::<E>(set, size, s, t);
        let mut scratch = vec![E::from_f64(f64::NAN); scheme.scratch(size)];
        let (mut out, mut finished) = (vec![E::default(); m * n], Vec::new());
        let finish: Finish<'_, E> = &mut |_, rows| finished.extend_from_slice(rows);
        super::product(set, product, (&a, s), (&b, t), &mut out, &mut scratch, finish);
        for (at, (x, &y)) in finished.iter().zip(&expected).enumerate() {
            let x = x.to_f64();
            let same = x == y || x.is_nan() && y.is_nan();
            assert!(same, "{set:?} {product:?} {layouts:?}: {x} should be {y} at {at}");
        }
    }
}

#[test]
fn an_exact_zero_of_a_strong_side_wins_over_nan_and_infinity() {
    let sizes = [[3, 5, 4], [9, 20, 35], [37, 19, 70], [64, 64, 10], [50, 40, 3], [23, 40, 1], [1, 40, 129]];
    for (i, size) in sizes.into_iter().chain([[31, 290, 1021], [300, 531, 7]]).enumerate() {
        for (j, strong) in [[true, false], [false, true], [true, true]].into_iter().enumerate() {
            let layouts = [LAYOUTS[(i + j) % 5], LAYOUTS[(2 * i + j) % 5]];
            check_strong::<f32>(size, layouts, strong);
            check_strong::<f64>(size, [layouts[1], layouts[0]], strong);
        }
    }
}

#[test]
fn blocks_and_bits_are_the_same_for_any_number_of_threads() {
    for (size @ [m, k, n], layouts) in [
        ([700, 110, 70], [Rows, Rows]),
        ([300, 64, 300], [Columns, Columns]),
        ([400, 300, 1000], [Rows, Columns]),
        ([1500, 1000, 3], [Columns, Rows]),
    ] {
        assert!(m * k * n >= WORTH);
        let (a, b) = (matrix::<f32>(m, k, layouts[0], 5), matrix::<f32>(k, n, layouts[1], 6));
        let (a, b): (Matrix<'_, f32>, Matrix<'_, f32>) = ((&a.0, a.1), (&b.0, b.1));
        let mut scratch = vec![0.0; scratch::<f32>(InstructionSet::best(), size, a.1, b.1)];
        let (mut one, mut blocks) = (vec![0.0; m * n], Vec::new());
        product(InstructionSet::best(), plain(size), a, b, &mut one, &mut scratch, &mut |first, rows| {
            blocks.push((first, rows.len()))
        });
        for threads in 1..=3 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let (mut out, seen) = (vec![0.0; m * n], Mutex::new(Vec::new()));
            pool.install(|| {
                parallel(
                    (InstructionSet::best(), Divide::Worth),
                    plain(size),
                    a,
                    b,
                    &mut out,
                    &mut scratch,
                    &|first, rows| {
                        seen.lock().expect("no panic").push((first, rows.len()));
                    },
                );
            });
            let mut seen = seen.into_inner().expect("no panic");
            seen.sort_unstable();
            assert_eq!(seen, blocks, "{size:?}");
            assert_eq!(out, one, "{size:?} on {threads} threads");
        }
    }
}
