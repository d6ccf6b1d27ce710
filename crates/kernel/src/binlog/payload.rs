//! A compressed transaction (`Transaction_payload_event`), unpacked event by event with bounded memory.

use crate::error::{Error, Result};
use crate::reader::Reader;
use std::io::{Cursor, Read};

const ZSTD: u64 = 0;
const NONE: u64 = 255;
const HEADER: usize = 19;
const SIZE_AT: usize = 9;

enum Source {
    Plain(Cursor<Vec<u8>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Cursor<Vec<u8>>>>),
}

/// The events of one compressed transaction; they carry no checksums.
pub struct PayloadEvents {
    source: Source,
    event: Vec<u8>,
    max_event: usize,
}

impl std::fmt::Debug for PayloadEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PayloadEvents")
    }
}

impl PayloadEvents {
    /// Fields are type, length, value, all length-encoded: 1 payload size, 2 compression, 3 uncompressed size, 0 end.
    /// `max_event`: bytes of the largest event accepted.
    pub fn parse(body: &[u8], max_event: usize) -> Result<Self> {
        let mut reader = Reader::new(body);
        let mut compression = NONE;
        loop {
            let field = reader.lenenc()?;
            if field == 0 {
                break;
            }
            let mut value = Reader::new(reader.lenenc_bytes()?);
            if field == 2 {
                compression = value.lenenc()?;
            }
        }
        let bytes = Cursor::new(reader.rest().to_vec());
        let source = match compression {
            NONE => Source::Plain(bytes),
            ZSTD => {
                let decoder = zstd::stream::read::Decoder::with_buffer(bytes);
                Source::Zstd(Box::new(
                    decoder.map_err(|error| Error::corrupt(format!("zstd: {error}")))?,
                ))
            }
            other => {
                return Err(Error::unsupported(format!(
                    "compression {other} of a transaction"
                )));
            }
        };
        Ok(PayloadEvents {
            source,
            event: Vec::new(),
            max_event,
        })
    }

    /// The next event, borrowed until the next call; `None` at the end.
    pub fn next_event(&mut self) -> Result<Option<&[u8]>> {
        self.event.clear();
        self.read(HEADER)?;
        if self.event.is_empty() {
            return Ok(None);
        }
        let size = self
            .event
            .get(SIZE_AT..)
            .and_then(|tail| tail.first_chunk::<4>());
        let Some(size) = size.map(|size| u32::from_le_bytes(*size) as usize) else {
            return Err(Error::truncated(HEADER, self.event.len()));
        };
        if !(HEADER..=self.max_event).contains(&size) {
            return Err(Error::corrupt(format!(
                "an event of {size} bytes in a compressed transaction"
            )));
        }
        self.read(size - HEADER)?;
        if self.event.len() < size {
            return Err(Error::truncated(size, self.event.len()));
        }
        Ok(Some(&self.event))
    }

    /// Up to `count` more bytes; grows with what is really there, not with what a header claims.
    fn read(&mut self, count: usize) -> Result<()> {
        let read = match &mut self.source {
            Source::Plain(bytes) => bytes.take(count as u64).read_to_end(&mut self.event),
            Source::Zstd(decoder) => decoder
                .as_mut()
                .take(count as u64)
                .read_to_end(&mut self.event),
        };
        read.map(|_| ()).map_err(|error| {
            Error::corrupt(format!(
                "a compressed transaction cannot be unpacked: {error}"
            ))
        })
    }
}
