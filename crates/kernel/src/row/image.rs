//! One column of a row image to a value.

use super::decimal::Decimal;
use super::temporal;
use super::value::Value;
use super::wire::WireType;
use crate::error::{Error, Result};
use crate::reader::Reader;

// Called once, in the loop over columns: the value is made where it will stay.
#[inline(always)]
pub fn decode<'a>(wire: WireType, r: &mut Reader<'a>) -> Result<Value<'a>> {
    Ok(match wire {
        WireType::Int { bytes, unsigned } => int(bytes, unsigned, r)?,
        WireType::Text { prefix } => Value::Text(prefixed(prefix, r)?),
        WireType::Decimal { precision, scale } => {
            Value::Decimal(Decimal::read_packed(precision, scale, r)?)
        }
        WireType::DateTime { fsp } => Value::DateTime(temporal::read_datetime(fsp, r)?),
        WireType::Timestamp { fsp } => {
            let seconds = i64::from(r.u32_be()?);
            Value::Timestamp {
                seconds,
                micros: temporal::read_fraction(fsp, r)?,
            }
        }
        WireType::Enum { bytes: 1 } => Value::Enum(u16::from(r.u8()?)),
        WireType::Enum { .. } => Value::Enum(r.u16()?),
        WireType::Json { prefix } => Value::JsonBinary(prefixed(prefix, r)?),
        WireType::Double => Value::Double(f64::from_le_bytes(r.array()?)),
        WireType::Float => Value::Float(f32::from_le_bytes(r.array()?)),
        WireType::Bytes { prefix } => Value::Bytes(prefixed(prefix, r)?),
        WireType::Date => Value::Date(temporal::unpack_date(r.u24()?)),
        WireType::Time { fsp } => Value::Time(temporal::read_time(fsp, r)?),
        WireType::Set { bytes } => Value::Set(r.uint(usize::from(bytes.min(8)))?),
        WireType::Bit { bytes } => Value::Bit(r.uint_be(usize::from(bytes.min(8)))?),
        // 0 is the year 0000, other values count from 1900.
        WireType::Year => match r.u8()? {
            0 => Value::Year(0),
            year => Value::Year(1900 + u16::from(year)),
        },
        WireType::Geometry { prefix } => Value::Geometry(prefixed(prefix, r)?),
        WireType::Vector { prefix } => Value::Vector(prefixed(prefix, r)?),
        WireType::OldTime => Value::Time(temporal::old_time(r.u24()?)),
        WireType::OldDateTime => Value::DateTime(temporal::old_datetime(r.u64()?)?),
        WireType::OldTimestamp => Value::Timestamp {
            seconds: i64::from(r.u32()?),
            micros: 0,
        },
    })
}

#[inline]
fn int<'a>(bytes: u8, unsigned: bool, r: &mut Reader<'a>) -> Result<Value<'a>> {
    Ok(match (bytes, unsigned) {
        (1, false) => Value::Int(i64::from(r.u8()?.cast_signed())),
        (1, true) => Value::UInt(u64::from(r.u8()?)),
        (2, false) => Value::Int(i64::from(r.u16()?.cast_signed())),
        (2, true) => Value::UInt(u64::from(r.u16()?)),
        // The sign of 24 bits is carried up by a shift.
        (3, false) => Value::Int(i64::from((r.u24()? << 8).cast_signed() >> 8)),
        (3, true) => Value::UInt(u64::from(r.u24()?)),
        (4, false) => Value::Int(i64::from(r.u32()?.cast_signed())),
        (4, true) => Value::UInt(u64::from(r.u32()?)),
        (8, false) => Value::Int(r.u64()?.cast_signed()),
        (8, true) => Value::UInt(r.u64()?),
        _ => return Err(Error::unsupported(format!("an integer of {bytes} bytes"))),
    })
}

#[inline]
fn prefixed<'a>(prefix: u8, r: &mut Reader<'a>) -> Result<&'a [u8]> {
    let length = match prefix {
        1 => usize::from(r.u8()?),
        2 => usize::from(r.u16()?),
        3 => r.u24()? as usize,
        _ => r.u32()? as usize,
    };
    r.bytes(length)
}
