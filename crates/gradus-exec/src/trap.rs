//! Stops at values that are not finite.

use crate::check;
use crate::error::{Error, Result};
use crate::plan::{Group, Instr, Kernel, Operand, Product, Source, Step};
use crate::source::Sources;
use gradus_rows::{Float, Fold};
use gradus_tensor::Shape;

/// Returns an error for a NaN, and for an infinity that a step made of finite numbers. An infinity that was given,
/// such as the −∞ of a mask, is no fault, and neither is what it makes infinite.
pub(super) fn trap<E: Float>(step: &Step, sources: &Sources<'_, E>) -> Result<()> {
    let out = sources.real(step.outs[0]);
    let made = check::made(step, 0).min(out.len());
    let out = &out[..made];
    // A fold in parts starts each of them from its own number, which may be infinite.
    let start = match made == step.shape.size() {
        true => None,
        false => parts(step).map(|fold| E::from_f64(fold.start())),
    };
    let odd = |x: &E| !x.is_finite() && Some(*x) != start;
    if !out.iter().any(odd) {
        return Ok(());
    }
    let nan = out.iter().position(|x| x.to_f64().is_nan());
    let given =
        |at: usize| if made == step.shape.size() { given(step, sources, at) } else { any(step, sources) };
    match nan.or_else(|| (0..made).find(|&at| odd(&out[at]) && !given(at))) {
        Some(at) => Err(non_finite(step, at, out)),
        None => Ok(()),
    }
}

/// Returns the fold whose parts a step makes.
fn parts(step: &Step) -> Option<Fold> {
    let Kernel::Group(group) = &step.kernel else { return None };
    group.code.iter().find_map(|instr| match instr {
        Instr::Total { fold, .. } => Some(*fold),
        _ => None,
    })
}

/// Tells whether one of the numbers that an element of a step's result was made of is not finite.
fn given<E: Float>(step: &Step, sources: &Sources<'_, E>, at: usize) -> bool {
    let odd = |arg: usize, at: usize| {
        let x = sources.view(&step.args[arg]);
        x.data.get(x.position(at)).is_some_and(|x| !x.is_finite())
    };
    match &step.kernel {
        Kernel::Group(group) => match spread(group) {
            Spread::Elements => {
                let own = (0..step.args.len()).any(|arg| odd(arg, at));
                own || constants(group).any(|i| !sources.real(Source::Constant(i))[0].is_finite())
            }
            Spread::Rows => {
                let columns = group.space.columns();
                (at * columns..(at + 1) * columns).any(|at| odd(0, at))
            }
            Spread::All => any(step, sources),
        },
        Kernel::Fold { size, inner, .. } => {
            let (outer, inside) = (at / inner, at % inner);
            (0..*size).any(|i| odd(0, (outer * size + i) * inner + inside))
        }
        Kernel::Contract(Product { size: [m, k, n], .. }) => {
            let (batch, i, j) = (at / (m * n), at / n % m, at % n);
            (0..*k).any(|l| odd(0, (batch * m + i) * k + l) || odd(1, (batch * k + l) * n + j))
        }
        Kernel::Map(_) | Kernel::Copy | Kernel::Boxes { .. } | Kernel::Gather { .. } => any(step, sources),
        Kernel::ScatterAdd { .. } => any(step, sources),
        Kernel::Indices { .. } | Kernel::ArgSort { .. } | Kernel::Along { .. } => true,
        Kernel::OneHot { .. } | Kernel::ArgMax { .. } | Kernel::SameIndex | Kernel::Random { .. } => true,
    }
}

/// Tells whether any number among a step's arguments is not finite.
fn any<E: Float>(step: &Step, sources: &Sources<'_, E>) -> bool {
    let constants = match &step.kernel {
        Kernel::Group(group) => constants(group).collect(),
        _ => Vec::new(),
    };
    let args = step.args.iter().map(|arg| arg.source);
    let mut all = args.chain(constants.into_iter().map(Source::Constant));
    all.any(|source| sources.real(source).iter().any(|x| !x.is_finite()))
}

/// The elements of its arguments that an element of a group's result is made of.
enum Spread {
    /// Those in its place.
    Elements,
    /// Those of its row.
    Rows,
    /// All.
    All,
}

/// Returns the spread of a group of one operation.
fn spread(group: &Group) -> Spread {
    let folds = |instr: &Instr| match instr {
        Instr::Fold { .. } => Some(Spread::Rows),
        Instr::Total { .. } => Some(Spread::All),
        _ => None,
    };
    group.code.iter().find_map(folds).unwrap_or(Spread::Elements)
}

/// Returns the constants that a group reads.
fn constants(group: &Group) -> impl Iterator<Item = u32> {
    group.code.iter().flat_map(Instr::reads).filter_map(|operand| match operand {
        Operand::Constant(i) => Some(i),
        _ => None,
    })
}

fn non_finite<E: Float>(step: &Step, at: usize, out: &[E]) -> Error {
    let position = if at < step.shape.size() { at } else { 0 };
    Error::NonFinite {
        name: step.name.clone(),
        origin: step.origin,
        value: out[at].to_f64(),
        position: Shape::from(&step.shape.unravel(position)[..]),
        shape: step.shape.clone(),
    }
}
