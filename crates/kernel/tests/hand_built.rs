//! Events that today's server does not write (or not when asked), put together from the formats in its source.

mod support;

use proptest::prelude::*;
use std::io::Write;
use support::build::{FULL, event, file, format_description, query, without_checksums};
use support::decode::{file_decoder, packet_decoder, start};
use support::recording;
use support::run::{Run, run_file};
use tailrace_kernel::binlog::gtid::GtidEvent;
use tailrace_kernel::binlog::header::EventType;
use tailrace_kernel::binlog::query::{QueryEvent, Statement};
use tailrace_kernel::decoder::Start;
use tailrace_kernel::decoder::item::Item;
use tailrace_kernel::error::{Error, Kind};

fn parts(name: &str) -> Vec<(u8, Vec<u8>)> {
    without_checksums(&recording(name).bytes)
}

fn file_of(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    file(
        &parts
            .iter()
            .map(|(kind, body)| (*kind, body.as_slice()))
            .collect::<Vec<_>>(),
    )
}

fn rows(bytes: &[u8]) -> Vec<String> {
    let run = run_file(bytes, start()).expect("a good file");
    run.lines
        .into_iter()
        .filter(|line| !line.starts_with("commit "))
        .collect()
}

fn error(bytes: &[u8]) -> Error {
    let mut decoder = file_decoder(start());
    decoder.feed(bytes);
    Run::default().drain(&mut decoder).expect_err("a bad file")
}

#[test]
fn rows_of_version_1_are_those_of_version_2() {
    // Version 1 (5.1 to 5.5, and log_bin_use_v1_row_events) is version 2 without the extra row information.
    let new = parts("full");
    let mut old = new.clone();
    for (kind, body) in &mut old {
        if let 30..=32 = kind {
            *kind -= 7;
            assert_eq!(body[8..10], [2, 0], "no extra information");
            body.drain(8..10);
        }
    }
    assert_eq!(rows(&file_of(&old)), rows(&file_of(&new)));
}

#[test]
fn extra_row_information_is_passed_over() {
    let plain = parts("full");
    let mut extra = plain.clone();
    for (_, body) in extra
        .iter_mut()
        .filter(|(kind, _)| (30..=32).contains(kind))
    {
        body.splice(8..10, [7, 0, 1, 2, 3, 4, 5]);
    }
    assert_eq!(rows(&file_of(&extra)), rows(&file_of(&plain)));
}

#[test]
fn lost_events_stop_the_stream_with_what_to_do() {
    let body = [&[1, 0, 11], b"LOST_EVENTS".as_slice()].concat();
    let error = error(&file(&[(15, &format_description()), (26, &body)]));
    assert!(
        error.message().contains("a new snapshot is needed"),
        "{error}"
    );
    assert_eq!(error.place().event, Some("Incident"));
    assert_eq!(
        error.place().position,
        Some(4 + 19 + format_description().len() as u64)
    );
}

#[test]
fn rows_without_a_table_map_are_an_error() {
    let mut without = parts("full");
    without.retain(|(kind, _)| *kind != 19);
    let error = error(&file_of(&without));
    assert_eq!(
        (error.kind(), error.place().event),
        (Kind::Corrupt, Some("Write_rows"))
    );
    assert!(error.message().contains("table id"), "{error}");
}

#[test]
fn the_dummy_rows_event_that_ends_a_statement_is_no_error() {
    // Table id 0xFFFFFF without rows (Rows_log_event, "dummy" of mysqlbinlog's and NDB's).
    let dummy = [
        &[0xFF, 0xFF, 0xFF, 0, 0, 0],
        [1, 0].as_slice(),
        &[2, 0],
        &[1, 0xFF],
    ]
    .concat();
    assert_eq!(
        rows(&file(&[(15, &format_description()), (30, &dummy)])),
        Vec::<String>::new()
    );
}

#[test]
fn events_that_no_row_depends_on_are_passed_over() {
    let format = format_description();
    // Intvar, RAND, User var, Transaction_context, View_change, and one of a future version.
    let parts: Vec<(u8, &[u8])> = [5, 13, 14, 36, 37, 99]
        .iter()
        .map(|kind| (*kind, b"????".as_slice()))
        .collect();
    let bytes = file(&[&[(15, format.as_slice())], parts.as_slice()].concat());
    let mut decoder = file_decoder(start());
    decoder.feed(&bytes);
    assert!(decoder.next(0).expect("a good file").is_none());
    assert_eq!(decoder.position(), 4 + bytes.len() as u64);
}

#[test]
fn an_event_before_the_format_description_is_an_error() {
    assert_eq!(error(&file(&[(2, &query("BEGIN"))])).kind(), Kind::Corrupt);
}

#[test]
fn other_versions_of_the_format_are_refused_by_name() {
    let mut old = format_description();
    old[0] = 3;
    let refused = error(&file(&[(15, &old)]));
    assert_eq!(refused.kind(), Kind::Unsupported);
    assert!(refused.message().contains("version 3"), "{refused}");
    let mut unknown = format_description();
    let algorithm = unknown.len() - 5;
    unknown[algorithm] = 7;
    assert!(
        error(&file(&[(15, &unknown)]))
            .message()
            .contains("algorithm 7")
    );
}

#[test]
fn a_heartbeat_moves_the_position_between_transactions_only() {
    let beat = |position: u8| {
        [
            &[1, 13],
            b"binlog.000001".as_slice(),
            &[2, 3, 0xFC, position, 9, 0],
        ]
        .concat()
    };
    let mut decoder = file_decoder(start());
    decoder.feed(&event(15, 0, &format_description()));
    decoder.feed(&event(41, 0, &beat(1)));
    assert!(decoder.next(0).expect("a good stream").is_none());
    assert_eq!(decoder.position(), 0x901);
    decoder.feed(&event(2, 0x950, &query("BEGIN")));
    decoder.feed(&event(41, 0, &beat(0x60)));
    assert!(decoder.next(0).expect("a good stream").is_none());
    assert_eq!(decoder.position(), 0x950);
}

#[test]
fn transactions_of_older_servers_have_no_commit_time() {
    let uuid = [7; 16];
    let old = [&[1], uuid.as_slice(), &9_u64.to_le_bytes()].concat();
    // 5.6: nothing more. 5.7: the logical clock. 8.0: commit times of 7 bytes, the second where it differs.
    let clock = [old.as_slice(), &[2], &[0; 16]].concat();
    let same = [clock.as_slice(), &123_u64.to_le_bytes()[..7]].concat();
    let both = [
        clock.as_slice(),
        &(1 << 55 | 456_u64).to_le_bytes()[..7],
        &123_u64.to_le_bytes()[..7],
    ]
    .concat();
    for (body, immediate, original) in [
        (&old, 0, 0),
        (&clock, 0, 0),
        (&same, 123, 123),
        (&both, 456, 123),
    ] {
        let event = GtidEvent::parse(EventType::Gtid, body).expect("a GTID");
        let gtid = event.gtid.expect("named").to_string();
        assert_eq!(gtid, "07070707-0707-0707-0707-070707070707:9");
        assert_eq!(
            (event.immediate_commit_us, event.original_commit_us),
            (immediate, original)
        );
        assert!(
            GtidEvent::parse(EventType::AnonymousGtid, body)
                .expect("one")
                .gtid
                .is_none()
        );
    }
    let zero = [&[1], uuid.as_slice(), &[0; 8]].concat();
    assert!(
        GtidEvent::parse(EventType::Gtid, &zero).is_err(),
        "0 is no transaction number"
    );
}

/// A Query event with these status variables.
fn with_status(status: &[u8]) -> Vec<u8> {
    let mut body = [&7_u32.to_le_bytes(), &[0; 4], [2, 0, 0].as_slice()].concat();
    body.extend((status.len() as u16).to_le_bytes());
    body.extend(status);
    body.extend(b"db\0DROP TABLE x");
    body
}

#[test]
fn every_status_variable_is_passed_over_by_its_own_length() {
    let all = [
        &[0, 1, 2, 3, 4][..],          // flags2
        &[1, 8, 7, 6, 5, 4, 3, 2, 1],  // sql_mode
        &[2, 3, b's', b't', b'd', 0],  // catalog with NUL
        &[3, 1, 0, 1, 0],              // auto_increment
        &[4, 255, 0, 46, 0, 8, 0],     // character sets
        &[5, 2, b'U', b'T'],           // time zone
        &[6, 3, b's', b't', b'd'],     // catalog
        &[7, 1, 0],                    // lc_time_names
        &[8, 33, 0],                   // collation_database
        &[9, 1, 2, 3, 4, 5, 6, 7, 8],  // table map for update
        &[10, 1, 2, 3, 4],             // master_data_written
        &[11, 1, b'u', 1, b'h'],       // invoker
        &[12, 2, b'a', 0, b'b', 0],    // updated databases
        &[13, 1, 2, 3],                // microseconds
        &[16, 1],                      // explicit_defaults_for_timestamp
        &[17, 1, 2, 3, 4, 5, 6, 7, 8], // xid of a DDL
        &[18, 255, 0],                 // default_collation_for_utf8mb4
        &[19, 1],                      // sql_require_primary_key
        &[20, 1],                      // default_table_encryption
    ];
    let known = |status: &[u8]| {
        let body = with_status(status);
        let query = QueryEvent::parse(&body).expect("a statement");
        assert_eq!(
            (query.thread_id, query.database, query.sql),
            (7, &b"db"[..], &b"DROP TABLE x"[..])
        );
        (
            query.sql_mode,
            query.client_collation,
            query.server_collation,
            query.database_collation,
            query.explicit_defaults_for_timestamp,
        )
    };
    let values = (
        Some(0x0102_0304_0506_0708),
        Some(255),
        Some(8),
        Some(33),
        Some(true),
    );
    assert_eq!(known(&all.concat()), values);
    // In any order, each alone in front of one that is known, and too many databases to name.
    assert_eq!(
        known(&all.iter().rev().copied().collect::<Vec<_>>().concat()),
        values
    );
    for one in all.iter().copied().chain([&[12, 254][..]]) {
        assert_eq!(known(&[one, &[8, 9, 0]].concat()).3, Some(9), "{one:?}");
    }
    // What is not known ends the reading, not the statement.
    assert_eq!(known(&[8, 9, 0, 99, 1, 2, 3]).3, Some(9));
}

#[test]
fn statements_are_told_apart() {
    let body = |sql: &str| query(sql);
    let is = |sql: &str, expected: Statement<'_>| {
        let body = body(sql);
        assert_eq!(
            QueryEvent::parse(&body).expect("a statement").statement(),
            expected,
            "{sql}"
        );
    };
    is("BEGIN", Statement::Begin);
    is("COMMIT", Statement::Commit);
    is("ROLLBACK", Statement::Rollback);
    is("ROLLBACK TO `s`", Statement::RollbackTo);
    is("SAVEPOINT `s`", Statement::Savepoint);
    is("XA START X'61',X'',1", Statement::XaStart("X'61',X'',1"));
    is("XA END X'61',X'',1", Statement::XaEnd);
    is("XA COMMIT X'61',X'',1", Statement::XaCommit("X'61',X'',1"));
    is(
        "XA ROLLBACK X'61',X'',1",
        Statement::XaRollback("X'61',X'',1"),
    );
    is("CREATE TABLE begin (a INT)", Statement::Other);
    is("BEGINNING", Statement::Other);
    is("COMMITTED", Statement::Other);
    is("", Statement::Other);
    is(&"x".repeat(10_000), Statement::Other);
    assert_eq!(
        QueryEvent::parse(&[body("").as_slice(), b"\xFF\xFE"].concat())
            .expect("bytes")
            .statement(),
        Statement::Other
    );
}

/// A Transaction_payload event of `events`: compression 0 is zstd, 255 none.
fn payload(events: &[u8], compression: u8) -> Vec<u8> {
    let data = if compression == 0 {
        zstd(events)
    } else {
        events.to_vec()
    };
    let (size, full) = (data.len() as u32, events.len() as u32);
    let lenenc = |value: u32| [&[0xFD], &value.to_le_bytes()[..3]].concat();
    let kind = if compression > 250 {
        vec![0xFC, compression, 0]
    } else {
        vec![compression]
    };
    let mut body = Vec::new();
    for (field, value) in [(2, kind), (3, lenenc(full)), (1, lenenc(size))] {
        body.extend([field, value.len() as u8]);
        body.extend(value);
    }
    body.push(0);
    body.extend(data);
    body
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("an encoder");
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// The last transaction of the recording, events as they stand inside a payload.
fn inner_events() -> Vec<u8> {
    let parts = parts("full");
    let from = parts
        .iter()
        .rposition(|(kind, _)| *kind == 33)
        .expect("a GTID")
        + 1;
    parts[from..]
        .iter()
        .filter(|(kind, _)| *kind != 4)
        .flat_map(|(kind, body)| event(*kind, 0, body))
        .collect()
}

#[test]
fn payloads_in_payloads_are_unpacked() {
    let inner = inner_events();
    let format = format_description();
    let flat = rows(&file(&[(15, &format), (40, &payload(&inner, 0))]));
    assert_eq!(flat.len(), 2, "{flat:?}");
    assert_eq!(
        rows(&file(&[(15, &format), (40, &payload(&inner, 255))])),
        flat
    );
    let nested = payload(&event(40, 0, &payload(&inner, 255)), 0);
    assert_eq!(rows(&file(&[(15, &format), (40, &nested)])), flat);
}

#[test]
fn every_recorded_transaction_is_the_same_in_a_payload() {
    for recording in support::recordings() {
        let plain = without_checksums(&recording.bytes);
        let (mut packed, mut inside) = (Vec::new(), None::<Vec<u8>>);
        for (kind, body) in &plain {
            // What ends a group begins the next one or the file's end.
            if let 33 | 34 | 42 | 4 | 3 = kind {
                packed.extend(inside.take().map(|events| (40, payload(&events, 0))));
            }
            match &mut inside {
                Some(events) => events.extend(event(*kind, 0, body)),
                None => packed.push((*kind, body.clone())),
            }
            if let 33 | 34 | 42 = kind {
                inside = Some(Vec::new());
            }
        }
        packed.extend(inside.map(|events| (40, payload(&events, 0))));
        assert_eq!(
            rows(&file_of(&packed)),
            rows(&file_of(&plain)),
            "{}",
            recording.name
        );
    }
}

#[test]
fn a_row_of_16_mb_comes_out_whole() {
    // d.t (c0 LONGTEXT), one row; payloads just below, at and above the length where a packet goes on.
    let map = [
        &[9, 0, 0, 0, 0, 0, 1, 0],
        b"\x01d\0\x01t\0".as_slice(),
        &[1, 252, 1, 4, 1],
    ]
    .concat();
    let head = [
        &[9, 0, 0, 0, 0, 0],
        [1, 0].as_slice(),
        &[2, 0],
        &[1, 0xFF],
        &[0],
    ]
    .concat();
    let overhead = 1 + 19 + head.len() + 4;
    for length in [FULL - 1, FULL, FULL + 1, 2 * FULL].map(|payload| payload - overhead) {
        let rows = [
            &head,
            &(length as u32).to_le_bytes()[..],
            &vec![b'x'; length],
        ]
        .concat();
        let bytes = file(&[(15, &format_description()), (19, &map), (30, &rows)]);
        let mut decoder = packet_decoder(Start {
            max_packet: 1 << 30,
            ..start()
        });
        decoder.feed(&support::build::packets(&bytes));
        let mut run = Run::default();
        run.drain(&mut decoder).expect("a good stream");
        let line = format!(
            "c d.t - {{\"before\":null,\"after\":{{\"c0\":\"{}\"}}",
            "x".repeat(length)
        );
        assert!(run.lines == [line], "{length}");
    }
}

#[test]
fn a_payload_that_never_ends_is_refused() {
    let mut deep = inner_events();
    for _ in 0..50 {
        deep = event(40, 0, &payload(&deep, 0));
    }
    let error = error(&file(&[
        (15, &format_description()),
        (40, &payload(&deep, 0)),
    ]));
    assert_eq!(
        (error.kind(), error.place().event),
        (Kind::Corrupt, Some("Transaction_payload"))
    );
}

#[test]
fn an_unknown_compression_is_refused_by_its_number() {
    let error = error(&file(&[
        (15, &format_description()),
        (40, &payload(b"", 9)),
    ]));
    assert_eq!(error.kind(), Kind::Unsupported);
    assert!(error.message().contains("compression 9"), "{error}");
}

#[test]
fn a_small_payload_does_not_unpack_to_more_than_the_largest_event() {
    const HUGE: usize = 64 << 20;
    let mut bomb = event(2, 0, b"");
    bomb[9..13].copy_from_slice(&(HUGE as u32).to_le_bytes());
    bomb.resize(HUGE, 0);
    let body = payload(&bomb, 0);
    assert!(body.len() < 100_000);
    let mut decoder = packet_decoder(Start {
        max_packet: 1 << 20,
        ..start()
    });
    decoder.feed(&support::build::packets(&file(&[
        (15, &format_description()),
        (40, &body),
    ])));
    let error = Run::default().drain(&mut decoder).expect_err("too large");
    assert_eq!(
        (error.kind(), error.place().event),
        (Kind::Corrupt, Some("Transaction_payload"))
    );
}

#[test]
fn a_torn_payload_is_an_error_and_not_an_end() {
    let body = payload(&inner_events(), 0);
    let format = format_description();
    for length in 0..body.len() {
        let mut decoder = file_decoder(start());
        decoder.feed(&file(&[(15, &format), (40, &body[..length])]));
        let torn = Run::default()
            .drain(&mut decoder)
            .expect_err("a torn payload");
        assert_eq!(
            torn.place().position,
            Some(4 + 19 + format.len() as u64),
            "{torn}"
        );
    }
}

#[test]
fn a_table_map_of_arrays_of_arrays_is_refused() {
    // Each level would be a call: a long row of them ended the process.
    let columns = [20];
    let meta = vec![20; 60_000];
    let mut body = [
        &[9, 0, 0, 0, 0, 0, 1, 0],
        b"\x01d\0\x01t\0".as_slice(),
        &[1],
        &columns,
    ]
    .concat();
    body.push(0xFC);
    body.extend((meta.len() as u16).to_le_bytes());
    body.extend(meta);
    body.push(0);
    let refused = error(&file(&[(15, &format_description()), (19, &body)]));
    assert_eq!(
        (refused.kind(), refused.place().event),
        (Kind::Corrupt, Some("Table_map"))
    );
}

#[test]
fn held_xa_frames_that_are_torn_are_an_error() {
    let mut decoder = file_decoder(start());
    decoder.feed(&file(&[
        (15, &format_description()),
        (2, &query("XA COMMIT X'61',X'',1")),
    ]));
    assert!(matches!(
        decoder.next(0).expect("a good file"),
        Some(Item::XaEnd { .. })
    ));
    decoder.replay(&[1, 2, 3], true);
    assert_eq!(decoder.next(0).expect_err("torn").kind(), Kind::Corrupt);
}

proptest! {
    #[test]
    fn hostile_frames_never_panic(frames in proptest::collection::vec(any::<u8>(), 0..100), position in any::<u64>()) {
        let mut decoder = file_decoder(start());
        decoder.feed(&file(&[(15, &format_description()), (2, &query("XA COMMIT X'61',X'',1"))]));
        let _ = decoder.next(0);
        let whole = [&position.to_le_bytes()[..], &19_u32.to_le_bytes(), &event(29, 0, b""), &frames].concat();
        decoder.replay(&whole, true);
        while let Ok(Some(_)) = decoder.next(0) {}
    }
}
