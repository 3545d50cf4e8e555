//! Angles.

use super::{Lane, halves};

/// The inverse tangent: beyond 2/3 from that of `(a − 1)/(a + 1)`, beyond 3/2 from that of `−1/a`.
#[inline(always)]
pub(in crate::number) fn atan<L: Lane>(x: L) -> L {
    let (zero, one, a) = (L::of(0.0), L::of(1.0), x.abs());
    let (middle, far) = (a > L::of(2.0 / 3.0), a > L::of(1.5));
    let over = if far {
        -one
    } else if middle {
        a - one
    } else {
        a
    };
    let under = if far {
        a
    } else if middle {
        a + one
    } else {
        one
    };
    let high = if far {
        L::HALF_PI.0
    } else if middle {
        L::of(0.5) * L::HALF_PI.0
    } else {
        zero
    };
    let low = if far {
        L::HALF_PI.1
    } else if middle {
        L::of(0.5) * L::HALF_PI.1
    } else {
        zero
    };
    let t = over / under;
    let square = t * t;
    (high + (t + (t * square).fused(halves(square, L::ATAN), low))).signed(x)
}
