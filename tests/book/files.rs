//! Files of the repository, read, compared and written.

use std::fs;
use std::path::{Path, PathBuf};

pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether this run writes instead of comparing.
pub fn updating() -> bool {
    std::env::var("UPDATE").is_ok()
}

/// Compares a file with what it should be, or writes it. What is wrong is returned.
pub fn hold(name: &str, expected: &str) -> Option<String> {
    let found = fs::read_to_string(path(name)).unwrap_or_default();
    if found == expected {
        return None;
    }
    if updating() {
        fs::write(path(name), expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        return None;
    }
    let same = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    Some(format!("{name}:{}: not what the engine says; run UPDATE=1 cargo test --test book", same + 1))
}

/// The names, without their ending, of the files of a folder that have it.
pub fn names(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(path(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(ending).map(str::to_string))
        .collect();
    names.sort();
    names
}

/// Fails with all that was found wrong.
pub fn report(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
