//! Debezium-format JSON lines: what Kafka Connect's JsonConverter writes with `schemas.enable=false`.
//!
//! Default modes: decimals as base64 of the unscaled value, `adaptive_time_microseconds`, bigint unsigned as a
//! signed long, bytes as base64. A column that the row image does not carry is left out of its object.

use super::Change;
use super::batch::{Batch, Operation, Run, count};
use super::envelope::{Envelope, Parts, Source};
use super::plan::{ColumnSpec, ColumnType, Plan, field_prefix};
use crate::error::{Error, Result};
use crate::json_text::{
    write_base64, write_double, write_escaped, write_float, write_int, write_string, write_uint,
};
use crate::row::value::{Date, DateTime, Value};
use crate::row::{jsonb, temporal};
use std::sync::Arc;

/// One column, compiled to JSON.
#[derive(Debug)]
pub struct JsonColumn {
    prefix: Prefix,
    /// ENUM and SET labels, escaped, without quotes.
    labels: Box<[Box<[u8]>]>,
    nullable: bool,
}

impl JsonColumn {
    pub fn compile(spec: &ColumnSpec) -> Self {
        let labels = spec.labels.iter().map(|label| {
            let mut escaped = Vec::new();
            write_escaped(label.as_bytes(), &mut escaped);
            escaped.into_boxed_slice()
        });
        JsonColumn {
            prefix: Prefix::new(&spec.name),
            labels: labels.collect(),
            nullable: spec.nullable,
        }
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

pub struct JsonEncoder {
    envelope: Arc<Envelope>,
    parts: Parts,
    lines: Vec<u8>,
    keys: Vec<u8>,
    rows: u64,
    runs: Vec<Run>,
    scratch: Vec<u8>,
}

impl JsonEncoder {
    pub fn new(envelope: Arc<Envelope>) -> Self {
        JsonEncoder {
            envelope,
            parts: Parts::default(),
            lines: Vec::new(),
            keys: Vec::new(),
            rows: 0,
            runs: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub fn recycle(&mut self, buffer: impl FnOnce() -> Vec<u8>) {
        if self.lines.capacity() == 0 {
            self.lines = buffer();
        }
    }

    pub fn begin(&mut self, plan: &Arc<Plan>, source: &Source<'_>) {
        self.parts.rebuild(&self.envelope, &plan.name, source);
    }

    #[inline]
    pub fn has_keys(&self) -> bool {
        self.envelope.keys
    }

    #[inline]
    pub fn size(&self) -> usize {
        self.lines.len() + self.keys.len()
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn take(&mut self) -> Batch {
        Batch {
            lines: std::mem::take(&mut self.lines),
            keys: std::mem::take(&mut self.keys),
            rows: std::mem::take(&mut self.rows),
            runs: std::mem::take(&mut self.runs),
            ..Batch::default()
        }
    }

    /// A change becomes one line; an update that changes the key becomes a delete and a create, as in Debezium.
    ///
    /// On an error nothing of the change stays in the output.
    pub fn change(&mut self, plan: &Plan, row: u32, change: Change<'_, '_>) -> Result<()> {
        let start = (self.lines.len(), self.keys.len());
        let written = match change {
            Change::Insert(after) => self.single(plan, row, Operation::Insert, after),
            Change::Read(after) => self.single(plan, row, Operation::Read, after),
            Change::Delete(before) => self.single(plan, row, Operation::Delete, before),
            Change::Update { before, after } if key_changed(plan, before, after) => self
                .single(plan, row, Operation::Delete, before)
                .and_then(|()| self.single(plan, row, Operation::Insert, after)),
            Change::Update { before, after } => self.write_update(plan, row, before, after),
        };
        if written.is_err() {
            self.lines.truncate(start.0);
            self.keys.truncate(start.1);
        }
        written
    }

    /// An insert, delete or read whose values are made one by one as they are written. Not with keys, which would
    /// need them again.
    ///
    /// On an error nothing of the change stays in the output.
    #[inline]
    pub fn stream<'a>(
        &mut self,
        plan: &Plan,
        row: u32,
        operation: Operation,
        image: impl Iterator<Item = Result<Value<'a>>>,
    ) -> Result<()> {
        let start = self.lines.len();
        let written = self.write_line(plan, row, operation, image);
        if written.is_err() {
            self.lines.truncate(start);
        }
        written
    }

    #[inline]
    fn write_line<'a>(
        &mut self,
        plan: &Plan,
        row: u32,
        operation: Operation,
        image: impl Iterator<Item = Result<Value<'a>>>,
    ) -> Result<()> {
        let out = &mut self.lines;
        if operation == Operation::Delete {
            out.extend_from_slice(b"{\"before\":");
            write_image(plan, image, out, &mut self.scratch)?;
            out.extend_from_slice(b",\"after\":null");
        } else {
            out.extend_from_slice(b"{\"before\":null,\"after\":");
            write_image(plan, image, out, &mut self.scratch)?;
        }
        self.end_line(plan, row, operation);
        Ok(())
    }

    fn write_update(
        &mut self,
        plan: &Plan,
        row: u32,
        before: &[Value<'_>],
        after: &[Value<'_>],
    ) -> Result<()> {
        let out = &mut self.lines;
        out.extend_from_slice(b"{\"before\":");
        write_image(plan, known(before), out, &mut self.scratch)?;
        out.extend_from_slice(b",\"after\":");
        write_image(plan, known(after), out, &mut self.scratch)?;
        self.end_line(plan, row, Operation::Update);
        self.key(plan, after)
    }

    fn single(
        &mut self,
        plan: &Plan,
        row: u32,
        operation: Operation,
        image: &[Value<'_>],
    ) -> Result<()> {
        self.write_line(plan, row, operation, known(image))?;
        self.key(plan, image)
    }

    #[inline]
    fn end_line(&mut self, plan: &Plan, row: u32, operation: Operation) {
        let out = &mut self.lines;
        out.extend_from_slice(&self.parts.middle);
        write_uint(u64::from(row), out);
        out.extend_from_slice(self.parts.tail(operation));
        self.rows += 1;
        count(&mut self.runs, &plan.name, operation);
    }

    fn key(&mut self, plan: &Plan, image: &[Value<'_>]) -> Result<()> {
        if !self.envelope.keys {
            return Ok(());
        }
        write_key(plan, image, &mut self.keys, &mut self.scratch)
    }
}

fn known<'v, 'a>(image: &'v [Value<'a>]) -> impl Iterator<Item = Result<Value<'a>>> + 'v {
    image.iter().map(|&value| Ok(value))
}

fn key_changed(plan: &Plan, before: &[Value<'_>], after: &[Value<'_>]) -> bool {
    plan.key.iter().any(|&index| before[index] != after[index])
}

#[inline]
fn write_image<'a>(
    plan: &Plan,
    image: impl Iterator<Item = Result<Value<'a>>>,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    let start = out.len();
    for (column, value) in plan.columns.iter().zip(image) {
        let value = value?;
        if let Value::Absent = value {
            continue;
        }
        column.json.prefix.write(out);
        write_value(&column.kind, &column.json, value, out, scratch).map_err(|error| {
            error
                .in_column(&column.spec.name)
                .in_table(&plan.name.database, &plan.name.table)
        })?;
    }
    close_object(start, out);
    Ok(())
}

fn write_key(
    plan: &Plan,
    image: &[Value<'_>],
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    if plan.key.is_empty() {
        out.extend_from_slice(b"null\n");
        return Ok(());
    }
    let start = out.len();
    for &index in &plan.key {
        let column = &plan.columns[index];
        column.json.prefix.write(out);
        write_value(&column.kind, &column.json, image[index], out, scratch).map_err(|error| {
            error
                .in_column(&column.spec.name)
                .in_table(&plan.name.database, &plan.name.table)
        })?;
    }
    close_object(start, out);
    out.push(b'\n');
    Ok(())
}

/// Every field was written as `,"name":value`: the first comma becomes the opening brace.
fn close_object(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

#[inline(always)]
fn write_value(
    kind: &ColumnType,
    column: &JsonColumn,
    value: Value<'_>,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    match (kind, value) {
        (_, Value::Null | Value::Absent) => out.extend_from_slice(b"null"),
        (ColumnType::Int, Value::Int(v)) => write_int(v, out),
        (ColumnType::Int, Value::UInt(v)) => write_uint(v, out),
        // `bigint.unsigned.handling.mode=long`: the same 64 bits, read as signed.
        (ColumnType::UnsignedBig, Value::UInt(v)) => write_int(v.cast_signed(), out),
        (ColumnType::UnsignedBig, Value::Int(v)) => write_int(v, out),
        (ColumnType::Text(charset), Value::Text(v)) => {
            if charset.is_utf8() {
                write_string(v, out);
            } else {
                scratch.clear();
                charset.write_utf8(v, scratch);
                write_string(scratch, out);
            }
        }
        (ColumnType::Text(_) | ColumnType::Enum | ColumnType::Set, Value::Utf8(v)) => {
            write_string(v, out)
        }
        (ColumnType::Decimal { .. }, Value::Decimal(v)) => {
            let mut buffer = [0; 28];
            write_base64(v.unscaled_be_bytes(&mut buffer), out);
        }
        (ColumnType::Enum, Value::Enum(index)) => write_label(column, index, out)?,
        (ColumnType::Set, Value::Set(bits)) => write_set(column, bits, out)?,
        (
            ColumnType::Timestamp { .. },
            Value::Timestamp {
                seconds: 0,
                micros: 0,
            },
        ) => write_zero(column, b"\"1970-01-01T00:00:00Z\"", out),
        (ColumnType::Timestamp { fsp }, Value::Timestamp { seconds, micros }) => {
            out.push(b'"');
            temporal::write_iso_timestamp(seconds, micros, *fsp, out);
            out.push(b'"');
        }
        (ColumnType::DateTime { fsp }, Value::DateTime(v)) => write_datetime(column, v, *fsp, out),
        (ColumnType::Date, Value::Date(v)) => write_date(column, v, out),
        (ColumnType::Time { .. }, Value::Time(micros)) => write_int(micros, out),
        (ColumnType::Year, Value::Year(year)) => write_uint(u64::from(year), out),
        (ColumnType::Float, Value::Float(v)) => write_float(v, out),
        (ColumnType::Double, Value::Double(v)) => write_double(v, out),
        (ColumnType::Bit { bits: 1 }, Value::Bit(v)) => {
            out.extend_from_slice(if v == 0 { b"false" } else { b"true" });
        }
        (ColumnType::Bit { bits }, Value::Bit(v)) => {
            // Connect's Bits are little-endian.
            write_base64(
                &v.to_le_bytes()[..usize::from(bits.div_ceil(8)).min(8)],
                out,
            );
        }
        (ColumnType::Bytes { pad }, Value::Bytes(v)) => {
            if v.len() < *pad {
                scratch.clear();
                scratch.extend_from_slice(v);
                scratch.resize(*pad, 0);
                write_base64(scratch, out);
            } else {
                write_base64(v, out);
            }
        }
        (ColumnType::Json, Value::JsonBinary(v)) => {
            out.push(b'"');
            jsonb::write_text_in_string(v, out)?;
            out.push(b'"');
        }
        (ColumnType::Json, Value::JsonDiff { base, diffs }) => {
            scratch.clear();
            jsonb::write_text_with_diffs(base, diffs, scratch)?;
            write_string(scratch, out);
        }
        (ColumnType::Json, Value::JsonText(v)) => write_string(v, out),
        (ColumnType::Point, Value::Geometry(v)) => write_point(v, out)?,
        (ColumnType::Geometry, Value::Geometry(v)) => write_geometry(v, out)?,
        (ColumnType::Vector, Value::Vector(v)) => write_vector(v, out),
        (kind, value) => {
            return Err(Error::schema(format!(
                "a {kind:?} column cannot hold {value:?}"
            )));
        }
    }
    Ok(())
}

fn write_label(column: &JsonColumn, index: u16, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'"');
    // Index 0 is the empty string that MySQL keeps for an invalid value.
    if index > 0 {
        let label = column.labels.get(usize::from(index) - 1).ok_or_else(|| {
            Error::schema(format!(
                "enum index {index} of {} labels",
                column.labels.len()
            ))
        })?;
        out.extend_from_slice(label);
    }
    out.push(b'"');
    Ok(())
}

/// As the server prints it (`Field_set::val_str`): no comma before the first label that is not empty.
fn write_set(column: &JsonColumn, bits: u64, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'"');
    let start = out.len();
    let mut rest = bits;
    while rest != 0 {
        let index = rest.trailing_zeros() as usize;
        let label = column.labels.get(index).ok_or_else(|| {
            Error::schema(format!("set bit {index} of {} labels", column.labels.len()))
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
fn write_zero(column: &JsonColumn, epoch: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(if column.nullable { b"null" } else { epoch });
}

#[inline]
fn write_date(column: &JsonColumn, date: Date, out: &mut Vec<u8>) {
    if temporal::is_zero_date(date) {
        write_zero(column, b"0", out);
    } else {
        write_int(i64::from(temporal::days_from_civil(date)), out);
    }
}

#[inline]
fn write_datetime(column: &JsonColumn, value: DateTime, fsp: u8, out: &mut Vec<u8>) {
    if temporal::is_zero_date(value.date) {
        write_zero(column, b"0", out);
        return;
    }
    let micros = temporal::epoch_micros(value);
    write_int(
        if fsp <= 3 {
            micros.div_euclid(1000)
        } else {
            micros
        },
        out,
    );
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
