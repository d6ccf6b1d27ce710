//! One value as JSON: what Kafka Connect's JsonConverter makes of Debezium's types.

use super::encoding::FieldSpec;
use super::form::{Digits, Form, Unit};
use super::mask::Mask;
use super::plan::{ColumnSpec, ColumnType, field_prefix};
use crate::error::{Error, Result};
use crate::json_text::{
    string_inside, write_base64, write_base64_url, write_double, write_escaped, write_float,
    write_hex, write_int, write_string, write_uint,
};
use crate::row::value::{Date, DateTime, Value};
use crate::row::{jsonb, temporal};
use std::sync::atomic::{AtomicU64, Ordering};

const DAY_MICROS: i64 = 86_400_000_000;

/// One column as a field, compiled to JSON.
#[derive(Debug)]
pub struct JsonField {
    prefix: Prefix,
    form: Form,
    /// ENUM and SET labels, escaped, without quotes.
    labels: Box<[Box<[u8]>]>,
    nullable: bool,
    null: Box<[u8]>,
    zero: Option<Box<[u8]>>,
    mask: Option<Box<Mask>>,
    /// A value that the form has no room for is an error, whether the column may be NULL or not.
    strict: bool,
    /// How many values became null because the form has no room for them, since `take_unfit`.
    unfit: AtomicU64,
}

impl JsonField {
    pub fn compile(spec: &FieldSpec, kind: &ColumnType, column: &ColumnSpec) -> Result<Self> {
        let labels = column.labels.iter().map(|label| {
            let mut escaped = Vec::new();
            write_escaped(label.as_bytes(), &mut escaped);
            escaped.into_boxed_slice()
        });
        let mask = spec.mask.as_ref().map(Mask::compile).transpose()?;
        let form = match spec.form.as_str() {
            "" => Form::usual(kind),
            name => Form::named(name, kind)?,
        };
        Ok(JsonField {
            prefix: Prefix::new(&spec.name),
            form,
            labels: labels.collect(),
            nullable: column.nullable,
            null: spec.null.as_bytes().into(),
            zero: spec.zero.as_ref().map(|text| text.as_bytes().into()),
            mask: mask.map(Box::new),
            strict: spec.strict,
            unfit: AtomicU64::new(0),
        })
    }

    /// How many values became null because the form has no room for them, since the last call.
    pub fn take_unfit(&self) -> u64 {
        self.unfit.swap(0, Ordering::Relaxed)
    }

    /// `,"name":value`
    #[inline(always)]
    pub fn write(&self, value: Value<'_>, out: &mut Vec<u8>, scratch: &mut Vec<u8>) -> Result<()> {
        self.prefix.write(out);
        write_value(self, value, out, scratch)
    }
}

/// `,"name":`
#[derive(Debug)]
enum Prefix {
    /// Copied whole and cut to its length: a copy of fixed size is an instruction or two, not a call.
    Short {
        bytes: [u8; SHORT],
        length: usize,
    },
    Long(Box<[u8]>),
}

const SHORT: usize = 32;

impl Prefix {
    fn new(name: &str) -> Self {
        let text = field_prefix(name);
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..text.len()) {
            Some(start) => {
                start.copy_from_slice(&text);
                Prefix::Short {
                    bytes,
                    length: text.len(),
                }
            }
            None => Prefix::Long(text),
        }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Prefix::Short { bytes, length } => {
                let end = out.len() + length;
                out.extend_from_slice(bytes);
                out.truncate(end);
            }
            Prefix::Long(text) => out.extend_from_slice(text),
        }
    }
}

#[inline(always)]
fn write_value(
    field: &JsonField,
    value: Value<'_>,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    match &field.mask {
        Some(mask) => write_masked(field, mask, value, out, scratch),
        None => write_plain(field, value, out, scratch),
    }
}

#[inline(always)]
fn write_plain(
    field: &JsonField,
    value: Value<'_>,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    match (&field.form, value) {
        (_, Value::Null | Value::Absent) => out.extend_from_slice(&field.null),
        (Form::Int, Value::Int(v)) => write_int(v, out),
        (Form::Int, Value::UInt(v)) => write_uint(v, out),
        (Form::UnsignedLong, Value::UInt(v)) => write_int(v.cast_signed(), out),
        (Form::UnsignedLong, Value::Int(v)) => write_int(v, out),
        (Form::UnsignedDecimal, Value::UInt(v)) => write_unsigned_decimal(v, out),
        (Form::UnsignedDecimal, Value::Int(v)) => write_unsigned_decimal(v.cast_unsigned(), out),
        (Form::Text(charset), Value::Text(v)) => {
            if charset.is_utf8() {
                write_string(v, out);
            } else {
                scratch.clear();
                charset.write_utf8(v, scratch);
                write_string(scratch, out);
            }
        }
        (Form::Text(_) | Form::Enum | Form::Set, Value::Utf8(v)) => write_string(v, out),
        (Form::Decimal, Value::Decimal(v)) => {
            let mut buffer = [0; 28];
            write_base64(v.unscaled_be_bytes(&mut buffer), out);
        }
        (Form::DecimalString, Value::Decimal(v)) => {
            out.push(b'"');
            v.write_text(out);
            out.push(b'"');
        }
        (Form::DecimalDouble, Value::Decimal(v)) => write_double(v.to_f64(), out),
        (Form::Enum, Value::Enum(index)) => write_label(field, index, out)?,
        (Form::Set, Value::Set(bits)) => write_set(field, bits, out)?,
        (
            Form::Timestamp { .. },
            Value::Timestamp {
                seconds: 0,
                micros: 0,
            },
        ) => write_zero(field, b"\"1970-01-01T00:00:00Z\"", out),
        (Form::Timestamp { fsp }, Value::Timestamp { seconds, micros }) => {
            out.push(b'"');
            temporal::write_iso_timestamp(seconds, micros, *fsp, out);
            out.push(b'"');
        }
        (Form::DateTime(_) | Form::DateTimeIso, Value::DateTime(v)) => {
            write_datetime(field, v, out)?;
        }
        (Form::Date | Form::DateIso, Value::Date(v)) => write_date(field, v, out),
        (Form::Time(Unit::Millis) | Form::TimeIso, Value::Time(micros))
            if !(0..DAY_MICROS).contains(&micros) =>
        {
            write_unfit(field, "a time of day", out)?;
        }
        (Form::Time(unit), Value::Time(micros)) => match unit.of_micros(micros) {
            Some(time) => write_int(time, out),
            None => write_unfit(field, "64 bits of nanoseconds", out)?,
        },
        (Form::TimeIso, Value::Time(micros)) => {
            out.push(b'"');
            temporal::write_iso_time(micros, out);
            out.extend_from_slice(b"Z\"");
        }
        (Form::Year, Value::Year(year)) => write_uint(u64::from(year), out),
        (Form::Float, Value::Float(v)) => write_float(v, out),
        (Form::Float, Value::Double(v)) => write_float(v as f32, out),
        (Form::Double, Value::Double(v)) => write_double(v, out),
        (Form::Double, Value::Float(v)) => write_double(f64::from(v), out),
        (Form::Boolean, Value::Bit(v)) => write_bool(v != 0, out),
        (Form::Boolean, Value::Int(v)) => write_bool(v != 0, out),
        (Form::Boolean, Value::UInt(v)) => write_bool(v != 0, out),
        (Form::Positive { number }, Value::Int(v)) => write_flag(v > 0, *number, out),
        (Form::Positive { number }, Value::UInt(v) | Value::Bit(v)) => {
            write_flag(v > 0, *number, out);
        }
        (Form::Bits { bytes }, Value::Bit(v)) => write_base64(&v.to_le_bytes()[..*bytes], out),
        (Form::Bytes { pad }, Value::Bytes(v)) => {
            write_base64(padded(v, *pad, scratch), out);
        }
        (Form::BytesText { pad, digits }, Value::Bytes(v)) => {
            let bytes = padded(v, *pad, scratch);
            match digits {
                Digits::Base64 => write_base64(bytes, out),
                Digits::Base64Url => write_base64_url(bytes, out),
                Digits::Hex => write_hex(bytes, out),
            }
        }
        (Form::Json, Value::JsonBinary(v)) => {
            out.push(b'"');
            jsonb::write_text_in_string(v, out)?;
            out.push(b'"');
        }
        (Form::Json, Value::JsonDiff { base, diffs }) => {
            scratch.clear();
            jsonb::write_text_with_diffs(base, diffs, scratch)?;
            write_string(scratch, out);
        }
        (Form::Json, Value::JsonText(v)) => write_string(v, out),
        (Form::Point, Value::Geometry(v)) => write_point(v, out)?,
        (Form::Geometry, Value::Geometry(v)) => write_geometry(v, out)?,
        (Form::Vector, Value::Vector(v)) => write_vector(v, out),
        (form, value) => {
            return Err(Error::schema(format!(
                "a column written as {form:?} cannot hold {value:?}"
            )));
        }
    }
    Ok(())
}

/// NULL stays NULL but under asterisks; a cut applies to text and bytes alone.
#[cold]
fn write_masked(
    field: &JsonField,
    mask: &Mask,
    value: Value<'_>,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    if let Mask::Fixed(_) = mask {
        mask.write(&[], out);
        return Ok(());
    }
    if let (Form::Bytes { pad }, Value::Bytes(v), Mask::Truncate(length)) =
        (&field.form, value, mask)
    {
        let bytes = padded(v, *pad, scratch);
        write_base64(&bytes[..bytes.len().min(*length)], out);
        return Ok(());
    }
    let start = out.len();
    write_plain(field, value, out, scratch)?;
    if matches!(
        field.form,
        Form::Decimal | Form::UnsignedDecimal | Form::Bits { .. } | Form::Bytes { .. }
    ) {
        return Ok(());
    }
    if let Some(text) = out.get(start..).and_then(string_inside) {
        out.truncate(start);
        mask.write(&text, out);
    }
    Ok(())
}

#[inline]
fn write_bool(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn write_flag(value: bool, number: bool, out: &mut Vec<u8>) {
    if number {
        out.push(if value { b'1' } else { b'0' });
    } else {
        write_bool(value, out);
    }
}

fn write_unsigned_decimal(value: u64, out: &mut Vec<u8>) {
    let bytes = u128::from(value).to_be_bytes();
    // A sign bit before the magnitude.
    let length = (64 - value.leading_zeros()) as usize / 8 + 1;
    write_base64(&bytes[bytes.len() - length..], out);
}

#[inline]
fn padded<'b>(bytes: &'b [u8], pad: usize, scratch: &'b mut Vec<u8>) -> &'b [u8] {
    if bytes.len() >= pad {
        return bytes;
    }
    scratch.clear();
    scratch.extend_from_slice(bytes);
    scratch.resize(pad, 0);
    scratch
}

fn write_label(field: &JsonField, index: u16, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'"');
    // Index 0 is the empty string that MySQL keeps for an invalid value.
    if index > 0 {
        let label = field.labels.get(usize::from(index) - 1).ok_or_else(|| {
            Error::schema(format!(
                "enum index {index} of {} labels",
                field.labels.len()
            ))
        })?;
        out.extend_from_slice(label);
    }
    out.push(b'"');
    Ok(())
}

/// As the server prints it (`Field_set::val_str`): no comma before the first label that is not empty.
fn write_set(field: &JsonField, bits: u64, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'"');
    let start = out.len();
    let mut rest = bits;
    while rest != 0 {
        let index = rest.trailing_zeros() as usize;
        let label = field.labels.get(index).ok_or_else(|| {
            Error::schema(format!("set bit {index} of {} labels", field.labels.len()))
        })?;
        if out.len() > start {
            out.push(b',');
        }
        out.extend_from_slice(label);
        rest &= rest - 1;
    }
    out.push(b'"');
    Ok(())
}

/// What a zero date becomes: null where the column allows it, else the epoch.
fn write_zero(field: &JsonField, epoch: &[u8], out: &mut Vec<u8>) {
    match &field.zero {
        Some(text) => out.extend_from_slice(text),
        None if field.nullable => out.extend_from_slice(&field.null),
        None => out.extend_from_slice(epoch),
    }
}

#[inline]
fn write_date(field: &JsonField, date: Date, out: &mut Vec<u8>) {
    let iso = matches!(field.form, Form::DateIso);
    if temporal::is_zero_date(date) {
        let epoch: &[u8] = if iso { b"\"1970-01-01Z\"" } else { b"0" };
        write_zero(field, epoch, out);
    } else if iso {
        out.push(b'"');
        temporal::write_iso_date(date, out);
        out.extend_from_slice(b"Z\"");
    } else {
        write_int(i64::from(temporal::days_from_civil(date)), out);
    }
}

#[inline]
fn write_datetime(field: &JsonField, value: DateTime, out: &mut Vec<u8>) -> Result<()> {
    let zero = temporal::is_zero_date(value.date);
    match field.form {
        Form::DateTime(_) if zero => write_zero(field, b"0", out),
        Form::DateTime(unit) => match unit.of_micros(temporal::epoch_micros(value)) {
            Some(time) => write_int(time, out),
            None => return write_unfit(field, "64 bits of nanoseconds", out),
        },
        _ if zero => write_zero(field, b"\"1970-01-01T00:00:00Z\"", out),
        _ => {
            out.push(b'"');
            temporal::write_iso_datetime(value, out);
            out.extend_from_slice(b"Z\"");
        }
    }
    Ok(())
}

/// A value that the form has no room for: null, as in Debezium, where the column allows it.
#[cold]
fn write_unfit(field: &JsonField, form: &str, out: &mut Vec<u8>) -> Result<()> {
    if field.strict {
        return Err(Error::schema(format!(
            "a value does not fit into {form}: choose another time.precision.mode"
        )));
    }
    if field.nullable {
        field.unfit.fetch_add(1, Ordering::Relaxed);
        out.extend_from_slice(&field.null);
        return Ok(());
    }
    Err(Error::schema(format!(
        "a value does not fit into {form}, and the column is NOT NULL: choose another time.precision.mode"
    )))
}

fn geometry_parts(bytes: &[u8]) -> Result<(u32, &[u8])> {
    let (srid, wkb) = bytes
        .split_first_chunk::<4>()
        .ok_or_else(|| Error::truncated(4, bytes.len()))?;
    Ok((u32::from_le_bytes(*srid), wkb))
}

fn write_srid(srid: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"srid\":");
    if srid == 0 {
        out.extend_from_slice(b"null");
    } else {
        write_uint(u64::from(srid), out);
    }
    out.push(b'}');
}

fn write_geometry(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let (srid, wkb) = geometry_parts(bytes)?;
    out.extend_from_slice(b"{\"wkb\":");
    write_base64(wkb, out);
    write_srid(srid, out);
    Ok(())
}

/// WKB of a point: byte order, type 1, x, y; MySQL always stores little-endian.
fn write_point(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let (srid, wkb) = geometry_parts(bytes)?;
    let coordinate = |at: usize| {
        wkb.get(at..at + 8)
            .and_then(|bytes| bytes.try_into().ok())
            .map(f64::from_le_bytes)
            .ok_or_else(|| Error::truncated(at + 8, wkb.len()))
    };
    out.extend_from_slice(b"{\"x\":");
    write_double(coordinate(5)?, out);
    out.extend_from_slice(b",\"y\":");
    write_double(coordinate(13)?, out);
    out.extend_from_slice(b",\"wkb\":");
    write_base64(wkb, out);
    write_srid(srid, out);
    Ok(())
}

fn write_vector(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, element) in bytes.as_chunks::<4>().0.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_float(f32::from_le_bytes(*element), out);
    }
    out.push(b']');
}
