//! Debezium-format events as JSON: what Kafka Connect's JsonConverter writes.
//!
//! A column that the row image does not carry is left out of its object.

use super::Change;
use super::batch::{Batch, Header, Operation, Record, Run, count};
use super::envelope::{Envelope, Output, Parts, Source};
use super::json_plan::JsonPlan;
use super::plan::{Plan, TableName};
use super::transaction::Transactions;
use super::unwrap::{Deletes, Shared, Unwrap};
use crate::error::Result;
use crate::json_text::{write_string, write_uint};
use crate::row::value::Value;
use std::ops::Range;
use std::sync::Arc;

pub struct JsonEncoder {
    envelope: Arc<Envelope>,
    parts: Parts,
    shared: Shared,
    transactions: Option<Transactions>,
    bytes: Vec<u8>,
    records: Vec<Record>,
    rows: u64,
    /// Updates without a change that were left out, since the beginning.
    unchanged: u64,
    runs: Vec<Run>,
    scratch: Vec<u8>,
    shared_headers: Arc<[Header]>,
    /// Of the event being read.
    timestamp_us: u64,
}

impl JsonEncoder {
    pub fn new(envelope: Arc<Envelope>) -> Self {
        JsonEncoder {
            transactions: envelope.transactions.clone().map(Transactions::new),
            shared_headers: envelope
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
                .collect(),
            envelope,
            parts: Parts::default(),
            shared: Shared::default(),
            bytes: Vec::new(),
            records: Vec::new(),
            rows: 0,
            unchanged: 0,
            runs: Vec::new(),
            scratch: Vec::new(),
            timestamp_us: 0,
        }
    }

    pub fn recycle(&mut self, buffer: impl FnOnce() -> Vec<u8>) {
        if self.bytes.capacity() == 0 {
            self.bytes = buffer();
        }
    }

    pub fn begin(&mut self, plan: &Arc<Plan>, source: &Source<'_>) {
        self.timestamp_us = source.timestamp_us;
        match &plan.json.unwrap {
            Some(unwrap) => unwrap.share(&self.envelope, &plan.name, source, &mut self.shared),
            None => {
                let line_end: &[u8] = match self.envelope.output {
                    Output::Values => b"\n",
                    Output::Lines | Output::Records => b"",
                };
                let end = [plan.json.value_frame.end, line_end];
                self.parts.rebuild(&self.envelope, &plan.name, source, end);
            }
        }
    }

    /// Whether a row can be written from values that are seen once.
    #[inline]
    pub fn can_stream(&self) -> bool {
        self.envelope.output == Output::Values
    }

    #[inline]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    pub fn records(&self) -> usize {
        self.records.len()
    }

    pub fn take(&mut self) -> Batch {
        Batch {
            bytes: std::mem::take(&mut self.bytes),
            records: std::mem::take(&mut self.records),
            rows: std::mem::take(&mut self.rows),
            runs: std::mem::take(&mut self.runs),
            ..Batch::default()
        }
    }

    /// The rows that follow are of this transaction.
    pub fn begin_transaction(&mut self, id: impl FnOnce() -> String) {
        if let Some(transactions) = &mut self.transactions {
            transactions.begin(id());
        }
    }

    /// A row of the transaction came out on an earlier connection.
    pub fn pass_over(&mut self, table: &Arc<TableName>) {
        if let Some(transactions) = &mut self.transactions {
            transactions.pass_over(table);
        }
    }

    /// The transaction is rolled back: what is out of it will be dropped.
    pub fn drop_transaction(&mut self) {
        if let Some(transactions) = &mut self.transactions {
            transactions.forget();
        }
    }

    /// The transaction is whole.
    pub fn end_transaction(&mut self, timestamp_us: u64) {
        let Some(transactions) = &mut self.transactions else {
            return;
        };
        let output = self.envelope.output;
        transactions.end(timestamp_us / 1000, |record| {
            record.write(output, &mut self.bytes, &mut self.records);
        });
    }

    /// An update that changes the key becomes a delete and a create, as in Debezium.
    ///
    /// On an error nothing of the change stays in the output.
    pub fn change(&mut self, plan: &Plan, row: u32, change: Change<'_, '_>) -> Result<()> {
        if self.passes_over(plan, &change) {
            return Ok(());
        }
        if !self.can_stream() && plan.json.unwrap.is_none() {
            // Whatever becomes of the row, the transaction has begun.
            self.open_transaction();
        }
        let start = (self.bytes.len(), self.records.len(), self.rows);
        let written = match change {
            Change::Insert(after) => self.single(plan, row, Operation::Insert, after, None),
            Change::Read(after) => self.single(plan, row, Operation::Read, after, None),
            Change::Delete(before) => self.single(plan, row, Operation::Delete, before, None),
            Change::Update { before, after } if key_changed(plan, before, after) => {
                let (old, new) = (Some(("newkey", after)), Some(("oldkey", before)));
                self.single(plan, row, Operation::Delete, before, old)
                    .and_then(|()| self.single(plan, row, Operation::Insert, after, new))
            }
            Change::Update { before, after } => self.update(plan, row, before, after),
        };
        if written.is_err() {
            self.bytes.truncate(start.0);
            self.records.truncate(start.1);
            // Of an update of the key the delete may be counted.
            if self.rows > start.2
                && let Some(run) = self.runs.last_mut()
            {
                run.events -= 1;
            }
            self.rows = start.2;
        }
        written
    }

    fn skips(&self, operation: Operation) -> bool {
        !self.envelope.skipped.is_empty() && self.envelope.skips(operation)
    }

    fn passes_over(&mut self, plan: &Plan, change: &Change<'_, '_>) -> bool {
        let envelope = &self.envelope;
        if let Change::Update { before, after } = change
            && envelope.skip_unchanged
            && unchanged(plan, before, after)
        {
            self.unchanged += 1;
            return true;
        }
        self.skips(change.operation())
    }

    /// An insert, delete or read whose values are made one by one as they are written.
    ///
    /// On an error nothing of the change stays in the output.
    #[inline]
    pub fn stream<'a>(
        &mut self,
        plan: &Plan,
        row: u32,
        operation: Operation,
        image: impl Iterator<Item = Result<Value<'a>>>,
    ) -> Result<()> {
        if self.skips(operation) {
            return pass(image);
        }
        let start = self.bytes.len();
        let written = self.value(plan, row, operation, image);
        if written.is_err() {
            self.bytes.truncate(start);
        }
        written
    }

    fn single(
        &mut self,
        plan: &Plan,
        row: u32,
        operation: Operation,
        image: &[Value<'_>],
        other: Option<(&str, &[Value<'_>])>,
    ) -> Result<()> {
        if self.can_stream() {
            return self.value(plan, row, operation, known(image));
        }
        let deleted = operation == Operation::Delete;
        let deletes = plan.json.unwrap.as_ref().map(|unwrap| unwrap.deletes);
        if !deleted || plan.json.unwrap.as_ref().is_none_or(Unwrap::keeps_deletes) {
            let key = self.open(plan, image)?;
            let start = self.bytes.len();
            self.value(plan, row, operation, known(image))?;
            let headers = self.headers(plan, row, operation, other)?;
            self.close(plan, key, Some(start), headers);
        }
        let tombstone = match deletes {
            None | Some(Deletes::Tombstone | Deletes::RewriteWithTombstone) => {
                self.envelope.tombstones
            }
            Some(Deletes::Drop | Deletes::Rewrite) => false,
            Some(Deletes::DeleteToTombstone) => true,
        };
        if deleted && tombstone {
            let key = self.open(plan, image)?;
            let headers = self.headers(plan, row, operation, other)?;
            self.close(plan, key, None, headers);
        }
        Ok(())
    }

    fn update(
        &mut self,
        plan: &Plan,
        row: u32,
        before: &[Value<'_>],
        after: &[Value<'_>],
    ) -> Result<()> {
        let key = if self.can_stream() {
            None
        } else {
            self.open(plan, after)?
        };
        let start = self.bytes.len();
        if plan.json.unwrap.is_some() {
            self.value(plan, row, Operation::Update, known(after))?;
        } else {
            let out = &mut self.bytes;
            out.extend_from_slice(&plan.json.value_frame.start);
            out.extend_from_slice(b"{\"before\":");
            write_image(plan, known(before), out, &mut self.scratch)?;
            out.extend_from_slice(b",\"after\":");
            write_image(plan, known(after), out, &mut self.scratch)?;
            self.end_envelope(plan, row, Operation::Update);
        }
        if !self.can_stream() {
            let headers = self.headers(plan, row, Operation::Update, None)?;
            self.close(plan, key, Some(start), headers);
        }
        Ok(())
    }

    /// The value of an event with one image.
    #[inline]
    fn value<'a>(
        &mut self,
        plan: &Plan,
        row: u32,
        operation: Operation,
        image: impl Iterator<Item = Result<Value<'a>>>,
    ) -> Result<()> {
        if let Some(unwrap) = &plan.json.unwrap {
            return self.row_alone(plan, unwrap, row, operation, image);
        }
        let out = &mut self.bytes;
        out.extend_from_slice(&plan.json.value_frame.start);
        if operation == Operation::Delete {
            out.extend_from_slice(b"{\"before\":");
            write_image(plan, image, out, &mut self.scratch)?;
            out.extend_from_slice(b",\"after\":null");
        } else {
            out.extend_from_slice(b"{\"before\":null,\"after\":");
            write_image(plan, image, out, &mut self.scratch)?;
        }
        self.end_envelope(plan, row, operation);
        Ok(())
    }

    /// A row without its envelope.
    #[inline]
    fn row_alone<'a>(
        &mut self,
        plan: &Plan,
        unwrap: &Unwrap,
        row: u32,
        operation: Operation,
        image: impl Iterator<Item = Result<Value<'a>>>,
    ) -> Result<()> {
        if operation == Operation::Delete && !unwrap.keeps_deletes() {
            return pass(image);
        }
        let out = &mut self.bytes;
        let frame = &plan.json.value_frame;
        out.extend_from_slice(&frame.start);
        let start = out.len();
        write_fields(plan, image, out, &mut self.scratch)?;
        unwrap.write_fields(&self.shared, operation, row, out);
        close_object(start, out);
        out.extend_from_slice(frame.end);
        if self.envelope.output == Output::Values {
            out.push(b'\n');
        }
        self.count(plan, operation);
        Ok(())
    }

    #[inline]
    fn end_envelope(&mut self, plan: &Plan, row: u32, operation: Operation) {
        let out = &mut self.bytes;
        out.extend_from_slice(&self.parts.middle);
        write_uint(u64::from(row), out);
        match &mut self.transactions {
            Some(transactions) if transactions.is_open() => {
                let (start, end) = self.parts.tail_around_transaction(operation);
                out.extend_from_slice(start);
                transactions.write_block(&plan.name, out);
                out.extend_from_slice(end);
            }
            _ => out.extend_from_slice(self.parts.tail(operation)),
        }
        self.count(plan, operation);
    }

    #[inline]
    fn count(&mut self, plan: &Plan, operation: Operation) {
        self.rows += 1;
        count(&mut self.runs, &plan.name, operation);
    }

    /// The record that a transaction begins with stands before its first row.
    fn open_transaction(&mut self) {
        let output = self.envelope.output;
        if let Some(transactions) = &mut self.transactions {
            transactions.open(self.timestamp_us / 1000, |record| {
                record.write(output, &mut self.bytes, &mut self.records);
            });
        }
    }

    /// What stands before a record's value; its key, where records are kept in parts.
    fn open(&mut self, plan: &Plan, image: &[Value<'_>]) -> Result<Option<Range<usize>>> {
        self.open_transaction();
        let out = &mut self.bytes;
        if self.envelope.output == Output::Lines {
            out.extend_from_slice(&plan.json.line_start);
            write_key(plan, image, out, &mut self.scratch)?;
            out.extend_from_slice(b",\"value\":");
            return Ok(None);
        }
        if !plan.json.has_key() {
            return Ok(None);
        }
        let start = out.len();
        write_key(plan, image, out, &mut self.scratch)?;
        Ok(Some(start..out.len()))
    }

    /// Ends the record whose value begins at `start`; `None`: it has no value.
    fn close(
        &mut self,
        plan: &Plan,
        key: Option<Range<usize>>,
        start: Option<usize>,
        headers: [Vec<Header>; 2],
    ) {
        if self.envelope.output == Output::Lines {
            if start.is_none() {
                self.bytes.extend_from_slice(b"null");
            }
            let [before, after] = &headers;
            end_line([before, &self.shared_headers, after], &mut self.bytes);
            return;
        }
        self.records.push(Record {
            topic: Arc::clone(&plan.json.topic),
            key,
            value: start.map(|start| start..self.bytes.len()),
            headers,
            shared_headers: Some(Arc::clone(&self.shared_headers)),
            table: Some(Arc::clone(&plan.name)),
            partition: None,
        });
    }

    /// Headers of one record alone, before and after those of all.
    fn headers(
        &mut self,
        plan: &Plan,
        row: u32,
        operation: Operation,
        other: Option<(&str, &[Value<'_>])>,
    ) -> Result<[Vec<Header>; 2]> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        if let Some((name, image)) = other {
            let mut key = Vec::new();
            write_key(plan, image, &mut key, &mut self.scratch)?;
            before.push((format!("__debezium.{name}"), key));
        }
        if let Some(unwrap) = &plan.json.unwrap {
            after = unwrap.headers(&self.shared, operation, row);
        }
        Ok([before, after])
    }
}

/// `,"headers":{…}}` and the end of the line.
pub fn end_line(headers: [&[Header]; 3], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"headers\":{");
    let start = out.len();
    for (name, value) in headers.into_iter().flatten() {
        if out.len() > start {
            out.push(b',');
        }
        write_string(name.as_bytes(), out);
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.extend_from_slice(b"}}\n");
}

/// Reads an image that is not written.
fn pass<'a>(image: impl Iterator<Item = Result<Value<'a>>>) -> Result<()> {
    for value in image {
        value?;
    }
    Ok(())
}

fn known<'v, 'a>(image: &'v [Value<'a>]) -> impl Iterator<Item = Result<Value<'a>>> + 'v {
    image.iter().map(|&value| Ok(value))
}

fn key_changed(plan: &Plan, before: &[Value<'_>], after: &[Value<'_>]) -> bool {
    let mut key = plan.json.key.iter();
    key.any(|(index, _)| before[*index] != after[*index])
}

fn unchanged(plan: &Plan, before: &[Value<'_>], after: &[Value<'_>]) -> bool {
    let images = before.iter().zip(after);
    let mut included = images.zip(&plan.json.fields).filter(|(_, f)| f.is_some());
    included.all(|((before, after), _)| before == after)
}

#[inline]
fn write_image<'a>(
    plan: &Plan,
    image: impl Iterator<Item = Result<Value<'a>>>,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    let start = out.len();
    write_fields(plan, image, out, scratch)?;
    close_object(start, out);
    Ok(())
}

#[inline]
fn write_fields<'a>(
    plan: &Plan,
    image: impl Iterator<Item = Result<Value<'a>>>,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    for ((index, field), value) in plan.json.fields.iter().enumerate().zip(image) {
        let value = value?;
        let Some(field) = field else { continue };
        if let Value::Absent = value {
            continue;
        }
        field.write(value, out, scratch).map_err(|error| {
            error
                .in_column(&plan.columns[index].spec.name)
                .in_table(&plan.name.database, &plan.name.table)
        })?;
    }
    Ok(())
}

fn write_key(
    plan: &Plan,
    image: &[Value<'_>],
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) -> Result<()> {
    let JsonPlan {
        key,
        key_suffix,
        key_frame,
        ..
    } = &plan.json;
    if !plan.json.has_key() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    out.extend_from_slice(&key_frame.start);
    let start = out.len();
    for (index, field) in key {
        field.write(image[*index], out, scratch).map_err(|error| {
            error
                .in_column(&plan.columns[*index].spec.name)
                .in_table(&plan.name.database, &plan.name.table)
        })?;
    }
    out.extend_from_slice(key_suffix);
    close_object(start, out);
    out.extend_from_slice(key_frame.end);
    Ok(())
}

/// Every field was written as `,"name":value`: the first comma becomes the opening brace.
fn close_object(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}
