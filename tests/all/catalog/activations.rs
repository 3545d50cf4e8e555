//! Cases for the activations that are made of others.

use super::{Case, case, numbers, positive};

pub fn cases() -> Vec<Case> {
    let x = || [numbers([2, 4], 1)];
    let scaled = || [numbers([2, 3], 1), positive([1, 3], 2)];
    vec![
        case("celu", scaled(), |_, x, _| x[0].celu(x[1])),
        case("swish", scaled(), |_, x, _| x[0].swish(x[1])),
        case("softplus_sharp", scaled(), |_, x, _| x[0].softplus_sharp(x[1])),
        case("prelu", scaled(), |_, x, _| x[0].prelu(x[1])),
        case("sine", scaled(), |_, x, _| x[0].sine(x[1])),
        case("rrelu", scaled(), |_, x, _| x[0].rrelu(x[1] / 10.0, 0.125, 0.5)),
        case("rrelu_mean", x(), |_, x, _| x[0].rrelu_mean(0.125, 0.5)),
        case("sparsemax", x(), |_, x, _| x[0].sparsemax(-1)),
        case("sparsemax along 0", [numbers([3, 2], 1)], |_, x, _| x[0].sparsemax(0)),
        case("sparsemax of many", [numbers([2, 9], 1)], |_, x, _| (x[0] * 0.2).sparsemax(1)),
        case("softmin", x(), |_, x, _| x[0].softmin(-1)),
        case("glu", x(), |_, x, _| x[0].glu(-1)),
        case("glu along 0", x(), |_, x, _| x[0].glu(0)),
        case("glu of an empty axis", [numbers([3, 0], 1)], |_, x, _| x[0].glu(1)),
        case("reglu", x(), |_, x, _| x[0].reglu(1)),
        case("geglu", x(), |_, x, _| x[0].geglu(-1)),
        case("swiglu", x(), |_, x, _| x[0].swiglu(-1)),
        case("maxout", [numbers([3, 6], 1)], |_, x, _| x[0].maxout(-1, 3)),
        case("maxout along 0", [numbers([4, 2], 1)], |_, x, _| x[0].maxout(0, 2)),
        case("crelu", x(), |_, x, _| x[0].crelu(-1)),
    ]
}
