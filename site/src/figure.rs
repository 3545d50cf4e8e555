//! Figures of the book, made fit to stand inside a page.

use crate::Result;

/// The figure without its own style, named by its title and described by its description.
pub fn inlined(svg: &str, id: &str) -> Result<String> {
    let mut lines: Vec<&str> = svg.lines().filter(|line| !line.starts_with("<style>")).collect();
    if lines.is_empty() || !lines[0].starts_with("<svg ") {
        return Err("does not begin with <svg".into());
    }
    if svg.matches("<style").count() > svg.lines().filter(|line| line.starts_with("<style>")).count() {
        return Err("its style is not on a line of its own".into());
    }
    let first = lines.remove(0).replacen(
        "<svg ",
        &format!("<svg aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\" "),
        1,
    );
    let rest = lines.join("\n");
    for tag in ["title", "desc"] {
        if !rest.contains(&format!("<{tag}>")) {
            return Err(format!("has no {tag}").into());
        }
    }
    let rest = rest.replacen("<title>", &format!("<title id=\"{id}-title\">"), 1);
    let rest = rest.replacen("<desc>", &format!("<desc id=\"{id}-desc\">"), 1);
    Ok(format!("{first}\n{rest}\n"))
}
