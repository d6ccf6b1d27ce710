//! `Chunk`: the rows of an incremental snapshot's SELECT, as Python fills it.

use crate::errors::raise;
use crate::gil::without_gil;
use crate::plan::Plan;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;
use tailrace_kernel::chunk;

#[pyclass(module = "tailrace._kernel")]
pub struct Chunk(pub chunk::Chunk);

#[pymethods]
impl Chunk {
    #[new]
    fn new(plan: &Plan) -> Self {
        Chunk(chunk::Chunk::new(Arc::clone(&plan.0)))
    }

    fn feed(&mut self, py: Python<'_>, data: PyBuffer<u8>) -> PyResult<()> {
        data.copy_to_slice(py, self.0.room(data.item_count()))?;
        without_gil(py, || self.0.read()).map_err(|error| raise(py, &error))
    }

    fn last<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<usize>,
    ) -> PyResult<Option<Vec<Option<Bound<'py, PyBytes>>>>> {
        let last = self.0.last(&columns).map_err(|error| raise(py, &error))?;
        Ok(last.map(|values| {
            let values = values.into_iter();
            values
                .map(|value| value.map(|value| PyBytes::new(py, &value)))
                .collect()
        }))
    }

    #[getter]
    fn finished(&self) -> bool {
        self.0.finished()
    }

    #[getter]
    fn memory(&self) -> usize {
        self.0.memory()
    }

    fn __len__(&self) -> usize {
        self.0.rows()
    }
}
