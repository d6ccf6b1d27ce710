//! What each event means: positions, transactions, tables, rows.

use super::images::{Bitmap, Image, Layout, fill_unchanged, read_image, read_partial_image};
use super::item::{Item, NeedTable, Query, XaHold, XaOutcome};
use super::tables::{Binding, Bound, Tables};
use super::watch::{Place, Reached, Watch};
use super::{Arc, Start, Tally};
use crate::binlog::format_description::FormatDescription;
use crate::binlog::gtid::GtidEvent;
use crate::binlog::header::{EventType, Header};
use crate::binlog::payload::PayloadEvents;
use crate::binlog::query::{QueryEvent, Statement};
use crate::binlog::rows::{RowsEvent, RowsKind};
use crate::binlog::table_map::TableMap;
use crate::binlog::{heartbeat, rotate, xa};
use crate::checksum;
use crate::chunk::Chunk;
use crate::encode::batch::{Batch, Commit, Operation};
use crate::encode::envelope::{Envelope, Format, Source};
use crate::encode::json::JsonEncoder;
use crate::encode::plan::{Plan, TableName};
use crate::encode::{Change, Encoder};
use crate::error::{Error, Kind, Result};
use crate::gtid::{Gtid, GtidSet};
use crate::pool::Pool;
use crate::reader::Reader;
use crate::resultset::with_values;
use std::collections::HashMap;
use std::fmt::Write as _;

/// An event without its checksum, and where it stands in its file.
pub struct Event<'a> {
    header: Header,
    /// Header and body.
    bytes: &'a [u8],
    span: Span,
}

/// Start and end of an event in its file; inner events of a compressed transaction have their container's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    pub start: u64,
    pub end: u64,
}

impl<'a> Event<'a> {
    pub fn inner(bytes: &'a [u8], span: Span) -> Result<Self> {
        Ok(Event {
            header: Header::parse(bytes)?,
            bytes,
            span,
        })
    }

    pub fn held(bytes: &'a [u8], start: u64) -> Result<Self> {
        let span = Span {
            start,
            end: start.saturating_add(bytes.len() as u64),
        };
        Self::inner(bytes, span)
    }

    fn body(&self) -> &'a [u8] {
        self.bytes.get(Header::LENGTH..).unwrap_or_default()
    }
}

pub enum Next {
    Continue,
    Item(Box<Item>),
    Payload(Box<PayloadEvents>),
}

impl Next {
    fn item(item: Item) -> Self {
        Next::Item(Box::new(item))
    }
}

/// Which events of rows may be passed over.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tolerance {
    /// Those whose bytes contradict the format.
    pub unreadable: bool,
    /// Those with a row that does not fit its table's definition.
    pub unfit: bool,
}

impl Tolerance {
    fn allows(self, kind: Kind) -> bool {
        match kind {
            Kind::Truncated | Kind::Corrupt | Kind::Checksum | Kind::Unsupported => self.unreadable,
            Kind::Schema => self.unfit,
            Kind::Invalid | Kind::Server => false,
        }
    }
}

/// The transaction being read.
#[derive(Debug, Default)]
struct Transaction {
    open: bool,
    gtid: Option<Gtid>,
    gtid_text: String,
    /// Commit time on the original source, µs; 0 if the server does not say.
    commit_us: u64,
    thread: Option<u32>,
    /// Changes read so far.
    rows: u64,
    /// Start of the last rows event and the number of its next row. The events of a compressed transaction share their
    /// start, and go on counting, so that position and row name one change.
    numbered: (u64, u32),
    /// Set between XA START and the end of the group: rows are held, not emitted.
    xa: Option<Hold>,
}

impl Transaction {
    /// Where the rows of an event come from.
    fn source<'s>(
        &'s self,
        event: &Event<'_>,
        file: &'s str,
        query: &'s [u8],
        now_us: u64,
    ) -> Source<'s> {
        Source {
            timestamp_us: match self.commit_us {
                0 => u64::from(event.header.timestamp) * 1_000_000,
                known => known,
            },
            snapshot: "false",
            server_id: event.header.server_id,
            gtid: self.gtid.is_some().then_some(self.gtid_text.as_str()),
            file,
            position: event.span.start,
            thread: self.thread,
            query: (!query.is_empty()).then_some(query),
            now_us,
        }
    }
}

/// What another reader left of a transaction, counted as Debezium counts: events from BEGIN on, then rows.
#[derive(Debug)]
struct TakenOver {
    events: u64,
    rows: u64,
    /// BEGIN has been read.
    begun: bool,
}

impl TakenOver {
    /// Whether the next row is out already.
    fn skips(&mut self) -> bool {
        if self.events == 0 && self.rows > 0 {
            self.rows -= 1;
            return true;
        }
        self.events > 0
    }

    /// After an event: whether there is nothing left to skip.
    fn is_over(&mut self, kind: EventType) -> bool {
        self.begun |= kind == EventType::Query;
        if !self.begun {
            return false;
        }
        if self.events > 0 {
            self.events -= 1;
            return self.events == 0 && self.rows == 0;
        }
        true
    }
}

#[derive(Debug)]
struct Hold {
    xid: String,
    frames: Vec<u8>,
    first: bool,
}

/// A held piece is handed out when it has grown to this.
const HOLD_BYTES: usize = 256 * 1024;

/// Bytes before the first event of a file.
const MAGIC: u32 = 4;

/// The table id of the server's dummy rows event, which only ends a statement.
const DUMMY_TABLE_ID: u64 = 0x00FF_FFFF;

pub struct State {
    /// None before the first format description, without which no other event can be read.
    format: Option<FormatDescription>,
    file: String,
    max_event: usize,
    span: Span,
    /// End of the last event read.
    position: u64,
    executed: GtidSet,
    transaction: Transaction,
    tables: Tables,
    encoder: Encoder,
    commit: Option<Commit>,
    last_timestamp: u32,
    now_us: u64,
    watch: Option<Watch>,
    awaited: Option<Place>,
    skip: Option<(String, u64)>,
    taken_over: Option<TakenOver>,
    /// Sources and whether their rows are wanted; None: all are.
    sources: Option<HashMap<String, bool>>,
    tolerance: Tolerance,
    /// The statement of the rows that follow, where it is logged and wanted.
    query: Vec<u8>,
    include_query: bool,
    /// A statement outside a transaction was handed out: it is its own transaction.
    end_after_item: bool,
    events: u64,
    left_out: u64,
}

impl State {
    pub fn new(start: Start, envelope: &Arc<Envelope>) -> Self {
        State {
            format: None,
            file: start.file,
            max_event: start.max_packet,
            span: Span::default(),
            position: start.position,
            executed: start.gtids,
            transaction: Transaction::default(),
            tables: Tables::default(),
            encoder: Encoder::new(envelope),
            commit: None,
            last_timestamp: 0,
            now_us: 0,
            watch: None,
            awaited: None,
            skip: None,
            taken_over: None,
            sources: None,
            tolerance: Tolerance::default(),
            query: Vec::new(),
            include_query: envelope.include_query,
            end_after_item: false,
            events: 0,
            left_out: 0,
        }
    }

    pub fn file(&self) -> &str {
        &self.file
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn span(&self) -> Span {
        self.span
    }

    pub fn tally(&self) -> Tally {
        Tally {
            events: self.events,
            left_out: self.left_out,
            unchanged: self.encoder.unchanged(),
        }
    }

    pub fn open_transaction(&self) -> Option<(&str, u64)> {
        let transaction = &self.transaction;
        (transaction.open && transaction.rows > 0)
            .then_some((transaction.gtid_text.as_str(), self.rows_out()))
    }

    /// How many of the open transaction's rows came out: all that were read, and those that an earlier connection
    /// handed out and this one has not reached yet.
    fn rows_out(&self) -> u64 {
        let Transaction {
            gtid_text, rows, ..
        } = &self.transaction;
        match &self.skip {
            Some((gtid, left)) if gtid == gtid_text => rows + left,
            _ => *rows,
        }
    }

    pub fn skip_rows(&mut self, gtid: &str, rows: u64) {
        self.skip = (rows > 0).then(|| (gtid.to_owned(), rows));
    }

    pub fn bind(
        &mut self,
        table_id: u64,
        plan: Option<Arc<Plan>>,
        told: Option<Arc<Plan>>,
    ) -> Result<()> {
        self.tables
            .bind(table_id, plan, told)
            .map_err(|error| error.at(&self.file, self.span.start, "Table_map"))
    }

    pub fn unbind_all(&mut self) {
        self.tables.clear();
    }

    pub fn tolerate(&mut self, tolerance: Tolerance) {
        self.tolerance = tolerance;
    }

    pub fn watch(&mut self, table: TableName, key: Vec<String>) -> GtidSet {
        self.watch = Some(Watch::new(table, key));
        let mut begun = self.executed.clone();
        if let Some(gtid) = &self.transaction.gtid {
            begun.add(gtid);
        }
        begun
    }

    pub fn unwatch(&mut self) {
        self.watch = None;
        self.awaited = None;
    }

    pub fn await_place(&mut self, place: Place) {
        self.awaited = Some(place);
    }

    /// Whether the awaited place is behind the stream, between two transactions of which all is out.
    #[inline]
    pub fn reaches(&self) -> bool {
        self.awaited.as_ref().is_some_and(|place| {
            let between =
                !self.transaction.open && self.skip.is_none() && self.taken_over.is_none();
            between && place.is_behind(&self.executed, &self.file, self.position)
        })
    }

    pub fn reached(&mut self) -> Item {
        self.awaited = None;
        Item::Reached
    }

    /// The chunk's next rows as events, but for those that have changed in the stream.
    pub fn take_chunk(
        &mut self,
        chunk: &mut Chunk,
        seen: &Place,
        max_bytes: usize,
    ) -> Result<Option<Batch>> {
        let plan = Arc::clone(&chunk.plan);
        if let Some(watch) = &mut self.watch {
            let now = Reached {
                executed: self.executed.clone(),
                file: self.file.clone(),
                position: self.position,
            };
            watch.forget(seen, now);
        }
        let source = Source {
            timestamp_us: self.now_us,
            snapshot: "incremental",
            server_id: 0,
            gtid: None,
            file: &self.file,
            position: self.position,
            thread: None,
            query: None,
            now_us: self.now_us,
        };
        let State { encoder, watch, .. } = self;
        encoder.begin(&plan, &source);
        while encoder.size() < max_bytes
            && let Some(packet) = chunk.take()
        {
            with_values(packet, &plan, |values| {
                if let Some(watch) = watch
                    && watch.has(&plan, values)?
                {
                    return Ok(());
                }
                encoder.change(&plan, 0, Change::Read(values))
            })
            .map_err(|error| error.in_table(&plan.name.database, &plan.name.table))?;
        }
        (encoder.rows() > 0).then(|| encoder.take()).transpose()
    }

    pub fn size(&self) -> usize {
        self.encoder.size()
    }

    pub fn begin_batch(&mut self, now_us: u64, pool: &Pool) {
        self.now_us = now_us;
        self.encoder.recycle(|| pool.take());
    }

    /// What has been encoded since the last call, with the last commit in it; `None` if there is neither.
    pub fn take_batch(&mut self) -> Result<Option<Batch>> {
        if self.encoder.size() == 0 && self.encoder.rows() == 0 && self.commit.is_none() {
            return Ok(None);
        }
        let mut batch = self.encoder.take()?;
        batch.commit = self.commit.take().map(|commit| Commit {
            gtids: self.executed.to_string(),
            ..commit
        });
        batch.in_transaction = self.transaction.open;
        batch.last_timestamp = self.last_timestamp;
        Ok(Some(batch))
    }

    pub fn after_item(&mut self) {
        if std::mem::take(&mut self.end_after_item) {
            self.end_transaction();
        }
    }

    pub fn locate(&self, error: Error) -> Error {
        error.at(&self.file, self.span.start, "Transaction_payload")
    }

    /// The place of bytes that are no event; what the server itself reports has none.
    pub fn locate_unread(&self, error: Error) -> Error {
        match error.kind() {
            Kind::Server => error,
            _ => error.at(&self.file, self.position, "Unknown"),
        }
    }

    /// An event as the server sent it: checks its checksum, follows the position, gives it its meaning.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Next> {
        let header = Header::parse(bytes).map_err(|error| self.locate_unread(error))?;
        let whole = self.whole(bytes, &header);
        let bytes = match whole {
            Ok(bytes) => bytes,
            Err(error) => {
                let error = error.at(&self.file, self.position, header.kind.name());
                return self.pass_over_unread(&header, bytes.len() as u64, error);
            }
        };
        let end = self.end_of(&header);
        self.span = Span {
            start: end.saturating_sub(u64::from(header.size)),
            end,
        };
        if header.end != 0 {
            self.position = end;
        }
        let beat = matches!(header.kind, EventType::Heartbeat | EventType::HeartbeatV2);
        self.events += u64::from(!beat);
        self.handle(Event {
            header,
            bytes,
            span: self.span,
        })
    }

    /// An event whose bytes are not those that were written: of its header only the kind is believed, and only where
    /// it is one that may be passed over. Its length is that of the packet.
    fn pass_over_unread(&mut self, header: &Header, length: u64, error: Error) -> Result<Next> {
        if self.format.is_none() || !header.kind.has_rows() || !self.tolerance.allows(error.kind())
        {
            return Err(error);
        }
        self.span = Span {
            start: self.position,
            end: self.position.saturating_add(length),
        };
        self.position = self.span.end;
        self.count_taken_over(header.kind);
        Ok(Next::item(Item::PassedOver(error)))
    }

    /// The event without its checksum, if it is what its header says.
    #[inline]
    fn whole<'a>(&self, bytes: &'a [u8], header: &Header) -> Result<&'a [u8]> {
        use EventType as T;
        if header.size as usize != bytes.len() {
            return Err(Error::corrupt(format!(
                "{} bytes of an event of {}",
                bytes.len(),
                header.size
            )));
        }
        // Only what the sending server makes itself comes before the format description.
        let first = matches!(
            header.kind,
            T::FormatDescription | T::Rotate | T::Heartbeat | T::HeartbeatV2
        );
        if self.format.is_none() && !first {
            return Err(Error::corrupt("an event before the format description"));
        }
        let out_of_place = header.kind == T::FormatDescription
            && header.end != 0
            && header.end != header.size.saturating_add(MAGIC);
        if out_of_place {
            return Err(Error::corrupt("not at the beginning of its file"));
        }
        checksum::strip(bytes, header, self.format.as_ref())
    }

    /// The header keeps only 32 bits of the end position: a file beyond 4 GB wraps it.
    fn end_of(&self, header: &Header) -> u64 {
        if header.end == 0 {
            return self.position;
        }
        let end = (self.position & !0xFFFF_FFFF) | u64::from(header.end);
        if end < self.position && self.position - end > 1 << 31 {
            end.saturating_add(1 << 32)
        } else {
            end
        }
    }

    pub fn handle(&mut self, event: Event<'_>) -> Result<Next> {
        let (start, name) = (event.span.start, event.header.kind.name());
        self.dispatch(&event)
            .map_err(|error| error.at(&self.file, start, name))
    }

    pub fn ask_for_sources(&mut self) {
        self.sources = Some(HashMap::new());
    }

    pub fn accept(&mut self, uuid: &str, wanted: bool) {
        if let Some(sources) = &mut self.sources {
            sources.insert(uuid.to_owned(), wanted);
        }
    }

    /// The UUID of the open transaction's source.
    fn source(&self) -> &str {
        self.transaction
            .gtid_text
            .split(':')
            .next()
            .unwrap_or_default()
    }

    /// Whether the rows of the open transaction are those of a source that is left out.
    fn unwanted(&self) -> bool {
        let wanted = self
            .sources
            .as_ref()
            .map(|sources| sources.get(self.source()));
        wanted.flatten() == Some(&false)
    }

    /// Do not emit what another reader has emitted of the first transaction: its first `events` events, BEGIN
    /// included, and of the next one the first `rows` rows.
    pub fn take_over(&mut self, events: u64, rows: u64) {
        self.taken_over = (events > 0).then_some(TakenOver {
            events,
            rows,
            begun: false,
        });
    }

    #[inline]
    fn dispatch(&mut self, event: &Event<'_>) -> Result<Next> {
        if self.taken_over.is_none() {
            return self.give_meaning(event);
        }
        let next = self.give_meaning(event)?;
        self.count_taken_over(event.header.kind);
        Ok(next)
    }

    fn count_taken_over(&mut self, kind: EventType) {
        if let Some(taken_over) = &mut self.taken_over
            && taken_over.is_over(kind)
        {
            self.taken_over = None;
        }
    }

    #[inline]
    fn give_meaning(&mut self, event: &Event<'_>) -> Result<Next> {
        use EventType as T;
        let kind = event.header.kind;
        if event.header.timestamp != 0 {
            self.last_timestamp = event.header.timestamp;
        }
        if self.transaction.xa.is_some()
            && (kind.has_rows() || matches!(kind, T::TableMap | T::RowsQuery))
        {
            return Ok(self.hold(event));
        }
        match kind {
            _ if kind.has_rows() => self.rows(event).or_else(|error| {
                let error = error.at(&self.file, event.span.start, kind.name());
                if self.tolerance.allows(error.kind()) {
                    Ok(Next::item(Item::PassedOver(error)))
                } else {
                    Err(error)
                }
            }),
            T::TableMap => self.table_map(event),
            T::Gtid | T::AnonymousGtid | T::GtidTagged => {
                let gtid = GtidEvent::parse(kind, event.body())?;
                Ok(self.begin_group(gtid))
            }
            T::Query => self.query(event),
            T::RowsQuery => {
                if self.include_query {
                    // One byte of a length that is too short to be used (Rows_query_log_event), then the statement.
                    self.query.clear();
                    self.query
                        .extend_from_slice(event.body().get(1..).unwrap_or_default());
                }
                Ok(Next::Continue)
            }
            T::Xid => {
                self.end_transaction();
                Ok(Next::Continue)
            }
            T::XaPrepare => self.xa_prepare(event),
            T::TransactionPayload => PayloadEvents::parse(event.body(), self.max_event)
                .map(|events| Next::Payload(Box::new(events))),
            T::FormatDescription => self.format_description(event),
            T::Rotate => {
                let rotate = rotate::RotateEvent::parse(event.body())?;
                self.file = String::from_utf8_lossy(rotate.file).into_owned();
                self.position = rotate.position;
                self.tables.clear();
                Ok(Next::Continue)
            }
            T::Heartbeat | T::HeartbeatV2 => {
                let beat = heartbeat::Heartbeat::parse(kind, &event.header, event.body())?;
                if beat.file == self.file.as_bytes()
                    && beat.position > self.position
                    && !self.transaction.open
                {
                    self.position = beat.position;
                }
                Ok(Next::Continue)
            }
            T::Incident => Err(Error::corrupt(
                "the server reports lost events: the binlog has a gap here, a new snapshot is needed",
            )),
            _ => Ok(Next::Continue),
        }
    }

    fn format_description(&mut self, event: &Event<'_>) -> Result<Next> {
        self.format = Some(FormatDescription::parse(event.body())?);
        // A file that begins while a transaction is open: the server died before it was whole.
        let real = event.header.end != 0;
        if real && self.transaction.open && event.span.start <= u64::from(MAGIC) {
            self.transaction.gtid = None;
            return Ok(self.rolled_back());
        }
        Ok(Next::Continue)
    }

    /// A new group. If part of another one came out before a reconnect and its server never sends it again (failover
    /// to a server without it), that part is rolled back.
    fn begin_group(&mut self, event: GtidEvent) -> Next {
        self.query.clear();
        let mut text = std::mem::take(&mut self.transaction.gtid_text);
        text.clear();
        let gtid = event.gtid;
        if let Some(gtid) = &gtid {
            // Writing to a String does not fail.
            let _ = write!(text, "{gtid}");
        }
        self.transaction = Transaction {
            gtid,
            gtid_text: text,
            commit_us: event.original_commit_us,
            ..Transaction::default()
        };
        match self
            .skip
            .take_if(|(gtid, _)| *gtid != self.transaction.gtid_text)
        {
            Some((_, rows)) => Next::item(Item::Rollback { rows }),
            None => self.ask_for_source(),
        }
    }

    fn ask_for_source(&self) -> Next {
        let unknown = |sources: &HashMap<String, bool>| !sources.contains_key(self.source());
        if self.transaction.gtid.is_some() && self.sources.as_ref().is_some_and(unknown) {
            let uuid = self.source().to_owned();
            return Next::item(Item::Source { uuid });
        }
        Next::Continue
    }

    fn query(&mut self, event: &Event<'_>) -> Result<Next> {
        let query = QueryEvent::parse(event.body())?;
        self.transaction.thread = Some(query.thread_id);
        match query.statement() {
            Statement::Begin => {
                self.transaction.open = true;
                self.begin_encoding(event);
            }
            Statement::Commit => self.end_transaction(),
            Statement::Rollback => return Ok(self.rolled_back()),
            Statement::Savepoint | Statement::RollbackTo => {}
            // XA END always stands before XA PREPARE: what is held is complete here.
            Statement::XaEnd => {
                if let Some(hold) = &mut self.transaction.xa {
                    return Ok(Next::item(Item::XaHold(hold.hand_out())));
                }
            }
            Statement::XaStart(xid) => {
                self.transaction.open = true;
                self.transaction.xa = Some(Hold {
                    xid: xid.to_string(),
                    frames: Vec::new(),
                    first: true,
                });
            }
            Statement::XaCommit(xid) => {
                // The group ends when its held rows have been replayed.
                self.transaction.open = true;
                self.begin_encoding(event);
                return Ok(Next::item(Item::XaEnd {
                    xid: xid.to_string(),
                    outcome: XaOutcome::Committed,
                }));
            }
            Statement::XaRollback(xid) => {
                self.end_after_item = true;
                return Ok(Next::item(Item::XaEnd {
                    xid: xid.to_string(),
                    outcome: XaOutcome::RolledBack,
                }));
            }
            Statement::Other => {
                self.end_after_item = !self.transaction.open;
                return Ok(Next::item(Item::Query(self.other_query(event, &query))));
            }
        }
        Ok(Next::Continue)
    }

    /// Without a GTID a transaction is named by the place of its BEGIN.
    fn begin_encoding(&mut self, event: &Event<'_>) {
        let State {
            encoder,
            transaction,
            file,
            ..
        } = self;
        encoder.begin_transaction(|| match &transaction.gtid {
            Some(_) => transaction.gtid_text.clone(),
            None => format!("file={file},pos={}", event.span.start),
        });
    }

    fn other_query(&self, event: &Event<'_>, query: &QueryEvent<'_>) -> Query {
        Query {
            database: String::from_utf8_lossy(query.database).into_owned(),
            sql: query.sql.to_vec(),
            file: self.file.clone(),
            position: event.span.start,
            end_position: event.span.end,
            gtid: self.gtid().map(str::to_owned),
            timestamp_us: match self.transaction.commit_us {
                0 => u64::from(event.header.timestamp) * 1_000_000,
                known => known,
            },
            thread_id: query.thread_id,
            server_id: event.header.server_id,
            client_collation: query.client_collation,
            sql_mode: query.sql_mode.unwrap_or(0),
            collation_database: query.database_collation,
            explicit_defaults_for_timestamp: query.explicit_defaults_for_timestamp.unwrap_or(true),
            in_transaction: self.transaction.open,
        }
    }

    fn gtid(&self) -> Option<&str> {
        self.transaction
            .gtid
            .is_some()
            .then_some(self.transaction.gtid_text.as_str())
    }

    fn rolled_back(&mut self) -> Next {
        self.end_after_item = true;
        self.encoder.drop_transaction();
        Next::item(Item::Rollback {
            rows: self.rows_out(),
        })
    }

    fn hold(&mut self, event: &Event<'_>) -> Next {
        let Some(hold) = &mut self.transaction.xa else {
            return Next::Continue;
        };
        hold.frames
            .extend_from_slice(&event.span.start.to_le_bytes());
        hold.frames
            .extend_from_slice(&(event.bytes.len() as u32).to_le_bytes());
        hold.frames.extend_from_slice(event.bytes);
        if hold.frames.len() < HOLD_BYTES {
            return Next::Continue;
        }
        Next::item(Item::XaHold(hold.hand_out()))
    }

    fn xa_prepare(&mut self, event: &Event<'_>) -> Result<Next> {
        let prepare = xa::XaPrepareEvent::parse(event.body())?;
        let Some(hold) = self.transaction.xa.take() else {
            return Err(Error::corrupt("XA PREPARE without XA START"));
        };
        // XA COMMIT … ONE PHASE is written as a prepare that is also the commit: its rows are replayed at once.
        let outcome = if prepare.one_phase {
            XaOutcome::Committed
        } else {
            XaOutcome::Prepared
        };
        self.end_after_item = outcome == XaOutcome::Prepared;
        Ok(Next::item(Item::XaEnd {
            xid: hold.xid,
            outcome,
        }))
    }

    /// The held rows of a committed XA transaction have all been replayed.
    pub fn end_replay(&mut self) {
        self.end_transaction();
    }

    fn end_transaction(&mut self) {
        if let Some(gtid) = &self.transaction.gtid {
            self.executed.add(gtid);
        }
        let timestamp_us = match self.transaction.commit_us {
            0 => u64::from(self.last_timestamp) * 1_000_000,
            known => known,
        };
        self.encoder.end_transaction(timestamp_us);
        self.encoder.mark_commit();
        let transactions = self.commit.as_ref().map_or(0, |commit| commit.transactions) + 1;
        let mut file = self
            .commit
            .take()
            .map(|commit| commit.file)
            .unwrap_or_default();
        if file != self.file {
            file.clone_from(&self.file);
        }
        self.commit = Some(Commit {
            end: self.encoder.size(),
            rows: self.encoder.rows(),
            records: self.encoder.records(),
            file,
            position: self.span.end,
            gtids: String::new(),
            timestamp_us,
            transactions,
        });
        if self
            .skip
            .as_ref()
            .is_some_and(|(gtid, _)| *gtid == self.transaction.gtid_text)
        {
            self.skip = None;
        }
        self.transaction.open = false;
        self.transaction.gtid = None;
        self.transaction.rows = 0;
        self.transaction.xa = None;
    }

    fn table_map(&mut self, event: &Event<'_>) -> Result<Next> {
        let body = event.body();
        let table_id = TableMap::table_id(body)?;
        if self.tables.knows(table_id, body) {
            return Ok(Next::Continue);
        }
        let map = TableMap::parse(body)?;
        self.tables.ask(table_id, body, map.clone());
        let file = self.file.clone();
        Ok(Next::item(Item::NeedTable(NeedTable {
            file,
            position: event.span.start,
            map,
        })))
    }

    fn rows(&mut self, event: &Event<'_>) -> Result<Next> {
        if self.unwanted() {
            self.left_out += 1;
            return Ok(Next::Continue);
        }
        let rows = RowsEvent::parse(event.header.kind, event.body())?;
        let told = self.told(event, &rows)?;
        let bound = match self.tables.get(rows.table_id) {
            Some(Binding::Bound(bound)) => Arc::clone(bound),
            Some(Binding::Ignored) => {
                self.left_out += 1;
                return Ok(told);
            }
            None if rows.table_id == DUMMY_TABLE_ID => return Ok(told),
            None => {
                return Err(Error::corrupt(format!(
                    "rows of table id {} without a table map",
                    rows.table_id
                )));
            }
        };
        let name = Arc::clone(&bound.plan.name);
        self.emit_rows(event, &rows, &bound)
            .map_err(|error| error.in_table(&name.database, &name.table))?;
        Ok(told)
    }

    /// Rows that are told of, whatever becomes of them as events.
    fn told(&self, event: &Event<'_>, rows: &RowsEvent<'_>) -> Result<Next> {
        let Some(bound) = self.tables.told(rows.table_id) else {
            return Ok(Next::Continue);
        };
        if rows.kind != RowsKind::Write || rows.columns != bound.wires.len() {
            return Ok(Next::Continue);
        }
        let mut encoder = JsonEncoder::new(Arc::new(Envelope::new("", "", Format::Json)));
        encoder.begin(
            &bound.plan,
            &self
                .transaction
                .source(event, &self.file, &self.query, self.now_us),
        );
        let columns = Layout::new(Bitmap::new(rows.before), rows.columns);
        let (mut reader, mut values) = (Reader::new(rows.data), Vec::new());
        while !reader.is_empty() {
            read_image(&bound.wires, columns, &mut reader, &mut values)?;
            encoder.change(&bound.plan, 0, Change::Insert(&values))?;
        }
        Ok(Next::item(Item::Told(encoder.take())))
    }

    fn emit_rows(&mut self, event: &Event<'_>, rows: &RowsEvent<'_>, bound: &Bound) -> Result<()> {
        let columns = bound.wires.len();
        if rows.columns != columns {
            return Err(Error::corrupt(format!(
                "{} columns in the rows, {columns} in the table map",
                rows.columns
            )));
        }
        let State {
            transaction,
            file,
            query,
            encoder,
            ..
        } = self;
        encoder.begin(
            &bound.plan,
            &transaction.source(event, file, query, self.now_us),
        );
        let first = Layout::new(Bitmap::new(rows.before), columns);
        let second = Layout::new(Bitmap::new(rows.after), columns);
        let mut reader = Reader::new(rows.data);
        let (start, next) = self.transaction.numbered;
        let mut index = if start == event.span.start { next } else { 0 };
        // INSERT … VALUES () with binlog_row_image=MINIMAL: a row without columns has no bytes, and its event no other.
        let lone = rows.kind == RowsKind::Write && rows.data.is_empty() && first.is_empty();
        let mut alone = lone;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let watched = self
            .watch
            .as_ref()
            .is_some_and(|watch| watch.is_of(&bound.plan));
        while !reader.is_empty() || std::mem::take(&mut alone) {
            let left = reader.len();
            match self.single(rows.kind, watched) {
                Some((encoder, operation)) => {
                    let image = Image::new(&bound.wires, first, &mut reader)?;
                    encoder.stream(&bound.plan, index, operation, image)?;
                }
                None => {
                    read_image(&bound.wires, first, &mut reader, &mut before)?;
                    let change = match rows.kind {
                        RowsKind::Write => Change::Insert(&before),
                        RowsKind::Delete => Change::Delete(&before),
                        RowsKind::Update | RowsKind::PartialUpdate => {
                            if rows.kind == RowsKind::Update {
                                read_image(&bound.wires, second, &mut reader, &mut after)?;
                            } else {
                                read_partial_image(
                                    &bound.wires,
                                    second,
                                    &before,
                                    &mut reader,
                                    &mut after,
                                )?;
                            }
                            fill_unchanged(&before, &mut after);
                            Change::Update {
                                before: &before,
                                after: &after,
                            }
                        }
                    };
                    let rows = self.encoder.rows();
                    let skipped = self.skipped();
                    if skipped {
                        self.encoder.pass_over(&bound.plan.name);
                    } else {
                        self.encoder.change(&bound.plan, index, change)?;
                    }
                    // What gives no event (`skipped.operations`) takes no row's place; a deleted row is gone anyway.
                    let counts = skipped
                        || self.encoder.rows() > rows
                        || change.operation() == Operation::Delete;
                    if let Some(watch) = self.watch.as_mut().filter(|_| watched && counts) {
                        watch.note(&bound.plan, change)?;
                    }
                }
            }
            // Rows without columns would otherwise never end.
            if reader.len() == left && !lone {
                return Err(Error::corrupt("a row of no bytes"));
            }
            self.transaction.rows += 1;
            index += 1;
        }
        self.transaction.numbered = (event.span.start, index);
        Ok(())
    }

    /// Where the values of a row with one image may be written as they are read.
    #[inline]
    fn single(&mut self, kind: RowsKind, watched: bool) -> Option<(&mut JsonEncoder, Operation)> {
        let operation = match kind {
            RowsKind::Write => Operation::Insert,
            RowsKind::Delete => Operation::Delete,
            RowsKind::Update | RowsKind::PartialUpdate => return None,
        };
        if watched || self.skip.is_some() || self.taken_over.is_some() {
            return None;
        }
        Some((self.encoder.streaming()?, operation))
    }

    /// Whether the row came out on an earlier connection.
    fn skipped(&mut self) -> bool {
        if let Some(taken_over) = &mut self.taken_over {
            return taken_over.skips();
        }
        match &mut self.skip {
            Some((gtid, left)) if *left > 0 && *gtid == self.transaction.gtid_text => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

impl Hold {
    fn hand_out(&mut self) -> XaHold {
        let first = std::mem::replace(&mut self.first, false);
        XaHold {
            xid: self.xid.clone(),
            data: std::mem::take(&mut self.frames),
            first,
        }
    }
}
