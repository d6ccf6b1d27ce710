//! What a `Decoder` hands out besides batches; plain values, read by Python's policy.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct NeedTable {
    pub table_id: u64,
    pub database: String,
    pub table: String,
    pub file: String,
    pub position: u64,
    pub column_types: Vec<u32>,
    pub column_meta: Vec<u32>,
    pub nullable: Vec<bool>,
    pub unsigned: Option<Vec<bool>>,
    pub names: Option<Vec<String>>,
    pub collations: Option<Vec<Option<u32>>>,
    pub labels: Option<Vec<Option<Vec<String>>>>,
    pub geometry_types: Option<Vec<Option<u32>>>,
    pub primary_key: Option<Vec<u32>>,
    pub visible: Option<Vec<bool>>,
    pub dimensions: Option<Vec<Option<u32>>>,
}

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct Query {
    pub database: String,
    pub sql: String,
    pub file: String,
    pub position: u64,
    pub end_position: u64,
    pub gtid: Option<String>,
    pub timestamp_us: u64,
    pub thread_id: u32,
    pub server_id: u32,
    pub charset: String,
    pub sql_mode: u64,
    pub collation_database: Option<u32>,
    pub explicit_defaults_for_timestamp: bool,
    pub in_transaction: bool,
}

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct XaHold {
    pub xid: String,
    pub data: Py<PyBytes>,
    pub first: bool,
}

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct XaEnd {
    pub xid: String,
    pub outcome: &'static str,
}

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct Source {
    pub uuid: String,
}

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct Rollback {
    pub rows: u64,
}

#[pyclass(frozen, module = "tailrace._kernel")]
pub struct Reached;

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct PassedOver {
    /// What would have been raised.
    pub error: Py<PyAny>,
}

#[pyclass(frozen, get_all, module = "tailrace._kernel")]
pub struct Told {
    pub rows: Vec<Py<PyBytes>>,
}
