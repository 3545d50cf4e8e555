//! Exercises of `docs/zoo.md`, which is not written yet.
