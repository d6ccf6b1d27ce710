//! `ResultSet`: a snapshot SELECT as Python drives it.

use crate::batch::Batch;
use crate::errors::raise;
use crate::gil::without_gil;
use crate::plan::{Envelope, Plan};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use std::sync::Arc;
use tailrace_kernel::pool::Pool;
use tailrace_kernel::resultset::{self, Markers, SnapshotSource};

#[pyclass(module = "tailrace._kernel")]
pub struct ResultSet {
    inner: resultset::ResultSet,
    pool: Arc<Pool>,
}

#[pymethods]
impl ResultSet {
    #[new]
    #[pyo3(signature = (plan, envelope, *, file, position, timestamp_us, gtid = None, markers = None,
                        max_batch_bytes = 1048576))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, named at every call"
    )]
    fn new(
        plan: &Plan,
        envelope: &Envelope,
        file: String,
        position: u64,
        timestamp_us: u64,
        gtid: Option<String>,
        markers: Option<(String, String)>,
        max_batch_bytes: usize,
    ) -> Self {
        let pool = Arc::new(Pool::new(max_batch_bytes * 4));
        let source = SnapshotSource {
            file,
            position,
            gtid,
            timestamp_us,
        };
        let inner = resultset::ResultSet::new(
            Arc::clone(&plan.0),
            &envelope.0,
            source,
            markers.map(|(first, last)| Markers { first, last }),
            max_batch_bytes,
            Arc::clone(&pool),
        );
        ResultSet { inner, pool }
    }

    fn feed(&mut self, py: Python<'_>, data: PyBuffer<u8>) -> PyResult<()> {
        data.copy_to_slice(py, self.inner.room(data.item_count()))
    }

    fn next(&mut self, py: Python<'_>, now_us: u64) -> PyResult<Option<Batch>> {
        let batch =
            without_gil(py, || self.inner.next(now_us)).map_err(|error| raise(py, &error))?;
        Ok(batch.map(|batch| Batch::new(batch, Arc::clone(&self.pool))))
    }

    #[getter]
    fn finished(&self) -> bool {
        self.inner.finished()
    }
}
