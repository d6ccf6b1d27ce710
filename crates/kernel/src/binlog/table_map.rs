//! Which table the row events after it belong to, and its columns (`Table_map_event`, rows_event.h).

use crate::error::{Error, Result};
use crate::reader::Reader;
use crate::row::charset::Charset;

/// A table map. The optional metadata is there as the server wrote it: signedness and character sets always,
/// the rest with `binlog_row_metadata=FULL`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableMap {
    pub table_id: u64,
    pub database: String,
    pub table: String,
    /// MYSQL_TYPE_* of each column.
    pub types: Vec<u8>,
    /// The metadata bytes of each column in stream order, little-endian.
    pub meta: Vec<u32>,
    pub nullable: Vec<bool>,
    pub unsigned: Option<Vec<bool>>,
    /// Collation of each character column, and with FULL of each ENUM and SET.
    pub collations: Option<Vec<Option<u32>>>,
    pub names: Option<Vec<String>>,
    pub labels: Option<Vec<Option<Vec<String>>>>,
    pub geometry_types: Option<Vec<Option<u32>>>,
    pub primary_key: Option<Vec<u32>>,
    pub visible: Option<Vec<bool>>,
    pub dimensions: Option<Vec<Option<u32>>>,
}

mod types {
    pub const FLOAT: u8 = 4;
    pub const DOUBLE: u8 = 5;
    pub const YEAR: u8 = 13;
    pub const VARCHAR: u8 = 15;
    pub const BIT: u8 = 16;
    pub const TIMESTAMP2: u8 = 17;
    pub const TIME2: u8 = 19;
    pub const TYPED_ARRAY: u8 = 20;
    pub const VECTOR: u8 = 242;
    pub const JSON: u8 = 245;
    pub const NEWDECIMAL: u8 = 246;
    pub const ENUM: u8 = 247;
    pub const SET: u8 = 248;
    pub const TINY_BLOB: u8 = 249;
    pub const BLOB: u8 = 252;
    pub const VAR_STRING: u8 = 253;
    pub const STRING: u8 = 254;
    pub const GEOMETRY: u8 = 255;
}

impl TableMap {
    /// The id alone, to look up a map that is known already.
    #[inline]
    pub fn table_id(body: &[u8]) -> Result<u64> {
        Reader::new(body).u48()
    }

    pub fn parse(body: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let table_id = reader.u48()?;
        reader.skip(2)?; // flags
        let (database, table) = (name(&mut reader)?, name(&mut reader)?);
        let columns =
            usize::try_from(reader.lenenc()?).map_err(|_| Error::corrupt("too many columns"))?;
        let types = reader.bytes(columns)?.to_vec();
        let meta = read_meta(&types, reader.lenenc_bytes()?)?;
        let nulls = reader.bytes(columns.div_ceil(8))?;
        let nullable = (0..columns)
            .map(|index| nulls[index / 8] >> (index % 8) & 1 == 1)
            .collect();
        let mut map = TableMap {
            table_id,
            database,
            table,
            types,
            meta,
            nullable,
            ..TableMap::default()
        };
        map.read_optional(reader.rest())?;
        Ok(map)
    }

    /// What the STRING type really is: ENUM and SET hide in its metadata.
    fn real_type(&self, index: usize) -> u8 {
        match (self.types[index], (self.meta[index] & 0xFF) as u8) {
            (types::STRING, real @ (types::ENUM | types::SET)) => real,
            (kind, _) => kind,
        }
    }

    fn columns_where(&self, wanted: impl Fn(u8) -> bool) -> Vec<usize> {
        (0..self.types.len())
            .filter(|&index| wanted(self.real_type(index)))
            .collect()
    }

    /// Type, length, value triples (`Optional_metadata_field_type`); unknown types are passed over.
    fn read_optional(&mut self, bytes: &[u8]) -> Result<()> {
        let mut reader = Reader::new(bytes);
        let mut labels: Vec<Option<Vec<&[u8]>>> = vec![None; self.types.len()];
        while !reader.is_empty() {
            let field = reader.u8()?;
            let value = reader.lenenc_bytes()?;
            match field {
                1 => self.unsigned = Some(self.read_signedness(value)),
                2 => self.read_default_charset(value, is_character)?,
                3 => self.read_charsets(value, is_character)?,
                4 => self.names = Some(read_names(value)?),
                5 => read_labels(
                    value,
                    &self.columns_where(|kind| kind == types::SET),
                    &mut labels,
                )?,
                6 => read_labels(
                    value,
                    &self.columns_where(|kind| kind == types::ENUM),
                    &mut labels,
                )?,
                7 => {
                    self.geometry_types =
                        Some(self.read_numbers(value, |kind| kind == types::GEOMETRY)?)
                }
                8 => self.primary_key = Some(read_integers(value)?),
                9 => {
                    self.primary_key = Some(
                        read_integers(value)?
                            .chunks(2)
                            .map(|pair| pair[0])
                            .collect(),
                    )
                }
                10 => self.read_default_charset(value, is_label)?,
                11 => self.read_charsets(value, is_label)?,
                12 => self.visible = Some(read_bits(value, self.types.len())),
                13 => {
                    self.dimensions = Some(self.read_numbers(value, |kind| kind == types::VECTOR)?)
                }
                _ => {}
            }
        }
        if labels.iter().any(Option::is_some) {
            let decoded = labels.into_iter().enumerate().map(|(index, labels)| {
                let labels = labels?;
                Some(labels.iter().map(|label| self.text(index, label)).collect())
            });
            self.labels = Some(decoded.collect());
        }
        Ok(())
    }

    /// A label, which is in the character set of its column. Binary ones are taken for UTF-8.
    fn text(&self, column: usize, label: &[u8]) -> String {
        let collation = self.collations.as_ref().and_then(|ids| ids[column]);
        let mut text = Vec::new();
        match collation.and_then(Charset::by_collation) {
            Some(charset) => charset.write_utf8(label, &mut text),
            None => text.extend_from_slice(label),
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// A bit per numeric column, the most significant first.
    fn read_signedness(&self, value: &[u8]) -> Vec<bool> {
        let numeric = self.columns_where(is_numeric);
        let mut unsigned = vec![false; self.types.len()];
        for (bit, index) in read_bits(value, numeric.len()).into_iter().zip(numeric) {
            unsigned[index] = bit;
        }
        unsigned
    }

    /// A default collation, then (ordinal among these columns, collation) for each that differs.
    fn read_default_charset(&mut self, value: &[u8], wanted: fn(u8) -> bool) -> Result<()> {
        let integers = read_integers(value)?;
        let Some((default, exceptions)) = integers.split_first() else {
            return Ok(());
        };
        let columns = self.columns_where(wanted);
        let mut ids = vec![*default; columns.len()];
        for pair in exceptions.chunks_exact(2) {
            *ids.get_mut(pair[0] as usize)
                .ok_or_else(|| Error::corrupt("a character set of no column"))? = pair[1];
        }
        self.set_collations(&columns, &ids);
        Ok(())
    }

    fn read_charsets(&mut self, value: &[u8], wanted: fn(u8) -> bool) -> Result<()> {
        let ids = read_integers(value)?;
        let columns = self.columns_where(wanted);
        self.set_collations(&columns, &ids);
        Ok(())
    }

    fn set_collations(&mut self, columns: &[usize], ids: &[u32]) {
        let collations = self
            .collations
            .get_or_insert_with(|| vec![None; self.types.len()]);
        for (&index, &id) in columns.iter().zip(ids) {
            collations[index] = Some(id);
        }
    }

    fn read_numbers(&self, value: &[u8], wanted: impl Fn(u8) -> bool) -> Result<Vec<Option<u32>>> {
        let mut numbers = vec![None; self.types.len()];
        for (index, number) in self
            .columns_where(wanted)
            .into_iter()
            .zip(read_integers(value)?)
        {
            numbers[index] = Some(number);
        }
        Ok(numbers)
    }
}

/// Types with a signedness bit (`has_signedess_information_type`, sql/field_common_properties.h).
fn is_numeric(kind: u8) -> bool {
    matches!(kind, 0..=5 | 8 | 9 | types::YEAR | types::NEWDECIMAL)
}

/// As the server counts them: its VECTOR is a binary string.
fn is_character(kind: u8) -> bool {
    matches!(
        kind,
        types::STRING | types::VAR_STRING | types::VARCHAR | types::VECTOR | types::TINY_BLOB
            ..=types::BLOB
    )
}

fn is_label(kind: u8) -> bool {
    matches!(kind, types::ENUM | types::SET)
}

/// A length byte, the name, a NUL.
fn name(reader: &mut Reader<'_>) -> Result<String> {
    let length = usize::from(reader.u8()?);
    let name = reader.bytes(length)?;
    if reader.u8()? != 0 {
        return Err(Error::corrupt("a name has no end"));
    }
    Ok(String::from_utf8_lossy(name).into_owned())
}

/// `Field::save_field_metadata`: none, one or two bytes, by type.
fn read_meta(columns: &[u8], bytes: &[u8]) -> Result<Vec<u32>> {
    let mut reader = Reader::new(bytes);
    columns
        .iter()
        .map(|&kind| read_column_meta(kind, &mut reader))
        .collect()
}

fn read_column_meta(kind: u8, reader: &mut Reader<'_>) -> Result<u32> {
    Ok(match kind {
        types::FLOAT
        | types::DOUBLE
        | types::TIMESTAMP2..=types::TIME2
        | types::VECTOR
        | types::JSON
        | types::TINY_BLOB..=types::BLOB
        | types::GEOMETRY => u32::from(reader.u8()?),
        types::VARCHAR
        | types::BIT
        | types::NEWDECIMAL
        | types::ENUM
        | types::SET
        | types::VAR_STRING
        | types::STRING => u32::from(reader.u16()?),
        types::TYPED_ARRAY => {
            let element = reader.u8()?;
            if element == types::TYPED_ARRAY {
                return Err(Error::corrupt("an array of arrays"));
            }
            u32::from(element) | read_column_meta(element, reader)? << 8
        }
        _ => 0,
    })
}

fn read_bits(value: &[u8], count: usize) -> Vec<bool> {
    (0..count)
        .map(|index| {
            value
                .get(index / 8)
                .is_some_and(|byte| byte << (index % 8) & 0x80 != 0)
        })
        .collect()
}

fn read_integers(value: &[u8]) -> Result<Vec<u32>> {
    let mut reader = Reader::new(value);
    let mut integers = Vec::new();
    while !reader.is_empty() {
        integers.push(
            u32::try_from(reader.lenenc()?)
                .map_err(|_| Error::corrupt("a number beyond 32 bits"))?,
        );
    }
    Ok(integers)
}

fn read_names(value: &[u8]) -> Result<Vec<String>> {
    let mut reader = Reader::new(value);
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(String::from_utf8_lossy(reader.lenenc_bytes()?).into_owned());
    }
    Ok(names)
}

/// For each column a count, then its labels.
fn read_labels<'a>(
    value: &'a [u8],
    columns: &[usize],
    labels: &mut [Option<Vec<&'a [u8]>>],
) -> Result<()> {
    let mut reader = Reader::new(value);
    for &index in columns {
        let count = reader.lenenc()?;
        labels[index] = Some(
            (0..count)
                .map(|_| reader.lenenc_bytes())
                .collect::<Result<_>>()?,
        );
    }
    Ok(())
}
