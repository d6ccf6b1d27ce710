//! Sent while nothing is written, or while transactions the reader already has are passed over.

use super::header::{EventType, Header};
use crate::error::Result;
use crate::reader::Reader;

#[derive(Debug, Clone, Copy)]
pub struct Heartbeat<'a> {
    pub file: &'a [u8],
    pub position: u64,
}

impl<'a> Heartbeat<'a> {
    /// Version 1: the file name, the position in the header. Version 2 (8.0.26): type, length, value fields; 1 is the
    /// file, 2 the position as a length-encoded integer, 0 the end (`Heartbeat_event_v2`).
    pub fn parse(kind: EventType, header: &Header, body: &'a [u8]) -> Result<Self> {
        if kind == EventType::Heartbeat {
            return Ok(Heartbeat {
                file: body,
                position: u64::from(header.end),
            });
        }
        let mut reader = Reader::new(body);
        let mut beat = Heartbeat {
            file: b"",
            position: 0,
        };
        while !reader.is_empty() {
            let field = reader.u8()?;
            if field == 0 {
                break;
            }
            let value = reader.lenenc_bytes()?;
            match field {
                1 => beat.file = value,
                2 => beat.position = Reader::new(value).lenenc()?,
                _ => {}
            }
        }
        Ok(beat)
    }
}
