//! `Envelope` and `Plan`: what Python describes once.

use crate::errors::raise;
use pyo3::prelude::*;
use std::sync::Arc;
use tailrace_kernel::encode::encoding::{FieldSpec, MaskSpec, TableEncoding, UnwrapSpec};
use tailrace_kernel::encode::envelope::{self, Output, TransactionTopic};
use tailrace_kernel::encode::plan::{self, ColumnSpec};

#[pyclass(frozen, module = "tailrace._kernel")]
pub struct Envelope(pub Arc<envelope::Envelope>);

/// Topic, key schema, value schema.
type Transactions = (String, Option<String>, Option<String>);

#[pymethods]
impl Envelope {
    #[new]
    #[pyo3(signature = (*, name, version, format = "json", output = "values", tombstones = true, skipped = "",
                        skip_unchanged = false, include_query = false, transactions = None, headers = vec![]))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, named at every call"
    )]
    fn new(
        py: Python<'_>,
        name: String,
        version: String,
        format: &str,
        output: &str,
        tombstones: bool,
        skipped: &str,
        skip_unchanged: bool,
        include_query: bool,
        transactions: Option<Transactions>,
        headers: Vec<(String, String)>,
    ) -> PyResult<Self> {
        let transactions = transactions.map(|(topic, key_schema, value_schema)| TransactionTopic {
            topic,
            key_schema,
            value_schema,
        });
        Ok(Envelope(Arc::new(envelope::Envelope {
            name,
            version,
            format: envelope::Format::by_name(format).map_err(|error| raise(py, &error))?,
            output: Output::by_name(output).map_err(|error| raise(py, &error))?,
            tombstones,
            skipped: skipped.to_owned(),
            skip_unchanged,
            include_query,
            transactions,
            headers,
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

fn mask_spec(mask: &Bound<'_, PyAny>) -> PyResult<Option<MaskSpec>> {
    if mask.is_none() {
        return Ok(None);
    }
    Ok(Some(MaskSpec {
        kind: mask.getattr("kind")?.extract()?,
        length: mask.getattr("length")?.extract()?,
        algorithm: mask.getattr("algorithm")?.extract()?,
        salt: mask.getattr("salt")?.extract()?,
    }))
}

fn field_spec(field: &Bound<'_, PyAny>) -> PyResult<FieldSpec> {
    Ok(FieldSpec {
        name: field.getattr("name")?.extract()?,
        form: field.getattr("form")?.extract()?,
        mask: mask_spec(&field.getattr("mask")?)?,
        null: field.getattr("null")?.extract()?,
        zero: field.getattr("zero")?.extract()?,
        strict: field.getattr("strict")?.extract()?,
    })
}

fn optional_field(field: PyResult<Bound<'_, PyAny>>) -> PyResult<Option<FieldSpec>> {
    let field = field?;
    (!field.is_none()).then(|| field_spec(&field)).transpose()
}

fn key_field(pair: PyResult<Bound<'_, PyAny>>) -> PyResult<(usize, FieldSpec)> {
    let pair = pair?;
    Ok((
        pair.get_item(0)?.extract()?,
        field_spec(&pair.get_item(1)?)?,
    ))
}

fn unwrap_spec(unwrap: &Bound<'_, PyAny>) -> PyResult<Option<UnwrapSpec>> {
    if unwrap.is_none() {
        return Ok(None);
    }
    Ok(Some(UnwrapSpec {
        deletes: unwrap.getattr("deletes")?.extract()?,
        fields: unwrap.getattr("fields")?.extract()?,
        headers: unwrap.getattr("headers")?.extract()?,
    }))
}

fn table_encoding(encoding: &Bound<'_, PyAny>) -> PyResult<TableEncoding> {
    Ok(TableEncoding {
        topic: encoding.getattr("topic")?.extract()?,
        fields: encoding
            .getattr("fields")?
            .try_iter()?
            .map(optional_field)
            .collect::<PyResult<_>>()?,
        key: encoding
            .getattr("key")?
            .try_iter()?
            .map(key_field)
            .collect::<PyResult<_>>()?,
        key_schema: encoding.getattr("key_schema")?.extract()?,
        value_schema: encoding.getattr("value_schema")?.extract()?,
        key_suffix: encoding.getattr("key_suffix")?.extract()?,
        unwrap: unwrap_spec(&encoding.getattr("unwrap")?)?,
    })
}

#[pymethods]
impl Plan {
    #[new]
    #[pyo3(signature = (table, encoding = None))]
    fn new(
        py: Python<'_>,
        table: &Bound<'_, PyAny>,
        encoding: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (database, name): (String, String) = table.getattr("id")?.extract()?;
        let columns: Vec<ColumnSpec> = table
            .getattr("columns")?
            .try_iter()?
            .map(|column| column_spec(&column?))
            .collect::<PyResult<_>>()?;
        let encoding = match encoding {
            Some(encoding) => table_encoding(encoding)?,
            None => {
                let key: Vec<String> = table.getattr("primary_key")?.extract()?;
                TableEncoding::usual(&columns, &key).map_err(|error| raise(py, &error))?
            }
        };
        let plan = plan::Plan::compile(&database, &name, columns, &encoding)
            .map_err(|error| raise(py, &error))?;
        Ok(Plan(Arc::new(plan)))
    }

    /// (column, how many of its values became null because their form has no room for them), since the last call.
    fn take_unfit(&self) -> Vec<(&str, u64)> {
        let columns = self.0.columns.iter().zip(&self.0.json.fields);
        columns
            .filter_map(|(column, field)| {
                let count = field.as_ref()?.take_unfit();
                (count > 0).then_some((column.spec.name.as_str(), count))
            })
            .collect()
    }
}
