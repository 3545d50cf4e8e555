//! The main job: a classifier trained on 1,797 real handwritten digits, and the proof that its
//! gradient is right. `cargo run --release --example digits`.

use gradus::data::{Batches, Confusion, Table, TableReader, stratified};
use gradus::diagnose::Health;
use gradus::plot::Chart;
use gradus::prelude::*;
use indicatif::{ProgressBar, ProgressStyle};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.csv.gz");
const SIZES: [usize; 3] = [64, 128, 10];
/// The number of times that each digit is seen.
pub const EPOCHS: u64 = 40;
const BATCH: usize = 64;

fn main() -> Result<()> {
    let digits = Digits::read()?;
    println!(
        "{} digits of 8 × 8 pixels: {} to train on, {} to test on",
        digits.len(),
        digits.train.1.len(),
        digits.test.1.len()
    );
    let (mut accuracies, mut curves, mut first) = (Vec::new(), Vec::new(), None);
    for seed in 1..=5 {
        let model = train(&digits, seed, EPOCHS)?;
        println!("seed {seed}: loss {:.4}, test accuracy {:.1} %", model.loss, 100.0 * model.accuracy);
        accuracies.push(model.accuracy);
        curves.push((format!("seed {seed}"), model.losses.clone()));
        first.get_or_insert(model);
    }
    if let Some(model) = &mut first {
        println!(
            "\nWhat the first model takes each digit for (rows: truth):\n{}",
            confusion(&digits, model)?
        );
        println!(
            "\nThe gradient of this network on a batch of 32, against differences in f64:\n{}",
            check(&digits, model)?
        );
        println!("\nHow its hidden units fare on the training set:\n{}\n", health(&digits, model)?);
        let bytes = save_and_load(&digits, model)?;
        println!("saved and loaded ({bytes} bytes): the same predictions, bit for bit");
    }
    let plot = draw(&curves)?;
    println!("the loss of each seed, epoch by epoch, is drawn in {plot}");
    let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
    println!("\ntest accuracy {:.1} % (mean of {} seeds)", 100.0 * mean, accuracies.len());
    Ok(())
}

/// Images and labels.
type Set = (Tensor<f32>, Tensor<usize>);

/// The data, split once and for all.
pub struct Digits {
    train: Set,
    test: Set,
}

impl Digits {
    /// Reads the file and splits it, a fifth of each digit for testing.
    pub fn read() -> Result<Self> {
        let table: Table = TableReader::new().header(false).read(FILE)?;
        let images: Tensor<f32> = table.features::<f32>(0..64)?.map(|gray| gray / 16.0);
        let labels = table.labels(64, 10)?;
        let (train, test) = stratified(labels.data(), 0.2, 0)?;
        let part = |rows: &[usize]| Ok::<Set, Error>((images.take(rows)?, labels.take(rows)?));
        Ok(Digits { train: part(&train)?, test: part(&test)? })
    }

    fn len(&self) -> usize {
        self.train.1.len() + self.test.1.len()
    }
}

/// A trained network.
pub struct Model {
    params: Params<f32>,
    net: Mlp,
    /// The last epoch's mean loss.
    pub loss: f64,
    /// The mean loss of each epoch.
    pub losses: Vec<f64>,
    /// The share of test digits that it classifies rightly.
    pub accuracy: f64,
}

/// Trains a network from one seed.
pub fn train(digits: &Digits, seed: u64, epochs: u64) -> Result<Model> {
    let mut params = Params::<f32>::seeded(seed);
    let net = Mlp::new(&mut params, "net", &SIZES);
    let batches = Batches::new(digits.train.1.len(), BATCH)?.seed(seed);
    let steps = epochs * batches.per_epoch() as u64;

    // Recorded and compiled twice: for full batches, and for the short last one.
    let optimizer = AdamW::new(WarmUp::new(50, Cosine::new(4e-3, steps))).decay(0.05);
    let mut step = trace_training(optimizer, |at| {
        let logits = net.forward(at.input("image"));
        let label = at.labels("label", 10);
        vec![logits.softmax_cross_entropy(label), logits.argmax(-1).squeeze(-1).agrees_with(label).mean(..)]
    });

    let bar = ProgressBar::new(steps);
    if let Ok(style) = ProgressStyle::with_template("seed {prefix} {wide_bar} {pos}/{len} steps  {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(seed.to_string());
    let (mut loss, mut curve) = (f64::NAN, Vec::new());
    for epoch in 0..epochs {
        let (mut losses, mut rights) = (0.0, 0.0);
        for rows in batches.epoch(epoch) {
            let (image, label) = (digits.train.0.take(&rows)?, digits.train.1.take(&rows)?);
            let out = step.run(&mut params, [feed("image", &image), feed("label", &label)])?;
            losses += f64::from(out.at(0).item()) * rows.len() as f64;
            rights += f64::from(out.at(1).item()) * rows.len() as f64;
            bar.inc(1);
        }
        let n = digits.train.1.len() as f64;
        loss = losses / n;
        curve.push(loss);
        bar.set_message(format!("loss {loss:.4}, accuracy {:.1} %", 100.0 * rights / n));
    }
    bar.finish_and_clear();
    drop(step); // it borrows the network

    let predicted = predict(&net, &params, &digits.test.0)?;
    let accuracy = gradus::data::accuracy(predicted.data(), digits.test.1.data())?;
    Ok(Model { params, net, loss, losses: curve, accuracy })
}

/// The digit that each image is taken for.
fn predict(net: &Mlp, params: &Params<f32>, images: &Tensor<f32>) -> Result<Tensor<usize>> {
    let g = Graph::new();
    let x = g.input("image", images.shape());
    let digit = net.forward(x).argmax(-1).squeeze(-1);
    let mut program = g.compile([digit])?;
    let out = program.run(params, [(x, images)])?;
    Ok(out[digit].clone())
}

fn confusion(digits: &Digits, model: &Model) -> Result<Confusion> {
    let predicted = predict(&model.net, &model.params, &digits.test.0)?;
    Confusion::new(predicted.data(), digits.test.1.data(), 10)
}

/// Checks the gradient of the trained network on the first 32 training images.
pub fn check(digits: &Digits, model: &Model) -> Result<gradus::gradcheck::Report> {
    let rows: Vec<usize> = (0..32).collect();
    let (image, label) = (digits.train.0.take(&rows)?, digits.train.1.take(&rows)?);
    let g = Graph::new();
    let (x, t) = (g.input("image", [32, 64]), g.labels("label", [32], 10));
    let loss = model.net.forward(x).softmax_cross_entropy(t);
    let report = gradcheck(loss, &model.params).feed([x.feed(&image), t.feed(&label)]).run()?;
    match report.passed() {
        true => Ok(report),
        false => Err(Error::Invalid(report.to_string())),
    }
}

/// The health of the hidden units on the training images.
pub fn health(digits: &Digits, model: &Model) -> Result<Health> {
    let (images, labels) = &digits.train;
    let g = Graph::new();
    let (x, t) = (g.input("image", images.shape()), g.labels("label", labels.shape(), 10));
    let loss = model.net.forward(x).softmax_cross_entropy(t);
    Health::of(loss, &model.params, [[x.feed(images), t.feed(labels)]])
}

/// Draws the losses, and returns the file's path.
fn draw(curves: &[(String, Vec<f64>)]) -> Result<String> {
    let description = "The mean training loss of each epoch falls for all seeds alike.";
    let mut chart = Chart::new("Training on handwritten digits", description).axes("epoch", "loss").log();
    for (label, losses) in curves {
        chart = chart.line(label, losses.iter().enumerate().map(|(epoch, &loss)| ((epoch + 1) as f64, loss)));
    }
    let path = std::env::temp_dir().join("gradus-digits-loss.svg");
    chart.save(&path)?;
    Ok(path.display().to_string())
}

/// Saves the model, loads it into another one, and compares what the two predict.
pub fn save_and_load(digits: &Digits, model: &Model) -> Result<u64> {
    let path = std::env::temp_dir().join(format!("gradus-digits-{}.safetensors", std::process::id()));
    model.params.save(&path)?;
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    let mut params = Params::<f32>::seeded(0);
    let net = Mlp::new(&mut params, "net", &SIZES);
    let loaded = params.load(&path);
    // The file has served; if it cannot be removed, the example has not failed.
    let _ = std::fs::remove_file(&path);
    loaded?;
    let mut scores = Vec::new();
    for (net, params) in [(&model.net, &model.params), (&net, &params)] {
        let mut logits = trace(|_, x| net.forward(x));
        scores.push(logits.run(params, &digits.test.0)?.clone());
    }
    let same = scores[0].iter().zip(&scores[1]).all(|(a, b)| a.to_bits() == b.to_bits());
    if same { Ok(bytes) } else { Err(Error::Invalid("the loaded model predicts something else".into())) }
}
