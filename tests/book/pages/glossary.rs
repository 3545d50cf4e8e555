//! What `docs/glossary.md` says.

use crate::page::Page;

pub fn page(_page: &mut Page) {}
