//! Pieces of an incremental snapshot: where they come out, and which rows the stream has overtaken.

mod support;

use proptest::prelude::*;
use std::sync::Arc;
use support::build::connection;
use support::decode::{file_decoder, plan, start};
use support::recording;
use tailrace_kernel::chunk::Chunk;
use tailrace_kernel::decoder::Decoder;
use tailrace_kernel::decoder::item::Item;
use tailrace_kernel::decoder::watch::Place;
use tailrace_kernel::encode::plan::{Plan, TableName};
use tailrace_kernel::error::{Kind, Result};
use tailrace_kernel::gtid::GtidSet;

const SOURCE: &str = "ef0d9ca1-e764-11f1-a96e-02fc00000001";

fn gtids(numbers: &str) -> Place {
    Place::Gtids(GtidSet::parse(&format!("{SOURCE}:{numbers}")).expect("a set"))
}

/// A recording whose table `d.t` (four columns) is watched from its start.
fn watched(cut: usize) -> (Decoder, Arc<Plan>) {
    let mut decoder = file_decoder(start());
    let name = TableName {
        database: "d".to_owned(),
        table: "t".to_owned(),
    };
    decoder.watch(name, vec!["C0".to_owned()]);
    let bytes = recording("full").bytes;
    decoder.feed(&bytes[..cut.min(bytes.len())]);
    let mut of_t = None;
    while of_t.is_none() {
        match decoder.next(0).expect("a good file") {
            Some(Item::NeedTable(need)) => {
                let plan = plan(&need.map).expect("a plan");
                let bound = Some(Arc::clone(&plan));
                decoder.bind(need.map.table_id, bound).expect("asked for");
                of_t = Some(plan);
            }
            Some(_) => {}
            None => panic!("the table did not come"),
        }
    }
    decoder.feed(&bytes[cut.min(bytes.len())..]);
    (decoder, of_t.expect("the table"))
}

fn read_to_place(decoder: &mut Decoder) -> u64 {
    let mut rows = 0;
    loop {
        match decoder.next(0).expect("a good file") {
            Some(Item::NeedTable(need)) => {
                let plan = plan(&need.map).expect("a plan");
                let bound = decoder.bind(need.map.table_id, Some(plan));
                bound.expect("asked for");
            }
            Some(Item::Batch(batch)) => rows += batch.rows,
            Some(Item::Reached) => return rows,
            Some(_) => {}
            None => panic!("the place was not reached"),
        }
    }
}

/// The answer to a SELECT of four columns: these numbers in the first.
fn answer(keys: &[u32]) -> Vec<u8> {
    let mut payloads = vec![vec![4], vec![], vec![], vec![], vec![]];
    for key in keys {
        let text = key.to_string();
        let mut row = vec![text.len() as u8];
        row.extend(text.as_bytes());
        row.extend([0xFB; 3]);
        payloads.push(row);
    }
    payloads.push(vec![0xFE, 0, 0, 2, 0, 0, 0]);
    connection(payloads.iter().map(Vec::as_slice))
}

fn chunk(plan: &Arc<Plan>, keys: &[u32]) -> Chunk {
    let mut chunk = Chunk::new(Arc::clone(plan));
    let bytes = answer(keys);
    chunk.room(bytes.len()).copy_from_slice(&bytes);
    chunk.read().expect("a good answer");
    assert!(chunk.finished());
    chunk
}

/// The keys that come out.
fn taken(decoder: &mut Decoder, chunk: &mut Chunk, seen: &Place) -> Vec<u32> {
    let mut keys = Vec::new();
    while let Some(batch) = decoder.take_chunk(chunk, seen, 7).expect("good rows") {
        for line in String::from_utf8(batch.bytes).expect("text").lines() {
            assert!(line.contains("\"snapshot\":\"incremental\"") && line.contains("\"op\":\"r\""));
            let (_, after) = line.split_once("\"after\":{\"c0\":").expect("a row");
            let (key, _) = after.split_once(',').expect("more columns");
            keys.push(key.parse().expect("a number"));
        }
    }
    keys
}

#[test]
fn rows_that_changed_in_the_stream_are_left_out() {
    let (mut decoder, plan) = watched(usize::MAX);
    decoder.await_place(gtids("11-14"));
    assert_eq!(read_to_place(&mut decoder), 15);
    let mut piece = chunk(&plan, &[1, 2, 3, 4, 103, 104]);
    assert_eq!(taken(&mut decoder, &mut piece, &gtids("1-10")), [4, 104]);
}

#[test]
fn changes_that_a_later_select_saw_are_forgotten() {
    let (mut decoder, plan) = watched(usize::MAX);
    decoder.await_place(gtids("11-12"));
    assert_eq!(read_to_place(&mut decoder), 5);
    let keys = [1, 2, 3, 4, 103];
    let mut early = chunk(&plan, &keys);
    assert_eq!(taken(&mut decoder, &mut early, &gtids("1-10")), [4, 103]);
    decoder.await_place(gtids("13"));
    assert_eq!(read_to_place(&mut decoder), 1);
    let mut late = chunk(&plan, &keys);
    assert_eq!(taken(&mut decoder, &mut late, &gtids("1-12")), [1, 2, 4]);
}

#[test]
fn a_place_is_also_a_file_and_a_position_and_files_have_numbers() {
    let place = |file: &str, position| Place::Position {
        file: file.to_owned(),
        position,
    };
    let (mut decoder, _) = watched(usize::MAX);
    decoder.await_place(place("binlog.000001", 1964));
    assert_eq!(read_to_place(&mut decoder), 6);
    let none = GtidSet::default();
    assert!(place("binlog.999999", 900).is_behind(&none, "binlog.1000000", 4));
    assert!(!place("binlog.1000000", 4).is_behind(&none, "binlog.999999", 900));
}

#[test]
fn an_answer_that_is_none_is_an_error_and_an_empty_one_has_no_last_row() {
    let (_, plan) = watched(usize::MAX);
    assert_eq!(chunk(&plan, &[]).last(&[0]).expect("good"), None);
    let last = chunk(&plan, &[5, 6]).last(&[0, 1]).expect("good");
    assert_eq!(last, Some(vec![Some(b"6".to_vec()), None]));
    assert!(chunk(&plan, &[5]).last(&[4]).is_err());
    let refused = [0xFF, 0x7A, 0x04, b'#', b'4', b'2', b'S', b'0', b'2', b'x'];
    let read = |payload: &[u8]| -> Result<()> {
        let bytes = connection([payload]);
        let mut chunk = Chunk::new(Arc::clone(&plan));
        chunk.room(bytes.len()).copy_from_slice(&bytes);
        chunk.read()
    };
    assert_eq!(read(&refused).expect_err("refused").kind(), Kind::Server);
    assert_eq!(read(&[3]).expect_err("three").kind(), Kind::Schema);
}

proptest! {
    #[test]
    fn bytes_cut_anywhere_are_the_same_rows(cut in 0_usize..3000, keys in prop::collection::vec(0_u32..200, 0..40)) {
        let (mut decoder, plan) = watched(cut.max(900));
        decoder.await_place(gtids("11-15"));
        read_to_place(&mut decoder);
        let mut chunk = Chunk::new(Arc::clone(&plan));
        let bytes = answer(&keys);
        let (first, rest) = bytes.split_at(cut.min(bytes.len()));
        for part in [first, rest] {
            chunk.room(part.len()).copy_from_slice(part);
            chunk.read().expect("a good answer");
        }
        let wanted: Vec<_> = keys.into_iter().filter(|key| ![1, 2, 3, 103].contains(key)).collect();
        prop_assert_eq!(taken(&mut decoder, &mut chunk, &gtids("1-10")), wanted);
    }
}
