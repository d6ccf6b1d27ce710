//! What hides a value: asterisks, a cut, or a digest (`column.mask.*`, `column.truncate.*`).

use super::encoding::MaskSpec;
use crate::error::{Error, Result};
use crate::json_text::{write_hex, write_string};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

#[derive(Debug, Clone)]
pub enum Mask {
    Fixed(Box<[u8]>),
    /// To this many UTF-16 units, as Java counts.
    Truncate(usize),
    Hash(Hash),
}

#[derive(Debug, Clone)]
pub struct Hash {
    new: fn() -> Box<dyn DynDigest>,
    salt: Box<[u8]>,
    /// Digits kept; 0: all.
    digits: usize,
    /// Debezium's first version hashes the string as Java serialises it.
    serialized: bool,
}

impl Mask {
    pub fn compile(spec: &MaskSpec) -> Result<Mask> {
        let hash = |serialized| {
            Ok::<_, Error>(Mask::Hash(Hash {
                new: algorithm(&spec.algorithm)?,
                salt: spec.salt.as_bytes().into(),
                digits: spec.length,
                serialized,
            }))
        };
        match spec.kind.as_str() {
            "fixed" => Ok(Mask::Fixed(vec![b'*'; spec.length].into())),
            "truncate" => Ok(Mask::Truncate(spec.length)),
            "hash" => hash(true),
            "hash_v2" => hash(false),
            other => Err(Error::invalid(format!("no such mask: {other}"))),
        }
    }

    /// The masked text as a JSON string.
    pub fn write(&self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Mask::Fixed(stars) => write_string(stars, out),
            Mask::Truncate(units) => write_string(truncated(text, *units), out),
            Mask::Hash(hash) => hash.write(text, out),
        }
    }
}

const QUOTES: usize = 2;

impl Hash {
    fn write(&self, text: &[u8], out: &mut Vec<u8>) {
        let mut digest = (self.new)();
        digest.update(&self.salt);
        if self.serialized {
            digest.update(&serialized(text));
        } else {
            digest.update(text);
        }
        let start = out.len();
        write_hex(&digest.finalize(), out);
        if self.digits > 0 && out.len() - start > self.digits + QUOTES {
            out.truncate(start + 1 + self.digits);
            out.push(b'"');
        }
    }
}

/// Java's names (`MessageDigest`, Java Security Standard Algorithm Names).
fn algorithm(name: &str) -> Result<fn() -> Box<dyn DynDigest>> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "MD5" => || Box::new(Md5::default()),
        "SHA" | "SHA1" | "SHA-1" => || Box::new(Sha1::default()),
        "SHA-224" | "SHA224" => || Box::new(Sha224::default()),
        "SHA-256" | "SHA256" => || Box::new(Sha256::default()),
        "SHA-384" | "SHA384" => || Box::new(Sha384::default()),
        "SHA-512" | "SHA512" => || Box::new(Sha512::default()),
        "SHA3-224" => || Box::new(Sha3_224::default()),
        "SHA3-256" => || Box::new(Sha3_256::default()),
        "SHA3-384" => || Box::new(Sha3_384::default()),
        "SHA3-512" => || Box::new(Sha3_512::default()),
        _ => return Err(Error::invalid(format!("no such hash algorithm: {name}"))),
    })
}

/// The longest prefix of at most `units` UTF-16 units; a pair is never split.
fn truncated(text: &[u8], units: usize) -> &[u8] {
    let mut left = units;
    let mut end = 0;
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.len_utf16() > left {
                return &text[..end];
            }
            left -= character.len_utf16();
            end += character.len_utf8();
        }
        if !chunk.invalid().is_empty() {
            if left == 0 {
                return &text[..end];
            }
            left -= 1;
            end += chunk.invalid().len();
        }
    }
    text
}

const STREAM_MAGIC_AND_VERSION: [u8; 4] = [0xAC, 0xED, 0x00, 0x05];
const TC_STRING: u8 = 0x74;
const TC_LONGSTRING: u8 = 0x7C;

/// A string as Java's `ObjectOutputStream.writeObject` writes it (Java Object Serialization Specification, 6.4).
fn serialized(text: &[u8]) -> Vec<u8> {
    let modified = modified_utf8(text);
    let mut out = STREAM_MAGIC_AND_VERSION.to_vec();
    match u16::try_from(modified.len()) {
        Ok(length) => {
            out.push(TC_STRING);
            out.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => {
            out.push(TC_LONGSTRING);
            out.extend_from_slice(&(modified.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&modified);
    out
}

/// Java's UTF-8: NUL in two bytes, surrogates one by one (`DataInput`, "Modified UTF-8").
fn modified_utf8(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for unit in String::from_utf8_lossy(text).encode_utf16() {
        match unit {
            1..=0x7F => out.push(unit as u8),
            0 | 0x80..=0x7FF => {
                out.extend_from_slice(&[0xC0 | (unit >> 6) as u8, 0x80 | (unit & 0x3F) as u8])
            }
            _ => out.extend_from_slice(&[
                0xE0 | (unit >> 12) as u8,
                0x80 | (unit >> 6 & 0x3F) as u8,
                0x80 | (unit & 0x3F) as u8,
            ]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(kind: &str, algorithm: &str, text: &str) -> String {
        let spec = MaskSpec {
            kind: kind.to_owned(),
            length: 0,
            algorithm: algorithm.to_owned(),
            salt: "salt".to_owned(),
        };
        let mut out = Vec::new();
        Mask::compile(&spec)
            .unwrap()
            .write(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_digest_covers_the_salt_and_then_the_text() {
        // printf 'saltabc' | md5sum
        let plain = hashed("hash_v2", "MD5", "abc");
        assert_eq!(plain, "\"10374787ed585803bc4cdb63f92a545b\"");
        // printf 'salt\xac\xed\x00\x05\x74\x00\x03abc' | sha256sum
        let serialized = hashed("hash", "SHA-256", "abc");
        assert_eq!(
            serialized,
            "\"42d7a081efd6e39d260bdb3c417b0d1e353ac43cfd1c47cd97c7ba9b98f295eb\""
        );
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(truncated("a😀b".as_bytes(), 2), b"a");
        assert_eq!(truncated("a😀b".as_bytes(), 3), "a😀".as_bytes());
        assert_eq!(truncated("жб".as_bytes(), 1), "ж".as_bytes());
        assert_eq!(truncated(b"abc", 9), b"abc");
    }
}
