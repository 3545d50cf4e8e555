//! Exercises of `docs/initialization.md`, which is not written yet.
