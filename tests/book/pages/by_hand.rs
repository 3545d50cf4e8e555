//! What `docs/by_hand.md` says.

use crate::page::Page;

pub fn page(_page: &mut Page) {}
