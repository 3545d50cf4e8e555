//! The floors of the crate `gradus`: imports of its modules go strictly down. What stands in crates of its own (functions
//! of numbers, tensors, data, the executor with all `unsafe` code) cannot read upward.

use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each top-level module; those of one floor do not read each other.
const FLOORS: [(u8, &[&str]); 7] = [
    (1, &["element", "op", "params"]),
    (2, &["graph"]),
    (3, &["ops"]),
    (4, &["autodiff", "interpret"]),
    (5, &["compile"]),
    (6, &["session"]),
    (7, &["nn", "optim", "gradcheck", "io", "diagnose"]),
];

/// Where a module may read a neighbor of its floor, with the reason.
const NEIGHBORS: [(&str, &str, &str); 1] = [("params", "element", "parameters have an element type")];

/// What a floor may not read although it lies below.
const FORBIDDEN: [(&str, &[&str], &str); 3] = [
    ("compile", &["autodiff", "interpret"], "passes are between a graph and a plan"),
    ("session", &["interpret"], "the reference is for tests"),
    ("nn", &["compile"], "layers are recorded, and take the one path"),
];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, modules)| modules.contains(&module)).map(|(floor, _)| *floor)
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("src can be listed") {
        let path = entry.expect("src can be listed").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The top-level module of a file, and the part of its text that is not tests.
fn module(path: &Path) -> (String, String) {
    let inside = path.strip_prefix(src()).expect("a file of src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    let text = fs::read_to_string(path).expect("a source file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_string();
    (first.trim_end_matches(".rs").to_string(), code)
}

/// Every module that a text names with `crate::`.
fn reads(code: &str) -> Vec<String> {
    let code: String =
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        let names = match part.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![part],
        };
        for name in names {
            found.push(name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

#[test]
fn imports_go_strictly_down() {
    let mut wrong = Vec::new();
    for path in sources(&src()) {
        let (module, code) = module(&path);
        if module == "lib" {
            continue;
        }
        let Some(own) = floor(&module) else {
            wrong.push(format!("{} has no floor", path.display()));
            continue;
        };
        for read in reads(&code) {
            let Some(other) = floor(&read) else { continue };
            let neighbor = NEIGHBORS.iter().any(|(from, to, _)| *from == module && *to == read);
            let forbidden =
                FORBIDDEN.iter().any(|(from, to, _)| *from == module && to.contains(&read.as_str()));
            if read != module && ((other >= own && !neighbor) || forbidden) {
                wrong
                    .push(format!("{}: {module} (floor {own}) reads {read} (floor {other})", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_floors_bite() {
    assert_eq!(
        reads("use crate::graph::Var;\nlet x = crate::{op, compile::run};"),
        ["graph", "op", "compile"]
    );
    assert!(floor("session") > floor("graph"));
}

/// Files that cannot be read in a sitting are listed, and fail nothing: where to split one is a judgment.
#[test]
fn long_files_are_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [sources(&src()), sources(&root.join("crates"))].concat();
    assert!(files.len() > 100, "{}", files.len());
    for path in files {
        let lines = fs::read_to_string(&path).expect("a source file").lines().count();
        if lines > 350 {
            println!("{}: {lines} lines", path.display());
        }
    }
}
