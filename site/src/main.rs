//! Makes the site of the book: `gradus-site ROOT OUT [LIVING.wasm]` reads ROOT/docs and writes OUT.
//!
//! The pages are plain Markdown, and forges show them as they are. Here they become HTML that loads nothing
//! from elsewhere, reads without scripts, and follows the reader's choice of light or dark.

mod book;
mod code;
mod figure;
mod living;
mod page;
mod playground;
mod shell;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [root, out] => make(Path::new(root), Path::new(out), None),
        [root, out, living] => make(Path::new(root), Path::new(out), Some(Path::new(living))),
        _ => Err("usage: gradus-site ROOT OUT [LIVING.wasm]".into()),
    };
    if let Err(error) = done {
        eprintln!("gradus-site: {error}");
        std::process::exit(1);
    }
}

fn make(root: &Path, out: &Path, living: Option<&Path>) -> Result<()> {
    let book = book::Book::read(root)?;
    fs::create_dir_all(out)?;
    let mut written = Vec::new();
    for page in &book.pages {
        let html = page::render(&book, page).map_err(|error| format!("{}: {error}", page.source))?;
        put(out, &page.target, &shell::whole(&book, page, &html), &mut written)?;
    }
    put(out, "site.css", include_str!("site.css"), &mut written)?;
    put(out, "site.js", include_str!("site.js"), &mut written)?;
    // A page opened from a disk may not fetch, so the program comes as text in a script.
    let program = match living {
        Some(path) => shell::base64(&fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?),
        None => String::new(),
    };
    put(out, "engine.js", &include_str!("engine.js").replace("PROGRAM", &program), &mut written)?;
    for (name, script) in [
        ("living.js", include_str!("living.js")),
        ("drawings.js", include_str!("drawings.js")),
        ("playground.js", include_str!("playground.js")),
    ] {
        put(out, name, script, &mut written)?;
    }
    let living =
        if living.is_some() { "with living figures" } else { "with stills in place of living figures" };
    println!("{} files in {}, {living}", written.len(), out.display());
    Ok(())
}

fn put(out: &Path, name: &str, text: &str, written: &mut Vec<PathBuf>) -> Result<()> {
    let path = out.join(name);
    fs::write(&path, text)?;
    written.push(path);
    Ok(())
}
