//! Running folds along an axis: each element joined with all before it. They are made of pairs: neighbors are joined, the
//! running fold of these gives every second element, and one more joint each of the others. So there are at most
//! `2·n` joints, in `2·log₂ n` operations, and derivatives of every order are those of the joints.

use crate::graph::Var;
use crate::shape::IntoAxis;

impl<'g> Var<'g> {
    /// The sums of each element and all before it along an axis: `y[i] = x[0] + … + x[i]`. They are added in pairs, so
    /// that the error grows with the logarithm of their number.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.cumsum(0).to_string(), "[1, 3, 6, 10]");
    /// assert_eq!(x.cumsum(0).sum(..).grad(x).to_string(), "[4, 3, 2, 1]");
    /// ```
    #[track_caller]
    pub fn cumsum(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("cumsum");
        self.scan("cumsum", axis, &|a, b| a + b)
    }

    /// The products of each element and all before it along an axis: `y[i] = x[0] · … · x[i]`. No product is divided, so
    /// derivatives of every order are right beside zeros.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![2.0, 0.0, 5.0]);
    /// assert_eq!(x.cumprod(0).to_string(), "[2, 0, 0]");
    /// assert_eq!(x.cumprod(0).sum(..).grad(x).to_string(), "[1, 12, 0]");
    /// ```
    #[track_caller]
    pub fn cumprod(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("cumprod");
        self.scan("cumprod", axis, &|a, b| a * b)
    }

    /// The largest of each element and all before it along an axis. Of elements that tie the last one has the slope, as in
    /// PyTorch. From the first NaN on it is NaN.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 3.0, 2.0, 3.0]);
    /// assert_eq!(x.cummax(0).to_string(), "[1, 3, 3, 3]");
    /// assert_eq!(x.cummax(0).sum(..).grad(x).to_string(), "[1, 2, 0, 1]");
    /// ```
    #[track_caller]
    pub fn cummax(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("cummax");
        // A NaN on the left stays; one on the right is not less than what is on the left.
        self.scan("cummax", axis, &|a, b| b.lt(a).maximum(a.ne(a)).select(a, b))
    }

    /// `ln Σ eˣ` of each element and all before it along an axis: `y[i] = ln(eˣ⁰ + … + eˣⁱ)`. It is made of
    /// [`logaddexp`](Var::logaddexp), so it cannot overflow, and −∞ counts as nothing.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![f64::NEG_INFINITY, 1000.0, 1000.0]);
    /// assert_eq!(x.logcumsumexp(0).to_string(), "[-inf, 1000, 1000.6931471805599]");
    /// ```
    #[track_caller]
    pub fn logcumsumexp(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("logcumsumexp");
        self.scan("logcumsumexp", axis, &|a, b| a.logaddexp(b))
    }

    #[track_caller]
    fn scan(self, what: &str, axis: impl IntoAxis, join: &dyn Fn(Var<'g>, Var<'g>) -> Var<'g>) -> Var<'g> {
        match axis.position(self.rank()) {
            Ok(at) => self.scanned(at, join),
            Err(problem) => self.graph.refuse(what, &[("value", self)], problem),
        }
    }

    #[track_caller]
    fn scanned(self, axis: usize, join: &dyn Fn(Var<'g>, Var<'g>) -> Var<'g>) -> Var<'g> {
        let n = self.size(axis);
        if n < 2 {
            return self;
        }
        let pairs = join(self.slice_step(axis, ..n / 2 * 2, 2), self.slice_step(axis, 1..n / 2 * 2, 2));
        // Element 2·i + 1 of the result is element i of this one.
        let odd = pairs.scanned(axis, join);
        let first = self.slice(axis, ..1);
        let even = match n {
            2 => first,
            _ => {
                let rest = self.slice_step(axis, 2.., 2);
                self.graph.cat(&[first, join(odd.slice(axis, ..rest.size(axis)), rest)], axis)
            }
        };
        let both = self.graph.stack(&[even.slice(axis, ..n / 2), odd], axis + 1);
        let both = both.reshape(self.shape().with(axis, n / 2 * 2));
        match n.is_multiple_of(2) {
            true => both,
            false => self.graph.cat(&[both, even.slice(axis, n / 2..)], axis),
        }
    }
}
