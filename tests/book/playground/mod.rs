//! The playground: a network of the reader's choice, trained step by step, with everything about it that can be seen.

pub mod experiments;
pub mod points;
mod report;
pub mod settings;

use gradus::diagnose::Health;
use gradus::optim::RmsProp;
use gradus::prelude::*;
use gradus::{Optimizer, Rate, Update};
use points::{Points, TRAIN};
use settings::{Method, Settings};

/// The map shows the standardized points from minus this to this, both ways.
pub const REACH: f64 = 2.6;
/// Steps from one look at the units to the next.
pub const LOOK: u64 = 4;

/// A network under training.
pub struct Playground {
    pub settings: Settings,
    pub points: Points,
    params: Params<f32>,
    layers: Vec<Linear>,
    step: Training<'static, f32>,
    /// A network without an activation has no units to watch.
    watched: bool,
    judge: Program<f32>,
    map: Option<(usize, Program<f32>)>,
    batches: gradus::data::Batches,
    /// The rows of this epoch that are still to come.
    epoch: gradus::data::Epoch,
}

/// How well a network does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgment {
    pub train_loss: f64,
    pub test_loss: f64,
    /// Shares of the points that are told right.
    pub train_right: f64,
    pub test_right: f64,
}

/// What a network makes of the plane, row by row from the top left.
pub struct Map<'p> {
    /// At each place the share of each class.
    pub shares: &'p [f32],
    /// The values of each hidden layer: at each place, of each unit.
    pub layers: Vec<&'p [f32]>,
}

impl Playground {
    pub fn new(settings: Settings) -> Result<Self> {
        let points = settings.set.points(settings.noise, settings.seed)?;
        let mut params = Params::<f32>::seeded(settings.seed);
        let (activation, classes) = (settings.activation.1, settings.set.classes);
        let (mut layers, mut inputs) = (Vec::new(), 2);
        for (i, &units) in settings.layers.iter().enumerate() {
            // The first layer is given the points, which no activation has changed.
            let before: gradus::nn::Activation = if i == 0 { |x| x } else { activation };
            let init = (settings.beginning.init)(before);
            layers.push(Linear::with_init(&mut params, (i + 1).to_string(), inputs, units, init));
            inputs = units;
        }
        let init = (settings.beginning.init)(activation);
        layers.push(Linear::with_init(&mut params, "output", inputs, classes, init));

        let g = Graph::new();
        let mut asked = Vec::new();
        for (x, labels) in [&points.train, &points.test] {
            let one_hot =
                Tensor::from_fn([labels.len(), classes], |at| f64::from(labels.data()[at[0]] == at[1]));
            let truth = g.value(one_hot);
            let logits = values(&layers, activation, g.value(x.cast::<f64>())).1;
            asked.push(logits.softmax_cross_entropy(truth));
            asked.push(logits.argmax(-1).squeeze(-1).agrees_with(truth.argmax(-1).squeeze(-1)).mean(..));
        }
        let judge = g.compile(asked)?;

        let net = layers.clone();
        let optimizer = Chosen { method: settings.method, rate: settings.rate };
        let mut step = trace_training(optimizer, move |at| {
            let logits = values(&net, activation, at.input("x")).1;
            vec![logits.softmax_cross_entropy(at.labels("label", classes))]
        });
        // A run that diverges is shown, and said in words.
        step.stop_on_non_finite_loss(false);
        // As many looks as see about all points, so that a unit that fires rarely is not taken for dead.
        let window = TRAIN.div_ceil(settings.batch);
        let watched = can_be_watched(&layers[0], activation, &params);
        if watched {
            step.watch(None, LOOK)?.window(window);
        }
        let batches = gradus::data::Batches::new(TRAIN, settings.batch)?.seed(settings.seed);
        let epoch = batches.epoch(0);
        Ok(Playground { settings, points, params, layers, step, watched, judge, map: None, batches, epoch })
    }

    pub fn steps(&self) -> u64 {
        self.params.steps()
    }

    pub fn step(&mut self) -> Result<()> {
        let rows = match self.epoch.next() {
            Some(rows) => rows,
            None => {
                self.epoch = self.batches.epoch(self.params.steps() / self.batches.per_epoch() as u64);
                self.epoch.next().unwrap_or_default()
            }
        };
        let (x, label) = (self.points.train.0.take(&rows)?, self.points.train.1.take(&rows)?);
        let feeds = [feed("x", &x), feed("label", &label)];
        self.step.run(&mut self.params, feeds)?;
        Ok(())
    }

    pub fn judge(&mut self) -> Result<Judgment> {
        let out = self.judge.run_unfed(&self.params)?;
        let [train_loss, train_right, test_loss, test_right] = [0, 1, 2, 3].map(|i| out.at(i).item().into());
        Ok(Judgment { train_loss, test_loss, train_right, test_right })
    }

    /// How the units fare, if there are any to watch.
    pub fn health(&self) -> Option<Health> {
        self.watched.then(|| self.step.health())
    }

    /// What the network makes of a square of `side` times `side` places.
    pub fn map(&mut self, side: usize) -> Result<Map<'_>> {
        if self.map.as_ref().is_none_or(|(known, _)| *known != side) {
            let g = Graph::new();
            let place = |at: usize| ((at as f64 + 0.5) / side as f64 * 2.0 - 1.0) * REACH;
            let plane = Tensor::from_fn([side * side, 2], |at| {
                if at[1] == 0 { place(at[0] % side) } else { -place(at[0] / side) }
            });
            let (mut hidden, logits) = values(&self.layers, self.settings.activation.1, g.value(plane));
            hidden.insert(0, logits.softmax(-1));
            self.map = Some((side, g.compile(hidden)?));
        }
        let Some((_, program)) = &mut self.map else { return Err(gradus::Error::Invalid("no map".into())) };
        let out = program.run_unfed(&self.params)?;
        let layers = (1..=self.settings.layers.len()).map(|i| out.at(i).data()).collect();
        Ok(Map { shares: out.at(0).data(), layers })
    }
}

/// Whether a layer has units to watch: an activation that is no row of the table has none.
fn can_be_watched(layer: &Linear, activation: gradus::nn::Activation, params: &Params<f32>) -> bool {
    let g = Graph::new();
    let (x, origin) = (g.input("x", [1, 2]), Tensor::zeros([1, 2]));
    Health::of(activation(layer.forward(x)).mean(..), params, [[(x, &origin)]]).is_ok()
}

/// The values of the hidden layers, and the logits.
fn values<'g>(layers: &[Linear], activation: gradus::nn::Activation, x: Var<'g>) -> (Vec<Var<'g>>, Var<'g>) {
    let (mut h, mut hidden) = (x, Vec::new());
    for layer in &layers[..layers.len() - 1] {
        h = activation(layer.forward(h));
        hidden.push(h);
    }
    (hidden, layers[layers.len() - 1].forward(h))
}

/// The optimizer that was chosen.
#[derive(Clone)]
struct Chosen {
    method: Method,
    rate: f64,
}

impl Optimizer for Chosen {
    fn rate(&self) -> Rate {
        let rate = self.rate;
        Box::new(move |_| rate)
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        match self.method {
            Method::Sgd => Sgd::new(self.rate).update(at),
            Method::Momentum => Sgd::new(self.rate).momentum(0.9).update(at),
            Method::RmsProp => RmsProp::new(self.rate).update(at),
            Method::Adam => Adam::new(self.rate).update(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus::nn::ACTIVATIONS;

    fn trained(settings: &str, steps: usize) -> Playground {
        let mut playground = Playground::new(Settings::read(settings)).unwrap();
        (0..steps).for_each(|_| playground.step().unwrap());
        playground
    }

    #[test]
    fn every_activation_trains_and_is_watched_where_it_can_be() {
        for (called, _) in ACTIVATIONS {
            let key = settings::activation_key(called);
            let mut playground = trained(&format!("activation={key}&layers=4-4&rate=0.01"), 9);
            let health = playground.health();
            assert_eq!(health.is_none(), ["identity", "step_straight_through"].contains(&key), "{key}");
            if let Some(health) = health {
                let names: Vec<&str> = health.layers.iter().map(|layer| layer.name.as_str()).collect();
                assert_eq!((names, health.history.len()), (vec!["1", "2"], 3), "{key}");
            }
            assert!(playground.judge().unwrap().train_loss.is_finite(), "{key}");
        }
    }

    #[test]
    fn every_beginning_method_and_batch_takes_steps() {
        for beginning in settings::BEGINNINGS {
            for (method, ..) in settings::METHODS {
                let text = format!("init={}&method={method}&rate=0.001&activation=tanh", beginning.key);
                assert!(trained(&text, 3).judge().unwrap().test_loss.is_finite(), "{text}");
            }
        }
        for batch in settings::BATCHES {
            let playground = trained(&format!("batch={batch}"), 2 * TRAIN / batch + 1);
            assert_eq!(playground.steps() as usize, 2 * TRAIN / batch + 1);
        }
    }

    #[test]
    fn the_usual_network_learns_every_set() {
        for set in points::SETS {
            let text = format!("data={}&method=adam&rate=0.02&layers=16-16&activation=tanh", set.key);
            let mut playground = trained(&text, 600);
            let judgment = playground.judge().unwrap();
            assert!(judgment.test_right > 0.88, "{}: {judgment:?}", set.key);
            // The map agrees: where a point is, its class has the largest share.
            let classes = set.classes;
            let (points, labels) = playground.points.test.clone();
            let side = 40;
            let map = playground.map(side).unwrap();
            assert_eq!((map.shares.len(), map.layers[1].len()), (side * side * classes, side * side * 16));
            let right = points.rows().zip(&labels).filter(|(at, label)| {
                let place = |x: f32| ((f64::from(x) / REACH + 1.0) / 2.0 * side as f64) as usize;
                let row = (place(-at[1]) * side + place(at[0])) * classes;
                let shares = &map.shares[row..row + classes];
                shares.iter().all(|share| *share <= shares[**label])
            });
            assert!(right.count() > 86, "{}", set.key);
        }
    }

    #[test]
    fn the_same_choice_gives_the_same_bits() {
        let ends = || trained("method=adam&data=xor", 50).judge().unwrap();
        assert_eq!(ends(), ends());
    }
}
