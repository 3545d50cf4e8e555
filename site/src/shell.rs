//! What surrounds every article: head, banner, list of pages, neighbors.

use crate::book::{Book, Kind, Page};
use crate::code::escaped;
use crate::page::Html;

/// Nothing is loaded but from beside the page, and no script but ours and the compiled engine runs.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    script-src 'self' 'wasm-unsafe-eval'; form-action 'none'; base-uri 'none'";

pub fn whole(book: &Book, page: &Page, html: &Html) -> String {
    let title = match page.kind {
        Kind::Front => escaped(&book.title),
        _ => format!("{} · Gradus", escaped(&page.title)),
    };
    let script = |name: &&str| format!("<script src=\"{name}.js\" defer></script>\n");
    let scripts: String = html.scripts.iter().map(script).collect();
    let contents = match page.kind {
        Kind::Front => contents(book, page, html),
        _ => String::new(),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"site.css\">\n\
         <script src=\"site.js\"></script>\n{scripts}</head>\n<body class=\"{}\">\n\
         <a class=\"skip\" href=\"#article\">To the text</a>\n\
         <header><a class=\"home\" href=\"index.html\">Gradus</a> <a class=\"to-contents\" href=\"#contents\">Contents</a> \
         <button type=\"button\" id=\"theme\" hidden>Theme</button></header>\n\
         <main id=\"article\" tabindex=\"-1\">\n<article>\n{}{contents}</article>\n{}</main>\n{}\
         <footer>Text and figures: MIT or Apache-2.0, at your choice.</footer>\n</body>\n</html>\n",
        match page.kind {
            Kind::Front => "front",
            Kind::Chapter => "chapter",
            Kind::File => "file",
        },
        html.article,
        neighbors(book, page),
        if page.kind == Kind::Front {
            String::new()
        } else {
            format!("<nav id=\"contents\" aria-label=\"Contents\">\n{}</nav>\n", list(book, page, html))
        },
    )
}

/// The front page has the list in its middle.
fn contents(book: &Book, page: &Page, html: &Html) -> String {
    format!("<nav id=\"contents\" aria-label=\"Contents\">\n{}</nav>\n", list(book, page, html))
}

fn list(book: &Book, current: &Page, html: &Html) -> String {
    let mut out = String::new();
    for part in &book.parts {
        out.push_str(&format!("<h2>{}</h2>\n<ul>\n", escaped(&part.title)));
        for page in part.pages.iter().map(|&at| &book.pages[at]) {
            let here = page.target == current.target;
            let state = if here { " aria-current=\"page\"" } else { "" };
            let note = if page.is_written() || current.kind != Kind::Front {
                ""
            } else {
                " <small>not written yet</small>"
            };
            out.push_str(&format!(
                "<li><a href=\"{}\"{state}>{}</a>{note}",
                page.target,
                escaped(&page.title)
            ));
            if here && !html.sections.is_empty() {
                let section = |(anchor, title): &(String, String)| {
                    format!("<li><a href=\"#{anchor}\">{}</a></li>", escaped(title))
                };
                let sections: Vec<String> = html.sections.iter().map(section).collect();
                out.push_str(&format!("\n<ul>{}</ul>", sections.concat()));
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n");
    }
    out
}

fn neighbors(book: &Book, page: &Page) -> String {
    let (before, after) = book.neighbors(page);
    let link = |page: Option<&Page>, relation: &str, word: &str| match page {
        Some(page) => {
            let title = escaped(&page.title);
            format!("<a rel=\"{relation}\" href=\"{}\"><small>{word}</small> {title}</a>", page.target)
        }
        None => "<span></span>".into(),
    };
    if before.is_none() && after.is_none() {
        return String::new();
    }
    let (before, after) = (link(before, "prev", "Before"), link(after, "next", "Next"));
    format!("<nav class=\"neighbors\" aria-label=\"Neighboring pages\">{before}{after}</nav>\n")
}

/// Bytes as text, for a script to hold.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let three = [group[0], *group.get(1).unwrap_or(&0), *group.get(2).unwrap_or(&0)];
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4 {
            let digit = number >> (18 - 6 * place) & 63;
            out.push(if place <= group.len() { DIGITS[digit as usize] as char } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn bytes_as_text() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
