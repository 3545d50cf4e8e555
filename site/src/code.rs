//! Code in a page, with the few colors that help to read it.

const KEYWORDS: &[&str] = &[
    "as", "async", "break", "const", "continue", "crate", "else", "enum", "extern", "false", "fn", "for",
    "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "Self",
    "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
];

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A block of code. Lines that a Rust snippet hides from its readers stay hidden.
pub fn block(language: &str, text: &str) -> String {
    let shown = match language {
        "rust" => {
            let lines = text.lines().filter(|line| *line != "#" && !line.starts_with("# "));
            colored(lines.collect::<Vec<_>>().join("\n").trim_end())
        }
        "rs" => colored(text.trim_end()),
        "diff" => lines(text, |line| match line.as_bytes().first() {
            Some(b'+') => Some("added"),
            Some(b'-') => Some("removed"),
            _ => None,
        }),
        "console" => lines(text, |line| line.trim_start().starts_with('#').then_some("comment")),
        _ => escaped(text.trim_end()),
    };
    let name = if language.is_empty() { "Text" } else { language };
    // Sentences may go on in the next line; what is aligned by spaces, and code, may not.
    let flows = language == "text" && !text.contains("  ");
    let class = if flows { " class=\"flowing\"" } else { "" };
    format!(
        "<pre{class} tabindex=\"0\" role=\"group\" aria-label=\"Code: {name}\"><code>{shown}</code></pre>\n"
    )
}

fn lines(text: &str, class: impl Fn(&str) -> Option<&'static str>) -> String {
    let line = |line: &str| match class(line) {
        Some(class) => span(class, line),
        None => escaped(line),
    };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

fn span(class: &str, text: &str) -> String {
    format!("<span class=\"{class}\">{}</span>", escaped(text))
}

/// Comments, strings, numbers and keywords of Rust told apart.
fn colored(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, class) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), "comment")
        } else if first == '"' {
            (string(rest), "string")
        } else if first.is_ascii_digit() {
            (run(rest, |c| c.is_alphanumeric() || c == '_'), "number")
        } else if first.is_alphabetic() || first == '_' {
            let length = run(rest, |c| c.is_alphanumeric() || c == '_');
            (length, if KEYWORDS.contains(&&rest[..length]) { "keyword" } else { "" })
        } else {
            (first.len_utf8(), "")
        };
        let (token, after) = rest.split_at(length);
        out.push_str(&if class.is_empty() { escaped(token) } else { span(class, token) });
        rest = after;
    }
    out
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn string(text: &str) -> usize {
    let mut skip = true; // the opening quote
    for (place, c) in text.char_indices() {
        match c {
            _ if skip => skip = false,
            '\\' => skip = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_what_a_snippet_hides() {
        assert!(!block("rust", "let x = 1;\n# Ok::<(), Error>(())\n").contains("Ok"));
        assert!(block("rust", "#[test]\nfn f() {}\n").contains("#[test]"));
    }

    #[test]
    fn sentences_flow_and_tables_do_not() {
        assert!(block("text", "After 500 steps it tells all apart.\n").contains("flowing"));
        assert!(!block("text", "layer  dead\n").contains("flowing"));
        assert!(!block("rust", "let x = 1;\n").contains("flowing"));
    }

    #[test]
    fn tells_tokens_apart() {
        let html = colored("let s = \"a \\\" // b\"; // <x>");
        assert_eq!(
            html,
            "<span class=\"keyword\">let</span> s = <span class=\"string\">&quot;a \\&quot; // b&quot;</span>; \
             <span class=\"comment\">// &lt;x&gt;</span>"
        );
    }
}
