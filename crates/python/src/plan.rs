//! `Envelope` and `Plan`: what Python describes once.

use crate::errors::raise;
use pyo3::prelude::*;
use std::sync::Arc;
use tailrace_kernel::encode::envelope;
use tailrace_kernel::encode::plan::{self, ColumnSpec};

#[pyclass(frozen, module = "tailrace._kernel")]
pub struct Envelope(pub Arc<envelope::Envelope>);

#[pymethods]
impl Envelope {
    #[new]
    #[pyo3(signature = (*, name, version, format = "json", keys = false))]
    fn new(
        py: Python<'_>,
        name: String,
        version: String,
        format: &str,
        keys: bool,
    ) -> PyResult<Self> {
        let format = envelope::Format::by_name(format).map_err(|error| raise(py, &error))?;
        Ok(Envelope(Arc::new(envelope::Envelope {
            name,
            version,
            format,
            keys,
        })))
    }
}

#[pyclass(frozen, module = "tailrace._kernel")]
pub struct Plan(pub Arc<plan::Plan>);

fn column_spec(column: &Bound<'_, PyAny>) -> PyResult<ColumnSpec> {
    Ok(ColumnSpec {
        name: column.getattr("name")?.extract()?,
        data_type: column.getattr("data_type")?.extract()?,
        length: column.getattr("length")?.extract()?,
        scale: column.getattr("scale")?.extract()?,
        unsigned: column.getattr("unsigned")?.extract()?,
        nullable: column.getattr("nullable")?.extract()?,
        charset: column.getattr("charset")?.extract()?,
        labels: column.getattr("labels")?.extract()?,
    })
}

#[pymethods]
impl Plan {
    #[new]
    fn new(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (database, name): (String, String) = table.getattr("id")?.extract()?;
        let columns = table
            .getattr("columns")?
            .try_iter()?
            .map(|column| column_spec(&column?))
            .collect::<PyResult<_>>()?;
        let key: Vec<String> = table.getattr("primary_key")?.extract()?;
        let plan = plan::Plan::compile(&database, &name, columns, &key)
            .map_err(|error| raise(py, &error))?;
        Ok(Plan(Arc::new(plan)))
    }
}
