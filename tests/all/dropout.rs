//! Random values of a graph: the same bits wherever they are drawn, others in each step; and dropout, which is made of them.

use gradus::nn::Dropout;
use gradus::prelude::*;
use gradus_rows::random;

/// The elements that a dropout keeps, in an element type and for a number of threads.
fn kept<E: Element>(threads: usize) -> Vec<bool> {
    let g = Graph::for_training();
    let y = g.value(Tensor::full([300, 7], 1.0)).dropout(0.3).dropout(0.1);
    let mut program = g.compile::<E>([y]).expect("it compiles");
    program.threads(threads).expect("they start");
    program.run_unfed(&Params::new()).expect("it runs").at(0).iter().map(|y| y.to_f64() != 0.0).collect()
}

#[test]
fn masks_do_not_depend_on_the_element_type_nor_on_threads() {
    let first = kept::<f64>(1);
    assert_eq!(first, kept::<f32>(1));
    assert_eq!(first, kept::<f64>(3));
    let share = first.iter().filter(|kept| **kept).count() as f64 / first.len() as f64;
    assert!((share - 0.63).abs() < 0.04, "{share}");
}

#[test]
fn random_values_are_those_of_the_published_generator() {
    let g = Graph::new();
    g.seed(11);
    let (a, b) = (g.random([5, 3]), g.random([4]));
    for (number, x) in [(0, a), (1, b)] {
        let mut expected = vec![0.0; x.shape().size()];
        random::fill(random::stream(11, number), 0, &mut expected, |x| x);
        assert_eq!(x.eval::<f64>().expect("it runs").data(), expected);
    }
    assert_eq!(b.sum(..).grad(b).eval::<f64>().expect("it runs").data(), [1.0; 4]);
    let error = g.random([1 << 40, 1 << 40]).eval::<f64>().expect_err("it is too large").to_string();
    assert!(error.starts_with("random: the shape [1099511627776, 1099511627776] is too large"), "{error}");
}

/// The parameters after some steps of a training with dropout.
fn trained(steps: usize, params: &mut Params<f64>) -> Vec<f64> {
    let w = Linear::new(params, "line", 4, 3);
    let mut step = trace_training(Sgd::new(0.1), |at| {
        let hidden = w.forward(Dropout::new(0.5).forward(at.input("x")));
        vec![hidden.dropout(0.2).square().mean(..)]
    });
    let x = Tensor::from_fn([6, 4], |at| (at[0] * 4 + at[1]) as f64 * 0.1 - 1.0);
    for _ in 0..steps {
        step.run(params, [feed("x", &x)]).expect("it runs");
    }
    params.get("line.weight").expect("it is there").data().to_vec()
}

#[test]
fn each_step_draws_others_and_a_training_that_is_resumed_draws_on() {
    let mut whole = Params::<f64>::seeded(1);
    let expected = trained(5, &mut whole);
    let mut first = Params::<f64>::seeded(1);
    let two = trained(2, &mut first);
    assert_ne!(two, expected);
    let path = std::env::temp_dir().join(format!("gradus-dropout-{}.safetensors", std::process::id()));
    first.save(&path).expect("it is saved");
    let mut again = Params::<f64>::seeded(2);
    Linear::new(&mut again, "line", 4, 3);
    again.load(&path).expect("it loads");
    std::fs::remove_file(&path).expect("it was there");
    // The same layer, on the parameters that were loaded.
    let mut named = Params::<f64>::seeded(3);
    let line = Linear::new(&mut named, "line", 4, 3);
    let mut step = trace_training(Sgd::new(0.1), |at| {
        let hidden = line.forward(Dropout::new(0.5).forward(at.input("x")));
        vec![hidden.dropout(0.2).square().mean(..)]
    });
    let x = Tensor::from_fn([6, 4], |at| (at[0] * 4 + at[1]) as f64 * 0.1 - 1.0);
    for _ in 0..3 {
        step.run(&mut again, [feed("x", &x)]).expect("it runs");
    }
    assert_eq!(again.get("line.weight").expect("it is there").data(), expected);
    // One mask for all steps would give another result.
    let g = Graph::for_training();
    let masks = [0, 1].map(|_| g.random([50]).eval::<f64>().expect("it runs"));
    assert_ne!(masks[0], masks[1]);
}

#[test]
fn the_ends_of_the_probability_and_the_modes() {
    let g = Graph::for_training();
    let x = g.value(tensor![1.0, f64::INFINITY, -2.0]);
    assert_eq!(x.dropout(0.0).id(), x.id());
    let none = x.dropout(1.0);
    assert_eq!(none.eval::<f64>().expect("it runs").data(), [0.0; 3]);
    assert_eq!(none.sum(..).grad(x).eval::<f64>().expect("it runs").data(), [0.0; 3]);
    for wrong in [-0.1, 1.5, f64::NAN] {
        let error = Graph::new().value(1.0).dropout(wrong).eval::<f64>().expect_err("it is told").to_string();
        assert!(error.starts_with(&format!("dropout: the probability is {wrong}, and has to be")), "{error}");
    }
    let error = Graph::new()
        .value(tensor![1.0])
        .dropout_channels(0.5)
        .eval::<f64>()
        .expect_err("it is told")
        .to_string();
    assert!(error.starts_with("dropout_channels: the value has to have 2 axes or more"), "{error}");
    // In an evaluation it is the value itself, and no training is made of it.
    let h = Graph::new();
    let mut params = Params::<f64>::seeded(1);
    let w = params.add("w", tensor![1.0, 2.0, 3.0]);
    let y = h.param(&w).dropout(0.5);
    let mut program = h.compile::<f64>([y]).expect("it compiles");
    assert_eq!(program.run_unfed(&params).expect("it runs").at(0).data(), [1.0, 2.0, 3.0]);
    let error = h.train(y.sum(..), Sgd::new(0.1), &mut params).expect_err("it is told").to_string();
    assert!(error.starts_with("a dropout was recorded for evaluation"), "{error}");
}

#[test]
fn whole_channels_are_dropped_and_the_rest_is_scaled() {
    let g = Graph::for_training();
    let y = g.value(Tensor::full([20, 5, 2, 3], 3.0)).dropout_channels(0.25).eval::<f64>().expect("it runs");
    let channels: Vec<&[f64]> = y.data().chunks(6).collect();
    assert!(channels.iter().all(|all| all.iter().all(|&y| y == all[0]) && (all[0] == 0.0 || all[0] == 4.0)));
    let dropped = channels.iter().filter(|all| all[0] == 0.0).count();
    assert!((10..40).contains(&dropped), "{dropped}");
}

#[test]
fn a_gradient_check_sees_one_mask() {
    let mut params = Params::<f64>::seeded(1);
    let line = Linear::new(&mut params, "line", 3, 4);
    let g = Graph::for_training();
    let x = g.value(Tensor::from_fn([5, 3], |at| (at[0] * 3 + at[1]) as f64 * 0.3 - 2.0));
    let loss = line.forward(x.dropout(0.3)).tanh().dropout(0.4).square().sum(..);
    let report = gradcheck(loss, &params).order(2).run().expect("it runs");
    assert!(report.passed(), "{report}");
}
