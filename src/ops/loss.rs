//! Losses: the distances of predictions from their targets.

use crate::graph::{Idx, Var};
use crate::shape::Shape;

/// The way in which the losses of single examples become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reduction {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// They stay as they are.
    None,
}

/// The targets of a cross-entropy: labels, or a probability for each class.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Targets<'g> {
    /// The index of the right class.
    Labels(Idx<'g>),
    /// A probability for each class.
    Soft(Var<'g>),
}

impl<'g> Targets<'g> {
    fn value(self) -> Var<'g> {
        match self {
            Targets::Labels(labels) => labels.0,
            Targets::Soft(soft) => soft,
        }
    }
}

impl<'g> From<Idx<'g>> for Targets<'g> {
    fn from(labels: Idx<'g>) -> Self {
        Targets::Labels(labels)
    }
}

impl<'g> From<Var<'g>> for Targets<'g> {
    fn from(soft: Var<'g>) -> Self {
        Targets::Soft(soft)
    }
}

/// Softmax cross-entropy, with all of its options; PyTorch's conventions throughout.
///
/// The classes are the last axis of the logits. With labels, the loss of an example is
/// `−w[t] · ln softmax(z)[t]`, and the mean divides by `Σ w[t]` over the examples that are not
/// ignored. Where that is 0, as in a batch in which all are ignored, the mean and its gradient are 0, so that a
/// step changes nothing (PyTorch: NaN). With soft targets it is `−Σ w[c] · p[c] · ln softmax(z)[c]`, and the mean
/// divides by the number of examples. Smoothing by `ε` puts `ε / C` of the probability on every class.
///
/// A logit of ∞ takes the whole, or shares it with others of ∞: as the label's it costs the logarithm of their number, 0 if it is
/// alone, and against another label ∞. A label whose logit is −∞ costs ∞. Where all logits of an example are −∞, so is its loss, and its gradient is 0.
///
/// ```
/// # use gradus::prelude::*;
/// let g = Graph::new();
/// let z = g.value(tensor![[2.0, 0.0, -1.0], [0.0, 0.0, 0.0]]);
/// let p = g.value(tensor![[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]]);
/// let each = CrossEntropy::new().reduction(Reduction::None).of(z, p);
/// assert_eq!(each.shape()[..], [2]);
/// assert!((each.eval::<f64>()?[[1]] - 3f64.ln()).abs() < 1e-15);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CrossEntropy<'g> {
    weights: Option<Var<'g>>,
    ignored: Option<usize>,
    smoothing: f64,
    reduction: Reduction,
}

impl<'g> CrossEntropy<'g> {
    /// The mean over all examples, each class of weight 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a weight for each class, of shape `[classes]`.
    pub fn weights(self, weights: Var<'g>) -> Self {
        CrossEntropy { weights: Some(weights), ..self }
    }

    /// Ignores examples with this label. It may be one more than the last class, if the labels were declared
    /// so. Their logits add nothing to the loss, to its gradient or to later ones, even if they are infinite or NaN.
    /// Targets that are probabilities have no label to ignore: they are refused.
    pub fn ignore(self, label: usize) -> Self {
        CrossEntropy { ignored: Some(label), ..self }
    }

    /// Sets the share of the probability that is spread evenly over the classes, 0 to 1.
    pub fn smoothing(self, epsilon: f64) -> Self {
        CrossEntropy { smoothing: epsilon, ..self }
    }

    /// Sets the way in which the examples' losses become one number.
    pub fn reduction(self, reduction: Reduction) -> Self {
        CrossEntropy { reduction, ..self }
    }

    /// The loss of logits against their targets.
    #[track_caller]
    pub fn of(self, logits: Var<'g>, targets: impl Into<Targets<'g>>) -> Var<'g> {
        let _call = logits.graph().call("softmax_cross_entropy");
        let targets = targets.into();
        if let Some(problem) = self.problem(logits, targets) {
            let mut args = vec![("logits", logits), ("targets", targets.value())];
            args.extend(self.weights.map(|weights| ("weights", weights)));
            return logits.graph().refuse("softmax_cross_entropy", &args, problem);
        }
        let classes = logits.size(-1);
        match targets {
            Targets::Labels(labels) => self.hard(logits, labels, classes),
            Targets::Soft(soft) => {
                let soft = match self.smoothing {
                    0.0 => soft,
                    epsilon => soft * (1.0 - epsilon) + epsilon / classes as f64,
                };
                let weighted = self.weights.map_or(soft, |weights| soft * weights);
                let each = -weighted.strong_mul(logits.log_softmax(-1)).sum(-1).squeeze(-1);
                self.reduced(each, None)
            }
        }
    }

    fn problem(&self, logits: Var<'g>, targets: Targets<'g>) -> Option<String> {
        // Poison and values of another graph are reported by the recording itself, so these checks pass over
        // them.
        let unfit = |x: Var<'g>| x.is_poisoned() || !x.is_of(logits.graph());
        if unfit(logits) || unfit(targets.value()) || self.weights.is_some_and(unfit) {
            return Some(String::new());
        }
        let z = logits.shape();
        let Some((&classes, rows)) = z.split_last() else {
            return Some("logits need an axis of classes".into());
        };
        if classes == 0 {
            return Some(format!("logits of shape {z} have no class"));
        }
        if let Some(weights) =
            self.weights.map(|weights| weights.shape()).filter(|shape| shape[..] != [classes])
        {
            return Some(format!("the class weights have shape {weights}, but there are {classes} classes"));
        }
        if !(0.0..=1.0).contains(&self.smoothing) {
            return Some(format!("the smoothing {} is not between 0 and 1", self.smoothing));
        }
        match targets {
            Targets::Labels(labels) => {
                let (shape, count) = (labels.shape(), labels.classes());
                let extra = usize::from(self.ignored == Some(classes));
                if shape[..] != *rows {
                    return Some(format!(
                        "labels of shape {shape} do not fit logits of shape {z}, which have {} rows",
                        Shape::from(rows)
                    ));
                }
                (count > classes + extra)
                    .then(|| format!("the labels go up to {count}, but the logits have {classes} classes"))
            }
            Targets::Soft(soft) if soft.shape() != z => {
                Some(format!("targets of shape {} do not fit logits of shape {z}", soft.shape()))
            }
            Targets::Soft(_) => self.ignored.map(|label| {
                format!(
                    "label {label} is to be ignored, but the targets are probabilities: give labels, or take each loss (`Reduction::None`) and `select` those that count"
                )
            }),
        }
    }

    #[track_caller]
    fn hard(self, logits: Var<'g>, labels: Idx<'g>, classes: usize) -> Var<'g> {
        let hot = labels.one_hot_of(classes);
        let mut each = logits.surprise(hot);
        let weight = self.weights.map(|weights| hot.select(weights, 0.0).sum(-1));
        each = weight.map_or(each, |weight| weight.strong_mul(each));
        if self.smoothing > 0.0 {
            // Each class gets ε/C: (1 − ε) · loss + ε/C · Σ w·(ln Σ eᶻ − z)
            let all = -logits.log_softmax(-1);
            let all = self.weights.map_or(all, |weights| weights.strong_mul(all)).sum(-1);
            each = each * (1.0 - self.smoothing) + all * (self.smoothing / classes as f64);
        }
        let each = each.squeeze(-1);
        // A label that cannot occur ignores nothing.
        let kept = self.ignored.filter(|&label| label < labels.classes()).map(|label| {
            let all = labels.one_hot_of(labels.classes());
            1.0 - all.slice(-1, label..label + 1).squeeze(-1)
        });
        let weight = weight.map(|weight| weight.squeeze(-1));
        let count = match (kept, weight) {
            (Some(kept), Some(weight)) => Some(kept.strong_mul(weight)),
            (kept, weight) => kept.or(weight),
        };
        // A choice, not a product, since an ignored example may be infinite or NaN.
        let each = kept.map_or(each, |kept| kept.select(each, 0.0));
        self.reduced(each, count)
    }

    #[track_caller]
    fn reduced(self, each: Var<'g>, count: Option<Var<'g>>) -> Var<'g> {
        match (self.reduction, count) {
            (Reduction::None, _) => each,
            (Reduction::Sum, _) => each.sum(..),
            (Reduction::Mean, None) => each.mean(..),
            (Reduction::Mean, Some(count)) => {
                let count = count.sum(..);
                each.sum(..) / count.eq(0.0).select(1.0, count)
            }
        }
    }
}

impl<'g> Var<'g> {
    /// The mean softmax cross-entropy of logits against labels or probabilities; see
    /// [`CrossEntropy`] for its options.
    ///
    /// It keeps its digits where a model is confident, and so does its gradient:
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let z = g.value(tensor![[40.0, 0.0]]);
    /// let label = z.argmax(-1).squeeze(-1);
    /// let loss = z.softmax_cross_entropy(label);
    /// assert_eq!(loss.to_string(), "4.248354255291589e-18");
    /// # let grad = loss.grad(z).eval::<f64>()?;
    /// # assert!((grad[[0, 0]] / -4.248354255291589e-18 - 1.0).abs() < 1e-14);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn softmax_cross_entropy(self, targets: impl Into<Targets<'g>>) -> Var<'g> {
        CrossEntropy::new().of(self, targets)
    }

    /// The mean binary cross-entropy of logits against targets from 0 to 1:
    /// `t · softplus(−z) + (1 − t) · softplus(z)`.
    #[track_caller]
    pub fn sigmoid_cross_entropy(self, targets: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("sigmoid_cross_entropy");
        match same(self, targets) {
            Some(problem) => refuse("sigmoid_cross_entropy", self, targets, problem),
            None => (targets.strong_mul((-self).softplus()) + (1.0 - targets).strong_mul(self.softplus()))
                .mean(..),
        }
    }

    /// The mean squared error, `(x − t)²`.
    #[track_caller]
    pub fn mse_loss(self, targets: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("mse_loss");
        self.mean_distance("mse_loss", targets, |d| d.square())
    }

    /// The mean absolute error, `|x − t|`.
    #[track_caller]
    pub fn l1_loss(self, targets: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("l1_loss");
        self.mean_distance("l1_loss", targets, |d| d.abs())
    }

    /// The mean Huber loss: `d²/2` for `|d| ≤ δ`, else `δ·(|d| − δ/2)`, with `d = x − t` (Huber 1964).
    /// A `delta` that is not above 0 is a fault.
    #[track_caller]
    pub fn huber_loss(self, targets: Var<'g>, delta: f64) -> Var<'g> {
        let _call = self.graph.call("huber_loss");
        if delta.is_nan() || delta <= 0.0 {
            let problem =
                format!("delta is {delta}; it is the distance from which the loss is straight, above 0");
            return refuse("huber_loss", self, targets, problem);
        }
        self.mean_distance("huber_loss", targets, |d| {
            // With c the distance held to ±δ: c·(d − c/2) is both branches at once.
            let c = d.clamp(-delta, delta);
            c * (d - 0.5 * c)
        })
    }

    #[track_caller]
    fn mean_distance(self, name: &str, targets: Var<'g>, of: impl Fn(Var<'g>) -> Var<'g>) -> Var<'g> {
        match same(self, targets) {
            Some(problem) => refuse(name, self, targets, problem),
            None => of(self - targets).mean(..),
        }
    }
}

#[track_caller]
fn refuse<'g>(name: &str, x: Var<'g>, targets: Var<'g>, problem: String) -> Var<'g> {
    x.graph().refuse(name, &[("value", x), ("targets", targets)], problem)
}

/// Requires a target of the same shape: repeating one by accident is the most common silent mistake in
/// training.
fn same(x: Var<'_>, targets: Var<'_>) -> Option<String> {
    let (a, b) = (x.shape(), targets.shape());
    (a != b || !targets.is_of(x.graph()))
        .then(|| format!("targets of shape {b} do not fit values of shape {a}"))
}
