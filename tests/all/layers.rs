//! Layers beside PyTorch's numbers: positions, elements that are left out within them, and first states.

use gradus::nn::{RotaryPositions, States};
use gradus::prelude::*;

fn numbers(shape: impl Into<Shape>) -> Tensor<f64> {
    let mut i = 0..;
    Tensor::from_fn(shape, |_| f64::from((7 * i.next().unwrap_or(0)) % 23) / 8.0 - 1.25)
}

#[test]
fn rotary_positions_turn_each_pair_by_its_angle() -> Result<()> {
    let x = numbers([3, 6]);
    let g = Graph::new();
    let (neighbors, halves) =
        (RotaryPositions::new().base(100.0), RotaryPositions::new().base(100.0).halves());
    let (y, z) = (
        neighbors.forward(g.value(x.clone())).eval::<f64>()?,
        halves.forward(g.value(x.clone())).eval::<f64>()?,
    );
    for place in 0..3 {
        for i in 0..3 {
            let angle = place as f64 / 100f64.powf(2.0 * i as f64 / 6.0);
            for (found, [a, b]) in [(&y, [2 * i, 2 * i + 1]), (&z, [i, i + 3])] {
                let (u, v) = (x[[place, a]], x[[place, b]]);
                let turned = [u * angle.cos() - v * angle.sin(), u * angle.sin() + v * angle.cos()];
                assert!((found[[place, a]] - turned[0]).abs() < 1e-14, "place {place}, pair {i}");
                assert!((found[[place, b]] - turned[1]).abs() < 1e-14, "place {place}, pair {i}");
            }
        }
    }
    // Heads of a batch are turned alike.
    let heads = numbers([2, 2, 3, 6]);
    let all = neighbors.forward(g.value(heads.clone()));
    let last = g.value(heads).slice(0, 1..).slice(1, 1..).reshape([3, 6]);
    let parts = [all.slice(0, 1..).slice(1, 1..).reshape([3, 6]), neighbors.forward(last)];
    assert_eq!(parts[0].eval::<f64>()?, parts[1].eval::<f64>()?);
    Ok(())
}

#[test]
fn positions_that_do_not_fit_are_faults() {
    let g = Graph::new();
    let told = |y: Var<'_>| y.eval::<f64>().expect_err("it does not fit").to_string();
    let odd = g.value(numbers([3, 5]));
    assert!(
        told(RotaryPositions::new().forward(odd))
            .contains("rotary_positions: the width is 5, and has to be even")
    );
    assert!(told(SinusoidalPositions::new().forward(odd)).contains("sinusoidal_positions: the width is 5"));
    let row = g.value(numbers([4]));
    assert!(
        told(SinusoidalPositions::new().forward(row))
            .contains("the shape [.., length, width], and it is [4]")
    );
    let x = g.value(numbers([3, 4]));
    assert!(told(RotaryPositions::new().base(-1.0).forward(x)).contains("the base is -1"));
}

#[test]
fn a_transformers_layer_leaves_out_elements_in_a_training_alone() -> Result<()> {
    let mut params = Params::<f64>::seeded(3);
    let plain = TransformerEncoderLayer::new(&mut params, "block", 4, 2, 8).norm_first();
    let some = plain.clone().dropout(0.5);
    let x = numbers([2, 3, 4]);
    let run = |graph: Graph, layer: &TransformerEncoderLayer| -> Result<Tensor<f64>> {
        let y = layer.forward(graph.value(x.clone()));
        Ok(graph.compile::<f64>([y])?.run_unfed(&params)?[y].clone())
    };
    let expected = run(Graph::new(), &plain)?;
    let off = |y: &Tensor<f64>| y.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off(&run(Graph::new(), &some)?) < 1e-15);
    assert!(off(&run(Graph::for_training(), &some)?) > 1e-3);
    assert_eq!(run(Graph::for_training(), &plain)?, expected);
    // The residuals stay where all is left out.
    assert_eq!(run(Graph::for_training(), &plain.clone().dropout(1.0))?, x);
    Ok(())
}

#[test]
fn attention_leaves_out_shares_in_a_training() -> Result<()> {
    let mut params = Params::<f64>::seeded(3);
    let attention = MultiheadAttention::new(&mut params, "heads", 4, 2).dropout(1.0);
    params.set("heads.out_proj.bias", tensor![1.0, 2.0, 3.0, 4.0])?;
    let g = Graph::for_training();
    let y = attention.forward(g.value(numbers([1, 2, 4])));
    let out = g.compile::<f64>([y])?.run_unfed(&params)?[y].to_string();
    assert_eq!(out, "[[[1, 2, 3, 4], [1, 2, 3, 4]]]");
    Ok(())
}

#[test]
fn recurrent_layers_leave_out_states_between_them_in_a_training() -> Result<()> {
    let mut params = Params::<f64>::seeded(3);
    let two = GRU::with(&mut params, "two", 3, 4, 2, true);
    let one = LSTM::new(&mut params, "one", 3, 4).dropout(1.0);
    let influence = |graph: &Graph, record: &dyn for<'g> Fn(Var<'g>) -> Var<'g>| -> Result<f64> {
        let x = graph.value(numbers([2, 5, 3]));
        let slope = record(x).sum(..).grad(x).abs().sum(..);
        Ok(graph.compile::<f64>([slope])?.run_unfed(&params)?[slope].item())
    };
    let all = two.clone().dropout(1.0);
    assert_eq!(influence(&Graph::for_training(), &|x| all.forward(x))?, 0.0);
    assert!(influence(&Graph::new(), &|x| all.forward(x))? > 0.1);
    assert!(influence(&Graph::for_training(), &|x| two.forward(x))? > 0.1);
    // There is nothing between one layer and itself.
    assert!(influence(&Graph::for_training(), &|x| one.forward(x))? > 0.1);
    Ok(())
}

#[test]
fn a_sequence_in_two_parts_has_the_states_of_the_whole() -> Result<()> {
    fn held<'g>(whole: States<'g>, first: States<'g>, second: States<'g>) -> Vec<[Var<'g>; 2]> {
        let graph = whole.output.graph();
        let mut both =
            vec![[whole.output, graph.cat(&[first.output, second.output], 1)], [whole.hidden, second.hidden]];
        both.extend(whole.cell.zip(second.cell).map(|(a, b)| [a, b]));
        both
    }
    let mut params = Params::<f64>::seeded(3);
    let (lstm, gru) = (LSTM::with(&mut params, "lstm", 3, 4, 2, false), GRU::new(&mut params, "gru", 3, 4));
    let g = Graph::new();
    let x = g.value(numbers([2, 5, 3]));
    let (start, end) = (x.slice(1, ..2), x.slice(1, 2..));
    let first = lstm.states(start);
    let mut both = held(lstm.states(x), first, lstm.states_from(end, first, None));
    let first = gru.states(start);
    both.extend(held(gru.states(x), first, gru.states_from(end, first, None)));
    assert_eq!(both.len(), 5);
    for [whole, parts] in both {
        let mut program = g.compile::<f64>([whole, parts])?;
        let out = program.run_unfed(&params)?;
        assert_eq!(out[whole], out[parts]);
    }
    Ok(())
}

#[test]
fn a_first_state_that_does_not_fit_is_a_fault() {
    let mut params = Params::<f64>::seeded(3);
    let (lstm, gru) = (LSTM::new(&mut params, "lstm", 3, 4), GRU::new(&mut params, "gru", 3, 4));
    let g = Graph::new();
    let x = g.value(numbers([2, 5, 3]));
    let state = |shape: [usize; 3]| g.value(numbers(shape));
    let told =
        |states: States<'_>| g.compile::<f64>([states.output]).expect_err("it does not fit").to_string();
    let wrong = told(gru.states_from(x, state([2, 1, 4]), None));
    assert!(wrong.starts_with("gru/recurrent: the first state is to have the shape [layers·directions, batch, hidden] = [1, 2, 4], and it is [2, 1, 4]"), "{wrong}");
    let wrong = told(lstm.states_from(x, (state([1, 2, 4]), state([1, 2, 3])), None));
    assert!(wrong.contains("the first cell is to have"), "{wrong}");
    let wrong = told(lstm.states_from(x, state([1, 2, 4]), None));
    assert!(wrong.contains("begins with a state and a cell"), "{wrong}");
    let wrong = told(gru.states_from(x, (state([1, 2, 4]), state([1, 2, 4])), None));
    assert!(wrong.contains("has no cell"), "{wrong}");
}
