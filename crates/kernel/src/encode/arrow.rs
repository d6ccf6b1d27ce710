//! Changes as Arrow record batches: one per table version, the envelope as columns.
//!
//! | column | type | |
//! |---|---|---|
//! | op | dictionary(utf8) | c, u, d, r |
//! | ts | timestamp(µs, UTC) | commit or event time at the source |
//! | gtid, file | dictionary(utf8) | gtid is null without GTIDs |
//! | pos, row | uint64, uint32 | event position, row within the event |
//! | before, after | struct | the row images, null where there is none |

use super::Change;
use super::arrow_column::ColumnBuilder;
use super::batch::{ArrowBatch, Batch, Operation, Run};
use super::envelope::Source;
use super::plan::{Plan, PlanColumn};
use crate::error::{Error, Result};
use crate::row::value::Value;
use arrow_array::builder::{
    StringDictionaryBuilder, TimestampMicrosecondBuilder, UInt32Builder, UInt64Builder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

#[derive(Default)]
pub struct ArrowEncoder {
    tables: Vec<TableBuilder>,
    /// Index into `tables` of the event being read.
    current: usize,
    origin: Origin,
    rows: u64,
    bytes: usize,
    runs: Vec<Run>,
}

/// What the rows of one event share.
#[derive(Default)]
struct Origin {
    timestamp_us: i64,
    gtid: Option<String>,
    file: String,
    position: u64,
}

impl ArrowEncoder {
    pub fn begin(&mut self, plan: &Arc<Plan>, source: &Source<'_>) {
        self.settle();
        let known = self
            .tables
            .iter()
            .position(|table| Arc::ptr_eq(&table.plan, plan));
        self.current = known.unwrap_or_else(|| {
            self.tables.push(TableBuilder::new(plan));
            self.tables.len() - 1
        });
        self.origin.timestamp_us = i64::try_from(source.timestamp_us).unwrap_or(i64::MAX);
        self.origin.gtid = source.gtid.map(str::to_owned);
        source.file.clone_into(&mut self.origin.file);
        self.origin.position = source.position;
    }

    /// The rows so far are of the origin so far.
    fn settle(&mut self) {
        if let Some(table) = self.tables.get_mut(self.current) {
            table.settle(&self.origin);
        }
    }

    pub fn change(&mut self, row: u32, change: Change<'_, '_>) -> Result<()> {
        let (operation, before, after) = match change {
            Change::Insert(after) => (Operation::Insert, None, Some(after)),
            Change::Read(after) => (Operation::Read, None, Some(after)),
            Change::Delete(before) => (Operation::Delete, Some(before), None),
            Change::Update { before, after } => (Operation::Update, Some(before), Some(after)),
        };
        let table = self
            .tables
            .get_mut(self.current)
            .ok_or_else(|| Error::invalid("a change before its table"))?;
        self.bytes += table.append(&self.origin, row, operation, before, after)?;
        self.rows += 1;
        super::batch::count(&mut self.runs, &table.plan.name, operation);
        Ok(())
    }

    pub fn size(&self) -> usize {
        self.bytes
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Everything so far belongs to whole transactions.
    pub fn mark_commit(&mut self) {
        for table in &mut self.tables {
            table.committed = table.rows;
        }
    }

    pub fn take(&mut self) -> Result<Batch> {
        self.settle();
        let arrow = self
            .tables
            .iter_mut()
            .filter(|table| table.rows > 0)
            .map(TableBuilder::finish)
            .collect::<Result<Vec<_>>>()?;
        // Builders of tables that were not met this time are dropped: DDL would pile them up.
        self.tables.retain(|table| table.used);
        for table in &mut self.tables {
            table.used = false;
        }
        self.bytes = 0;
        Ok(Batch {
            rows: std::mem::take(&mut self.rows),
            runs: std::mem::take(&mut self.runs),
            arrow,
            ..Batch::default()
        })
    }
}

/// One row image side: a struct column.
struct ImageBuilder {
    columns: Vec<ColumnBuilder>,
    fields: Fields,
    nulls: NullBufferBuilder,
    /// Rows without this image that the columns have not been told of yet.
    pending_nulls: usize,
}

impl ImageBuilder {
    fn new(plan: &Plan) -> Self {
        let columns: Vec<_> = included(plan)
            .map(|(_, column)| ColumnBuilder::new(&column.kind, &column.spec))
            .collect();
        let fields = included(plan)
            .zip(&columns)
            .map(|((_, column), builder)| field(column, builder))
            .collect();
        ImageBuilder {
            columns,
            fields,
            nulls: NullBufferBuilder::new(0),
            pending_nulls: 0,
        }
    }

    fn settle(&mut self) {
        if self.pending_nulls > 0 {
            for column in &mut self.columns {
                column.append_nulls(self.pending_nulls);
            }
            self.pending_nulls = 0;
        }
    }

    /// Returns about how many bytes the image takes.
    fn append(&mut self, plan: &Plan, image: Option<&[Value<'_>]>) -> Result<usize> {
        let Some(image) = image else {
            self.nulls.append_null();
            self.pending_nulls += 1;
            return Ok(self.columns.len());
        };
        self.settle();
        let mut bytes = 0;
        for (builder, (index, column)) in self.columns.iter_mut().zip(included(plan)) {
            let value = image.get(index).copied().unwrap_or(Value::Absent);
            bytes += builder.append(column, value).map_err(|error| {
                error
                    .in_column(&column.spec.name)
                    .in_table(&plan.name.database, &plan.name.table)
            })?;
        }
        self.nulls.append_non_null();
        Ok(bytes)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.settle();
        let arrays = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let image = StructArray::try_new(self.fields.clone(), arrays, self.nulls.finish());
        Ok(Arc::new(image.map_err(broken)?))
    }
}

/// The columns that are part of the value.
fn included(plan: &Plan) -> impl Iterator<Item = (usize, &PlanColumn)> {
    let columns = plan.columns.iter().enumerate();
    columns.filter(|(index, _)| plan.includes(*index))
}

fn field(column: &PlanColumn, builder: &ColumnBuilder) -> Field {
    Field::new(&column.spec.name, builder.data_type(&column.kind), true)
}

fn broken(error: arrow_schema::ArrowError) -> Error {
    Error::invalid(format!("Arrow refused the columns: {error}"))
}

struct TableBuilder {
    plan: Arc<Plan>,
    schema: SchemaRef,
    op: StringDictionaryBuilder<Int32Type>,
    ts: TimestampMicrosecondBuilder,
    gtid: StringDictionaryBuilder<Int32Type>,
    file: StringDictionaryBuilder<Int32Type>,
    pos: UInt64Builder,
    row: UInt32Builder,
    before: ImageBuilder,
    after: ImageBuilder,
    rows: usize,
    committed: usize,
    /// The last rows, all of this operation, whose op, ts, gtid, file and pos are not written yet: they share them.
    alike: (Operation, usize),
    used: bool,
}

impl TableBuilder {
    fn new(plan: &Arc<Plan>) -> Self {
        let (before, after) = (ImageBuilder::new(plan), ImageBuilder::new(plan));
        let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let schema = Schema::new(vec![
            Field::new("op", text(), false),
            Field::new(
                "ts",
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                false,
            ),
            Field::new("gtid", text(), true),
            Field::new("file", text(), false),
            Field::new("pos", DataType::UInt64, false),
            Field::new("row", DataType::UInt32, false),
            Field::new("before", DataType::Struct(before.fields.clone()), true),
            Field::new("after", DataType::Struct(after.fields.clone()), true),
        ]);
        TableBuilder {
            plan: Arc::clone(plan),
            schema: Arc::new(schema),
            op: StringDictionaryBuilder::new(),
            ts: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            gtid: StringDictionaryBuilder::new(),
            file: StringDictionaryBuilder::new(),
            pos: UInt64Builder::new(),
            row: UInt32Builder::new(),
            before,
            after,
            rows: 0,
            committed: 0,
            alike: (Operation::Insert, 0),
            used: true,
        }
    }

    fn append(
        &mut self,
        origin: &Origin,
        row: u32,
        operation: Operation,
        before: Option<&[Value<'_>]>,
        after: Option<&[Value<'_>]>,
    ) -> Result<usize> {
        let bytes =
            self.before.append(&self.plan, before)? + self.after.append(&self.plan, after)?;
        if self.alike.0 != operation {
            self.settle(origin);
            self.alike.0 = operation;
        }
        self.alike.1 += 1;
        self.row.append_value(row);
        self.rows += 1;
        // Fixed columns: dictionary keys, time, position, row, validity.
        Ok(bytes + 40)
    }

    fn settle(&mut self, origin: &Origin) {
        let count = std::mem::take(&mut self.alike.1);
        if count == 0 {
            return;
        }
        self.op.append_values(self.alike.0.letter(), count);
        self.ts.append_value_n(origin.timestamp_us, count);
        self.gtid.append_options(origin.gtid.as_deref(), count);
        self.file.append_values(&origin.file, count);
        self.pos.append_value_n(origin.position, count);
    }

    fn finish(&mut self) -> Result<ArrowBatch> {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(self.op.finish()),
            Arc::new(self.ts.finish()),
            Arc::new(self.gtid.finish()),
            Arc::new(self.file.finish()),
            Arc::new(self.pos.finish()),
            Arc::new(self.row.finish()),
            self.before.finish()?,
            self.after.finish()?,
        ];
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(broken)?;
        let committed = std::mem::take(&mut self.committed);
        self.rows = 0;
        self.used = true;
        Ok(ArrowBatch {
            table: Arc::clone(&self.plan.name),
            rows,
            committed,
        })
    }
}
