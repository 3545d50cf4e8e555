//! Times rows of the table in lanes: `cargo bench --bench lanes`. A loop over a slice that fits the cache,
//! compiled plainly and for the instructions of this processor; prints nanoseconds an element, the least of many
//! repeats.

use gradus::element::Element;
use std::time::Instant;

const N: usize = 4096;

/// One row's loops over a slice, in both types: plain, and in lanes.
struct Row {
    name: &'static str,
    single: [fn(&[f32], &mut [f32]); 2],
    double: [fn(&[f64], &mut [f64]); 2],
}

macro_rules! rows {
    ($($row:ident $(($parameter:literal))?)*) => {
        mod loops { $(pub mod $row {
            use gradus::element::Element;
            use gradus::op::rows;

            #[inline(always)]
            pub fn plain<E: Element>(xs: &[E], ys: &mut [E]) {
                // No closure: a large one would be compiled on its own, without the caller's instructions.
                for (y, &x) in ys.iter_mut().zip(xs) {
                    *y = rows::$row(x $(, E::from_f64($parameter))?);
                }
            }

            #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))]
            pub fn wide<E: Element>(xs: &[E], ys: &mut [E]) {
                plain(xs, ys);
            }

            #[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma"))]
            pub fn narrow<E: Element>(xs: &[E], ys: &mut [E]) {
                plain(xs, ys);
            }

            /// In the widest lanes of this processor.
            pub fn lanes<E: Element>(xs: &[E], ys: &mut [E]) {
                // SAFETY: each is called only where the processor has its instructions.
                #[cfg(target_arch = "x86_64")]
                #[allow(unused_unsafe)]
                unsafe {
                    if std::is_x86_feature_detected!("avx512dq") && std::is_x86_feature_detected!("avx512bw") {
                        return wide(xs, ys);
                    }
                    if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                        return narrow(xs, ys);
                    }
                }
                plain(xs, ys);
            }
        })* }

        const ROWS: &[Row] = &[$(Row {
            name: stringify!($row $(($parameter))?),
            single: [loops::$row::plain, loops::$row::lanes],
            double: [loops::$row::plain, loops::$row::lanes],
        }),*];
    };
}

rows! { neg exp exp_m1 ln ln_1p tanh arctan erf sin cos sqrt sigmoid logistic_pdf tanh_grad softplus log_sigmoid silu
silu_grad silu_grad2 mish mish_grad mish_grad2 gelu gelu_grad gelu_grad2 gelu_tanh gelu_tanh_grad gelu_sigmoid
normal_cdf log_normal_cdf log_normal_cdf_grad log_normal_cdf_grad2 normal_pdf gaussian selu selu_grad logcosh tanhshrink
isru softsign bent_identity relu elu(1.3) elu_grad(1.3) celu(0.7) swish(1.5) swish_grad(1.5) swish_grad2(1.5) swish_beta_grad(1.5) softplus_sharp(2.0)
squareplus(4.0) exp2 log2 log10 cbrt tan asin sinh cosh asinh atanh rsqrt erfc erfinv hypot(1.5) atan2(0.75) }

/// The least time of many, in nanoseconds an element.
fn time<E: Element>(f: fn(&[E], &mut [E])) -> f64 {
    let xs: Vec<E> =
        (0..N).map(|i| E::from_f64(((i * 2_654_435_761) % N) as f64 / N as f64 * 8.0 - 4.0)).collect();
    let mut ys = vec![E::default(); N];
    let mut least = f64::INFINITY;
    for _ in 0..100 {
        let start = Instant::now();
        f(std::hint::black_box(&xs), std::hint::black_box(&mut ys));
        least = least.min(start.elapsed().as_nanos() as f64);
    }
    least / N as f64
}

fn main() {
    println!("{:22} {:>8} {:>8} {:>10} {:>10}  ns an element", "", "f32", "f64", "f32 plain", "f64 plain");
    for row in ROWS {
        let [plain, lanes] = row.single.map(time);
        let [plain_double, lanes_double] = row.double.map(time);
        println!("{:22} {lanes:8.3} {lanes_double:8.3} {plain:10.2} {plain_double:10.2}", row.name);
    }
}
