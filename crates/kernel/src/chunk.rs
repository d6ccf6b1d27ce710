//! The rows of an incremental snapshot's SELECT, kept as they came until the stream is where they belong.

use crate::encode::plan::Plan;
use crate::error::{Error, Result};
use crate::packet::PacketStream;
use crate::reader::Reader;
use crate::resultset::{Phase, advance};
use std::sync::Arc;

pub struct Chunk {
    input: PacketStream,
    phase: Phase,
    pub plan: Arc<Plan>,
    /// Row packets, one behind the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Rows handed out.
    taken: usize,
}

impl Chunk {
    pub fn new(plan: Arc<Plan>) -> Chunk {
        Chunk {
            input: PacketStream::new(1 << 30),
            phase: Phase::Count,
            plan,
            bytes: Vec::new(),
            ends: Vec::new(),
            taken: 0,
        }
    }

    /// Takes in `count` bytes, which the caller puts into the slice; `read` follows.
    pub fn room(&mut self, count: usize) -> &mut [u8] {
        self.input.room(count)
    }

    /// Reads what was fed. Raises what the server answered instead of rows.
    pub fn read(&mut self) -> Result<()> {
        while let Some(packet) = self.input.next_packet()? {
            let (phase, row) = advance(self.phase, packet, self.plan.columns.len())?;
            self.phase = phase;
            if let Some(row) = row {
                self.bytes.extend_from_slice(row);
                self.ends.push(self.bytes.len());
            }
        }
        Ok(())
    }

    pub fn finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.bytes.len()
    }

    /// The next row's packet.
    pub fn take(&mut self) -> Option<&[u8]> {
        let row = packet(&self.bytes, &self.ends, self.taken)?;
        self.taken += 1;
        Some(row)
    }

    /// Values of the last row as the server wrote them; `None` inside: NULL.
    pub fn last(&self, columns: &[usize]) -> Result<Option<Vec<Option<Vec<u8>>>>> {
        let Some(last) = self.ends.len().checked_sub(1) else {
            return Ok(None);
        };
        let mut reader = Reader::new(packet(&self.bytes, &self.ends, last).unwrap_or_default());
        let mut values = Vec::new();
        while !reader.is_empty() {
            values.push(match reader.lenenc_or_null()? {
                None => None,
                Some(length) => {
                    let length = usize::try_from(length)
                        .map_err(|_| Error::corrupt("a value longer than memory"))?;
                    Some(reader.bytes(length)?)
                }
            });
        }
        columns
            .iter()
            .map(|&column| match values.get(column) {
                Some(value) => Ok(value.map(<[u8]>::to_vec)),
                None => Err(Error::invalid(format!("the row has no column {column}"))),
            })
            .collect::<Result<_>>()
            .map(Some)
    }
}

fn packet<'c>(bytes: &'c [u8], ends: &[usize], row: usize) -> Option<&'c [u8]> {
    let start = match row.checked_sub(1) {
        Some(before) => *ends.get(before)?,
        None => 0,
    };
    bytes.get(start..*ends.get(row)?)
}
