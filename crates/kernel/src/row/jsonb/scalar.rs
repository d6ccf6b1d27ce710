//! Scalars of binary JSON as text.

use super::binary::Json;
use crate::error::{Error, Result};
use crate::json_text;
use crate::reader::Reader;
use crate::row::decimal::Decimal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const DATE: u8 = 10;
const DATETIME: u8 = 12;
const TIMESTAMP: u8 = 7;
const TIME: u8 = 11;
const NEWDECIMAL: u8 = 246;

/// Characters after which the server breaks a line of base64 (`base64_encode`, mysys/base64.h).
const BASE64_LINE: usize = 76;

/// Appends a scalar, `IN_STRING` as it stands inside a JSON string; containers are the caller's.
pub fn write<const IN_STRING: bool>(value: Json<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Int(value) => json_text::write_int(value, out),
        Json::UInt(value) => json_text::write_uint(value, out),
        Json::Double(value) if value.is_finite() => json_text::write_double(value, out),
        Json::Double(_) => return Err(Error::corrupt("a JSON number that is not finite")),
        Json::String(text) => write_string::<IN_STRING>(text, out),
        Json::Opaque(kind, bytes) if IN_STRING => {
            let mut plain = Vec::new();
            write_opaque(kind, bytes, &mut plain)?;
            json_text::write_escaped(&plain, out);
        }
        Json::Opaque(kind, bytes) => write_opaque(kind, bytes, out)?,
        Json::Array(_) | Json::Object(_) => {
            return Err(Error::corrupt("a JSON container where a scalar must stand"));
        }
    }
    Ok(())
}

/// Appends a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
#[inline]
pub fn write_string<const IN_STRING: bool>(text: &[u8], out: &mut Vec<u8>) {
    let quote: &[u8] = if IN_STRING { b"\\\"" } else { b"\"" };
    if json_text::is_verbatim(text) {
        out.extend_from_slice(quote);
        out.extend_from_slice(text);
        out.extend_from_slice(quote);
    } else if IN_STRING {
        let mut plain = Vec::new();
        write_unusual(text, &mut plain);
        json_text::write_escaped(&plain, out);
    } else {
        write_unusual(text, out);
    }
}

fn write_unusual(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    match std::str::from_utf8(text) {
        Ok(_) => write_escaped(text, out),
        Err(_) => write_escaped(String::from_utf8_lossy(text).as_bytes(), out),
    }
    out.push(b'"');
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest
        .iter()
        .position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        out.extend_from_slice(&rest[..at]);
        write_escape(rest[at], out);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

#[cold]
fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn write_opaque(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match kind {
        NEWDECIMAL => return write_decimal(bytes, out),
        DATE | DATETIME | TIMESTAMP | TIME => {
            return write_temporal(kind, Reader::new(bytes).u64()?.cast_signed(), out);
        }
        _ => {}
    }
    out.extend_from_slice(b"\"base64:type");
    out.extend_from_slice(itoa::Buffer::new().format(kind).as_bytes());
    out.push(b':');
    for (index, line) in bytes.chunks(BASE64_LINE / 4 * 3).enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\\n");
        }
        let start = out.len();
        out.resize(start + line.len().div_ceil(3) * 4, 0);
        // The slice is exactly as long as the encoding: this cannot fail.
        let _ = STANDARD.encode_slice(line, &mut out[start..]);
    }
    out.push(b'"');
    Ok(())
}

/// Precision, scale, packed digits (`Json_decimal::convert_from_binary`).
fn write_decimal(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let mut r = Reader::new(bytes);
    let (precision, scale) = (r.u8()?, r.u8()?);
    // `my_decimal` holds nine words of nine digits: JSON keeps more than the 65 that a column may have.
    if !(1..=81).contains(&precision) || scale > precision {
        return Err(Error::corrupt(format!(
            "decimal({precision},{scale}) in JSON"
        )));
    }
    Decimal::read_packed(precision, scale, &mut r)?.write_text(out);
    Ok(())
}

/// The packed 64 bits of `TIME_to_longlong_packed` (sql-common/my_time.cc), always with six digits of fraction.
fn write_temporal(kind: u8, packed: i64, out: &mut Vec<u8>) -> Result<()> {
    let magnitude = packed.unsigned_abs();
    let (whole, micros) = (magnitude >> 24, magnitude & 0xFF_FFFF);
    out.push(b'"');
    if packed < 0 {
        out.push(b'-');
    }
    if kind == TIME {
        write_clock(whole >> 12 & 0x3FF, whole, micros, out);
    } else {
        let (date, clock) = (whole >> 17, whole & 0x1_FFFF);
        let year_month = date >> 5;
        write_padded(year_month / 13, 4, out);
        out.push(b'-');
        write_padded(year_month % 13, 2, out);
        out.push(b'-');
        write_padded(date & 31, 2, out);
        if kind != DATE {
            out.push(b' ');
            write_clock(clock >> 12, clock, micros, out);
        }
    }
    out.push(b'"');
    Ok(())
}

fn write_clock(hour: u64, clock: u64, micros: u64, out: &mut Vec<u8>) {
    write_padded(hour, 2, out);
    out.push(b':');
    write_padded(clock >> 6 & 63, 2, out);
    out.push(b':');
    write_padded(clock & 63, 2, out);
    out.push(b'.');
    write_padded(micros, 6, out);
}

fn write_padded(value: u64, width: usize, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value).as_bytes();
    out.extend(std::iter::repeat_n(
        b'0',
        width.saturating_sub(digits.len()),
    ));
    out.extend_from_slice(digits);
}
