//! Text-protocol result sets to values. The session reads utf8mb4 at time zone `+00:00`.

use super::decimal;
use super::temporal;
use super::value::{Date, DateTime, Value};
use crate::error::{Error, Result};

/// How to read a column's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Int,
    UInt,
    /// Selected as `col + 0e0`: FLOAT itself prints six digits only.
    Float,
    Double,
    Decimal {
        scale: u8,
    },
    Date,
    Time,
    DateTime,
    Timestamp,
    Year,
    Bit,
    /// CHAR, TEXT, ENUM and SET.
    Utf8,
    Bytes,
    Json,
    Geometry,
    Vector,
}

impl ColumnKind {
    /// `data_type`: `information_schema.COLUMNS.DATA_TYPE` in lower case. Fails with `Kind::Schema` where it is unknown.
    pub fn new(data_type: &str, unsigned: bool, scale: u8) -> Result<Self> {
        Ok(match data_type {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" if unsigned => ColumnKind::UInt,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => ColumnKind::Int,
            "float" => ColumnKind::Float,
            "double" => ColumnKind::Double,
            "decimal" => ColumnKind::Decimal { scale },
            "date" => ColumnKind::Date,
            "time" => ColumnKind::Time,
            "datetime" => ColumnKind::DateTime,
            "timestamp" => ColumnKind::Timestamp,
            "year" => ColumnKind::Year,
            "bit" => ColumnKind::Bit,
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum"
            | "set" => ColumnKind::Utf8,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
                ColumnKind::Bytes
            }
            "json" => ColumnKind::Json,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
            | "multipolygon" | "geomcollection" | "geometrycollection" => ColumnKind::Geometry,
            "vector" => ColumnKind::Vector,
            other => return Err(Error::schema(format!("unknown column type {other}"))),
        })
    }
}

#[inline]
pub fn parse(kind: ColumnKind, bytes: &[u8]) -> Result<Value<'_>> {
    Ok(match kind {
        ColumnKind::Int => Value::Int(int(bytes)?),
        ColumnKind::UInt => Value::UInt(digits(bytes, bytes)?),
        ColumnKind::Utf8 => Value::Utf8(bytes),
        ColumnKind::Decimal { scale } => Value::Decimal(decimal::parse_text(bytes, scale)?),
        ColumnKind::DateTime => Value::DateTime(datetime(bytes)?),
        ColumnKind::Timestamp => timestamp(bytes)?,
        ColumnKind::Float => Value::Float(double(bytes)? as f32),
        ColumnKind::Double => Value::Double(double(bytes)?),
        ColumnKind::Date => Value::Date(date(bytes)?),
        ColumnKind::Time => Value::Time(time(bytes)?),
        ColumnKind::Year => {
            Value::Year(u16::try_from(digits(bytes, bytes)?).map_err(|_| not_a("year", bytes))?)
        }
        ColumnKind::Bit if bytes.len() > 8 => return Err(not_a("bit field", bytes)),
        ColumnKind::Bit => Value::Bit(
            bytes
                .iter()
                .fold(0, |value, &byte| value << 8 | u64::from(byte)),
        ),
        ColumnKind::Bytes => Value::Bytes(bytes),
        ColumnKind::Json => Value::JsonText(bytes),
        ColumnKind::Geometry => Value::Geometry(bytes),
        ColumnKind::Vector => Value::Vector(bytes),
    })
}

#[cold]
fn not_a(what: &str, text: &[u8]) -> Error {
    let shown = &text[..text.len().min(80)];
    Error::corrupt(format!("{:?} is no {what}", String::from_utf8_lossy(shown)))
}

/// The number that `text`, a part of `whole`, writes in decimal.
#[inline]
fn digits(text: &[u8], whole: &[u8]) -> Result<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(not_a("number", whole));
    }
    let add = |value: u64, &byte: &u8| value.checked_mul(10)?.checked_add(u64::from(byte - b'0'));
    // 19 digits cannot overflow.
    if text.len() <= 19 {
        return Ok(text
            .iter()
            .fold(0, |value, &byte| value * 10 + u64::from(byte - b'0')));
    }
    text.iter()
        .try_fold(0, add)
        .ok_or_else(|| not_a("number of 64 bits", whole))
}

#[inline]
fn int(text: &[u8]) -> Result<i64> {
    let overflow = || not_a("signed number of 64 bits", text);
    match text.strip_prefix(b"-") {
        None => i64::try_from(digits(text, text)?).map_err(|_| overflow()),
        Some(rest) => 0_i64
            .checked_sub_unsigned(digits(rest, text)?)
            .ok_or_else(overflow),
    }
}

fn double(text: &[u8]) -> Result<f64> {
    let number = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    number.ok_or_else(|| not_a("floating-point number", text))
}

/// `YYYY-MM-DD`
#[inline]
fn date(text: &[u8]) -> Result<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else {
        return Err(not_a("date", text));
    };
    let number = |part: &[u8]| digits(part, text);
    Ok(Date {
        year: number(&[y1, y2, y3, y4])? as u16,
        month: number(&[m1, m2])? as u8,
        day: number(&[d1, d2])? as u8,
    })
}

/// Microseconds of what follows the seconds: nothing, or a point and up to six digits.
#[inline]
fn fraction(text: &[u8], whole: &[u8]) -> Result<u32> {
    match text {
        [] => Ok(0),
        [b'.', fraction @ ..] if fraction.len() <= 6 => {
            Ok(digits(fraction, whole)? as u32 * 10_u32.pow(6 - fraction.len() as u32))
        }
        _ => Err(not_a("fraction of a second", whole)),
    }
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`
#[inline]
fn datetime(text: &[u8]) -> Result<DateTime> {
    let wrong = || not_a("datetime", text);
    let (day, rest) = text.split_first_chunk::<10>().ok_or_else(wrong)?;
    let (clock, rest) = rest.split_first_chunk::<9>().ok_or_else(wrong)?;
    let [b' ', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else {
        return Err(wrong());
    };
    let number = |part: [u8; 2]| digits(&part, text).map(|value| value as u8);
    Ok(DateTime {
        date: date(day)?,
        hour: number([h1, h2])?,
        minute: number([m1, m2])?,
        second: number([s1, s2])?,
        micros: fraction(rest, text)?,
    })
}

#[inline]
fn timestamp<'a>(text: &[u8]) -> Result<Value<'a>> {
    let value = datetime(text)?;
    if temporal::is_zero_date(value.date) {
        return Ok(Value::Timestamp {
            seconds: 0,
            micros: 0,
        });
    }
    let seconds = temporal::epoch_micros(value).div_euclid(1_000_000);
    Ok(Value::Timestamp {
        seconds,
        micros: value.micros,
    })
}

/// `[-]HHH:MM:SS[.ffffff]` as microseconds.
#[inline]
fn time(text: &[u8]) -> Result<i64> {
    let wrong = || not_a("time", text);
    let (negative, clock) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let colon = clock
        .iter()
        .position(|&byte| byte == b':')
        .filter(|&at| at <= 3)
        .ok_or_else(wrong)?;
    let (hours, rest) = clock.split_at(colon);
    let (minutes_seconds, rest) = rest.split_first_chunk::<6>().ok_or_else(wrong)?;
    let [b':', m1, m2, b':', s1, s2] = *minutes_seconds else {
        return Err(wrong());
    };
    let number = |part: &[u8]| digits(part, text).map(u64::cast_signed);
    let seconds = number(hours)? * 3600 + number(&[m1, m2])? * 60 + number(&[s1, s2])?;
    let micros = seconds * 1_000_000 + i64::from(fraction(rest, text)?);
    Ok(if negative { -micros } else { micros })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_at_the_edges_read_as_written() {
        let read = |kind, text: &'static str| parse(kind, text.as_bytes()).expect("a value");
        assert_eq!(
            read(ColumnKind::Int, "-9223372036854775808"),
            Value::Int(i64::MIN)
        );
        assert_eq!(
            read(ColumnKind::UInt, "18446744073709551615"),
            Value::UInt(u64::MAX)
        );
        assert!(parse(ColumnKind::UInt, b"18446744073709551616").is_err());
        assert_eq!(
            read(ColumnKind::Time, "-838:59:58.5"),
            Value::Time(-3_020_398_500_000)
        );
        assert_eq!(read(ColumnKind::Time, "-00:00:00.000001"), Value::Time(-1));
        assert_eq!(
            read(ColumnKind::Timestamp, "2018-06-20 13:37:03.123"),
            Value::Timestamp {
                seconds: 1_529_501_823,
                micros: 123_000
            }
        );
        assert_eq!(
            read(ColumnKind::Timestamp, "0000-00-00 00:00:00"),
            Value::Timestamp {
                seconds: 0,
                micros: 0
            }
        );
        assert_eq!(
            read(ColumnKind::Date, "2020-00-00"),
            Value::Date(Date {
                year: 2020,
                month: 0,
                day: 0
            })
        );
        assert_eq!(
            read(ColumnKind::Float, "0.10000000149011612"),
            Value::Float(0.1)
        );
        assert_eq!(parse(ColumnKind::Bit, &[1, 2]), Ok(Value::Bit(258)));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(bytes in "[-0-9:. ]{0,30}|\\PC{0,30}") {
            for kind in [
                ColumnKind::Int, ColumnKind::UInt, ColumnKind::Float, ColumnKind::Date, ColumnKind::Time,
                ColumnKind::DateTime, ColumnKind::Timestamp, ColumnKind::Year, ColumnKind::Bit,
                ColumnKind::Decimal { scale: 2 },
            ] {
                let _ = parse(kind, bytes.as_bytes());
            }
        }

        #[test]
        fn ints_read_back(value in any::<i64>()) {
            let text = value.to_string();
            prop_assert_eq!(parse(ColumnKind::Int, text.as_bytes()), Ok(Value::Int(value)));
        }
    }
}
