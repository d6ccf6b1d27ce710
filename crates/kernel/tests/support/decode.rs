//! Decoders and plans for tests and fuzz targets, which use this file too.

use std::sync::Arc;
use tailrace_kernel::binlog::table_map::TableMap;
use tailrace_kernel::decoder::{Decoder, Start};
use tailrace_kernel::encode::encoding::TableEncoding;
use tailrace_kernel::encode::envelope::{Envelope, Format};
use tailrace_kernel::encode::plan::{ColumnSpec, Plan};
use tailrace_kernel::error::Result;
use tailrace_kernel::gtid::GtidSet;

pub fn start() -> Start {
    Start {
        file: "binlog.000001".to_owned(),
        position: 4,
        gtids: GtidSet::default(),
        // A batch for each event: then each commit has its own.
        max_batch_bytes: 1,
        max_packet: 1 << 24,
    }
}

pub fn envelope(format: Format) -> Arc<Envelope> {
    Arc::new(Envelope::new("test", "0", format))
}

/// Of a binlog file.
pub fn file_decoder(start: Start) -> Decoder {
    Decoder::for_file(start, &envelope(Format::Json))
}

/// Of a connection.
pub fn packet_decoder(start: Start) -> Decoder {
    Decoder::new(start, &envelope(Format::Json))
}

/// A table as far as its map tells; columns are `c0`, `c1` … where it has no names.
pub fn plan(map: &TableMap) -> Result<Arc<Plan>> {
    let columns: Vec<_> = (0..map.types.len())
        .map(|index| column(map, index))
        .collect();
    let encoding = TableEncoding::usual(&columns, &[])?;
    Plan::compile(&map.database, &map.table, columns, &encoding).map(Arc::new)
}

fn column(map: &TableMap, index: usize) -> ColumnSpec {
    let collation = map
        .collations
        .as_ref()
        .and_then(|collations| collations[index]);
    let binary = collation == Some(63);
    let meta = map.meta[index];
    let data_type = match (map.types[index], meta & 0xFF) {
        (1, _) => "tinyint",
        (2, _) => "smallint",
        (3, _) => "int",
        (8, _) => "bigint",
        (15, _) if binary => "varbinary",
        (15, _) => "varchar",
        (16, _) => "bit",
        (242, _) => "vector",
        (245, _) => "json",
        (246, _) => "decimal",
        (252, _) if binary => "blob",
        (252, _) => "text",
        (254, 247) => "enum",
        (254, 248) => "set",
        (254, _) => "char",
        (255, _) => "geometry",
        _ => "unknown",
    };
    let name = map
        .names
        .as_ref()
        .and_then(|names| names.get(index).cloned());
    ColumnSpec {
        name: name.unwrap_or_else(|| format!("c{index}")),
        data_type: data_type.to_owned(),
        unsigned: map
            .unsigned
            .as_ref()
            .is_some_and(|unsigned| unsigned[index]),
        nullable: true,
        labels: (0..8).map(|label| format!("label {label}")).collect(),
        ..ColumnSpec::default()
    }
}
