//! Reading a page: where its claims and blocks are, and which numbers of its prose are bare.

/// Calls `judge(line, id, printed)` for every claim and block of a page, and puts what it returns in the
/// place of what was printed.
pub fn rewrite(text: &str, mut judge: impl FnMut(usize, &str, &str) -> Option<String>) -> String {
    let (mut out, mut rest, mut line) = (String::new(), text, 1);
    while let Some((at, kind)) = next_mark(rest) {
        let open = &rest[at..];
        let close = format!("<!--/{kind}-->");
        let (id, body) = open[kind.len() + 5..].split_once("-->").expect("a mark is closed by -->");
        let (printed, after) = body.split_once(&*close).unwrap_or_else(|| panic!("{id}: no {close}"));
        line += rest[..at].matches('\n').count();
        let now = judge(line, id, printed).unwrap_or_else(|| printed.to_string());
        line += open[..open.len() - after.len()].matches('\n').count();
        out += &format!("{}<!--{kind}:{id}-->{now}{close}", &rest[..at]);
        rest = after;
    }
    out + rest
}

fn next_mark(text: &str) -> Option<(usize, &'static str)> {
    let of = |kind: &'static str| Some((text.find(&format!("<!--{kind}:"))?, kind));
    of("claim").into_iter().chain(of("block")).min()
}

/// The lines of a page, numbered from 1, without fenced code, generated blocks and what stands in
/// comments and claims. A claim leaves a letter, so that it is a word.
pub fn lines(text: &str) -> Vec<(usize, String)> {
    let kept = rewrite(text, |_, _, printed| Some("\n".repeat(printed.matches('\n').count()) + "x"));
    let (mut lines, mut fenced) = (Vec::new(), false);
    for (i, line) in kept.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((i + 1, without(line, "<!--", "-->")));
        }
    }
    lines
}

/// A text without what stands between two marks, and without these.
pub fn without(text: &str, open: &str, close: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(open) {
        let Some((_, after)) = after.split_once(close) else { break };
        out += before;
        rest = after;
    }
    out + rest
}

/// The numbers of a line of prose that nothing proves. Free are whole numbers up to 12, the ordinal that
/// opens an item of a list, years in parentheses, whatever is part of a word (`f32`), and code that is more
/// than a number. In formulas whole numbers are free.
pub fn bare_numbers(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let line = line.trim_start();
    let item = line.find(". ").filter(|&at| at > 0 && line[..at].bytes().all(|c| c.is_ascii_digit()));
    let line = without(&line[item.map_or(0, |at| at + 2)..], "](", ")");
    // Every second part stands between backticks; of the others, every second between dollars.
    for (i, part) in line.split('`').enumerate() {
        if i % 2 == 1 {
            found.extend(is_number(part).then(|| part.to_string()));
            continue;
        }
        for (i, part) in part.split('$').enumerate() {
            found.extend(numbers(part, i % 2 == 1));
        }
    }
    found
}

fn is_number(code: &str) -> bool {
    let code = code.trim().trim_start_matches(['-', '−', '+']);
    code.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && code.chars().all(|c| c.is_ascii_digit() || ".,_e-−%".contains(c))
}

fn numbers(text: &str, formula: bool) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        let inside = |c: char| c.is_alphanumeric() || c == '.' || c == ',' || c == '_';
        while at < chars.len()
            && (inside(chars[at]) || ("-−".contains(chars[at]) && matches!(chars[at - 1], 'e' | 'E')))
        {
            at += 1;
        }
        let word: String = chars[start..at].iter().collect();
        let word = word.trim_end_matches(['.', ',']);
        let before = start.checked_sub(1).map(|i| chars[i]);
        let after: String = chars[at..].iter().collect();
        let of_a_word = before.is_some_and(|c| c.is_alphabetic() || c == '_');
        let whole = word.bytes().all(|c| c.is_ascii_digit());
        let percent = after.trim_start().starts_with('%');
        let year = whole && word.len() == 4 && after.starts_with([')', ',', ';']) && before == Some(' ');
        let small = whole && word.parse::<u64>().is_ok_and(|n| n <= 12);
        let point = before == Some('.');
        if !of_a_word && (point || percent || !(year || small || formula && whole)) {
            found.push(word.to_string());
        }
    }
    found
}

/// The words of a page's prose.
pub fn count_words(text: &str) -> usize {
    lines(text).iter().flat_map(|(_, line)| line.split_whitespace()).filter(|word| *word != "|").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_numbers_are_found_and_free_ones_are_not() {
        for (line, expected) in [
            ("the slope is 0.25 there", vec!["0.25"]),
            ("from x = 17 on, and 1.7e-6 then 3e−4.", vec!["17", "1.7e-6", "3e−4"]),
            ("half, 50 %, and 7%", vec!["50", "7"]),
            ("about .5 of it", vec!["5"]),
            ("two layers of 8 units (He et al. 2015), in `f32`", vec![]),
            ("3. an item with 12 words", vec![]),
            ("`y * (1 - y)` and `leaky_relu(0.01)`", vec![]),
            ("hidden in code: `0.25` and `-3e-4`", vec!["0.25", "-3e-4"]),
            ("$\\sigma'(0) = \\tfrac{1}{4} = 2^{-20}$ and $0.25$", vec!["0.25"]),
            ("see [this](figures/x-200.svg)", vec![]),
            ("in 2015 there were 1,500", vec!["2015", "1,500"]),
        ] {
            assert_eq!(bare_numbers(line), expected, "{line}");
        }
    }

    #[test]
    fn claims_are_read_judged_and_rewritten() {
        let text = "a <!--claim:p.a-->1<!--/claim--> b\n<!--block:p.t-->\nold 3.5\n<!--/block-->\n<!--claim:p.b-->2<!--/claim--> 9.5\n";
        let mut seen = Vec::new();
        let now = rewrite(text, |line, id, printed| {
            seen.push((line, id.to_string(), printed.trim().to_string()));
            (id == "p.b").then(|| "3".into())
        });
        let expected = [(1, "p.a", "1"), (2, "p.t", "old 3.5"), (5, "p.b", "2")];
        assert_eq!(seen, expected.map(|(line, id, printed)| (line, id.to_string(), printed.to_string())));
        assert_eq!(now, text.replace(">2<", ">3<"));
        let bare: Vec<_> = lines(text)
            .into_iter()
            .flat_map(|(at, line)| bare_numbers(&line).into_iter().map(move |number| (at, number)))
            .collect();
        assert_eq!(bare, [(5, "9.5".to_string())]);
    }

    #[test]
    fn fences_and_comments_are_no_prose() {
        let text = "one\n```rust\nlet x = 0.5;\n```\n<!-- 7.5 -->two three\n";
        assert_eq!(count_words(text), 3);
    }
}
