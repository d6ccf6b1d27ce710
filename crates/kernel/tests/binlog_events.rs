//! Every event of the recorded binlogs is what mysqlbinlog says it is.

mod support;

use support::account::account;
use support::{events, packets, recording, recordings};
use tailrace_kernel::binlog::header::{EventType, Header};
use tailrace_kernel::binlog::heartbeat::Heartbeat;
use tailrace_kernel::packet::{PacketStream, network_event};

/// mysqlbinlog's account without what the kernel does not keep: names of column types, whose place in a table map is
/// tested with the values, and the text of JSON changes, which json_diffs.tsv has.
fn comparable(account: &str) -> String {
    account
        .lines()
        .map(|line| match line.split_once('\t') {
            Some(("column", column)) => format!("column\t{}\n", comparable_column(column)),
            Some(("row", row)) => format!("row\t{}\n", comparable_row(row)),
            _ => format!("{line}\n"),
        })
        .collect()
}

fn comparable_column(column: &str) -> String {
    let (name, rest) = column.split_once("` ").expect("a type");
    // mysqlbinlog escapes names as it does strings.
    let name = format!("{}`", name.replace("\\'", "'").replace("\\\\", "\\"));
    let rest = rest.split_once(" COLLATE").map_or(rest, |(rest, _)| rest);
    let kind = rest.split(' ').next().unwrap_or_default();
    let (kind, _) = kind.split_once('(').unwrap_or((kind, ""));
    match kind {
        // The metadata says what kind of geometry and how many dimensions: kept.
        "POINT" | "GEOMETRY" | "VECTOR" => format!("{name} {rest}"),
        "ENUM" | "SET" => format!("{name}{}", &rest[kind.len()..]),
        _ => {
            let rest = &rest[kind.len()..];
            let rest = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                Some((_, rest)) => rest,
                None => rest,
            };
            format!("{name}{rest}")
        }
    }
}

fn comparable_row(row: &str) -> String {
    let (before, _) = row.split_once("\tSET").unwrap_or((row, ""));
    let fields = row.split('\t').map(|field| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let changed = value.starts_with("JSON_") || value == name;
        // Without the value before, a change of it says nothing: left out.
        if changed && !before.contains(&format!("{name}=")) {
            return String::new();
        }
        match value {
            _ if changed => format!("\t{name}=changed"),
            json if json.starts_with("'{") => {
                format!("\t{name}={}", json.replace(": ", ":").replace(", ", ","))
            }
            _ => format!("\t{field}"),
        }
    });
    let row: String = fields.collect();
    row.trim_start().trim_end_matches("\tSET").to_owned()
}

/// mysqlbinlog gives up on a row at its first geometry, and names a statement's database only where it is another one
/// than before.
fn same(ours: &str, theirs: &str) -> bool {
    const DATABASE: usize = 8;
    if let Some((start, _)) = theirs.split_once("\t@7=!!") {
        return ours.starts_with(start);
    }
    let mut expected: Vec<_> = theirs.split('\t').collect();
    let ours: Vec<_> = ours.split('\t').collect();
    if ours[..2] == ["event", "Query"] && expected[DATABASE].is_empty() {
        expected[DATABASE] = ours[DATABASE];
    }
    ours == expected
}

#[test]
fn events_are_what_mysqlbinlog_says() {
    for recording in recordings() {
        let ours = account(&recording.bytes).expect("a good file");
        let theirs = comparable(&recording.account);
        for (ours, theirs) in ours.lines().zip(theirs.lines()) {
            assert!(same(ours, theirs), "{}:\n{ours}\n{theirs}", recording.name);
        }
        assert_eq!(
            ours.lines().count(),
            theirs.lines().count(),
            "{}",
            recording.name
        );
    }
}

#[test]
fn every_event_type_a_server_writes_is_in_the_recordings() {
    let mut seen: Vec<&str> = Vec::new();
    let recordings = recordings();
    for recording in &recordings {
        seen.extend(
            recording
                .account
                .lines()
                .filter_map(|line| line.strip_prefix("event\t")?.split('\t').next()),
        );
    }
    for kind in [
        "Format_desc",
        "Rotate",
        "Stop",
        "Previous_gtids",
        "Gtid",
        "Gtid_tagged",
        "Anonymous_Gtid",
        "Query",
        "Xid",
        "Rows_query",
        "Table_map",
        "Write_rows",
        "Update_rows",
        "Delete_rows",
        "Update_rows_partial",
        "XA_prepare",
        "Transaction_payload",
    ] {
        assert!(seen.contains(&kind), "{kind}");
    }
}

#[test]
fn both_heartbeats_tell_file_and_position() {
    for (name, kind) in [
        ("heartbeats_v1", EventType::Heartbeat),
        ("heartbeats_v2", EventType::HeartbeatV2),
    ] {
        let mut stream = PacketStream::new(1 << 20);
        stream.feed(&packets(name));
        let (mut beats, mut end, mut file) = (0, 0, Vec::new());
        while let Some(packet) = stream.next_packet().expect("packets") {
            let event = network_event(packet).expect("an event");
            let header = Header::parse(event).expect("a header");
            let body = &event[Header::LENGTH..event.len() - 4];
            if header.kind == EventType::Rotate {
                file = body[8..].to_vec();
            } else if header.kind == kind {
                let beat = Heartbeat::parse(kind, &header, body).expect("a heartbeat");
                assert_eq!((beat.file, beat.position), (file.as_slice(), end), "{name}");
                beats += 1;
            } else {
                end = u64::from(header.end);
            }
        }
        assert_eq!(beats, 1, "{name}");
    }
}

#[test]
fn a_file_being_written_has_a_right_checksum() {
    let in_use = recording("in_use");
    let format = events(&in_use.bytes)[0];
    assert_eq!(format[17], 1, "the flag is set");
    account(&in_use.bytes).expect("a good file");
}
