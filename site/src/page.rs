//! One page: Markdown to the HTML of its article.

use crate::book::{Book, Kind, OPTIONS, Page, within};
use crate::{Result, code, figure, living, playground};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd, html};
use pulldown_latex::config::{DisplayMode, RenderConfig};

const BOUND: [(&str, &str); 3] = [(" %", "\u{a0}%"), (" … ", "\u{a0}…\u{a0}"), (" / ", "\u{a0}/ ")];

/// A living figure stands where the page says so, or else before this heading.
const MARKER: &str = "<!-- living -->";
/// Code of so many letters does not break; a cell of a table on a phone has room for it.
const WHOLE: usize = 16;
const LAST_SECTION: &str = "What would falsify this page";

pub struct Html {
    pub article: String,
    /// The sections: anchor and title.
    pub sections: Vec<(String, String)>,
    /// What has to run for it to move.
    pub scripts: &'static [&'static str],
}

pub fn render(book: &Book, page: &Page) -> Result<Html> {
    if page.kind == Kind::File && !page.source.ends_with(".md") {
        let language = page.source.rsplit('.').next().unwrap_or_default();
        let article =
            format!("<h1>{}</h1>\n{}", code::escaped(&page.title), code::block(language, &page.text));
        return Ok(Html { article, sections: Vec::new(), scripts: &[] });
    }
    let mut writer =
        Writer { book, page, out: String::new(), sections: Vec::new(), figures: 0, is_living: false };
    let text = without_claim_marks(&page.text);
    let events: Vec<Event> = Parser::new_ext(&text, OPTIONS).collect();
    let mut rest = events.as_slice();
    while !rest.is_empty() {
        rest = writer.next(rest)?;
    }
    writer.living()?; // at the end, where nothing else says where
    let scripts: &[&str] = match writer.is_living {
        false => &[],
        true if page.target == playground::PAGE => &["engine", "drawings", "playground"],
        true => &["engine", "living"],
    };
    Ok(Html { article: writer.out, sections: writer.sections, scripts })
}

struct Writer<'b> {
    book: &'b Book,
    page: &'b Page,
    out: String,
    sections: Vec<(String, String)>,
    figures: usize,
    is_living: bool,
}

impl Writer<'_> {
    /// Writes what comes first, and gives back what follows it. Blocks that the site has its own mind about
    /// are taken whole; all else goes to the Markdown library one block at a time.
    fn next<'e, 'a>(&mut self, events: &'e [Event<'a>]) -> Result<&'e [Event<'a>]> {
        let (block, rest) = events.split_at(length(events));
        match &block[0] {
            Event::Start(Tag::Heading { level, .. }) => self.heading(*level, &block[1..block.len() - 1])?,
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.split(',').next().unwrap_or_default(),
                    CodeBlockKind::Indented => "",
                };
                self.out.push_str(&code::block(language, &words(block)));
            }
            Event::Start(Tag::Paragraph) if is_image(block) => self.image(block)?,
            Event::Start(Tag::Table(_)) => {
                // A wide table scrolls by itself, also with the keyboard.
                let start = self.out.len();
                self.out.push_str("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">");
                self.plain(block)?;
                // The column of figures is named by what it shows, not by a heading.
                let table = self.out.split_off(start);
                self.out.push_str(&without_empty_headings(&table));
                self.out.push_str("</div>\n");
            }
            Event::Html(text) if text.trim() == MARKER => self.living()?,
            Event::Start(Tag::HtmlBlock) if words(block).trim() == MARKER => self.living()?,
            _ => self.plain(block)?,
        }
        Ok(rest)
    }

    fn plain(&mut self, block: &[Event<'_>]) -> Result<()> {
        let events = block.iter().map(|event| self.event(event)).collect::<Result<Vec<_>>>()?;
        html::push_html(&mut self.out, events.into_iter());
        Ok(())
    }

    fn event<'a>(&mut self, event: &Event<'a>) -> Result<Event<'a>> {
        Ok(match event {
            Event::InlineMath(text) => Event::InlineHtml(math(text, DisplayMode::Inline)?.into()),
            Event::DisplayMath(text) => {
                let formula = math(text, DisplayMode::Block)?;
                let scrolls = "class=\"wide formula\" tabindex=\"0\" role=\"group\" aria-label=\"Formula\"";
                Event::InlineHtml(format!("<span {scrolls}>{formula}</span>").into())
            }
            // A number and its per cent sign stay together, and so do the ends of a range; of numbers in a row, none
            // begins a line with what parts it from the one before.
            Event::Text(text) if BOUND.iter().any(|(apart, _)| text.contains(apart)) => {
                let bound =
                    BOUND.iter().fold(text.to_string(), |text, (apart, bound)| text.replace(apart, bound));
                Event::Text(bound.into())
            }
            // Short code is read at once, so it stays in one line.
            Event::Code(code) if code.chars().count() <= WHOLE => {
                Event::InlineHtml(format!("<code class=\"whole\">{}</code>", code::escaped(code)).into())
            }
            // Long paths may break behind a slash.
            Event::Code(path) if path.contains('/') => {
                let path = code::escaped(path).replace('/', "/<wbr>");
                Event::InlineHtml(format!("<code>{path}</code>").into())
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => Event::Start(Tag::Link {
                link_type: *link_type,
                dest_url: self.link(dest_url)?.into(),
                title: title.clone(),
                id: id.clone(),
            }),
            Event::Start(Tag::Image { .. }) => return Err("an image stands in a paragraph of its own".into()),
            // A figure in the cell of a table has its size from HTML; here it is as any other.
            Event::InlineHtml(tag) if tag.starts_with("<img ") => {
                let path = tag.split("src=\"").nth(1).and_then(|rest| rest.split('"').next());
                let svg = self.svg(path.ok_or("an img without src")?)?;
                Event::InlineHtml(format!("<figure>{}</figure>", svg.replace('\n', "")).into())
            }
            // Comments are for tests and authors, not for readers; text in one line with them would be lost.
            Event::Html(text) | Event::InlineHtml(text) if text.trim().starts_with("<!--") => {
                if text.trim().find("-->") != Some(text.trim().len() - 3) {
                    return Err(format!("text follows a comment that begins its line: {text}").into());
                }
                Event::Text("".into())
            }
            other => other.clone(),
        })
    }

    /// Links between pages keep their anchors; those out of a file that is only shown may lead nowhere here.
    fn link(&self, link: &str) -> Result<String> {
        let Some(source) = within(&self.page.source, link) else { return Ok(link.into()) };
        let anchor = link.find('#').map_or("", |at| &link[at..]);
        match self.book.page_of(&source) {
            Some(page) => Ok(format!("{}{anchor}", page.target)),
            None if self.page.kind == Kind::File => Ok("index.html".into()),
            None => Err(format!("no page is made from {source}").into()),
        }
    }

    fn heading(&mut self, level: HeadingLevel, inside: &[Event<'_>]) -> Result<()> {
        let title = words(inside);
        if title == LAST_SECTION {
            self.living()?;
        }
        let mut anchor = String::new();
        for c in title.to_lowercase().chars() {
            match c {
                c if c.is_alphanumeric() || c == '_' => anchor.push(c),
                ' ' | '-' => anchor.push('-'),
                _ => {}
            }
        }
        self.out.push_str(&format!("<{level} id=\"{anchor}\">"));
        self.plain(inside)?;
        if level == HeadingLevel::H2 {
            self.sections.push((anchor.clone(), title.clone()));
        }
        if level != HeadingLevel::H1 {
            let name = code::escaped(&title);
            self.out.push_str(&format!(
                "<a class=\"anchor\" href=\"#{anchor}\" aria-label=\"Link to {name}\">#</a>"
            ));
        }
        self.out.push_str(&format!("</{level}>\n"));
        Ok(())
    }

    /// A figure is written into the page, so that it takes the page's colors.
    fn image(&mut self, block: &[Event<'_>]) -> Result<()> {
        let Event::Start(Tag::Image { dest_url, .. }) = &block[1] else { return Ok(()) };
        let (svg, caption) = (figure::framed(&self.svg(dest_url)?), code::escaped(&words(block)));
        self.out.push_str(&format!("<figure>{svg}<figcaption>{caption}</figcaption></figure>\n"));
        Ok(())
    }

    fn svg(&mut self, path: &str) -> Result<String> {
        let svg = std::fs::read_to_string(self.page.folder.join(path))
            .map_err(|error| format!("{path}: {error}"))?;
        self.figures += 1;
        Ok(figure::inlined(&svg, &format!("figure-{}", self.figures))
            .map_err(|error| format!("{path}: {error}"))?)
    }

    fn living(&mut self) -> Result<()> {
        if !self.is_living && self.page.kind == Kind::Chapter {
            if self.page.target == playground::PAGE {
                self.out.push_str(&playground::section());
                self.is_living = true;
            } else if let Some(section) = living::section(&self.page.target)? {
                self.out.push_str(&section);
                self.sections.push(("living".into(), "Try it".into()));
                self.is_living = true;
            }
        }
        Ok(())
    }
}

/// How many events the first block takes, its end included.
fn length(events: &[Event<'_>]) -> usize {
    let mut depth = 0;
    for (place, event) in events.iter().enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    events.len()
}

/// The text without the marks around claims. A mark at the beginning of a line would end its paragraph, as any
/// comment does. Marks in code stay, since there they are shown.
fn without_claim_marks(text: &str) -> String {
    let mut parts = text.split("<!--");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let mark = part.split_once("-->").filter(|(name, _)| name.starts_with("claim:") || *name == "/claim");
        let in_code = out.rsplit('\n').next().unwrap_or_default().matches('`').count() % 2 == 1;
        match mark {
            Some((_, after)) if !in_code => out.push_str(after),
            _ => {
                out.push_str("<!--");
                out.push_str(part);
            }
        }
    }
    out
}

/// A heading without words names nothing: it is an empty cell.
fn without_empty_headings(table: &str) -> String {
    let mut parts = table.split("<th");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let after = part.split_once('>').and_then(|(inside, after)| {
            (inside.is_empty() || inside.starts_with(' ')).then(|| after.strip_prefix("</th>")).flatten()
        });
        match after {
            Some(after) => out.push_str(&format!("<td></td>{after}")),
            None => out.push_str(&format!("<th{part}")),
        }
    }
    out
}

fn is_image(block: &[Event<'_>]) -> bool {
    matches!(block, [_, Event::Start(Tag::Image { .. }), .., Event::End(TagEnd::Image), _])
}

fn words(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) | Event::InlineMath(part) | Event::Html(part) => {
                text.push_str(part)
            }
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text
}

fn math(text: &str, display_mode: DisplayMode) -> Result<String> {
    let storage = pulldown_latex::Storage::new();
    let events = pulldown_latex::Parser::new(text, &storage).collect::<std::result::Result<Vec<_>, _>>();
    let events = events.map_err(|error| format!("${text}$: {error}"))?;
    let mut formula = String::new();
    let config = RenderConfig { display_mode, annotation: Some(text), ..RenderConfig::default() };
    let parsed = events.into_iter().map(Ok::<_, std::convert::Infallible>);
    pulldown_latex::mathml::push_mathml(&mut formula, parsed, config)?;
    Ok(formula)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_lose_their_marks_but_not_in_code() {
        let text =
            "above\n<!--claim:a.b-->1.5<!--/claim--> and `<!--claim:c-->0<!--/claim-->` <!-- living -->";
        assert_eq!(
            without_claim_marks(text),
            "above\n1.5 and `<!--claim:c-->0<!--/claim-->` <!-- living -->"
        );
    }

    #[test]
    fn headings_without_words_are_cells() {
        let table = "<thead><tr><th></th><th style=\"text-align: right\"></th><th>a</th></tr></thead>";
        let cells = "<thead><tr><td></td><td></td><th>a</th></tr></thead>";
        assert_eq!(without_empty_headings(table), cells);
    }

    #[test]
    fn formulas_become_mathml() {
        let formula = math(r"\sigma(x) = \frac{1}{1 + e^{-x}}", DisplayMode::Inline).unwrap();
        assert!(formula.starts_with("<math") && formula.contains("<mfrac>") && formula.contains("σ"));
        assert!(math(r"\frac{1}", DisplayMode::Inline).is_err());
    }
}
