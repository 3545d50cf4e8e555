//! The exercises of the book. Each is a test that fails until you replace a `todo!` by your answer:
//!
//! ```console
//! $ cargo test --test exercises sigmoid -- --ignored
//! ```
//!
//! Without `--ignored`, the same checks pass with the answers of the book, which are printed in
//! `docs/answers.md`. Look there last.

// Open exercises do not use what they are given yet.
#![allow(unused_variables)]

mod by_hand;
mod choosing;
mod dead_units;
mod first_model;
mod gradient_check;
mod health_report;
mod initialization;
mod nonlinearity;
mod relu;
mod sigmoid;
mod softmax;
mod tanh;
mod vanishing;
mod zoo;
