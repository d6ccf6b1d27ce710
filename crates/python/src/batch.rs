//! `Batch` and `Commit`: encoded events as Python's sinks see them, without a copy.

use crate::errors::raise;
use crate::gil::without_gil;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, RecordBatch, StructArray};
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyList};
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::ops::Range;
use std::sync::Arc;
use tailrace_kernel::encode::batch::{self, Operation};
use tailrace_kernel::encode::envelope::Output;
use tailrace_kernel::encode::plan::TableName;
use tailrace_kernel::encode::record;
use tailrace_kernel::pool::Pool;

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct Commit {
    end: usize,
    rows: u64,
    records: usize,
    file: String,
    position: u64,
    gtids: String,
    timestamp_us: u64,
    transactions: u64,
}

#[pyclass(frozen, module = "tailrace._kernel")]
pub struct Batch {
    inner: batch::Batch,
    pool: Arc<Pool>,
}

/// Rows of one table; Arrow's PyCapsule interface hands them to pyarrow, Polars or DuckDB without a copy.
#[pyclass(frozen, module = "tailrace._kernel")]
pub struct ArrowRows {
    table: Arc<TableName>,
    rows: RecordBatch,
}

type RecordParts<'py> = (
    String,
    Option<Bound<'py, PyBytes>>,
    Option<Bound<'py, PyBytes>>,
    Vec<(String, Bound<'py, PyBytes>)>,
);

/// Topic, key, value, headers.
type GivenRecord = (
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Vec<(String, Vec<u8>)>,
);

fn given_record(record: GivenRecord, partition: Option<i32>) -> record::Given {
    let (topic, key, value, headers) = record;
    record::Given {
        topic,
        key,
        value,
        headers,
        partition,
    }
}

#[pymethods]
impl ArrowRows {
    #[getter]
    fn database(&self) -> &str {
        &self.table.database
    }

    #[getter]
    fn table(&self) -> &str {
        &self.table.table
    }

    fn __len__(&self) -> usize {
        self.rows.num_rows()
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // The interface asks for no more than a best effort: whoever wants other types casts.
        let _ = requested_schema;
        let rows: StructArray = self.rows.clone().into();
        let schema = FFI_ArrowSchema::try_from(self.rows.schema().as_ref())
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((
            PyCapsule::new_with_value(py, schema, c"arrow_schema")?,
            PyCapsule::new_with_value(py, FFI_ArrowArray::new(&rows.to_data()), c"arrow_array")?,
        ))
    }
}

impl Batch {
    pub fn new(inner: batch::Batch, pool: Arc<Pool>) -> Self {
        Batch { inner, pool }
    }

    /// What the kernel made.
    pub fn kernel(&self) -> &batch::Batch {
        &self.inner
    }

    fn parts<'py>(&self, py: Python<'py>, record: &batch::Record) -> RecordParts<'py> {
        let part = |range: &Range<usize>| {
            PyBytes::new(py, self.inner.bytes.get(range.clone()).unwrap_or_default())
        };
        (
            record.topic.to_string(),
            record.key.as_ref().map(part),
            record.value.as_ref().map(part),
            record
                .all_headers()
                .map(|(name, value)| (name.clone(), PyBytes::new(py, value)))
                .collect(),
        )
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.inner.bytes));
    }
}

pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

#[pymethods]
impl Batch {
    #[getter]
    fn rows(&self) -> u64 {
        self.inner.rows
    }

    #[getter]
    fn in_transaction(&self) -> bool {
        self.inner.in_transaction
    }

    #[getter]
    fn last_timestamp(&self) -> u32 {
        self.inner.last_timestamp
    }

    #[getter]
    fn commit(&self) -> Option<Commit> {
        self.inner.commit.as_ref().map(|commit| Commit {
            end: commit.end,
            rows: commit.rows,
            records: commit.records,
            file: commit.file.clone(),
            position: commit.position,
            gtids: commit.gtids.clone(),
            timestamp_us: commit.timestamp_us,
            transactions: commit.transactions,
        })
    }

    #[getter]
    fn counts(&self) -> Vec<(&str, &str, u64, u64, u64, u64)> {
        let mut counts: BTreeMap<(&str, &str), [u64; 4]> = BTreeMap::new();
        for run in &self.inner.runs {
            let column = match run.operation {
                Operation::Insert => 0,
                Operation::Update => 1,
                Operation::Delete => 2,
                Operation::Read => 3,
            };
            counts
                .entry((&run.table.database, &run.table.table))
                .or_default()[column] += run.events;
        }
        counts
            .into_iter()
            .map(|((database, table), [i, u, d, r])| (database, table, i, u, d, r))
            .collect()
    }

    fn split<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(
            py,
            lines(&self.inner.bytes)
                .map(|line| PyBytes::new(py, line))
                .collect::<Vec<_>>(),
        )
    }

    /// Topic, key, value, headers.
    fn records<'py>(&self, py: Python<'py>) -> Vec<RecordParts<'py>> {
        let records = self.inner.records.iter();
        records.map(|record| self.parts(py, record)).collect()
    }

    /// Those of `records` that are rows of these tables, each with its place and its table's place in `tables`.
    fn rows_of<'py>(
        &self,
        py: Python<'py>,
        tables: Vec<(String, String)>,
    ) -> Vec<(usize, usize, RecordParts<'py>)> {
        let names: Vec<TableName> = tables
            .into_iter()
            .map(|(database, table)| TableName { database, table })
            .collect();
        let records = self.inner.records.iter().enumerate();
        records
            .filter_map(|(index, record)| {
                let table = record.table.as_deref()?;
                let which = names.iter().position(|name| name == table)?;
                Some((index, which, self.parts(py, record)))
            })
            .collect()
    }

    /// This batch as the sink wants it, some of its records changed.
    #[pyo3(signature = (changed, *, output))]
    fn replaced(
        &self,
        py: Python<'_>,
        changed: Vec<(usize, GivenRecord)>,
        output: &str,
    ) -> PyResult<Self> {
        let output = Output::by_name(output).map_err(|error| raise(py, &error))?;
        let partition = |index: usize| self.inner.records.get(index)?.partition;
        let changed = changed
            .into_iter()
            .map(|(index, record)| (index, given_record(record, partition(index))))
            .collect();
        let inner = without_gil(py, || record::replace(&self.inner, changed, output));
        Ok(Batch::new(inner, Arc::new(Pool::new(0))))
    }

    /// The partition of each of `records`; None: where its key leads.
    fn partitions(&self) -> Vec<Option<i32>> {
        let records = self.inner.records.iter();
        records.map(|record| record.partition).collect()
    }

    /// How many `records` there are.
    #[getter]
    fn record_count(&self) -> usize {
        self.inner.records.len()
    }

    /// Topics of `records`, each once.
    fn topics(&self) -> Vec<&str> {
        let mut topics: Vec<&str> = Vec::new();
        for record in &self.inner.records {
            let topic = &*record.topic;
            // Records of one topic mostly follow one another.
            if topics.last() != Some(&topic) && !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        topics
    }

    /// (database, table) of each of `records`; None: of no table.
    fn sources(&self) -> Vec<Option<(&str, &str)>> {
        let records = self.inner.records.iter();
        records
            .map(|record| {
                let table = record.table.as_ref()?;
                Some((table.database.as_str(), table.table.as_str()))
            })
            .collect()
    }

    /// A batch that Python made: records in parts, or as lines.
    #[staticmethod]
    #[pyo3(signature = (records, *, output, like = None, committed = 0, partitions = vec![]))]
    fn of(
        py: Python<'_>,
        records: Vec<GivenRecord>,
        output: &str,
        like: Option<&Batch>,
        committed: usize,
        partitions: Vec<Option<i32>>,
    ) -> PyResult<Self> {
        let output = Output::by_name(output).map_err(|error| raise(py, &error))?;
        let partitions = partitions.into_iter().chain(std::iter::repeat(None));
        let given = records.into_iter().zip(partitions);
        let given = given.map(|(record, partition)| given_record(record, partition));
        let inner = record::collect(given, output, like.map(|like| &like.inner), committed);
        Ok(Batch::new(inner, Arc::new(Pool::new(0))))
    }

    fn tables(&self) -> Vec<(&str, &str)> {
        let runs = self.inner.runs.iter();
        runs.flat_map(|run| {
            std::iter::repeat_n(
                (run.table.database.as_str(), run.table.table.as_str()),
                run.events as usize,
            )
        })
        .collect()
    }

    /// What `format="arrow"` gives: one entry per table; first the rows of whole transactions, then (`tail`) the rest.
    #[pyo3(signature = (*, tail = false))]
    fn arrow(&self, tail: bool) -> Vec<ArrowRows> {
        let parts = self.inner.arrow.iter().map(|part| {
            let (start, end) = if tail {
                (part.committed, part.rows.num_rows())
            } else {
                (0, part.committed)
            };
            ArrowRows {
                table: Arc::clone(&part.table),
                rows: part.rows.slice(start, end - start),
            }
        });
        parts.filter(|part| part.rows.num_rows() > 0).collect()
    }

    #[getter]
    fn memory(&self) -> usize {
        let arrow = self.inner.arrow.iter();
        let arrow: usize = arrow.map(|part| part.rows.get_array_memory_size()).sum();
        self.inner.bytes.len() + arrow
    }

    fn __len__(&self) -> usize {
        self.inner.bytes.len()
    }

    /// # Safety
    /// Called by CPython with a valid, writable `view`. The bytes live as long as `slf`, which the view keeps alive,
    /// and never change: the class is frozen.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("no view to fill"));
        }
        let bytes = &slf.get().inner.bytes;
        // SAFETY: see above; PyBuffer_FillInfo takes its own reference to the exporter.
        let filled = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                bytes.as_ptr().cast_mut().cast(),
                bytes.len() as ffi::Py_ssize_t,
                1,
                flags,
            )
        };
        if filled == 0 {
            Ok(())
        } else {
            Err(PyErr::fetch(slf.py()))
        }
    }
}
