//! Debezium's transaction metadata: a block in each event, and records where a transaction begins and ends.

use super::batch::Record;
use super::envelope::{Output, TransactionTopic};
use super::json::end_line;
use super::json_plan::{Frame, line_start};
use super::plan::TableName;
use crate::json_text::{write_string, write_uint};
use std::sync::Arc;

pub struct Transactions {
    topic: Arc<str>,
    line_start: Box<[u8]>,
    key_frame: Frame,
    value_frame: Frame,
    open: Option<Open>,
}

struct Open {
    id: String,
    /// Its first record is out.
    begun: bool,
    events: u64,
    /// Events by table, in the order in which the tables were met.
    tables: Vec<(Arc<TableName>, u64)>,
}

impl Open {
    /// Counts an event of the table; its number within the transaction's events of that table.
    fn count(&mut self, table: &Arc<TableName>) -> u64 {
        self.events += 1;
        let known = self
            .tables
            .iter_mut()
            .find(|(known, _)| Arc::ptr_eq(known, table) || known == table);
        match known {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.tables.push((Arc::clone(table), 1));
                1
            }
        }
    }
}

/// A record of the transaction topic.
pub struct TransactionRecord<'t> {
    transactions: &'t Transactions,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl TransactionRecord<'_> {
    pub fn write(&self, output: Output, bytes: &mut Vec<u8>, records: &mut Vec<Record>) {
        match output {
            Output::Values => {}
            Output::Lines => {
                bytes.extend_from_slice(&self.transactions.line_start);
                bytes.extend_from_slice(&self.key);
                bytes.extend_from_slice(b",\"value\":");
                bytes.extend_from_slice(&self.value);
                end_line([&[]; 3], bytes);
            }
            Output::Records => {
                let start = bytes.len();
                bytes.extend_from_slice(&self.key);
                let middle = bytes.len();
                bytes.extend_from_slice(&self.value);
                records.push(Record {
                    topic: Arc::clone(&self.transactions.topic),
                    key: Some(start..middle),
                    value: Some(middle..bytes.len()),
                    headers: Default::default(),
                    shared_headers: None,
                    table: None,
                    partition: None,
                });
            }
        }
    }
}

impl Transactions {
    pub fn new(topic: TransactionTopic) -> Self {
        Transactions {
            line_start: line_start(&topic.topic),
            key_frame: Frame::new(topic.key_schema.as_deref()),
            value_frame: Frame::new(topic.value_schema.as_deref()),
            topic: topic.topic.into(),
            open: None,
        }
    }

    pub fn begin(&mut self, id: String) {
        self.open = Some(Open {
            id,
            begun: false,
            events: 0,
            tables: Vec::new(),
        });
    }

    pub fn forget(&mut self) {
        self.open = None;
    }

    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// An event of it came out earlier, and so did its first record.
    pub fn pass_over(&mut self, table: &Arc<TableName>) {
        if let Some(open) = &mut self.open {
            open.begun = true;
            open.count(table);
        }
    }

    /// Its first record, unless that is out.
    pub fn open(&mut self, timestamp_ms: u64, emit: impl FnOnce(TransactionRecord<'_>)) {
        let begins = self
            .open
            .as_mut()
            .is_some_and(|open| !std::mem::replace(&mut open.begun, true));
        if begins && let Some(open) = &self.open {
            emit(self.record(open, "BEGIN", timestamp_ms));
        }
    }

    /// Its last record; its first before that, if it had no event.
    pub fn end(&mut self, timestamp_ms: u64, mut emit: impl FnMut(TransactionRecord<'_>)) {
        self.open(timestamp_ms, &mut emit);
        if let Some(open) = self.open.take() {
            emit(self.record(&open, "END", timestamp_ms));
        }
    }

    /// `{"id":…,"total_order":…,"data_collection_order":…}`, counting the event.
    pub fn write_block(&mut self, table: &Arc<TableName>, out: &mut Vec<u8>) {
        let Some(open) = &mut self.open else {
            out.extend_from_slice(b"null");
            return;
        };
        let order = open.count(table);
        out.extend_from_slice(b"{\"id\":");
        write_string(open.id.as_bytes(), out);
        out.extend_from_slice(b",\"total_order\":");
        write_uint(open.events, out);
        out.extend_from_slice(b",\"data_collection_order\":");
        write_uint(order, out);
        out.push(b'}');
    }

    fn record(&self, open: &Open, status: &str, timestamp_ms: u64) -> TransactionRecord<'_> {
        let mut key = self.key_frame.start.to_vec();
        key.extend_from_slice(b"{\"id\":");
        write_string(open.id.as_bytes(), &mut key);
        key.push(b'}');
        key.extend_from_slice(self.key_frame.end);
        let mut value = self.value_frame.start.to_vec();
        value.extend_from_slice(b"{\"status\":");
        write_string(status.as_bytes(), &mut value);
        value.extend_from_slice(b",\"id\":");
        write_string(open.id.as_bytes(), &mut value);
        if status == "END" {
            value.extend_from_slice(b",\"event_count\":");
            write_uint(open.events, &mut value);
            value.extend_from_slice(b",\"data_collections\":[");
            for (index, (table, events)) in open.tables.iter().enumerate() {
                if index > 0 {
                    value.push(b',');
                }
                value.extend_from_slice(b"{\"data_collection\":");
                let collection = format!("{}.{}", table.database, table.table);
                write_string(collection.as_bytes(), &mut value);
                value.extend_from_slice(b",\"event_count\":");
                write_uint(*events, &mut value);
                value.push(b'}');
            }
            value.push(b']');
        } else {
            value.extend_from_slice(b",\"event_count\":null,\"data_collections\":null");
        }
        value.extend_from_slice(b",\"ts_ms\":");
        write_uint(timestamp_ms, &mut value);
        value.push(b'}');
        value.extend_from_slice(self.value_frame.end);
        TransactionRecord {
            transactions: self,
            key,
            value,
        }
    }
}
