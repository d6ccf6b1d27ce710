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

/// What a batch of JSON is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// The value of each row event, a line each.
    #[default]
    Values,
    /// Topic, key, value and headers of every record, one JSON document a line.
    Lines,
    /// The same in parts, as a broker wants them.
    Records,
}

impl Output {
    pub fn by_name(name: &str) -> Result<Self> {
        match name {
            "values" => Ok(Output::Values),
            "lines" => Ok(Output::Lines),
            "records" => Ok(Output::Records),
            other => Err(Error::invalid(format!(
                "no such output: {other} (values, lines, records)"
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
    pub output: Output,
    /// A record without a value follows each delete.
    pub tombstones: bool,
    /// Operations that give no event, by Debezium's letter.
    pub skipped: String,
    /// Updates that change nothing that is part of the event give none.
    pub skip_unchanged: bool,
    /// The statement, where the server logs it.
    pub include_query: bool,
    pub transactions: Option<TransactionTopic>,
    /// (name, JSON text) of every record of a table.
    pub headers: Vec<(String, String)>,
}

/// Where the beginnings and ends of transactions go.
#[derive(Debug, Clone)]
pub struct TransactionTopic {
    pub topic: String,
    pub key_schema: Option<String>,
    pub value_schema: Option<String>,
}

impl Envelope {
    pub fn new(name: &str, version: &str, format: Format) -> Self {
        Envelope {
            name: name.to_owned(),
            version: version.to_owned(),
            format,
            output: Output::Values,
            tombstones: true,
            skipped: String::new(),
            skip_unchanged: false,
            include_query: false,
            transactions: None,
            headers: Vec::new(),
        }
    }

    pub fn skips(&self, operation: Operation) -> bool {
        self.skipped.contains(operation.letter())
    }
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
    /// After the row number, up to the end of the document and what ends its line.
    tail: Vec<u8>,
    /// Where in `tail` the transaction block stands: `null`.
    transaction_at: usize,
    /// Where in `tail` the letter of the operation stands.
    letter_at: usize,
}

const NULL: &[u8] = b"null";

fn write_time(name: &str, micros: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    write_uint(micros, out);
}

impl Parts {
    /// `end`: what follows the envelope.
    pub fn rebuild(
        &mut self,
        envelope: &Envelope,
        table: &TableName,
        source: &Source<'_>,
        end: [&[u8]; 2],
    ) {
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
            None => out.extend_from_slice(NULL),
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
            None => out.extend_from_slice(NULL),
        }
        out.extend_from_slice(b",\"query\":");
        match source.query {
            Some(query) => write_string(query, out),
            None => out.extend_from_slice(NULL),
        }
        out.extend_from_slice(b"},\"transaction\":");
        self.transaction_at = out.len();
        out.extend_from_slice(NULL);
        out.extend_from_slice(b",\"op\":\"");
        self.letter_at = out.len();
        write_time("?\",\"ts_ms\":", source.now_us / 1000, out);
        write_time(",\"ts_us\":", source.now_us, out);
        write_time(",\"ts_ns\":", source.now_us.saturating_mul(1000), out);
        out.push(b'}');
        out.extend_from_slice(end[0]);
        out.extend_from_slice(end[1]);
    }

    /// What follows the row number in an event of this operation.
    #[inline]
    pub fn tail(&mut self, operation: Operation) -> &[u8] {
        if let Some(letter) = self.tail.get_mut(self.letter_at..=self.letter_at) {
            letter.copy_from_slice(operation.letter().as_bytes());
        }
        &self.tail
    }

    /// The same in two, without the transaction block between them.
    pub fn tail_around_transaction(&mut self, operation: Operation) -> (&[u8], &[u8]) {
        let at = self.transaction_at;
        let (start, end) = self.tail(operation).split_at(at);
        (start, end.get(NULL.len()..).unwrap_or_default())
    }
}
