//! Exercises of `docs/by_hand.md`, which is not written yet.
