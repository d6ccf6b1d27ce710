//! The common header, 19 bytes, and the event types (`Log_event_type`, binlog_event.h).

use crate::error::{Error, Result};
use crate::reader::Reader;

macro_rules! event_types {
    ($($code:literal $variant:ident $name:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum EventType {
            $($variant,)*
            Other(u8),
        }

        impl EventType {
            pub fn new(code: u8) -> Self {
                match code {
                    $($code => EventType::$variant,)*
                    other => EventType::Other(other),
                }
            }

            /// As `SHOW BINLOG EVENTS` prints it.
            pub fn name(self) -> &'static str {
                match self {
                    $(EventType::$variant => $name,)*
                    EventType::Other(_) => "Unknown",
                }
            }
        }
    };
}

event_types! {
    2 Query "Query",
    3 Stop "Stop",
    4 Rotate "Rotate",
    5 Intvar "Intvar",
    13 Rand "RAND",
    14 UserVar "User var",
    15 FormatDescription "Format_desc",
    16 Xid "Xid",
    19 TableMap "Table_map",
    23 WriteRowsV1 "Write_rows_v1",
    24 UpdateRowsV1 "Update_rows_v1",
    25 DeleteRowsV1 "Delete_rows_v1",
    26 Incident "Incident",
    27 Heartbeat "Heartbeat",
    29 RowsQuery "Rows_query",
    30 WriteRows "Write_rows",
    31 UpdateRows "Update_rows",
    32 DeleteRows "Delete_rows",
    33 Gtid "Gtid",
    34 AnonymousGtid "Anonymous_Gtid",
    35 PreviousGtids "Previous_gtids",
    36 TransactionContext "Transaction_context",
    37 ViewChange "View_change",
    38 XaPrepare "XA_prepare",
    39 PartialUpdateRows "Update_rows_partial",
    40 TransactionPayload "Transaction_payload",
    41 HeartbeatV2 "Heartbeat_v2",
    42 GtidTagged "Gtid_tagged",
}

impl EventType {
    /// Whether it is an event of changed rows.
    #[inline]
    pub fn has_rows(self) -> bool {
        use EventType as T;
        matches!(
            self,
            T::WriteRows
                | T::UpdateRows
                | T::DeleteRows
                | T::WriteRowsV1
                | T::UpdateRowsV1
                | T::DeleteRowsV1
                | T::PartialUpdateRows
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Seconds since the epoch.
    pub timestamp: u32,
    pub kind: EventType,
    pub server_id: u32,
    /// Bytes of the whole event, this header and the checksum included.
    pub size: u32,
    /// Low 32 bits of the position after the event; 0 in events that are in no file.
    pub end: u32,
    pub flags: u16,
}

impl Header {
    pub const LENGTH: usize = 19;

    #[inline]
    pub fn parse(event: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(event);
        let header = Header {
            timestamp: reader.u32()?,
            kind: EventType::new(reader.u8()?),
            server_id: reader.u32()?,
            size: reader.u32()?,
            end: reader.u32()?,
            flags: reader.u16()?,
        };
        if (header.size as usize) < Self::LENGTH {
            return Err(Error::corrupt(format!("an event of {} bytes", header.size)));
        }
        Ok(header)
    }
}
