//! Elementwise operations: a method for each row of the table, the operators, and the one
//! derivative rule they share.

use super::cotangent::{Cotangent, filled, is_mask};
use crate::element::Arithmetic;
use crate::error::Site;
use crate::graph::{Graph, NodeId, Var};
use crate::op::{Map, Op, Real};
use crate::shape::Shape;
use gradus_rows::for_each_function;
use smallvec::SmallVec;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The second argument of an elementwise operation: a value, or a number.
pub trait Operand<'g> {
    /// This argument as a value of the graph.
    #[track_caller]
    fn on(self, graph: &'g Graph) -> Var<'g>;
}

impl<'g> Operand<'g> for Var<'g> {
    fn on(self, _: &'g Graph) -> Var<'g> {
        self
    }
}

macro_rules! operand {
    ($($number:ty),*) => {$(
        impl<'g> Operand<'g> for $number {
            #[track_caller]
            fn on(self, graph: &'g Graph) -> Var<'g> {
                graph.constant(f64::from(self))
            }
        }
    )*};
}
operand!(f64, f32, i32);

/// The common shape of the arguments.
pub(crate) fn shape(args: &[Shape]) -> Result<Shape, String> {
    let mut all = args.first().cloned().unwrap_or_default();
    for shape in args.iter().filter(|shape| **shape != args[0]) {
        all = all.broadcast(shape).ok_or_else(|| {
            let list = args.iter().map(Shape::to_string).collect::<Vec<_>>().join(" and ");
            format!(
                "the shapes {list} do not broadcast: sizes must be equal or 1, counted from the last axis"
            )
        })?;
    }
    all.checked() // here, so that the fault names this operation, not each argument that is repeated
}

/// Records a row on arguments that are first repeated to their common shape.
#[track_caller]
pub(crate) fn record<'g>(map: Map, args: &[Var<'g>]) -> Var<'g> {
    let shapes: SmallVec<[Shape; 3]> = args.iter().map(|arg| arg.shape()).collect();
    let common = match map.args().len() {
        count if count == args.len() => shape(&shapes),
        count => Err(format!("{} arguments were given, and it takes {count}", args.len())),
    };
    let first = args[0];
    let fits = |arg: &Var<'g>| !arg.is_poisoned() && arg.is_of(first.graph);
    match &common {
        Ok(common) if shapes.iter().any(|shape| shape != common) && args.iter().all(fits) => {
            let _site = first.graph.at(Site::here()); // the closure does not know the caller
            let args: Vec<Var<'g>> = args.iter().map(|arg| arg.broadcast_to(common)).collect();
            first.push(Op::Map(map), &args, Ok(common.clone()))
        }
        _ => first.push(Op::Map(map), args, common),
    }
}

/// `ctᵢ = ct · slopeᵢ(args, y)`, where a zero of a mask wins. The same product carries a tangent forward. `fixed`
/// tells whether argument `i` has no influence on a value.
#[track_caller]
pub(crate) fn carry<'g>(
    map: Map,
    i: usize,
    args: &[Var<'g>],
    y: Var<'g>,
    ct: Cotangent<'g>,
    fixed: &dyn Fn(NodeId) -> bool,
) -> Option<Cotangent<'g>> {
    let old = y.graph.len();
    let slope = map.slope(i, args, y)?;
    // Nodes that the slope records itself are made of the arguments.
    let fixed = |id: NodeId| id.index() < old && fixed(id);
    // Whoever writes the strong product means its zeros to win, all of them.
    Some(match map {
        Map::StrongMul if !is_mask(slope, &fixed) => ct.strong(slope),
        Map::Ln => ct.over(args[0], slope),
        _ => through(ct, slope, old, &fixed),
    })
}

/// The product with a slope. A product in it of a mask and of something else is taken in two parts, since only a zero of
/// the mask wins.
#[track_caller]
fn through<'g>(
    ct: Cotangent<'g>,
    slope: Var<'g>,
    old: usize,
    fixed: &dyn Fn(NodeId) -> bool,
) -> Cotangent<'g> {
    let graph = slope.graph;
    let node = graph.node(slope.id);
    if let (Op::Map(Map::Mul | Map::StrongMul), true) = (node.op, slope.id.index() >= old) {
        let factors = [0, 1].map(|i| graph.var(node.args[i]));
        let (mask, other) = match factors.map(|factor| is_mask(factor, fixed)) {
            [true, false] => (factors[0], factors[1]),
            [false, true] => (factors[1], factors[0]),
            _ => return ct.times(slope, is_mask(slope, fixed)),
        };
        if filled(other).is_none() {
            return through(ct.times(mask, true), other, old, fixed);
        }
    }
    ct.times(slope, is_mask(slope, fixed))
}

impl Arithmetic for Var<'_> {
    #[track_caller]
    fn lit(self, c: f64) -> Self {
        self.graph.constant(c)
    }
}

impl Real for Var<'_> {
    #[track_caller]
    fn row(map: Map, args: &[Self]) -> Self {
        record(map, args)
    }
}

macro_rules! var_methods {
    (@ $about:literal $($(#[doc = $doc:literal])* $Row:ident $row:ident($first:ident $(, $rest:ident)*) -> $y:ident {
        formula: $formula:literal, $($fields:tt)*
    })*) => {
        #[doc = $about]
        impl<'g> Var<'g> {$(
            $(#[doc = $doc])*
            ///
            #[doc = concat!("`", $formula, "`, element by element; shapes broadcast.")]
            #[track_caller]
            #[allow(clippy::should_implement_trait, reason = "they are what the operators record")]
            pub fn $row(self $(, $rest: impl Operand<'g>)*) -> Var<'g> {
                record(Map::$Row, &[self $(, $rest.on(self.graph))*])
            }
        )*}
    };
    ($($rows:tt)*) => { var_methods! { @ "Elementwise operations: arithmetic, comparison, functions, activations." $($rows)* } };
}
pub(super) use var_methods;
for_each_function!(var_methods);

impl<'g> Var<'g> {
    /// The mask that is 1 where this is greater than the other, else 0 (also beside NaN).
    #[track_caller]
    pub fn gt(self, other: impl Operand<'g>) -> Var<'g> {
        let _call = self.graph.call("gt");
        self.beside("gt", other.on(self.graph)).lt(self)
    }

    /// The mask that is 1 where this is at least the other, else 0 (also beside NaN).
    #[track_caller]
    pub fn ge(self, other: impl Operand<'g>) -> Var<'g> {
        let _call = self.graph.call("ge");
        self.beside("ge", other.on(self.graph)).le(self)
    }

    /// The mask that is 1 where the two differ, else 0; NaN differs from everything.
    #[track_caller]
    pub fn ne(self, other: impl Operand<'g>) -> Var<'g> {
        let _call = self.graph.call("ne");
        1.0 - self.eq(other)
    }

    /// `1 / x`.
    #[track_caller]
    pub fn recip(self) -> Var<'g> {
        let _call = self.graph.call("recip");
        1.0 / self
    }

    /// The constant 0 in this value's shape.
    #[track_caller]
    pub fn zeros_like(self) -> Var<'g> {
        self.full_like(0.0)
    }

    /// The constant 1 in this value's shape.
    #[track_caller]
    pub fn ones_like(self) -> Var<'g> {
        self.full_like(1.0)
    }

    /// A constant in this value's shape.
    #[track_caller]
    pub fn full_like(self, value: f64) -> Var<'g> {
        self.graph.constant(value).broadcast_to(self.shape())
    }

    /// The same value, through which no derivative goes.
    #[track_caller]
    pub fn detach(self) -> Var<'g> {
        self.push(Op::Detach, &[self], Ok(self.shape()))
    }
}

macro_rules! operators {
    ($($Trait:ident $method:ident $Row:ident),*) => {$(
        impl<'g, R: Operand<'g>> $Trait<R> for Var<'g> {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, right: R) -> Var<'g> {
                record(Map::$Row, &[self, right.on(self.graph)])
            }
        }
        impl<'g> $Trait<Var<'g>> for f64 {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, right: Var<'g>) -> Var<'g> {
                record(Map::$Row, &[right.graph.constant(self), right])
            }
        }
    )*};
}
operators!(Add add Add, Sub sub Sub, Mul mul Mul, Div div Div);

impl<'g> Neg for Var<'g> {
    type Output = Var<'g>;
    #[track_caller]
    fn neg(self) -> Var<'g> {
        record(Map::Neg, &[self])
    }
}
