//! Cases for convolutions, pooling and attention.

use super::{Case, case, numbers};
use gradus::{Convolution, PaddingMode, Pooling, Sizes};

fn c1() -> Convolution<1> {
    Convolution::new()
}

fn pool<const D: usize>(stride: impl Sizes<D>) -> Pooling<D> {
    Pooling::new().stride(stride)
}

pub fn cases() -> Vec<Case> {
    let line = || [numbers([1, 2, 5], 1), numbers([2, 2, 2], 3)];
    let groups = || [numbers([1, 2, 5], 1), numbers([2, 1, 3], 3)];
    let image = || [numbers([1, 1, 3, 3], 1), numbers([2, 1, 2, 2], 3)];
    let x1 = || [numbers([1, 2, 5], 1)];
    let x2 = || [numbers([1, 1, 3, 4], 1)];
    let mode = |mode: PaddingMode| c1().padding(1).padding_mode(mode);
    vec![
        case("conv1d", line(), |_, x, _| x[0].conv1d(x[1], c1()).square()),
        case("conv1d with a stride", line(), |_, x, _| x[0].conv1d(x[1], c1().stride(2).padding(1)).square()),
        case("conv1d of groups, dilated", groups(), |_, x, _| {
            x[0].conv1d(x[1], c1().groups(2).dilation(2)).square()
        }),
        case("conv1d, same", line(), |_, x, _| x[0].conv1d(x[1], c1().same()).square()),
        case("conv1d, reflected", line(), move |_, x, _| {
            x[0].conv1d(x[1], mode(PaddingMode::Reflect)).square()
        }),
        case("conv1d, replicated", line(), move |_, x, _| {
            x[0].conv1d(x[1], mode(PaddingMode::Replicate)).square()
        }),
        case("conv1d, circular", line(), move |_, x, _| {
            x[0].conv1d(x[1], mode(PaddingMode::Circular)).square()
        }),
        case("conv2d", image(), |_, x, _| x[0].conv2d(x[1], Convolution::new()).square()),
        case("conv2d, one side padded", image(), |_, x, _| {
            x[0].conv2d(x[1], Convolution::new().padding_sides([[1, 0], [0, 1]]).stride([2, 1])).square()
        }),
        case("conv_transpose1d", line(), |_, x, _| {
            x[0].conv_transpose1d(x[1], c1().stride(2).padding(1), 1).square()
        }),
        case("conv_transpose1d of groups, dilated", groups(), |_, x, _| {
            x[0].conv_transpose1d(x[1], c1().groups(2).dilation(2), 0).square()
        }),
        case("conv_transpose2d", [numbers([1, 2, 2, 2], 1), numbers([2, 1, 2, 2], 3)], |_, x, _| {
            x[0].conv_transpose2d(x[1], Convolution::new().stride([1, 2]), 0).square()
        }),
        case("max_pool1d", x1(), |_, x, _| x[0].max_pool1d(3, pool(2).padding(1)).square()),
        case("max_pool2d", x2(), |_, x, _| x[0].max_pool2d(2, Pooling::new().ceil_mode()).square()),
        case("avg_pool1d", x1(), |_, x, _| x[0].avg_pool1d(3, pool(2).padding(1).exclude_padding()).square()),
        case("avg_pool2d", x2(), |_, x, _| x[0].avg_pool2d(2, pool([1, 2])).square()),
        case("adaptive_avg_pool1d", x1(), |_, x, _| x[0].adaptive_avg_pool1d(3).square()),
        case("adaptive_avg_pool2d", x2(), |_, x, _| x[0].adaptive_avg_pool2d([2, 2]).square()),
        case("random", [numbers([2, 3], 1)], |g, x, _| (x[0] * g.random([2, 3])).square()),
        case("attention", [numbers([2, 3], 1), numbers([3, 3], 2), numbers([3, 2], 3)], |_, x, _| {
            x[0].scaled_dot_product_attention(x[1], x[2], None)
        }),
        case("attention, causal", [numbers([3, 2], 1), numbers([3, 2], 2), numbers([3, 2], 3)], |g, x, _| {
            x[0].scaled_dot_product_attention(x[1], x[2], g.causal_mask(3))
        }),
    ]
}
