//! What `docs/first_model.md` says.

use crate::page::Page;

pub fn page(_page: &mut Page) {}
