//! The end of the first phase of an XA transaction (`XA_prepare_event`).

use crate::error::{Error, Result};
use crate::reader::Reader;

#[derive(Debug, Clone, Copy)]
pub struct XaPrepareEvent<'a> {
    /// XA COMMIT … ONE PHASE: this is the commit.
    pub one_phase: bool,
    pub format_id: u32,
    pub gtrid: &'a [u8],
    pub bqual: &'a [u8],
}

impl<'a> XaPrepareEvent<'a> {
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let one_phase = reader.u8()? != 0;
        let format_id = reader.u32()?;
        let (gtrid, bqual) = (reader.u32()? as usize, reader.u32()? as usize);
        // MAXGTRIDSIZE and MAXBQUALSIZE, sql/handler.h.
        if gtrid > 64 || bqual > 64 {
            return Err(Error::corrupt(format!(
                "an xid of {gtrid} and {bqual} bytes"
            )));
        }
        Ok(XaPrepareEvent {
            one_phase,
            format_id,
            gtrid: reader.bytes(gtrid)?,
            bqual: reader.bytes(bqual)?,
        })
    }
}
