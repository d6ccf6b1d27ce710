//! Lost connections, crashed servers, XA between two connections, and transactions larger than any buffer.

mod support;

use proptest::prelude::*;
use support::build::{event, file, format_description, packets, query, without_checksums};
use support::decode::{file_decoder, packet_decoder, start};
use support::run::{Run, run_file};
use support::{events, recording, recordings};
use tailrace_kernel::decoder::item::{Item, XaOutcome};
use tailrace_kernel::decoder::{Decoder, Start};
use tailrace_kernel::gtid::GtidSet;

/// Statements inside a transaction come again with it; rows and commits must not.
fn once(lines: &[String]) -> Vec<&String> {
    lines
        .iter()
        .filter(|line| !line.starts_with("query "))
        .collect()
}

/// What a server sends a new connection: the format description, then what follows `position`.
fn from_position(bytes: &[u8], position: u64) -> Vec<u8> {
    let first = events(bytes)[0];
    // Made for this connection: it has no place in the file.
    let mut format = first[..first.len() - 4].to_vec();
    // It has no end there, and nobody writes to it.
    format[13..19].fill(0);
    let checksum = crc32fast::hash(&format);
    format.extend(checksum.to_le_bytes());
    let rest = &bytes[(position as usize - 4).max(first.len())..];
    [&format, rest].concat()
}

#[test]
fn a_connection_lost_anywhere_loses_and_doubles_no_row() {
    for recording in recordings() {
        let bytes = &recording.bytes;
        let whole = run_file(bytes, start()).expect("a good file");
        let mut end = 0;
        for sent in events(bytes) {
            end += sent.len();
            let (mut decoder, mut run) = (file_decoder(start()), Run::default());
            decoder.feed(&bytes[..end]);
            run.drain(&mut decoder).expect("a good file");
            let open = decoder
                .open_transaction()
                .map(|(gtid, rows)| (gtid.to_owned(), rows));
            let (name, position, gtids) =
                run.committed
                    .clone()
                    .unwrap_or(("binlog.000001".to_owned(), 4, String::new()));
            if name != "binlog.000001" || decoder.file() != "binlog.000001" {
                continue;
            }
            // The same file from the last commit on, as a second connection has it.
            let mut again = file_decoder(Start {
                position,
                gtids: GtidSet::parse(&gtids).expect("a set"),
                ..start()
            });
            if let Some((gtid, rows)) = &open {
                again.skip_rows(gtid, *rows);
            }
            again.feed(&from_position(bytes, position));
            run.drain(&mut again).expect("a good file");
            assert_eq!(
                once(&run.lines),
                once(&whole.lines),
                "{} lost after {end}",
                recording.name
            );
        }
    }
}

#[test]
fn a_connection_lost_again_before_it_has_caught_up_doubles_no_row() {
    let bytes = recording("many_events").bytes;
    let whole = run_file(&bytes, start()).expect("a good file");
    // Events of the first transaction: each connection ends after so many.
    for (first, second) in (5..10).flat_map(|first| (5..10).map(move |second| (first, second))) {
        let (mut run, mut open) = (Run::default(), None::<(String, u64)>);
        for length in [first, second, usize::MAX] {
            let mut decoder = file_decoder(start());
            if let Some((gtid, rows)) = &open {
                decoder.skip_rows(gtid, *rows);
            }
            decoder.feed(
                &events(&bytes)
                    .into_iter()
                    .take(length)
                    .collect::<Vec<_>>()
                    .concat(),
            );
            run.drain(&mut decoder).expect("a good file");
            if let Some((gtid, rows)) = decoder.open_transaction() {
                open = Some((gtid.to_owned(), rows));
            }
        }
        assert_eq!(
            run.lines, whole.lines,
            "lost after {first} and {second} events"
        );
    }
}

/// A transaction of one insert into a table `d.t (n INT)`, without its end: BEGIN, table map, rows.
fn open_transaction(gtid: u8, rows: &[u32]) -> Vec<(u8, Vec<u8>)> {
    let mut inserts = [&[9, 0, 0, 0, 0, 0], [1, 0].as_slice(), &[2, 0], &[1, 0xFF]].concat();
    for row in rows {
        inserts.push(0);
        inserts.extend(row.to_le_bytes());
    }
    vec![
        (
            33,
            [&[1], [gtid; 16].as_slice(), &u64::from(gtid).to_le_bytes()].concat(),
        ),
        (2, query("BEGIN")),
        (
            19,
            [
                &[9, 0, 0, 0, 0, 0, 1, 0],
                b"\x01d\0\x01t\0".as_slice(),
                &[1, 3, 0, 1],
            ]
            .concat(),
        ),
        (30, inserts),
    ]
}

fn file_of(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut all = vec![(15, format_description())];
    all.extend_from_slice(parts);
    file(
        &all.iter()
            .map(|(kind, body)| (*kind, body.as_slice()))
            .collect::<Vec<_>>(),
    )
}

fn gtid(number: u8) -> String {
    let byte = format!("{number:02x}");
    let group = |count: usize| byte.repeat(count);
    format!(
        "{}-{}-{}-{}-{}:{number}",
        group(4),
        group(2),
        group(2),
        group(2),
        group(6)
    )
}

fn row(number: u8, value: u32) -> String {
    format!(
        "c d.t {} {{\"before\":null,\"after\":{{\"c0\":{value}}}",
        gtid(number)
    )
}

const XID: (u8, [u8; 8]) = (16, [0; 8]);

#[test]
fn rows_that_the_next_server_never_had_are_rolled_back() {
    let mut parts = open_transaction(2, &[7]);
    parts.push((XID.0, XID.1.to_vec()));
    let mut decoder = file_decoder(start());
    decoder.skip_rows(&gtid(1), 5);
    decoder.feed(&file_of(&parts));
    let mut run = Run::default();
    run.drain(&mut decoder).expect("a good file");
    let end = decoder.position();
    assert_eq!(
        run.lines,
        [
            "rollback 5".to_owned(),
            row(2, 7),
            format!("commit {end} {}", gtid(2))
        ]
    );
}

#[test]
fn a_server_that_dies_inside_a_transaction_rolls_it_back() {
    let mut decoder = file_decoder(start());
    decoder.feed(&file_of(&open_transaction(1, &[5, 6])));
    let mut run = Run::default();
    run.drain(&mut decoder).expect("a good file");
    assert_eq!(decoder.open_transaction(), Some((gtid(1).as_str(), 2)));
    // The next file, from its first event.
    let next = file_of(&open_transaction(2, &[8]));
    decoder.feed(&next);
    run.drain(&mut decoder).expect("a good file");
    assert_eq!(
        run.lines[..3],
        [row(1, 5), row(1, 6), "rollback 2".to_owned()]
    );
    assert_eq!(run.lines.last(), Some(&row(2, 8)));
    assert!(
        !run.committed
            .expect("the place after it")
            .2
            .contains(&gtid(1))
    );
}

#[test]
fn a_rolled_back_transaction_says_how_many_of_its_rows_came_out() {
    let mut parts = open_transaction(1, &[5, 6]);
    parts.push((2, query("ROLLBACK")));
    let run = run_file(&file_of(&parts), start()).expect("a good file");
    assert_eq!(run.lines[2], "rollback 2");
    assert!(run.lines[3].starts_with("commit "), "{:?}", run.lines);
}

#[test]
fn a_transaction_larger_than_the_buffers_comes_out_in_pieces() {
    const EVENTS: usize = 400;
    const LIMIT: usize = 64 * 1024;
    let rows: Vec<u32> = (0..500).collect();
    let mut parts = open_transaction(1, &rows);
    for _ in 1..EVENTS {
        parts.push(parts[3].clone());
    }
    parts.push((XID.0, XID.1.to_vec()));
    let bytes = file_of(&parts);
    let mut decoder = packet_decoder(Start {
        max_batch_bytes: LIMIT,
        ..start()
    });
    let (mut batches, mut rows_seen, mut largest) = (0, 0, 0);
    for piece in packets(&bytes).chunks(10_000) {
        decoder.feed(piece);
        while let Some(item) = decoder.next(0).expect("a good stream") {
            match item {
                Item::Batch(batch) => {
                    largest = largest.max(batch.bytes.len());
                    batches += 1;
                    rows_seen += batch.rows as usize;
                    assert_eq!(batch.in_transaction, batch.commit.is_none());
                }
                Item::NeedTable(need) => {
                    let plan = support::decode::plan(&need.map).expect("a table");
                    decoder
                        .bind(need.map.table_id, Some(plan))
                        .expect("a table");
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(rows_seen, EVENTS * rows.len());
    // One event more than the limit, at most: some 400 bytes a row.
    assert!(
        batches > 100 && largest < LIMIT + 400 * rows.len(),
        "{batches} batches, {largest} bytes"
    );
}

/// An XA transaction of `events` row events that is prepared and then committed.
fn xa(events: usize, rows: &[u32]) -> Vec<u8> {
    let [begin, _, map, insert]: [_; 4] = open_transaction(1, rows).try_into().expect("four");
    let mut parts = vec![begin, (2, query("XA START X'61',X'',1")), map];
    parts.extend(std::iter::repeat_n(insert, events));
    parts.push((2, query("XA END X'61',X'',1")));
    parts.push((
        38,
        [&[0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], b"a".as_slice()].concat(),
    ));
    parts.push(open_transaction(2, &[])[0].clone());
    parts.push((2, query("XA COMMIT X'61',X'',1")));
    file_of(&parts)
}

#[test]
fn an_xa_transaction_larger_than_the_buffers_is_held_in_pieces() {
    let rows: Vec<u32> = (0..1000).collect();
    let bytes = xa(300, &rows);
    let mut decoder = file_decoder(start());
    let (mut held, mut firsts) = (Vec::new(), Vec::new());
    decoder.feed(&bytes);
    while let Some(item) = decoder.next(0).expect("a good file") {
        match item {
            Item::XaHold(hold) => {
                assert!(
                    hold.data.len() < 300_000,
                    "{} bytes at once",
                    hold.data.len()
                );
                firsts.push(hold.first);
                held.push(hold.data);
            }
            Item::XaEnd { .. } | Item::Batch(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(
        firsts.len() > 4 && firsts[0] && firsts[1..].iter().all(|first| !first),
        "{firsts:?}"
    );
    let run = run_file(&bytes, start()).expect("a good file");
    let count = run
        .lines
        .iter()
        .filter(|line| line.starts_with("c d.t"))
        .count();
    assert_eq!(count, 300 * rows.len());
}

#[test]
fn a_connection_lost_while_xa_rows_are_replayed_doubles_none() {
    let bytes = xa(3, &[1, 2]);
    let whole = run_file(&bytes, start()).expect("a good file");
    let rows = |lines: &[String]| {
        lines
            .iter()
            .filter(|line| line.starts_with("c "))
            .cloned()
            .collect::<Vec<_>>()
    };
    // The first connection ends after the first batch of replayed rows, which is the first event's.
    let mut decoder = file_decoder(start());
    decoder.feed(&bytes);
    let mut held = Vec::new();
    let (mut first, mut prepared) = (None, 0);
    while first.is_none() {
        match decoder.next(0).expect("a good file").expect("rows") {
            Item::XaHold(hold) => held.push(hold.data),
            Item::XaEnd {
                outcome: XaOutcome::Committed,
                ..
            } => held.iter().for_each(|piece| decoder.replay(piece, false)),
            Item::NeedTable(need) => bind(&mut decoder, &need),
            Item::Batch(batch) if batch.rows > 0 => first = Some(batch.rows),
            Item::Batch(batch) => prepared = batch.commit.expect("a commit").position,
            _ => {}
        }
    }
    let (gtid, rows_out) = decoder.open_transaction().expect("an open transaction");
    assert_eq!((first, rows_out), (Some(2), 2));
    // The second one begins behind the last commit, the XA PREPARE; what was held is in the store.
    let mut again = file_decoder(Start {
        position: prepared,
        ..start()
    });
    again.skip_rows(gtid, rows_out);
    again.feed(&from_position(&bytes, prepared));
    let mut run = Run::default();
    run.hold("X'61',X'',1", held);
    run.drain(&mut again).expect("a good file");
    assert_eq!(rows(&run.lines), rows(&whole.lines)[2..]);
}

fn bind(decoder: &mut Decoder, need: &tailrace_kernel::decoder::item::NeedTable) {
    let plan = support::decode::plan(&need.map).expect("a table");
    decoder
        .bind(need.map.table_id, Some(plan))
        .expect("a table");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_cut_anywhere_and_batches_of_any_size_give_the_same_stream(
        which in any::<prop::sample::Index>(),
        sizes in proptest::collection::vec(1..3000_usize, 1..8),
        max_batch_bytes in prop_oneof![Just(1_usize), 1..10_000_usize],
    ) {
        let recordings = recordings();
        let recording = which.get(&recordings);
        let whole = run_file(&recording.bytes, start()).expect("a good file");
        let mut decoder = packet_decoder(Start { max_batch_bytes, ..start() });
        let mut run = Run::default();
        let bytes = packets(&recording.bytes);
        let mut rest = bytes.as_slice();
        for size in sizes.iter().cycle() {
            let (now, later) = rest.split_at((*size).min(rest.len()));
            decoder.feed(now);
            run.drain(&mut decoder).expect("a good stream");
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        let rows = |run: &Run| run.lines.iter().filter(|line| !line.starts_with("commit ")).cloned().collect::<Vec<_>>();
        prop_assert_eq!(rows(&run), rows(&whole));
        prop_assert_eq!(run.lines.last(), whole.lines.last());
        prop_assert_eq!(run.transactions, whole.transactions);
    }
}

#[test]
fn a_file_beyond_4_gb_has_positions_beyond_32_bits() {
    // Only the low 32 bits of the end are in the header.
    let body = query("ALTER TABLE t ADD a INT");
    let size = 19 + body.len() as u32;
    let near = u32::MAX - 5;
    let mut decoder = file_decoder(Start {
        position: u64::from(near),
        ..start()
    });
    let mut format = event(15, 0, &format_description());
    format.extend(event(2, near.wrapping_add(size), &body));
    decoder.feed(&format);
    let Some(Item::Query(query)) = decoder.next(0).expect("a good file") else {
        panic!("a statement")
    };
    assert_eq!(
        (query.position, query.end_position),
        (u64::from(near), u64::from(near) + u64::from(size))
    );
    assert_eq!(decoder.position(), u64::from(near) + u64::from(size));
}

#[test]
fn without_checksums_is_the_same_file() {
    // What the damage tests change must be right to begin with.
    for recording in recordings() {
        let bare = without_checksums(&recording.bytes);
        let bytes = file(
            &bare
                .iter()
                .map(|(kind, body)| (*kind, body.as_slice()))
                .collect::<Vec<_>>(),
        );
        let rows = |run: Run| {
            run.lines
                .into_iter()
                .filter(|line| !line.starts_with("commit "))
                .collect::<Vec<_>>()
        };
        let whole = run_file(&recording.bytes, start()).expect("a good file");
        assert_eq!(
            rows(run_file(&bytes, start()).expect("a good file")),
            rows(whole),
            "{}",
            recording.name
        );
    }
    assert!(!recording("full").bytes.is_empty());
}
