//! Partial updates: a document as a tree, and the diffs that change it (`sql-common/json_diff.cc`).

use super::binary::{Budget, Json};
use super::{MAX_DEPTH, deeper, scalar};
use crate::error::{Error, Result};
use crate::reader::Reader;
use std::borrow::Cow;

const REPLACE: u8 = 0;
const INSERT: u8 = 1;
const REMOVE: u8 = 2;

pub enum Node<'a> {
    Scalar(Json<'a>),
    Array(Vec<Node<'a>>),
    /// Members in the server's order of keys: shorter first, then by bytes.
    Object(Vec<(Cow<'a, [u8]>, Node<'a>)>),
}

enum Leg<'a> {
    Member(Cow<'a, [u8]>),
    Cell(usize),
    /// `[last]`, `[last-1]` …: so many cells before the last one.
    FromLast(usize),
}

impl Leg<'_> {
    /// The cell of an array of `length` that this leg names, if there is one.
    fn cell(&self, length: usize) -> Option<usize> {
        match *self {
            Leg::Cell(index) => Some(index).filter(|&index| index < length),
            Leg::FromLast(back) => length.checked_sub(1)?.checked_sub(back),
            Leg::Member(_) => None,
        }
    }
}

pub fn apply<'a>(base: &'a [u8], diffs: &'a [u8]) -> Result<Node<'a>> {
    let mut root = Node::parse(base)?;
    let mut r = Reader::new(diffs);
    while !r.is_empty() {
        let operation = r.u8()?;
        let path = r.lenenc_bytes()?;
        let legs = parse_path(path)?;
        let value = if operation == REMOVE {
            None
        } else {
            Some(Node::parse(r.lenenc_bytes()?)?)
        };
        apply_one(&mut root, operation, &legs, value).ok_or_else(|| {
            Error::corrupt(format!(
                "JSON diff {operation} at {} does not fit the document",
                String::from_utf8_lossy(path)
            ))
        })?;
    }
    Ok(root)
}

/// None where the path leads nowhere, or the operation is unknown.
fn apply_one<'a>(
    root: &mut Node<'a>,
    operation: u8,
    legs: &[Leg<'a>],
    value: Option<Node<'a>>,
) -> Option<()> {
    match (operation, legs.split_last(), value) {
        (REPLACE, _, Some(value)) => *root.seek(legs)? = value,
        (INSERT, Some((leg, parents)), Some(value)) => root.seek(parents)?.insert(leg, value)?,
        (REMOVE, Some((leg, parents)), None) => root.seek(parents)?.remove(leg)?,
        _ => return None,
    }
    Some(())
}

impl<'a> Node<'a> {
    fn parse(binary: &'a [u8]) -> Result<Self> {
        let mut budget = Budget::of(binary);
        let value = Json::document(binary, &mut budget)?;
        Self::of(value, MAX_DEPTH, &mut budget)
    }

    fn of(value: Json<'a>, depth: usize, budget: &mut Budget) -> Result<Self> {
        Ok(match value {
            Json::Array(items) => {
                let depth = deeper(depth)?;
                let item = |index| Self::of(items.value(index, budget)?, depth, budget);
                Node::Array((0..items.count()).map(item).collect::<Result<_>>()?)
            }
            Json::Object(members) => {
                let depth = deeper(depth)?;
                let member = |index| {
                    let key = Cow::Borrowed(members.key(index, budget)?);
                    Ok((key, Self::of(members.value(index, budget)?, depth, budget)?))
                };
                Node::Object((0..members.count()).map(member).collect::<Result<_>>()?)
            }
            scalar => Node::Scalar(scalar),
        })
    }

    fn seek(&mut self, legs: &[Leg<'a>]) -> Option<&mut Node<'a>> {
        legs.iter().try_fold(self, |node, leg| match (node, leg) {
            (Node::Object(members), Leg::Member(key)) => {
                let at = members.iter().position(|(name, _)| name == key)?;
                Some(&mut members[at].1)
            }
            (Node::Array(items), leg) => leg.cell(items.len()).and_then(|at| items.get_mut(at)),
            // A value that is no array is the only cell of one.
            (node, leg) => leg.cell(1).map(|_| node),
        })
    }

    fn insert(&mut self, leg: &Leg<'a>, value: Node<'a>) -> Option<()> {
        match (self, leg) {
            (Node::Object(members), Leg::Member(key)) => {
                let order = |name: &[u8]| (name.len(), name.to_owned());
                match members.binary_search_by_key(&order(key), |(name, _)| order(name)) {
                    Ok(at) => members[at].1 = value,
                    Err(at) => members.insert(at, (key.clone(), value)),
                }
            }
            // Beyond the end means behind it, before the beginning in front (`Json_array_index::position`).
            (Node::Array(items), Leg::Cell(index)) => {
                items.insert((*index).min(items.len()), value)
            }
            (Node::Array(items), leg @ Leg::FromLast(_)) => {
                items.insert(leg.cell(items.len()).unwrap_or(0), value)
            }
            _ => return None,
        }
        Some(())
    }

    fn remove(&mut self, leg: &Leg<'a>) -> Option<()> {
        match (self, leg) {
            (Node::Object(members), Leg::Member(key)) => {
                members.remove(members.iter().position(|(name, _)| name == key)?);
            }
            (Node::Array(items), leg) => {
                items.remove(leg.cell(items.len())?);
            }
            _ => return None,
        }
        Some(())
    }

    pub fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Node::Scalar(value) => scalar::write::<false>(*value, out)?,
            Node::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(out)?;
                }
                out.push(b']');
            }
            Node::Object(members) => {
                out.push(b'{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    scalar::write_string::<false>(key, out);
                    out.push(b':');
                    value.write(out)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }
}

/// `$.name."quoted name"[3]` (sql-common/json_path.cc); at most 100 legs, so that a tree stays shallow enough to walk.
fn parse_path(path: &[u8]) -> Result<Vec<Leg<'_>>> {
    let wrong = || {
        Error::corrupt(format!(
            "{:?} is no JSON path",
            String::from_utf8_lossy(path)
        ))
    };
    let mut rest = path.strip_prefix(b"$").ok_or_else(wrong)?;
    let mut legs = Vec::new();
    while !rest.is_empty() {
        let (leg, tail) = parse_leg(rest).ok_or_else(wrong)?;
        legs.push(leg);
        rest = tail;
        if legs.len() > MAX_DEPTH {
            return Err(wrong());
        }
    }
    Ok(legs)
}

fn parse_leg(text: &[u8]) -> Option<(Leg<'_>, &[u8])> {
    match text {
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|&byte| byte == b']')?;
            let text = std::str::from_utf8(&rest[..end]).ok()?;
            let leg = match text.strip_prefix("last") {
                None => Leg::Cell(text.parse().ok()?),
                Some("") => Leg::FromLast(0),
                Some(back) => Leg::FromLast(back.strip_prefix('-')?.parse().ok()?),
            };
            Some((leg, &rest[end + 1..]))
        }
        [b'.', b'"', rest @ ..] => {
            let (key, used) = unquote(rest)?;
            Some((Leg::Member(Cow::Owned(key)), &rest[used..]))
        }
        [b'.', rest @ ..] => {
            let end = rest
                .iter()
                .position(|&byte| byte == b'.' || byte == b'[')
                .unwrap_or(rest.len());
            Some((Leg::Member(Cow::Borrowed(&rest[..end])), &rest[end..]))
        }
        _ => None,
    }
}

/// The text of a JSON string up to its closing quote, and how many bytes that took with the quote.
fn unquote(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let byte = *text.get(at)?;
        at += 1;
        match byte {
            b'"' => return Some((out, at)),
            b'\\' => {
                let escape = *text.get(at)?;
                at += 1;
                match escape {
                    b'b' => out.push(0x08),
                    b'f' => out.push(0x0C),
                    b'n' => out.push(b'\n'),
                    b'r' => out.push(b'\r'),
                    b't' => out.push(b'\t'),
                    // The server escapes control characters only this way.
                    b'u' => {
                        let digits = std::str::from_utf8(text.get(at..at + 4)?).ok()?;
                        let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                        at += 4;
                    }
                    other => out.push(other),
                }
            }
            other => out.push(other),
        }
    }
}
