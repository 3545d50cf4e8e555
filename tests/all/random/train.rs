//! Rules of optimizers that are drawn for a graph: some as in books, some that read old values late, in another order or
//! not at all.

use gradus::op::Op;
use gradus::prelude::*;
use gradus::{NodeId, Optimizer, Rate, Update};
use std::cell::RefCell;
use std::rc::Rc;

/// The number of rules.
pub const RULES: usize = 7;

/// The nodes that a rule recorded.
#[derive(Default)]
pub struct Seen {
    /// The learning rate and the number of the step.
    pub scalars: Option<[NodeId; 2]>,
    /// Parameters and states, each with its new value.
    pub next: Vec<(String, NodeId)>,
}

/// A rule that notes what it records.
pub struct Rule {
    pub which: usize,
    pub seen: Rc<RefCell<Seen>>,
}

impl Optimizer for Rule {
    fn rate(&self) -> Rate {
        Box::new(|_| 2.0)
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        let (p, d, rate) = (at.param, at.gradient, at.rate);
        let Op::Param(number) = p.graph().node(p.id()).op else { unreachable!("it is a parameter") };
        let mut kept = Vec::new();
        let next = match self.which {
            0 => p - rate * d,
            1 => {
                let v = 2.0 * at.state("v", 0.0) + d;
                at.keep("v", v);
                kept.push(("v", v));
                p - rate * v
            }
            2 => {
                let m = at.state("m", 1.0) - d;
                let v = at.state("v", 0.0) + d.square();
                at.keep("m", m);
                at.keep("v", v);
                kept.extend([("m", m), ("v", v)]);
                p - rate * m - v
            }
            // The old value in another order.
            3 => {
                let old = at.state("old", 3.0);
                at.keep("old", p);
                kept.push(("old", p));
                let other = if p.rank() == 2 && p.size(0) == p.size(1) { p.t() } else { p };
                p - d + other - old
            }
            // The old value of the whole.
            4 => p + p.sum(..) - d,
            // Nothing of the old value, and two of one new value.
            5 => {
                let old = at.state("old", 0.0);
                at.keep("old", d);
                kept.push(("old", d));
                d + old.sum(..) * at.step
            }
            _ => d,
        };
        let mut seen = self.seen.borrow_mut();
        seen.scalars = Some([rate.id(), at.step.id()]);
        seen.next.push((format!("p{number}"), next.id()));
        seen.next
            .extend(kept.into_iter().map(|(name, next)| (format!("optimizer.p{number}.{name}"), next.id())));
        next
    }
}
