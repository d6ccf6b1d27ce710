//! What is done with hostile bytes. A target passes when it returns: no panic, no endless loop, no memory beyond the
//! limits. The tests of the kernel run the same functions, on recorded bytes with some damage (tests/fuzz_targets.rs).

use crate::decode::{envelope, file_decoder, packet_decoder, plan, start};
use tailrace_kernel::binlog::payload::PayloadEvents;
use tailrace_kernel::decoder::Decoder;
use tailrace_kernel::decoder::item::{Item, XaOutcome};
use tailrace_kernel::encode::envelope::Format;
use tailrace_kernel::gtid::GtidSet;
use tailrace_kernel::row::jsonb;

const LARGEST: usize = 1 << 20;
const HEADER: usize = 19;

/// A binlog file, as it is.
pub fn binlog(data: &[u8]) {
    let mut decoder = file_decoder(start());
    decoder.feed(data);
    drain(&mut decoder);
}

/// Events in a file: type, length (2 bytes), body, and so on; the first byte tells the format of the rows.
pub fn events(data: &[u8]) {
    let Some((format, parts)) = data.split_first() else {
        return;
    };
    let format = if format % 2 == 0 {
        Format::Json
    } else {
        Format::Arrow
    };
    let mut decoder = Decoder::for_file(start(), &envelope(format));
    decoder.feed(&file(parts));
    drain(&mut decoder);
}

/// A connection's packets, in pieces whose size is the first byte.
pub fn packets(data: &[u8]) {
    let Some((size, bytes)) = data.split_first() else {
        return;
    };
    let mut decoder = packet_decoder(start());
    decoder.feed(&packet(&format_description()));
    for piece in bytes.chunks(usize::from(*size) + 1) {
        decoder.feed(piece);
        if !drain(&mut decoder) {
            return;
        }
    }
}

/// The body of a Transaction_payload event, alone and in a stream.
pub fn payload(data: &[u8]) {
    if let Ok(mut events) = PayloadEvents::parse(data, LARGEST) {
        let mut unpacked = 0;
        // Where a few bytes become very many, the stream ends this by the reader's will: it can stop at any event.
        while unpacked < LARGEST {
            match events.next_event() {
                Ok(Some(event)) => unpacked += event.len(),
                Ok(None) | Err(_) => break,
            }
        }
    }
    let mut decoder = file_decoder(start());
    decoder.feed(&format_description());
    decoder.feed(&event(40, data));
    drain(&mut decoder);
}

/// The length of a document (2 bytes), the document, changes to it.
pub fn json(data: &[u8]) {
    let mut out = Vec::new();
    let _ = jsonb::write_text(data, &mut out);
    let Some((length, rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (document, diffs) = rest.split_at(length);
    out.clear();
    let _ = jsonb::write_text(document, &mut out);
    out.clear();
    let _ = jsonb::write_text_with_diffs(document, diffs, &mut out);
}

/// The type of a row event, the length of a table map (2 bytes), its body, the body of the row event.
pub fn rows(data: &[u8]) {
    let Some((&[kind, low, high], rest)) = data.split_first_chunk::<3>() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
    let (map, body) = rest.split_at(length);
    for format in [Format::Json, Format::Arrow] {
        let mut decoder = Decoder::for_file(start(), &envelope(format));
        for event in [format_description(), event(19, map), event(kind, body)] {
            decoder.feed(&event);
        }
        drain(&mut decoder);
    }
}

/// A set as text and as bytes: what can be read can be written, and is then the same.
pub fn gtids(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let sets = [GtidSet::parse(&text), GtidSet::decode(data)];
    for set in sets.iter().flatten() {
        assert_eq!(GtidSet::parse(&set.to_string()).as_ref(), Ok(set));
        assert_eq!(GtidSet::decode(&set.encode()).as_ref(), Ok(set));
        assert!(set.contains(set) && set.subtract(set).is_empty());
        assert!(set.count() >= u64::from(!set.is_empty()));
    }
    if let [Ok(one), Ok(two)] = &sets {
        let union = one.union(two);
        assert!(union.contains(one) && union.contains(two));
        assert_eq!(union.subtract(two), one.subtract(two));
    }
}

/// Takes out all there is; whether the decoder can go on.
fn drain(decoder: &mut Decoder) -> bool {
    let mut held = Vec::new();
    loop {
        match decoder.next(0) {
            Ok(Some(Item::NeedTable(need))) => {
                let plan = plan(&need.map).ok();
                if decoder.bind(need.map.table_id, plan).is_err() {
                    return false;
                }
            }
            Ok(Some(Item::XaHold(hold))) => {
                if hold.first {
                    held.clear();
                }
                held.extend(hold.data);
            }
            Ok(Some(Item::XaEnd {
                outcome: XaOutcome::Committed,
                ..
            })) => decoder.replay(&held, true),
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(error) => {
                // Its text can always be made.
                let _ = error.to_string();
                return false;
            }
        }
    }
}

fn file(mut parts: &[u8]) -> Vec<u8> {
    let mut out = format_description();
    while let Some((&[kind, low, high], rest)) = parts.split_first_chunk::<3>() {
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (body, rest) = rest.split_at(length);
        out.extend(event(kind, body));
        parts = rest;
    }
    out
}

/// An event without place in a file and without checksum.
fn event(kind: u8, body: &[u8]) -> Vec<u8> {
    let size = (HEADER + body.len()) as u32;
    [
        &[0, 0, 0, 1, kind, 1, 0, 0, 0],
        size.to_le_bytes().as_slice(),
        &[0; 6],
        body,
    ]
    .concat()
}

/// Says that events have no checksums.
fn format_description() -> Vec<u8> {
    let body = [
        &[4, 0],
        b"9.7.0".as_slice(),
        &[0; 49],
        &[HEADER as u8],
        &[0; 47],
    ]
    .concat();
    event(15, &body)
}

fn packet(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u32 + 1).to_le_bytes();
    [&length[..3], &[0, 0], event].concat()
}
