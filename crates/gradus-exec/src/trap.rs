//! Stops at values that are not finite.

use crate::error::{Error, Result};
use crate::plan::Step;
use crate::source::Sources;
use gradus_rows::Float;
use gradus_tensor::Shape;

/// Returns an error for a NaN, and for an infinity that a step made of finite numbers. An infinity that was given,
/// such as the −∞ of a mask, is no fault.
pub(super) fn trap<E: Float>(step: &Step, sources: &Sources<'_, E>) -> Result<()> {
    let out = sources.real(step.outs[0]);
    // The parts of a fold are checked when they are joined.
    let Some(out) = out.get(..step.shape.size()) else { return Ok(()) };
    let Some(at) = out.iter().position(|x| !x.is_finite()) else { return Ok(()) };
    let nan = out.iter().position(|x| x.to_f64().is_nan());
    let given = || step.args.iter().any(|arg| sources.real(arg.source).iter().any(|x| !x.is_finite()));
    match nan {
        None if given() => Ok(()),
        _ => Err(non_finite(step, nan.unwrap_or(at), out)),
    }
}

fn non_finite<E: Float>(step: &Step, at: usize, out: &[E]) -> Error {
    Error::NonFinite {
        name: step.name.clone(),
        origin: step.origin,
        value: out[at].to_f64(),
        position: Shape::from(&step.shape.unravel(at)[..]),
        shape: step.shape.clone(),
    }
}
