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
    let class = if is_roomy(&svg) { " class=\"roomy\"" } else { "" };
    let named = format!("<svg{class} aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\" ");
    let svg = svg.replacen("<svg ", &named, 1);
    let svg = svg.replacen("<title>", &format!("<title id=\"{id}-title\">"), 1);
    Ok(format!("{}\n", svg.replacen("<desc>", &format!("<desc id=\"{id}-desc\">"), 1)))
}

/// Whether its letters may grow by a quarter, as they do on a phone, without being cut off at an edge.
fn is_roomy(svg: &str) -> bool {
    let width = number(svg, "viewBox=\"0 0 ").unwrap_or(0.0);
    svg.split("<text ").skip(1).all(|text| {
        let x = number(text, " x=\"").unwrap_or(0.0);
        let words = text.split(['>', '<']).nth(1).unwrap_or_default();
        let length = 15.0 * 0.68 * words.chars().count() as f64;
        let left = match text {
            _ if text.contains("\"end\"") => x - length,
            _ if text.contains("\"middle\"") => x - length / 2.0,
            _ => x,
        };
        left >= 0.0 && left + length <= width
    })
}

fn number(text: &str, after: &str) -> Option<f64> {
    let rest = &text[text.find(after)? + after.len()..];
    rest.split([' ', '"']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 360\" role=\"img\">\n<title>A</title>\n\
        <desc>B</desc>\n<style>.ink{fill:red}</style>\n<text class=\"ink\" x=\"590.0\" text-anchor=\"start\">WORD</text></svg>";

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
        assert!(is_roomy(SVG));
        assert!(!is_roomy(&SVG.replace("WORD", "WORDS AND WORDS")));
    }
}
