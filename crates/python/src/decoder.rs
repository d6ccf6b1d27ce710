//! `Decoder`: the binlog stream as Python's policy drives it.

use crate::batch::{Batch, lines};
use crate::chunk::Chunk;
use crate::errors::raise;
use crate::gil::without_gil;
use crate::gtid;
use crate::items;
use crate::plan::{Envelope, Plan};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;
use tailrace_kernel::decoder::item::{Item, NeedTable, Query, XaOutcome};
use tailrace_kernel::decoder::watch;
use tailrace_kernel::decoder::{self, Start, Tolerance};
use tailrace_kernel::encode::plan::TableName;
use tailrace_kernel::gtid::GtidSet;
use tailrace_kernel::row::charset::Charset;

#[pyclass(module = "tailrace._kernel")]
pub struct Decoder(decoder::Decoder);

/// A moment of the server: the set executed, or (file, position).
#[derive(FromPyObject)]
enum Place<'py> {
    Gtids(PyRef<'py, gtid::GtidSet>),
    Position(String, u64),
}

impl Place<'_> {
    fn get(&self) -> watch::Place {
        match self {
            Place::Gtids(set) => watch::Place::Gtids(set.0.clone()),
            Place::Position(file, position) => watch::Place::Position {
                file: file.clone(),
                position: *position,
            },
        }
    }
}

#[pymethods]
impl Decoder {
    #[new]
    #[pyo3(signature = (*, file, position, envelope, gtids = "", binlog_file = false,
                        max_batch_bytes = 1048576, max_packet = 1073741824))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, named at every call"
    )]
    fn new(
        py: Python<'_>,
        file: String,
        position: u64,
        envelope: &Envelope,
        gtids: &str,
        binlog_file: bool,
        max_batch_bytes: usize,
        max_packet: usize,
    ) -> PyResult<Self> {
        let gtids = GtidSet::parse(gtids).map_err(|error| raise(py, &error))?;
        let start = Start {
            file,
            position,
            gtids,
            max_batch_bytes,
            max_packet,
        };
        Ok(Decoder(if binlog_file {
            decoder::Decoder::for_file(start, &envelope.0)
        } else {
            decoder::Decoder::new(start, &envelope.0)
        }))
    }

    fn feed(&mut self, py: Python<'_>, data: PyBuffer<u8>) -> PyResult<()> {
        // The bytes may belong to a bytearray that Python reuses: they are copied with the GIL held.
        data.copy_to_slice(py, self.0.room(data.item_count()))
    }

    fn replay(&mut self, data: &[u8], last: bool) {
        self.0.replay(data, last);
    }

    fn next(&mut self, py: Python<'_>, now_us: u64) -> PyResult<Option<Py<PyAny>>> {
        let item = without_gil(py, || self.0.next(now_us)).map_err(|error| raise(py, &error))?;
        item.map(|item| self.wrap(py, item)).transpose()
    }

    #[pyo3(signature = (table_id, plan, *, told = None))]
    fn bind(
        &mut self,
        py: Python<'_>,
        table_id: u64,
        plan: Option<&Plan>,
        told: Option<&Plan>,
    ) -> PyResult<()> {
        let plan = plan.map(|plan| Arc::clone(&plan.0));
        match told {
            None => self.0.bind(table_id, plan),
            Some(told) => self.0.bind_and_tell(table_id, plan, Arc::clone(&told.0)),
        }
        .map_err(|error| raise(py, &error))
    }

    fn watch(&mut self, database: String, table: String, key: Vec<String>) -> gtid::GtidSet {
        gtid::GtidSet(self.0.watch(TableName { database, table }, key))
    }

    fn unwatch(&mut self) {
        self.0.unwatch();
    }

    fn await_place(&mut self, place: Place<'_>) {
        self.0.await_place(place.get());
    }

    fn take_chunk(
        &mut self,
        py: Python<'_>,
        chunk: &mut Chunk,
        seen: Place<'_>,
        now_us: u64,
    ) -> PyResult<Option<Batch>> {
        let (seen, chunk) = (seen.get(), &mut chunk.0);
        let batch = without_gil(py, || self.0.take_chunk(chunk, &seen, now_us))
            .map_err(|error| raise(py, &error))?;
        Ok(batch.map(|batch| Batch::new(batch, Arc::clone(self.0.pool()))))
    }

    fn unbind_all(&mut self) {
        self.0.unbind_all();
    }

    fn skip_rows(&mut self, gtid: &str, rows: u64) {
        self.0.skip_rows(gtid, rows);
    }

    fn ask_for_sources(&mut self) {
        self.0.ask_for_sources();
    }

    fn accept(&mut self, uuid: &str, wanted: bool) {
        self.0.accept(uuid, wanted);
    }

    #[pyo3(signature = (*, unreadable, unfit))]
    fn tolerate(&mut self, unreadable: bool, unfit: bool) {
        self.0.tolerate(Tolerance { unreadable, unfit });
    }

    fn take_over(&mut self, events: u64, rows: u64) {
        self.0.take_over(events, rows);
    }

    #[getter]
    fn open_transaction(&self) -> Option<(&str, u64)> {
        self.0.open_transaction()
    }

    /// Events, rows events left out, updates left out.
    #[getter]
    fn tally(&self) -> (u64, u64, u64) {
        let tally = self.0.tally();
        (tally.events, tally.left_out, tally.unchanged)
    }

    #[getter]
    fn file(&self) -> &str {
        self.0.file()
    }

    #[getter]
    fn position(&self) -> u64 {
        self.0.position()
    }
}

impl Decoder {
    fn wrap(&self, py: Python<'_>, item: Item) -> PyResult<Py<PyAny>> {
        Ok(match item {
            Item::Batch(batch) => {
                Py::new(py, Batch::new(batch, Arc::clone(self.0.pool())))?.into_any()
            }
            Item::NeedTable(need) => Py::new(py, need_table(need))?.into_any(),
            Item::Query(query) => Py::new(py, wrap_query(query))?.into_any(),
            Item::XaHold(hold) => {
                let data = PyBytes::new(py, &hold.data).unbind();
                Py::new(
                    py,
                    items::XaHold {
                        xid: hold.xid,
                        data,
                        first: hold.first,
                    },
                )?
                .into_any()
            }
            Item::XaEnd { xid, outcome } => {
                let outcome = match outcome {
                    XaOutcome::Prepared => "prepared",
                    XaOutcome::Committed => "committed",
                    XaOutcome::RolledBack => "rolled_back",
                };
                Py::new(py, items::XaEnd { xid, outcome })?.into_any()
            }
            Item::Source { uuid } => Py::new(py, items::Source { uuid })?.into_any(),
            Item::Reached => Py::new(py, items::Reached)?.into_any(),
            Item::PassedOver(error) => {
                let error = raise(py, &error).into_value(py).into_any();
                Py::new(py, items::PassedOver { error })?.into_any()
            }
            Item::Told(batch) => {
                let rows = lines(&batch.bytes);
                let rows = rows.map(|row| PyBytes::new(py, row).unbind()).collect();
                Py::new(py, items::Told { rows })?.into_any()
            }
            Item::Rollback { rows } => Py::new(py, items::Rollback { rows })?.into_any(),
        })
    }
}

fn need_table(need: NeedTable) -> items::NeedTable {
    let NeedTable {
        file,
        position,
        map,
    } = need;
    items::NeedTable {
        table_id: map.table_id,
        database: map.database,
        table: map.table,
        file,
        position,
        column_types: map.types.iter().map(|&kind| u32::from(kind)).collect(),
        column_meta: map
            .types
            .iter()
            .zip(&map.meta)
            .map(|(&kind, &meta)| server_order(kind, meta))
            .collect(),
        nullable: map.nullable,
        unsigned: map.unsigned,
        names: map.names,
        collations: map.collations,
        labels: map.labels,
        geometry_types: map.geometry_types,
        primary_key: map.primary_key,
        visible: map.visible,
        dimensions: map.dimensions,
    }
}

/// Metadata as the server's fields hold it: of DECIMAL, STRING, ENUM and SET the first byte is the high one.
fn server_order(kind: u8, meta: u32) -> u32 {
    match kind {
        246..=248 | 254 => u32::from((meta as u16).swap_bytes()),
        _ => meta,
    }
}

fn wrap_query(query: Query) -> items::Query {
    // Without the status variable, or with a set the kernel does not know, utf8mb4 is the server's own default.
    let charset = query
        .client_collation
        .and_then(Charset::by_collation)
        .map_or("utf8mb4", |charset| charset.name());
    let mut sql = Vec::new();
    match Charset::by_name(charset) {
        Some(charset) => charset.write_utf8(&query.sql, &mut sql),
        None => sql.extend_from_slice(&query.sql),
    }
    items::Query {
        database: query.database,
        sql: String::from_utf8_lossy(&sql).into_owned(),
        file: query.file,
        position: query.position,
        end_position: query.end_position,
        gtid: query.gtid,
        timestamp_us: query.timestamp_us,
        thread_id: query.thread_id,
        server_id: query.server_id,
        charset: charset.to_owned(),
        sql_mode: query.sql_mode,
        collation_database: query.collation_database,
        explicit_defaults_for_timestamp: query.explicit_defaults_for_timestamp,
        in_transaction: query.in_transaction,
    }
}
