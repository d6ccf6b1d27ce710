//! The beginning of a transaction: its GTID and when it committed (`Gtid_event`, control_events.h).

use super::header::EventType;
use crate::error::{Error, Result};
use crate::gtid::Gtid;
use crate::reader::Reader;

#[derive(Debug, Clone, Default)]
pub struct GtidEvent {
    /// None for an anonymous transaction.
    pub gtid: Option<Gtid>,
    /// Commit time on the server that ran the transaction first, µs since the epoch; 0 before 8.0.1.
    pub original_commit_us: u64,
    /// Commit time on the server whose binlog this is.
    pub immediate_commit_us: u64,
}

/// The logical clock's two timestamps follow.
const LOGICAL_CLOCK: u8 = 2;
/// In `immediate_commit_timestamp`: the original one follows, it differs.
const ORIGINAL_FOLLOWS: u64 = 1 << 55;

impl GtidEvent {
    pub fn parse(kind: EventType, body: &[u8]) -> Result<Self> {
        match kind {
            EventType::GtidTagged => Self::parse_tagged(body),
            _ => Self::parse_plain(kind == EventType::Gtid, body),
        }
    }

    /// flags (1), uuid (16), gno (8), clock type (1) and its two timestamps (16), immediate commit time (7), original
    /// (7), transaction length, server versions.
    fn parse_plain(named: bool, body: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        reader.skip(1)?;
        let uuid = reader.array()?;
        let gno = reader.u64()?;
        let gtid = named.then(|| Gtid::new(uuid, "", gno)).transpose()?;
        let mut event = GtidEvent {
            gtid,
            ..GtidEvent::default()
        };
        if reader.is_empty() || reader.u8()? != LOGICAL_CLOCK {
            return Ok(event);
        }
        reader.skip(16)?;
        if reader.len() < 7 {
            return Ok(event);
        }
        let immediate = reader.uint(7)?;
        event.immediate_commit_us = immediate & !ORIGINAL_FOLLOWS;
        event.original_commit_us = if immediate & ORIGINAL_FOLLOWS == 0 {
            event.immediate_commit_us
        } else {
            reader.uint(7)?
        };
        Ok(event)
    }

    /// `mysql::serialization` format: version, size and last non-ignorable field, then (field id, value) pairs. Fields
    /// of `Gtid_event`: 0 flags, 1 uuid, 2 gno, 3 tag, 4 and 5 logical clock, 6 immediate time, 7 original time …
    fn parse_tagged(body: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let _version = varlen_unsigned(&mut reader)?;
        let _size = varlen_unsigned(&mut reader)?;
        let _last = varlen_unsigned(&mut reader)?;
        let (mut uuid, mut gno, mut tag) = ([0; 16], 0, "");
        let mut event = GtidEvent::default();
        let mut original = None;
        while !reader.is_empty() {
            match varlen_unsigned(&mut reader)? {
                0 => drop(varlen_unsigned(&mut reader)?),
                1 => {
                    for byte in &mut uuid {
                        *byte = u8::try_from(varlen_unsigned(&mut reader)?)
                            .map_err(|_| Error::corrupt("a byte of the uuid beyond 255"))?;
                    }
                }
                2 => gno = varlen_signed(&mut reader)?.cast_unsigned(),
                3 => {
                    let length =
                        usize::try_from(varlen_unsigned(&mut reader)?).unwrap_or(usize::MAX);
                    tag = std::str::from_utf8(reader.bytes(length)?)
                        .map_err(|_| Error::corrupt("a tag not of text"))?;
                }
                4 | 5 => drop(varlen_signed(&mut reader)?),
                6 => event.immediate_commit_us = varlen_unsigned(&mut reader)?,
                7 => original = Some(varlen_unsigned(&mut reader)?),
                // Nothing after the times matters here, and unknown fields have no length.
                _ => break,
            }
        }
        event.original_commit_us = original.unwrap_or(event.immediate_commit_us);
        event.gtid = Some(Gtid::new(uuid, tag, gno)?);
        Ok(event)
    }
}

/// Variable-length integer of libs/mysql/serialization: the count of trailing ones of the first byte tells how many
/// bytes follow; the value begins behind the zero that ends them.
fn varlen_unsigned(reader: &mut Reader<'_>) -> Result<u64> {
    let first = reader.u8()?;
    let more = first.trailing_ones() as usize;
    if more == 8 {
        return reader.u64();
    }
    let high = reader.uint(more)?;
    Ok(u64::from(first) >> (more + 1) | high << (7 - more))
}

/// Zigzag: the lowest bit is the sign, a negative value is stored as its complement.
fn varlen_signed(reader: &mut Reader<'_>) -> Result<i64> {
    let value = varlen_unsigned(reader)?;
    let magnitude = (value >> 1).cast_signed();
    Ok(if value & 1 == 1 {
        !magnitude
    } else {
        magnitude
    })
}
