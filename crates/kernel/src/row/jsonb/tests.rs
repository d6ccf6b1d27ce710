use super::*;
use proptest::prelude::*;

fn text(binary: &[u8]) -> Result<String> {
    let mut out = Vec::new();
    write_text(binary, &mut out).map(|()| String::from_utf8(out).expect("UTF-8"))
}

#[test]
fn values_whose_offsets_overlap_cannot_blow_up_the_text() {
    // 30 nested arrays, each of whose two cells would be the next one, would double the text at every level.
    let mut document = vec![0x02];
    for _ in 0..30 {
        document.extend_from_slice(&[2, 0, 255, 0, 0x02, 10, 0, 0x02, 10, 0]);
    }
    document.extend_from_slice(&[0; 300]);
    assert!(text(&document).is_err());
}

#[test]
fn a_cell_that_points_at_its_own_array_ends() {
    assert!(text(&[0x02, 1, 0, 7, 0, 0x02, 0, 0]).is_err());
}

#[test]
fn no_bytes_are_the_json_null() {
    assert_eq!(text(&[]).as_deref(), Ok("null"));
}

#[test]
fn inline_and_stored_scalars_read_alike() {
    assert_eq!(
        text(&[0x02, 2, 0, 14, 0, 0x05, 0xFE, 0xFF, 0x07, 10, 0, 1, 0, 1, 0]).as_deref(),
        Ok("[-2,65537]")
    );
    assert_eq!(
        text(&[0x00, 1, 0, 12, 0, 11, 0, 1, 0, 0x04, 1, 0, b'a']).as_deref(),
        Ok("{\"a\":true}")
    );
}

#[test]
fn diffs_replace_insert_and_remove() {
    let base = [0x00, 1, 0, 12, 0, 11, 0, 1, 0, 0x04, 1, 0, b'a'];
    let apply = |diffs: &[u8]| {
        let mut out = Vec::new();
        write_text_with_diffs(&base, diffs, &mut out)
            .map(|()| String::from_utf8(out).expect("UTF-8"))
    };
    assert_eq!(
        apply(b"\x00\x03$.a\x03\x05\x07\x00").as_deref(),
        Ok("{\"a\":7}")
    );
    assert_eq!(
        apply(b"\x01\x06$.\"\\\"\"\x03\x05\x07\x00").as_deref(),
        Ok("{\"\\\"\":7,\"a\":true}")
    );
    assert_eq!(apply(b"\x02\x03$.a").as_deref(), Ok("{}"));
    assert!(apply(b"\x02\x03$.b").is_err());
}

proptest! {
    #[test]
    fn hostile_documents_neither_panic_nor_grow(bytes in proptest::collection::vec(prop_oneof![0_u8..16, any::<u8>()], 0..200)) {
        let mut out = Vec::new();
        let _ = write_text(&bytes, &mut out);
        prop_assert!(out.len() <= 64 + 64 * bytes.len());
    }

    #[test]
    fn hostile_diffs_never_panic(
        base in proptest::collection::vec(0_u8..16, 0..60), diffs in proptest::collection::vec(any::<u8>(), 0..60)
    ) {
        let _ = write_text_with_diffs(&base, &diffs, &mut Vec::new());
    }
}

/// A document of one string, or of one member with that name.
fn of_string(text: &[u8], as_key: bool) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("short");
    if as_key {
        let size = 11 + length;
        let mut document = vec![0x00, 1, 0, size, 0, 11, 0, length, 0, 0x04, 1, 0];
        document.extend_from_slice(text);
        return document;
    }
    let mut document = vec![0x0C];
    document.push(length);
    document.extend_from_slice(text);
    document
}

proptest! {
    #[test]
    fn text_in_a_string_reads_back_as_the_text(string in "[a-zя\"\\\\\u{0}-\u{1F}]{0,20}|.{0,20}", as_key in any::<bool>()) {
        let document = of_string(string.as_bytes(), as_key);
        let mut inside = vec![b'"'];
        write_text_in_string(&document, &mut inside).expect("sound");
        inside.push(b'"');
        let mut expected = Vec::new();
        crate::json_text::write_string(text(&document).expect("sound").as_bytes(), &mut expected);
        prop_assert_eq!(String::from_utf8(inside).unwrap(), String::from_utf8(expected).unwrap());
    }
}
