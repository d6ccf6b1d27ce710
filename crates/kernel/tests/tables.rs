//! When a decoder asks for a table, and what its answer does to the rows.

mod support;

use std::sync::Arc;
use support::decode::{file_decoder, plan, start};
use support::{events, recording};
use tailrace_kernel::binlog::table_map::TableMap;
use tailrace_kernel::decoder::Decoder;
use tailrace_kernel::decoder::item::Item;
use tailrace_kernel::encode::plan::Plan;
use tailrace_kernel::error::{Error, Kind, Result};

type Answer = Result<Option<Arc<Plan>>>;

/// The tables asked for and the number of rows, each statement followed by `unbind_all` where wanted.
fn read(
    decoder: &mut Decoder,
    unbind: bool,
    answer: impl Fn(&TableMap) -> Answer,
) -> Result<(Vec<String>, u64)> {
    let (mut asked, mut rows) = (Vec::new(), 0);
    while let Some(item) = decoder.next(0)? {
        match item {
            Item::NeedTable(need) => {
                asked.push(format!("{} {}", need.map.table, need.map.types.len()));
                decoder.bind(need.map.table_id, answer(&need.map)?)?;
            }
            Item::Batch(batch) => rows += batch.rows,
            Item::Query(_) if unbind => decoder.unbind_all(),
            _ => {}
        }
    }
    Ok((asked, rows))
}

fn known(map: &TableMap) -> Answer {
    plan(map).map(Some)
}

fn fed(name: &str) -> Decoder {
    let mut decoder = file_decoder(start());
    decoder.feed(&recording(name).bytes);
    decoder
}

#[test]
fn a_table_is_asked_for_once() {
    let (asked, rows) = read(&mut fed("full"), false, known).expect("a good file");
    assert_eq!(
        (asked, rows),
        (vec!["t 4".to_owned(), "other 2".to_owned()], 17)
    );
}

#[test]
fn a_changed_table_is_asked_for_again() {
    let asked = |unbind| {
        read(&mut fed("statements"), unbind, known)
            .expect("a good file")
            .0
    };
    assert_eq!(asked(false), ["made 1", "made 2", "myisam 1"]);
    assert_eq!(
        asked(true),
        asked(false),
        "each is used in one transaction only"
    );
}

#[test]
fn after_a_statement_every_table_is_asked_for_again() {
    let recording = recording("full");
    let whole: Vec<_> = events(&recording.bytes);
    let (first, rest) = whole.split_at(whole.len() / 2);
    let mut decoder = file_decoder(start());
    decoder.feed(&first.concat());
    let (asked, _) = read(&mut decoder, false, known).expect("a good file");
    assert_eq!(asked, ["t 4"]);
    decoder.unbind_all();
    decoder.feed(&rest.concat());
    let (asked, _) = read(&mut decoder, false, known).expect("a good file");
    assert_eq!(asked, ["other 2", "t 4"]);
}

#[test]
fn a_table_that_is_not_wanted_is_asked_for_once_and_has_no_rows() {
    let wanted = |map: &TableMap| {
        if map.table == "other" {
            known(map)
        } else {
            Ok(None)
        }
    };
    let (asked, rows) = read(&mut fed("full"), false, wanted).expect("a good file");
    assert_eq!(
        (asked, rows),
        (vec!["t 4".to_owned(), "other 2".to_owned()], 6)
    );
}

#[test]
fn a_definition_with_other_columns_is_refused_by_name() {
    let short = |map: &TableMap| {
        let mut map = map.clone();
        map.types.pop();
        known(&map)
    };
    let error = read(&mut fed("full"), false, short).expect_err("a column too few");
    assert_eq!(error.kind(), Kind::Schema);
    assert_eq!(error.place().table.as_deref(), Some("d.t"), "{error}");
    assert_eq!(error.place().event, Some("Table_map"), "{error}");
    let events: u64 = events(&recording("full").bytes)
        .iter()
        .take(4)
        .map(|event| event.len() as u64)
        .sum();
    assert_eq!(error.place().position, Some(4 + events), "{error}");
}

#[test]
fn an_answer_that_was_not_asked_for_is_refused() {
    let error: Error = file_decoder(start())
        .bind(7, None)
        .expect_err("nothing was asked");
    assert_eq!(error.kind(), Kind::Invalid);
}

#[test]
fn rows_of_an_unanswered_table_are_an_error() {
    let mut decoder = fed("full");
    assert!(matches!(
        decoder.next(0).expect("a good file"),
        Some(Item::NeedTable(_))
    ));
    let error = decoder.next(0).expect_err("no answer");
    assert_eq!(error.place().event, Some("Write_rows"), "{error}");
}

#[test]
fn what_came_and_what_was_left_out_is_counted() {
    let whole = events(&recording("full").bytes).len() as u64;
    let mut decoder = fed("full");
    read(&mut decoder, false, known).expect("a good file");
    assert_eq!(
        (decoder.tally().events, decoder.tally().left_out),
        (whole, 0)
    );
    let mut without = fed("full");
    let left_out = |map: &TableMap| {
        if map.table == "other" {
            Ok(None)
        } else {
            known(map)
        }
    };
    let (_, rows) = read(&mut without, false, left_out).expect("a good file");
    assert!(rows < 17, "rows of a table that is left out came");
    assert_eq!(without.tally().events, whole);
    assert!(without.tally().left_out > 0);
}
