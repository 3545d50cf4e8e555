//! Elementwise kernels: a loop for each row of the table, over rows of strided arguments. Floor 6.

use super::{Sources, Strided, rows};
use crate::compile::Step;
use crate::element::Element;
use crate::op::Map;
use crate::table::for_each_map;

/// Fills `out` with a row of the table.
pub(super) fn map<E: Element>(
    map: Map,
    step: &Step,
    sources: &Sources<'_, E>,
    out: &mut [E],
    parallel: bool,
) {
    let x = |i: usize| sources.view(&step.args[i]);
    macro_rules! loops {
        ($($(#[doc = $doc:literal])* $Row:ident $row:ident($($arg:ident),*) -> $y:ident { $($fields:tt)* })*) => {
            match map { $(Map::$Row => loops!(@ $Row $($arg)*)),* }
        };
        (@ $Row:ident $a:ident) => { unary(x(0), out, parallel, |a| Map::$Row.value(&[a])) };
        (@ $Row:ident $a:ident $b:ident) => { binary([x(0), x(1)], out, parallel, |a, b| Map::$Row.value(&[a, b])) };
        (@ $Row:ident $a:ident $b:ident $c:ident) => {
            ternary([x(0), x(1), x(2)], out, parallel, |a, b, c| Map::$Row.value(&[a, b, c]))
        };
    }
    for_each_map!(loops);
}

/// Fills `out` with a view's elements.
pub(super) fn copy<E: Element>(x: Strided<'_, '_, E>, out: &mut [E], parallel: bool) {
    unary(x, out, parallel, |a| a);
}

/// The width of the rows of an elementwise loop.
fn width<E>(x: &Strided<'_, '_, E>) -> usize {
    x.view.shape.last().copied().unwrap_or(1)
}

fn unary<E: Element>(x: Strided<'_, '_, E>, out: &mut [E], parallel: bool, f: impl Fn(E) -> E + Send + Sync) {
    rows::each(out, width(&x), parallel, |row, column, out| {
        let stride = x.stride();
        let data = &x.data[x.start(row) + column * stride..];
        match stride {
            0 => out.fill(f(data[0])),
            1 => out.iter_mut().zip(data).for_each(|(y, &a)| *y = f(a)),
            _ => out.iter_mut().zip(data.iter().step_by(stride)).for_each(|(y, &a)| *y = f(a)),
        }
    });
}

fn binary<E: Element>(
    x: [Strided<'_, '_, E>; 2],
    out: &mut [E],
    parallel: bool,
    f: impl Fn(E, E) -> E + Send + Sync,
) {
    rows::each(out, width(&x[0]), parallel, |row, column, out| {
        let [s, t] = [x[0].stride(), x[1].stride()];
        let a = &x[0].data[x[0].start(row) + column * s..];
        let b = &x[1].data[x[1].start(row) + column * t..];
        match (s, t) {
            (1, 1) => out.iter_mut().zip(a).zip(b).for_each(|((y, &a), &b)| *y = f(a, b)),
            (1, 0) => {
                let b = b[0];
                out.iter_mut().zip(a).for_each(|(y, &a)| *y = f(a, b));
            }
            (0, 1) => {
                let a = a[0];
                out.iter_mut().zip(b).for_each(|(y, &b)| *y = f(a, b));
            }
            _ => out.iter_mut().enumerate().for_each(|(i, y)| *y = f(a[i * s], b[i * t])),
        }
    });
}

fn ternary<E: Element>(
    x: [Strided<'_, '_, E>; 3],
    out: &mut [E],
    parallel: bool,
    f: impl Fn(E, E, E) -> E + Send + Sync,
) {
    rows::each(out, width(&x[0]), parallel, |row, column, out| {
        let [s, t, u] = [x[0].stride(), x[1].stride(), x[2].stride()];
        let a = &x[0].data[x[0].start(row) + column * s..];
        let b = &x[1].data[x[1].start(row) + column * t..];
        let c = &x[2].data[x[2].start(row) + column * u..];
        out.iter_mut().enumerate().for_each(|(i, y)| *y = f(a[i * s], b[i * t], c[i * u]));
    });
}
