//! The tests that run under a sanitizer of addresses (`.ci/sanitize`), by themselves, since the rest of `tests/all` would be
//! compiled for it and not run. `cargo test` runs them as a part of `tests/all`, not of this program.

#[path = "all/differential.rs"]
mod differential;
#[path = "all/in_place.rs"]
mod in_place;
// Other tests use more of it.
#[allow(dead_code)]
#[path = "all/random/mod.rs"]
mod random;
#[path = "all/wrong_numbers.rs"]
mod wrong_numbers;
