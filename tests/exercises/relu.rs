//! Exercises of `docs/relu.md`, which is not written yet.
