//! A page of the book: the numbers, blocks and figures that it shows, recomputed and compared.

use crate::files::{hold, read, report, updating};
use crate::prose;
use std::ops::RangeInclusive;

/// How far a number holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// It follows from a formula or from the number format, without chance.
    Exact,
    /// It is that of one seed: our generator, the same bits everywhere.
    Seeded,
    /// It is taken over this many seeds, and holds within a band.
    Statistical { seeds: usize, band: RangeInclusive<f64> },
}

/// How a number is printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// With so many digits behind the point.
    Fixed(usize),
    /// With a power of ten and so many digits behind the point: `4.54e-5`.
    Power(usize),
    /// As a share of 100, with so many digits behind the point: `31 %`.
    Percent(usize),
}

impl Form {
    pub fn print(self, value: f64) -> String {
        let text = match self {
            _ if value.is_nan() => "NaN".into(),
            _ if value.is_infinite() => if value > 0.0 { "∞" } else { "-∞" }.into(),
            Form::Fixed(digits) => format!("{value:.digits$}"),
            Form::Power(digits) => format!("{value:.digits$e}"),
            Form::Percent(digits) => format!("{:.digits$} %", 100.0 * value),
        };
        text.replace('-', "−")
    }

    /// The number that was printed.
    pub fn parse(self, text: &str) -> Option<f64> {
        let text = text.replace('−', "-");
        match self {
            Form::Percent(_) => text.strip_suffix(" %")?.parse::<f64>().ok().map(|x| x / 100.0),
            _ => text.parse().ok(),
        }
    }
}

/// A number that the page may print, under an id of its own.
#[derive(Clone, Debug)]
pub struct Claim {
    pub id: String,
    pub kind: Kind,
    pub form: Form,
    pub value: f64,
}

impl Claim {
    /// What is wrong with the literal that stands in the prose.
    pub fn judge(&self, printed: &str) -> Option<String> {
        let now = self.form.print(self.value);
        match &self.kind {
            // The band is what is claimed: any number in it may be printed.
            Kind::Statistical { band, .. } => {
                let said = self.form.parse(printed).unwrap_or(f64::NAN);
                (!band.contains(&said)).then(|| format!("prints {printed}, outside the band {band:?}"))
            }
            _ => (printed != now).then(|| format!("prints {printed}, and it is {now}")),
        }
    }

    /// What is wrong with the claim, whatever is printed.
    fn fault(&self) -> Option<String> {
        let Kind::Statistical { seeds, band } = &self.kind else { return None };
        if *seeds < 20 {
            return Some(format!("{seeds} seeds are too few for a band; 20 are needed"));
        }
        (!band.contains(&self.value)).then(|| format!("is {}, outside the band {band:?}", self.value))
    }
}

/// All that a page shows.
pub struct Page {
    pub name: &'static str,
    pub claims: Vec<Claim>,
    pub blocks: Vec<(String, String)>,
    pub figures: Vec<(String, String)>,
}

impl Page {
    pub fn new(name: &'static str, compute: fn(&mut Page)) -> Self {
        let mut page = Page { name, claims: Vec::new(), blocks: Vec::new(), figures: Vec::new() };
        compute(&mut page);
        page
    }

    pub fn path(&self) -> String {
        format!("docs/{}.md", self.name)
    }

    pub fn text(&self) -> String {
        read(&self.path())
    }

    /// Whether the page is written: until then it says that it is not.
    pub fn is_written(&self) -> bool {
        !self.text().contains("<!-- not written yet -->")
    }

    fn claim(&mut self, id: &str, kind: Kind, form: Form, value: f64) {
        self.claims.push(Claim { id: format!("{}.{id}", self.name), kind, form, value });
    }

    /// A number without chance, printed as `<!--claim:PAGE.ID-->…<!--/claim-->`.
    pub fn exact(&mut self, id: &str, form: Form, value: f64) {
        self.claim(id, Kind::Exact, form, value);
    }

    /// A number of one seeded run.
    pub fn seeded(&mut self, id: &str, form: Form, value: f64) {
        self.claim(id, Kind::Seeded, form, value);
    }

    /// A number taken over seeds; the band is the claim, and the number printed is one in it.
    pub fn statistical(&mut self, id: &str, form: Form, seeds: usize, band: RangeInclusive<f64>, value: f64) {
        self.claim(id, Kind::Statistical { seeds, band }, form, value);
    }

    /// Generated Markdown between `<!--block:PAGE.ID-->` and `<!--/block-->`, each on a line of its own:
    /// what a program prints, or a table without chance.
    pub fn block(&mut self, id: &str, markdown: impl Into<String>) {
        self.blocks.push((format!("{}.{id}", self.name), markdown.into()));
    }

    /// A figure, written to `docs/figures/PAGE-NAME.svg`.
    pub fn figure(&mut self, name: &str, svg: String) {
        self.figures.push((format!("{}-{name}.svg", self.name), svg));
    }

    /// Compares the page with what was computed, or writes it.
    pub fn hold(&self) {
        let (text, path) = (self.text(), self.path());
        let mut wrong = Vec::new();
        let mut ids: Vec<&str> = self.claims.iter().map(|claim| &*claim.id).collect();
        ids.extend(self.blocks.iter().map(|(id, _)| &**id));
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        for pair in sorted.windows(2).filter(|pair| pair[0] == pair[1]) {
            wrong.push(format!("{path}: two claims are called {}", pair[0]));
        }
        wrong.extend(
            self.claims.iter().filter_map(|claim| Some(format!("{path}: {} {}", claim.id, claim.fault()?))),
        );

        let mut used = Vec::new();
        let now = prose::rewrite(&text, |line, id, printed| {
            used.push(id.to_string());
            if let Some(claim) = self.claims.iter().find(|claim| claim.id == id) {
                let fault = claim.judge(printed)?;
                if !updating() {
                    wrong.push(format!("{path}:{line}: {id} {fault}"));
                }
                return Some(claim.form.print(claim.value));
            }
            if let Some((_, block)) = self.blocks.iter().find(|(name, _)| name == id) {
                if printed.trim() != block.trim() && !updating() {
                    wrong.push(format!("{path}:{line}: the block {id} is not what the engine says"));
                }
                return Some(format!("\n{}\n", block.trim()));
            }
            wrong.push(format!("{path}:{line}: nothing proves {id}"));
            None
        });
        for id in ids.iter().filter(|id| !used.iter().any(|used| used == *id)) {
            wrong.push(format!("{path}: {id} is proved and never said"));
        }
        if updating() && now != text {
            wrong.extend(hold(&path, &now));
        }
        for (name, svg) in &self.figures {
            wrong.extend(hold(&format!("docs/figures/{name}"), svg));
            if !text.contains(&format!("](figures/{name})")) {
                wrong.push(format!("{path}: the figure {name} is not shown"));
            }
        }
        if !wrong.is_empty() && !updating() {
            wrong.push("UPDATE=1 cargo test --test book writes numbers, blocks and figures anew".into());
        }
        report(wrong);
    }
}
