//! The memory of a gradient through slices: in proportion to the value that is sliced, not to its square.

use gradus::nn::{GRU, LSTM};
use gradus::prelude::*;

/// The bytes of a program for the gradient, in `n` steps of a value, of a loss that a loop over its slices makes.
fn bytes(n: usize, record: impl for<'g> Fn(&'g Graph, Var<'g>) -> Var<'g>) -> usize {
    let g = Graph::new();
    let x = g.input("x", [8, n, 16]);
    let loss = record(&g, x);
    let program = g.compile::<f32>([loss.grad(x)]).expect("it compiles");
    program.bytes()
}

/// Asserts that four times as many steps take no more than four times as many bytes, but for what does not grow.
#[track_caller]
fn grows_with_its_length(record: impl for<'g> Fn(&'g Graph, Var<'g>) -> Var<'g>) {
    let [few, many] = [50, 200].map(|n| bytes(n, &record));
    println!("50 steps take {few} bytes, and 200 take {many}");
    assert!(many <= 4 * few + few / 10, "50 steps take {few} bytes, and 200 take {many}");
}

#[test]
fn the_gradient_of_a_sequence_takes_memory_in_proportion_to_its_length() {
    let mut params = Params::<f32>::seeded(1);
    let lstm = LSTM::new(&mut params, "lstm", 16, 16);
    grows_with_its_length(|_, x| lstm.forward(x).square().sum(..));
    let gru = GRU::new(&mut params, "gru", 16, 16);
    grows_with_its_length(|_, x| gru.states(x).hidden.sum(..));
}

#[test]
fn the_gradient_of_slices_with_gaps_or_over_each_other_takes_memory_in_proportion_to_their_number() {
    fn product<'g>(parts: impl Iterator<Item = Var<'g>>) -> Var<'g> {
        parts.map(|part| part.square().sum(..)).reduce(|a, b| a * b).expect("parts")
    }
    grows_with_its_length(|_, x| product((0..x.size(1) / 2).map(|i| x.slice(1, 2 * i..2 * i + 1))));
    grows_with_its_length(|_, x| {
        let longer = x.pad(1, 0, 2);
        product((0..x.size(1)).map(|i| longer.slice(1, i..i + 3)))
    });
}
