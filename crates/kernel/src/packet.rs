//! Framing: MySQL packets of a connection, and events of a binlog file, from bytes cut anywhere.

use crate::error::{Error, Result};
use crate::reader::Reader;

/// Bytes waiting to be read. Consumed bytes are dropped when more are fed, so a whole packet is never copied twice.
#[derive(Debug, Default)]
struct Window {
    /// As long as it ever was: what lies behind `filled` is of no meaning.
    bytes: Vec<u8>,
    read: usize,
    filled: usize,
}

impl Window {
    fn room(&mut self, count: usize) -> &mut [u8] {
        self.bytes.copy_within(self.read..self.filled, 0);
        let start = self.filled - self.read;
        self.read = 0;
        self.filled = start + count;
        if self.bytes.len() < self.filled {
            self.bytes.resize(self.filled, 0);
        }
        &mut self.bytes[start..self.filled]
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.read..self.filled).unwrap_or_default()
    }
}

/// Header of a packet: length (3 bytes, little-endian), sequence number.
const HEADER: usize = 4;
/// A packet of this length goes on in the next one (manual: "Sending More Than 16Mb").
const FULL: usize = 0xFF_FFFF;

/// Payloads of a connection's packets.
#[derive(Debug)]
pub struct PacketStream {
    window: Window,
    /// A payload that spans packets, gathered here.
    long: Vec<u8>,
    gathering: bool,
    max_packet: usize,
}

impl PacketStream {
    pub fn new(max_packet: usize) -> Self {
        PacketStream {
            window: Window::default(),
            long: Vec::new(),
            gathering: false,
            max_packet,
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
    }

    /// Takes in `count` bytes, which the caller puts into the slice.
    pub fn room(&mut self, count: usize) -> &mut [u8] {
        self.window.room(count)
    }

    /// The next payload, borrowed until the next call; `None` when it is not whole yet.
    pub fn next_packet(&mut self) -> Result<Option<&[u8]>> {
        if !self.gathering {
            self.long.clear();
        }
        loop {
            let rest = self.window.rest();
            let Some((header, body)) = rest.split_first_chunk::<HEADER>() else {
                return Ok(None);
            };
            let length =
                usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
            if self.long.len() + length > self.max_packet {
                let limit = self.max_packet;
                return Err(Error::corrupt(format!(
                    "a packet beyond the limit of {limit} bytes"
                )));
            }
            if body.len() < length {
                return Ok(None);
            }
            let start = self.window.read + HEADER;
            self.window.read = start + length;
            if length == FULL {
                self.long
                    .extend_from_slice(&self.window.bytes[start..start + length]);
                self.gathering = true;
            } else if self.gathering {
                self.long
                    .extend_from_slice(&self.window.bytes[start..start + length]);
                self.gathering = false;
                return Ok(Some(&self.long));
            } else {
                return Ok(Some(&self.window.bytes[start..start + length]));
            }
        }
    }
}

impl PacketStream {
    /// The next payload, and whether the one behind it ends the rows: not before that one has begun to come.
    ///
    /// What ends them itself (EOF, OK or an error) is given at once.
    pub fn next_row(&mut self) -> Result<Option<(&[u8], bool)>> {
        let Some(follower) = self.follower() else {
            // Not whole yet, or nothing is known of what follows it.
            return Ok(None);
        };
        Ok(self.next_packet()?.map(|packet| (packet, follower)))
    }

    /// Whether the packet behind the next one ends the rows; `None` when that cannot be told yet.
    fn follower(&self) -> Option<bool> {
        let mut rest = self.window.rest();
        let mut first = None;
        loop {
            let (header, body) = rest.split_first_chunk::<HEADER>()?;
            let length =
                usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
            let ends = length < FULL && matches!(body.first(), Some(0xFE | 0xFF));
            match first {
                // The packet asked for.
                None if ends && body.len() >= length => return Some(true),
                Some(FULL) | None => {}
                Some(_) => return (!body.is_empty()).then_some(ends),
            }
            first = Some(length);
            rest = body.get(length..)?;
        }
    }
}

/// Events of a binlog file whose magic number was taken off.
#[derive(Debug)]
pub struct FileStream {
    window: Window,
    max_event: usize,
}

impl FileStream {
    pub fn new(max_event: usize) -> Self {
        FileStream {
            window: Window::default(),
            max_event,
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
    }

    /// Takes in `count` bytes, which the caller puts into the slice.
    pub fn room(&mut self, count: usize) -> &mut [u8] {
        self.window.room(count)
    }

    pub fn next_packet(&mut self) -> Result<Option<&[u8]>> {
        const SIZE_AT: usize = 9;
        const LEAST: usize = 19;
        let rest = self.window.rest();
        let Some(size) = rest.get(SIZE_AT..).and_then(|tail| tail.first_chunk::<4>()) else {
            return Ok(None);
        };
        let size = u32::from_le_bytes(*size) as usize;
        if !(LEAST..=self.max_event).contains(&size) {
            return Err(Error::corrupt(format!("an event of {size} bytes")));
        }
        if rest.len() < size {
            return Ok(None);
        }
        let start = self.window.read;
        self.window.read += size;
        Ok(Some(&self.window.bytes[start..start + size]))
    }
}

/// CR_SERVER_LOST, the client library's number for a connection that ended.
const SERVER_LOST: u16 = 2013;

/// The event in a packet of a binlog dump: after an OK byte. An ERR packet is the server's error, EOF its end.
pub fn network_event(packet: &[u8]) -> Result<&[u8]> {
    match packet.split_first() {
        Some((0x00, event)) => Ok(event),
        Some((0xFF, _)) => Err(server_error(packet)),
        Some((0xFE, _)) => Err(Error::server(
            SERVER_LOST,
            "the server ended the binlog stream",
        )),
        Some((other, _)) => Err(Error::corrupt(format!(
            "a packet that begins with {other:#04x}"
        ))),
        None => Err(Error::corrupt("an empty packet")),
    }
}

/// ERR packet: 0xFF, code, `#` and SQL state, message.
pub fn server_error(packet: &[u8]) -> Error {
    let mut reader = Reader::new(packet);
    let code = reader.u8().and_then(|_| reader.u16()).unwrap_or(0);
    let text = reader.rest();
    let text = if text.first() == Some(&b'#') {
        text.get(6..).unwrap_or_default()
    } else {
        text
    };
    Error::server(code, String::from_utf8_lossy(text))
}
