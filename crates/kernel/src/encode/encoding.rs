//! How a table's rows are written, as Python's `tailrace.model.encoding` describes it.

/// One column as a field of the event.
#[derive(Debug, Clone)]
pub struct FieldSpec {
    pub name: String,
    pub form: String,
    pub mask: Option<MaskSpec>,
    /// JSON text that stands for NULL.
    pub null: String,
    /// JSON text that stands for a zero date, where it is not the form's own.
    pub zero: Option<String>,
    /// A value that the form has no room for is an error, not null.
    pub strict: bool,
}

#[derive(Debug, Clone)]
pub struct MaskSpec {
    pub kind: String,
    pub length: usize,
    pub algorithm: String,
    pub salt: String,
}

/// Rows without the envelope (Debezium's ExtractNewRecordState).
#[derive(Debug, Clone, Default)]
pub struct UnwrapSpec {
    /// `drop`, `tombstone`, `rewrite`, `rewrite-with-tombstone` or `delete-to-tombstone`.
    pub deletes: String,
    /// (field name, what it is: `op`, `ts_ms`, `source.table` …)
    pub fields: Vec<(String, String)>,
    /// The same, as headers.
    pub headers: Vec<(String, String)>,
}

/// A table version and the modes, decided.
#[derive(Debug, Clone)]
pub struct TableEncoding {
    pub topic: String,
    /// By column; `None`: not part of the value.
    pub fields: Vec<Option<FieldSpec>>,
    /// (column, field) in key order; empty: the table has no key.
    pub key: Vec<(usize, FieldSpec)>,
    /// JSON text of a field that every key ends with.
    pub key_schema: Option<String>,
    pub value_schema: Option<String>,
    /// JSON text `"name":value` that every key, and every value, ends with.
    pub key_suffix: String,
    pub unwrap: Option<UnwrapSpec>,
}
