//! What the kernel reads in a binlog file, in the words of the recorder's account of mysqlbinlog.

use std::collections::HashMap;
use std::fmt::Write;
use tailrace_kernel::binlog::format_description::FormatDescription;
use tailrace_kernel::binlog::gtid::GtidEvent;
use tailrace_kernel::binlog::header::{EventType, Header};
use tailrace_kernel::binlog::payload::PayloadEvents;
use tailrace_kernel::binlog::query::QueryEvent;
use tailrace_kernel::binlog::rotate::RotateEvent;
use tailrace_kernel::binlog::rows::{RowsEvent, RowsKind};
use tailrace_kernel::binlog::table_map::TableMap;
use tailrace_kernel::binlog::xa::XaPrepareEvent;
use tailrace_kernel::checksum;
use tailrace_kernel::decoder::images::{Bitmap, Layout, read_image, read_partial_image};
use tailrace_kernel::error::Result;
use tailrace_kernel::gtid::GtidSet;
use tailrace_kernel::packet::FileStream;
use tailrace_kernel::reader::Reader;
use tailrace_kernel::row::charset::Charset;
use tailrace_kernel::row::jsonb;
use tailrace_kernel::row::value::Value;
use tailrace_kernel::row::wire::WireType;

const LARGEST: usize = 1 << 20;

#[derive(Default)]
pub struct Account {
    text: String,
    format: Option<FormatDescription>,
    tables: HashMap<u64, TableMap>,
    /// mysqlbinlog shows the rows of a statement behind its last event.
    rows: String,
}

/// The account of a file without its magic number; an incomplete event at the end is left out.
pub fn account(file: &[u8]) -> Result<String> {
    let mut stream = FileStream::new(LARGEST);
    stream.feed(file);
    let (mut account, mut position) = (Account::default(), 4);
    while let Some(bytes) = stream.next_packet()? {
        let header = Header::parse(bytes)?;
        let event = checksum::strip(bytes, &header, account.format.as_ref())?;
        assert_eq!(position + bytes.len(), header.end as usize);
        account.event(event, position as u64, u64::from(header.end))?;
        position += bytes.len();
    }
    Ok(account.text)
}

impl Account {
    fn event(&mut self, event: &[u8], start: u64, end: u64) -> Result<()> {
        let header = Header::parse(event)?;
        let (kind, body) = (header.kind, &event[Header::LENGTH..]);
        let (timestamp, server) = (header.timestamp, header.server_id);
        let name = kind.name();
        let details = self.details(kind, body)?;
        let _ = writeln!(
            self.text,
            "event\t{name}\t{start}\t{end}\t{timestamp}\t{server}{details}"
        );
        match kind {
            EventType::TransactionPayload => {
                let mut payload = PayloadEvents::parse(body, LARGEST)?;
                while let Some(inner) = payload.next_event()? {
                    self.event(inner, end, end)?;
                }
            }
            EventType::TableMap => self.table_map(TableMap::parse(body)?),
            _ => {}
        }
        if details.ends_with("\t1") && name.contains("_rows") {
            self.text += &std::mem::take(&mut self.rows);
        }
        Ok(())
    }

    fn details(&mut self, kind: EventType, body: &[u8]) -> Result<String> {
        use EventType as T;
        Ok(match kind {
            T::FormatDescription => {
                let format = self.format.insert(FormatDescription::parse(body)?);
                format!("\t{}", format.server_version)
            }
            T::PreviousGtids => {
                let set = GtidSet::decode(body)?;
                // The server's own encoding, which is also that of COM_BINLOG_DUMP_GTID.
                assert_eq!(set.encode(), body, "{set}");
                format!("\t{set}")
            }
            T::Gtid | T::AnonymousGtid | T::GtidTagged => {
                let event = GtidEvent::parse(kind, body)?;
                let gtid = event
                    .gtid
                    .map_or("ANONYMOUS".to_owned(), |gtid| gtid.to_string());
                format!(
                    "\t{gtid}\t{}\t{}",
                    event.original_commit_us, event.immediate_commit_us
                )
            }
            T::Query => {
                let query = QueryEvent::parse(body)?;
                let (thread, code) = (query.thread_id, query.error_code);
                let database = String::from_utf8_lossy(query.database);
                let sql = String::from_utf8_lossy(query.sql).replace('\n', "\\n");
                format!("\t{thread}\t{code}\t{database}\t{sql}")
            }
            // A length of one byte, useless beyond 255, then the statement.
            T::RowsQuery => format!("\t{}", String::from_utf8_lossy(&body[1..])),
            T::TableMap => {
                let map = TableMap::parse(body)?;
                let key = map.primary_key.as_deref().unwrap_or_default();
                let names = map.names.as_deref().unwrap_or_default();
                let key: Vec<_> = key
                    .iter()
                    .map(|column| names[*column as usize].as_str())
                    .collect();
                format!(
                    "\t{}\t{}\t{}\t{}",
                    map.database,
                    map.table,
                    map.table_id,
                    key.join(", ")
                )
            }
            T::XaPrepare => {
                let event = XaPrepareEvent::parse(body)?;
                let (words, end) = if event.one_phase {
                    ("COMMIT", " ONE PHASE")
                } else {
                    ("PREPARE", "")
                };
                let (gtrid, bqual) = (hex(event.gtrid), hex(event.bqual));
                format!(
                    "\tXA {words} X'{gtrid}',X'{bqual}',{}{end}",
                    event.format_id
                )
            }
            T::TransactionPayload => payload_fields(body)?,
            T::Rotate => {
                let event = RotateEvent::parse(body)?;
                format!(
                    "\t{}\t{}",
                    String::from_utf8_lossy(event.file),
                    event.position
                )
            }
            T::WriteRows | T::UpdateRows | T::DeleteRows | T::PartialUpdateRows => {
                let event = RowsEvent::parse(kind, body)?;
                self.rows(&event)?;
                format!("\t{}\t{}", event.table_id, event.flags & 1)
            }
            _ => String::new(),
        })
    }

    fn table_map(&mut self, map: TableMap) {
        if let Some(names) = &map.names {
            for index in 0..names.len() {
                let _ = writeln!(self.text, "column\t{}", column(&map, index));
            }
        }
        self.tables.insert(map.table_id, map);
    }

    fn rows(&mut self, event: &RowsEvent<'_>) -> Result<()> {
        let map = &self.tables[&event.table_id];
        let wires: Vec<WireType> = (map.types.iter().zip(&map.meta))
            .map(|(&kind, &meta)| WireType::new(kind, meta, false, false))
            .collect::<Result<_>>()?;
        let first = Layout::new(Bitmap::new(event.before), event.columns);
        let second = Layout::new(Bitmap::new(event.after), event.columns);
        let mut reader = Reader::new(event.data);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        // A row without columns has no bytes.
        let mut lone = event.data.is_empty();
        while !reader.is_empty() || lone {
            lone = false;
            read_image(&wires, first, &mut reader, &mut before)?;
            match event.kind {
                RowsKind::Write => self.rows += &format!("row\tINSERT{}", image("SET", &before)),
                RowsKind::Delete => self.rows += &format!("row\tDELETE{}", image("WHERE", &before)),
                RowsKind::Update | RowsKind::PartialUpdate => {
                    if event.kind == RowsKind::Update {
                        read_image(&wires, second, &mut reader, &mut after)?;
                    } else {
                        read_partial_image(&wires, second, &before, &mut reader, &mut after)?;
                    }
                    self.rows += &format!(
                        "row\tUPDATE{}{}",
                        image("WHERE", &before),
                        image("SET", &after)
                    );
                }
            }
            self.rows.push('\n');
        }
        Ok(())
    }
}

fn payload_fields(body: &[u8]) -> Result<String> {
    let mut reader = Reader::new(body);
    let mut fields = [0; 4];
    loop {
        let field = reader.lenenc()? as usize;
        if field == 0 {
            break;
        }
        fields[field] = Reader::new(reader.lenenc_bytes()?).lenenc()?;
    }
    assert_eq!(fields[1], reader.len() as u64);
    assert_eq!(fields[2], 0, "zstd");
    Ok(format!("\t{}\tZSTD\t{}", fields[1], fields[3]))
}

/// What the optional metadata says of a column, as mysqlbinlog prints it; the type itself is the map's own affair.
fn column(map: &TableMap, index: usize) -> String {
    let mut out = format!("`{}`", map.names.as_ref().expect("names")[index]);
    let unsigned = map
        .unsigned
        .as_ref()
        .is_some_and(|unsigned| unsigned[index]);
    let labels = map
        .labels
        .as_ref()
        .and_then(|labels| labels[index].as_ref());
    let collation = map
        .collations
        .as_ref()
        .and_then(|collations| collations[index]);
    let charset = collation
        .filter(|id| *id != 63)
        .and_then(Charset::by_collation);
    let visible = map.visible.as_ref().is_none_or(|visible| visible[index]);
    let dimensions = map
        .dimensions
        .as_ref()
        .and_then(|dimensions| dimensions[index]);
    let geometry = map.geometry_types.as_ref().and_then(|types| types[index]);
    let _ = match (unsigned, map.nullable[index]) {
        (true, true) => write!(out, " UNSIGNED"),
        (true, false) => write!(out, " UNSIGNED NOT NULL"),
        (false, true) => Ok(()),
        (false, false) => write!(out, " NOT NULL"),
    };
    if let Some(labels) = labels {
        let labels: Vec<_> = labels
            .iter()
            .map(|label| format!("'{}'", label.replace('\'', "\\'")))
            .collect();
        let _ = write!(out, "({})", labels.join(", "));
    }
    if let Some(charset) = charset {
        let _ = write!(out, " CHARSET {}", charset.name());
    }
    if let Some(dimensions) = dimensions {
        let _ = write!(out, " VECTOR({dimensions})");
    }
    if let Some(geometry) = geometry {
        let _ = write!(out, " {}", ["GEOMETRY", "POINT"][geometry as usize]);
    }
    if !visible {
        out.push_str(" INVISIBLE");
    }
    out
}

fn image(word: &str, values: &[Value<'_>]) -> String {
    let mut out = String::new();
    for (number, value) in (1..)
        .zip(values)
        .filter(|(_, value)| **value != Value::Absent)
    {
        let _ = write!(out, "\t@{number}={}", shown(*value));
    }
    if out.is_empty() {
        out
    } else {
        format!("\t{word}{out}")
    }
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Enum(number) => number.to_string(),
        Value::Text(bytes) | Value::Bytes(bytes) => format!("'{}'", escaped(bytes)),
        Value::JsonBinary(binary) => {
            let mut out = Vec::new();
            jsonb::write_text(binary, &mut out).expect("a document");
            format!("'{}'", String::from_utf8_lossy(&out))
        }
        Value::JsonDiff { .. } => "changed".to_owned(),
        Value::Geometry(_) | Value::Vector(_) => "!!".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Bytes that are no UTF-8 as the recorder wrote them.
fn escaped(bytes: &[u8]) -> String {
    let show = |byte: &u8| match byte {
        0x20..0x7F => char::from(*byte).to_string(),
        other => format!("\\x{other:02x}"),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(show).collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
