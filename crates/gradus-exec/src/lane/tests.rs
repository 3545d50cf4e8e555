use super::*;
use gradus_rows::Float;

/// Numbers of every size and sign, with infinities and NaN: enough to fill vectors and leave some over.
fn numbers<E: Float>() -> Vec<E> {
    let sizes = (-160..=40).map(|power| 1.37 * 2f64.powi(power));
    let sizes = sizes.chain((0..600).map(|i| f64::from(i) * 0.0251)).chain([0.0, f64::INFINITY, f64::NAN]);
    sizes.flat_map(|x| [x, -x]).map(E::from_f64).collect()
}

/// Returns the bits, or `None` for a NaN, whose bits are not specified.
fn bits<E: Float>(x: E) -> Option<u64> {
    let x = x.to_f64();
    (!x.is_nan()).then(|| x.to_bits())
}

fn kernels_agree<E: Float>() {
    let x: Vec<E> = numbers();
    assert_ne!(x.len() % LANES, 0, "the last vector is not full");
    for &map in Map::ALL {
        let n = map.args().len();
        let args: [Vec<E>; 3] = std::array::from_fn(|i| {
            let mut moved = x.clone();
            moved.rotate_left(7 * i);
            moved
        });
        for &set in InstructionSet::available() {
            let mut y = vec![E::default(); x.len()];
            let layout =
                OperandLayout { varies: [true; 3], line_stride: [0; 3], out_line_stride: 0, lines: 1 };
            // SAFETY: the arguments and the result have the same length, and the processor has the set.
            unsafe {
                let [a, b, c] = args.each_ref().map(|arg| arg.as_ptr());
                row::<E>(map, set)(a, b, c, y.as_mut_ptr(), &layout, x.len());
            }
            for (i, &y) in y.iter().enumerate() {
                let args = [args[0][i], args[1][i], args[2][i]];
                let one = map.value(&args[..n]);
                assert_eq!(bits(y), bits(one), "{} of {args:?} by {set:?}", map.name());
            }
        }
    }
}

#[test]
fn kernels_have_the_bits_of_single_numbers() {
    kernels_agree::<f32>();
    kernels_agree::<f64>();
}

#[test]
fn pairs_have_the_bits_of_their_rows() {
    let x: Vec<f32> = numbers();
    let pair = [Map::Gelu, Map::GeluGrad];
    for &set in InstructionSet::available() {
        for maps in [pair, [pair[1], pair[0]]] {
            let [mut y, mut z] = [vec![0.0; x.len()], vec![0.0; x.len()]];
            // SAFETY: the results have the length of the argument, and the processor has the set.
            unsafe {
                let (kernel, swapped) = super::pair::<f32>(maps, set);
                kernel(x.as_ptr(), true, y.as_mut_ptr(), z.as_mut_ptr(), x.len());
                if swapped {
                    std::mem::swap(&mut y, &mut z);
                }
            }
            for (i, &x) in x.iter().enumerate() {
                let both = maps.map(|map| bits(map.value(&[x])));
                assert_eq!([bits(y[i]), bits(z[i])], both, "{maps:?} of {x} by {set:?}");
            }
        }
    }
}

fn chains_agree<E: Float>() -> usize {
    let x: Vec<E> = numbers();
    let mut found = 0;
    for (&first, &then) in Map::ALL.iter().flat_map(|first| Map::ALL.iter().map(move |then| (first, then))) {
        for argument in 0..then.args().len() {
            let Some(chain) = crate::plan::chain(first, then, argument) else { continue };
            found += 1;
            let args: [Vec<E>; 3] = std::array::from_fn(|i| {
                let mut moved = x.clone();
                moved.rotate_left(7 * i);
                moved
            });
            for &set in InstructionSet::available() {
                let mut y = vec![E::default(); x.len()];
                let layout =
                    OperandLayout { varies: [true; 3], line_stride: [0; 3], out_line_stride: 0, lines: 1 };
                // SAFETY: the arguments and the result have the same length, and the processor has the set.
                unsafe {
                    let [a, b, c] = args.each_ref().map(|arg| arg.as_ptr());
                    super::chain::<E>(chain, set)(a, b, c, y.as_mut_ptr(), &layout, x.len());
                }
                for (i, &y) in y.iter().enumerate() {
                    let each: Vec<E> = args.iter().map(|arg| arg[i]).take(chain.args()).collect();
                    // The first operation's arguments, then the others of the second.
                    let (before, others) = each.split_at(first.args().len());
                    let mut others = others.to_vec();
                    others.insert(argument, first.value(before));
                    let one = then.value(&others);
                    assert_eq!(bits(y), bits(one), "{chain:?} of {each:?} by {set:?}");
                }
            }
        }
    }
    found
}

#[test]
fn chains_have_the_bits_of_their_two_rows() {
    // Five of the eight chains are found on either side of the second operation, three on one side.
    assert_eq!((chains_agree::<f32>(), chains_agree::<f64>()), (13, 13));
}
