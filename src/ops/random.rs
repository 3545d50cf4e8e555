//! Random numbers in the graph, and what is made of them.

use crate::graph::{Graph, Var};
use crate::op::Op;
use crate::shape::Shape;
use gradus_rows::random;

/// The number of values that a random number has: 2²⁴.
const VALUES: f64 = 16_777_216.0;

impl Graph {
    /// Random numbers, uniform from 0 on and below 1. They are a function of the graph's [`seed`](Graph::seed), of how many
    /// random values were recorded before this one, of the number of the step in a training, and of their place, by Philox4x32-10
    /// (Salmon et al. 2011): so the same bits on every machine, for any number of threads and in both element types; a
    /// training that is resumed draws on; and a program that is no training always draws the same, that of a first step. They
    /// have no derivative.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let (g, h) = (Graph::new(), Graph::new());
    /// let (a, b) = (g.random([1000]), g.random([1000]));
    /// assert_eq!(a.eval::<f64>()?, h.random([1000]).eval::<f64>()?);
    /// assert_ne!(a.eval::<f64>()?, b.eval::<f64>()?);
    /// assert!((a.mean(..).eval::<f64>()?.item() - 0.5).abs() < 0.05);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn random(&self, shape: impl Into<Shape>) -> Var<'_> {
        let number = self.count_random();
        let seed = random::stream(self.seed_of_random(), number);
        self.var(self.push(Op::Random(seed), &[], shape.into().checked()))
    }
}

impl<'g> Var<'g> {
    /// In a training, each element is 0 with this probability, and else divided by 1 less it, so that the mean stays; in an
    /// evaluation the value itself (Srivastava et al. 2014, as PyTorch has it). The mode is that of the graph
    /// ([`Graph::for_training`]); the elements are drawn anew in each step ([`Graph::random`]). The probability is rounded up
    /// to a multiple of 2⁻²⁴.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::for_training();
    /// let x = g.value(Tensor::full([1000], 3.0)).dropout(0.25);
    /// let y = x.eval::<f64>()?;
    /// assert!(y.iter().all(|&y| y == 0.0 || y == 4.0));
    /// assert!((200..300).contains(&y.iter().filter(|y| **y == 0.0).count()));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn dropout(self, probability: f64) -> Var<'g> {
        let _call = self.graph.call("dropout");
        let shape = self.shape();
        self.dropped(probability, shape)
    }

    /// The same for whole channels of `[n, channels, …]`: all elements of one are kept, or none (Tompson et al. 2015).
    #[track_caller]
    pub fn dropout_channels(self, probability: f64) -> Var<'g> {
        let _call = self.graph.call("dropout_channels");
        let shape = self.shape();
        if self.is_poisoned() || shape.len() < 2 {
            let problem = format!(
                "the value has to have 2 axes or more, batch, channels and others, and its shape is {shape}"
            );
            return self.graph.refuse("dropout_channels", &[("value", self)], problem);
        }
        let each = shape[..2].iter().copied().chain(std::iter::repeat_n(1, shape.len() - 2)).collect();
        self.dropped(probability, each)
    }

    /// Drops what a mask of this shape covers.
    #[track_caller]
    fn dropped(self, probability: f64, shape: Shape) -> Var<'g> {
        let graph = self.graph;
        if self.is_poisoned() || !(0.0..=1.0).contains(&probability) {
            let problem = format!("the probability is {probability}, and has to be a number from 0 to 1");
            return graph.refuse("dropout", &[("value", self)], problem);
        }
        if probability == 0.0 {
            return self;
        }
        if !graph.is_training() {
            // A value of its own, since that of a training is another one.
            let same = self * 1.0;
            graph.evaluates(same, "a dropout");
            return same;
        }
        // A number that both element types hold, so that both drop the same elements.
        let probability = (probability * VALUES).ceil() / VALUES;
        let scale = if probability < 1.0 { 1.0 / (1.0 - probability) } else { 0.0 };
        graph.random(shape).ge(probability).select(self * scale, 0.0)
    }
}
