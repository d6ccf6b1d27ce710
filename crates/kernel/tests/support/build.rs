//! Events put together, or changed, by hand.

use super::events;

pub const FORMAT_DESCRIPTION: u8 = 15;
const HEADER: usize = 19;

/// An event without checksum.
pub fn event(kind: u8, end: u32, body: &[u8]) -> Vec<u8> {
    let size = (HEADER + body.len()) as u32;
    let mut out = 1_700_000_000_u32.to_le_bytes().to_vec();
    out.push(kind);
    out.extend(1_u32.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(end.to_le_bytes());
    out.extend([0, 0]);
    out.extend(body);
    out
}

/// Events behind one another from position 4 on: (type, body).
pub fn file(bodies: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (kind, body) in bodies {
        let end = 4 + out.len() + HEADER + body.len();
        out.extend(event(*kind, end as u32, body));
    }
    out
}

/// The body of a format description without checksums in the events.
pub fn format_description() -> Vec<u8> {
    let mut body = vec![4, 0];
    body.extend([b"9.7.0".as_slice(), &[0; 45], &[0; 4], &[HEADER as u8]].concat());
    body.extend([0; 42]);
    // The algorithm and the checksum that means nothing.
    body.extend([0, 0, 0, 0, 0]);
    body
}

/// The body of a Query event without status variables.
pub fn query(sql: &str) -> Vec<u8> {
    [&[0; 13], [0].as_slice(), sql.as_bytes()].concat()
}

/// The same file as a server with `binlog_checksum=NONE` would write it: (type, body) of each event.
pub fn without_checksums(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let all = events(bytes);
    let first = all[0];
    let checksum = first[first.len() - 5] == 1;
    all.iter()
        .map(|event| {
            let mut body = event[HEADER..].to_vec();
            if event[4] == FORMAT_DESCRIPTION {
                let algorithm = body.len() - 5;
                body[algorithm..].fill(0);
            } else if checksum {
                body.truncate(body.len() - 4);
            }
            (event[4], body)
        })
        .collect()
}

/// A packet of this length goes on in the next one.
pub const FULL: usize = 0xFF_FFFF;

/// Payloads as a connection sends them: split at 16 MB - 1, a full packet always followed by another one.
pub fn connection<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut sequence = 0_u8;
    for mut rest in payloads {
        loop {
            let (now, later) = rest.split_at(rest.len().min(FULL));
            out.extend(&(now.len() as u32).to_le_bytes()[..3]);
            out.push(sequence);
            out.extend_from_slice(now);
            sequence = sequence.wrapping_add(1);
            rest = later;
            if now.len() < FULL {
                break;
            }
        }
    }
    out
}

/// A file's events as a binlog dump.
pub fn packets(bytes: &[u8]) -> Vec<u8> {
    let payloads: Vec<_> = events(bytes)
        .into_iter()
        .map(|event| [&[0], event].concat())
        .collect();
    connection(payloads.iter().map(Vec::as_slice))
}
