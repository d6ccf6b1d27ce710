//! The binlog stream as a state machine: bytes in, [`Item`]s out, nothing else.
//!
//! `Decoder` chooses where the next event comes from (a committed XA transaction being replayed, a compressed
//! transaction being unpacked, the network); `state` gives each event its meaning; `images` reads row images.

pub mod images;
pub mod item;
mod state;
mod tables;
pub mod watch;

use crate::binlog::payload::PayloadEvents;
use crate::chunk::Chunk;
use crate::encode::batch::Batch;
use crate::encode::envelope::Envelope;
use crate::encode::plan::{Plan, TableName};
use crate::error::{Error, Result};
use crate::gtid::GtidSet;
use crate::packet::{FileStream, PacketStream, network_event};
use crate::pool::Pool;
use item::Item;
pub use state::Tolerance;
use state::{Event, Next, State};
use std::collections::VecDeque;
use std::sync::Arc;
use watch::Place;

/// Where a decoder starts and how much it may hold.
#[derive(Debug, Clone)]
pub struct Start {
    pub file: String,
    pub position: u64,
    pub gtids: GtidSet,
    /// A batch is handed out when it has grown to this many bytes.
    pub max_batch_bytes: usize,
    /// The largest packet (and so event) accepted, bytes.
    pub max_packet: usize,
}

/// What a decoder has met since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// As the server sent them, but for heartbeats.
    pub events: u64,
    /// Events with rows of tables, or sources, that are not wanted.
    pub left_out: u64,
    /// Updates without a change that were left out.
    pub unchanged: u64,
}

/// Compressed transactions inside one another, each of which holds a window of its own. A server nests none.
const MOST_NESTED: usize = 4;

enum Input {
    Packets(PacketStream),
    File(FileStream),
}

pub struct Decoder {
    input: Input,
    /// Compressed transactions being unpacked, the innermost last.
    payloads: Vec<PayloadEvents>,
    replay: Replay,
    state: State,
    ready: VecDeque<Result<Item>>,
    pool: Arc<Pool>,
    max_batch_bytes: usize,
}

/// Held events of an XA transaction that has committed.
#[derive(Default)]
struct Replay {
    active: bool,
    last: bool,
    frames: Vec<u8>,
    read: usize,
}

impl Decoder {
    /// A decoder of a replication connection's packets.
    pub fn new(start: Start, envelope: &Arc<Envelope>) -> Self {
        let input = Input::Packets(PacketStream::new(start.max_packet));
        Self::with_input(start, envelope, input)
    }

    /// A decoder of a binlog file's bytes, magic number excluded.
    pub fn for_file(start: Start, envelope: &Arc<Envelope>) -> Self {
        let input = Input::File(FileStream::new(start.max_packet));
        Self::with_input(start, envelope, input)
    }

    fn with_input(start: Start, envelope: &Arc<Envelope>, input: Input) -> Self {
        let max_batch_bytes = start.max_batch_bytes;
        Decoder {
            input,
            payloads: Vec::new(),
            replay: Replay::default(),
            state: State::new(start, envelope),
            ready: VecDeque::new(),
            pool: Arc::new(Pool::new(max_batch_bytes * 4)),
            max_batch_bytes,
        }
    }

    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Bytes as they came from the socket or file, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
    }

    /// Takes in `count` bytes, which the caller puts into the slice.
    pub fn room(&mut self, count: usize) -> &mut [u8] {
        match &mut self.input {
            Input::Packets(stream) => stream.room(count),
            Input::File(stream) => stream.room(count),
        }
    }

    /// A piece of a committed XA transaction, as it was handed out in `XaHold`; `last` ends it.
    pub fn replay(&mut self, frames: &[u8], last: bool) {
        let replay = &mut self.replay;
        replay.frames.drain(..replay.read);
        replay.read = 0;
        replay.frames.extend_from_slice(frames);
        replay.active = true;
        replay.last = last;
    }

    /// Answers `NeedTable`; `None` drops the table's rows.
    pub fn bind(&mut self, table_id: u64, plan: Option<Arc<Plan>>) -> Result<()> {
        self.state.bind(table_id, plan, None)
    }

    /// Answers `NeedTable`, and wants `Item::Told` for the rows of inserts, read by `told`.
    pub fn bind_and_tell(
        &mut self,
        table_id: u64,
        plan: Option<Arc<Plan>>,
        told: Arc<Plan>,
    ) -> Result<()> {
        self.state.bind(table_id, plan, Some(told))
    }

    /// Remember whose rows come from here on, by the columns `key`. The executed set up to here, in which the
    /// transaction that is open counts.
    pub fn watch(&mut self, table: TableName, key: Vec<String>) -> GtidSet {
        self.state.watch(table, key)
    }

    /// Remember no more.
    pub fn unwatch(&mut self) {
        self.state.unwatch();
    }

    /// Hand out `Item::Reached` at the first transaction end that has all of `place`.
    pub fn await_place(&mut self, place: Place) {
        self.state.await_place(place);
    }

    /// Rows of `chunk` of which no change came since the watch began, as events; `None` when there are no more. The
    /// SELECT had seen all of `seen`. After `Item::Reached` only.
    pub fn take_chunk(
        &mut self,
        chunk: &mut Chunk,
        seen: &Place,
        now_us: u64,
    ) -> Result<Option<Batch>> {
        self.state.begin_batch(now_us, &self.pool);
        self.state.take_chunk(chunk, seen, self.max_batch_bytes)
    }

    /// After DDL: ask again for every table.
    pub fn unbind_all(&mut self) {
        self.state.unbind_all();
    }

    /// Do not emit the first `rows` events of transaction `gtid`: they were emitted before the connection was lost.
    pub fn skip_rows(&mut self, gtid: &str, rows: u64) {
        self.state.skip_rows(gtid, rows);
    }

    /// Hand out `Item::Source` for each source whose transactions are met for the first time.
    pub fn ask_for_sources(&mut self) {
        self.state.ask_for_sources();
    }

    /// Answers `Item::Source`: whether rows of its transactions are emitted.
    pub fn accept(&mut self, uuid: &str, wanted: bool) {
        self.state.accept(uuid, wanted);
    }

    /// Do not emit what another reader has emitted of the first transaction: its first `events` events, BEGIN
    /// included, and of the next one the first `rows` rows.
    pub fn take_over(&mut self, events: u64, rows: u64) {
        self.state.take_over(events, rows);
    }

    /// Pass over events of rows that cannot be read (`unreadable`), or whose rows do not fit their table (`unfit`):
    /// they come as `Item::PassedOver`. Every other event that cannot be read is an error.
    pub fn tolerate(&mut self, tolerance: Tolerance) {
        self.state.tolerate(tolerance);
    }

    pub fn file(&self) -> &str {
        self.state.file()
    }

    /// What was met since the beginning.
    pub fn tally(&self) -> Tally {
        self.state.tally()
    }

    /// End of the last event read.
    pub fn position(&self) -> u64 {
        self.state.position()
    }

    /// The open transaction's GTID and how many of its events came out; what `skip_rows` wants after a reconnect.
    pub fn open_transaction(&self) -> Option<(&str, u64)> {
        self.state.open_transaction()
    }

    /// The next item, or `None` when more input is needed. `now_us` is the processing time of the events.
    ///
    /// What was decoded before an error comes out first; after an error the decoder is done for.
    pub fn next(&mut self, now_us: u64) -> Result<Option<Item>> {
        if let Some(item) = self.ready.pop_front() {
            return item.map(Some);
        }
        self.state.begin_batch(now_us, &self.pool);
        loop {
            if self.state.size() >= self.max_batch_bytes {
                return Ok(self.state.take_batch()?.map(Item::Batch));
            }
            if self.payloads.is_empty() && self.state.reaches() {
                let batch = self.state.take_batch()?.map(Item::Batch);
                return Ok(Some(batch.unwrap_or_else(|| self.state.reached())));
            }
            match self.step() {
                Ok(Step::Continue) => {}
                Ok(Step::Item(item)) => {
                    let batch = self.state.take_batch()?;
                    self.state.after_item();
                    let Some(batch) = batch else {
                        return Ok(Some(*item));
                    };
                    self.ready.push_back(Ok(*item));
                    return Ok(Some(Item::Batch(batch)));
                }
                Ok(Step::Starved) => return Ok(self.state.take_batch()?.map(Item::Batch)),
                Err(error) => {
                    let Some(batch) = self.state.take_batch()? else {
                        return Err(error);
                    };
                    self.ready.push_back(Err(error));
                    return Ok(Some(Item::Batch(batch)));
                }
            }
        }
    }

    fn step(&mut self) -> Result<Step> {
        let Decoder {
            input,
            payloads,
            replay,
            state,
            ..
        } = self;
        let next = if replay.active {
            let Some(event) = replay.next_event()? else {
                if replay.last {
                    *replay = Replay::default();
                    state.end_replay();
                    return Ok(Step::Continue);
                }
                return Ok(Step::Starved);
            };
            state.handle(event)?
        } else if let Some(payload) = payloads.last_mut() {
            let Some(bytes) = payload.next_event().map_err(|error| state.locate(error))? else {
                payloads.pop();
                return Ok(Step::Continue);
            };
            let event = Event::inner(bytes, state.span())?;
            state.handle(event)?
        } else {
            let bytes = match input {
                Input::Packets(stream) => stream
                    .next_packet()
                    .and_then(|packet| packet.map(network_event).transpose()),
                Input::File(stream) => stream.next_packet(),
            };
            let Some(bytes) = bytes.map_err(|error| state.locate_unread(error))? else {
                return Ok(Step::Starved);
            };
            state.receive(bytes)?
        };
        Ok(match next {
            Next::Continue => Step::Continue,
            Next::Item(item) => Step::Item(item),
            Next::Payload(_) if payloads.len() == MOST_NESTED => {
                return Err(state.locate(Error::corrupt("compressed in compressed, and so on")));
            }
            Next::Payload(payload) => {
                payloads.push(*payload);
                Step::Continue
            }
        })
    }
}

enum Step {
    Continue,
    Item(Box<Item>),
    Starved,
}

impl Replay {
    /// Frames are `XaHold`'s: start position (u64), length (u32), event.
    fn next_event(&mut self) -> Result<Option<Event<'_>>> {
        let rest = &self.frames[self.read..];
        if rest.is_empty() {
            return Ok(None);
        }
        let torn = || Error::corrupt("a held XA transaction is torn");
        let (position, rest) = rest.split_first_chunk::<8>().ok_or_else(torn)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(torn)?;
        let length = u32::from_le_bytes(*length) as usize;
        let bytes = rest.get(..length).ok_or_else(torn)?;
        self.read += position.len() + size_of::<u32>() + length;
        Event::held(bytes, u64::from_le_bytes(*position)).map(Some)
    }
}
