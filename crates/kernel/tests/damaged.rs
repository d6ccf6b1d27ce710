//! Truncated and corrupted binlogs: an error that says where, or more input wanted; never a panic, a loop, or rows that
//! are not the server's where checksums could tell.

mod support;

use proptest::prelude::*;
use support::build::{file, packets, without_checksums};
use support::decode::{envelope, file_decoder, packet_decoder, plan, start};
use support::run::{Run, run_file};
use support::{events, recording, recordings};
use tailrace_kernel::decoder::item::Item;
use tailrace_kernel::decoder::{Decoder, Start, Tolerance};
use tailrace_kernel::encode::envelope::Format;
use tailrace_kernel::error::Error;

/// Where the flag stands that a server sets and clears in the first event of a file without a new checksum.
const IN_USE: (usize, u8) = (17, 1);

fn located(error: &Error, position: usize) {
    let place = error.place();
    assert_eq!(place.file.as_deref(), Some("binlog.000001"), "{error}");
    assert_eq!(place.position, Some(position as u64), "{error}");
    assert!(place.event.is_some(), "{error}");
}

/// All that came out of a file before its end or an error.
fn run(bytes: &[u8]) -> (Run, Option<Error>) {
    let mut run = Run::default();
    let mut decoder = file_decoder(start());
    decoder.feed(bytes);
    let error = run.drain(&mut decoder).err();
    (run, error)
}

#[test]
fn a_file_cut_anywhere_gives_what_is_before_the_cut() {
    for recording in recordings() {
        let (whole, error) = run(&recording.bytes);
        assert_eq!(error, None);
        let mut last = 0;
        for length in 0..recording.bytes.len() {
            let (cut, error) = run(&recording.bytes[..length]);
            assert_eq!(error, None, "{} cut at {length}", recording.name);
            assert_eq!(
                cut.lines,
                whole.lines[..cut.lines.len()],
                "{} cut at {length}",
                recording.name
            );
            assert!(cut.lines.len() >= last);
            last = cut.lines.len();
        }
        assert!(last + 1 >= whole.lines.len(), "{}", recording.name);
    }
}

#[test]
fn a_flipped_bit_of_an_event_with_a_checksum_is_an_error_that_says_where() {
    for recording in recordings()
        .iter()
        .filter(|recording| !recording.name.contains("no_checksum"))
    {
        let (whole, _) = run(&recording.bytes);
        let mut position = 0;
        for event in events(&recording.bytes) {
            for at in 0..event.len() {
                // All bits of the first event, which is what makes the others checkable; of the others one a byte.
                let bits = if position == 0 {
                    0..8
                } else {
                    at % 8..at % 8 + 1
                };
                for bit in bits.filter(|bit| (position, at, 1 << bit) != (0, IN_USE.0, IN_USE.1)) {
                    let mut bytes = recording.bytes.clone();
                    bytes[position + at] ^= 1 << bit;
                    let (damaged, error) = run(&bytes);
                    let name = &recording.name;
                    let context =
                        format!("{name}: bit {bit} of byte {at} of the event at {position}");
                    assert_eq!(
                        damaged.lines,
                        whole.lines[..damaged.lines.len()],
                        "{context}"
                    );
                    match error {
                        Some(error) => located(&error, 4 + position),
                        // A size that asks for more than there is: the file looks unfinished.
                        None => assert!((9..13).contains(&at), "{context}"),
                    }
                }
            }
            position += event.len();
        }
    }
}

#[test]
fn a_damaged_event_of_rows_is_passed_over_where_that_is_allowed_and_no_other_is() {
    const TABLE_MAP: u8 = 19;
    let (mut passed_over, mut refused) = (0, 0);
    for recording in recordings()
        .iter()
        .filter(|recording| !recording.name.contains("no_checksum"))
    {
        let (whole, _) = run(&recording.bytes);
        let mut position = 0;
        for event in events(&recording.bytes) {
            let rows = matches!(event[4], 23..=25 | 30..=32 | 39);
            if rows || event[4] == TABLE_MAP {
                let mut bytes = recording.bytes.clone();
                bytes[position + event.len() - 5] ^= 1;
                let mut damaged = Run::default();
                let mut decoder = file_decoder(start());
                decoder.tolerate(Tolerance {
                    unreadable: true,
                    unfit: false,
                });
                decoder.feed(&bytes);
                let error = damaged.drain(&mut decoder).err();
                let context = format!("{}: the event at {position}", recording.name);
                if rows {
                    assert_eq!(error, None, "{context}");
                    assert_eq!(damaged.passed_over.len(), 1, "{context}");
                    located(&damaged.passed_over[0], 4 + position);
                    assert_eq!(damaged.committed, whole.committed, "{context}");
                    let mut rest = whole.lines.iter();
                    let kept = damaged.lines.iter().all(|line| rest.any(|one| one == line));
                    assert!(kept, "{context}: what came is not what came before");
                    passed_over += 1;
                } else {
                    located(&error.expect(&context), 4 + position);
                    refused += 1;
                }
            }
            position += event.len();
        }
    }
    assert!(passed_over > 20 && refused > 20, "{passed_over}, {refused}");
}

#[test]
fn a_packet_of_another_length_than_its_event_is_an_error() {
    let recording = recording("no_checksum");
    let mut bytes = packets(&recording.bytes);
    // The first event's size, of which no checksum tells.
    bytes[4 + 1 + 9] ^= 1;
    let mut decoder = packet_decoder(start());
    decoder.feed(&bytes);
    let error = Run::default()
        .drain(&mut decoder)
        .expect_err("a wrong size");
    located(&error, 4);
}

/// Reads what can be read, and bounds what comes out.
fn survive(bytes: &[u8], format: Format) {
    let mut decoder = Decoder::for_file(start(), &envelope(format));
    decoder.feed(bytes);
    let (mut items, mut out) = (0, 0);
    while let Ok(Some(item)) = decoder.next(0) {
        items += 1;
        let bound = match item {
            Item::Batch(batch) => {
                out += batch.bytes.len();
                Ok(())
            }
            Item::NeedTable(need) => decoder.bind(need.map.table_id, plan(&need.map).ok()),
            Item::XaEnd { .. } => {
                decoder.replay(b"", true);
                Ok(())
            }
            _ => Ok(()),
        };
        if bound.is_err() {
            break;
        }
        assert!(items < 10_000 && out < 10_000_000, "an endless loop");
    }
}

/// One of each shape; the others differ in checksums, sizes and times.
const SHAPES: [&str; 9] = [
    "after_tagged",
    "compressed",
    "metadata",
    "minimal",
    "partial_json",
    "statements",
    "tagged",
    "wide",
    "xa",
];

#[test]
fn an_event_cut_short_without_checksum_never_panics() {
    for name in SHAPES {
        let whole = without_checksums(&recording(name).bytes);
        for index in 0..whole.len() {
            for length in 0..whole[index].1.len() {
                let mut cut: Vec<(u8, &[u8])> = whole[..=index]
                    .iter()
                    .map(|(kind, body)| (*kind, body.as_slice()))
                    .collect();
                cut[index].1 = &cut[index].1[..length];
                survive(&file(&cut), Format::Json);
            }
        }
    }
}

#[test]
fn damage_without_checksums_never_panics() {
    for name in SHAPES {
        let whole = without_checksums(&recording(name).bytes);
        let parts: Vec<(u8, &[u8])> = whole
            .iter()
            .map(|(kind, body)| (*kind, body.as_slice()))
            .collect();
        let mut bytes = file(&parts);
        for at in 0..bytes.len() {
            let with = if at % 2 == 0 { 1 << (at / 2 % 8) } else { 0xFF };
            bytes[at] ^= with;
            survive(&bytes, Format::Json);
            bytes[at] ^= with;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// More than one byte wrong, pieces left out, put twice or exchanged.
    #[test]
    fn heavy_damage_without_checksums_never_panics(
        which in any::<prop::sample::Index>(),
        arrow in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..8),
    ) {
        let recordings = ALL.with(Clone::clone);
        let mut bytes = recordings[which.index(recordings.len())].clone();
        for (at, with, how) in changes {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match how {
                0 => { bytes.truncate(at.max(1)); }
                1 => { let piece = bytes[at..].to_vec(); bytes.extend(piece); }
                2 => { bytes.drain(at..(at + usize::from(with)).min(bytes.len())); }
                _ => if let Some(byte) = bytes.get_mut(at) { *byte = with },
            }
        }
        survive(&bytes, if arrow { Format::Arrow } else { Format::Json });
    }
}

thread_local! {
    static ALL: std::sync::Arc<Vec<Vec<u8>>> = std::sync::Arc::new(
        recordings()
            .iter()
            .map(|recording| {
                let whole = without_checksums(&recording.bytes);
                file(&whole.iter().map(|(kind, body)| (*kind, body.as_slice())).collect::<Vec<_>>())
            })
            .collect(),
    );
}

#[test]
fn positions_at_the_end_of_64_bits_do_not_overflow() {
    let rotate = [&u64::MAX.to_le_bytes()[..], b"binlog.000002"].concat();
    let format = support::build::format_description();
    let mut bytes = file(&[(15, &format), (4, &rotate), (16, &[0; 8])]);
    let xid = bytes.len() - 19 - 8;
    bytes[xid + 13..xid + 17].copy_from_slice(&5_u32.to_le_bytes());
    assert!(
        run_file(
            &bytes,
            Start {
                position: u64::MAX,
                ..start()
            }
        )
        .is_ok()
    );
}
