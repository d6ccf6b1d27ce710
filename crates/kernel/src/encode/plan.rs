//! A table version, compiled: what Python describes once and the encoders run per row.

use super::json::JsonColumn;
use crate::error::{Error, Result};
use crate::json_text::write_string;
use crate::row::charset::Charset;
use crate::row::text::ColumnKind;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableName {
    pub database: String,
    pub table: String,
}

/// One column as `tailrace.model.table.Column` describes it.
#[derive(Debug, Clone, Default)]
pub struct ColumnSpec {
    pub name: String,
    /// `information_schema.COLUMNS.DATA_TYPE`, lower case.
    pub data_type: String,
    pub length: Option<u32>,
    pub scale: Option<u32>,
    pub unsigned: bool,
    pub nullable: bool,
    pub charset: Option<String>,
    pub labels: Vec<String>,
}

/// What a column's values are, apart from how the binlog or a result set stores them.
#[derive(Debug, Clone)]
pub enum ColumnType {
    Int,
    /// BIGINT UNSIGNED: beyond i64.
    UnsignedBig,
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Bit {
        bits: u8,
    },
    Text(Charset),
    /// BINARY(n) is padded with zeros to `pad`; 0 for the others.
    Bytes {
        pad: usize,
    },
    Date,
    Time {
        fsp: u8,
    },
    DateTime {
        fsp: u8,
    },
    Timestamp {
        fsp: u8,
    },
    Year,
    Enum,
    Set,
    Json,
    Point,
    Geometry,
    Vector,
}

#[derive(Debug)]
pub struct PlanColumn {
    pub spec: ColumnSpec,
    pub kind: ColumnType,
    /// How a result set writes it.
    pub text: ColumnKind,
    pub json: JsonColumn,
}

#[derive(Debug)]
pub struct Plan {
    pub name: Arc<TableName>,
    pub columns: Vec<PlanColumn>,
    /// Indexes of the key columns, in key order; empty where the table has no key.
    pub key: Vec<usize>,
}

impl Plan {
    pub fn compile(
        database: &str,
        table: &str,
        columns: Vec<ColumnSpec>,
        key: &[String],
    ) -> Result<Plan> {
        let key = key
            .iter()
            .map(|name| {
                columns
                    .iter()
                    .position(|column| column.name.eq_ignore_ascii_case(name))
                    .ok_or_else(|| Error::schema(format!("key column {name} is not in the table")))
            })
            .collect::<Result<Vec<_>>>()
            .map_err(|error| error.in_table(database, table))?;
        let columns = columns
            .into_iter()
            .map(|spec| {
                let kind = column_type(&spec)
                    .map_err(|error| error.in_column(&spec.name).in_table(database, table))?;
                let scale = spec
                    .scale
                    .and_then(|scale| u8::try_from(scale).ok())
                    .unwrap_or(0);
                let text = ColumnKind::new(&spec.data_type, spec.unsigned, scale)
                    .map_err(|error| error.in_column(&spec.name).in_table(database, table))?;
                let json = JsonColumn::compile(&spec);
                Ok(PlanColumn {
                    spec,
                    kind,
                    text,
                    json,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let name = Arc::new(TableName {
            database: database.to_owned(),
            table: table.to_owned(),
        });
        Ok(Plan { name, columns, key })
    }
}

fn column_type(spec: &ColumnSpec) -> Result<ColumnType> {
    let small = |value: Option<u32>, default: u8| {
        value.map_or(default, |v| u8::try_from(v).unwrap_or(u8::MAX))
    };
    Ok(match spec.data_type.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" => ColumnType::Int,
        "bigint" if spec.unsigned => ColumnType::UnsignedBig,
        "bigint" => ColumnType::Int,
        "float" => ColumnType::Float,
        "double" => ColumnType::Double,
        "decimal" => ColumnType::Decimal {
            precision: small(spec.length, 10),
            scale: small(spec.scale, 0),
        },
        "bit" => ColumnType::Bit {
            bits: small(spec.length, 1),
        },
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
            let charset = spec.charset.as_deref().unwrap_or("utf8mb4");
            match Charset::by_name(charset) {
                Some(charset) => ColumnType::Text(charset),
                None => return Err(Error::schema(format!("unknown character set {charset}"))),
            }
        }
        "binary" => ColumnType::Bytes {
            pad: spec.length.unwrap_or(1) as usize,
        },
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            ColumnType::Bytes { pad: 0 }
        }
        "date" => ColumnType::Date,
        "time" => ColumnType::Time {
            fsp: small(spec.length, 0),
        },
        "datetime" => ColumnType::DateTime {
            fsp: small(spec.length, 0),
        },
        "timestamp" => ColumnType::Timestamp {
            fsp: small(spec.length, 0),
        },
        "year" => ColumnType::Year,
        "enum" => ColumnType::Enum,
        "set" => ColumnType::Set,
        "json" => ColumnType::Json,
        "point" => ColumnType::Point,
        "geometry" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geomcollection" | "geometrycollection" => ColumnType::Geometry,
        "vector" => ColumnType::Vector,
        other => return Err(Error::schema(format!("unknown column type {other}"))),
    })
}

/// `,"name":` as it stands before a value.
pub fn field_prefix(name: &str) -> Box<[u8]> {
    let mut prefix = vec![b','];
    write_string(name.as_bytes(), &mut prefix);
    prefix.push(b':');
    prefix.into_boxed_slice()
}
