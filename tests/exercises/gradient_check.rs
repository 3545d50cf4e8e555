//! Exercises of `docs/gradient_check.md`, which is not written yet.
