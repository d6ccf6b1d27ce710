//! GTIDs and sets of them, tags included: the algebra of `Gtid_set` (sql/rpl_gtid_set.cc).

use crate::error::{Error, Result};
use crate::reader::Reader;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

pub type Uuid = [u8; 16];

/// Who numbers the transactions: a server's UUID, and since 8.3 a tag of 0 to 32 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    pub uuid: Uuid,
    pub tag: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gtid {
    pub source: Source,
    pub number: u64,
}

/// `GNO_END`: the first number that is none.
const NUMBER_END: u64 = i64::MAX.cast_unsigned();
const TAG_LIMIT: usize = 32;

impl Source {
    fn new(uuid: Uuid, tag: &str) -> Result<Self> {
        let mut characters = tag.chars();
        let valid = characters
            .next()
            .is_none_or(|c| c.is_ascii_alphabetic() || c == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
            && tag.len() <= TAG_LIMIT;
        if !valid {
            return Err(Error::invalid(format!("{tag:?} is no GTID tag")));
        }
        Ok(Source {
            uuid,
            tag: tag.to_ascii_lowercase(),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.uuid.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_char('-')?;
            }
            write!(f, "{byte:02x}")?;
        }
        if self.tag.is_empty() {
            Ok(())
        } else {
            write!(f, ":{}", self.tag)
        }
    }
}

impl Gtid {
    pub fn new(uuid: Uuid, tag: &str, number: u64) -> Result<Self> {
        if !(1..NUMBER_END).contains(&number) {
            return Err(Error::invalid(format!("{number} is no GTID number")));
        }
        Ok(Gtid {
            source: Source::new(uuid, tag)?,
            number,
        })
    }
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.number)
    }
}

/// Half-open `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Interval {
    start: u64,
    end: u64,
}

/// Sorted, disjoint, with gaps between.
type Intervals = Vec<Interval>;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct GtidSet {
    sources: BTreeMap<Source, Intervals>,
}

impl GtidSet {
    /// As the server prints and accepts it: `uuid:1-5:7:tag:1-3, uuid:…`; a tag holds for the intervals after it. What
    /// names no number (a UUID alone, an interval whose end is before its start) is empty, not wrong, as in the server.
    pub fn parse(text: &str) -> Result<Self> {
        let mut set = GtidSet::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let mut pieces = part.split(':').map(str::trim);
            let wrong = || Error::invalid(format!("{part:?} is no part of a GTID set"));
            let uuid = pieces.next().and_then(parse_uuid).ok_or_else(wrong)?;
            let mut source = Source {
                uuid,
                tag: String::new(),
            };
            for piece in pieces {
                if piece.starts_with(|c: char| c.is_ascii_digit()) {
                    let interval = parse_interval(piece).ok_or_else(wrong)?;
                    if interval.start < interval.end {
                        set.insert(&source, interval);
                    }
                } else if piece.is_empty() {
                    return Err(wrong());
                } else {
                    source = Source::new(uuid, piece)?;
                }
            }
        }
        Ok(set)
    }

    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// How many transactions; `u64::MAX` where they are more.
    pub fn count(&self) -> u64 {
        self.sources
            .values()
            .flatten()
            .fold(0, |count, Interval { start, end }| {
                count.saturating_add(end - start)
            })
    }

    pub fn sources(&self) -> Vec<String> {
        self.sources.keys().map(Source::to_string).collect()
    }

    /// Adds one transaction; the common case, the next number of a known source, changes one interval's end.
    pub fn add(&mut self, gtid: &Gtid) {
        if let Some(intervals) = self.sources.get_mut(&gtid.source)
            && let Some(last) = intervals.last_mut()
            && last.end == gtid.number
        {
            last.end += 1;
            return;
        }
        self.insert(
            &gtid.source,
            Interval {
                start: gtid.number,
                end: gtid.number + 1,
            },
        );
    }

    fn insert(&mut self, source: &Source, new: Interval) {
        let intervals = match self.sources.get_mut(source) {
            Some(intervals) => intervals,
            None => self.sources.entry(source.clone()).or_default(),
        };
        // All that touch the new one become one with it.
        let from = intervals.partition_point(|interval| interval.end < new.start);
        let to = intervals.partition_point(|interval| interval.start <= new.end);
        let touched = intervals.get(from..to).unwrap_or_default();
        let start = touched
            .first()
            .map_or(new.start, |interval| interval.start.min(new.start));
        let end = touched
            .last()
            .map_or(new.end, |interval| interval.end.max(new.end));
        intervals.splice(from..to.max(from), [Interval { start, end }]);
    }

    #[must_use]
    pub fn union(&self, other: &GtidSet) -> GtidSet {
        let mut all = self.clone();
        for (source, intervals) in &other.sources {
            for interval in intervals {
                all.insert(source, *interval);
            }
        }
        all
    }

    #[must_use]
    pub fn subtract(&self, other: &GtidSet) -> GtidSet {
        self.combine(other, subtract_intervals)
    }

    #[must_use]
    pub fn intersect(&self, other: &GtidSet) -> GtidSet {
        self.combine(other, |mine, theirs| {
            subtract_intervals(mine, &subtract_intervals(mine, theirs))
        })
    }

    fn combine(
        &self,
        other: &GtidSet,
        combine: impl Fn(&[Interval], &[Interval]) -> Intervals,
    ) -> GtidSet {
        let none = Intervals::new();
        let sources = self.sources.iter().map(|(source, mine)| {
            (
                source.clone(),
                combine(mine, other.sources.get(source).unwrap_or(&none)),
            )
        });
        GtidSet {
            sources: sources
                .filter(|(_, intervals)| !intervals.is_empty())
                .collect(),
        }
    }

    /// Whether every transaction of `other` is in this set.
    pub fn contains(&self, other: &GtidSet) -> bool {
        other.subtract(self).is_empty()
    }

    pub fn contains_gtid(&self, gtid: &Gtid) -> bool {
        self.sources.get(&gtid.source).is_some_and(|intervals| {
            let after = intervals.partition_point(|interval| interval.start <= gtid.number);
            after
                .checked_sub(1)
                .and_then(|at| intervals.get(at))
                .is_some_and(|interval| gtid.number < interval.end)
        })
    }

    /// As COM_BINLOG_DUMP_GTID and Previous_gtids have it (`Gtid_set::encode`): the number of sources, then each with
    /// its intervals. With tags the first eight bytes say so: format 1 in the lowest and highest byte, the number
    /// between; and each source has its tag as a length and its characters.
    pub fn encode(&self) -> Vec<u8> {
        let tagged = self.sources.keys().any(|source| !source.tag.is_empty());
        let count = self.sources.len() as u64;
        let mut out = Vec::new();
        let head = if tagged {
            1 << 56 | count << 8 | 1
        } else {
            count
        };
        out.extend_from_slice(&head.to_le_bytes());
        for (source, intervals) in &self.sources {
            out.extend_from_slice(&source.uuid);
            if tagged {
                // A variable-length integer below 128 is its double.
                out.push((source.tag.len() as u8) << 1);
                out.extend_from_slice(source.tag.as_bytes());
            }
            out.extend_from_slice(&(intervals.len() as u64).to_le_bytes());
            for interval in intervals {
                out.extend_from_slice(&interval.start.to_le_bytes());
                out.extend_from_slice(&interval.end.to_le_bytes());
            }
        }
        out
    }

    /// The body of a Previous_gtids event.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let head = reader.u64()?;
        let tagged = head >> 56 == 1;
        let count = if tagged {
            head >> 8 & 0xFFFF_FFFF_FFFF
        } else {
            head
        };
        let mut set = GtidSet::default();
        for _ in 0..count {
            let uuid = reader.array()?;
            let tag = if tagged {
                let length = usize::from(reader.u8()? >> 1);
                std::str::from_utf8(reader.bytes(length)?)
                    .map_err(|_| Error::corrupt("a tag not of text"))?
            } else {
                ""
            };
            let source = Source::new(uuid, tag)?;
            for _ in 0..reader.u64()? {
                let (start, end) = (reader.u64()?, reader.u64()?);
                if start == 0 || start >= end || end > NUMBER_END {
                    return Err(Error::corrupt(format!(
                        "a GTID interval from {start} to {end}"
                    )));
                }
                set.insert(&source, Interval { start, end });
            }
        }
        Ok(set)
    }
}

impl fmt::Display for GtidSet {
    /// Sources of one UUID share it, as the server prints them: `uuid:1-5:tag:7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut uuid = None;
        for (source, intervals) in &self.sources {
            if uuid == Some(source.uuid) {
                write!(f, ":{}", source.tag)?;
            } else {
                if uuid.is_some() {
                    f.write_char(',')?;
                }
                write!(f, "{source}")?;
                uuid = Some(source.uuid);
            }
            for interval in intervals {
                write!(f, ":{}", interval.start)?;
                if interval.end - interval.start > 1 {
                    write!(f, "-{}", interval.end - 1)?;
                }
            }
        }
        Ok(())
    }
}

fn subtract_intervals(mine: &[Interval], theirs: &[Interval]) -> Intervals {
    let mut left = Intervals::new();
    let mut theirs = theirs.iter().peekable();
    for interval in mine {
        let mut start = interval.start;
        while let Some(other) = theirs.next_if(|other| other.end <= start) {
            let _ = other;
        }
        let mut cut = theirs.clone();
        while let Some(other) = cut.next_if(|other| other.start < interval.end) {
            if other.start > start {
                left.push(Interval {
                    start,
                    end: other.start,
                });
            }
            start = start.max(other.end);
        }
        if start < interval.end {
            left.push(Interval {
                start,
                end: interval.end,
            });
        }
    }
    left
}

/// 32 hexadecimal digits, with dashes or without, or with dashes in braces (`Uuid::parse`, libs/mysql/uuids).
fn parse_uuid(text: &str) -> Option<Uuid> {
    let braced = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let text = braced.filter(|text| text.len() == 36).unwrap_or(text);
    let digits: String = text.chars().filter(|&c| c != '-').collect();
    let dashed = text.len() == 36
        && [8, 13, 18, 23]
            .iter()
            .all(|&at| text.as_bytes()[at] == b'-');
    if digits.len() != 32
        || !digits.bytes().all(|b| b.is_ascii_hexdigit())
        || !(dashed || text.len() == 32)
    {
        return None;
    }
    Some(u128::from_str_radix(&digits, 16).ok()?.to_be_bytes())
}

fn parse_interval(text: &str) -> Option<Interval> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (start, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    ((1..NUMBER_END).contains(&start) && last < NUMBER_END).then_some(Interval {
        start,
        end: last + 1,
    })
}
