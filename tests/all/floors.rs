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

/// The lines of a file's own documentation, as one text.
fn about(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// The floor that a documentation says, and those that it says are read: `Floor 4: reads floors 1 to 3.`
fn said(about: &str) -> Option<(u8, Vec<u8>)> {
    let (_, rest) = about.split_once("Floor ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let own = rest[..end].parse().ok()?;
    let list = rest[end..].strip_prefix(": reads floor").map(|list| list.trim_start_matches('s'));
    let (mut read, mut through) = (Vec::new(), false);
    for word in list.unwrap_or_default().split_whitespace() {
        let number = word.trim_end_matches(['.', ',', ';', ':']);
        match (number.parse::<u8>(), word) {
            (Ok(floor), _) => {
                let from = if through { read.last().map_or(0, |last| last + 1) } else { floor };
                read.extend(from..=floor);
                through = false;
                if number != word {
                    break;
                }
            }
            (Err(_), "to") => through = true,
            (Err(_), "and") => {}
            (Err(_), _) => break,
        }
    }
    Some((own, read))
}

#[test]
fn documents_say_the_true_floor() {
    let mut wrong = Vec::new();
    for path in sources(&src()) {
        let (name, code) = module(&path);
        let inside = path.strip_prefix(src()).expect("a file of src").with_extension("");
        let Some(own) = floor(&name) else { continue };
        let about = about(&code);
        let Some((floor, list)) = said(&about) else {
            if about.contains("Floor") || inside.components().count() == 1 {
                wrong.push(format!("{}: it does not say that it stands on floor {own}", path.display()));
            }
            continue;
        };
        if floor != own {
            wrong.push(format!("{}: it says floor {floor}, and stands on floor {own}", path.display()));
        }
        for each in list.iter().filter(|each| !(1..own).contains(*each)) {
            wrong.push(format!("{}: it says that floor {own} reads floor {each}", path.display()));
        }
    }
    // A module reads, in all of its files, the floors that its own document says.
    for (own, name) in FLOORS.iter().flat_map(|(own, names)| names.iter().map(move |name| (own, *name))) {
        let files = sources(&src()).into_iter().map(|path| module(&path)).filter(|(each, _)| each == name);
        let files: Vec<String> = files.map(|(_, code)| code).collect();
        let list = std::fs::read_to_string(src().join(format!("{name}.rs")))
            .ok()
            .and_then(|text| said(&about(&text)))
            .map(|(_, list)| list)
            .filter(|list| !list.is_empty());
        let Some(list) = list else { continue };
        for read in files.iter().flat_map(|code| reads(code)).filter_map(|each| floor(&each)) {
            if read < *own && !list.contains(&read) {
                wrong.push(format!("{name} reads floor {read}, and its document says {list:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_floors_bite() {
    assert_eq!(said("Floor 7: reads floors 1 to 4 and 6. More, 9"), Some((7, vec![1, 2, 3, 4, 6])));
    assert_eq!(said("Rules. Floor 3: reads floors 1 and 2. There are 5"), Some((3, vec![1, 2])));
    assert_eq!(said("Floor 2: reads floor 1; knows no rule."), Some((2, vec![1])));
    assert_eq!(said("Handles. Floor 2; their operations, floor 3."), Some((2, vec![])));
    assert_eq!(said("No number. Floor"), None);
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
