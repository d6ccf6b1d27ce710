//! Small functions over values, for tools and tests.

use crate::errors::raise;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tailrace_kernel::row::charset::Charset;
use tailrace_kernel::row::jsonb;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[pyfunction]
pub fn json_text(py: Python<'_>, binary: &[u8]) -> PyResult<String> {
    let mut out = Vec::new();
    jsonb::write_text(binary, &mut out).map_err(|error| raise(py, &error))?;
    Ok(text(&out))
}

#[pyfunction]
pub fn decode_text(charset: &str, data: &[u8]) -> PyResult<String> {
    let charset = Charset::by_name(charset)
        .ok_or_else(|| PyValueError::new_err(format!("unknown character set {charset}")))?;
    let mut out = Vec::new();
    charset.write_utf8(data, &mut out);
    Ok(text(&out))
}

#[pyfunction]
pub fn charsets() -> Vec<&'static str> {
    Charset::names().collect()
}
