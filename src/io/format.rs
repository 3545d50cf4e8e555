//! The format of a file that is not safetensors, told from its first bytes. Floor 7.

/// The kind of a file, and the way to read it.
pub(super) type Known = (&'static str, &'static str);

const BY_PYTHON: &str = "open it in Python and save its tensors with `safetensors.torch.save_file`";
const BY_NUMPY: &str = "load it with NumPy and save its arrays, by name, with `safetensors.numpy.save_file`";
const UNPACK: &str = "unpack it first";
const NO_WEIGHTS: &str = "it holds no parameters that are read here; `Params::save` writes what is";

/// The formats that begin with bytes of their own.
const BEGINNINGS: &[(&[u8], Known)] = &[
    (b"\x93NUMPY", ("a NumPy array (.npy)", BY_NUMPY)),
    (b"\x1f\x8b", ("gzip", UNPACK)),
    (b"BZh", ("bzip2", UNPACK)),
    (b"\xfd7zXZ\0", ("xz", UNPACK)),
    (b"\x28\xb5\x2f\xfd", ("Zstandard", UNPACK)),
    (b"\x04\x22\x4d\x18", ("LZ4", UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", ("a 7z archive", UNPACK)),
    (
        b"GGUF",
        (
            "GGUF, llama.cpp's format",
            "load the safetensors file that it was made from, or save its tensors, by `gguf`'s reader, with `safetensors.numpy.save_file`",
        ),
    ),
    (b"lmgg", ("GGML, llama.cpp's old format", "load the safetensors file that it was made from")),
    (b"tjgg", ("GGJT, llama.cpp's old format", "load the safetensors file that it was made from")),
    (
        b"\x89HDF\r\n\x1a\n",
        (
            "HDF5 (Keras' .h5)",
            "load the model with Keras and save `layer.get_weights()`, by name, with `safetensors.numpy.save_file`",
        ),
    ),
    (b"CDF\x01", ("NetCDF", BY_NUMPY)),
    (b"CDF\x02", ("NetCDF", BY_NUMPY)),
    (
        b"MATLAB 5.0",
        (
            "a MATLAB file (.mat)",
            "load it with `scipy.io.loadmat` and save its arrays with `safetensors.numpy.save_file`",
        ),
    ),
    (b"PAR1", ("Parquet", NO_WEIGHTS)),
    (b"ARROW1", ("Arrow", NO_WEIGHTS)),
    (b"\x89PNG\r\n\x1a\n", ("a PNG image", NO_WEIGHTS)),
    (b"\xff\xd8\xff", ("a JPEG image", NO_WEIGHTS)),
    (b"%PDF", ("PDF", NO_WEIGHTS)),
    (b"\x7fELF", ("a program", NO_WEIGHTS)),
    (b"MZ", ("a program", NO_WEIGHTS)),
    (
        b"version https://git-lfs",
        ("a pointer of Git LFS, not the file itself", "fetch the file with `git lfs pull`"),
    ),
];

/// Returns the format of bytes that the reader of safetensors refused, if it is known.
pub(super) fn known(bytes: &[u8]) -> Option<Known> {
    if bytes.is_empty() {
        return Some(("empty", "save it again, or look where the file went"));
    }
    // The length of no header, nor of a file whose first bytes never arrived.
    if bytes.len() >= 8 && bytes.iter().take(64).all(|&byte| byte == 0) {
        return Some((
            "zeros from its first byte on",
            "a download or a copy may have failed: fetch the file again",
        ));
    }
    if let Some((_, known)) = BEGINNINGS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(*known);
    }
    // The header of safetensors begins here. A file with it is a damaged one, whatever its length begins with.
    if bytes.get(8) == Some(&b'{') && !bytes.starts_with(b"{") {
        return None;
    }
    match bytes {
        [b'P', b'K', 3 | 5 | 7, 4 | 6 | 8, ..] => Some(zip(bytes)),
        [0x80, 2..=5, ..] => Some(("a Python pickle (PyTorch's old .pt, or joblib's)", BY_PYTHON)),
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => Some((
            "TensorFlow Lite",
            "save the model's weights from Keras or PyTorch, which it was made from",
        )),
        _ if bytes.get(257..262) == Some(b"ustar") => Some(("a tar archive", UNPACK)),
        // Fields of protocol buffers: a version, then the first field of the model.
        [0x08, 0x01, 0x12, ..] => Some((
            "a SavedModel of TensorFlow",
            "load it there and save its variables, by name, with `safetensors.numpy.save_file`",
        )),
        [0x08, 1..=0x7f, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..] => Some((
            "ONNX",
            "read its initializers with `onnx.numpy_helper.to_array` and save them with `safetensors.numpy.save_file`",
        )),
        _ => text(bytes),
    }
}

/// Returns which of the formats that are zip archives it is, by the names in it.
fn zip(bytes: &[u8]) -> Known {
    let holds = |name: &str| bytes.windows(name.len()).any(|each| each == name.as_bytes());
    // The name of the first entry, where its header has its length.
    let length = bytes.get(26..28).map_or(0, |n| usize::from(u16::from_le_bytes([n[0], n[1]])));
    let first = bytes.get(30..30 + length).unwrap_or_default();
    if first.ends_with(b".npy") {
        (
            "a NumPy archive (.npz)",
            "load it with `numpy.load` and save `dict(arrays)` with `safetensors.numpy.save_file`",
        )
    } else if holds("data.pkl") {
        (
            "a PyTorch file (.pt, .pth)",
            "load it with `torch.load` and save its `state_dict()` with `safetensors.torch.save_file`",
        )
    } else if holds("model.weights.h5") {
        (
            "a Keras model (.keras)",
            "load it with Keras and save `layer.get_weights()`, by name, with `safetensors.numpy.save_file`",
        )
    } else {
        ("a zip archive", UNPACK)
    }
}

/// Returns what a text is. The length of a header whose bytes are all printable is that of no file.
fn text(bytes: &[u8]) -> Option<Known> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.trim_ascii_start();
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    if start.is_empty() || !bytes.iter().take(64).all(printable) {
        return None;
    }
    Some(match start[0] {
        b'<' => ("a web page or XML", "a download may have failed: fetch the file itself"),
        b'{' | b'[' => {
            ("JSON, such as the index of a model in parts", "load the .safetensors files that it names")
        }
        _ => ("text", "tables of numbers are read by `data::csv`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(bytes: &[u8]) -> &'static str {
        known(bytes).map_or("", |known| known.0)
    }

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        for (bytes, name) in [
            (&b"\x93NUMPY\x01\0v\0{'descr': '<f4'"[..], "a NumPy array (.npy)"),
            (b"PK\x03\x04\x2d\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\x14\0w.npyxxxx", "a NumPy archive (.npz)"),
            (b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0e\0\0\0model/data.pklFB", "a PyTorch file (.pt, .pth)"),
            (b"PK\x03\x04\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x0d\0\0\0metadata.json{}PK\x01\x02 model.weights.h5", "a Keras model (.keras)"),
            (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0", "a zip archive"),
            (b"PK\x03\x04", "a zip archive"),
            (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P", "a Python pickle (PyTorch's old .pt, or joblib's)"),
            (b"\x80\x04\x95", "a Python pickle (PyTorch's old .pt, or joblib's)"),
            (b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "gzip"),
            (b"GGUF\x03\0\0\0\0\0\0\0", "GGUF, llama.cpp's format"),
            (b"\x89HDF\r\n\x1a\n\0\0", "HDF5 (Keras' .h5)"),
            (b"\x08\x0a\x12\x07pytorch\x1a\x05", "ONNX"),
            (b"\x08\x0d:\x9a\x01\n", "ONNX"),
            (b"\x08\x01\x12\x80\x07", "a SavedModel of TensorFlow"),
            (b"\x1c\0\0\0TFL3\x14\0", "TensorFlow Lite"),
            (b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS, not the file itself"),
            (b"<!DOCTYPE html><html>", "a web page or XML"),
            (b"{\"metadata\": {\"total_size\": 1}}", "JSON, such as the index of a model in parts"),
            (b"{\"a\": {}{", "JSON, such as the index of a model in parts"),
            (b"x,y\n1,2\n3,4\n", "text"),
            (b"", "empty"),
            (&[0; 100], "zeros from its first byte on"),
        ] {
            assert_eq!(named(bytes), name, "{bytes:?}");
        }
        // A damaged file of the format itself is none of these: its header tells.
        for bytes in
            [&b"\x08\x12\0\0\0\0\0\0{\"a\""[..], b"\x80\x02\0\0\0\0\0\0{", b"\x40\0\0\0\0\0\0\0", b"\0\0\0"]
        {
            assert_eq!(known(bytes), None, "{bytes:?}");
        }
    }
}
