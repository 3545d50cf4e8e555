//! Exercises of `docs/nonlinearity.md`, which is not written yet.
