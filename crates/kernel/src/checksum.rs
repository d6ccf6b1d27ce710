//! CRC32 of events: the last four bytes, over all before them (`binlog_checksum=CRC32`).

use crate::binlog::format_description::FormatDescription;
use crate::binlog::header::{EventType, Header};
use crate::error::{Error, Kind, Result};

const LENGTH: usize = 4;

/// The event without its checksum, which must be right.
#[inline]
pub fn strip<'a>(event: &'a [u8], header: &Header, format: &FormatDescription) -> Result<&'a [u8]> {
    // A format description always has the four bytes; whether they mean anything, it tells itself.
    let (present, checked) = match header.kind {
        EventType::FormatDescription => (true, FormatDescription::checksum_of(event)),
        _ => (format.checksum, format.checksum),
    };
    if !present {
        return Ok(without_own(event, header.kind));
    }
    let Some((event, checksum)) = event.split_last_chunk::<LENGTH>() else {
        return Err(Error::truncated(LENGTH, event.len()));
    };
    let (stored, actual) = (u32::from_le_bytes(*checksum), crc32fast::hash(event));
    if stored == actual || !checked {
        Ok(event)
    } else {
        Err(Error::new(
            Kind::Checksum,
            format!("checksum {stored:08x} in the event, {actual:08x} of its bytes"),
        ))
    }
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
    match event.split_last_chunk::<LENGTH>() {
        Some((shorter, checksum)) if crc32fast::hash(shorter) == u32::from_le_bytes(*checksum) => {
            shorter
        }
        _ => event,
    }
}
