//! Random graphs in every way that a program can be compiled and run, steered by coverage. From the root of the project:
//! `cargo fuzz run graphs` with a nightly toolchain, or with `RUSTC_BOOTSTRAP=1` on stable.

#![no_main]

#[path = "../../tests/all/random/mod.rs"]
mod random;

use libfuzzer_sys::fuzz_target;
use random::Effort;

fuzz_target!(|bytes: &[u8]| {
    if let Err(fault) = random::judge(bytes, Effort { compilations: 3, runs: 2 }) {
        panic!("{fault}\n{bytes:?}\n{}", random::show(bytes));
    }
});
