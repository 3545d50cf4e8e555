//! Exercises of `docs/softmax.md`, which is not written yet.
