//! What `docs/coming_from.md` says.

use crate::page::Page;

pub fn page(_page: &mut Page) {}
