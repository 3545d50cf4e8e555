//! The playground's controls, made from the engine's own lists. What it shows is drawn by its script.

use crate::code::escaped;
use gradus::nn::ACTIVATIONS;
use gradus_living::playground::experiments::EXPERIMENTS;
use gradus_living::playground::points::SETS;
use gradus_living::playground::settings::{
    BATCHES, BEGINNINGS, DEEPEST, METHODS, NOISES, SEEDS, Settings, WIDEST, activation_key,
};

/// The page that it stands on.
pub const PAGE: &str = "playground.html";

/// Hidden until the script has the engine; a page without scripts is complete with its stills.
pub fn section() -> String {
    let usual = Settings::read("");
    let sets = SETS.iter().map(|set| (set.key.to_string(), set.name.to_string()));
    // `leaky_relu(0.01)` in a list, `leaky_relu` in an address.
    let activations = ACTIVATIONS
        .iter()
        .map(|(called, _)| (activation_key(called).to_string(), called.trim_end_matches("()").to_string()));
    let beginnings = BEGINNINGS.iter().map(|each| (each.key.to_string(), each.name.to_string()));
    let methods = METHODS.iter().map(|(key, name, _)| (key.to_string(), name.to_string()));
    let batches = BATCHES.iter().map(|size| (size.to_string(), size.to_string()));
    let experiments = EXPERIMENTS.iter().map(|experiment| {
        format!(
            "<button type=\"button\" data-settings=\"{}\" data-steps=\"{}\">{}</button>",
            escaped(experiment.settings),
            experiment.steps,
            escaped(experiment.name)
        )
    });
    let fields = [
        group(
            "Data",
            &[
                choice("data", "points", sets, usual.set.key),
                range("noise", "noise", NOISES, 0.01, usual.noise),
                number("seed", "seed", SEEDS, usual.seed),
            ],
        ),
        group(
            "Network",
            &[
                format!(
                    "<p class=\"field\"><span id=\"play-layers\">hidden layers</span> <span class=\"layers\" role=\"group\" \
                     aria-labelledby=\"play-layers\" data-deepest=\"{DEEPEST}\" data-widest=\"{WIDEST}\"></span></p>\n"
                ),
                choice("activation", "activation", activations, &usual.activation.0),
                choice("init", "first weights", beginnings, usual.beginning.key),
            ],
        ),
        group(
            "Training",
            &[
                choice("method", "optimizer", methods, "sgd"),
                // The script takes the rate from its power of ten.
                range("rate", "learning rate", [-4.0, 1.0], 0.05, -1.0),
                choice("batch", "batch", batches, &usual.batch.to_string()),
            ],
        ),
    ];
    format!(
        "<section class=\"playground\" aria-label=\"Playground\" data-playground>\n\
         <p class=\"still\">The playground needs scripts and WebAssembly, and has not found them here. Its figures on this page are \
         stills of it.</p>\n<div class=\"live\" hidden>\n\
         <div class=\"bar\" role=\"group\" aria-label=\"Training\">\n\
         <button type=\"button\" data-do=\"run\">Run</button> <button type=\"button\" data-do=\"step\">Step</button> \
         <button type=\"button\" data-do=\"reset\">Reset</button>\n\
         <label><span>speed</span> <select name=\"speed\"><option value=\"1\">1 step a frame</option><option value=\"4\" selected>4 steps a frame</option>\
         <option value=\"16\">16 steps a frame</option><option value=\"0\">as fast as it can</option></select></label>\n\
         <output class=\"steps\" aria-live=\"off\">step 0</output></div>\n\
         <div class=\"experiments\" role=\"group\" aria-label=\"Experiments\">{}</div>\n\
         <details open><summary>Choose</summary><form>\n{}</form></details>\n\
         <div class=\"views\">\n\
         <div class=\"view map\"><h3>What it makes of the plane</h3><div class=\"plane\"><canvas data-view=\"map\" role=\"img\" \
         aria-label=\"The plane in the colors of the classes\"></canvas></div><p class=\"legend\" data-view=\"legend\"></p></div>\n\
         <div class=\"view\"><h3>Loss</h3><svg data-view=\"loss\" role=\"img\"></svg>\
         <h3>Dead units</h3><svg data-view=\"dead\" role=\"img\"></svg></div>\n\
         <div class=\"view wide-view\"><h3>Health</h3><ul class=\"words\" data-view=\"words\" aria-live=\"off\"></ul></div>\n\
         <div class=\"view wide-view\"><h3>Every unit, and what it makes of the plane</h3><div data-view=\"units\"></div>\
         <p class=\"legend\">The stronger the tone, the higher the unit's value. <span class=\"mark d\"></span> dead: no gradient passes, on any point. \
         <span class=\"mark a\"></span> asleep: hardly any. <span class=\"mark s\"></span> saturated on half of the points or more.</p></div>\n\
         <div class=\"view\"><h3>Gradient of each layer, over time</h3><svg data-view=\"gradients\" role=\"img\"></svg></div>\n\
         <div class=\"view\"><h3>Gradient across depth: at first and now</h3><svg data-view=\"depth\" role=\"img\"></svg></div>\n\
         <p class=\"note view\">All of this is computed by Gradus, in your browser, with 32-bit numbers: the same bits as on any other \
         machine. The address holds your choice. <span data-view=\"speed\"></span></p>\n\
         </div></div>\n</section>\n",
        experiments.collect::<Vec<_>>().join("\n"),
        fields.concat(),
    )
}

fn group(name: &str, fields: &[String]) -> String {
    format!("<fieldset><legend>{name}</legend>\n{}</fieldset>\n", fields.concat())
}

fn field(name: &str, label: &str, control: &str) -> String {
    format!("<p class=\"field\"><label for=\"play-{name}\">{label}</label> {control}</p>\n")
}

fn choice(name: &str, label: &str, options: impl Iterator<Item = (String, String)>, usual: &str) -> String {
    let option = |(key, words): (String, String)| {
        let selected = if key == usual { " selected" } else { "" };
        format!("<option value=\"{key}\"{selected}>{}</option>", escaped(&words))
    };
    let options: String = options.map(option).collect();
    field(name, label, &format!("<select id=\"play-{name}\" name=\"{name}\">{options}</select>"))
}

fn range(name: &str, label: &str, [low, high]: [f64; 2], step: f64, usual: f64) -> String {
    let input = format!(
        "<input type=\"range\" id=\"play-{name}\" name=\"{name}\" min=\"{low}\" max=\"{high}\" step=\"{step}\" value=\"{usual}\"> \
         <output for=\"play-{name}\"></output>"
    );
    field(name, label, &input)
}

fn number(name: &str, label: &str, [low, high]: [u64; 2], usual: u64) -> String {
    let input = format!(
        "<input type=\"number\" id=\"play-{name}\" name=\"{name}\" min=\"{low}\" max=\"{high}\" step=\"1\" value=\"{usual}\">"
    );
    field(name, label, &input)
}
