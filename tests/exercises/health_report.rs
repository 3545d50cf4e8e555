//! Exercises of `docs/health_report.md`, which is not written yet.
