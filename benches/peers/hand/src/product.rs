//! Matrix products by `gemm`, but for those too small for a call.

use gemm::Parallelism;

/// The number of multiply-adds below which a product is plain loops.
const SMALL: usize = 2048;
/// The number of multiply-adds from which on a product takes all threads.
const LARGE: usize = 4 << 20;

/// The layout of a matrix: its distance from row to row and from column to column.
type Strides = (usize, usize);

/// `y = a · b`, of m × k and k × n numbers; `y` by rows.
pub fn product(
    y: &mut [f32],
    (m, k, n): (usize, usize, usize),
    (a, by_a): (&[f32], Strides),
    (b, by_b): (&[f32], Strides),
    threads: usize,
) {
    assert!(y.len() == m * n && a.len() == m * k && b.len() == k * n);
    if m * k * n < SMALL {
        return small(y, (m, k, n), (a, by_a), (b, by_b));
    }
    let parallelism = match threads {
        2.. if m * k * n >= LARGE => Parallelism::Rayon(threads),
        _ => Parallelism::None,
    };
    let signed = |(rows, columns): Strides| (rows as isize, columns as isize);
    let ((a_rows, a_columns), (b_rows, b_columns)) = (signed(by_a), signed(by_b));
    // SAFETY: the slices hold as many numbers as the shapes say, by the strides of a matrix that is
    // laid out by rows or by columns.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            y.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.as_ptr(),
            a_columns,
            a_rows,
            b.as_ptr(),
            b_columns,
            b_rows,
            0.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

fn small(
    y: &mut [f32],
    (m, k, n): (usize, usize, usize),
    (a, by_a): (&[f32], Strides),
    (b, by_b): (&[f32], Strides),
) {
    y.fill(0.0);
    for i in 0..m {
        for p in 0..k {
            let left = a[i * by_a.0 + p * by_a.1];
            for j in 0..n {
                y[i * n + j] += left * b[p * by_b.0 + j * by_b.1];
            }
        }
    }
}

/// `y = xᵀ`, of rows × columns numbers, in blocks that stay in cache.
pub fn transpose(y: &mut [f32], x: &[f32], rows: usize, columns: usize) {
    const BLOCK: usize = 16;
    for r in (0..rows).step_by(BLOCK) {
        for c in (0..columns).step_by(BLOCK) {
            for j in c..(c + BLOCK).min(columns) {
                for i in r..(r + BLOCK).min(rows) {
                    y[j * rows + i] = x[i * columns + j];
                }
            }
        }
    }
}
