//! What `docs/relu.md` says.

use crate::page::Page;

pub fn page(_page: &mut Page) {}
