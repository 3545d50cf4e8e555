//! Positions: what tells attention where in a sequence a vector stands.

use super::Module;
use crate::error::Site;
use crate::graph::{Graph, Var};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The angle of a place at a frequency: `place / base^(2·i / width)`.
fn angle(place: usize, i: usize, width: usize, base: f64) -> f64 {
    place as f64 / libm::pow(base, (2 * i) as f64 / width as f64)
}

/// A constant `[length, columns]`, or a fault.
#[track_caller]
fn table<'g>(
    graph: &'g Graph,
    x: Var<'g>,
    [length, columns]: [usize; 2],
    number: impl Fn(usize, usize) -> f64,
) -> Var<'g> {
    match Tensor::try_from_fn(Shape::from([length, columns]), |at| number(at[0], at[1])) {
        Ok(numbers) => graph.value(numbers),
        Err(error) => graph.refuse("positions", &[("value", x)], error.to_string()),
    }
}

/// The mistake of a value that is no sequence of vectors with pairs of numbers.
fn misfit(x: Var<'_>) -> Option<String> {
    let shape = x.shape();
    match &shape[..] {
        [.., _, width] if width.is_multiple_of(2) => None,
        [.., _, width] => Some(format!("the width is {width}, and has to be even: numbers go in pairs")),
        _ => Some(format!("the value is to have the shape [.., length, width], and it is {shape}")),
    }
}

/// Sines and cosines of each place added to a sequence of vectors (Vaswani et al. 2017): to number `2·i` of a vector
/// `sin(place / 10000^(2·i / width))` is added, and to the one behind it the cosine. It has no parameters.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::SinusoidalPositions;
/// let g = Graph::new();
/// let y = SinusoidalPositions::new().forward(g.value(Tensor::zeros([2, 4])));
/// assert_eq!(y.slice(0, ..1).to_string(), "[[0, 1, 0, 1]]");
/// assert_eq!(y.slice(0, 1..).to_string(), "[[0.8414709848078965, 0.5403023058681398, 0.009999833334166664, 0.9999500004166653]]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SinusoidalPositions {
    base: f64,
}

impl SinusoidalPositions {
    /// The layer with a base of 10000.
    pub fn new() -> Self {
        SinusoidalPositions { base: 10_000.0 }
    }

    /// Records the layer on vectors `[…, length, width]`, to the same shape.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let (graph, _site) = (x.graph(), x.graph().calling(Site::here()));
        if let Some(problem) = misfit(x) {
            return graph.refuse("sinusoidal_positions", &[("value", x)], problem);
        }
        let [length, width] = [x.size(-2), x.size(-1)];
        x + table(graph, x, [length, width], |place, i| {
            let angle = angle(place, i / 2, width, self.base);
            if i % 2 == 0 { libm::sin(angle) } else { libm::cos(angle) }
        })
    }
}

impl Default for SinusoidalPositions {
    fn default() -> Self {
        Self::new()
    }
}

/// Rotary positions (Su et al. 2021): each pair of numbers of a vector is turned by an angle in proportion to its place,
/// `place / 10000^(2·i / width)` for pair `i`, so that the product of two vectors depends on their distance alone. It goes on
/// queries and keys of each head, not on values, and has no parameters.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::RotaryPositions;
/// let g = Graph::new();
/// let (x, y) = (g.value(Tensor::full([5, 4], 1.0)), g.value(Tensor::full([5, 4], 0.5)));
/// let scores = RotaryPositions::new().forward(x).matmul_t(RotaryPositions::new().forward(y)).eval::<f64>()?;
/// assert!((scores[[1, 3]] - scores[[2, 4]]).abs() < 1e-12);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotaryPositions {
    base: f64,
    halves: bool,
}

impl RotaryPositions {
    /// The layer with a base of 10000, whose pairs are neighbors, as in the paper and in torchtune.
    pub fn new() -> Self {
        RotaryPositions { base: 10_000.0, halves: false }
    }

    /// Sets the base; the larger, the farther apart are places that look alike.
    #[must_use]
    pub fn base(self, base: f64) -> Self {
        RotaryPositions { base, ..self }
    }

    /// Makes pairs of the first half of the numbers with the second, as GPT-NeoX and the Llama of Hugging Face do.
    #[must_use]
    pub fn halves(self) -> Self {
        RotaryPositions { halves: true, ..self }
    }

    /// Records the layer on vectors `[…, length, width]`, to the same shape.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let (graph, _site) = (x.graph(), x.graph().calling(Site::here()));
        let problem = misfit(x).or_else(|| {
            let usable = self.base.is_finite() && self.base > 0.0;
            (!usable).then(|| format!("the base is {}, and has to be a number above 0", self.base))
        });
        if let Some(problem) = problem {
            return graph.refuse("rotary_positions", &[("value", x)], problem);
        }
        let (shape, [length, width]) = (x.shape(), [x.size(-2), x.size(-1)]);
        let half = width / 2;
        let turn = |of: fn(f64) -> f64| {
            let column = table(graph, x, [length, half], |place, i| of(angle(place, i, width, self.base)));
            // Beside both numbers of a pair.
            if self.halves { column.unsqueeze(1) } else { column.unsqueeze(2) }
        };
        let (cos, sin) = (turn(libm::cos), turn(libm::sin));
        let (axis, pairs) = if self.halves { (-2, [2, half]) } else { (-1, [half, 2]) };
        let split: Shape = shape[..shape.len() - 1].iter().copied().chain(pairs).collect();
        let x = x.reshape(split);
        let (a, b) = (x.slice(axis, ..1), x.slice(axis, 1..));
        graph.cat(&[a * cos - b * sin, b * cos + a * sin], axis).reshape(shape)
    }
}

impl Default for RotaryPositions {
    fn default() -> Self {
        Self::new()
    }
}

impl Module for SinusoidalPositions {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}

impl Module for RotaryPositions {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}
