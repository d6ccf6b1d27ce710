//! Records that Python made, as a batch like those of the encoders.

use super::batch::{Batch, Commit, Record};
use super::envelope::Output;
use super::json::end_line;
use super::json_plan::line_start;
use crate::json_text::write_int;
use std::collections::HashMap;

/// A record; key and value as they will be written.
#[derive(Debug, Clone)]
pub struct Given {
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    /// `None`: where the key leads.
    pub partition: Option<i32>,
}

/// In place of the records of `like`, whose transactions these are; the first `committed` of them are whole.
pub fn collect(
    given: impl IntoIterator<Item = Given>,
    output: Output,
    like: Option<&Batch>,
    committed: usize,
) -> Batch {
    let mut batch = Batch::default();
    let mut end = 0;
    for (index, record) in given.into_iter().enumerate() {
        match output {
            // Values are the rows' own; records of other topics are none.
            Output::Values => {
                if let Some(value) = record.value {
                    batch.bytes.extend_from_slice(&value);
                    batch.bytes.push(b'\n');
                }
            }
            Output::Lines => write_line(&record, &mut batch.bytes),
            Output::Records => push(record, &mut batch),
        }
        if index < committed {
            end = batch.bytes.len();
        }
    }
    if let Some(like) = like {
        batch.rows = like.rows;
        batch.runs.clone_from(&like.runs);
        batch.in_transaction = like.in_transaction;
        batch.last_timestamp = like.last_timestamp;
        batch.commit = like.commit.as_ref().map(|commit| Commit {
            end,
            records: committed,
            ..commit.clone()
        });
    }
    batch
}

/// The batch with some of its records, which are in parts, changed; `changed` by their place.
pub fn replace(batch: &Batch, mut changed: HashMap<usize, Given>, output: Output) -> Batch {
    let whole = batch.commit.as_ref().map_or(0, |commit| commit.records);
    let mut kept = Vec::with_capacity(batch.records.len());
    let mut committed = 0;
    for (index, record) in batch.records.iter().enumerate() {
        if !(output == Output::Values && record.table.is_none()) {
            kept.push(
                changed
                    .remove(&index)
                    .unwrap_or_else(|| given(batch, record)),
            );
        }
        if index < whole {
            committed = kept.len();
        }
    }
    collect(kept, output, Some(batch), committed)
}

fn given(batch: &Batch, record: &Record) -> Given {
    let part = |range: &Option<std::ops::Range<usize>>| {
        let range = range.clone()?;
        Some(batch.bytes.get(range).unwrap_or_default().to_vec())
    };
    Given {
        topic: record.topic.to_string(),
        key: part(&record.key),
        value: part(&record.value),
        headers: record.all_headers().cloned().collect(),
        partition: record.partition,
    }
}

fn write_line(record: &Given, out: &mut Vec<u8>) {
    let null = b"null".as_slice();
    out.extend_from_slice(&line_start(&record.topic));
    out.extend_from_slice(record.key.as_deref().unwrap_or(null));
    out.extend_from_slice(b",\"value\":");
    out.extend_from_slice(record.value.as_deref().unwrap_or(null));
    if let Some(partition) = record.partition {
        out.extend_from_slice(b",\"partition\":");
        write_int(i64::from(partition), out);
    }
    end_line([&record.headers, &[], &[]], out);
}

fn push(record: Given, batch: &mut Batch) {
    let mut append = |part: Option<Vec<u8>>| {
        let start = batch.bytes.len();
        part.map(|part| {
            batch.bytes.extend_from_slice(&part);
            start..batch.bytes.len()
        })
    };
    let (key, value) = (append(record.key), append(record.value));
    batch.records.push(Record {
        topic: record.topic.into(),
        key,
        value,
        headers: [record.headers, Vec::new()],
        shared_headers: None,
        table: None,
        partition: record.partition,
    });
}
