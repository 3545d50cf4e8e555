//! The oracles: what they compute a derivative from, and how well they know it. Floor 7.

mod checked_value;
mod complex_step;
mod differences;
mod estimate;
mod probed;
mod reference;
mod rounding;

pub(crate) use checked_value::{CheckedValue, OwnedFeed, OwnedTensor, fed};
pub(crate) use complex_step::{Stepped, alone, derivative, whole};
pub(crate) use differences::{Layout, central, flat, one_sided};
pub(crate) use estimate::{END, Estimate, FADED, FINE, LEAST, NOTHING, PLAIN, Sides};
pub(crate) use probed::Probed;
pub(crate) use reference::Reference;
pub(crate) use rounding::{Changes, SHAKES, shaken};
