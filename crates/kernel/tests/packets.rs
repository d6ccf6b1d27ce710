//! Packets and file events cut anywhere give the same payloads.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::build::{FULL, connection};
use tailrace_kernel::error::Kind;
use tailrace_kernel::packet::{FileStream, PacketStream, network_event};

/// The bytes of a connection with these payloads.
fn packets(payloads: &[Vec<u8>]) -> Vec<u8> {
    connection(payloads.iter().map(Vec::as_slice))
}

/// Feeds `bytes` in pieces of the given sizes (again and again) and takes out all that is whole after each.
fn read_all(stream: &mut PacketStream, bytes: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let (now, later) = rest.split_at((*size).min(rest.len()));
        stream.feed(now);
        while let Some(payload) = stream.next_packet().expect("packets") {
            out.push(payload.to_vec());
        }
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    out
}

proptest! {
    #[test]
    fn packets_cut_anywhere_give_the_same_payloads(
        payloads in vec(vec(any::<u8>(), 0..50), 0..20),
        sizes in vec(1..70_usize, 1..10),
    ) {
        let read = read_all(&mut PacketStream::new(1 << 30), &packets(&payloads), &sizes);
        prop_assert_eq!(read, payloads);
    }

    #[test]
    fn file_events_cut_anywhere_give_the_same_events(
        bodies in vec(vec(any::<u8>(), 0..50), 0..20),
        sizes in vec(1..70_usize, 1..10),
    ) {
        let events: Vec<Vec<u8>> = bodies
            .iter()
            .map(|body| {
                let size = (19 + body.len()) as u32;
                [&[0; 9], size.to_le_bytes().as_slice(), &[0; 6], body].concat()
            })
            .collect();
        let bytes = events.concat();
        let mut stream = FileStream::new(1 << 20);
        let (mut rest, mut read) = (bytes.as_slice(), Vec::new());
        for size in sizes.iter().cycle() {
            let (now, later) = rest.split_at((*size).min(rest.len()));
            stream.feed(now);
            while let Some(event) = stream.next_packet().expect("events") {
                read.push(event.to_vec());
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(read, events);
    }

    #[test]
    fn hostile_packets_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let mut stream = PacketStream::new(1 << 16);
        stream.feed(&bytes);
        while let Ok(Some(payload)) = stream.next_packet() {
            let _ = network_event(payload);
        }
        let mut stream = FileStream::new(1 << 16);
        stream.feed(&bytes);
        while let Ok(Some(_)) = stream.next_packet() {}
    }
}

#[test]
fn payloads_around_the_limit_of_a_packet_come_out_whole() {
    let lengths = [
        0,
        1,
        FULL - 1,
        FULL,
        FULL + 1,
        2 * FULL - 1,
        2 * FULL,
        2 * FULL + 5,
        3,
    ];
    let payloads: Vec<Vec<u8>> = (1..)
        .zip(lengths)
        .map(|(fill, length)| {
            let mut payload = vec![fill; length];
            // A shift by some bytes shows.
            payload
                .iter_mut()
                .step_by(4099)
                .for_each(|byte| *byte ^= 0x80);
            payload
        })
        .collect();
    let bytes = packets(&payloads);
    for sizes in [vec![bytes.len()], vec![1 << 20], vec![FULL + 4, 3, 70_001]] {
        let read = read_all(&mut PacketStream::new(1 << 30), &bytes, &sizes);
        assert!(read == payloads, "pieces of {sizes:?}");
    }
}

#[test]
fn a_packet_beyond_the_limit_is_refused_before_it_is_gathered() {
    let payload = vec![1; FULL + 100];
    let mut stream = PacketStream::new(FULL + 50);
    stream.feed(&packets(&[payload])[..FULL + 8]);
    assert_eq!(
        stream.next_packet().expect_err("too long").kind(),
        Kind::Corrupt
    );
}

#[test]
fn what_is_no_event_is_told_apart() {
    assert_eq!(network_event(b"\0event").expect("an event"), b"event");
    let error =
        network_event(b"\xFF\xD4\x04#HY000Could not find first log file name").expect_err("ERR");
    assert_eq!(
        (error.kind(), error.server_code()),
        (Kind::Server, Some(1236))
    );
    assert_eq!(error.message(), "Could not find first log file name");
    let error = network_event(b"\xFF\xD4\x04no SQL state").expect_err("ERR");
    assert_eq!(error.message(), "no SQL state");
    assert_eq!(
        network_event(b"\xFE\0\0\0\0").expect_err("EOF").kind(),
        Kind::Server
    );
    assert_eq!(
        network_event(b"\xFF").expect_err("a torn ERR").kind(),
        Kind::Server
    );
    assert_eq!(
        network_event(b"\x07").expect_err("unknown").kind(),
        Kind::Corrupt
    );
    assert_eq!(network_event(b"").expect_err("empty").kind(), Kind::Corrupt);
}
