//! The names in a safetensors header. Floor 7.

use std::collections::HashSet;

/// Returns the first name that stands twice in one object of a header. The format forbids it, and its reader keeps
/// whichever comes last.
///
/// The header is JSON that has been read already: only strings and braces matter.
pub(super) fn repeated(header: &[u8]) -> Option<String> {
    // For each open bracket the names so far; an array has none.
    let mut open: Vec<Option<HashSet<String>>> = Vec::new();
    let (mut at, mut key) = (0, false);
    while let Some(&byte) = header.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                key = byte == b'{';
                open.push(key.then(HashSet::new));
            }
            b'}' | b']' => {
                open.pop();
                key = false;
            }
            b',' => key = matches!(open.last(), Some(Some(_))),
            b'"' => {
                let end = at + closing(&header[at..]);
                if let (true, Some(Some(names))) = (key, open.last_mut()) {
                    let name = unescaped(&header[at..end]);
                    if !names.insert(name.clone()) {
                        return Some(name);
                    }
                }
                (at, key) = (end + 1, false);
            }
            _ => {}
        }
    }
    None
}

/// Returns the place of the quote that closes a string.
fn closing(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() && text[at] != b'"' {
        at += 1 + usize::from(text[at] == b'\\');
    }
    at.min(text.len())
}

/// Returns a JSON string with its escapes resolved: one name may be written in several ways.
fn unescaped(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let c = match c {
            '\\' => match rest.next() {
                Some('u') => {
                    let digits: String = rest.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xfffd));
                    continue;
                }
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(c) => c,
                None => break,
            },
            c => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_found_however_it_is_written() {
        let of = |header: &str| repeated(header.as_bytes());
        assert_eq!(of(r#"{"a":{"x":1,"y":[2,3]},"b":{"x":1,"y":[2,3]}}"#), None);
        assert_eq!(of(r#"{"a":{},"b":{},"a":{}}"#).as_deref(), Some("a"));
        assert_eq!(of(r#"{"a":{},"\u0061":{}}"#).as_deref(), Some("a"));
        assert_eq!(of(r#"{"a\"":{},"a\\":{},"a\u0022":{}}"#).as_deref(), Some("a\""));
        assert_eq!(of(r#"{"é":{},"\u00e9":{}}"#).as_deref(), Some("é"));
        assert_eq!(of(r#"{"😀":{},"\ud83d\ude00":{}}"#).as_deref(), Some("😀"));
        assert_eq!(of(r#"{"__metadata__":{"k":"a","k":"a"}}"#).as_deref(), Some("k"));
        // Values and what stands within a string are no names.
        assert_eq!(of(r#"{"a":"b","b":"a","c":["a","a",{"a":1}],"d":"{\"a\":1,\"a\":2}"}"#), None);
        // A header that is no JSON does not stop it either.
        for text in ["", "{\"", "}}]]", "{\"a\\", "{\"\\u12\":1", ",\"a\",\"a\""] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
