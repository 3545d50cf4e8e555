//! The place of a living figure in a page: its still, and controls that wait for the script.

use crate::{Result, code, figure};
use gradus_living::{ALL, Living};

/// Below a chapter, if it has one.
pub fn section(target: &str) -> Result<Option<String>> {
    let name = target.trim_end_matches(".html");
    match ALL.iter().position(|living| living.page == name) {
        Some(place) => Ok(Some(written(place, &ALL[place])?)),
        None => Ok(None),
    }
}

fn written(place: usize, living: &Living) -> Result<String> {
    let start: Vec<f64> = living.controls.iter().map(|control| control.start).collect();
    let drawing =
        (living.draw)(&start).map_err(|error| format!("the living figure {}: {error}", living.page))?;
    let svg = figure::framed(&figure::inlined(&drawing.svg, "living-figure")?);
    let mut controls = String::new();
    for (control, said) in living.controls.iter().zip(&drawing.said) {
        let (name, label) = (control.name, code::escaped(control.label));
        controls.push_str(&format!(
            "<p><label for=\"living-{name}\">{label}</label> <input type=\"range\" id=\"living-{name}\" name=\"{name}\" \
             min=\"{}\" max=\"{}\" step=\"{}\" value=\"{}\" aria-valuetext=\"{said}\"> \
             <output for=\"living-{name}\">{said}</output></p>\n",
            control.low, control.high, control.step, control.start,
        ));
    }
    Ok(format!(
        "<h2 id=\"living\">Try it<a class=\"anchor\" href=\"#living\" aria-label=\"Link to Try it\">#</a></h2>\n\
         <section class=\"living\" aria-label=\"Interactive figure\" data-living=\"{place}\">\n\
         <p>{}</p>\n<form hidden>\n{controls}<p><button type=\"reset\">Back to the start</button></p></form>\n\
         <figure>{svg}<figcaption aria-live=\"polite\">{}</figcaption></figure>\n\
         <p class=\"still\">This is a still. With scripts and WebAssembly it moves, and Gradus itself computes it in your \
         browser.</p>\n</section>\n",
        code::escaped(living.lead),
        code::escaped(&drawing.words),
    ))
}
