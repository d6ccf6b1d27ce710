//! Reads values of binary JSON, every offset checked.

use crate::error::{Error, Result};
use crate::reader::Reader;

#[derive(Debug, Clone, Copy)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    String(&'a [u8]),
    /// A MYSQL_TYPE_* and its bytes.
    Opaque(u8, &'a [u8]),
    Array(Container<'a>),
    Object(Container<'a>),
}

/// How many bytes may still be read. Values of a sound document do not overlap, so reading all of them reads at most the
/// document; offsets that share bytes, which could make the text grow exponentially, run out of budget instead.
#[derive(Debug)]
pub struct Budget(usize);

impl Budget {
    pub fn of(document: &[u8]) -> Self {
        Budget(document.len())
    }

    #[inline]
    fn spend(&mut self, bytes: usize) -> Result<()> {
        self.0 = self
            .0
            .checked_sub(bytes)
            .ok_or_else(|| Error::corrupt("JSON values that overlap"))?;
        Ok(())
    }
}

/// Count, size, key entries (objects), value entries; then keys and values at offsets from the start.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    bytes: &'a [u8],
    count: usize,
    large: bool,
    object: bool,
}

impl<'a> Json<'a> {
    pub fn document(binary: &'a [u8], budget: &mut Budget) -> Result<Self> {
        match binary.split_first() {
            None => Ok(Json::Null),
            Some((&kind, bytes)) => {
                budget.spend(1)?;
                Self::read(kind, bytes, budget)
            }
        }
    }

    #[inline]
    fn read(kind: u8, bytes: &'a [u8], budget: &mut Budget) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let value = match kind {
            0x00..=0x03 => {
                let container = Container::read(bytes, kind & 1 == 1, kind < 2)?;
                budget.spend(container.header())?;
                return Ok(if kind < 2 {
                    Json::Object(container)
                } else {
                    Json::Array(container)
                });
            }
            0x04 => literal(r.u8()?)?,
            0x05 => Json::Int(i64::from(r.u16()?.cast_signed())),
            0x06 => Json::UInt(u64::from(r.u16()?)),
            0x07 => Json::Int(i64::from(r.u32()?.cast_signed())),
            0x08 => Json::UInt(u64::from(r.u32()?)),
            0x09 => Json::Int(r.u64()?.cast_signed()),
            0x0A => Json::UInt(r.u64()?),
            0x0B => Json::Double(f64::from_bits(r.u64()?)),
            0x0C => Json::String(variable(&mut r)?),
            0x0F => Json::Opaque(r.u8()?, variable(&mut r)?),
            other => return Err(Error::corrupt(format!("{other:#04x} is no JSON type"))),
        };
        budget.spend(bytes.len() - r.len())?;
        Ok(value)
    }
}

fn literal(byte: u8) -> Result<Json<'static>> {
    match byte {
        0 => Ok(Json::Null),
        1 => Ok(Json::Bool(true)),
        2 => Ok(Json::Bool(false)),
        other => Err(Error::corrupt(format!("{other} is no JSON literal"))),
    }
}

/// Bytes after a length of seven bits a byte, the low ones first, the top bit set on all but the last.
#[inline]
fn variable<'a>(r: &mut Reader<'a>) -> Result<&'a [u8]> {
    let mut length = 0_u64;
    for shift in (0..35).step_by(7) {
        let byte = r.u8()?;
        length |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return r.bytes(usize::try_from(length).unwrap_or(usize::MAX));
        }
    }
    Err(Error::corrupt("a JSON length of more than 5 bytes"))
}

impl<'a> Container<'a> {
    fn read(bytes: &'a [u8], large: bool, object: bool) -> Result<Self> {
        let width = if large { 4 } else { 2 };
        let mut r = Reader::new(bytes);
        let (count, size) = (r.uint(width)? as usize, r.uint(width)? as usize);
        let Some(bytes) = bytes.get(..size) else {
            return Err(Error::truncated(size, bytes.len()));
        };
        let container = Container {
            bytes,
            count,
            large,
            object,
        };
        if container.header() > size {
            return Err(Error::corrupt(format!(
                "{count} JSON elements in {size} bytes"
            )));
        }
        Ok(container)
    }

    #[inline]
    fn width(&self) -> usize {
        if self.large { 4 } else { 2 }
    }

    fn key_entries(&self) -> usize {
        if self.object {
            self.count.saturating_mul(self.width() + 2)
        } else {
            0
        }
    }

    /// Bytes before the first key or value.
    fn header(&self) -> usize {
        (2 * self.width())
            .saturating_add(self.key_entries())
            .saturating_add(self.count.saturating_mul(self.width() + 1))
    }

    pub fn count(&self) -> usize {
        self.count
    }

    #[inline]
    fn at(&self, offset: usize) -> Result<Reader<'a>> {
        self.bytes
            .get(offset..)
            .map(Reader::new)
            .ok_or_else(|| Error::corrupt("a JSON offset outside its container"))
    }

    #[inline]
    pub fn key(&self, index: usize, budget: &mut Budget) -> Result<&'a [u8]> {
        let mut entry = self.at(2 * self.width() + index * (self.width() + 2))?;
        let (offset, length) = (
            entry.uint(self.width())? as usize,
            usize::from(entry.u16()?),
        );
        budget.spend(length)?;
        self.at(offset)?.bytes(length)
    }

    #[inline]
    pub fn value(&self, index: usize, budget: &mut Budget) -> Result<Json<'a>> {
        let mut entry =
            self.at(2 * self.width() + self.key_entries() + index * (self.width() + 1))?;
        let kind = entry.u8()?;
        // Small scalars stand in the entry itself; the header has paid for them.
        let inline = match kind {
            0x04..=0x06 => true,
            0x07 | 0x08 => self.large,
            _ => false,
        };
        if inline {
            return Json::read(kind, entry.rest(), &mut Budget(4));
        }
        let offset = entry.uint(self.width())? as usize;
        Json::read(kind, self.at(offset)?.rest(), budget)
    }
}
