//! The numbers that a check computes with beside `f64`: of twice the digits, dual ones, and random ones. Floor 7.

mod double;
mod dual;
mod normal;
mod random;

pub(crate) use double::Dd;
pub(crate) use dual::Dual;
pub(crate) use random::{random, unit};
