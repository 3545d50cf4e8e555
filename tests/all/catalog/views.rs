//! Cases for operations that move elements: views, cuts, joints and windows.

use super::{Case, case, numbers};

pub fn cases() -> Vec<Case> {
    let m = || [numbers([2, 3], 1)];
    let c = || [numbers([2, 3, 2], 1)];
    let v = || [numbers([7], 1)];
    let two = || [numbers([2, 3], 1), numbers([2, 2], 3)];
    // A square keeps the second derivative from being all zeros.
    vec![
        case("reshape", m(), |_, x, _| x[0].square().reshape([3, 2])),
        case("reshape to a scalar", [numbers([1, 1], 0)], |_, x, _| x[0].square().reshape(())),
        case("reshape of a transposed value", m(), |_, x, _| x[0].t().reshape([2, 3]).square()),
        case("reshape of nothing", [numbers([0, 3], 0)], |_, x, _| x[0].exp().reshape([3, 0])),
        case("permute", c(), |_, x, _| x[0].permute([2, 0, 1]).square()),
        case("permute twice", c(), |_, x, _| x[0].permute([2, 0, 1]).permute([1, 0, 2]).square()),
        case("permute to where it was", c(), |_, x, _| x[0].permute([2, 0, 1]).permute([1, 2, 0]).square()),
        case("transpose", c(), |_, x, _| x[0].transpose(0, -1).exp()),
        case("t", m(), |_, x, _| x[0].t().square()),
        case("t of a batch", c(), |_, x, _| x[0].t().square()),
        case("broadcast_to", [numbers([3, 1], 1)], |_, x, _| x[0].broadcast_to([2, 3, 2]).square()),
        case("broadcast_to of a scalar", [numbers([], 1)], |_, x, _| x[0].broadcast_to([2, 2]).square()),
        case("broadcast_to nothing", [numbers([1, 3], 1)], |_, x, _| x[0].broadcast_to([0, 3]).square()),
        case("broadcast of a broadcast", [numbers([2, 1], 1)], |_, x, _| {
            x[0].broadcast_to([2, 3]).broadcast_to([2, 2, 3]).square()
        }),
        case("unsqueeze", m(), |_, x, _| x[0].unsqueeze(1).square()),
        case("unsqueeze at the end", m(), |_, x, _| x[0].unsqueeze(-1).square()),
        case("squeeze", [numbers([2, 1, 3], 1)], |_, x, _| x[0].squeeze(1).square()),
        case("slice", m(), |_, x, _| x[0].slice(1, 1..3).square()),
        case("slice up to and with", v(), |_, x, _| x[0].slice(0, 2..=4).square()),
        case("slice of a slice", c(), |_, x, _| x[0].slice(1, 1..).slice(-1, ..1).square()),
        case("slice of nothing", v(), |_, x, _| x[0].slice(0, 3..3).square()),
        case("slice of everything", v(), |_, x, _| x[0].slice(0, ..).square()),
        case("slice of a transposed value", m(), |_, x, _| x[0].t().slice(0, 1..).exp()),
        case("slices side by side", v(), |_, x, _| {
            x[0].slice(0, ..3).square().sum(..) * x[0].slice(0, 3..).exp().sum(..)
        }),
        case("slices with a gap", v(), |_, x, _| {
            x[0].slice(0, 5..).square().sum(..) * x[0].slice(0, 1..3).exp().sum(..)
        }),
        case("slices over each other", v(), |_, x, _| {
            (0..5).map(|i| x[0].slice(0, i..i + 3).square().sum(..)).reduce(|a, b| a * b).expect("five")
        }),
        case("slices of two axes", c(), |_, x, _| {
            let part = |i: usize| x[0].slice(1, i..i + 2).slice(2, i..i + 1).square().sum(..);
            part(0) * part(1) + x[0].sum(..).square()
        }),
        case("slices, some of them of nothing", m(), |_, x, _| {
            let part = |range: std::ops::Range<usize>| x[0].slice(1, range).square().sum(..) + 1.0;
            part(0..0) * part(0..2) * part(2..3) * part(3..3)
        }),
        case("pad", m(), |_, x, _| x[0].pad(1, 2, 1).square()),
        case("pad before", m(), |_, x, _| x[0].pad(0, 1, 0).exp()),
        case("pad by nothing", m(), |_, x, _| x[0].pad(0, 0, 0).square()),
        case("pad of nothing", [numbers([0, 3], 1)], |_, x, _| x[0].pad(0, 1, 1).exp()),
        case("join along 1", two(), |g, x, _| g.cat(&[x[0], x[1]], 1).square()),
        case("join along -1", two(), |g, x, _| g.cat(&[x[1], x[0], x[1]], -1).square()),
        case("join of one", m(), |g, x, _| g.cat(&[x[0]], 0).square()),
        case("join with nothing", [numbers([2, 3], 1), numbers([0, 3], 1)], |g, x, _| {
            g.cat(&[x[0], x[1], x[0]], 0).square()
        }),
        case("join where one part is constant", m(), |g, x, _| {
            g.cat(&[x[0].ones_like(), x[0], x[0].zeros_like()], 0).square()
        }),
        case("stack along 0", [numbers([2, 2], 1), numbers([2, 2], 2)], |g, x, _| g.stack(x, 0).square()),
        case("stack along -1", [numbers([2, 2], 1), numbers([2, 2], 2)], |g, x, _| g.stack(x, -1).square()),
        case("stack of scalars", [numbers([], 1), numbers([], 2)], |g, x, _| g.stack(x, 0).square()),
        case("unfold", v(), |_, x, _| x[0].unfold(0, 3, 2).square()),
        case("window that overlaps much", v(), |_, x, _| x[0].unfold(0, 4, 1).square()),
        case("window with gaps", v(), |_, x, _| x[0].unfold(0, 2, 3).square()),
        case("window of the middle axis", c(), |_, x, _| x[0].unfold(1, 2, 1).square()),
        case("window of both axes", [numbers([3, 4], 1)], |_, x, _| {
            x[0].unfold(0, 2, 1).unfold(2, 2, 2).square()
        }),
        case("window of a square", v(), |_, x, _| x[0].square().unfold(-1, 3, 1).exp()),
        case("overlap_add", [numbers([3, 3], 1)], |_, x, _| x[0].overlap_add(0, 2, 7).square()),
        case("overlap_add with a rest", [numbers([2, 3], 1)], |_, x, _| x[0].overlap_add(0, 2, 6).square()),
        case("overlap_add with gaps", [numbers([2, 2], 1)], |_, x, _| x[0].overlap_add(0, 3, 5).exp()),
        case("overlap_add of the middle axis", [numbers([2, 2, 2, 2], 1)], |_, x, _| {
            x[0].overlap_add(1, 1, 3).square()
        }),
        case("pooling", [numbers([4, 4], 1)], |_, x, _| {
            x[0].unfold(0, 2, 2).unfold(2, 2, 2).max([1, 3]).reshape([2, 2]).square()
        }),
    ]
}
