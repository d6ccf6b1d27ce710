//! MySQL's binary JSON (`sql-common/json_binary.h`) as compact text, partial updates applied.

mod binary;
mod diff;
mod scalar;

use crate::error::{Error, Result};
use binary::{Budget, Json};

/// As the server's `JSON_DOCUMENT_MAX_DEPTH`.
const MAX_DEPTH: usize = 100;

/// Appends the document as JSON text without spaces. No bytes at all are the JSON `null`, as in the server.
pub fn write_text(binary: &[u8], out: &mut Vec<u8>) -> Result<()> {
    write_document::<false>(binary, out)
}

/// Appends the same text as it stands inside a JSON string: escaped, without the string's own quotes.
pub fn write_text_in_string(binary: &[u8], out: &mut Vec<u8>) -> Result<()> {
    write_document::<true>(binary, out)
}

fn write_document<const IN_STRING: bool>(binary: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let mut budget = Budget::of(binary);
    let value = Json::document(binary, &mut budget)?;
    write_value::<IN_STRING>(value, MAX_DEPTH, &mut budget, out)
}

/// Appends the text of `base` after the changes of `diffs` (a `Json_diff_vector`, `sql-common/json_diff.cc`).
pub fn write_text_with_diffs(base: &[u8], diffs: &[u8], out: &mut Vec<u8>) -> Result<()> {
    diff::apply(base, diffs)?.write(out)
}

fn write_value<const IN_STRING: bool>(
    value: Json<'_>,
    depth: usize,
    budget: &mut Budget,
    out: &mut Vec<u8>,
) -> Result<()> {
    match value {
        Json::Array(items) => {
            let depth = deeper(depth)?;
            out.push(b'[');
            for index in 0..items.count() {
                if index > 0 {
                    out.push(b',');
                }
                write_value::<IN_STRING>(items.value(index, budget)?, depth, budget, out)?;
            }
            out.push(b']');
        }
        Json::Object(members) => {
            let depth = deeper(depth)?;
            out.push(b'{');
            for index in 0..members.count() {
                if index > 0 {
                    out.push(b',');
                }
                scalar::write_string::<IN_STRING>(members.key(index, budget)?, out);
                out.push(b':');
                write_value::<IN_STRING>(members.value(index, budget)?, depth, budget, out)?;
            }
            out.push(b'}');
        }
        scalar => scalar::write::<IN_STRING>(scalar, out)?,
    }
    Ok(())
}

fn deeper(depth: usize) -> Result<usize> {
    depth
        .checked_sub(1)
        .ok_or_else(|| Error::corrupt("a JSON document nested deeper than 100 levels"))
}

#[cfg(test)]
mod tests;
