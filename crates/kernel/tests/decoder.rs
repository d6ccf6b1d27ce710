//! What comes out of a decoder is what happened on the server, however the bytes were cut and the connection lost.

mod support;

use std::collections::HashMap;
use support::build::packets;
use support::decode::{envelope, packet_decoder, plan, start};
use support::run::{Run, first_word, run_file};
use support::{Recording, recording, recordings};
use tailrace_kernel::decoder::item::{Item, XaOutcome};
use tailrace_kernel::decoder::{Decoder, Start};
use tailrace_kernel::encode::envelope::Format;
use tailrace_kernel::gtid::GtidSet;

/// The stream of a recording as mysqlbinlog's account has it: rows as `op table gtid`, without their values.
fn expected(recording: &Recording) -> Vec<String> {
    let mut model = Model::default();
    for line in recording.account.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        match fields[0] {
            "event" => model.event(&fields[1..]),
            "row" => model.row(fields[1]),
            _ => {}
        }
    }
    model.lines
}

#[derive(Default)]
struct Model {
    lines: Vec<String>,
    executed: GtidSet,
    gtid: String,
    open: bool,
    /// The XA transaction that rows go to, until it ends.
    xid: Option<String>,
    held: HashMap<String, Vec<String>>,
}

impl Model {
    fn event(&mut self, fields: &[&str]) {
        let [kind, _start, end, _time, _server, details @ ..] = fields else {
            panic!("{fields:?}")
        };
        match *kind {
            "Previous_gtids" => self.executed = GtidSet::parse(details[0]).expect("a set"),
            "Gtid" | "Gtid_tagged" | "Anonymous_Gtid" => self.gtid = details[0].to_owned(),
            "Query" => self.query(details[3], end),
            "Xid" => self.commit(end),
            "XA_prepare" => {
                let xid = self.xid.take().expect("XA START");
                if details[0].ends_with("ONE PHASE") {
                    self.committed(&xid, end);
                } else {
                    self.lines.push(format!("Prepared {xid}"));
                    self.commit(end);
                }
            }
            _ => {}
        }
    }

    fn query(&mut self, sql: &str, end: &str) {
        match sql.split_once(' ') {
            None if sql == "BEGIN" => self.open = true,
            None if sql == "COMMIT" => self.commit(end),
            Some(("SAVEPOINT", _)) => {}
            Some(("XA", rest)) => {
                let (verb, xid) = rest.split_once(' ').expect("an xid");
                match verb {
                    "START" => self.xid = Some(xid.to_owned()),
                    "END" => {}
                    "COMMIT" => self.committed(xid, end),
                    "ROLLBACK" => {
                        self.lines.push(format!("RolledBack {xid}"));
                        self.commit(end);
                    }
                    other => panic!("{other}"),
                }
            }
            _ => {
                self.lines.push(format!("query {sql}"));
                if !self.open {
                    self.commit(end);
                }
            }
        }
    }

    fn row(&mut self, operation: &str) {
        let operation = match operation {
            "INSERT" => "c",
            "UPDATE" => "u",
            _ => "d",
        };
        match &self.xid {
            Some(xid) => self
                .held
                .entry(xid.clone())
                .or_default()
                .push(operation.to_owned()),
            None => self
                .lines
                .push(format!("{operation} {}", self.shown_gtid())),
        }
    }

    fn committed(&mut self, xid: &str, end: &str) {
        self.lines.push(format!("Committed {xid}"));
        for operation in self.held.remove(xid).unwrap_or_default() {
            self.lines
                .push(format!("{operation} {}", self.shown_gtid()));
        }
        self.commit(end);
    }

    fn shown_gtid(&self) -> &str {
        if self.gtid == "ANONYMOUS" {
            "-"
        } else {
            &self.gtid
        }
    }

    fn commit(&mut self, end: &str) {
        if self.gtid != "ANONYMOUS" {
            let own = GtidSet::parse(&self.gtid).expect("a GTID");
            self.executed = self.executed.union(&own);
        }
        self.lines.push(format!("commit {end} {}", self.executed));
        self.open = false;
    }
}

/// Where a recording begins.
fn beginning(recording: &Recording) -> Start {
    let previous = recording
        .account
        .lines()
        .nth(1)
        .and_then(|line| line.split('\t').nth(6));
    Start {
        gtids: GtidSet::parse(previous.unwrap_or_default()).expect("a set"),
        ..start()
    }
}

/// `op gtid` of a row's line, others as they are.
fn without_values(line: &str) -> String {
    let fields: Vec<_> = line.splitn(4, ' ').collect();
    match fields[..] {
        [operation @ ("c" | "u" | "d"), _, gtid, _] => format!("{operation} {gtid}"),
        _ => line.to_owned(),
    }
}

/// `op table images`, without the GTID.
fn changes(run: &Run) -> Vec<String> {
    let rows = run
        .lines
        .iter()
        .filter(|line| matches!(line.split(' ').next(), Some("c" | "u" | "d")));
    rows.map(|line| {
        let fields: Vec<_> = line.splitn(4, ' ').collect();
        [fields[0], fields[1], fields[3]].join(" ")
    })
    .collect()
}

#[test]
fn the_stream_is_what_mysqlbinlog_tells() {
    for recording in recordings() {
        let run = run_file(&recording.bytes, beginning(&recording)).expect("a good file");
        let ours: Vec<_> = run.lines.iter().map(|line| without_values(line)).collect();
        assert_eq!(ours, expected(&recording), "{}", recording.name);
    }
}

#[test]
fn rows_of_a_compressed_transaction_are_those_of_an_uncompressed_one() {
    let rows = |name| changes(&run_file(&recording(name).bytes, start()).expect("a good file"));
    let plain = rows("full");
    assert_eq!(plain.len(), 17);
    for other in [
        "compressed",
        "no_checksum",
        "compressed_no_checksum",
        "anonymous",
    ] {
        assert_eq!(rows(other), plain, "{other}");
    }
}

#[test]
fn an_insert_that_names_no_column_is_a_row() {
    let rows = changes(&run_file(&recording("minimal").bytes, start()).expect("a good file"));
    let defaults: Vec<_> = rows
        .iter()
        .filter(|row| row.starts_with("c d.defaults"))
        .collect();
    assert_eq!(
        defaults,
        [
            r#"c d.defaults {"before":null,"after":{}"#,
            r#"c d.defaults {"before":null,"after":{"c1":1}"#,
            r#"c d.defaults {"before":null,"after":{"c1":2}"#,
        ]
    );
}

#[test]
fn partial_updates_give_whole_documents() {
    let rows = changes(&run_file(&recording("partial_json").bytes, start()).expect("a good file"));
    let after: Vec<_> = rows
        .iter()
        .filter_map(|row| row.split_once(r#""after":"#))
        .map(|(_, after)| after)
        .collect();
    let quoted = |json: &str| json.replace('"', "\\\"");
    assert_eq!(
        after[4],
        format!(
            r#"{{"c0":1,"c1":"{}","c2":3,"c3":"{}"}}"#,
            quoted(r#"{"a":7,"b":[{"k":"0123456789"},8,3]}"#),
            quoted(r#"{"a":"0123456789","b":[{},2,3]}"#)
        )
    );
    assert_eq!(
        after[6],
        format!(
            r#"{{"c0":2,"c1":"{}","c2":3,"c3":"{}"}}"#,
            quoted(r#"{"a":7,"b":[{"k":"0123456789"},2,3]}"#),
            quoted(r#"{"new":true}"#)
        )
    );
}

/// (rows, rows of whole transactions) by table, as Arrow.
fn arrow_rows(bytes: &[u8], max_batch_bytes: usize) -> HashMap<String, (usize, usize)> {
    let mut decoder = Decoder::for_file(
        Start {
            max_batch_bytes,
            ..start()
        },
        &envelope(Format::Arrow),
    );
    decoder.feed(bytes);
    let (mut tables, mut open) = (
        HashMap::<String, (usize, usize)>::new(),
        HashMap::<String, usize>::new(),
    );
    let mut held = Vec::new();
    while let Some(item) = decoder.next(0).expect("a good file") {
        match item {
            Item::Batch(batch) => {
                if batch.commit.is_some() {
                    // The open transaction of the batches before is whole now.
                    for (table, rows) in open.drain() {
                        tables.entry(table).or_default().1 += rows;
                    }
                }
                for part in &batch.arrow {
                    let table = first_word(&part.table.table).to_owned();
                    let rows = part.rows.num_rows();
                    *open.entry(table.clone()).or_default() += rows - part.committed;
                    let all = tables.entry(table).or_default();
                    *all = (all.0 + rows, all.1 + part.committed);
                }
            }
            Item::NeedTable(need) => decoder
                .bind(need.map.table_id, plan(&need.map).ok())
                .expect("a table"),
            Item::XaHold(hold) => {
                if hold.first {
                    held.clear();
                }
                held.extend(hold.data);
            }
            Item::XaEnd {
                outcome: XaOutcome::Committed,
                ..
            } => decoder.replay(&held, true),
            _ => {}
        }
    }
    tables
}

#[test]
fn arrow_has_the_rows_that_json_has_and_knows_which_are_committed() {
    // `arrow_rows` holds one XA transaction at a time; that recording has two.
    for recording in recordings()
        .iter()
        .filter(|recording| recording.name != "xa")
    {
        let run = run_file(&recording.bytes, start()).expect("a good file");
        let mut expected = HashMap::<String, (usize, usize)>::new();
        for row in changes(&run) {
            let table = row.split([' ', '.']).nth(2).expect("a table");
            let rows = expected.entry(table.to_owned()).or_default();
            *rows = (rows.0 + 1, rows.1 + 1);
        }
        for max_batch_bytes in [1, 300, 1 << 20] {
            let arrow = arrow_rows(&recording.bytes, max_batch_bytes);
            assert_eq!(arrow, expected, "{} {max_batch_bytes}", recording.name);
        }
    }
}

#[test]
fn a_dump_is_read_like_the_file_it_comes_from() {
    for recording in recordings() {
        let mut decoder = packet_decoder(beginning(&recording));
        let mut run = Run::default();
        for byte in packets(&recording.bytes).chunks(1) {
            decoder.feed(byte);
            run.drain(&mut decoder).expect("a good stream");
        }
        let whole = run_file(&recording.bytes, beginning(&recording)).expect("a good file");
        assert_eq!(run.lines, whole.lines, "{}", recording.name);
    }
}

#[test]
fn a_dump_from_the_middle_of_a_file_begins_there() {
    // The format description was made for the connection; without checksums its own is wrong.
    for name in ["dump_middle", "dump_middle_no_checksum"] {
        let bytes = support::packets(name);
        let middle = u64::from(u32::from_le_bytes(
            bytes[24..28].try_into().expect("a position"),
        ));
        let mut decoder = packet_decoder(start());
        let mut run = Run::default();
        decoder.feed(&bytes);
        run.drain(&mut decoder).expect("a good stream");
        let rows = changes(&run);
        assert_eq!(rows.len(), 1, "{name}: {:?}", run.lines);
        assert!(rows[0].contains(r#""c2":"from here""#), "{rows:?}");
        let (file, position, _) = run.committed.expect("a commit");
        assert_eq!(
            (file.as_str(), position),
            (decoder.file(), decoder.position()),
            "{name}"
        );
        assert!(position > middle && middle > 4, "{name}");
    }
}

#[test]
fn a_dump_tells_its_file_and_heartbeats_the_position() {
    for name in [
        "heartbeats_v1",
        "heartbeats_v2",
        "dump",
        "dump_middle",
        "dump_middle_no_checksum",
    ] {
        let bytes = support::packets(name);
        let mut decoder = packet_decoder(Start {
            file: String::new(),
            ..start()
        });
        decoder.feed(&bytes);
        Run::default().drain(&mut decoder).expect("a good stream");
        // The fake rotate event at the beginning, without its checksum.
        let named: String = bytes[32..]
            .iter()
            .take(13)
            .map(|byte| char::from(*byte))
            .collect();
        assert!(named.starts_with("binlog.0000"), "{named}");
        assert_eq!(
            decoder.file(),
            if name == "dump" { next(&named) } else { named }
        );
        assert_eq!(decoder.position(), last_position(&bytes), "{name}");
    }
}

fn next(file: &str) -> String {
    let (name, number) = file.split_once('.').expect("a number");
    format!("{name}.{:06}", number.parse::<u32>().expect("a number") + 1)
}

/// `end_log_pos` of the last packet's event: the recorded streams end with a heartbeat, which has the file's end.
fn last_position(mut packets: &[u8]) -> u64 {
    let mut end = 0;
    while !packets.is_empty() {
        let length = usize::from(u16::from_le_bytes([packets[0], packets[1]]));
        end = u32::from_le_bytes(packets[5 + 13..5 + 17].try_into().expect("a header"));
        packets = &packets[4 + length..];
    }
    u64::from(end)
}

/// Updates and deletes of `d.t`, in a recording that keeps part of each row.
fn parts_of_rows(name: &str) -> Vec<String> {
    let rows = changes(&run_file(&recording(name).bytes, start()).expect("a good file"));
    let changed = |row: &String| row.starts_with("u d.t ") || row.starts_with("d d.t ");
    let rows = rows.into_iter().filter(changed);
    rows.map(|row| row.replace(&"x".repeat(200), "long"))
        .collect()
}

#[test]
fn a_minimal_image_has_its_key_and_what_changed() {
    assert_eq!(
        parts_of_rows("minimal"),
        [
            r#"u d.t {"before":{"c0":1},"after":{"c0":1,"c1":11}"#,
            r#"u d.t {"before":{"c0":3},"after":{"c0":3,"c1":-6}"#,
            r#"u d.t {"before":{"c0":3},"after":{"c0":103,"c2":"moved"}"#,
            r#"u d.t {"before":{"c0":1},"after":{"c0":1,"c1":5}"#,
            r#"u d.t {"before":{"c0":2},"after":{"c0":2,"c1":5}"#,
            r#"d d.t {"before":{"c0":1},"after":null"#,
            r#"d d.t {"before":{"c0":2},"after":null"#,
            r#"d d.t {"before":{"c0":103},"after":null"#,
        ]
    );
}

#[test]
fn an_image_without_blobs_has_all_else() {
    assert_eq!(
        parts_of_rows("noblob"),
        [
            r#"u d.t {"before":{"c0":1,"c1":10,"c2":"one"},"after":{"c0":1,"c1":11,"c2":"one"}"#,
            r#"u d.t {"before":{"c0":3,"c1":-7,"c2":"long"},"after":{"c0":3,"c1":-6,"c2":"long"}"#,
            r#"u d.t {"before":{"c0":3,"c1":-6,"c2":"long"},"after":{"c0":103,"c1":-6,"c2":"moved"}"#,
            r#"u d.t {"before":{"c0":1,"c1":11,"c2":"one"},"after":{"c0":1,"c1":5,"c2":"one"}"#,
            r#"u d.t {"before":{"c0":2,"c1":null,"c2":""},"after":{"c0":2,"c1":5,"c2":""}"#,
            r#"d d.t {"before":{"c0":1,"c1":5,"c2":"one"},"after":null"#,
            r#"d d.t {"before":{"c0":2,"c1":5,"c2":""},"after":null"#,
            r#"d d.t {"before":{"c0":103,"c1":-6,"c2":"moved"},"after":null"#,
        ]
    );
}
