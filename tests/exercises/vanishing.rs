//! Exercises of `docs/vanishing.md`, which is not written yet.
