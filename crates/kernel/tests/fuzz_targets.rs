//! The fuzz targets on recorded bytes with some damage, and on what once broke them (testdata/crashes).

mod support;
#[path = "../fuzz/src/targets.rs"]
mod targets;

use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::LazyLock;
use support::build::{file, packets, without_checksums};
use support::decode;
use support::recordings;

type Target = fn(&[u8]);
type Seeds = fn() -> Vec<Vec<u8>>;

const TARGETS: [(&str, Target, Seeds); 7] = [
    ("binlog", targets::binlog, binlogs),
    ("events", targets::events, event_lists),
    ("packets", targets::packets, streams),
    ("payload", targets::payload, payloads),
    ("json", targets::json, documents),
    ("rows", targets::rows, row_events),
    ("gtids", targets::gtids, sets),
];

static SEEDS: LazyLock<Vec<Vec<Vec<u8>>>> =
    LazyLock::new(|| TARGETS.iter().map(|(_, _, seeds)| seeds()).collect());

fn all_events() -> Vec<Vec<(u8, Vec<u8>)>> {
    recordings()
        .iter()
        .map(|recording| without_checksums(&recording.bytes))
        .collect()
}

fn binlogs() -> Vec<Vec<u8>> {
    let bare = |events: &Vec<(u8, Vec<u8>)>| {
        file(
            &events
                .iter()
                .map(|(kind, body)| (*kind, body.as_slice()))
                .collect::<Vec<_>>(),
        )
    };
    all_events().iter().map(bare).collect()
}

fn event_lists() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for events in all_events() {
        let mut seed = vec![seeds.len() as u8];
        for (kind, body) in events.iter().skip(1) {
            seed.push(*kind);
            seed.extend((body.len() as u16).to_le_bytes());
            seed.extend(body);
        }
        seeds.push(seed);
    }
    seeds
}

fn streams() -> Vec<Vec<u8>> {
    let recorded = ["heartbeats_v1", "heartbeats_v2", "dump"].map(support::packets);
    let made = binlogs().into_iter().map(|bytes| packets(&bytes));
    recorded
        .into_iter()
        .chain(made)
        .map(|bytes| [&[100], bytes.as_slice()].concat())
        .collect()
}

fn bodies(wanted: u8) -> Vec<Vec<u8>> {
    let events = all_events().into_iter().flatten();
    events
        .filter(|(kind, _)| *kind == wanted)
        .map(|(_, body)| body)
        .collect()
}

fn payloads() -> Vec<Vec<u8>> {
    bodies(40)
}

fn documents() -> Vec<Vec<u8>> {
    let unhex = |text: &str| -> Vec<u8> {
        let digits = text
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).expect("hex"));
        digits
            .map(|pair| u8::from_str_radix(pair, 16).expect("hex"))
            .collect()
    };
    let lines = include_str!("../testdata/json_diffs.tsv").lines();
    lines
        .map(|line| {
            let [document, diffs, _] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let (document, diffs) = (unhex(document), unhex(diffs));
            [
                &(document.len() as u16).to_le_bytes()[..],
                &document,
                &diffs,
            ]
            .concat()
        })
        .collect()
}

fn row_events() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for events in all_events() {
        let mut map: &[u8] = &[];
        for (kind, body) in &events {
            match kind {
                19 => map = body,
                30..=32 | 39 => {
                    let length = (map.len() as u16).to_le_bytes();
                    seeds.push([&[*kind], &length[..], map, body].concat());
                }
                _ => {}
            }
        }
    }
    seeds
}

fn sets() -> Vec<Vec<u8>> {
    let texts = include_str!("../testdata/gtid_sets.tsv").lines();
    let texts = texts
        .filter_map(|line| line.split('\t').next())
        .map(|text| text.as_bytes().to_vec());
    texts.chain(bodies(35)).collect()
}

fn damaged(seed: &[u8], changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (at, with, how) in changes {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match how {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + usize::from(*with)).min(bytes.len()))),
            2 => bytes.extend_from_within(
                at..(at + usize::from(*with))
                    .min(seed.len())
                    .max(at)
                    .min(bytes.len()),
            ),
            3 => bytes[at] = bytes[at].wrapping_add(with % 5).wrapping_sub(2),
            4 => bytes[at] ^= 1 << (with % 8),
            _ => bytes[at] = *with,
        }
    }
    bytes
}

proptest! {
    // 2048 for each of seven targets; PROPTEST_CASES makes it more.
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn damaged_input_ends_every_target(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..8_u8), 0..10),
    ) {
        for ((_, target, _), seeds) in TARGETS.iter().zip(SEEDS.iter()) {
            target(&damaged(&seeds[which.index(seeds.len())], &changes));
        }
    }
}

#[test]
fn what_once_broke_a_target_does_so_no_more() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "testdata", "crashes"]
        .iter()
        .collect();
    for (name, target, _) in TARGETS {
        // A target that never broke has no folder.
        for file in std::fs::read_dir(folder.join(name)).into_iter().flatten() {
            target(&std::fs::read(file.expect("a file").path()).expect("a crash"));
        }
    }
}

#[test]
#[ignore = "writes fuzz/corpus, for cargo fuzz to begin with"]
fn seeds_for_the_fuzzer() {
    for ((name, ..), seeds) in TARGETS.iter().zip(SEEDS.iter()) {
        let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fuzz", "corpus", name]
            .iter()
            .collect();
        std::fs::create_dir_all(&folder).expect("a folder");
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a file");
        }
    }
}
