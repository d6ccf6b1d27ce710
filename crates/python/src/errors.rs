//! Kernel errors as classes of `tailrace.errors`, in one place.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use tailrace_kernel::error::{Error, Kind};

fn class_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Truncated | Kind::Corrupt | Kind::Checksum | Kind::Unsupported => "DecodeError",
        Kind::Schema => "SchemaError",
        Kind::Invalid => "ConfigError",
        Kind::Server => "SourceError",
    }
}

fn place(error: &Error) -> Option<String> {
    let place = error.place();
    let mut parts = Vec::new();
    if let (Some(file), Some(position)) = (&place.file, place.position) {
        parts.push(format!("{file}:{position}"));
    }
    if let Some(event) = place.event {
        parts.push(format!("{event} event"));
    }
    match (&place.table, &place.column) {
        (Some(table), Some(column)) => parts.push(format!("column {table}.{column}")),
        (Some(table), None) => parts.push(format!("table {table}")),
        (None, Some(column)) => parts.push(format!("column {column}")),
        (None, None) => {}
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn build(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = py
        .import("tailrace.errors")?
        .getattr(class_of(error.kind()))?
        .cast_into::<PyType>()?;
    let keywords = PyDict::new(py);
    keywords.set_item("where", place(error))?;
    let value = class.call((error.message(),), Some(&keywords))?;
    // Server errors carry their number, so that Python can tell a purged position from a dead server.
    if let Some(code) = error.server_code() {
        value.setattr("server_code", code)?;
    }
    Ok(PyErr::from_value(value))
}

/// The Python exception for a kernel error.
pub fn raise(py: Python<'_>, error: &Error) -> PyErr {
    build(py, error).unwrap_or_else(|failure| failure)
}
