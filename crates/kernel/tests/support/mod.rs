//! The recorded binlogs (tools/record_binlog.py), and events taken apart and put together by hand.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod account;
pub mod build;
pub mod decode;
pub mod run;

use std::path::PathBuf;

/// A file of the server and mysqlbinlog's account of it.
pub struct Recording {
    pub name: String,
    /// Without the magic number.
    pub bytes: Vec<u8>,
    pub account: String,
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "testdata", "binlog"]
        .iter()
        .collect()
}

pub fn recording(name: &str) -> Recording {
    let read =
        |end: &str| std::fs::read(folder().join(format!("{name}.{end}"))).expect("a recording");
    let mut bytes = read("binlog");
    assert_eq!(bytes.drain(..4).as_slice(), b"\xFEbin");
    Recording {
        name: name.to_owned(),
        bytes,
        account: String::from_utf8(read("tsv")).expect("UTF-8"),
    }
}

/// All of them, by name.
pub fn recordings() -> Vec<Recording> {
    let files = std::fs::read_dir(folder()).expect("the recordings");
    let mut names: Vec<String> = files
        .map(|file| {
            file.expect("a file")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .filter_map(|file| file.strip_suffix(".binlog").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 16, "{names:?}");
    names.iter().map(|name| recording(name)).collect()
}

/// A stream as a replica reads it.
pub fn packets(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.packets"))).expect("a recording")
}

/// The events of a file, one slice each, checksums included.
pub fn events(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let size = u32::from_le_bytes(bytes[9..13].try_into().expect("a header")) as usize;
        let (event, rest) = bytes.split_at(size);
        events.push(event);
        bytes = rest;
    }
    events
}
