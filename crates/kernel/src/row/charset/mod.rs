//! The server's character sets: bytes of a column to UTF-8, as `CONVERT(… USING utf8mb4)` does it.
//!
//! Bytes that are no character of the set become U+FFFD; bytes the server knows but has no Unicode for become `?`, as there.

mod collations;
mod single_byte;

use collations::COLLATIONS;
use encoding_rs::GB18030;
use single_byte::SINGLE_BYTE;

#[derive(Debug, Clone, Copy)]
enum Form {
    Utf8,
    Ascii,
    Single(&'static [u16; 256]),
    /// See `tools/charsets.py` for the layout.
    EastAsian(&'static [u8]),
    Gb18030(&'static [u8]),
    Ucs2,
    Utf16,
    Utf16Le,
    Utf32,
}

#[derive(Debug, Clone, Copy)]
pub struct Charset {
    name: &'static str,
    form: Form,
}

/// The sets whose form is not a generated single-byte table.
const OTHERS: &[(&str, Form)] = &[
    ("ascii", Form::Ascii),
    ("big5", Form::EastAsian(include_bytes!("tables/big5.bin"))),
    ("binary", Form::Utf8),
    ("cp932", Form::EastAsian(include_bytes!("tables/cp932.bin"))),
    (
        "eucjpms",
        Form::EastAsian(include_bytes!("tables/eucjpms.bin")),
    ),
    ("euckr", Form::EastAsian(include_bytes!("tables/euckr.bin"))),
    (
        "gb18030",
        Form::Gb18030(include_bytes!("tables/gb18030.bin")),
    ),
    (
        "gb2312",
        Form::EastAsian(include_bytes!("tables/gb2312.bin")),
    ),
    ("gbk", Form::EastAsian(include_bytes!("tables/gbk.bin"))),
    ("sjis", Form::EastAsian(include_bytes!("tables/sjis.bin"))),
    ("ucs2", Form::Ucs2),
    ("ujis", Form::EastAsian(include_bytes!("tables/ujis.bin"))),
    ("utf16", Form::Utf16),
    ("utf16le", Form::Utf16Le),
    ("utf32", Form::Utf32),
    // The name of utf8mb3 before 8.0.30.
    ("utf8", Form::Utf8),
    ("utf8mb3", Form::Utf8),
    ("utf8mb4", Form::Utf8),
];

fn all() -> impl Iterator<Item = Charset> {
    let single = SINGLE_BYTE.iter().map(|(name, table)| Charset {
        name,
        form: Form::Single(table),
    });
    OTHERS
        .iter()
        .map(|&(name, form)| Charset { name, form })
        .chain(single)
}

impl Charset {
    /// By CHARACTER_SET_NAME, in any case.
    pub fn by_name(name: &str) -> Option<Self> {
        all().find(|charset| charset.name.eq_ignore_ascii_case(name))
    }

    /// By `information_schema.COLLATIONS.ID`.
    pub fn by_collation(id: u32) -> Option<Self> {
        let at = COLLATIONS
            .binary_search_by_key(&id, |&(id, _)| u32::from(id))
            .ok()?;
        Self::by_name(COLLATIONS[at].1)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        all().map(|charset| charset.name)
    }

    pub fn name(self) -> &'static str {
        self.name
    }

    /// Valid text of this set is UTF-8 as it stands.
    #[inline]
    pub fn is_utf8(self) -> bool {
        matches!(self.form, Form::Utf8)
    }

    /// Appends `bytes` as UTF-8.
    pub fn write_utf8(self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len());
        match self.form {
            Form::Utf8 => out.extend_from_slice(String::from_utf8_lossy(bytes).as_bytes()),
            Form::Ascii => {
                bytes
                    .iter()
                    .for_each(|&b| push(if b < 0x80 { u32::from(b) } else { REPLACEMENT }, out));
            }
            Form::Single(table) => bytes
                .iter()
                .for_each(|&b| push(u32::from(table[usize::from(b)]), out)),
            Form::EastAsian(table) => write_east_asian(table, false, bytes, out),
            Form::Gb18030(table) => write_east_asian(table, true, bytes, out),
            Form::Ucs2 => write_units::<2>(bytes, out, |unit| u32::from(u16::from_be_bytes(unit))),
            Form::Utf16 => write_utf16(bytes, u16::from_be_bytes, out),
            Form::Utf16Le => write_utf16(bytes, u16::from_le_bytes, out),
            Form::Utf32 => write_units::<4>(bytes, out, u32::from_be_bytes),
        }
    }
}

const REPLACEMENT: u32 = 0xFFFD;

#[inline]
fn push(point: u32, out: &mut Vec<u8>) {
    if point < 0x80 {
        out.push(point as u8);
        return;
    }
    let character = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Fixed-width units; a rest that fills no unit becomes one U+FFFD.
fn write_units<const N: usize>(bytes: &[u8], out: &mut Vec<u8>, point: impl Fn([u8; N]) -> u32) {
    let (units, rest) = bytes.as_chunks::<N>();
    units.iter().for_each(|&unit| push(point(unit), out));
    if !rest.is_empty() {
        push(REPLACEMENT, out);
    }
}

fn write_utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16, out: &mut Vec<u8>) {
    let (units, rest) = bytes.as_chunks::<2>();
    for character in char::decode_utf16(units.iter().map(|&bytes| unit(bytes))) {
        push(character.map_or(REPLACEMENT, u32::from), out);
    }
    if !rest.is_empty() {
        push(REPLACEMENT, out);
    }
}

const TRAILS: usize = 0xFE - 0x40 + 1;
const PLANE_8F: usize = 256 + (0xFE - 0x81 + 1) * TRAILS;
const EUC: usize = 0xFE - 0xA1 + 1;

/// The code point at `index`; 0 where the table has none.
#[inline]
fn entry(table: &[u8], index: usize) -> u32 {
    table
        .as_chunks::<2>()
        .0
        .get(index)
        .map_or(0, |&unit| u32::from(u16::from_le_bytes(unit)))
}

fn write_east_asian(table: &[u8], four_bytes: bool, bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(&lead) = rest.first() {
        let (point, length) = match next_character(table, rest, lead) {
            Some(found) => found,
            None if four_bytes => match gb18030_four(rest) {
                Some(point) => (point, 4),
                None => (REPLACEMENT, 1),
            },
            None => (REPLACEMENT, 1),
        };
        push(point, out);
        rest = &rest[length..];
    }
}

/// Code point and length in bytes of the first character.
#[inline]
fn next_character(table: &[u8], bytes: &[u8], lead: u8) -> Option<(u32, usize)> {
    let single = entry(table, usize::from(lead));
    if single != 0 || lead == 0 {
        return Some((single, 1));
    }
    let found = |index, length| {
        Some(entry(table, index))
            .filter(|&point| point != 0)
            .map(|point| (point, length))
    };
    match *bytes {
        [0x8F, a @ 0xA1..=0xFE, b @ 0xA1..=0xFE, ..] if table.len() > 2 * PLANE_8F => found(
            PLANE_8F + usize::from(a - 0xA1) * EUC + usize::from(b - 0xA1),
            3,
        ),
        [a @ 0x81..=0xFE, b @ 0x40..=0xFE, ..] => found(
            256 + usize::from(a - 0x81) * TRAILS + usize::from(b - 0x40),
            2,
        ),
        _ => None,
    }
}

/// None where the bytes have not the form of four; `?` where they have, but no character stands there.
fn gb18030_four(bytes: &[u8]) -> Option<u32> {
    let four @ [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9'] = bytes.first_chunk::<4>()?
    else {
        return None;
    };
    let text = GB18030.decode_without_bom_handling_and_without_replacement(four);
    Some(
        text.and_then(|text| text.chars().next())
            .map_or(u32::from(b'?'), u32::from),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(name: &str, bytes: &[u8]) -> String {
        let mut out = Vec::new();
        Charset::by_name(name)
            .expect("a known set")
            .write_utf8(bytes, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_collation_has_a_character_set() {
        for (id, name) in COLLATIONS {
            assert_eq!(
                Charset::by_collation(u32::from(*id)).map(Charset::name),
                Some(*name)
            );
        }
    }

    #[test]
    fn known_words_read_as_the_server_reads_them() {
        assert_eq!(decoded("latin1", b"\x80\x81\xFF"), "€\u{81}ÿ");
        assert_eq!(decoded("koi8r", b"\xF0\xD2\xC9\xD7\xC5\xD4"), "Привет");
        assert_eq!(decoded("sjis", b"\x93\xFA\x96{\xB1"), "日本ｱ");
        assert_eq!(decoded("ujis", b"\xC6\xFC\x8E\xB1\x8F\xB0\xA1"), "日ｱ丂");
        assert_eq!(decoded("gbk", b"\xD6\xD0a"), "中a");
        assert_eq!(decoded("gb18030", b"\xD6\xD0\x94\x39\xDA\x33"), "中💩");
        assert_eq!(decoded("gb18030", b"\x84\x31\xA5\x30"), "?");
        assert_eq!(decoded("big5", b"\xA4\xA4"), "中");
        assert_eq!(decoded("euckr", b"\xC7\xD1"), "한");
        assert_eq!(decoded("utf16le", b"=\xD8\xA9\xDC"), "💩");
        assert_eq!(decoded("ucs2", b"\x04\x1F\x00"), "П\u{FFFD}");
        assert_eq!(decoded("utf32", b"\x00\x01\xF4\xA9"), "💩");
    }

    proptest! {
        #[test]
        fn any_bytes_of_any_set_give_utf8(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            for name in Charset::names() {
                decoded(name, &bytes);
            }
        }
    }
}
