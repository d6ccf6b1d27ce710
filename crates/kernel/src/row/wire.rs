//! How the binlog stores a column: its MYSQL_TYPE and metadata, compiled (`Field::pack`, sql/field.cc).

use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireType {
    /// 1, 2, 3, 4 or 8 bytes, little-endian.
    Int {
        bytes: u8,
        unsigned: bool,
    },
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    /// A length of `prefix` bytes, then the text.
    Text {
        prefix: u8,
    },
    Bytes {
        prefix: u8,
    },
    Json {
        prefix: u8,
    },
    Geometry {
        prefix: u8,
    },
    Vector {
        prefix: u8,
    },
    Enum {
        bytes: u8,
    },
    Set {
        bytes: u8,
    },
    Bit {
        bytes: u8,
    },
    Year,
    Date,
    Time {
        fsp: u8,
    },
    DateTime {
        fsp: u8,
    },
    Timestamp {
        fsp: u8,
    },
    /// Before 5.6.4, and kept by tables that were never rebuilt.
    OldTime,
    OldDateTime,
    OldTimestamp,
}

impl WireType {
    /// `meta`: the metadata bytes in stream order, little-endian. `binary`: the column has no character set.
    pub fn new(kind: u8, meta: u32, unsigned: bool, binary: bool) -> Result<Self> {
        let [first, second, ..] = meta.to_le_bytes();
        let prefix = |limit: u32| if limit > 255 { 2 } else { 1 };
        let text = |prefix| {
            if binary {
                WireType::Bytes { prefix }
            } else {
                WireType::Text { prefix }
            }
        };
        let fsp = || {
            if first <= 6 {
                Ok(first)
            } else {
                Err(Error::corrupt(format!("{first} fractional digits")))
            }
        };
        let length_bytes = || match first {
            1..=4 => Ok(first),
            other => Err(Error::corrupt(format!("a length of {other} bytes"))),
        };
        Ok(match kind {
            1 => WireType::Int { bytes: 1, unsigned },
            2 => WireType::Int { bytes: 2, unsigned },
            3 => WireType::Int { bytes: 4, unsigned },
            8 => WireType::Int { bytes: 8, unsigned },
            9 => WireType::Int { bytes: 3, unsigned },
            4 => WireType::Float,
            5 => WireType::Double,
            7 => WireType::OldTimestamp,
            10 | 14 => WireType::Date,
            11 => WireType::OldTime,
            12 => WireType::OldDateTime,
            13 => WireType::Year,
            15 | 253 => text(prefix(meta & 0xFFFF)),
            16 => WireType::Bit {
                bytes: second.saturating_add(u8::from(first > 0)),
            },
            17 => WireType::Timestamp { fsp: fsp()? },
            18 => WireType::DateTime { fsp: fsp()? },
            19 => WireType::Time { fsp: fsp()? },
            20 => WireType::Json { prefix: 4 },
            242 => WireType::Vector {
                prefix: length_bytes()?,
            },
            244 => WireType::Int { bytes: 1, unsigned },
            245 => WireType::Json {
                prefix: length_bytes()?,
            },
            246 if (1..=65).contains(&first) && second <= 30 && second <= first => {
                WireType::Decimal {
                    precision: first,
                    scale: second,
                }
            }
            247 => WireType::Enum { bytes: second },
            248 => WireType::Set { bytes: second },
            249..=252 => text(length_bytes()?),
            // The first byte is the real type; of a long CHAR it also holds two bits of the length, inverted.
            254 => match first {
                247 => WireType::Enum { bytes: second },
                248 => WireType::Set { bytes: second },
                _ => {
                    let high = (u32::from(first) & 0x30) ^ 0x30;
                    text(prefix(high << 4 | u32::from(second)))
                }
            },
            255 => WireType::Geometry {
                prefix: length_bytes()?,
            },
            other => {
                return Err(Error::unsupported(format!(
                    "column type {other} with metadata {meta:#x}"
                )));
            }
        })
    }

    #[inline]
    pub fn is_json(self) -> bool {
        matches!(self, WireType::Json { .. })
    }
}
