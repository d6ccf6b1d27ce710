//! The Tailrace kernel: MySQL wire bytes in, batches of encoded change events out.
//!
//! Pure and sans-IO: no sockets, no clock, no Python, no `unsafe`. The flow inside the crate is
//!
//! ```text
//! packet ─▶ binlog (one file per event kind) ─▶ decoder ─┐
//!                                                        ├─▶ row (bytes → Value) ─▶ encode (Value → JSON | Arrow)
//! packet ─▶ resultset, chunk ────────────────────────────┘
//! ```
//!
//! Bad input is an [`error::Error`] that names file, position, event type, table and column; never a panic.
#![forbid(unsafe_code)]

pub mod binlog;
pub mod checksum;
pub mod chunk;
pub mod decoder;
pub mod encode;
pub mod error;
pub mod gtid;
pub mod json_text;
pub mod packet;
pub mod pool;
pub mod reader;
pub mod resultset;
pub mod row;
