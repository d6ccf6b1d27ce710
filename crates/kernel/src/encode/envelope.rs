//! The parts of a Debezium envelope that do not depend on the row.
//!
//! A line is `{"before":…,"after":…` + `middle` + row number + `tail`. `middle` and `tail` are the same for all
//! rows of one binlog event, so they are written once per event and copied per row.

use super::batch::Operation;
use super::plan::TableName;
use crate::error::{Error, Result};
use crate::json_text::{write_int, write_string, write_uint};

/// How rows leave the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Debezium's JSON, a line an event.
    Json,
    /// Arrow record batches, one per table.
    Arrow,
}

impl Format {
    pub fn by_name(name: &str) -> Result<Self> {
        match name {
            "json" => Ok(Format::Json),
            "arrow" => Ok(Format::Arrow),
            other => Err(Error::invalid(format!(
                "no such format: {other} (json, arrow)"
            ))),
        }
    }
}

/// What never changes during a capture.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// `topic.prefix`, the `source.name` of every event.
    pub name: String,
    pub version: String,
    pub format: Format,
    /// Whether keys are wanted beside the values.
    pub keys: bool,
}

/// Where an event came from: the variable part of the `source` block.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Commit or event time, µs since the epoch.
    pub timestamp_us: u64,
    /// `false` while streaming; `true`, `first`, `last` … in a snapshot.
    pub snapshot: &'a str,
    pub server_id: u32,
    pub gtid: Option<&'a str>,
    pub file: &'a str,
    /// Start of the event in `file`.
    pub position: u64,
    /// The session that made the change, if known.
    pub thread: Option<u32>,
    /// The statement, where the server logs it and it is wanted.
    pub query: Option<&'a [u8]>,
    /// When the event is processed, µs since the epoch.
    pub now_us: u64,
}

#[derive(Debug, Default)]
pub struct Parts {
    pub middle: Vec<u8>,
    /// After the row number, up to and including the newline.
    tail: Vec<u8>,
    /// Where in `tail` the letter of the operation stands.
    letter_at: usize,
}

fn write_time(name: &str, micros: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    write_uint(micros, out);
}

impl Parts {
    pub fn rebuild(&mut self, envelope: &Envelope, table: &TableName, source: &Source<'_>) {
        let out = &mut self.middle;
        out.clear();
        out.extend_from_slice(b",\"source\":{\"version\":");
        write_string(envelope.version.as_bytes(), out);
        out.extend_from_slice(b",\"connector\":\"mysql\",\"name\":");
        write_string(envelope.name.as_bytes(), out);
        write_time(",\"ts_ms\":", source.timestamp_us / 1000, out);
        out.extend_from_slice(b",\"snapshot\":\"");
        out.extend_from_slice(source.snapshot.as_bytes());
        out.extend_from_slice(b"\",\"db\":");
        write_string(table.database.as_bytes(), out);
        write_time(",\"sequence\":null,\"ts_us\":", source.timestamp_us, out);
        write_time(",\"ts_ns\":", source.timestamp_us.saturating_mul(1000), out);
        out.extend_from_slice(b",\"table\":");
        write_string(table.table.as_bytes(), out);
        out.extend_from_slice(b",\"server_id\":");
        write_uint(u64::from(source.server_id), out);
        out.extend_from_slice(b",\"gtid\":");
        match source.gtid {
            Some(gtid) => write_string(gtid.as_bytes(), out),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"file\":");
        write_string(source.file.as_bytes(), out);
        out.extend_from_slice(b",\"pos\":");
        write_uint(source.position, out);
        out.extend_from_slice(b",\"row\":");

        let out = &mut self.tail;
        out.clear();
        out.extend_from_slice(b",\"thread\":");
        match source.thread {
            Some(thread) => write_int(i64::from(thread), out),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"query\":");
        match source.query {
            Some(query) => write_string(query, out),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b"},\"transaction\":null,\"op\":\"");
        self.letter_at = out.len();
        write_time("?\",\"ts_ms\":", source.now_us / 1000, out);
        write_time(",\"ts_us\":", source.now_us, out);
        write_time(",\"ts_ns\":", source.now_us.saturating_mul(1000), out);
        out.extend_from_slice(b"}\n");
    }

    /// What follows the row number in an event of this operation.
    #[inline]
    pub fn tail(&mut self, operation: Operation) -> &[u8] {
        if let Some(letter) = self.tail.get_mut(self.letter_at..=self.letter_at) {
            letter.copy_from_slice(operation.letter().as_bytes());
        }
        &self.tail
    }
}
