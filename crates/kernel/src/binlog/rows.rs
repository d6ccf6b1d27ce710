//! Row events up to their rows (`Rows_event`, rows_event.h): which table, which columns.

use super::header::EventType;
use crate::error::{Error, Result};
use crate::reader::Reader;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsKind {
    Write,
    Update,
    Delete,
    PartialUpdate,
}

#[derive(Debug, Clone, Copy)]
pub struct RowsEvent<'a> {
    pub kind: RowsKind,
    pub table_id: u64,
    pub flags: u16,
    pub columns: usize,
    /// Bit per column: in the first image (the only one of writes and deletes).
    pub before: &'a [u8],
    /// Bit per column: in an update's after-image; empty otherwise.
    pub after: &'a [u8],
    /// The rows.
    pub data: &'a [u8],
}

impl<'a> RowsEvent<'a> {
    pub fn parse(event: EventType, body: &'a [u8]) -> Result<Self> {
        use EventType as T;
        let (kind, extra) = match event {
            T::WriteRows => (RowsKind::Write, true),
            T::UpdateRows => (RowsKind::Update, true),
            T::DeleteRows => (RowsKind::Delete, true),
            T::PartialUpdateRows => (RowsKind::PartialUpdate, true),
            T::WriteRowsV1 => (RowsKind::Write, false),
            T::UpdateRowsV1 => (RowsKind::Update, false),
            T::DeleteRowsV1 => (RowsKind::Delete, false),
            other => return Err(Error::invalid(format!("{} is no row event", other.name()))),
        };
        let mut reader = Reader::new(body);
        let table_id = reader.u48()?;
        let flags = reader.u16()?;
        if extra {
            // Extra row information (NDB, partition ids); the length counts its own two bytes.
            let length = usize::from(reader.u16()?);
            reader.skip(
                length
                    .checked_sub(2)
                    .ok_or_else(|| Error::corrupt("extra row data shorter than its length"))?,
            )?;
        }
        let columns =
            usize::try_from(reader.lenenc()?).map_err(|_| Error::corrupt("too many columns"))?;
        // MAX_FIELDS, sql/sql_const.h.
        if columns > 4096 {
            return Err(Error::corrupt(format!("{columns} columns")));
        }
        let before = reader.bytes(columns.div_ceil(8))?;
        let after = match kind {
            RowsKind::Update | RowsKind::PartialUpdate => reader.bytes(columns.div_ceil(8))?,
            RowsKind::Write | RowsKind::Delete => &[],
        };
        Ok(RowsEvent {
            kind,
            table_id,
            flags,
            columns,
            before,
            after,
            data: reader.rest(),
        })
    }
}
