//! The whole site is made, with stills in place of the living figures. Cargo builds the program for this test, which is what CI
//! makes the site with.

use std::path::Path;
use std::process::Command;

#[test]
fn the_whole_book_becomes_a_site() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
    let run = Command::new(env!("CARGO_BIN_EXE_gradus-site")).arg(&root).arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("with stills in place of living figures"), "{said}");
    for name in ["index.html", "sigmoid.html", "playground.html", "site.css", "engine.js"] {
        assert!(out.join(name).exists(), "{name} is missing; {said}");
    }
}
