//! Values to bytes: a `Plan` describes a table version once, the encoders run it per row.
//!
//! `plan` compiles columns; `json` writes Debezium-format lines; `envelope` holds the parts of a line that are
//! the same for every row of one binlog event; `batch` is what leaves the kernel.

pub mod arrow;
mod arrow_column;
pub mod batch;
pub mod envelope;
pub mod json;
pub mod plan;

use crate::error::Result;
use crate::row::value::Value;
use arrow::ArrowEncoder;
use batch::Batch;
use envelope::{Envelope, Format, Source};
use json::JsonEncoder;
use plan::Plan;
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

/// The encoding of a capture.
pub enum Encoder {
    Json(JsonEncoder),
    Arrow(ArrowEncoder),
}

impl Encoder {
    pub fn new(envelope: &Arc<Envelope>) -> Self {
        match envelope.format {
            Format::Json => Encoder::Json(JsonEncoder::new(Arc::clone(envelope))),
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
            Encoder::Json(encoder) if !encoder.has_keys() => Some(encoder),
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
