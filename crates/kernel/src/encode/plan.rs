//! A table version, compiled: what Python describes once and the encoders run per row.

use super::encoding::TableEncoding;
use super::json_plan::JsonPlan;
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
}

#[derive(Debug)]
pub struct Plan {
    pub name: Arc<TableName>,
    pub columns: Vec<PlanColumn>,
    pub json: JsonPlan,
}

impl Plan {
    /// Raises a schema error where a column's type is not known, or the encoding does not fit the table.
    pub fn compile(
        database: &str,
        table: &str,
        columns: Vec<ColumnSpec>,
        encoding: &TableEncoding,
    ) -> Result<Plan> {
        let name = Arc::new(TableName {
            database: database.to_owned(),
            table: table.to_owned(),
        });
        let columns = columns
            .into_iter()
            .map(PlanColumn::compile)
            .collect::<Result<Vec<_>>>()
            .map_err(|error| error.in_table(database, table))?;
        let json = JsonPlan::compile(&columns, encoding)
            .map_err(|error| error.in_table(database, table))?;
        Ok(Plan {
            name,
            columns,
            json,
        })
    }

    /// Whether the column is part of the value.
    pub fn includes(&self, column: usize) -> bool {
        matches!(self.json.fields.get(column), Some(Some(_)))
    }
}

impl PlanColumn {
    fn compile(spec: ColumnSpec) -> Result<PlanColumn> {
        let scale = spec
            .scale
            .and_then(|scale| u8::try_from(scale).ok())
            .unwrap_or(0);
        let kind = column_type(&spec).map_err(|error| error.in_column(&spec.name))?;
        let text = ColumnKind::new(&spec.data_type, spec.unsigned, scale)
            .map_err(|error| error.in_column(&spec.name))?;
        Ok(PlanColumn { spec, kind, text })
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
