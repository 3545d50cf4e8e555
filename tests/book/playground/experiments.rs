//! The experiments that the page leads through. The page's numbers are those of these very runs.

/// A choice with a name, and the number of steps after which the page says what is to be seen.
pub struct Experiment {
    pub name: &'static str,
    pub settings: &'static str,
    pub steps: u64,
}

pub static EXPERIMENTS: &[Experiment] = &[
    Experiment {
        name: "Learn",
        settings: "data=moons&layers=8-8&activation=relu&init=he&method=sgd&rate=0.1&batch=20&seed=1",
        steps: 500,
    },
    Experiment {
        name: "Kill",
        settings: "data=moons&layers=16-16&activation=relu&init=he&method=sgd&rate=5&batch=200&seed=1",
        steps: 300,
    },
    Experiment {
        name: "Cure",
        settings: "data=moons&layers=16-16&activation=tanh&init=he&method=sgd&rate=5&batch=200&seed=1",
        steps: 300,
    },
    Experiment {
        name: "Vanish",
        settings: "data=circles&layers=8-8-8-8-8-8-8-8&activation=sigmoid&init=glorot&method=sgd&rate=0.5&batch=20&seed=1",
        steps: 500,
    },
    Experiment {
        name: "Go deep",
        settings: "data=circles&layers=8-8-8-8-8-8-8-8&activation=tanh&init=gain&method=adam&rate=0.003&batch=20&seed=1",
        steps: 500,
    },
    Experiment {
        name: "Saturate",
        settings: "data=moons&layers=16-16&activation=tanh&init=large&method=sgd&rate=0.1&batch=20&seed=1",
        steps: 500,
    },
    Experiment {
        name: "Stand still",
        settings: "data=moons&layers=8-8&activation=relu&init=zeros&method=sgd&rate=0.1&batch=20&seed=1",
        steps: 100,
    },
    Experiment {
        name: "Draw a line",
        settings: "data=circles&layers=8-8&activation=identity&init=glorot&method=sgd&rate=0.1&batch=20&seed=1",
        steps: 500,
    },
    Experiment {
        name: "Memorize",
        settings: "data=moons&noise=0.5&layers=24-24-24&activation=relu&init=he&method=adam&rate=0.01&batch=20&seed=1",
        steps: 2000,
    },
];

impl Experiment {
    pub fn of(name: &str) -> Option<&'static Experiment> {
        EXPERIMENTS.iter().find(|experiment| experiment.name == name)
    }

    /// The network when the page's steps have been taken.
    pub fn run(&self) -> gradus::Result<super::Playground> {
        let mut playground = super::Playground::new(super::settings::Settings::read(self.settings))?;
        for _ in 0..self.steps {
            playground.step()?;
        }
        Ok(playground)
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;
    use super::*;

    #[test]
    fn choices_are_written_as_they_are_read() {
        for experiment in EXPERIMENTS {
            let written = Settings::read(experiment.settings).written();
            let parts =
                experiment.settings.split('&').filter(|part| !written.split('&').any(|other| other == *part));
            assert_eq!(parts.count(), 0, "{}: {written}", experiment.name);
            assert!(
                Experiment::of(experiment.name).is_some_and(|found| found.settings == experiment.settings)
            );
        }
    }
}
