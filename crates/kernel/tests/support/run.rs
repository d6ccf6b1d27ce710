//! A decoder driven to the end of its input, as the engine drives it.

use super::decode::{file_decoder, plan};
use std::collections::HashMap;
use tailrace_kernel::decoder::item::{Item, XaOutcome};
use tailrace_kernel::decoder::{Decoder, Start};
use tailrace_kernel::encode::batch::Batch;
use tailrace_kernel::error::{Error, Result};

const NOW_US: u64 = 1_800_000_000_000_000;

/// What came out, a line each, in a form that does not depend on how batches were cut.
#[derive(Default)]
pub struct Run {
    pub lines: Vec<String>,
    /// Pieces of XA transactions that are not committed.
    held: HashMap<String, Vec<Vec<u8>>>,
    /// The commit that came out last: where a new connection would begin.
    pub committed: Option<(String, u64, String)>,
    /// Lines when that commit came out.
    pub committed_lines: usize,
    /// The largest batch, bytes.
    pub largest: usize,
    pub transactions: u64,
    /// Why events were passed over.
    pub passed_over: Vec<Error>,
}

impl Run {
    /// Takes out everything there is. An error is the last thing.
    pub fn drain(&mut self, decoder: &mut Decoder) -> Result<()> {
        while let Some(item) = decoder.next(NOW_US)? {
            self.item(item, decoder)?;
        }
        Ok(())
    }

    /// Pieces that an earlier connection handed out.
    pub fn hold(&mut self, xid: &str, pieces: Vec<Vec<u8>>) {
        self.held.insert(xid.to_owned(), pieces);
    }

    fn item(&mut self, item: Item, decoder: &mut Decoder) -> Result<()> {
        match item {
            Item::Batch(batch) => self.batch(&batch),
            Item::NeedTable(need) => {
                // A table that nothing is known of: not captured.
                decoder.bind(need.map.table_id, plan(&need.map).ok())?;
            }
            Item::Query(query) => {
                let sql = String::from_utf8_lossy(&query.sql).replace('\n', "\\n");
                self.lines.push(format!("query {}", sql));
            }
            Item::XaHold(hold) => {
                let pieces = self.held.entry(hold.xid).or_default();
                if hold.first {
                    pieces.clear();
                }
                pieces.push(hold.data);
            }
            Item::XaEnd { xid, outcome } => {
                self.lines.push(format!("{outcome:?} {xid}"));
                if outcome == XaOutcome::Prepared {
                    return Ok(());
                }
                let pieces = self.held.remove(&xid).unwrap_or_default();
                if outcome == XaOutcome::Committed {
                    for piece in &pieces {
                        decoder.replay(piece, false);
                        self.drain(decoder)?;
                    }
                    decoder.replay(b"", true);
                }
            }
            Item::Source { uuid } => self.lines.push(format!("source {uuid}")),
            Item::Reached => self.lines.push("reached".to_owned()),
            Item::Told(batch) => self
                .lines
                .push(format!("told {}", String::from_utf8_lossy(&batch.bytes))),
            Item::PassedOver(error) => self.passed_over.push(error),
            Item::Rollback { rows } => self.lines.push(format!("rollback {rows}")),
        }
        Ok(())
    }

    fn batch(&mut self, batch: &Batch) {
        self.largest = self.largest.max(batch.bytes.len());
        let lines = std::str::from_utf8(&batch.bytes).expect("UTF-8");
        assert_eq!(lines.lines().count() as u64, batch.rows);
        assert!(lines.is_empty() || lines.ends_with('\n'));
        let mut rows: Vec<String> = lines.lines().map(row).collect();
        if let Some(commit) = &batch.commit {
            assert_eq!(lines[..commit.end].lines().count() as u64, commit.rows);
            let open = rows.split_off(commit.rows as usize);
            self.lines.append(&mut rows);
            self.lines
                .push(format!("commit {} {}", commit.position, commit.gtids));
            self.committed = Some((commit.file.clone(), commit.position, commit.gtids.clone()));
            self.committed_lines = self.lines.len();
            self.transactions += commit.transactions;
            rows = open;
        }
        self.lines.append(&mut rows);
    }
}

/// `op table gtid before after` of a line; of a table's name the first word.
fn row(line: &str) -> String {
    let after = |key: &str| {
        let at = line.find(key).expect(key) + key.len();
        let rest = &line[at..];
        rest[..rest.find(['"', ',']).expect("an end")].to_owned()
    };
    let (images, _) = line.split_once(",\"source\":").expect("a source");
    let gtid = if line.contains("\"gtid\":null") {
        "-".to_owned()
    } else {
        after("\"gtid\":\"")
    };
    let table = format!(
        "{}.{}",
        after("\"db\":\""),
        first_word(&after("\"table\":\""))
    );
    format!("{} {table} {gtid} {images}", after("\"op\":\""))
}

pub fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or_default()
}

/// Everything in a binlog file.
pub fn run_file(bytes: &[u8], start: Start) -> Result<Run> {
    let (mut decoder, mut run) = (file_decoder(start), Run::default());
    decoder.feed(bytes);
    run.drain(&mut decoder)?;
    Ok(run)
}
