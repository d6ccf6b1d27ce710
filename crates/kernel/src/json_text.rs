//! JSON text primitives: strings, numbers, base64, appended to a byte vector.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::borrow::Cow;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Nonzero where a byte of `word` is `"`, `\`, a control character or not ASCII.
/// (The classic "has a zero byte" trick; a borrow can only mark more bytes, never fewer.)
#[inline]
fn needs_care(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let control = word.wrapping_sub(ONES * 0x20);
    (quote.wrapping_sub(ONES) | backslash.wrapping_sub(ONES) | control | word) & HIGHS
}

#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut care = 0;
    for word in words {
        care |= needs_care(u64::from_le_bytes(*word));
    }
    let mut last = [b' '; 8];
    if tail.is_empty() {
        return care == 0;
    }
    last[..tail.len()].copy_from_slice(tail);
    care | needs_care(u64::from_le_bytes(last)) == 0
}

/// `bytes` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
#[inline]
pub fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    write_escaped(bytes, out);
    out.push(b'"');
}

/// The inside of a JSON string.
#[inline]
pub fn write_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    if is_plain(bytes) {
        out.extend_from_slice(bytes);
    } else {
        write_escaped_slowly(bytes, out);
    }
}

/// Whether `bytes` stand in a JSON string as they are: UTF-8 without anything to escape.
#[inline]
pub fn is_verbatim(bytes: &[u8]) -> bool {
    is_plain(bytes)
        || (run_without_escapes(bytes) == bytes.len() && std::str::from_utf8(bytes).is_ok())
}

fn write_escaped_slowly(bytes: &[u8], out: &mut Vec<u8>) {
    let text = match std::str::from_utf8(bytes) {
        Ok(_) => Cow::Borrowed(bytes),
        Err(_) => Cow::Owned(String::from_utf8_lossy(bytes).into_owned().into_bytes()),
    };
    let mut rest: &[u8] = &text;
    // Runs without escapes are copied whole; SWAR words make long documents cheap.
    while !rest.is_empty() {
        let run = run_without_escapes(rest);
        out.extend_from_slice(&rest[..run]);
        let Some(&byte) = rest.get(run) else { return };
        write_escape(byte, out);
        rest = &rest[run + 1..];
    }
}

/// How many leading bytes need no escape (UTF-8 beyond ASCII needs none).
#[inline]
fn run_without_escapes(bytes: &[u8]) -> usize {
    // A borrow marks only bytes above one that is marked rightly: the lowest mark is exact.
    let first = |marks: u64| (marks.trailing_zeros() / 8) as usize;
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = escapes_in(u64::from_le_bytes(*word));
        if marks != 0 {
            return index * 8 + first(marks);
        }
    }
    let end = tail
        .iter()
        .position(|&b| b < 0x20 || b == b'"' || b == b'\\');
    words.len() * 8 + end.unwrap_or(tail.len())
}

/// As `needs_care`, but bytes beyond ASCII pass.
#[inline]
fn escapes_in(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let zero = |x: u64| x.wrapping_sub(ONES) & !x;
    (zero(quote) | zero(backslash) | (word.wrapping_sub(ONES * 0x20) & !word)) & HIGHS
}

#[inline]
fn write_escape(byte: u8, out: &mut Vec<u8>) {
    if matches!(byte, b'"' | b'\\') {
        out.extend_from_slice(&[b'\\', byte]);
    } else {
        write_control(byte, out);
    }
}

#[cold]
fn write_control(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// The text of a JSON string that this module wrote; `None` where it is another kind of value.
pub fn string_inside(json: &[u8]) -> Option<Vec<u8>> {
    let mut rest = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut text = Vec::with_capacity(rest.len());
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        text.extend_from_slice(&rest[..at]);
        let (byte, length) = match rest.get(at + 1)? {
            b'b' => (0x08, 2),
            b'f' => (0x0C, 2),
            b'n' => (b'\n', 2),
            b'r' => (b'\r', 2),
            b't' => (b'\t', 2),
            b'u' => {
                let digits = std::str::from_utf8(rest.get(at + 4..at + 6)?).ok()?;
                (u8::from_str_radix(digits, 16).ok()?, 6)
            }
            &other => (other, 2),
        };
        text.push(byte);
        rest = &rest[at + length..];
    }
    text.extend_from_slice(rest);
    Some(text)
}

#[inline]
pub fn write_int(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

#[inline]
pub fn write_uint(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The shortest digits that read back as the same double; MySQL stores neither NaN nor infinity.
#[inline]
pub fn write_double(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

#[inline]
pub fn write_float(value: f32, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Up to here (a DECIMAL of 28 digits) the library's set-up costs several times more than the encoding.
const SHORT_BASE64: usize = 12;

/// Standard base64 with padding, in quotes.
#[inline]
pub fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    if bytes.len() <= SHORT_BASE64 {
        for group in bytes.chunks(3) {
            out.extend_from_slice(&base64_group(group));
        }
    } else {
        let start = out.len();
        out.resize(start + bytes.len().div_ceil(3) * 4, 0);
        // The slice is exactly as long as the encoding: this cannot fail.
        let _ = STANDARD.encode_slice(bytes, &mut out[start..]);
    }
    out.push(b'"');
}

/// Base64 with `-` and `_`, as a JSON string.
pub fn write_base64_url(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(URL_SAFE.encode(bytes).as_bytes());
    out.push(b'"');
}

/// Two lower-case digits a byte, as a JSON string.
pub fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2 + 2);
    out.push(b'"');
    for byte in bytes {
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    out.push(b'"');
}

/// One to three bytes as four characters.
#[inline]
fn base64_group(bytes: &[u8]) -> [u8; 4] {
    let byte = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let character = |shift: u32| BASE64[(bits >> shift & 63) as usize];
    [
        character(18),
        character(12),
        if bytes.len() > 1 { character(6) } else { b'=' },
        if bytes.len() > 2 { character(0) } else { b'=' },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(text: &str) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04X}", c as u32)),
                c => out.push(c),
            }
        }
        out.push('"');
        out
    }

    proptest! {
        #[test]
        fn a_string_escapes_like_the_obvious_way(text in any::<String>()) {
            let mut out = Vec::new();
            write_string(text.as_bytes(), &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), naive(&text));
        }

        #[test]
        fn any_bytes_give_valid_utf8(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut out = Vec::new();
            write_string(&bytes, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), naive(&String::from_utf8_lossy(&bytes)));
        }

        #[test]
        fn short_base64_is_the_librarys(bytes in proptest::collection::vec(any::<u8>(), 0..16)) {
            let mut out = Vec::new();
            write_base64(&bytes, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("\"{}\"", STANDARD.encode(&bytes)));
        }

        #[test]
        fn a_double_reads_back(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let mut out = Vec::new();
            write_double(value, &mut out);
            prop_assert_eq!(std::str::from_utf8(&out).unwrap().parse::<f64>().unwrap(), value);
        }
    }
}
