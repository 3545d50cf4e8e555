//! Derives every shape again, by the rules that recorded it. Floor 5.

use super::Ir;
use crate::error::{Error, Result};
use crate::ops;
use crate::shape::Shape;

/// Returns an error if a pass, or the recording, left a node that does not follow from its arguments: a defect of
/// the engine, reported with the user's line instead of as a wrong number.
pub(super) fn verify(ir: &Ir) -> Result<()> {
    for (i, node) in ir.nodes.iter().enumerate() {
        let shapes: Vec<Shape> = node.args.iter().map(|arg| ir.nodes[arg.index()].shape.clone()).collect();
        let problem = match node.args.iter().any(|arg| arg.index() >= i) {
            true => Some("an argument comes after its user".to_string()),
            false => match ops::shape(&node.op, &shapes, &node.shape) {
                Ok(shape) if shape == node.shape => None,
                Ok(shape) => Some(format!("shape {} should be {shape}", node.shape)),
                Err(problem) => Some(problem),
            },
        };
        if let Some(problem) = problem {
            let op = node.op.name();
            return Err(Error::Defect(format!("{op} of {}: {problem}", node.site)));
        }
    }
    Ok(())
}
