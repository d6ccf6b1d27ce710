//! Row images that a real server wrote, against what its SELECT prints (`tools/row_fixtures.py` writes both).

use proptest::prelude::*;
use tailrace_kernel::reader::Reader;
use tailrace_kernel::row::charset::Charset;
use tailrace_kernel::row::text::{self, ColumnKind};
use tailrace_kernel::row::value::Value;
use tailrace_kernel::row::wire::WireType;
use tailrace_kernel::row::{image, jsonb};

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).expect("a hex digit") as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// The server prints a space after `,` and `:`; inside strings nothing changes.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped, mut out) = (false, false, String::new());
    for c in json.chars() {
        if inside || c != ' ' {
            out.push(c);
        }
        inside ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    out
}

fn json(value: Value<'_>) -> String {
    let mut out = Vec::new();
    match value {
        Value::JsonBinary(binary) => jsonb::write_text(binary, &mut out).expect("a document"),
        other => panic!("{other:?} is no JSON"),
    }
    String::from_utf8(out).expect("UTF-8")
}

fn check(column: &str, image: Value<'_>, shown: &[u8]) {
    let (data_type, rest) = column.split_once(['(', ' ']).unwrap_or((column, ""));
    if let Some((_, charset)) = column.split_once("character set ") {
        let Value::Text(bytes) = image else {
            panic!("{image:?} is no text")
        };
        let mut out = Vec::new();
        Charset::by_name(charset)
            .expect("a known set")
            .write_utf8(bytes, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(shown)
        );
        return;
    }
    if data_type == "bit" {
        let shown = u64::from_str_radix(std::str::from_utf8(&hex(shown)).expect("hex"), 16)
            .expect("a number");
        assert_eq!(image, Value::Bit(shown));
        return;
    }
    let kind = ColumnKind::new(data_type, rest.ends_with("unsigned"), 0).expect("a known type");
    match text::parse(kind, shown).expect("a value as text") {
        Value::JsonText(text) => {
            let (ours, theirs) = (
                json(image),
                compact(std::str::from_utf8(text).expect("UTF-8")),
            );
            // Of a double, the number counts: the server writes the exponent in another way.
            match (ours.parse::<f64>(), theirs.parse::<f64>()) {
                (Ok(ours), Ok(theirs)) => assert_eq!(ours.to_bits(), theirs.to_bits()),
                _ => assert_eq!(ours, theirs),
            }
        }
        Value::Decimal(expected) => {
            let Value::Decimal(decimal) = image else {
                panic!("{image:?} is no decimal")
            };
            let mut out = Vec::new();
            decimal.write_text(&mut out);
            assert_eq!(
                String::from_utf8_lossy(&out),
                String::from_utf8_lossy(shown)
            );
            assert_eq!(decimal.unscaled_i128(), expected.unscaled_i128());
            assert_eq!(
                decimal.unscaled_be_bytes(&mut [0; 28]),
                expected.unscaled_be_bytes(&mut [0; 28])
            );
        }
        // Wire bytes of the same kind under two names.
        Value::Geometry(bytes) => assert_eq!(image, Value::Geometry(bytes)),
        expected => assert_eq!(image, expected),
    }
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect()
}

#[test]
fn images_read_as_the_server_prints_them() {
    let mut failures = String::new();
    for line in include_str!("../testdata/row_images.tsv").lines() {
        let [column, kind, meta, image, shown] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let image = unhex(image);
        // HEX of a BIT is the number, without leading zeros.
        let shown = if shown.len() % 2 == 1 {
            unhex(&format!("0{shown}"))
        } else {
            unhex(shown)
        };
        let binary = column.contains("binary") || column.contains("blob");
        let wire = WireType::new(
            kind.parse().expect("a type"),
            meta.parse().expect("metadata"),
            column.contains("unsigned"),
            binary,
        )
        .expect("a known type");
        let result = std::panic::catch_unwind(|| {
            let mut r = Reader::new(&image);
            check(
                column,
                image::decode(wire, &mut r).expect("an image"),
                &shown,
            );
            assert!(r.is_empty(), "{} bytes left", r.len());
        });
        if let Err(cause) = result {
            let why = cause.downcast_ref::<String>().cloned().unwrap_or_default();
            failures.push_str(&format!(
                "{column} {}: {}\n",
                &line[..line.len().min(100)],
                &why[..why.len().min(600)]
            ));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn partial_updates_give_the_document_the_server_has() {
    for line in include_str!("../testdata/json_diffs.tsv").lines() {
        let [base, diffs, shown] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let mut out = Vec::new();
        jsonb::write_text_with_diffs(&unhex(base), &unhex(diffs), &mut out).expect("a document");
        let shown = String::from_utf8(unhex(shown)).expect("UTF-8");
        assert_eq!(String::from_utf8_lossy(&out), compact(&shown));
    }
}

proptest! {
    #[test]
    fn hostile_images_never_panic(kind in any::<u8>(), meta in any::<u32>(), image in proptest::collection::vec(any::<u8>(), 0..80)) {
        let Ok(wire) = WireType::new(kind, meta, false, false) else { return Ok(()) };
        if let Ok(Value::Decimal(decimal)) = image::decode(wire, &mut Reader::new(&image)) {
            decimal.unscaled_be_bytes(&mut [0; 28]);
            decimal.write_text(&mut Vec::new());
        }
    }

    #[test]
    fn hostile_decimals_never_panic(precision in 1_u8..=65, scale in 0_u8..=30, image in proptest::collection::vec(any::<u8>(), 32)) {
        let meta = u32::from(precision) | u32::from(scale.min(precision)) << 8;
        let wire = WireType::new(246, meta, false, false).expect("a decimal");
        let Ok(Value::Decimal(decimal)) = image::decode(wire, &mut Reader::new(&image)) else { panic!("no decimal") };
        decimal.unscaled_be_bytes(&mut [0; 28]);
        decimal.write_text(&mut Vec::new());
    }
}
