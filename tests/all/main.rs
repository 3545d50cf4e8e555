//! All tests but those of the book, of its exercises, of accuracy and of allocations: one program, so that what they
//! share is compiled once and the library is linked once. `cargo test --test all laws` runs the tests of one file.

// The modules that tests share.
mod catalog;
mod law;
mod mutants;
mod random;
mod tables;

mod alone;
mod arranged;
mod batch_norm;
mod budget;
mod conventions;
mod cross_entropy;
mod diagnose;
mod differential;
mod docs;
mod dropout;
mod elementary;
mod examples;
mod facts;
mod faults;
mod floors;
mod foreign;
mod fused;
mod gradcheck;
mod in_place;
mod laws;
mod laws_bite;
mod layers;
mod limits;
mod log_normal_cdf;
mod masks;
mod minus_infinity;
mod optimizers;
mod parity;
mod peers;
mod programs;
mod random_graphs;
mod runs;
mod safetensors;
mod sizes;
mod slices;
mod training;
mod workloads;
mod wrong_derivatives;
mod wrong_numbers;
mod zoo;
