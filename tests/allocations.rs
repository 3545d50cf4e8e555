//! After its first run a program allocates nothing: counted by the allocator itself.

use gradus::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged; the count is a thread's own cell and
// allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(mut run: impl FnMut()) -> usize {
    let before = COUNT.with(Cell::get);
    run();
    COUNT.with(Cell::get) - before
}

#[test]
fn the_counter_counts() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1, 2, 3]))) >= 1);
}

#[test]
fn a_training_step_allocates_nothing_after_the_first() {
    let mut params = Params::<f32>::seeded(1);
    let net = Mlp::new(&mut params, "net", &[2, 16, 16, 3]);
    let g = Graph::new();
    let (x, label) = (g.input("x", [8, 2]), g.labels("label", [8], 3));
    let loss = net.forward(x).softmax_cross_entropy(label);
    let (xs, labels) =
        (Tensor::from_fn([8, 2], |at| (at[0] + at[1]) as f32 / 9.0), Tensor::from_fn([8], |at| at[0] % 3));
    let mut step = g.train(loss, Adam::new(0.01).clip_norm(1.0), &mut params).expect("it compiles");
    step.threads(1).expect("one thread");
    let mut run = || {
        step.run(&mut params, [x.feed(&xs), label.feed(&labels)]).expect("it runs");
    };
    run();
    assert_eq!(allocations(|| (0..10).for_each(|_| run())), 0);
}

#[test]
fn the_network_of_the_digits_example_allocates_nothing_after_the_first_step() {
    let mut params = Params::<f32>::seeded(1);
    let net = Mlp::new(&mut params, "net", &[64, 128, 10]);
    let g = Graph::new();
    let (x, label) = (g.input("x", [64, 64]), g.labels("label", [64], 10));
    let loss = net.forward(x).softmax_cross_entropy(label);
    let (xs, labels) = (
        Tensor::from_fn([64, 64], |at| (at[0] ^ at[1]) as f32 / 64.0),
        Tensor::from_fn([64], |at| at[0] % 10),
    );
    let mut step = g.train(loss, Adam::new(0.01), &mut params).expect("it compiles");
    step.threads(1).expect("one thread");
    let mut run = || {
        step.run(&mut params, [x.feed(&xs), label.feed(&labels)]).expect("it runs");
    };
    run();
    assert_eq!(allocations(|| (0..10).for_each(|_| run())), 0);
}

#[test]
fn large_products_allocate_nothing_after_the_first_step() {
    let mut params = Params::<f32>::seeded(1);
    let net = Mlp::new(&mut params, "net", &[700, 600, 500, 3]);
    let g = Graph::new();
    let (x, label) = (g.input("x", [30, 700]), g.labels("label", [30], 3));
    let loss = net.forward(x).softmax_cross_entropy(label);
    let (xs, labels) = (
        Tensor::from_fn([30, 700], |at| (at[0] ^ at[1]) as f32 / 700.0),
        Tensor::from_fn([30], |at| at[0] % 3),
    );
    let mut step = g.train(loss, Adam::new(0.01), &mut params).expect("it compiles");
    step.threads(1).expect("one thread");
    let mut run = || {
        step.run(&mut params, [x.feed(&xs), label.feed(&labels)]).expect("it runs");
    };
    run();
    assert_eq!(allocations(|| (0..3).for_each(|_| run())), 0);
}

#[test]
fn sorting_allocates_nothing_after_the_first_run() {
    let g = Graph::new();
    let x = g.input("x", [6, 50]);
    let (best, _) = x.topk(7, 1);
    let sum = x.sort(0).sum(..) + best.sum(..);
    let mut program = g.compile::<f64>([sum]).expect("it compiles");
    program.threads(1).expect("one thread");
    let xs = Tensor::from_fn([6, 50], |at| ((at[0] * 31 + at[1] * 17) % 23) as f64);
    let params = Params::new();
    let mut run = || {
        program.run(&params, [x.feed(&xs)]).expect("it runs");
    };
    run();
    assert_eq!(allocations(|| (0..10).for_each(|_| run())), 0);
}
