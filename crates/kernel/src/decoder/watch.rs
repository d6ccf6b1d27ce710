//! What an incremental snapshot must know of the stream: whose rows came, and whether a place is reached.

use crate::encode::Change;
use crate::encode::identity::Identity;
use crate::encode::plan::{Plan, TableName};
use crate::error::Result;
use crate::gtid::GtidSet;
use crate::row::value::Value;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// A moment of the server: what was executed, or without GTIDs how far its binlog reached.
#[derive(Debug, Clone)]
pub enum Place {
    Gtids(GtidSet),
    Position { file: String, position: u64 },
}

/// Where the stream is, at a transaction end.
#[derive(Debug, Clone)]
pub struct Reached {
    pub executed: GtidSet,
    pub file: String,
    pub position: u64,
}

impl Place {
    /// Whether the stream at `executed`, `file` and `position` has all that this moment has.
    pub fn is_behind(&self, executed: &GtidSet, file: &str, position: u64) -> bool {
        match self {
            Place::Gtids(wanted) => executed.contains(wanted),
            Place::Position {
                file: wanted,
                position: end,
            } => (number(wanted), *end) <= (number(file), position),
        }
    }

    /// Whether this moment has all that the stream had then.
    fn covers(&self, reached: &Reached) -> bool {
        match self {
            Place::Gtids(seen) => seen.contains(&reached.executed),
            Place::Position { file, position } => {
                (number(&reached.file), reached.position) <= (number(file), *position)
            }
        }
    }
}

/// Files are numbered, `binlog.000009`, and beyond a million the numbers grow longer.
fn number(file: &str) -> (usize, &str) {
    let digits = file.rsplit('.').next().unwrap_or_default();
    (digits.len(), digits)
}

type Keys = HashSet<Box<[u8]>>;

/// The keys of one table's rows that the stream has brought since the watch began.
///
/// Kept in generations, so that those which every later SELECT sees anyway can go.
pub struct Watch {
    table: TableName,
    key: Vec<String>,
    identity: Option<(Arc<Plan>, Identity)>,
    /// Older keys, each generation with the place where it ended.
    old: VecDeque<(Keys, Reached)>,
    new: Keys,
    text: Vec<u8>,
    scratch: Vec<u8>,
}

impl Watch {
    pub fn new(table: TableName, key: Vec<String>) -> Watch {
        Watch {
            table,
            key,
            identity: None,
            old: VecDeque::new(),
            new: Keys::new(),
            text: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub fn is_of(&self, plan: &Plan) -> bool {
        *plan.name == self.table
    }

    /// Remembers whose row came.
    pub fn note(&mut self, plan: &Arc<Plan>, change: Change<'_, '_>) -> Result<()> {
        match change {
            Change::Insert(row) | Change::Delete(row) | Change::Read(row) => self.add(plan, row),
            Change::Update { before, after } => {
                self.add(plan, before)?;
                self.add(plan, after)
            }
        }
    }

    fn add(&mut self, plan: &Arc<Plan>, row: &[Value<'_>]) -> Result<()> {
        self.write(plan, row)?;
        if !self.new.contains(self.text.as_slice()) {
            self.new.insert(self.text.as_slice().into());
        }
        Ok(())
    }

    /// Whether a change of this row came.
    pub fn has(&mut self, plan: &Arc<Plan>, row: &[Value<'_>]) -> Result<bool> {
        if self.new.is_empty() && self.old.is_empty() {
            return Ok(false);
        }
        self.write(plan, row)?;
        let text = self.text.as_slice();
        Ok(self.new.contains(text) || self.old.iter().any(|(keys, _)| keys.contains(text)))
    }

    /// Drops the keys of changes that a SELECT at `seen` sees, and so does each later one; those that came up to now
    /// are a generation.
    pub fn forget(&mut self, seen: &Place, now: Reached) {
        while self.old.front().is_some_and(|(_, end)| seen.covers(end)) {
            self.old.pop_front();
        }
        if !self.new.is_empty() {
            self.old.push_back((std::mem::take(&mut self.new), now));
        }
    }

    fn write(&mut self, plan: &Arc<Plan>, row: &[Value<'_>]) -> Result<()> {
        let known = self.identity.take_if(|(of, _)| Arc::ptr_eq(of, plan));
        let (_, identity) = self.identity.insert(match known {
            Some(known) => known,
            None => (Arc::clone(plan), Identity::compile(plan, &self.key)?),
        });
        identity.write(row, &mut self.text, &mut self.scratch)
    }
}
