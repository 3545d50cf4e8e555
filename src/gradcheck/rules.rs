//! Audits of the rules by which operations are differentiated, each where it stands. Floor 7.

mod audit;
mod linearity;
mod rerecord;

pub(crate) use audit::audit_rules;
pub(crate) use rerecord::rerecord;
