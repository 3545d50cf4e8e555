//! Every activation of one number by name, with usual parameters.

use super::Activation;

macro_rules! listed {
    ($($x:ident.$name:ident($($parameter:expr),*)),* $(,)?) => {
        /// Every activation of one number, as it is called, with PyTorch's default parameters where it has
        /// them. For loops over all of them: in tests, in plots, in a comparison on one task.
        ///
        /// ```
        /// # use gradus::prelude::*;
        /// use gradus::nn::ACTIVATIONS;
        /// let (_, softplus) = ACTIVATIONS.iter().find(|(called, _)| *called == "softplus()").ok_or("none")?;
        /// let g = Graph::new();
        /// assert_eq!(softplus(g.value(0.0)).eval::<f64>()?.item(), 2f64.ln());
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        pub const ACTIVATIONS: &[(&str, Activation)] = &[$(
            (concat!(stringify!($name), "(", stringify!($($parameter),*), ")"), |$x| $x.$name($($parameter),*)),
        )*];
    };
}
listed! {
    x.identity(), x.sigmoid(), x.tanh(), x.softplus(), x.softplus_sharp(2.0), x.log_sigmoid(), x.silu(), x.swish(1.5), x.mish(),
    x.gelu(), x.gelu_tanh(), x.gelu_sigmoid(), x.squareplus(4.0), x.softsign(), x.isru(), x.arctan(), x.bent_identity(),
    x.logcosh(), x.tanhshrink(), x.gaussian(), x.normal_cdf(), x.log_normal_cdf(), x.erf(), x.sine(1.0), x.relu(), x.leaky_relu(0.01),
    x.rrelu_mean(0.125, 1.0 / 3.0), x.relu6(), x.relu_squared(), x.elu(1.0), x.celu(1.0), x.selu(), x.hard_sigmoid(),
    x.hard_swish(), x.hard_tanh(), x.softshrink(0.5), x.hardshrink(0.5), x.threshold(1.0, -0.5), x.step_straight_through(),
}
