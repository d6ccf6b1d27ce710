//! A statement as text (`Query_event`, statement_events.h): transaction control, XA, DDL.

use crate::error::{Error, Result};
use crate::reader::Reader;

#[derive(Debug, Clone, Copy, Default)]
pub struct QueryEvent<'a> {
    pub thread_id: u32,
    pub error_code: u16,
    pub database: &'a [u8],
    pub sql: &'a [u8],
    pub sql_mode: Option<u64>,
    /// Collation id of `character_set_client`.
    pub client_collation: Option<u32>,
    /// Collation id of the server's character set in the session.
    pub server_collation: Option<u32>,
    /// Collation id of the default database.
    pub database_collation: Option<u32>,
    pub explicit_defaults_for_timestamp: Option<bool>,
}

/// What a statement is to the stream. An xid is kept as the server writes it: `X'6131',X'',1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement<'a> {
    Begin,
    Commit,
    Rollback,
    Savepoint,
    RollbackTo,
    XaStart(&'a str),
    XaEnd,
    XaCommit(&'a str),
    XaRollback(&'a str),
    Other,
}

impl<'a> QueryEvent<'a> {
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let thread_id = reader.u32()?;
        reader.skip(4)?; // execution time
        let database_length = usize::from(reader.u8()?);
        let error_code = reader.u16()?;
        let status_length = usize::from(reader.u16()?);
        let mut event = QueryEvent {
            thread_id,
            error_code,
            ..QueryEvent::default()
        };
        event.read_status(reader.bytes(status_length)?)?;
        event.database = reader.bytes(database_length)?;
        if reader.u8()? != 0 {
            return Err(Error::corrupt("the database name has no end"));
        }
        event.sql = reader.rest();
        Ok(event)
    }

    /// Status variables: code, then a value whose length the code tells. An unknown code ends the reading, as in the
    /// server ("that's why you must write status vars in growing order of code").
    fn read_status(&mut self, bytes: &'a [u8]) -> Result<()> {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            match reader.u8()? {
                0 | 3 | 10 => reader.skip(4)?, // flags2, auto_increment, master_data_written
                1 => self.sql_mode = Some(reader.u64()?),
                2 => {
                    let length = usize::from(reader.u8()?);
                    reader.skip(length + 1)?; // catalog with its NUL
                }
                4 => {
                    self.client_collation = Some(u32::from(reader.u16()?));
                    reader.skip(2)?; // connection
                    self.server_collation = Some(u32::from(reader.u16()?));
                }
                5 | 6 => {
                    let length = usize::from(reader.u8()?);
                    reader.skip(length)?; // time zone, catalog
                }
                7 | 18 => reader.skip(2)?, // lc_time_names, default collation of utf8mb4
                8 => self.database_collation = Some(u32::from(reader.u16()?)),
                9 | 17 => reader.skip(8)?, // table map for update, xid of a DDL
                11 => {
                    for _ in 0..2 {
                        let length = usize::from(reader.u8()?);
                        reader.skip(length)?; // invoker's user, host
                    }
                }
                12 => {
                    // Names of updated databases; 254: too many to list.
                    let count = reader.u8()?;
                    for _ in 0..if count == 254 { 0 } else { count } {
                        while reader.u8()? != 0 {}
                    }
                }
                13 => reader.skip(3)?, // microseconds
                16 => self.explicit_defaults_for_timestamp = Some(reader.u8()? != 0),
                19 | 20 => reader.skip(1)?, // sql_require_primary_key, default_table_encryption
                _ => break,
            }
        }
        Ok(())
    }

    pub fn statement(&self) -> Statement<'a> {
        // Longer than any of these, xids included: DDL.
        if self.sql.len() > 512 {
            return Statement::Other;
        }
        let Ok(sql) = std::str::from_utf8(self.sql) else {
            return Statement::Other;
        };
        let sql = sql.trim_ascii();
        let word = |text: &'a str| {
            text.split_once(|c: char| c.is_ascii_whitespace())
                .unwrap_or((text, ""))
        };
        let (verb, rest) = word(sql);
        let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
        match (verb, rest) {
            (verb, "") if is(verb, "BEGIN") => Statement::Begin,
            (verb, "") if is(verb, "COMMIT") => Statement::Commit,
            (verb, "") if is(verb, "ROLLBACK") => Statement::Rollback,
            (verb, rest) if is(verb, "ROLLBACK") && is(word(rest).0, "TO") => Statement::RollbackTo,
            (verb, _) if is(verb, "SAVEPOINT") => Statement::Savepoint,
            (verb, rest) if is(verb, "XA") => {
                let (verb, xid) = word(rest);
                let xid = xid.trim_ascii();
                match verb {
                    verb if is(verb, "START") || is(verb, "BEGIN") => Statement::XaStart(xid),
                    verb if is(verb, "END") => Statement::XaEnd,
                    verb if is(verb, "COMMIT") => Statement::XaCommit(xid),
                    verb if is(verb, "ROLLBACK") => Statement::XaRollback(xid),
                    _ => Statement::Other,
                }
            }
            _ => Statement::Other,
        }
    }
}
