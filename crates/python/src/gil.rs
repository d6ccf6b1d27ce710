//! The one place where the GIL is released: long kernel work on data that Python cannot touch meanwhile.

use pyo3::prelude::*;

pub fn without_gil<T: Send>(py: Python<'_>, work: impl Send + FnOnce() -> T) -> T {
    py.detach(work)
}
