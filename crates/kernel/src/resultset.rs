//! The result set of a snapshot SELECT, text protocol: packets in, batches of `r` events out.
//!
//! Packets (`COM_QUERY` response, manual "Text Resultset"): column count, column definitions, EOF unless the
//! session deprecated it, rows, EOF or OK.

use crate::encode::batch::Batch;
use crate::encode::envelope::{Envelope, Source};
use crate::encode::plan::Plan;
use crate::encode::{Change, Encoder};
use crate::error::{Error, Result};
use crate::packet::{PacketStream, server_error};
use crate::pool::Pool;
use crate::reader::Reader;
use crate::row::text;
use crate::row::value::Value;
use std::sync::Arc;

/// Where the snapshot stands in the binlog: the `source` block of its rows.
#[derive(Debug, Clone)]
pub struct SnapshotSource {
    pub file: String,
    pub position: u64,
    pub gtid: Option<String>,
    pub timestamp_us: u64,
}

/// `source.snapshot` of the first row, of the last, and of those between; a lone row takes what speaks of the snapshot
/// rather than of the table, the last before the first.
#[derive(Debug, Clone)]
pub struct Markers {
    pub first: String,
    pub last: String,
}

const BETWEEN: &str = "true";

impl Markers {
    fn of(&self, first: bool, last: bool) -> &str {
        match (first, last) {
            (true, true) if self.last != "last" && self.first == "first" => &self.first,
            (_, true) => &self.last,
            (true, false) => &self.first,
            (false, false) => BETWEEN,
        }
    }
}

/// How far a result set has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Count,
    Definitions {
        left: u64,
    },
    /// After the definitions: an EOF packet may stand before the first row.
    FirstRow,
    Rows,
    Finished,
}

pub struct ResultSet {
    input: PacketStream,
    phase: Phase,
    plan: Arc<Plan>,
    encoder: Encoder,
    source: SnapshotSource,
    /// None: every row is marked alike.
    markers: Option<Markers>,
    /// Rows read so far.
    rows: u64,
    max_batch_bytes: usize,
    pool: Arc<Pool>,
}

impl ResultSet {
    pub fn new(
        plan: Arc<Plan>,
        envelope: &Arc<Envelope>,
        source: SnapshotSource,
        markers: Option<Markers>,
        max_batch_bytes: usize,
        pool: Arc<Pool>,
    ) -> Self {
        ResultSet {
            input: PacketStream::new(1 << 30),
            phase: Phase::Count,
            encoder: Encoder::new(envelope),
            plan,
            source,
            markers,
            rows: 0,
            max_batch_bytes,
            pool,
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.feed(bytes);
    }

    /// Takes in `count` bytes, which the caller puts into the slice.
    pub fn room(&mut self, count: usize) -> &mut [u8] {
        self.input.room(count)
    }

    pub fn finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// The next batch, or `None` when more input is needed or the result set has ended.
    pub fn next(&mut self, now_us: u64) -> Result<Option<Batch>> {
        let ResultSet {
            input,
            phase,
            plan,
            encoder,
            source,
            markers,
            rows,
            max_batch_bytes,
            pool,
        } = self;
        encoder.recycle(|| pool.take());
        let (mut marker, markers) = (BETWEEN, markers.as_ref());
        encoder.begin(plan, &origin(source, marker, now_us));
        while encoder.size() < *max_batch_bytes {
            // A snapshot has no latency to lose: a batch grows until it is full or the last.
            let in_rows = matches!(phase, Phase::FirstRow | Phase::Rows);
            let packet = match markers {
                Some(markers) if in_rows => {
                    let Some((packet, last)) = input.next_row()? else {
                        return Ok(None);
                    };
                    let wanted = markers.of(*rows == 0, last);
                    if wanted != marker && !is_end(packet) {
                        marker = wanted;
                        encoder.begin(plan, &origin(source, marker, now_us));
                    }
                    packet
                }
                _ => {
                    let Some(packet) = input.next_packet()? else {
                        return Ok(None);
                    };
                    packet
                }
            };
            if in_rows && !is_end(packet) {
                *rows += 1;
            }
            *phase = step(*phase, packet, plan, encoder)
                .map_err(|error| error.in_table(&plan.name.database, &plan.name.table))?;
            if *phase == Phase::Finished {
                break;
            }
        }
        (encoder.rows() > 0).then(|| encoder.take()).transpose()
    }
}

fn origin<'s>(source: &'s SnapshotSource, snapshot: &'s str, now_us: u64) -> Source<'s> {
    Source {
        timestamp_us: source.timestamp_us,
        snapshot,
        server_id: 0,
        gtid: source.gtid.as_deref(),
        file: &source.file,
        position: source.position,
        thread: None,
        query: None,
        now_us,
    }
}

fn step(phase: Phase, packet: &[u8], plan: &Plan, encoder: &mut Encoder) -> Result<Phase> {
    let (phase, found) = advance(phase, packet, plan.columns.len())?;
    if let Some(found) = found {
        row(found, plan, encoder)?;
    }
    Ok(phase)
}

/// What a packet is in a result set of so many columns, and the packet itself where it is a row.
pub fn advance(phase: Phase, packet: &[u8], columns: usize) -> Result<(Phase, Option<&[u8]>)> {
    if packet.first() == Some(&0xFF) {
        return Err(server_error(packet));
    }
    match phase {
        Phase::Count => {
            let left = Reader::new(packet).lenenc()?;
            if left as usize != columns {
                return Err(Error::schema(format!(
                    "the result set has {left} columns, the table {columns}"
                )));
            }
            Ok((Phase::Definitions { left }, None))
        }
        Phase::Definitions { left } if left > 1 => {
            Ok((Phase::Definitions { left: left - 1 }, None))
        }
        Phase::Definitions { .. } => Ok((Phase::FirstRow, None)),
        // A row that begins with 0xFE (a value of 16 MB and more) is longer than an EOF or OK packet ever is.
        Phase::FirstRow if is_eof(packet) && packet.len() == 5 => Ok((Phase::Rows, None)),
        Phase::FirstRow | Phase::Rows if is_eof(packet) => Ok((Phase::Finished, None)),
        Phase::FirstRow | Phase::Rows => Ok((Phase::Rows, Some(packet))),
        Phase::Finished => Err(Error::corrupt("a packet after the end of the result set")),
    }
}

/// EOF, OK or an error.
fn is_end(packet: &[u8]) -> bool {
    is_eof(packet) || packet.first() == Some(&0xFF)
}

fn is_eof(packet: &[u8]) -> bool {
    packet.first() == Some(&0xFE) && packet.len() < 0xFF_FFFF
}

fn row(packet: &[u8], plan: &Plan, encoder: &mut Encoder) -> Result<()> {
    with_values(packet, plan, |values| {
        encoder.change(plan, 0, Change::Read(values))
    })
}

/// Reads a row, and gives its values to `then`.
#[inline]
pub fn with_values<T>(
    packet: &[u8],
    plan: &Plan,
    then: impl FnOnce(&[Value<'_>]) -> Result<T>,
) -> Result<T> {
    let mut reader = Reader::new(packet);
    let mut values = [Value::Null; ON_STACK];
    if plan.columns.len() <= ON_STACK {
        let values = &mut values[..plan.columns.len()];
        read_row(plan, &mut reader, values)?;
        return then(values);
    }
    let mut values = vec![Value::Null; plan.columns.len()];
    read_row(plan, &mut reader, &mut values)?;
    then(&values)
}

/// Tables up to this width need no allocation per row.
const ON_STACK: usize = 64;

#[inline]
fn read_row<'a>(plan: &Plan, reader: &mut Reader<'a>, values: &mut [Value<'a>]) -> Result<()> {
    for (value, column) in values.iter_mut().zip(&plan.columns) {
        *value = match reader.lenenc_or_null()? {
            None => Value::Null,
            Some(length) => {
                let length = usize::try_from(length)
                    .map_err(|_| Error::corrupt("a value longer than memory"))?;
                text::parse(column.text, reader.bytes(length)?)
                    .map_err(|error| error.in_column(&column.spec.name))?
            }
        };
    }
    if reader.is_empty() {
        Ok(())
    } else {
        Err(Error::corrupt("bytes after the last column"))
    }
}
