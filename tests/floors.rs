//! The floors: imports go strictly down, and files can be read in a sitting.

use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each top-level module; those of one floor do not read each other.
const FLOORS: [(u8, &[&str]); 9] = [
    (0, &["table", "shape", "element"]),
    (1, &["op", "error", "tensor", "params"]),
    (2, &["graph"]),
    (3, &["ops"]),
    (4, &["autodiff", "interpret"]),
    (5, &["compile"]),
    (6, &["exec"]),
    (7, &["session"]),
    (8, &["nn", "optim", "gradcheck", "data", "io", "plot", "diagnose"]),
];

/// Where a module may read a neighbor of its floor, with the reason.
const NEIGHBORS: [(&str, &str, &str); 5] = [
    ("table", "element", "values are written over the numbers' traits"),
    ("tensor", "error", "a tensor's mistakes are the crate's errors"),
    ("params", "error", "a parameter's mistakes are the crate's errors"),
    ("params", "tensor", "parameters are tensors"),
    ("diagnose", "plot", "what was seen is drawn as well"),
];

/// What a floor may not read although it lies below.
const FORBIDDEN: [(&str, &[&str], &str); 4] = [
    ("compile", &["autodiff", "interpret"], "passes are between a graph and a plan"),
    ("exec", &["graph", "ops", "autodiff", "interpret"], "the executor reads the plan only"),
    ("session", &["interpret"], "the reference is for tests"),
    ("nn", &["compile", "exec"], "floor 8 takes the one path"),
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
    assert_eq!(reads("use crate::graph::Var;\nlet x = crate::{op, exec::run};"), ["graph", "op", "exec"]);
    assert!(floor("exec") > floor("graph"));
}

#[test]
fn a_file_can_be_read_in_a_sitting() {
    let long: Vec<String> = sources(&src())
        .into_iter()
        .filter_map(|path| {
            let text = fs::read_to_string(&path).expect("a source file");
            let reason = text.lines().take(12).any(|line| line.starts_with("//! Long because"));
            let lines = text.lines().count();
            (lines > 350 && !reason).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "split these, or say at the top why they are long:\n{}", long.join("\n"));
}

#[test]
fn the_whole_idea_is_one_afternoon() {
    let path = [
        "table.rs",
        "op.rs",
        "graph.rs",
        "ops.rs",
        "ops/map.rs",
        "ops/fold.rs",
        "ops/contract.rs",
        "autodiff.rs",
        "interpret.rs",
    ];
    let code = |text: String| {
        text.lines().filter(|line| !line.trim_start().starts_with("///") && !line.trim().is_empty()).count()
    };
    let lines: usize =
        path.iter().map(|file| code(fs::read_to_string(src().join(file)).expect("on the path"))).sum();
    println!("the reading path has {lines} lines without blank ones and item docs");
    assert!(lines <= 1400, "the reading path has {lines} lines; the bound is 1,400");
}

#[test]
fn unsafe_lives_in_exec_only_and_says_why() {
    for path in sources(&src()) {
        let (module, code) = module(&path);
        for (i, line) in
            code.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("unsafe {"))
        {
            assert_eq!(module, "exec", "{}:{}", path.display(), i + 1);
            let before: Vec<&str> = code.lines().take(i).collect();
            let argued = before.iter().rev().take(4).any(|line| line.contains("SAFETY"));
            assert!(argued, "{}:{}: an unsafe block without its argument: {line}", path.display(), i + 1);
        }
    }
}
