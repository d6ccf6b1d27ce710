//! What leaves the kernel: encoded events in binlog order, and where a reader may resume after them.

use super::plan::TableName;
use arrow_array::RecordBatch;
use std::ops::Range;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Insert,
    Update,
    Delete,
    Read,
}

impl Operation {
    /// Debezium's `op`.
    pub fn letter(self) -> &'static str {
        match self {
            Operation::Insert => "c",
            Operation::Update => "u",
            Operation::Delete => "d",
            Operation::Read => "r",
        }
    }
}

/// Consecutive events of one table and operation.
#[derive(Debug, Clone)]
pub struct Run {
    pub table: Arc<TableName>,
    pub operation: Operation,
    pub events: u64,
}

/// Adds an event to the last run, or begins one.
#[inline]
pub fn count(runs: &mut Vec<Run>, table: &Arc<TableName>, operation: Operation) {
    match runs.last_mut() {
        Some(run) if run.operation == operation && Arc::ptr_eq(&run.table, table) => {
            run.events += 1
        }
        _ => runs.push(Run {
            table: Arc::clone(table),
            operation,
            events: 1,
        }),
    }
}

/// The rows of one table version.
#[derive(Debug, Clone)]
pub struct ArrowBatch {
    pub table: Arc<TableName>,
    pub rows: RecordBatch,
    /// How many leading rows belong to whole transactions.
    pub committed: usize,
}

/// The end of the last whole transaction in a batch.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Bytes of `Batch::bytes` that belong to whole transactions.
    pub end: usize,
    /// Events that belong to whole transactions.
    pub rows: u64,
    /// `Batch::records` that belong to whole transactions.
    pub records: usize,
    pub file: String,
    /// End of the transaction's last event in `file`.
    pub position: u64,
    /// The executed GTID set with this transaction; empty without GTIDs.
    pub gtids: String,
    pub timestamp_us: u64,
    pub transactions: u64,
}

/// (name, JSON text)
pub type Header = (String, Vec<u8>);

impl Record {
    /// All headers, in order.
    pub fn all_headers(&self) -> impl Iterator<Item = &Header> {
        let [before, after] = &self.headers;
        let shared = self.shared_headers.iter().flat_map(|shared| shared.iter());
        before.iter().chain(shared).chain(after)
    }
}

/// What a broker gets; key and value are in `Batch::bytes`.
#[derive(Debug, Clone)]
pub struct Record {
    pub topic: Arc<str>,
    pub key: Option<Range<usize>>,
    /// `None`: a tombstone.
    pub value: Option<Range<usize>>,
    /// Headers of this record alone, before and after those of all.
    pub headers: [Vec<Header>; 2],
    /// Headers of all records of tables.
    pub shared_headers: Option<Arc<[Header]>>,
    /// The table whose row it is; `None`: another topic's.
    pub table: Option<Arc<TableName>>,
    /// Where in its topic; `None`: where its key leads.
    pub partition: Option<i32>,
}

#[derive(Debug, Default)]
pub struct Batch {
    /// JSON documents, each ended by `\n`; or what `records` refers to.
    pub bytes: Vec<u8>,
    pub records: Vec<Record>,
    pub arrow: Vec<ArrowBatch>,
    pub rows: u64,
    pub runs: Vec<Run>,
    pub commit: Option<Commit>,
    /// The batch ends inside a transaction.
    pub in_transaction: bool,
    /// Header time of the last event, seconds; 0 if none.
    pub last_timestamp: u32,
}
