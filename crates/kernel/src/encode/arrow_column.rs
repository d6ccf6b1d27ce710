//! One MySQL column as one Arrow column.
//!
//! TIME is a duration (it may be negative and beyond a day); zero dates are null; ENUM, SET and JSON are text;
//! geometry is MySQL's own form (4-byte SRID, WKB).

use super::plan::{ColumnSpec, ColumnType, PlanColumn};
use crate::error::{Error, Result};
use crate::row::value::Value;
use crate::row::{jsonb, temporal};
use arrow_array::ArrayRef;
use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder,
    Decimal256Builder, DurationMicrosecondBuilder, Float32Builder, Float64Builder, Int8Builder,
    Int16Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
    TimestampMicrosecondBuilder, UInt8Builder, UInt16Builder, UInt32Builder, UInt64Builder,
};
use arrow_buffer::i256;
use arrow_schema::{DataType, Field, TimeUnit};
use std::sync::Arc;

macro_rules! column_builder {
    ($($variant:ident($builder:ty)),* $(,)?) => {
        pub enum ColumnBuilder {
            $($variant($builder),)*
            Text(StringBuilder, Vec<u8>),
            Vector(ListBuilder<Float32Builder>),
        }

        impl ColumnBuilder {
            pub fn append_nulls(&mut self, count: usize) {
                match self {
                    $(ColumnBuilder::$variant(builder) => builder.append_nulls(count),)*
                    ColumnBuilder::Text(builder, _) => builder.append_nulls(count),
                    ColumnBuilder::Vector(builder) => (0..count).for_each(|_| builder.append_null()),
                }
            }

            pub fn finish(&mut self) -> ArrayRef {
                match self {
                    $(ColumnBuilder::$variant(builder) => Arc::new(builder.finish()),)*
                    ColumnBuilder::Text(builder, _) => Arc::new(builder.finish()),
                    ColumnBuilder::Vector(builder) => Arc::new(ArrayBuilder::finish(builder)),
                }
            }
        }
    };
}

column_builder! {
    Bool(BooleanBuilder),
    I8(Int8Builder),
    I16(Int16Builder),
    I32(Int32Builder),
    I64(Int64Builder),
    U8(UInt8Builder),
    U16(UInt16Builder),
    U32(UInt32Builder),
    U64(UInt64Builder),
    F32(Float32Builder),
    F64(Float64Builder),
    Decimal(Decimal128Builder),
    BigDecimal(Decimal256Builder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Duration(DurationMicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
}

/// Arrow's limit for Decimal128.
const DECIMAL128_DIGITS: u8 = 38;

impl ColumnBuilder {
    pub fn new(kind: &ColumnType, spec: &ColumnSpec) -> Self {
        use ColumnBuilder as B;
        match kind {
            ColumnType::Int => match (spec.data_type.as_str(), spec.unsigned) {
                ("tinyint", false) => B::I8(Int8Builder::new()),
                ("tinyint", true) => B::U8(UInt8Builder::new()),
                ("smallint", false) => B::I16(Int16Builder::new()),
                ("smallint", true) => B::U16(UInt16Builder::new()),
                ("bigint", _) => B::I64(Int64Builder::new()),
                (_, false) => B::I32(Int32Builder::new()),
                (_, true) => B::U32(UInt32Builder::new()),
            },
            ColumnType::UnsignedBig => B::U64(UInt64Builder::new()),
            ColumnType::Bit { bits: 1 } => B::Bool(BooleanBuilder::new()),
            ColumnType::Bit { .. } => B::U64(UInt64Builder::new()),
            ColumnType::Float => B::F32(Float32Builder::new()),
            ColumnType::Double => B::F64(Float64Builder::new()),
            ColumnType::Decimal { precision, scale } if *precision <= DECIMAL128_DIGITS => {
                let data_type = DataType::Decimal128(*precision, scale.cast_signed());
                B::Decimal(Decimal128Builder::new().with_data_type(data_type))
            }
            ColumnType::Decimal { precision, scale } => {
                let data_type = DataType::Decimal256(*precision, scale.cast_signed());
                B::BigDecimal(Decimal256Builder::new().with_data_type(data_type))
            }
            ColumnType::Text(_) | ColumnType::Enum | ColumnType::Set | ColumnType::Json => {
                B::Text(StringBuilder::new(), Vec::new())
            }
            ColumnType::Bytes { .. } | ColumnType::Point | ColumnType::Geometry => {
                B::Bytes(BinaryBuilder::new())
            }
            ColumnType::Date => B::Date(Date32Builder::new()),
            ColumnType::Time { .. } => B::Duration(DurationMicrosecondBuilder::new()),
            ColumnType::DateTime { .. } => B::Timestamp(TimestampMicrosecondBuilder::new()),
            ColumnType::Timestamp { .. } => {
                B::Timestamp(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
            ColumnType::Year => B::U16(UInt16Builder::new()),
            ColumnType::Vector => B::Vector(ListBuilder::new(Float32Builder::new())),
        }
    }

    pub fn data_type(&self, kind: &ColumnType) -> DataType {
        use ColumnBuilder as B;
        match self {
            B::Bool(_) => DataType::Boolean,
            B::I8(_) => DataType::Int8,
            B::I16(_) => DataType::Int16,
            B::I32(_) => DataType::Int32,
            B::I64(_) => DataType::Int64,
            B::U8(_) => DataType::UInt8,
            B::U16(_) => DataType::UInt16,
            B::U32(_) => DataType::UInt32,
            B::U64(_) => DataType::UInt64,
            B::F32(_) => DataType::Float32,
            B::F64(_) => DataType::Float64,
            B::Decimal(_) | B::BigDecimal(_) => match *kind {
                ColumnType::Decimal { precision, scale } if precision <= DECIMAL128_DIGITS => {
                    DataType::Decimal128(precision, scale.cast_signed())
                }
                ColumnType::Decimal { precision, scale } => {
                    DataType::Decimal256(precision, scale.cast_signed())
                }
                _ => DataType::Null,
            },
            B::Text(..) => DataType::Utf8,
            B::Bytes(_) => DataType::Binary,
            B::Date(_) => DataType::Date32,
            B::Duration(_) => DataType::Duration(TimeUnit::Microsecond),
            B::Timestamp(_) => {
                let zone = matches!(kind, ColumnType::Timestamp { .. }).then(|| "UTC".into());
                DataType::Timestamp(TimeUnit::Microsecond, zone)
            }
            B::Vector(_) => {
                DataType::List(Arc::new(Field::new_list_field(DataType::Float32, true)))
            }
        }
    }

    /// Appends one value; returns about how many bytes it takes.
    #[inline]
    pub fn append(&mut self, column: &PlanColumn, value: Value<'_>) -> Result<usize> {
        use ColumnBuilder as B;
        match (self, value) {
            (builder, Value::Null | Value::Absent) => builder.append_nulls(1),
            (B::I8(b), Value::Int(v)) => b.append_value(narrow(v)?),
            (B::I16(b), Value::Int(v)) => b.append_value(narrow(v)?),
            (B::I32(b), Value::Int(v)) => b.append_value(narrow(v)?),
            (B::I64(b), Value::Int(v)) => b.append_value(v),
            (B::U8(b), Value::UInt(v)) => b.append_value(narrow(v)?),
            (B::U16(b), Value::UInt(v)) => b.append_value(narrow(v)?),
            (B::U32(b), Value::UInt(v)) => b.append_value(narrow(v)?),
            (B::U64(b), Value::UInt(v) | Value::Bit(v)) => b.append_value(v),
            (B::U16(b), Value::Year(v)) => b.append_value(v),
            (B::Bool(b), Value::Bit(v)) => b.append_value(v != 0),
            (B::F32(b), Value::Float(v)) => b.append_value(v),
            (B::F64(b), Value::Double(v)) => b.append_value(v),
            (B::Decimal(b), Value::Decimal(v)) => {
                let unscaled = v
                    .unscaled_i128()
                    .ok_or_else(|| Error::schema("a decimal beyond its precision"))?;
                b.append_value(unscaled);
            }
            (B::BigDecimal(b), Value::Decimal(v)) => {
                let mut buffer = [0; 28];
                b.append_value(sign_extended(v.unscaled_be_bytes(&mut buffer)));
            }
            (B::Date(b), Value::Date(v)) if temporal::is_zero_date(v) => b.append_null(),
            (B::Date(b), Value::Date(v)) => b.append_value(temporal::days_from_civil(v)),
            (B::Duration(b), Value::Time(v)) => b.append_value(v),
            (B::Timestamp(b), Value::DateTime(v)) if temporal::is_zero_date(v.date) => {
                b.append_null()
            }
            (B::Timestamp(b), Value::DateTime(v)) => b.append_value(temporal::epoch_micros(v)),
            (
                B::Timestamp(b),
                Value::Timestamp {
                    seconds: 0,
                    micros: 0,
                },
            ) => b.append_null(),
            (B::Timestamp(b), Value::Timestamp { seconds, micros }) => {
                b.append_value(seconds * 1_000_000 + i64::from(micros));
            }
            (B::Bytes(b), Value::Bytes(v)) => return Ok(append_bytes(b, &column.kind, v)),
            (B::Bytes(b), Value::Geometry(v)) => {
                b.append_value(v);
                return Ok(v.len());
            }
            (B::Vector(b), Value::Vector(v)) => {
                for element in v.as_chunks::<4>().0 {
                    b.values().append_value(f32::from_le_bytes(*element));
                }
                b.append(true);
                return Ok(v.len());
            }
            (B::Text(b, scratch), value) => return append_text(b, scratch, column, value),
            (_, value) => {
                return Err(Error::schema(format!(
                    "a {:?} column cannot hold {value:?}",
                    column.kind
                )));
            }
        }
        Ok(8)
    }
}

fn narrow<W: TryInto<N>, N>(value: W) -> Result<N> {
    value
        .try_into()
        .map_err(|_| Error::schema("an integer beyond its column's type"))
}

fn sign_extended(bytes: &[u8]) -> i256 {
    let fill = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        0xFF
    } else {
        0
    };
    let mut wide = [fill; 32];
    wide[32 - bytes.len()..].copy_from_slice(bytes);
    i256::from_be_bytes(wide)
}

fn append_bytes(builder: &mut BinaryBuilder, kind: &ColumnType, value: &[u8]) -> usize {
    match *kind {
        ColumnType::Bytes { pad } if value.len() < pad => {
            let mut padded = value.to_vec();
            padded.resize(pad, 0);
            builder.append_value(&padded);
            pad
        }
        _ => {
            builder.append_value(value);
            value.len()
        }
    }
}

fn append_text(
    builder: &mut StringBuilder,
    scratch: &mut Vec<u8>,
    column: &PlanColumn,
    value: Value<'_>,
) -> Result<usize> {
    // Labels are text already; all else is checked to be.
    match (&column.kind, value) {
        (ColumnType::Enum, Value::Enum(0)) => {
            builder.append_value("");
            return Ok(0);
        }
        (ColumnType::Enum, Value::Enum(index)) => {
            let label = label(column, usize::from(index) - 1)?;
            builder.append_value(label);
            return Ok(label.len());
        }
        _ => {}
    }
    scratch.clear();
    let bytes: &[u8] = match (&column.kind, value) {
        (_, Value::Utf8(v) | Value::JsonText(v)) => v,
        (ColumnType::Text(charset), Value::Text(v)) if charset.is_utf8() => v,
        (ColumnType::Text(charset), Value::Text(v)) => {
            charset.write_utf8(v, scratch);
            scratch
        }
        (ColumnType::Json, Value::JsonBinary(v)) => {
            jsonb::write_text(v, scratch)?;
            scratch
        }
        (ColumnType::Json, Value::JsonDiff { base, diffs }) => {
            jsonb::write_text_with_diffs(base, diffs, scratch)?;
            scratch
        }
        (ColumnType::Set, Value::Set(bits)) => {
            for index in (0..64).filter(|index| bits >> index & 1 == 1) {
                if !scratch.is_empty() {
                    scratch.push(b',');
                }
                scratch.extend_from_slice(label(column, index)?.as_bytes());
            }
            scratch
        }
        (kind, value) => {
            return Err(Error::schema(format!(
                "a {kind:?} column cannot hold {value:?}"
            )));
        }
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => builder.append_value(text),
        Err(_) => builder.append_value(String::from_utf8_lossy(bytes)),
    }
    Ok(bytes.len())
}

fn label(column: &PlanColumn, index: usize) -> Result<&str> {
    let labels = &column.spec.labels;
    let label = labels
        .get(index)
        .ok_or_else(|| Error::schema(format!("label {index} of {}", labels.len())))?;
    Ok(label)
}
