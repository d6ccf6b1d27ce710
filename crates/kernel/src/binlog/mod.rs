//! Binlog events, one file per kind; each borrows from its bytes.
//!
//! Formats: libs/mysql/binlog/event in the server's source.

pub mod format_description;
pub mod gtid;
pub mod header;
pub mod heartbeat;
pub mod payload;
pub mod query;
pub mod rotate;
pub mod rows;
pub mod table_map;
pub mod xa;
