//! CRC32 of events: the last four bytes, over all before them (`binlog_checksum=CRC32`).

use crate::binlog::format_description::FormatDescription;
use crate::binlog::header::{EventType, Header};
use crate::error::{Error, Kind, Result};

const LENGTH: usize = 4;
/// Where a header's flags begin, and the flag of a file that is being written (`LOG_EVENT_BINLOG_IN_USE_F`).
const FLAGS_AT: usize = 17;
const IN_USE: u8 = 1;

/// The event without its checksum, which must be right. `format`: none before the first format description.
#[inline]
pub fn strip<'a>(
    event: &'a [u8],
    header: &Header,
    format: Option<&FormatDescription>,
) -> Result<&'a [u8]> {
    if header.kind == EventType::FormatDescription {
        return strip_format_description(event);
    }
    if !format.is_some_and(|format| format.checksum) {
        return Ok(without_own(event, header.kind));
    }
    let (event, stored) = split(event)?;
    verify(stored, crc32fast::hash(event))?;
    Ok(event)
}

fn split(event: &[u8]) -> Result<(&[u8], u32)> {
    match event.split_last_chunk::<LENGTH>() {
        Some((event, checksum)) => Ok((event, u32::from_le_bytes(*checksum))),
        None => Err(Error::truncated(LENGTH, event.len())),
    }
}

#[inline]
fn verify(stored: u32, actual: u32) -> Result<()> {
    if stored == actual {
        return Ok(());
    }
    Err(Error::new(
        Kind::Checksum,
        format!("checksum {stored:08x} in the event, {actual:08x} of its bytes"),
    ))
}

/// A format description always has the four bytes, and the byte before them says whether the events do. With none, a
/// server that sends it changes it without a new checksum (`Binlog_sender::send_format_description_event`), so it is
/// wrong only where it would be right with the other algorithm: then that byte is damaged.
fn strip_format_description(event: &[u8]) -> Result<&[u8]> {
    let (event, stored) = split(event)?;
    let Some((algorithm, before)) = event.split_last() else {
        return Err(Error::truncated(1, 0));
    };
    // The flag is set and cleared in the file without a new checksum.
    let checksum_with = |algorithm: u8| {
        let (head, tail) = before.split_at(before.len().min(FLAGS_AT));
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(head);
        if let Some((flags, tail)) = tail.split_first() {
            hasher.update(&[flags & !IN_USE]);
            hasher.update(tail);
        }
        hasher.update(&[algorithm]);
        hasher.finalize()
    };
    match algorithm {
        1 => verify(stored, checksum_with(1))?,
        0 if stored == checksum_with(1) => verify(stored, checksum_with(0))?,
        _ => {}
    }
    Ok(event)
}

/// Events that the sending server makes itself end in a checksum where the connection asked for one
/// (`Binlog_sender::fake_rotate_event`, `send_heartbeat_event`), whatever the file's format, even before it is known.
fn without_own(event: &[u8], kind: EventType) -> &[u8] {
    if !matches!(
        kind,
        EventType::Rotate | EventType::Heartbeat | EventType::HeartbeatV2
    ) {
        return event;
    }
    match split(event) {
        Ok((shorter, checksum)) if crc32fast::hash(shorter) == checksum => shorter,
        _ => event,
    }
}
