//! The complex step as an oracle of a derivative and of its two sides. Floor 7.

use super::estimate::{END, Estimate, FADED, FINE, Sides};
use crate::element::{Number, Scalar};
use crate::error::Result;
use crate::gradcheck::numbers::{Dd, Dual};

/// Share to which derivatives by two steps agree.
const ALIKE: f64 = 1e-13;
/// Steps that are small beside 1, 2⁻⁶⁴ and 2⁻⁹⁶.
const SMALL: [f64; 2] = [f64::from_bits((1023 - 64) << 52), f64::from_bits((1023 - 96) << 52)];

/// Returns numbers that `moved` moves by a share of their complex steps, as whole ones move them. If a derivative on the
/// way overflows, as that of `ln x` does for a subnormal `x`, where the graph's own is `finite`, small steps are taken,
/// whose derivatives are smaller throughout. Two of them must agree: near the other end of the numbers a small one loses
/// digits.
pub(crate) fn whole<S: Number>(
    finite: impl Fn(usize) -> bool,
    mut moved: impl FnMut(f64) -> Result<Vec<Dual<S>>>,
) -> Result<Vec<Dual<S>>> {
    let mut found = moved(1.0)?;
    let over = |i: usize, y: &Dual<S>| finite(i) && y.re.real().is_finite() && !y.im.real().is_finite();
    if !found.iter().enumerate().any(|(i, y)| over(i, y)) {
        return Ok(found);
    }
    let [large, small] = SMALL.map(|step| moved(step).map(|all| (step, all)));
    let ((large, larges), (small, smalls)) = (large?, small?);
    for (i, (y, (a, b))) in found.iter_mut().zip(larges.into_iter().zip(smalls)).enumerate() {
        let (a, b) = (a.of_step(large), b.of_step(small));
        // It is not so if one of them is infinite or NaN.
        let agree = (a.im - b.im).real().abs() <= ALIKE * b.im.real().abs();
        if over(i, y) && agree {
            *y = a;
        }
    }
    Ok(found)
}

/// Returns a derivative by the complex step in `f64` alone, each of whose terms was rounded some times. Near the
/// end of the numbers it knows only that no term ever moved.
pub(crate) fn alone(step: Dual<f64>) -> Estimate {
    let (value, size) = (step.im, step.size);
    let known = !step.tied && (size == 0.0 || value.abs() > END);
    let error = if known { (-46f64).exp2() * size } else { f64::INFINITY };
    Estimate { value, error, size, firm: !step.tied, cut: !step.moves }
}

/// The derivative by the complex step, and the slopes of both sides if it was taken to both.
pub(crate) struct Stepped {
    pub(crate) estimate: Estimate,
    pub(crate) sides: Option<Sides>,
}

impl From<Estimate> for Stepped {
    fn from(estimate: Estimate) -> Self {
        Stepped { estimate, sides: None }
    }
}

/// A number of a graph, moved by a complex step, in `f64` and in double-double numbers.
pub(crate) type Both = (Dual<f64>, Dual<Dd>);

/// Returns a derivative by a complex step to the right, and to the left if a choice was made between equals: each
/// choice is then that of its side, so that both slopes are known. If they are the same and the value does not
/// jump, they are the derivative.
pub(crate) fn derivative(right: Both, left: Option<Both>) -> Stepped {
    let Some(left) = left.filter(|_| right.1.tied) else { return one_way(right).into() };
    let jump = right.1.re.eq(left.1.re).real() == 0.0;
    let (right, left) = (one_way(right), one_way(left));
    let left = Estimate { value: 0.0 - left.value, ..left };
    let known = |side: Estimate| side.resolves(FINE) || side.error <= 2.0 * FADED;
    if jump || !known(left) || !known(right) {
        return Estimate { error: f64::INFINITY, firm: false, cut: false, ..right }.into();
    }
    let error = left.error.max(right.error);
    let (same, sides) = ((left.value - right.value).abs() <= 4.0 * error, Some((left, right)));
    let error = if same { error } else { f64::INFINITY };
    let (size, cut) = (left.size.max(right.size), left.cut && right.cut);
    Stepped { estimate: Estimate { error, size, firm: false, cut, ..right }, sides }
}

/// Returns a derivative by one complex step. Double-double numbers lose 2⁻⁵² times what `f64` loses to rounding;
/// the terms were rounded; and factors at the end of the numbers left something out.
fn one_way((plain, fine): Both) -> Estimate {
    let (firm, cut) = (!plain.tied && !fine.tied, !fine.moves);
    let end = 4.0 * f64::from_bits(1) * fine.lost;
    let (plain, size, fine) = (plain.im, fine.size, fine.im.to_f64());
    match fine.is_finite() {
        // No term ever moved.
        true if size == 0.0 => Estimate { value: fine, error: 0.0, size, firm, cut },
        true if plain.is_finite() => {
            let lost = (plain - fine).abs();
            // A loss has no measure if nothing is left in `f64`.
            let lost = if lost > 0.25 * fine.abs() { fine.abs() } else { lost * (-46f64).exp2() };
            let error = lost + (-100f64).exp2() * size;
            let end = if fine.abs() < END { end + FADED } else { end };
            Estimate { value: fine, error: error + end, size, firm, cut }
        }
        // Something overflowed in `f64`: there is no measure of the error.
        _ => Estimate { value: fine, error: f64::INFINITY, size, firm: false, cut },
    }
}
