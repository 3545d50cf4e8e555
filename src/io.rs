//! Files: parameters as safetensors. Floor 7: reads floor 1.
//!
//! A save is whole or not at all: it is written beside the file, and replaces it at the end. A load is whole or not
//! at all, too: on an error the parameters are unchanged.

mod format;
mod header;
mod safetensors;

pub(crate) use safetensors::FilesTable;
