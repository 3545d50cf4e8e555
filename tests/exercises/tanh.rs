//! Exercises of `docs/tanh.md`, which is not written yet.
