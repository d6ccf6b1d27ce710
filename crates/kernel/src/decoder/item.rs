//! What a decoder hands out: batches, and the points where policy must decide.

use crate::binlog::table_map::TableMap;
use crate::encode::batch::Batch;
use crate::error::Error;

#[derive(Debug)]
pub enum Item {
    Batch(Batch),
    NeedTable(NeedTable),
    Query(Query),
    XaHold(XaHold),
    XaEnd {
        xid: String,
        outcome: XaOutcome,
    },
    /// The first transaction of a source: `Decoder::accept` says whether its rows are wanted.
    Source {
        uuid: String,
    },
    /// The place that was awaited: everything before it has come out, and no transaction is open.
    Reached,
    /// Rows of a table that were asked for (`Decoder::tell`): a JSON document each, as `{"before":…}`.
    Told(Batch),
    /// An event of rows that was passed over (`Decoder::tolerate`), and why; its rows before the damage have come.
    PassedOver(Error),
    /// The open transaction was rolled back; `rows` of its events had come out.
    Rollback {
        rows: u64,
    },
}

/// A table map without a plan: `Decoder::bind` answers.
#[derive(Debug)]
pub struct NeedTable {
    pub file: String,
    pub position: u64,
    pub map: TableMap,
}

/// A statement that is no transaction control: DDL, or DML under statement format.
#[derive(Debug)]
pub struct Query {
    pub database: String,
    pub sql: Vec<u8>,
    pub file: String,
    pub position: u64,
    pub end_position: u64,
    pub gtid: Option<String>,
    pub timestamp_us: u64,
    pub thread_id: u32,
    pub server_id: u32,
    /// Collation id of `character_set_client`.
    pub client_collation: Option<u32>,
    pub sql_mode: u64,
    pub collation_database: Option<u32>,
    /// On since 8.0; off only where a session says so.
    pub explicit_defaults_for_timestamp: bool,
    pub in_transaction: bool,
}

/// Raw events of an XA transaction that is not committed yet.
#[derive(Debug)]
pub struct XaHold {
    pub xid: String,
    /// Frames: start position (u64 LE), length (u32 LE), event without checksum.
    pub data: Vec<u8>,
    pub first: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XaOutcome {
    Prepared,
    Committed,
    RolledBack,
}
