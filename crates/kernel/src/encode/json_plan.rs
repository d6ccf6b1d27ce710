//! A table's events as JSON, compiled: the text around the values, and the fields that hold them.

use super::encoding::{FieldSpec, TableEncoding};
use super::json_value::JsonField;
use super::plan::{ColumnSpec, PlanColumn};
use super::unwrap::Unwrap;
use crate::error::{Error, Result};
use crate::json_text::write_string;
use std::sync::Arc;

#[derive(Debug)]
pub struct JsonPlan {
    pub topic: Arc<str>,
    /// By column; `None`: not part of the value.
    pub fields: Vec<Option<JsonField>>,
    /// (column, field) in key order; empty where the table has none.
    pub key: Vec<(usize, JsonField)>,
    /// `,"name":value` after the columns of each key; mostly empty.
    pub key_suffix: Box<[u8]>,
    pub key_frame: Frame,
    pub value_frame: Frame,
    /// `{"topic":"…","key":`
    pub line_start: Box<[u8]>,
    pub unwrap: Option<Unwrap>,
}

/// What stands around a document: `{"schema":…,"payload":` and `}`, or nothing.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    pub start: Box<[u8]>,
    pub end: &'static [u8],
}

impl Frame {
    pub fn new(schema: Option<&str>) -> Frame {
        match schema {
            None => Frame::default(),
            Some(schema) => Frame {
                start: format!("{{\"schema\":{schema},\"payload\":")
                    .into_bytes()
                    .into(),
                end: b"}",
            },
        }
    }
}

/// `{"topic":"…","key":`, the beginning of a record as a line.
pub fn line_start(topic: &str) -> Box<[u8]> {
    let mut start = b"{\"topic\":".to_vec();
    write_string(topic.as_bytes(), &mut start);
    start.extend_from_slice(b",\"key\":");
    start.into()
}

impl JsonPlan {
    /// Whether records have a key: of columns, or of the table's name alone.
    pub fn has_key(&self) -> bool {
        !self.key.is_empty() || !self.key_suffix.is_empty()
    }

    pub fn compile(columns: &[PlanColumn], encoding: &TableEncoding) -> Result<JsonPlan> {
        if encoding.fields.len() != columns.len() {
            return Err(Error::schema(format!(
                "an encoding of {} fields for {} columns",
                encoding.fields.len(),
                columns.len()
            )));
        }
        let field = |spec: &FieldSpec, column: &PlanColumn| {
            JsonField::compile(spec, &column.kind, &column.spec)
                .map_err(|error| error.in_column(&column.spec.name))
        };
        let fields = encoding
            .fields
            .iter()
            .zip(columns)
            .map(|(spec, column)| spec.as_ref().map(|spec| field(spec, column)).transpose())
            .collect::<Result<Vec<_>>>()?;
        let key = encoding
            .key
            .iter()
            .map(|(index, spec)| {
                let column = columns
                    .get(*index)
                    .ok_or_else(|| Error::schema(format!("the key has no column {index}")))?;
                Ok((*index, field(spec, column)?))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(JsonPlan {
            topic: encoding.topic.as_str().into(),
            fields,
            key,
            key_suffix: encoding.key_suffix.as_bytes().into(),
            key_frame: Frame::new(encoding.key_schema.as_deref()),
            value_frame: Frame::new(encoding.value_schema.as_deref()),
            line_start: line_start(&encoding.topic),
            unwrap: encoding.unwrap.as_ref().map(Unwrap::compile).transpose()?,
        })
    }
}

impl TableEncoding {
    /// All columns under their own names, Debezium's default modes.
    pub fn usual(columns: &[ColumnSpec], key: &[String]) -> Result<TableEncoding> {
        let field = |column: &ColumnSpec| FieldSpec {
            name: column.name.clone(),
            form: String::new(),
            mask: None,
            null: "null".to_owned(),
            zero: None,
            strict: false,
        };
        let key = key
            .iter()
            .map(|name| {
                let index = columns
                    .iter()
                    .position(|column| column.name.eq_ignore_ascii_case(name))
                    .ok_or_else(|| {
                        Error::schema(format!("key column {name} is not in the table"))
                    })?;
                Ok((index, field(&columns[index])))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(TableEncoding {
            topic: String::new(),
            fields: columns.iter().map(|column| Some(field(column))).collect(),
            key,
            key_schema: None,
            value_schema: None,
            key_suffix: String::new(),
            unwrap: None,
        })
    }
}
