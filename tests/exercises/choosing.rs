//! Exercises of `docs/choosing.md`, which is not written yet.
