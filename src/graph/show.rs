//! Recorded values as text and as a drawing. Floor 2.

use super::{Graph, Idx, NodeId, Record, Var};
use crate::error::Site;
use crate::op::Op;
use std::fmt::{self, Write};

impl Graph {
    /// Returns the nodes that the given ones are made of, and they themselves, in recorded order.
    pub(crate) fn ancestors(&self, of: &[NodeId]) -> Vec<NodeId> {
        self.read(|record| {
            let mut needed = vec![false; record.nodes.len()];
            of.iter().for_each(|id| needed[id.index()] = true);
            for i in (0..record.nodes.len()).rev() {
                if needed[i] {
                    record.nodes[i].args.iter().for_each(|arg| needed[arg.index()] = true);
                }
            }
            (0..record.nodes.len()).filter(|&i| needed[i]).map(|i| NodeId(i as u32)).collect()
        })
    }

    /// A drawing of what the given values are made of, in Graphviz's DOT language: inputs as
    /// ellipses, parameters and constants as boxes, derivatives dashed. A value of another graph is drawn as a red box
    /// that says so, and where it was asked for.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let y = g.input("x", [2]).tanh();
    /// assert!(g.to_dot([y]).starts_with("digraph {"));
    /// ```
    #[track_caller]
    pub fn to_dot<'g>(&'g self, of: impl IntoIterator<Item = Var<'g>>) -> String {
        let (own, foreign): (Vec<Var<'g>>, Vec<Var<'g>>) = of.into_iter().partition(|var| var.is_of(self));
        let site = Site::here();
        let error = |var: &Var<'g>| var.foreign("what is to be drawn", site).to_string();
        let errors: Vec<String> = foreign.iter().map(error).collect();
        let roots: Vec<NodeId> = own.iter().map(|var| var.id).collect();
        let ids = self.ancestors(&roots);
        self.read(|record| {
            let mut dot = String::from(
                "digraph {\n  rankdir=BT\n  node [shape=box style=rounded fontname=\"sans-serif\"]\n",
            );
            for id in ids {
                let node = &record.nodes[id.index()];
                let style = match node.op {
                    Op::Input(_) | Op::Labels(_) => " shape=ellipse",
                    Op::Param(_) | Op::Value(_) | Op::Indices(_) | Op::Constant(_) => " style=\"\"",
                    _ if node.site.role != Default::default() => " style=\"rounded,dashed\"",
                    _ => "",
                };
                let label = escaped(&format!("{}\n{}", record.called(id), node.shape));
                // Writing to a String cannot fail.
                let _ = writeln!(dot, "  n{} [label=\"{label}\"{style}]", id.0);
                for arg in &node.args {
                    let _ = writeln!(dot, "  n{} -> n{}", arg.0, id.0);
                }
            }
            for (i, error) in errors.iter().enumerate() {
                let _ = writeln!(dot, "  foreign{i} [label=\"{}\" color=red]", escaped(error));
            }
            dot + "}\n"
        })
    }
}

/// Returns a label as it is written between quotation marks.
fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Record {
    /// Writes one line for each of the nodes: number, operation, arguments, shape, the user's line.
    pub(crate) fn recipe(&self, ids: &[NodeId], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 3]> = ids
            .iter()
            .map(|&id| {
                let node = &self.nodes[id.index()];
                let what = match &node.op {
                    op @ (Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_)) => {
                        format!("{} {}", op.name(), self.called(id))
                    }
                    op => {
                        let args: Vec<String> = node.args.iter().map(|arg| format!("%{}", arg.0)).collect();
                        format!("{}({}){}", self.called(id), args.join(", "), payload(op))
                    }
                };
                [format!("%{} = {what}", id.0), node.shape.to_string(), node.site.to_string()]
            })
            .collect();
        let width = |i: usize| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
        let (what, shape) = (width(0), width(1));
        for (i, row) in rows.iter().enumerate() {
            let end = if i + 1 < rows.len() { "\n" } else { "" };
            write!(f, "{:what$}  {:shape$}  {}{end}", row[0], row[1], row[2])?;
        }
        Ok(())
    }
}

/// Returns what an operation has beside its arguments, for the text form.
pub(crate) fn payload(op: &Op) -> String {
    match op {
        Op::Fold(_, axes) => format!(" axes {axes:?}"),
        Op::Permute(order) => format!(" order {order:?}"),
        Op::Slice(start) => format!(" from {start:?}"),
        Op::Pad(starts) => {
            format!(
                " from {}",
                starts.iter().map(|start| format!("{start:?}")).collect::<Vec<_>>().join(", ")
            )
        }
        Op::Cat(axis) | Op::Gather(axis) | Op::ScatterAdd(axis) | Op::ArgMax(axis) => {
            format!(" axis {axis}")
        }
        Op::ArgSort { axis, descending } => {
            format!(" axis {axis}{}", if *descending { " descending" } else { "" })
        }
        Op::Along { axis, size } => format!(" axis {axis} of {size}"),
        Op::Unfold { axis, step } | Op::Overlap { axis, step } => format!(" axis {axis} step {step}"),
        Op::MatMul { ta, tb, strong: [sa, sb] } => {
            sides([*ta, *tb], "transposed") + &sides([*sa, *sb], "strong")
        }
        Op::Poison | Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => {
            String::new()
        }
        Op::Map(_) | Op::Broadcast | Op::Reshape | Op::OneHot | Op::SameIndex | Op::Detach => String::new(),
        Op::Random(seed) => format!(" seed {seed:#x}"),
        Op::Custom(_) | Op::Indices(_) => String::new(),
    }
}

/// Returns the sides of a product that are so, in words.
fn sides(are: [bool; 2], so: &str) -> String {
    match are {
        [false, false] => String::new(),
        [true, false] => format!(" left {so}"),
        [false, true] => format!(" right {so}"),
        [true, true] => format!(" both {so}"),
    }
}

/// The recipe: every node that the value is made of, with the lines that recorded them.
impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.graph.ancestors(&[self.id]);
        self.graph.read(|record| record.recipe(&ids, f))
    }
}

impl fmt::Debug for Idx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<NodeId> = (0..self.len() as u32).map(NodeId).collect();
        self.read(|record| record.recipe(&ids, f))
    }
}
