//! The first event of every file: server version, post-header lengths, checksum algorithm
//! (`Format_description_event`, control_events.h).

use super::header::Header;
use crate::error::{Error, Result};
use crate::reader::Reader;

#[derive(Debug, Clone, Default)]
pub struct FormatDescription {
    pub server_version: String,
    /// Events end in a CRC32.
    pub checksum: bool,
}

const BINLOG_VERSION: u16 = 4;

impl FormatDescription {
    /// `body` without the four bytes of checksum, which a format description always has (since 5.6).
    pub fn parse(body: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let version = reader.u16()?;
        if version != BINLOG_VERSION {
            return Err(Error::unsupported(format!(
                "binlog version {version}; this reads version 4 (MySQL 5.0 on)"
            )));
        }
        let text = reader.bytes(50)?;
        let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
        reader.skip(4)?;
        let header_length = reader.u8()?;
        if usize::from(header_length) != Header::LENGTH {
            return Err(Error::unsupported(format!(
                "an event header of {header_length} bytes"
            )));
        }
        let algorithm = reader
            .rest()
            .last()
            .copied()
            .ok_or_else(|| Error::truncated(1, 0))?;
        let checksum = match algorithm {
            0 => false,
            1 => true,
            other => return Err(Error::unsupported(format!("checksum algorithm {other}"))),
        };
        Ok(FormatDescription {
            server_version: String::from_utf8_lossy(text).into_owned(),
            checksum,
        })
    }
}
