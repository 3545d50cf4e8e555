//! Softmax and its kin. Every exponential is that of a difference to a pivot, by a row that corrects for the
//! rounding of the difference; and a number that is nearly 1 is never subtracted from 1. So values and
//! derivatives are computed separately, each in its exact form: the derivatives are rules of their own.

use super::map::Operand;
use crate::graph::Var;
use crate::shape::Axes;

/// The probability above which a class is dominant. Any number from a half to well below 1 would do; at a
/// half itself, two equal classes would be a tie.
const LEADS: f64 = 0.625;

/// The largest distance of a target below the largest logit at which all exponentials are taken relative to
/// the target: any number will do that is large for `1 − e^(−x)` and small for `e^x`.
const NEAR: f64 = 16.0;

/// The exponentials of a value's elements along some axes.
struct Powers<'g> {
    /// The largest element.
    largest: Var<'g>,
    /// The largest element; 0 where all elements are −∞.
    pivot: Var<'g>,
    /// `e^(x − pivot)`.
    each: Var<'g>,
    /// Their sum, at least 1; also where all elements are −∞, so that nothing is divided by 0.
    sum: Var<'g>,
}

impl<'g> Var<'g> {
    /// `eˣ / Σ eˣ` along an axis: positive numbers that sum to 1. Shifted by the largest element, so it
    /// cannot overflow. Where one element takes nearly all, its slope `p·(1 − p)` keeps its digits.
    ///
    /// An element of −∞, as a mask writes it, gets exactly 0, and so does its derivative; elements of ∞ share 1. Where all elements are −∞,
    /// such as the scores of a query whose keys are all padding, all are 0, and so are the derivatives of every order.
    /// (In PyTorch, `softmax` is NaN there, and `scaled_dot_product_attention` 0.)
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let p = g.value(tensor![1000.0, 1000.0]).softmax(-1);
    /// assert_eq!(p.to_string(), "[0.5, 0.5]");
    /// let keep = g.value(tensor![[1.0, 0.0], [0.0, 0.0]]);
    /// let p = keep.select(3.0, f64::NEG_INFINITY).softmax(-1);
    /// assert_eq!(p.to_string(), "[[1, 0], [0, 0]]");
    /// ```
    #[track_caller]
    pub fn softmax(self, axis: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("softmax");
        let axes = axis.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("softmax", &[("value", self)], problem);
        }
        let powers = self.powers(&axes);
        let value = powers.each / powers.sum;
        self.graph.custom("softmax", value, &[self], move |_, p, ct| vec![spread(p, ct, &axes)])
    }

    /// `x − ln Σ eˣ` along an axis. Where one element takes nearly all, its value, as small as the share
    /// of the others, keeps its digits, and so does its slope. Where all elements are −∞, it is −∞, the logarithm of
    /// the [`softmax`](Var::softmax) there, and the derivatives are 0.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let p = g.value(tensor![40.0, 0.0]).log_softmax(-1);
    /// assert_eq!(p.to_string(), "[-4.248354255291589e-18, -40]");
    /// ```
    #[track_caller]
    pub fn log_softmax(self, axis: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("log_softmax");
        let axes = axis.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("log_softmax", &[("value", self)], problem);
        }
        let powers = self.powers(&axes);
        let lead = leads(powers.shares());
        let others = lead.select(0.0, powers.each).sum(axes.clone());
        // Equal infinities differ by 0.
        let below = self.eq(powers.pivot).select(0.0, self - powers.pivot);
        let value = lead.select(-others.ln_1p(), below - powers.sum.ln());
        self.graph
            .custom("log_softmax", value, &[self], move |x, _, ct| vec![x[0].log_softmax_vjp(ct, &axes)])
    }

    /// `ln Σ eˣ` along some axes, which stay with size 1, or along all (`..`), to a scalar. Shifted by the
    /// largest element, so it cannot overflow; −∞ for no elements, and where all are −∞. Its slope is the softmax.
    /// An element of ∞ makes it ∞, and has the whole slope, or shares it with others.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1000.0, 1000.0]);
    /// assert_eq!(x.logsumexp(..).to_string(), "1000.6931471805599");
    /// ```
    #[track_caller]
    pub fn logsumexp(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("logsumexp");
        let axes = axes.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("logsumexp", &[("value", self)], problem);
        }
        let powers = self.powers(&axes);
        let value = powers.largest + powers.sum.ln();
        self.graph.custom("logsumexp", value, &[self], move |x, _, ct| vec![x[0].shares(ct, &axes)])
    }

    /// `ln(eᵃ + eᵇ)`, element by element; shapes broadcast. It cannot overflow. Its slopes are the shares `eᵃ / (eᵃ + eᵇ)`
    /// and `eᵇ / (eᵃ + eᵇ)`: ½ each where both are ∞, and 0 where both, and so the value, are −∞.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1000.0, f64::NEG_INFINITY]);
    /// assert_eq!(x.logaddexp(x).to_string(), "[1000.6931471805599, -inf]");
    /// ```
    #[track_caller]
    pub fn logaddexp(self, other: impl Operand<'g>) -> Var<'g> {
        let other = other.on(self.graph);
        let _call = self.graph.call("logaddexp");
        let both = [("left", self), ("right", other)];
        if both.iter().any(|(_, x)| x.is_poisoned() || !x.is_of(self.graph)) {
            return self.graph.refuse("logaddexp", &both, String::new());
        }
        match super::map::shape(&[self.shape(), other.shape()]) {
            Ok(shape) => {
                let parts = [self, other].map(|x| x.broadcast_to(&shape));
                self.graph.stack(&parts, 0).logsumexp(0).squeeze(0)
            }
            Err(problem) => self.graph.refuse("logaddexp", &both, problem),
        }
    }

    /// The largest element; 0 of none.
    #[track_caller]
    pub(super) fn largest(self, axes: &Axes) -> Var<'g> {
        let empty = self.shape().size() == 0;
        if empty { self.sum(axes.clone()) } else { self.max(axes.clone()) }
    }

    /// The exponentials of the elements relative to the largest one.
    #[track_caller]
    fn powers(self, axes: &Axes) -> Powers<'g> {
        let largest = self.largest(axes);
        let none = largest.eq(f64::NEG_INFINITY);
        let pivot = none.select(0.0, largest);
        let each = self.exp_difference(pivot);
        Powers { largest, pivot, each, sum: none.select(1.0, each.sum(axes.clone())) }
    }

    /// The softmax times `ct`, which has one number for each sum; 0 where all elements are −∞. It is linear
    /// in `ct`.
    #[track_caller]
    fn shares(self, ct: Var<'g>, axes: &Axes) -> Var<'g> {
        let powers = self.powers(axes);
        let (value, axes) = (powers.each.strong_mul(ct.strong_mul(1.0 / powers.sum)), axes.clone());
        self.graph.custom("softmax", value, &[self, ct], move |args, _, w| {
            let (x, ct) = (args[0], args[1]);
            let p = x.shares(ct.ones_like(), &axes);
            vec![spread(p, w.strong_mul(ct), &axes), w.strong_mul(p).sum(axes.clone())]
        })
    }

    /// `ct − p·Σ ct`; 0 where all elements are −∞. For a dominant class, computed from the other classes, so that
    /// 1 − p does not cancel.
    #[track_caller]
    fn log_softmax_vjp(self, ct: Var<'g>, axes: &Axes) -> Var<'g> {
        let p = self.shares(ct.sum(axes.clone()).ones_like(), axes);
        let lead = leads(p);
        let sum = |x: Var<'g>| x.sum(axes.clone());
        let [share, weight] = [p, ct].map(|x| sum(lead.select(0.0, x)));
        let value = lead.select(ct.strong_mul(share) - p.strong_mul(weight), ct - p.strong_mul(sum(ct)));
        self.largest(axes).eq(f64::NEG_INFINITY).select(0.0, value)
    }

    /// `−ln softmax(x)` along the last axis where the mask `hot` is 1. It is formed from the *other* classes: with
    /// `r = Σ_{j≠t} e^(z_j − z_t)` it is `ln(1 + r)`. `ln Σ eᶻ − z_t` would be exactly 0 once the model is
    /// confident. Where the target is far below the largest logit `m`, `r` would overflow: there it is
    /// `(m − z_t) + ln Σ e^(z_j − m)`. Where all elements are −∞ it is ∞, and its derivatives are 0.
    #[track_caller]
    pub(super) fn surprise(self, hot: Var<'g>) -> Var<'g> {
        let of = self.against(hot);
        let far = of.gap + of.sum().ln();
        let value = of.near.select(of.others.ln_1p(), far);
        self.graph.custom("softmax_cross_entropy", value, &[self, hot], |args, _, ct| {
            vec![args[0].surprise_vjp(args[1], ct), args[1].zeros_like()]
        })
    }

    /// The slopes of `surprise`: `e^(z_j − z_t) / (1 + r)` and, in the target, minus their sum, since
    /// `p_t − 1` would be exactly 0 once the model is confident. Where the target is far below, `p_t − 1` is
    /// exact and stands.
    #[track_caller]
    fn surprise_vjp(self, hot: Var<'g>, ct: Var<'g>) -> Var<'g> {
        let of = self.against(hot);
        let each = ct.strong_mul(1.0 / of.sum());
        let target = of.near.select(of.others.strong_mul(-each), of.own.strong_mul(each) - ct);
        let value = hot.select(target, of.each.strong_mul(each));
        self.graph.custom("softmax_cross_entropy_grad", value, &[self, hot, ct], |args, _, w| {
            let (z, hot, ct) = (args[0], args[1], args[2]);
            let p = z.shares(ct.ones_like(), &Axes::from(-1));
            let slope = z.surprise_vjp(hot, ct.ones_like());
            vec![spread(p, w.strong_mul(ct), &Axes::from(-1)), hot.zeros_like(), w.strong_mul(slope).sum(-1)]
        })
    }

    /// The exponentials of the elements relative to the target or, where that is far below, to the largest
    /// element.
    #[track_caller]
    fn against(self, hot: Var<'g>) -> FromTarget<'g> {
        let target = hot.select(self, 0.0).sum(-1);
        let largest = self.max(-1);
        let none = largest.eq(f64::NEG_INFINITY);
        let largest = none.select(0.0, largest);
        // Equal infinities differ by 0.
        let gap = largest.eq(target).select(0.0, largest - target);
        let near = gap.le(NEAR);
        let pivot = near.select(target, largest);
        let each = self.exp_difference(pivot);
        let others = hot.select(0.0, each).sum(-1);
        // The target takes the whole where all elements are −∞, so that no slope is left.
        let own = none.select(1.0, target.exp_difference(pivot));
        FromTarget { gap, near, each, others, own }
    }
}

/// The exponentials, with the target's apart from the others'.
struct FromTarget<'g> {
    /// The distance of the target below the largest logit.
    gap: Var<'g>,
    /// The mask that is 1 where the target is the pivot, not the largest logit.
    near: Var<'g>,
    /// `e^(z − pivot)`, the sum of those of the others, and that of the target.
    each: Var<'g>,
    others: Var<'g>,
    own: Var<'g>,
}

impl<'g> FromTarget<'g> {
    #[track_caller]
    fn sum(&self) -> Var<'g> {
        self.others + self.own
    }
}

impl<'g> Powers<'g> {
    /// The softmax; 0 where all elements are −∞.
    #[track_caller]
    fn shares(&self) -> Var<'g> {
        self.each.strong_mul(1.0 / self.sum)
    }
}

/// The mask of the dominant class, of which there is at most one.
#[track_caller]
fn leads(p: Var<'_>) -> Var<'_> {
    p.gt(LEADS)
}

/// `p·(v − Σ p·v)`, the derivative of the softmax `p` along `v`, which is its own transpose.
///
/// At a dominant class, `v` and the mean are nearly equal: so `v` is taken relative to that class's element,
/// which does not change the result, and leaves `p·(1 − p)` as a product. The rule is made of operations that
/// keep their digits in the same way, and of `p`, whose derivative is this rule again, so derivatives of
/// every order keep their digits.
#[track_caller]
fn spread<'g>(p: Var<'g>, v: Var<'g>, axes: &Axes) -> Var<'g> {
    let lead = leads(p);
    let base = lead.select(v, 0.0).sum(axes.clone());
    let apart = lead.select(0.0, v - base);
    p.strong_mul(apart - p.strong_mul(apart).sum(axes.clone()))
}
