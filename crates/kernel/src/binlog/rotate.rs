//! Where the binlog goes on (`Rotate_event`).

use crate::error::Result;
use crate::reader::Reader;

#[derive(Debug, Clone, Copy)]
pub struct RotateEvent<'a> {
    pub position: u64,
    pub file: &'a [u8],
}

impl<'a> RotateEvent<'a> {
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        Ok(RotateEvent {
            position: reader.u64()?,
            file: reader.rest(),
        })
    }
}
