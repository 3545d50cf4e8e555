//! Point sets in the plane, the same bits for the same seed on every platform.

use super::{Purpose, random, room};
use gradus_rows::Float;
use gradus_tensor::Tensor;
use gradus_tensor::{Error, Result};
use rand::Rng;
use rand_pcg::Pcg64Mcg;
use std::f64::consts::{PI, TAU};

/// The four corners of the unit square, `[4, 2]`, and their exclusive or, `[4]`.
///
/// ```
/// use gradus_data::{targets, xor};
/// let (points, labels) = xor::<f64>();
/// assert_eq!(points.to_string(), "[[0, 0], [0, 1], [1, 0], [1, 1]]");
/// assert_eq!(labels.to_string(), "[0, 1, 1, 0]");
/// assert_eq!(targets::<f64>(&labels).to_string(), "[[0], [1], [1], [0]]");
/// ```
pub fn xor<E: Float>() -> (Tensor<E>, Tensor<usize>) {
    let points = Tensor::from_fn([4, 2], |at| E::from_f64(f64::from((at[0] >> (1 - at[1])) as u32 & 1)));
    (points, Tensor::from([0, 1, 1, 0]))
}

/// Returns the labels as a column of numbers, `[n, 1]`: the targets of a model with one output.
pub fn targets<E: Float>(labels: &Tensor<usize>) -> Tensor<E> {
    Tensor::from_fn([labels.len(), 1], |at| E::from_f64(labels.data()[at[0]] as f64))
}

/// Two interleaved half circles, `[n, 2]`, and which of them each point is on, `[n]`.
///
/// With `t` from 0 to π along each half circle, the points are `(cos t, sin t)` for label 0 and
/// `(1 − cos t, ½ − sin t)` for label 1, plus normal noise of standard deviation `noise` on each
/// coordinate. The labels alternate.
///
/// ```
/// # fn main() -> gradus_tensor::Result<()> {
/// let (points, labels) = gradus_data::moons::<f32>(200, 0.1, 7)?;
/// assert_eq!((&points.shape()[..], &labels.shape()[..]), (&[200, 2][..], &[200][..]));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Invalid`] if the noise is negative, infinite or NaN; [`Error::Memory`] if there is none for the points.
pub fn moons<E: Float>(n: usize, noise: f64, seed: u64) -> Result<(Tensor<E>, Tensor<usize>)> {
    points(n, 2, ("noise", noise), seed, |label, i, count| {
        let t = PI * i as f64 / (count - 1).max(1) as f64;
        let (sin, cos) = (libm::sin(t), libm::cos(t));
        if label == 0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] }
    })
}

/// Spiral arms around the origin, `[n, 2]`, and which of them each point is on, `[n]`.
///
/// Arm `a` of `k` runs outward once around: at radius `r` in (0, 1] its angle is `2π (r + a/k)`.
/// Normal noise of standard deviation `noise` is added to each coordinate. The labels take turns.
///
/// ```
/// # fn main() -> gradus_tensor::Result<()> {
/// let (points, labels) = gradus_data::spirals::<f64>(300, 3, 0.02, 7)?;
/// assert_eq!((points.len(), labels.iter().max()), (600, Some(&2)));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Invalid`] if there are no arms, the noise is negative, infinite or NaN; [`Error::Memory`] if there is none
/// for the points.
pub fn spirals<E: Float>(n: usize, arms: usize, noise: f64, seed: u64) -> Result<(Tensor<E>, Tensor<usize>)> {
    points(n, arms, ("noise", noise), seed, |arm, i, count| {
        // Not from radius 0, where all arms would share a point and differ in its label.
        let r = (i + 1) as f64 / count as f64;
        let angle = TAU * (r + arm as f64 / arms as f64);
        [r * libm::cos(angle), r * libm::sin(angle)]
    })
}

/// Round clouds with their centers on the unit circle, `[n, 2]`, and their numbers, `[n]`.
///
/// Cloud `c` of `k` is normal around the angle `2π c/k` with standard deviation `spread` in each
/// coordinate. The labels take turns.
///
/// ```
/// # fn main() -> gradus_tensor::Result<()> {
/// let (points, labels) = gradus_data::blobs::<f64>(90, 3, 0.2, 7)?;
/// assert_eq!((points.len(), labels.iter().filter(|&&label| label == 2).count()), (180, 30));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Invalid`] if there are no classes, the spread is negative, infinite or NaN; [`Error::Memory`] if there is
/// none for the points.
pub fn blobs<E: Float>(
    n: usize,
    classes: usize,
    spread: f64,
    seed: u64,
) -> Result<(Tensor<E>, Tensor<usize>)> {
    points(n, classes, ("spread", spread), seed, |class, _, _| {
        let angle = TAU * class as f64 / classes as f64;
        [libm::cos(angle), libm::sin(angle)]
    })
}

/// `n` points whose labels take turns: `place(label, i, count)` is where the `i`-th of `count`
/// points of a label would be without noise.
fn points<E: Float>(
    n: usize,
    classes: usize,
    (name, deviation): (&str, f64),
    seed: u64,
    place: impl Fn(usize, usize, usize) -> [f64; 2],
) -> Result<(Tensor<E>, Tensor<usize>)> {
    if classes == 0 {
        return Err(Error::Invalid("the number of classes is 0".into()));
    }
    if !deviation.is_finite() || deviation < 0.0 {
        return Err(Error::Invalid(format!("the {name} is {deviation}, not a finite number from 0")));
    }
    let mut random = random(seed, Purpose::Noise);
    let (mut data, mut labels) = (room(n, 2)?, room(n, 1)?);
    for row in 0..n {
        let label = row % classes;
        let count = n / classes + usize::from(label < n % classes);
        let at = place(label, row / classes, count);
        let shift = normal(&mut random);
        data.extend(at.iter().zip(shift).map(|(x, z)| E::from_f64(x + deviation * z)));
        labels.push(label);
    }
    Ok((Tensor::new([n, 2], data)?, labels.into()))
}

/// Two independent standard normal numbers, by the Box–Muller transform.
fn normal(random: &mut Pcg64Mcg) -> [f64; 2] {
    let mut uniform = || ((random.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    // Uniform on (0, 1]: the logarithm of 0 never comes up.
    let (radius, angle) = (libm::sqrt(-2.0 * libm::log(uniform())), TAU * uniform());
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bits_on_every_platform() -> Result<()> {
        let (points, _) = moons::<f64>(4, 0.25, 7)?;
        let bits: Vec<u64> = points.iter().map(|x| x.to_bits()).collect();
        // The same as from an independent implementation of generator and formulas.
        let expected = [
            0x3fee_bc04_8cf6_7169,
            0xbfce_63e4_de6d_5b55,
            0xbfd8_70fa_5709_e708,
            0x3fe9_5ed0_2ec7_9a06,
            0xbff1_6c1a_315d_2787,
            0xbfd5_7b94_80dd_93be,
            0x3ffe_9de4_1367_8732,
            0x3fe3_5b71_917d_7d5e,
        ];
        assert_eq!(bits, expected, "{points}");
        Ok(())
    }

    #[test]
    fn another_seed_gives_other_points_and_single_precision_rounds_the_same_ones() -> Result<()> {
        let (points, _) = spirals::<f64>(30, 3, 0.1, 1)?;
        assert_ne!(points, spirals::<f64>(30, 3, 0.1, 2)?.0);
        assert_eq!(points.cast::<f32>(), spirals::<f32>(30, 3, 0.1, 1)?.0);
        Ok(())
    }

    #[test]
    fn moons_without_noise_lie_on_their_half_circles() -> Result<()> {
        let (points, labels) = moons::<f64>(51, 0.0, 0)?;
        for (at, &label) in points.rows().zip(&labels) {
            let (x, y) = if label == 0 { (at[0], at[1]) } else { (1.0 - at[0], 0.5 - at[1]) };
            assert!((x * x + y * y - 1.0).abs() < 1e-12 && y > -1e-12, "{at:?}");
        }
        assert_eq!((points.row(0), points.row(1)), (&[1.0, 0.0][..], &[0.0, 0.5][..]));
        assert_eq!(points[[50, 0]], -1.0);
        Ok(())
    }

    #[test]
    fn arms_of_a_spiral_are_turns_of_the_first_and_never_meet() -> Result<()> {
        let (points, labels) = spirals::<f64>(200, 2, 0.0, 0)?;
        assert_eq!(labels.data()[..3], [0, 1, 0]);
        for pair in points.data().chunks_exact(4) {
            assert!((pair[0] + pair[2]).abs() < 1e-12 && (pair[1] + pair[3]).abs() < 1e-12);
            assert!(pair[0].hypot(pair[1]) > 1e-3);
        }
        assert!((points[[198, 0]] - 1.0).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn blobs_have_the_spread_and_centers_asked_for() -> Result<()> {
        let n = 40_000;
        let (points, labels) = blobs::<f64>(n, 4, 0.5, 3)?;
        let second = points.rows().zip(&labels).filter(|&(_, &label)| label == 1).map(|(at, _)| at);
        let mut sums = [0.0; 5];
        for at in second {
            let (x, y) = (at[0], at[1] - 1.0);
            for (sum, term) in sums.iter_mut().zip([x, y, x * x, y * y, x * y]) {
                *sum += term / (n / 4) as f64;
            }
        }
        // Five standard errors: 0.5/√10⁴ for the means, 0.25·√2/√10⁴ for the squares.
        for (sum, (expected, slack)) in
            sums.iter().zip([0.0, 0.0, 0.25, 0.25, 0.0].iter().zip([0.025, 0.025, 0.018, 0.018, 0.0125]))
        {
            assert!((sum - expected).abs() < slack, "{sums:?}");
        }
        Ok(())
    }

    #[test]
    fn labels_take_turns_and_any_count_of_points_is_fine() -> Result<()> {
        assert_eq!(blobs::<f32>(7, 3, 0.1, 0)?.1.data(), [0, 1, 2, 0, 1, 2, 0]);
        for n in 0..5 {
            for (points, labels) in [moons::<f32>(n, 0.1, 0)?, spirals(n, 3, 0.1, 0)?, blobs(n, 3, 0.1, 0)?] {
                assert_eq!((points.shape()[..].to_vec(), labels.len()), (vec![n, 2], n));
                assert!(points.iter().all(|x| x.is_finite()));
            }
        }
        Ok(())
    }

    #[test]
    fn nonsense_is_refused() {
        for noise in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(moons::<f32>(10, noise, 0), Err(Error::Invalid(text)) if text.contains("noise"))
            );
            assert!(
                matches!(blobs::<f32>(10, 2, noise, 0), Err(Error::Invalid(text)) if text.contains("spread"))
            );
        }
        assert!(matches!(spirals::<f32>(10, 0, 0.1, 0), Err(Error::Invalid(_))));
        assert!(matches!(blobs::<f32>(0, 0, 0.1, 0), Err(Error::Invalid(_))));
    }
}
