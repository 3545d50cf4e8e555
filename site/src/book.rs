//! What the book consists of: the pages that `SUMMARY.md` lists, and the files of the repository that they
//! point to, which become pages as well.

use crate::Result;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The extensions of Markdown that pages are written in.
pub const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_MATH)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_SMART_PUNCTUATION);

/// What the front page says above the list of pages.
const FRONT: &str = include_str!("front.md");

pub struct Book {
    pub title: String,
    pub parts: Vec<Part>,
    pub pages: Vec<Page>,
}

/// A heading of the list of pages, and the places of its pages.
pub struct Part {
    pub title: String,
    pub pages: Vec<usize>,
}

pub struct Page {
    /// As the list of pages has it.
    pub title: String,
    /// The file it is made from, from the root of the repository on.
    pub source: String,
    /// The file it becomes.
    pub target: String,
    pub text: String,
    /// Where its figures are.
    pub folder: PathBuf,
    pub kind: Kind,
}

#[derive(PartialEq)]
pub enum Kind {
    Front,
    Chapter,
    /// A file that is no page of the book, shown because a page points to it.
    File,
}

impl Page {
    pub fn is_written(&self) -> bool {
        !self.text.lines().any(|line| line == "<!-- not written yet -->")
    }
}

impl Book {
    pub fn read(root: &Path) -> Result<Book> {
        let docs = root.join("docs");
        let settings = fs::read_to_string(docs.join("book.toml"))?;
        let title = settings.lines().find_map(|line| line.strip_prefix("title = \"")?.strip_suffix('"'));
        let title = title.ok_or("docs/book.toml has no title")?.to_string();
        let mut book = Book { title: title.clone(), parts: Vec::new(), pages: Vec::new() };
        book.pages.push(Page {
            title,
            source: "docs/SUMMARY.md".into(),
            target: "index.html".into(),
            text: FRONT.into(),
            folder: docs.clone(),
            kind: Kind::Front,
        });
        for line in fs::read_to_string(docs.join("SUMMARY.md"))?.lines().skip(1) {
            if let Some(title) = line.strip_prefix("# ") {
                book.parts.push(Part { title: title.into(), pages: Vec::new() });
            } else if let Some((title, file)) = line.strip_prefix("- [").and_then(|l| l.split_once("](")) {
                let file = file.trim_end_matches(')');
                let part = book.parts.last_mut().ok_or("SUMMARY.md has a page before its first part")?;
                part.pages.push(book.pages.len());
                let text =
                    fs::read_to_string(docs.join(file)).map_err(|error| format!("docs/{file}: {error}"))?;
                book.pages.push(Page {
                    title: title.into(),
                    source: format!("docs/{file}"),
                    target: file.replace(".md", ".html"),
                    text,
                    folder: docs.clone(),
                    kind: Kind::Chapter,
                });
            }
        }
        book.add_files(root)?;
        Ok(book)
    }

    /// Chapters may point to files outside `docs/`; what those point to is not followed.
    fn add_files(&mut self, root: &Path) -> Result<()> {
        let chapters = self.pages.len();
        for place in 0..chapters {
            let (source, text) = (self.pages[place].source.clone(), self.pages[place].text.clone());
            for event in Parser::new_ext(&text, OPTIONS) {
                let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
                let Some(path) = within(&source, &dest_url) else { continue };
                if self.page_of(&path).is_some() {
                    continue;
                }
                let file = root.join(&path);
                let text = fs::read_to_string(&file)
                    .map_err(|error| format!("{source} points to {path}: {error}"))?;
                self.pages.push(Page {
                    title: path.clone(),
                    target: format!("file-{}.html", path.replace('/', "-")),
                    source: path,
                    text,
                    folder: file.parent().unwrap_or(root).to_path_buf(),
                    kind: Kind::File,
                });
            }
        }
        Ok(())
    }

    pub fn page_of(&self, source: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.source == source)
    }

    /// The chapters before and after one.
    pub fn neighbors(&self, page: &Page) -> (Option<&Page>, Option<&Page>) {
        let order: Vec<usize> = self.parts.iter().flat_map(|part| part.pages.iter().copied()).collect();
        let place = order.iter().position(|&at| self.pages[at].target == page.target);
        let at = |place: Option<usize>| place.and_then(|place| order.get(place)).map(|&at| &self.pages[at]);
        match place {
            Some(place) => (at(place.checked_sub(1)), at(Some(place + 1))),
            None if page.kind == Kind::Front => (None, at(Some(0))),
            None => (None, None),
        }
    }
}

/// The file that a link means, from the root of the repository on, if it means one.
pub fn within(source: &str, link: &str) -> Option<String> {
    let path = link.split('#').next().unwrap_or_default();
    if path.is_empty() || path.contains(':') {
        return None;
    }
    let mut whole = PathBuf::from(source);
    whole.pop();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::Normal(name) => whole.push(name),
            _ => {}
        }
    }
    Some(whole.to_string_lossy().into_owned())
}
