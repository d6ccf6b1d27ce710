//! `GtidSet`, immutable as Python sees it.

use crate::errors::raise;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tailrace_kernel::gtid;

#[pyclass(frozen, eq, hash, module = "tailrace._kernel")]
#[derive(PartialEq, Eq, Hash)]
pub struct GtidSet(pub gtid::GtidSet);

fn parse(py: Python<'_>, text: &str) -> PyResult<gtid::GtidSet> {
    gtid::GtidSet::parse(text).map_err(|error| raise(py, &error))
}

#[derive(FromPyObject)]
enum SetOrText<'py> {
    Set(PyRef<'py, GtidSet>),
    Text(String),
}

#[pymethods]
impl GtidSet {
    #[new]
    #[pyo3(signature = (text = ""))]
    fn new(py: Python<'_>, text: &str) -> PyResult<Self> {
        parse(py, text).map(GtidSet)
    }

    fn union(&self, other: &GtidSet) -> Self {
        GtidSet(self.0.union(&other.0))
    }

    fn subtract(&self, other: &GtidSet) -> Self {
        GtidSet(self.0.subtract(&other.0))
    }

    fn intersect(&self, other: &GtidSet) -> Self {
        GtidSet(self.0.intersect(&other.0))
    }

    fn contains(&self, py: Python<'_>, other: SetOrText<'_>) -> PyResult<bool> {
        Ok(match other {
            SetOrText::Set(set) => self.0.contains(&set.0),
            SetOrText::Text(text) => self.0.contains(&parse(py, &text)?),
        })
    }

    fn add(&self, py: Python<'_>, gtid: &str) -> PyResult<Self> {
        Ok(GtidSet(self.0.union(&parse(py, gtid)?)))
    }

    fn count(&self) -> u64 {
        self.0.count()
    }

    fn encode<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.encode())
    }

    fn sources(&self) -> Vec<String> {
        self.0.sources()
    }

    fn __bool__(&self) -> bool {
        !self.0.is_empty()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("GtidSet({:?})", self.0.to_string())
    }
}
