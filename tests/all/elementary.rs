//! The elementary functions themselves: `f32` against `libm`'s functions of `f64` on numbers of every size,
//! the limits, and the same bits whichever instructions a loop is compiled for. (`f64` is held against
//! double-double numbers by the library's own tests, and both types against exact tables by `accuracy`.)

use gradus::element::{Element, Scalar};

/// A function, a reference for `f32`, and how many units in the last place it may be off there.
struct Function {
    name: &'static str,
    single: fn(f32) -> f32,
    double: fn(f64) -> f64,
    reference: fn(f64) -> f64,
    bound: f64,
    loops: [Loops; 3],
}

/// A loop in both types, and whether this processor has the instructions that it is compiled for.
struct Loops {
    here: bool,
    single: fn(&mut [f32]),
    double: fn(&mut [f64]),
}

#[cfg(target_arch = "x86_64")]
fn processor() -> [bool; 2] {
    let narrow = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
    [narrow, narrow && std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512dq")]
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> [bool; 2] {
    [false; 2]
}

macro_rules! functions {
    ($($name:ident($x:ident): $body:expr, $reference:expr, $bound:literal;)*) => {
        mod loops { $(pub mod $name {
            use gradus::element::Element;

            #[inline(always)]
            pub fn one<S: Element>($x: S) -> S {
                $body
            }

            #[inline(always)]
            pub fn plain<S: Element>(xs: &mut [S]) {
                // No closure: a large one would be compiled on its own, without the caller's instructions.
                for x in xs {
                    *x = one(*x);
                }
            }

            #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma"))]
            pub fn narrow<S: Element>(xs: &mut [S]) {
                plain(xs);
            }

            #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx512f,avx512dq,avx2,fma"))]
            pub fn wide<S: Element>(xs: &mut [S]) {
                plain(xs);
            }
        })* }

        fn functions() -> Vec<Function> {
            let [narrow, wide] = processor();
            // SAFETY: whoever calls a loop looks at `here` first, which says that the processor has the
            // instructions.
            #[allow(unused_unsafe)]
            let functions = vec![$({
                use loops::$name as row;
                Function {
                    name: stringify!($name),
                    single: row::one,
                    double: row::one,
                    reference: $reference,
                    bound: $bound,
                    loops: [
                        Loops { here: true, single: row::plain, double: row::plain },
                        Loops {
                            here: narrow,
                            single: |xs| unsafe { row::narrow(xs) },
                            double: |xs| unsafe { row::narrow(xs) },
                        },
                        Loops {
                            here: wide,
                            single: |xs| unsafe { row::wide(xs) },
                            double: |xs| unsafe { row::wide(xs) },
                        },
                    ],
                }
            }),*];
            functions
        }
    };
}

functions! {
    exp(x): x.exp(), libm::exp, 0.9;
    exp_m1(x): x.exp_m1(), libm::expm1, 1.1;
    ln(x): x.ln(), libm::log, 0.9;
    ln_1p(x): x.ln_1p(), libm::log1p, 1.1;
    exp2(x): x.exp2(), libm::exp2, 0.9;
    log2(x): x.log2(), libm::log2, 0.6;
    log10(x): x.log10(), libm::log10, 0.6;
    cbrt(x): x.cbrt(), libm::cbrt, 0.6;
    floor(x): x.floor(), libm::floor, 0.0;
    round(x): x.round(), libm::rint, 0.0;
    fmod(x): x.fmod(x.lit(0.75)), |x| libm::fmod(x, 0.75), 0.0;
    tan(x): x.tan(), libm::tan, 0.9;
    asin(x): x.asin(), libm::asin, 1.0;
    acos(x): x.acos(), libm::acos, 1.0;
    tanh(x): x.tanh(), libm::tanh, 1.0;
    atan(x): x.atan(), libm::atan, 1.2;
    erf(x): x.erf(), libm::erf, 1.1;
    erfc(x): x.erfc(), libm::erfc, 1.3;
    sin(x): x.sin(), libm::sin, 0.6;
    cos(x): x.cos(), libm::cos, 0.6;
    power(x): x.pow(x.lit(2.5)), |x| libm::pow(x, 2.5), 0.6;
    inverse_power(x): x.pow(x.lit(-0.75)), |x| libm::pow(x, -0.75), 0.6;
    normal_tail(x): { let [high, low, small] = x.normal_tail(); (high + low) * small }, normal, 1.2;
    ln_normal_tail(x): x.ln_normal_tail(), ln_normal, 1.7;
    normal_hazard(x): { let [h, ..] = x.abs().normal_hazard(); h }, |x| hazard(x)[0], 3.6;
    normal_hazard_grad(x): { let [_, slope, _] = x.abs().normal_hazard(); slope }, |x| hazard(x)[1], 2.8;
    normal_hazard_grad2(x): { let [.., bend] = x.abs().normal_hazard(); bend }, |x| hazard(x)[2], 9.5;
    exp_parts(x): {
        let (large, small) = x.min(x.lit(80.0)).exp_parts(x.lit(0.0));
        large * small
    }, |x| libm::exp(if x > 80.0 { 80.0 } else { x }), 0.9;
    gate(x): { let [d, _, k] = x.gate(x.lit(0.0)); k / d }, |x| 1.0 / (1.0 + libm::exp(-x)), 1.7;
    normal_tail_times(x): { let (large, small) = x.normal_tail_times(); large * small },
        |x| if x.is_infinite() { 0.0 } else { x.abs() * normal(x) }, 2.0;
    // 1 less it, which has no root.
    normal_tail_slope(x): { let (large, small) = x.normal_tail_slope(); x.lit(1.0) - large * small },
        |x| 1.0 - if x.is_infinite() { 0.0 } else { normal(x) - x.abs() * density(x) }, 1.5;
    ln_1p_fraction(x): x.abs().min(x.lit(1.0)).ln_1p_fraction(), |x| libm::log1p(x.abs().clamp(0.0, 1.0)), 1.3;
}

/// `Φ(−|x|)`, with what the rounding of the error function's argument leaves out.
fn normal(x: f64) -> f64 {
    let (a, root) = (x.abs(), std::f64::consts::FRAC_1_SQRT_2);
    let z = a * root;
    let rest = a.mul_add(root, -z) - a * 4.833_646_656_726_457e-17;
    let y = 0.5 * libm::erfc(z);
    if y == 0.0 || y.is_nan() { y } else { y - rest * libm::exp(-z * z) / std::f64::consts::PI.sqrt() }
}

/// `φ(a)/Φ(−a)` with `a = |x|` and its first two derivatives: far out by the continued fraction whose levels are
/// `k/(a + …)`, in which no term cancels.
fn hazard(x: f64) -> [f64; 3] {
    let a = x.abs();
    if a < 2.0 {
        let h = density(a) / normal(a);
        return [h, h * (h - a), h * ((h - a) * (2.0 * h - a) - 1.0)];
    }
    let [first, second, third] =
        (1..=300).rev().fold([0.0; 3], |[first, second, _], k| [f64::from(k) / (a + first), first, second]);
    let slope = 1.0 - first * (second - first);
    [a + first, slope, slope * first * second * (third - second)]
}

/// `ln Φ(−|x|)`.
fn ln_normal(x: f64) -> f64 {
    let a = x.abs();
    if a < 5.0 {
        libm::log(normal(a))
    } else {
        -0.5 * a * a - libm::log(hazard(a)[0]) - 0.918_938_533_204_672_8
    }
}

/// `φ(x)`.
fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt()
}

/// How far `found` is off, in units in the last place of `f32`.
fn error(found: f32, truth: f64) -> f64 {
    let nearest = truth as f32;
    match found.is_nan() || nearest.is_nan() || found.is_infinite() || nearest.is_infinite() {
        true if found == nearest || (found.is_nan() && nearest.is_nan()) => 0.0,
        true => f64::INFINITY,
        false => {
            let size = (truth.abs() as f32).min(f32::MAX.next_down());
            let size = if f64::from(size) > truth.abs() { size.next_down() } else { size };
            (f64::from(found) - truth).abs() / (f64::from(size.next_up()) - f64::from(size))
        }
    }
}

/// The worst errors among every `step`th number of `f32`.
fn sweep(step: u32) {
    let mut wrong = Vec::new();
    for f in functions() {
        let (mut worst, mut at) = (0.0, 0.0);
        for bits in (0..=u32::MAX).step_by(step as usize) {
            let x = f32::from_bits(bits);
            let error = error((f.single)(x), (f.reference)(f64::from(x)));
            if error > worst {
                (worst, at) = (error, x);
            }
        }
        println!("{:16} {worst:.3} ulp at {at:e}", f.name);
        if worst > f.bound {
            wrong.push(format!("{}: {worst:.3} ulp at {at:e}, more than {}", f.name, f.bound));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn single_precision_on_numbers_of_every_size() {
    sweep(100_003);
}

/// Minutes: `cargo test --release --test all elementary -- --ignored`.
#[test]
#[ignore = "all 2³² numbers take minutes"]
fn single_precision_on_all_numbers() {
    sweep(1);
}

/// Numbers of every size and sign, and those that are special.
fn samples<E: Element>(n: i32) -> Vec<E> {
    let sizes = (-n..n).map(|i| 2f64.powf(f64::from(i) * 1100.0 / f64::from(n)));
    let near = (0..n).map(|i| 12.0 * f64::from(i) / f64::from(n));
    let special = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 88.5, 104.0, 709.5, f64::INFINITY, f64::NAN];
    let special = special.into_iter().chain([f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::from(f32::MAX)]);
    let all = sizes.chain(near).chain(special);
    all.flat_map(|x| [x, -x]).map(E::from_f64).collect()
}

#[test]
fn limits_and_zeros_are_those_of_libm() {
    let at = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1.0, -1.0, -2.0];
    for f in functions() {
        for x in at {
            let truth = (f.reference)(x);
            if truth != 0.0 && truth.is_finite() {
                continue;
            }
            let found = [f64::from((f.single)(x as f32)), (f.double)(x)];
            let same = |y: f64| (y.is_nan() && truth.is_nan()) || y.to_bits() == truth.to_bits();
            assert!(found.into_iter().all(same), "{} at {x}: {found:?}, not {truth}", f.name);
        }
    }
}

#[test]
fn powers_of_special_numbers_are_those_of_libm() {
    let inf = f64::INFINITY;
    let bases = [0.0, 0.5, 1.0, 1.5, 2.0, 7.0, inf, f64::NAN, 1e300, 1e-300, 5e-324];
    let powers = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 1e16, 9_007_199_254_740_991.0, inf, f64::NAN, 1e300, 1e-300];
    let both = |x: f64| [x, -x];
    for a in bases.into_iter().flat_map(both) {
        for p in powers.into_iter().flat_map(both) {
            let (found, truth) = (Scalar::pow(a, p), libm::pow(a, p));
            let near = (found - truth).abs() <= 2.3e-16 * truth.abs() && truth != 0.0;
            let same = near || found.to_bits() == truth.to_bits() || (found.is_nan() && truth.is_nan());
            assert!(same, "{a:e} to {p:e}: {found:e}, not {truth:e}");
            let (a, p) = (a as f32, p as f32);
            let (found, truth) = (Scalar::pow(a, p), libm::powf(a, p));
            let near = (found - truth).abs() <= 1.2e-7 * truth.abs() && truth != 0.0;
            let same = near || found.to_bits() == truth.to_bits() || (found.is_nan() && truth.is_nan());
            assert!(same, "{a:e} to {p:e}: {found:e}, not {truth:e}");
        }
    }
}

#[test]
fn every_set_of_instructions_gives_the_same_bits() {
    let (single, double) = (samples::<f32>(500), samples::<f64>(500));
    for f in functions() {
        for loops in f.loops.iter().filter(|loops| loops.here) {
            let (mut ys, mut zs) = (single.clone(), double.clone());
            (loops.single)(&mut ys);
            (loops.double)(&mut zs);
            for (&x, y) in single.iter().zip(ys) {
                let one = (f.single)(x);
                assert!(one.to_bits() == y.to_bits() || (one.is_nan() && y.is_nan()), "{} at {x:e}", f.name);
            }
            for (&x, z) in double.iter().zip(zs) {
                let one = (f.double)(x);
                assert!(one.to_bits() == z.to_bits() || (one.is_nan() && z.is_nan()), "{} at {x:e}", f.name);
            }
        }
    }
}
