//! The shapes that a convolution takes, and the mistakes in them.

use super::options::{Convolution, PaddingMode};
use crate::graph::Var;
use crate::shape::Shape;

/// The channels that are not what the weight takes, in words.
fn channels(found: usize, groups: usize, each: usize, w: &Shape) -> Option<String> {
    (each.checked_mul(groups) != Some(found)).then(|| {
        let of = if groups == 1 { String::new() } else { format!(" in each of {groups} groups") };
        format!("a weight of shape {w} takes {each} channels{of}, but the value has {found}")
    })
}

/// The ranks that are not those of a convolution along `D` axes, in words.
fn ranks<const D: usize>(x: &Shape, w: &Shape) -> Option<String> {
    let axes = if D == 1 { "length" } else { "height, width" };
    let wrong = |what: &str, shape: &Shape, first: &str| {
        format!("the {what} has to have {} axes, {first}, {axes}, and its shape is {shape}", D + 2)
    };
    match (x.len() == D + 2, w.len() == D + 2) {
        (false, _) => Some(wrong("value", x, "batch, channels")),
        (_, false) => Some(wrong("weight", w, "two of channels")),
        _ => None,
    }
}

/// Fails if a convolution cannot be had.
pub(super) fn convolved<const D: usize>(
    x: Var<'_>,
    weight: Var<'_>,
    options: &Convolution<D>,
) -> Result<(), String> {
    if x.is_poisoned() || weight.is_poisoned() || !weight.is_of(x.graph()) {
        return Err(String::new());
    }
    let (s, w) = (x.shape(), weight.shape());
    if let Some(problem) = ranks::<D>(&s, &w).or_else(|| options.problem(&w[2..])) {
        return Err(problem);
    }
    if let Some(problem) = channels(s[1], options.groups, w[1], &w) {
        return Err(problem);
    }
    if w[0] % options.groups != 0 {
        return Err(format!("a weight of shape {w} cannot be divided into {} groups", options.groups));
    }
    for axis in 0..D {
        let (n, span) = (s[2 + axis], options.span(axis, w[2 + axis]));
        let [before, after] = options.sides(axis, w[2 + axis]);
        let most = match options.mode {
            PaddingMode::Zeros => usize::MAX,
            PaddingMode::Reflect => n.saturating_sub(1),
            PaddingMode::Replicate if n > 0 => usize::MAX,
            PaddingMode::Replicate => 0,
            PaddingMode::Circular => n,
        };
        if before.max(after) > most {
            return Err(format!(
                "{} elements are put beside axis {} of shape {s}, which has room for {most} in the mode {:?}",
                before.max(after),
                2 + axis,
                options.mode
            ));
        }
        let padded = Shape::sum([before, n, after]);
        if padded < span {
            return Err(format!(
                "a window of {span} elements does not fit axis {} of shape {s}, with padding {padded} long",
                2 + axis
            ));
        }
        s.with(2 + axis, padded).checked()?;
    }
    Ok(())
}

/// Returns the output's sizes of a transposed convolution, or fails if it cannot be had.
pub(super) fn deconvolved<const D: usize>(
    x: Var<'_>,
    weight: Var<'_>,
    options: &Convolution<D>,
    more: [usize; D],
) -> Result<[usize; D], String> {
    if x.is_poisoned() || weight.is_poisoned() || !weight.is_of(x.graph()) {
        return Err(String::new());
    }
    let (s, w) = (x.shape(), weight.shape());
    if let Some(problem) = ranks::<D>(&s, &w).or_else(|| options.problem(&w[2..])) {
        return Err(problem);
    }
    if options.mode != PaddingMode::Zeros {
        return Err(format!("a transposed convolution has no padding mode {:?}", options.mode));
    }
    if let Some(problem) = channels(s[1], 1, w[0], &w) {
        return Err(problem);
    }
    if w[0] % options.groups != 0 {
        return Err(format!("a weight of shape {w} cannot be divided into {} groups", options.groups));
    }
    let mut sizes = [0; D];
    for axis in 0..D {
        let (n, step) = (s[2 + axis], options.stride[axis]);
        if more[axis] >= step.max(options.dilation[axis]) {
            return Err(format!(
                "the output padding {} has to be below the stride {step} or the dilation {}",
                more[axis], options.dilation[axis]
            ));
        }
        let Some(last) = n.checked_sub(1) else {
            return Err(format!("axis {} of shape {s} is empty", 2 + axis));
        };
        let full = Shape::sum([last.saturating_mul(step), options.span(axis, w[2 + axis]), more[axis]]);
        let [before, after] = options.sides(axis, w[2 + axis]);
        s.with(2 + axis, full).checked()?;
        sizes[axis] = match full.checked_sub(before.saturating_add(after)) {
            Some(size) if size > 0 => size,
            _ => {
                return Err(format!(
                    "a padding of {before} and {after} leaves nothing of {full} elements along axis {}",
                    2 + axis
                ));
            }
        };
    }
    Ok(sizes)
}
