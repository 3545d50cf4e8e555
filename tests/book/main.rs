//! The book in `docs/` says nothing that the engine does not prove: every number in its prose, every
//! generated block and every figure is computed here, by one file of `pages/` for each page.
//! `UPDATE=1 cargo test --test book` writes them anew; `docs/WRITING.md` is for the authors of pages.

// What pages may use stands ready before a page uses it.
#[allow(dead_code)]
mod engine;
#[allow(dead_code)]
mod figure;
mod files;
#[allow(dead_code)]
mod page;
mod prose;
mod rules;

use page::Page;
use std::sync::LazyLock;

/// Each page has `docs/NAME.md`, `tests/book/pages/NAME.rs` with `pub fn page(page: &mut Page)`, and a
/// test `NAME::is_proved`.
macro_rules! pages {
    ($($name:ident)+) => {
        mod pages {
            $(pub mod $name;)+
        }
        $(mod $name {
            pub static PAGE: std::sync::LazyLock<crate::page::Page> =
                std::sync::LazyLock::new(|| crate::page::Page::new(stringify!($name), crate::pages::$name::page));
            #[test]
            fn is_proved() {
                PAGE.hold();
            }
        })+
        /// In the order of the book.
        static PAGES: &[&LazyLock<Page>] = &[$(&$name::PAGE),+];
    };
}

pages! {
    first_model
    nonlinearity
    sigmoid
    tanh
    relu
    dead_units
    zoo
    softmax
    vanishing
    initialization
    choosing
    by_hand
    gradient_check
    health_report
    playground
    source
    glossary
    coming_from
}
