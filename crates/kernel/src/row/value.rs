//! The value of one column, between decoding (`row`) and encoding (`encode`).
//!
//! A `Value` borrows from the input and is `Copy`: nothing on the row path allocates. What costs work to
//! interpret (DECIMAL digits, binary JSON, character sets) stays as bytes until an encoder asks for it, so a
//! skipped column costs its length only.

use super::decimal::Decimal;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// The row image does not carry the column (`binlog_row_image` MINIMAL, NOBLOB).
    Absent,
    Null,
    Int(i64),
    UInt(u64),
    Float(f32),
    Double(f64),
    Decimal(Decimal<'a>),
    /// Text in the column's own character set (binlog images).
    Text(&'a [u8]),
    /// Text that the server has already converted to utf8mb4 (result sets), enum and set labels included.
    Utf8(&'a [u8]),
    Bytes(&'a [u8]),
    /// BIT(n), right-aligned.
    Bit(u64),
    Date(Date),
    /// TIME as signed microseconds.
    Time(i64),
    /// DATETIME: wall-clock fields, no zone.
    DateTime(DateTime),
    /// TIMESTAMP: an instant; `seconds == 0 && micros == 0` is the zero timestamp.
    Timestamp {
        seconds: i64,
        micros: u32,
    },
    /// YEAR; 0 is `0000`.
    Year(u16),
    /// 1-based index into the labels; 0 is the empty error value.
    Enum(u16),
    /// Bit i set: label i is in the set.
    Set(u64),
    /// JSON in the server's binary format (`sql-common/json_binary.h`).
    JsonBinary(&'a [u8]),
    /// A partial update: the before-value's binary JSON and the JSON diffs to apply to it.
    JsonDiff {
        base: &'a [u8],
        diffs: &'a [u8],
    },
    /// JSON as the server's own text.
    JsonText(&'a [u8]),
    /// 4-byte little-endian SRID, then WKB.
    Geometry(&'a [u8]),
    /// Little-endian f32 elements.
    Vector(&'a [u8]),
}

/// A calendar date as stored: month and day may be 0 (zero dates).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    pub date: Date,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub micros: u32,
}
