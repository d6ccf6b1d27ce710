//! What a value becomes in an event, by the names of `tailrace.model.encoding.Form`.

use super::plan::ColumnType;
use crate::error::{Error, Result};
use crate::row::charset::Charset;

/// The unit of a number that stands for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// None: it does not fit into 64 bits.
    #[inline]
    pub fn of_micros(self, micros: i64) -> Option<i64> {
        match self {
            Unit::Millis => Some(micros.div_euclid(1000)),
            Unit::Micros => Some(micros),
            Unit::Nanos => micros.checked_mul(1000),
        }
    }
}

/// Text that stands for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    Base64,
    Base64Url,
    Hex,
}

#[derive(Debug, Clone)]
pub enum Form {
    Int,
    /// 64 bits read as signed.
    UnsignedLong,
    /// BIGINT UNSIGNED as a Decimal of scale 0.
    UnsignedDecimal,
    Float,
    Double,
    Decimal,
    DecimalString,
    DecimalDouble,
    Boolean,
    /// Whether a number is above zero, as a boolean or as 1 and 0.
    Positive {
        number: bool,
    },
    /// Little-endian bytes.
    Bits {
        bytes: usize,
    },
    Text(Charset),
    /// BINARY(n) is padded with zeros to `pad`; 0 for the others.
    Bytes {
        pad: usize,
    },
    BytesText {
        pad: usize,
        digits: Digits,
    },
    Date,
    DateIso,
    Time(Unit),
    TimeIso,
    DateTime(Unit),
    DateTimeIso,
    Timestamp {
        fsp: u8,
    },
    Year,
    Enum,
    Set,
    Json,
    Point,
    Geometry,
    Vector,
}

impl Form {
    /// Debezium's default modes.
    pub fn usual(kind: &ColumnType) -> Form {
        match *kind {
            ColumnType::Int => Form::Int,
            ColumnType::UnsignedBig => Form::UnsignedLong,
            ColumnType::Float => Form::Float,
            ColumnType::Double => Form::Double,
            ColumnType::Decimal { .. } => Form::Decimal,
            ColumnType::Bit { bits: 1 } => Form::Boolean,
            ColumnType::Bit { bits } => Form::Bits {
                bytes: usize::from(bits.div_ceil(8)).min(8),
            },
            ColumnType::Text(charset) => Form::Text(charset),
            ColumnType::Bytes { pad } => Form::Bytes { pad },
            ColumnType::Date => Form::Date,
            ColumnType::Time { .. } => Form::Time(Unit::Micros),
            ColumnType::DateTime { fsp: 0..=3 } => Form::DateTime(Unit::Millis),
            ColumnType::DateTime { .. } => Form::DateTime(Unit::Micros),
            ColumnType::Timestamp { fsp } => Form::Timestamp { fsp },
            ColumnType::Year => Form::Year,
            ColumnType::Enum => Form::Enum,
            ColumnType::Set => Form::Set,
            ColumnType::Json => Form::Json,
            ColumnType::Point => Form::Point,
            ColumnType::Geometry => Form::Geometry,
            ColumnType::Vector => Form::Vector,
        }
    }

    /// The form of a name, where a column of this kind can take it.
    pub fn named(name: &str, kind: &ColumnType) -> Result<Form> {
        let text = |pad, digits| Form::BytesText { pad, digits };
        Ok(match (name, kind) {
            ("int", ColumnType::Int) => Form::Int,
            ("boolean", ColumnType::Int | ColumnType::Bit { .. }) => Form::Boolean,
            ("positive", ColumnType::Int | ColumnType::Bit { .. }) => {
                Form::Positive { number: false }
            }
            ("positive_int", ColumnType::Int | ColumnType::Bit { .. }) => {
                Form::Positive { number: true }
            }
            ("unsigned_long", ColumnType::UnsignedBig) => Form::UnsignedLong,
            ("unsigned_decimal", ColumnType::UnsignedBig) => Form::UnsignedDecimal,
            ("float", ColumnType::Float | ColumnType::Double) => Form::Float,
            ("double", ColumnType::Float | ColumnType::Double) => Form::Double,
            ("decimal", ColumnType::Decimal { .. }) => Form::Decimal,
            ("decimal_string", ColumnType::Decimal { .. }) => Form::DecimalString,
            ("decimal_double", ColumnType::Decimal { .. }) => Form::DecimalDouble,
            ("base64", &ColumnType::Bytes { pad }) => text(pad, Digits::Base64),
            ("base64url", &ColumnType::Bytes { pad }) => text(pad, Digits::Base64Url),
            ("hex", &ColumnType::Bytes { pad }) => text(pad, Digits::Hex),
            ("date_iso", ColumnType::Date) => Form::DateIso,
            ("time_ms", ColumnType::Time { .. }) => Form::Time(Unit::Millis),
            ("time_us", ColumnType::Time { .. }) => Form::Time(Unit::Micros),
            ("time_ns", ColumnType::Time { .. }) => Form::Time(Unit::Nanos),
            ("time_iso", ColumnType::Time { .. }) => Form::TimeIso,
            ("datetime_ms", ColumnType::DateTime { .. }) => Form::DateTime(Unit::Millis),
            ("datetime_us", ColumnType::DateTime { .. }) => Form::DateTime(Unit::Micros),
            ("datetime_ns", ColumnType::DateTime { .. }) => Form::DateTime(Unit::Nanos),
            ("datetime_iso", ColumnType::DateTime { .. }) => Form::DateTimeIso,
            ("bits", ColumnType::Bit { .. })
            | ("text", ColumnType::Text(_))
            | ("bytes", ColumnType::Bytes { .. })
            | ("date", ColumnType::Date)
            | ("timestamp", ColumnType::Timestamp { .. })
            | ("year", ColumnType::Year)
            | ("enum", ColumnType::Enum)
            | ("set", ColumnType::Set)
            | ("json", ColumnType::Json)
            | ("point", ColumnType::Point)
            | ("geometry", ColumnType::Geometry)
            | ("vector", ColumnType::Vector) => Form::usual(kind),
            _ => {
                return Err(Error::schema(format!(
                    "a {kind:?} column has no form {name:?}"
                )));
            }
        })
    }
}
