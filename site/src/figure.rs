//! Figures of the book, made fit to stand inside a page.

use crate::Result;

/// The figure without its own style, named by its title and described by its description.
pub fn inlined(svg: &str, id: &str) -> Result<String> {
    let (mut styles, mut lines) = (0, Vec::new());
    for line in svg.lines() {
        match line.starts_with("<style>") {
            true => styles += 1,
            false => lines.push(line),
        }
    }
    let svg = lines.join("\n");
    for (tag, count) in [("<svg ", 1), ("<title>", 1), ("<desc>", 1), ("<style", 0)] {
        if svg.matches(tag).count() != count {
            return Err(
                format!("has {tag} {} times, beside {styles} style lines", svg.matches(tag).count()).into()
            );
        }
    }
    let class = if is_roomy(&svg) { " class=\"roomy\"" } else { " class=\"dense\"" };
    let named = format!("<svg{class} aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\" ");
    let svg = svg.replacen("<svg ", &named, 1);
    let svg = svg.replacen("<title>", &format!("<title id=\"{id}-title\">"), 1);
    Ok(format!("{}\n", svg.replacen("<desc>", &format!("<desc id=\"{id}-desc\">"), 1)))
}

/// A figure whose letters cannot grow keeps a width at which they can be read, and scrolls where a phone is narrower.
pub fn framed(svg: &str) -> String {
    match svg.contains(" class=\"dense\"") {
        true => format!(
            "<div class=\"scrolls\" tabindex=\"0\" role=\"group\" aria-label=\"Figure\">{svg}</div>\n"
        ),
        false => svg.into(),
    }
}

/// Letters on a phone, in the figure's own pixels: of these, more than half a pixel each is left there.
const PHONE: f64 = 17.0;
/// How wide a letter is, on average, and how high, in shares of its size.
const LETTER: [f64; 2] = [0.58, 0.8];

/// Whether its letters may grow to [`PHONE`] without being cut off at an edge or lying on each other. Figures
/// without that room scroll on a phone.
fn is_roomy(svg: &str) -> bool {
    let width = number(svg, "viewBox=\"0 0 ").unwrap_or(0.0);
    let boxes: Vec<[f64; 4]> = svg.split("<text").skip(1).filter_map(letters).collect();
    let within = |[left, right, ..]: &[f64; 4]| *left >= 0.0 && *right <= width;
    let apart = |a: &[f64; 4], b: &[f64; 4]| a[1] <= b[0] || b[1] <= a[0] || a[3] <= b[2] || b[3] <= a[2];
    boxes.iter().all(within)
        && (1..boxes.len()).all(|i| boxes[..i].iter().all(|other| apart(other, &boxes[i])))
}

/// Left, right, top and bottom of what follows `<text`, if it has letters.
fn letters(text: &str) -> Option<[f64; 4]> {
    let (x, y) = (number(text, " x=\"")?, number(text, " y=\"")?);
    let words = text.split(['>', '<']).nth(1).filter(|words| !words.is_empty())?;
    // What begins with & and ends with ; is one letter.
    let mut parts = words.split('&');
    let first = parts.next().map_or(0, |part| part.chars().count());
    let after = |part: &str| part.split_once(';').map_or(part, |(_, rest)| rest).chars().count();
    let count = first + parts.map(|part| 1 + after(part)).sum::<usize>();
    let length = PHONE * LETTER[0] * count as f64;
    let left = match text {
        _ if text.contains("\"end\"") => x - length,
        _ if text.contains("\"middle\"") => x - length / 2.0,
        _ => x,
    };
    Some([left, left + length, y - PHONE * LETTER[1], y])
}

fn number(text: &str, after: &str) -> Option<f64> {
    let rest = &text[text.find(after)? + after.len()..];
    rest.split([' ', '"']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 360\" role=\"img\">\n<title>A</title>\n\
        <desc>B</desc>\n<style>.ink{fill:red}</style>\n<text class=\"ink\" x=\"590.0\" y=\"20.0\" text-anchor=\"start\">WORD</text></svg>";

    #[test]
    fn a_figure_takes_the_style_of_its_page() {
        let svg = inlined(SVG, "figure-1").unwrap();
        assert!(
            !svg.contains("style")
                && svg.contains("aria-labelledby=\"figure-1-title\"")
                && svg.contains("roomy")
        );
        assert!(inlined("<p>", "figure-1").is_err());
        assert!(inlined(&SVG.replace("<desc>B</desc>", ""), "figure-1").is_err());
        assert!(inlined(&SVG.replace("</svg>", "<style></style></svg>"), "figure-1").is_err());
    }

    #[test]
    fn letters_near_an_edge_do_not_grow() {
        assert!(is_roomy(SVG) && is_roomy(&SVG.replace("WORD", "&lt;&gt;")));
        assert!(!is_roomy(&SVG.replace("WORD", "WORDS AND WORDS")));
        let beside = |y: &str| {
            let other = format!("<text x=\"570.0\" y=\"{y}\" text-anchor=\"start\">WORD</text></svg>");
            SVG.replace("</svg>", &other)
        };
        assert!(is_roomy(&beside("40.0")) && !is_roomy(&beside("30.0")));
    }
}
