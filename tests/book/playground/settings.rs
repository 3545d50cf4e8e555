//! What may be chosen in the playground, and how a choice is written in an address.

use super::points::{SETS, Set, TRAIN};
use gradus::nn::{ACTIVATIONS, Activation, Facts};
use gradus::prelude::*;

/// How weights begin: the name in the address, what it is called, and the weights after an activation.
pub struct Beginning {
    pub key: &'static str,
    pub name: &'static str,
    pub init: fn(Activation) -> Init,
}

pub static BEGINNINGS: &[Beginning] = &[
    Beginning { key: "he", name: "He's", init: |_| Init::HeNormal },
    Beginning { key: "glorot", name: "Glorot's", init: |_| Init::GlorotNormal },
    Beginning { key: "lecun", name: "LeCun's", init: |_| Init::LecunNormal },
    Beginning { key: "gain", name: "the activation's own gain", init: |f| Init::KaimingNormal(own_gain(f)) },
    Beginning { key: "orthogonal", name: "orthogonal", init: |_| Init::Orthogonal(1.0) },
    Beginning { key: "small", name: "too small", init: |_| Init::KaimingNormal(0.1) },
    Beginning { key: "large", name: "too large", init: |_| Init::KaimingNormal(8.0) },
    Beginning { key: "zeros", name: "zeros", init: |_| Init::Zeros },
];

fn own_gain(activation: Activation) -> f64 {
    Facts::of(activation).map_or(1.0, |facts| facts.gain())
}

/// How weights are changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    Sgd,
    Momentum,
    RmsProp,
    Adam,
}

pub static METHODS: &[(&str, &str, Method)] = &[
    ("sgd", "plain descent", Method::Sgd),
    ("momentum", "momentum 0.9", Method::Momentum),
    ("rmsprop", "RMSProp", Method::RmsProp),
    ("adam", "Adam", Method::Adam),
];

/// Sizes of a batch; each divides the points to learn from.
pub static BATCHES: &[usize] = &[10, 20, 50, 100, TRAIN];

pub const DEEPEST: usize = 8;
pub const WIDEST: usize = 24;
/// From and to which rate, and which noise, one may go.
pub const RATES: [f64; 2] = [1e-4, 10.0];
pub const NOISES: [f64; 2] = [0.0, 0.5];
pub const SEEDS: [u64; 2] = [1, 999];

/// One choice of everything.
#[derive(Clone)]
pub struct Settings {
    pub set: &'static Set,
    pub noise: f64,
    /// The units of each hidden layer.
    pub layers: Vec<usize>,
    /// Its name in the address, and itself.
    pub activation: (String, Activation),
    pub beginning: &'static Beginning,
    pub method: Method,
    pub rate: f64,
    pub batch: usize,
    pub seed: u64,
}

/// An activation's name, as it stands in an address: `relu`, `leaky_relu`, `sine`.
pub fn activation_key(called: &str) -> &str {
    called.split('(').next().unwrap_or(called)
}

impl Settings {
    /// Reads `data=moons&layers=8-8&rate=0.1`. What is not said is as it is at first; what is nonsense, too, since an
    /// address may be anybody's.
    pub fn read(text: &str) -> Settings {
        let said = |name: &str| {
            let mut parts = text.split('&').filter_map(|part| part.split_once('='));
            parts.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let number = |name: &str, [low, high]: [f64; 2], usual: f64| {
            let number = said(name).and_then(|text| text.parse::<f64>().ok()).filter(|x| x.is_finite());
            number.unwrap_or(usual).clamp(low, high)
        };
        let set = SETS.iter().find(|set| Some(set.key) == said("data")).unwrap_or(&SETS[0]);
        let sizes = said("layers").unwrap_or("8-8").split('-');
        let layers: Vec<usize> = sizes.filter_map(|size| size.parse().ok()).take(DEEPEST).collect();
        let layers = if layers.is_empty() { vec![8, 8] } else { layers };
        let wanted = said("activation").unwrap_or("relu");
        let activation = ACTIVATIONS.iter().find(|(called, _)| activation_key(called) == wanted);
        let (called, activation) = activation.unwrap_or(&("relu", |x| x.relu()));
        let beginning = BEGINNINGS.iter().find(|each| Some(each.key) == said("init"));
        let method = METHODS.iter().find(|(key, ..)| Some(*key) == said("method"));
        let batch = number("batch", [1.0, TRAIN as f64], 20.0) as usize;
        Settings {
            set,
            noise: number("noise", NOISES, set.noise),
            layers: layers.into_iter().map(|size| size.clamp(1, WIDEST)).collect(),
            activation: (activation_key(called).into(), *activation),
            beginning: beginning.unwrap_or(&BEGINNINGS[0]),
            method: method.map_or(Method::Sgd, |(.., method)| *method),
            rate: number("rate", RATES, 0.1),
            batch: if BATCHES.contains(&batch) { batch } else { 20 },
            seed: number("seed", SEEDS.map(|seed| seed as f64), 1.0) as u64,
        }
    }

    /// The same choice as text that [`read`](Settings::read) reads.
    pub fn written(&self) -> String {
        let layers: Vec<String> = self.layers.iter().map(usize::to_string).collect();
        let method = METHODS.iter().find(|(.., method)| *method == self.method).map_or("", |(key, ..)| *key);
        format!(
            "data={}&noise={}&layers={}&activation={}&init={}&method={method}&rate={}&batch={}&seed={}",
            self.set.key,
            self.noise,
            layers.join("-"),
            self.activation.0,
            self.beginning.key,
            self.rate,
            self.batch,
            self.seed,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = "data=arms&noise=0.25&layers=3-24-1&activation=gelu_tanh&init=zeros&method=adam&rate=0.003&batch=200&seed=7";
        assert_eq!(Settings::read(text).written(), text);
        let usual = Settings::read("").written();
        assert_eq!(Settings::read(&usual).written(), usual);
    }

    #[test]
    fn nonsense_becomes_what_is_usual() {
        let text = "data=x&noise=NaN&layers=9999-a-0--&activation=rm&init=&method=7&rate=-inf&batch=7&seed=1e99&=&&x";
        let read = Settings::read(text);
        assert_eq!((read.set.key, read.batch, read.seed, read.rate), ("moons", 20, 999, 0.1));
        assert_eq!(read.layers, [WIDEST, 1]);
        assert_eq!(Settings::read("layers=1-2-3-4-5-6-7-8-9-10").layers.len(), DEEPEST);
    }

    #[test]
    fn names_in_addresses_are_unique() {
        let keys = [
            SETS.iter().map(|set| set.key).collect::<Vec<_>>(),
            BEGINNINGS.iter().map(|beginning| beginning.key).collect(),
            METHODS.iter().map(|(key, ..)| *key).collect(),
            ACTIVATIONS.iter().map(|(called, _)| activation_key(called)).collect(),
        ];
        for mut keys in keys {
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), count, "{keys:?}");
        }
    }
}
