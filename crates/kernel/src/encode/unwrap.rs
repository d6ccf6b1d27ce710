//! Rows without the envelope: Debezium's ExtractNewRecordState, compiled.

use super::batch::Operation;
use super::encoding::UnwrapSpec;
use super::envelope::{Envelope, Source};
use super::plan::{TableName, field_prefix};
use crate::error::{Error, Result};
use crate::json_text::{write_int, write_string, write_uint};

/// What becomes of a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletes {
    /// No record, and no tombstone.
    Drop,
    /// The tombstone alone, if there is one.
    Tombstone,
    /// The row as it was, `deleted`, without a tombstone.
    Rewrite,
    /// The row as it was, `deleted`, and then the tombstone, if there is one.
    RewriteWithTombstone,
    /// A tombstone in its place.
    DeleteToTombstone,
}

#[derive(Debug)]
pub struct Unwrap {
    pub deletes: Deletes,
    fields: Vec<(Box<[u8]>, Added)>,
    headers: Vec<(String, Added)>,
}

/// What is added to a row: a part of the envelope it came in.
#[derive(Debug, Clone)]
enum Added {
    Operation,
    Deleted,
    Row,
    /// The same for all rows of an event.
    Shared(String),
}

impl Unwrap {
    pub fn compile(spec: &UnwrapSpec) -> Result<Unwrap> {
        let deletes = match spec.deletes.as_str() {
            "drop" => Deletes::Drop,
            "tombstone" => Deletes::Tombstone,
            "rewrite" => Deletes::Rewrite,
            "rewrite-with-tombstone" => Deletes::RewriteWithTombstone,
            "delete-to-tombstone" => Deletes::DeleteToTombstone,
            other => {
                return Err(Error::invalid(format!(
                    "no such handling of deletes: {other}"
                )));
            }
        };
        let fields = spec.fields.iter();
        let headers = spec.headers.iter();
        Ok(Unwrap {
            deletes,
            fields: fields
                .map(|(name, from)| Ok((field_prefix(name), Added::named(from)?)))
                .collect::<Result<_>>()?,
            headers: headers
                .map(|(name, from)| Ok((name.clone(), Added::named(from)?)))
                .collect::<Result<_>>()?,
        })
    }

    /// Whether a delete leaves a row.
    pub fn keeps_deletes(&self) -> bool {
        matches!(
            self.deletes,
            Deletes::Rewrite | Deletes::RewriteWithTombstone
        )
    }

    /// The parts that all rows of an event share, written once.
    pub fn share(
        &self,
        envelope: &Envelope,
        table: &TableName,
        source: &Source<'_>,
        shared: &mut Shared,
    ) {
        shared.fields.clear();
        shared.headers.clear();
        let value = |added: &Added| {
            let mut text = Vec::new();
            if let Added::Shared(name) = added {
                write_shared(name, envelope, table, source, &mut text);
            }
            text
        };
        shared
            .fields
            .extend(self.fields.iter().map(|(_, added)| value(added)));
        shared
            .headers
            .extend(self.headers.iter().map(|(_, added)| value(added)));
    }

    /// `,"name":value` for each added field.
    pub fn write_fields(&self, shared: &Shared, operation: Operation, row: u32, out: &mut Vec<u8>) {
        for ((prefix, added), shared) in self.fields.iter().zip(&shared.fields) {
            out.extend_from_slice(prefix);
            added.write(shared, operation, row, out);
        }
    }

    pub fn headers(
        &self,
        shared: &Shared,
        operation: Operation,
        row: u32,
    ) -> Vec<(String, Vec<u8>)> {
        let headers = self.headers.iter().zip(&shared.headers);
        headers
            .map(|((name, added), shared)| {
                let mut value = Vec::new();
                added.write(shared, operation, row, &mut value);
                (name.clone(), value)
            })
            .collect()
    }
}

/// JSON texts of the shared parts, by field and by header.
#[derive(Debug, Default)]
pub struct Shared {
    fields: Vec<Vec<u8>>,
    headers: Vec<Vec<u8>>,
}

impl Added {
    fn named(from: &str) -> Result<Added> {
        Ok(match from {
            "op" => Added::Operation,
            "deleted" => Added::Deleted,
            "source.row" => Added::Row,
            "ts_ms" | "ts_us" | "ts_ns" => Added::Shared(from.to_owned()),
            _ if from.starts_with("source.") => Added::Shared(from.to_owned()),
            other => return Err(Error::invalid(format!("no such part of an event: {other}"))),
        })
    }

    fn write(&self, shared: &[u8], operation: Operation, row: u32, out: &mut Vec<u8>) {
        match self {
            Added::Operation => write_string(operation.letter().as_bytes(), out),
            Added::Deleted if operation == Operation::Delete => {
                out.extend_from_slice(b"\"true\"");
            }
            Added::Deleted => out.extend_from_slice(b"\"false\""),
            Added::Row => write_uint(u64::from(row), out),
            Added::Shared(_) => out.extend_from_slice(shared),
        }
    }
}

/// Null where the part has no such name.
fn write_shared(
    name: &str,
    envelope: &Envelope,
    table: &TableName,
    source: &Source<'_>,
    out: &mut Vec<u8>,
) {
    let text = |text: &str, out: &mut Vec<u8>| write_string(text.as_bytes(), out);
    match name {
        "ts_ms" => write_uint(source.now_us / 1000, out),
        "ts_us" => write_uint(source.now_us, out),
        "ts_ns" => write_uint(source.now_us.saturating_mul(1000), out),
        "source.version" => text(&envelope.version, out),
        "source.connector" => text("mysql", out),
        "source.name" => text(&envelope.name, out),
        "source.ts_ms" => write_uint(source.timestamp_us / 1000, out),
        "source.ts_us" => write_uint(source.timestamp_us, out),
        "source.ts_ns" => write_uint(source.timestamp_us.saturating_mul(1000), out),
        "source.snapshot" => text(source.snapshot, out),
        "source.db" => text(&table.database, out),
        "source.table" => text(&table.table, out),
        "source.server_id" => write_uint(u64::from(source.server_id), out),
        "source.file" => text(source.file, out),
        "source.pos" => write_uint(source.position, out),
        "source.gtid" if let Some(gtid) = source.gtid => text(gtid, out),
        "source.thread" if let Some(thread) = source.thread => write_int(i64::from(thread), out),
        "source.query" if let Some(query) = source.query => write_string(query, out),
        _ => out.extend_from_slice(b"null"),
    }
}
