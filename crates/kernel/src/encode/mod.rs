//! Values to bytes: a `Plan` describes a table version once, the encoders run it per row.
//!
//! `encoding` is how Python describes a table's events, `plan` and `json_plan` compile that; `json` writes events and
//! their records, `json_value` a value; `envelope` holds the parts of an event that are the same for every row of one
//! binlog event; `arrow` writes columns instead; `batch` is what leaves the kernel.

pub mod arrow;
mod arrow_column;
pub mod batch;
pub mod encoding;
pub mod envelope;
mod form;
pub mod identity;
pub mod json;
pub mod json_plan;
mod json_value;
mod mask;
pub mod plan;
pub mod record;
mod transaction;
mod unwrap;

use crate::error::Result;
use crate::row::value::Value;
use arrow::ArrowEncoder;
use batch::{Batch, Operation};
use envelope::{Envelope, Format, Source};
use json::JsonEncoder;
use plan::{Plan, TableName};
use std::sync::Arc;

/// A change of one row, images borrowed from the binlog event or the result-set row.
#[derive(Debug, Clone, Copy)]
pub enum Change<'v, 'a> {
    Insert(&'v [Value<'a>]),
    Update {
        before: &'v [Value<'a>],
        after: &'v [Value<'a>],
    },
    Delete(&'v [Value<'a>]),
    /// A row of a snapshot.
    Read(&'v [Value<'a>]),
}

impl Change<'_, '_> {
    pub fn operation(&self) -> Operation {
        match self {
            Change::Insert(_) => Operation::Insert,
            Change::Update { .. } => Operation::Update,
            Change::Delete(_) => Operation::Delete,
            Change::Read(_) => Operation::Read,
        }
    }
}

/// The encoding of a capture.
pub enum Encoder {
    Json(Box<JsonEncoder>),
    Arrow(ArrowEncoder),
}

impl Encoder {
    pub fn new(envelope: &Arc<Envelope>) -> Self {
        match envelope.format {
            Format::Json => Encoder::Json(Box::new(JsonEncoder::new(Arc::clone(envelope)))),
            Format::Arrow => Encoder::Arrow(ArrowEncoder::default()),
        }
    }

    /// Starts the rows of one binlog event (or one result set): what all of them share.
    pub fn begin(&mut self, plan: &Arc<Plan>, source: &Source<'_>) {
        match self {
            Encoder::Json(encoder) => encoder.begin(plan, source),
            Encoder::Arrow(encoder) => encoder.begin(plan, source),
        }
    }

    /// Encodes one change; an update of the key is two events in JSON.
    #[inline]
    pub fn change(&mut self, plan: &Plan, row: u32, change: Change<'_, '_>) -> Result<()> {
        match self {
            Encoder::Json(encoder) => encoder.change(plan, row, change),
            Encoder::Arrow(encoder) => encoder.change(row, change),
        }
    }

    /// The encoder that takes values one by one (`JsonEncoder::stream`), if this one does.
    #[inline]
    pub fn streaming(&mut self) -> Option<&mut JsonEncoder> {
        match self {
            Encoder::Json(encoder) if encoder.can_stream() => Some(encoder),
            _ => None,
        }
    }

    /// Reuses the memory of a batch that is done with, if there is none at hand.
    pub fn recycle(&mut self, buffer: impl FnOnce() -> Vec<u8>) {
        match self {
            Encoder::Json(encoder) => encoder.recycle(buffer),
            Encoder::Arrow(_) => {}
        }
    }

    /// Bytes held, to be compared with the batch limit.
    #[inline]
    pub fn size(&self) -> usize {
        match self {
            Encoder::Json(encoder) => encoder.size(),
            Encoder::Arrow(encoder) => encoder.size(),
        }
    }

    pub fn rows(&self) -> u64 {
        match self {
            Encoder::Json(encoder) => encoder.rows(),
            Encoder::Arrow(encoder) => encoder.rows(),
        }
    }

    /// Updates without a change that were left out (`Envelope::skip_unchanged`), since the beginning.
    pub fn unchanged(&self) -> u64 {
        match self {
            Encoder::Json(encoder) => encoder.unchanged(),
            Encoder::Arrow(_) => 0,
        }
    }

    /// Records so far, where records are kept in parts.
    pub fn records(&self) -> usize {
        match self {
            Encoder::Json(encoder) => encoder.records(),
            Encoder::Arrow(_) => 0,
        }
    }

    /// The rows that follow are of the transaction of this id.
    pub fn begin_transaction(&mut self, id: impl FnOnce() -> String) {
        if let Encoder::Json(encoder) = self {
            encoder.begin_transaction(id);
        }
    }

    /// A row that came out on an earlier connection.
    pub fn pass_over(&mut self, table: &Arc<TableName>) {
        if let Encoder::Json(encoder) = self {
            encoder.pass_over(table);
        }
    }

    /// The transaction that began is rolled back.
    pub fn drop_transaction(&mut self) {
        if let Encoder::Json(encoder) = self {
            encoder.drop_transaction();
        }
    }

    /// The transaction that began is whole.
    pub fn end_transaction(&mut self, timestamp_us: u64) {
        if let Encoder::Json(encoder) = self {
            encoder.end_transaction(timestamp_us);
        }
    }

    /// Everything encoded so far belongs to whole transactions.
    pub fn mark_commit(&mut self) {
        if let Encoder::Arrow(encoder) = self {
            encoder.mark_commit();
        }
    }

    /// Hands out what was encoded and starts anew.
    pub fn take(&mut self) -> Result<Batch> {
        match self {
            Encoder::Json(encoder) => Ok(encoder.take()),
            Encoder::Arrow(encoder) => encoder.take(),
        }
    }
}
