//! Figures: SVG that can be read by a person, a program and an eye in any light.
//!
//! They are drawn by the library (`gradus::plot`). What differs by color differs by dash, marker or label as well.

/// Says what a figure lacks, if it lacks something.
pub fn inspect(svg: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(svg).map_err(|fault| fault.to_string())?;
    let words = |tag: &str| {
        let found = document.root_element().children().find(|node| node.tag_name().name() == tag);
        found.and_then(|node| node.text()).map_or(0, |text| text.split_whitespace().count())
    };
    let count = |tag: &str| document.descendants().filter(|node| node.tag_name().name() == tag).count();
    if document.root_element().attribute("viewBox").is_none() || words("title") < 2 || words("desc") < 8 {
        return Err("a figure has a viewBox, a title and a description in words".into());
    }
    let mut attributes = document.descendants().flat_map(|node| node.attributes());
    if let Some(lost) = attributes.find(|each| each.value().contains("NaN") || each.value().contains("inf")) {
        return Err(format!("{} is not finite", lost.name()));
    }
    if count("path") + count("circle") + count("rect") < 2 || count("text") < 4 {
        return Err("a figure has marks, and labels beside them".into());
    }
    // In gray, lines of different color are told apart by their dashes.
    let mut styles: Vec<(&str, &str)> = Vec::new();
    for line in document.descendants().filter(|node| node.attribute("stroke-width") == Some("1.8")) {
        let style =
            (line.attribute("stroke").unwrap_or(""), line.attribute("stroke-dasharray").unwrap_or(""));
        if styles.iter().any(|other| other.1 == style.1 && other.0 != style.0) {
            return Err(format!("two lines differ in color alone: {style:?}"));
        }
        styles.push(style);
    }
    if svg.contains("href=") || svg.contains("url(") {
        return Err("a figure loads nothing".into());
    }
    Ok(())
}
