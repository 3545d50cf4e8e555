//! Gradient checks: the derivative that a graph computes, held against what the value itself says,
//! element by element, in `f64`. Floor 7: reads floors 1 to 4 and 6.
//!
//! | what is checked | by |
//! |---|---|
//! | a scalar loss, a whole model with its batch | [`gradcheck`] |
//! | a function of tensors: its whole Jacobian | [`function`] |
//! | a function of one number, from the smallest to the largest | [`elementwise`] |
//! | a row of the table | [`op`], [`op_in`] |
//!
//! A custom operation is checked by any of the first three: its value is a function like others.
//!
//! Every derivative gets a [`Verdict`], and "cannot tell" is one of them, which never passes. There is
//! no absolute tolerance under which a vanishing derivative could be anything: a ladder of oracles
//! resolves it. Differences in `f64` (Ridders 1982) come first; where they do not resolve it,
//! the same in double-double numbers; and then the complex step (Squire & Trapp 1998), which subtracts
//! nothing. The last one is forward mode with dual numbers, by formulas of its own: it reads no rule of the
//! graph. Two oracles that disagree are inconclusive.
//!
//! A rule is also held to its contract: it answers the same each time it is asked, it is linear in the
//! cotangent, and its answer is added to the other cotangents of its argument.
//!
//! A check passes only on evidence: one that tested nothing, or found nothing but dead points that
//! nobody declared, fails.

mod numbers;
mod oracle;
mod report;
mod rules;
mod scalar;
mod tensors;
#[cfg(test)]
mod tests;
mod verdict;

pub use report::{Element as ElementReport, Operation, Part, Projection, Region, Report, Witness};
pub use scalar::{Elementwise, elementwise, op, op_at, op_in};
pub use tensors::{Check, Function, function, gradcheck};
pub use verdict::{Oracle, Verdict};

/// The mistake in an order that is asked for, with the line that asked.
#[track_caller]
fn order_problem(order: usize) -> Option<String> {
    let site = crate::error::Site::here();
    (!(1..=2).contains(&order))
        .then(|| format!("the order of a gradient check is 1 or 2, and {order} was given\n  --> {site}"))
}
