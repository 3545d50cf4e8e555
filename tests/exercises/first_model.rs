//! Exercises of `docs/first_model.md`, which is not written yet.
