//! Softmax cross-entropy: the mean loss and its gradient from one pass over the logits.

use crate::maths::exp;

const LANES: usize = 16;

/// Writes the gradient of the mean over `total` rows, and gives these rows' part of the loss.
pub fn cross_entropy(z: &[f32], labels: &[usize], columns: usize, total: usize, gradient: &mut [f32]) -> f64 {
    let scale = 1.0 / total as f32;
    let mut loss = 0.0;
    // Many columns fill the lanes by themselves; if there are few, sixteen rows are taken at once.
    let block = if columns < 4 * LANES { LANES } else { 1 };
    let blocks =
        z.chunks(block * columns).zip(gradient.chunks_mut(block * columns)).zip(labels.chunks(block));
    for ((z, gradient), labels) in blocks {
        let mut sums = [0.0; LANES];
        if labels.len() == LANES {
            several_rows(z, columns, scale, gradient, &mut sums);
        } else {
            for (row, (z, gradient)) in z.chunks(columns).zip(gradient.chunks_mut(columns)).enumerate() {
                sums[row] = one_row(z, scale, gradient);
            }
        }
        for (row, &label) in labels.iter().enumerate() {
            let at = row * columns + label;
            loss += f64::from(sums[row] - z[at]);
            gradient[at] -= scale;
        }
    }
    loss / total as f64
}

/// Gives ln Σ eᶻ, and fills in softmax times scale.
fn one_row(z: &[f32], scale: f32, gradient: &mut [f32]) -> f32 {
    let (mut largest, mut sum) = ([f32::NEG_INFINITY; LANES], [0.0; LANES]);
    for chunk in z.chunks(LANES) {
        largest.iter_mut().zip(chunk).for_each(|(largest, &z)| *largest = largest.max(z));
    }
    let largest = largest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    for (chunk, out) in z.chunks(LANES).zip(gradient.chunks_mut(LANES)) {
        for ((z, out), sum) in chunk.iter().zip(out).zip(&mut sum) {
            *out = exp(z - largest);
            *sum += *out;
        }
    }
    let sum: f32 = sum.iter().sum();
    let factor = scale / sum;
    gradient.iter_mut().for_each(|g| *g *= factor);
    sum.ln() + largest
}

/// The same for sixteen rows, one in each lane.
fn several_rows(z: &[f32], columns: usize, scale: f32, gradient: &mut [f32], sums: &mut [f32; LANES]) {
    let mut turned = [[0.0; LANES]; 4 * LANES];
    let turned = &mut turned[..columns];
    let mut largest = [f32::NEG_INFINITY; LANES];
    for (c, turned) in turned.iter_mut().enumerate() {
        for lane in 0..LANES {
            turned[lane] = z[lane * columns + c];
            largest[lane] = largest[lane].max(turned[lane]);
        }
    }
    let mut sum = [0.0; LANES];
    for turned in turned.iter_mut() {
        for lane in 0..LANES {
            turned[lane] = exp(turned[lane] - largest[lane]);
            sum[lane] += turned[lane];
        }
    }
    let factor = sum.map(|sum| scale / sum);
    for (c, turned) in turned.iter().enumerate() {
        for lane in 0..LANES {
            gradient[lane * columns + c] = turned[lane] * factor[lane];
        }
    }
    for lane in 0..LANES {
        sums[lane] = sum[lane].ln() + largest[lane];
    }
}
