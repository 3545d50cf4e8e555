//! What the pages' scripts call. Numbers go in one by one, text by way of memory; drawings, numbers and text come
//! out in memory.

mod figures;
mod playground;
