//! librdkafka's producer as a safe type. The library is thread-safe; every pointer below lives as long as `Client`.

use super::librdkafka::{
    Api, Argument, EVENT_DR, EVENT_ERROR, EVENT_LOG, Error, Event, Handle, Headers, MSG_F_COPY,
    Mem, PARTITION_UA, PRODUCER, PURGE_QUEUE_AND_INFLIGHT, QUEUE_FULL, Queue, Topic, Value, vtype,
};
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tailrace_kernel::encode::batch::{Batch, Header, Record};

/// How long a flush waits before it looks at the deliveries that failed: they count as waiting until then.
const SLICE: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing can be done with this producer any more.
    Fatal,
    /// The transaction can only be aborted.
    Abort,
    Retriable,
    Other,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Fatal => "fatal",
            Kind::Abort => "abort",
            Kind::Retriable => "retriable",
            Kind::Other => "",
        }
    }
}

#[derive(Debug)]
pub struct Failure {
    pub name: String,
    pub text: String,
    pub kind: Kind,
}

/// What librdkafka tells of by itself.
#[derive(Debug)]
pub enum Happening {
    Log(String, String),
    Error(String, String),
    Fatal(String, String),
    /// A record was not delivered and never will be: name of the error, topic and reason.
    Lost(String, String),
}

impl Happening {
    pub fn parts(self) -> (&'static str, String, String) {
        match self {
            Happening::Log(facility, text) => ("log", facility, text),
            Happening::Error(name, text) => ("error", name, text),
            Happening::Fatal(name, text) => ("fatal", name, text),
            Happening::Lost(topic, text) => ("lost", topic, text),
        }
    }
}

/// Headers that all records of a batch share, made once.
type Shared = (Arc<[Header]>, *mut Headers);

pub struct Client {
    api: Api,
    handle: *mut Handle,
    events: *mut Queue,
    topics: Mutex<HashMap<Box<str>, usize>>,
}

// SAFETY: "The librdkafka API is thread-safe" (rdkafka.h, introduction); the pointers are never changed.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    /// # Errors
    /// The words of librdkafka on a property it does not accept.
    pub fn new(api: Api, properties: &[(String, String)]) -> Result<Self, String> {
        let mut words = [0 as c_char; 512];
        // SAFETY: strings end with NUL and outlive the calls; `words` is as long as said.
        unsafe {
            let conf = (api.rd_kafka_conf_new)();
            for (name, value) in properties {
                let (Ok(name), Ok(value)) = (CString::new(&**name), CString::new(&**value)) else {
                    (api.rd_kafka_conf_destroy)(conf);
                    return Err(format!("{name}: has a NUL character"));
                };
                let result = (api.rd_kafka_conf_set)(
                    conf,
                    name.as_ptr(),
                    value.as_ptr(),
                    words.as_mut_ptr(),
                    words.len(),
                );
                if result != 0 {
                    (api.rd_kafka_conf_destroy)(conf);
                    return Err(text(words.as_ptr()));
                }
            }
            (api.rd_kafka_conf_set_events)(conf, EVENT_DR | EVENT_ERROR | EVENT_LOG);
            let handle = (api.rd_kafka_new)(PRODUCER, conf, words.as_mut_ptr(), words.len());
            if handle.is_null() {
                (api.rd_kafka_conf_destroy)(conf);
                return Err(text(words.as_ptr()));
            }
            (api.rd_kafka_set_log_queue)(handle, ptr::null_mut());
            let events = (api.rd_kafka_queue_get_main)(handle);
            Ok(Client {
                api,
                handle,
                events,
                topics: Mutex::default(),
            })
        }
    }

    fn topic(&self, name: &str) -> Result<*mut Topic, Failure> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&topic) = topics.get(name) {
            return Ok(topic as *mut Topic);
        }
        let Ok(text) = CString::new(name) else {
            return Err(invalid("a topic's name has a NUL character"));
        };
        // SAFETY: the name is copied.
        let topic =
            unsafe { (self.api.rd_kafka_topic_new)(self.handle, text.as_ptr(), ptr::null_mut()) };
        if topic.is_null() {
            return Err(invalid("the topic's name is not allowed"));
        }
        topics.insert(name.into(), topic as usize);
        Ok(topic)
    }

    /// Hands over records `start..end`, copied; returns the first that found the queue full, or `end`.
    pub fn produce(&self, batch: &Batch, start: usize, end: usize) -> Result<usize, Failure> {
        let mut last: Option<(Arc<str>, *mut Topic)> = None;
        let mut shared: Option<Shared> = None;
        let records = batch.records.get(start..end).unwrap_or_default();
        let mut result = Ok(end);
        for (index, record) in records.iter().enumerate() {
            let topic = match &last {
                Some((name, topic)) if Arc::ptr_eq(name, &record.topic) => *topic,
                _ => match self.topic(&record.topic) {
                    Ok(topic) => {
                        last = Some((Arc::clone(&record.topic), topic));
                        topic
                    }
                    Err(failure) => {
                        result = Err(failure);
                        break;
                    }
                },
            };
            let headers = self.headers(record, &mut shared);
            let part = |range: &Option<std::ops::Range<usize>>| {
                range.clone().and_then(|range| batch.bytes.get(range))
            };
            match self.put(
                topic,
                record.partition.unwrap_or(PARTITION_UA),
                part(&record.key),
                part(&record.value),
                headers,
            ) {
                Ok(true) => {}
                Ok(false) => {
                    result = Ok(start + index);
                    break;
                }
                Err(failure) => {
                    result = Err(failure);
                    break;
                }
            }
        }
        if let Some((_, headers)) = shared {
            // SAFETY: made by `headers`, and given to nobody: records got copies.
            unsafe { (self.api.rd_kafka_headers_destroy)(headers) };
        }
        result
    }

    /// One record; False: the queue is full.
    pub fn send(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        partition: Option<i32>,
    ) -> Result<bool, Failure> {
        let topic = self.topic(topic)?;
        self.put(
            topic,
            partition.unwrap_or(PARTITION_UA),
            key,
            value,
            ptr::null_mut(),
        )
    }

    /// The record's headers, for librdkafka to keep; null: none.
    fn headers(&self, record: &Record, shared: &mut Option<Shared>) -> *mut Headers {
        let own = record.headers.iter().any(|headers| !headers.is_empty());
        match &record.shared_headers {
            Some(all) if !own && !all.is_empty() => {
                if !shared
                    .as_ref()
                    .is_some_and(|(known, _)| Arc::ptr_eq(known, all))
                {
                    let made = self.list(all.iter());
                    if let Some((_, old)) = shared.replace((Arc::clone(all), made)) {
                        // SAFETY: see `produce`.
                        unsafe { (self.api.rd_kafka_headers_destroy)(old) };
                    }
                }
                match shared {
                    // SAFETY: a list of ours.
                    Some((_, list)) => unsafe { (self.api.rd_kafka_headers_copy)(*list) },
                    None => ptr::null_mut(),
                }
            }
            _ if record.all_headers().next().is_some() => self.list(record.all_headers()),
            _ => ptr::null_mut(),
        }
    }

    fn list<'a>(&self, headers: impl Iterator<Item = &'a Header>) -> *mut Headers {
        // SAFETY: names and values are copied, their lengths given.
        unsafe {
            let list = (self.api.rd_kafka_headers_new)(8);
            for (name, value) in headers {
                (self.api.rd_kafka_header_add)(
                    list,
                    name.as_ptr().cast(),
                    name.len().cast_signed(),
                    value.as_ptr().cast(),
                    value.len().cast_signed(),
                );
            }
            list
        }
    }

    /// Takes `headers` over, whatever comes out.
    fn put(
        &self,
        topic: *mut Topic,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: *mut Headers,
    ) -> Result<bool, Failure> {
        let mem = |bytes: Option<&[u8]>| Value {
            mem: Mem {
                ptr: bytes.map_or(ptr::null(), |bytes| bytes.as_ptr().cast()),
                size: bytes.map_or(0, <[u8]>::len),
            },
        };
        let arguments = [
            Argument {
                vtype: vtype::RKT,
                value: Value { topic },
            },
            Argument {
                vtype: vtype::PARTITION,
                value: Value { i32: partition },
            },
            Argument {
                vtype: vtype::MSGFLAGS,
                value: Value { i: MSG_F_COPY },
            },
            Argument {
                vtype: vtype::KEY,
                value: mem(key),
            },
            Argument {
                vtype: vtype::VALUE,
                value: mem(value),
            },
            Argument {
                vtype: vtype::HEADERS,
                value: Value { headers },
            },
        ];
        let count = arguments.len() - usize::from(headers.is_null());
        // SAFETY: each argument is of its type; key and value are copied (MSG_F_COPY) before the call returns.
        let error =
            unsafe { (self.api.rd_kafka_produceva)(self.handle, arguments.as_ptr(), count) };
        if error.is_null() {
            return Ok(true);
        }
        if !headers.is_null() {
            // SAFETY: on failure they stay ours (rd_kafka_produceva).
            unsafe { (self.api.rd_kafka_headers_destroy)(headers) };
        }
        let (code, failure) = self.failure(error);
        if code == QUEUE_FULL {
            Ok(false)
        } else {
            Err(failure)
        }
    }

    pub fn poll(&self, timeout: Duration) -> Vec<Happening> {
        let mut happenings = Vec::new();
        let mut wait = milliseconds(timeout);
        loop {
            // SAFETY: the queue is ours; an event is destroyed once, after its last use.
            unsafe {
                let event = (self.api.rd_kafka_queue_poll)(self.events, wait);
                if event.is_null() {
                    return happenings;
                }
                self.read(event, &mut happenings);
                (self.api.rd_kafka_event_destroy)(event);
            }
            wait = 0;
        }
    }

    /// # Safety
    /// `event` is valid.
    unsafe fn read(&self, event: *mut Event, out: &mut Vec<Happening>) {
        let api = &self.api;
        // SAFETY: strings belong to the event, and are copied.
        unsafe {
            match (api.rd_kafka_event_type)(event) {
                EVENT_DR => loop {
                    let message = (api.rd_kafka_event_message_next)(event);
                    let Some(message) = message.as_ref() else {
                        return;
                    };
                    if message.err != 0 {
                        let topic = text((api.rd_kafka_topic_name)(message.topic));
                        let name = text((api.rd_kafka_err2name)(message.err));
                        let words = text((api.rd_kafka_err2str)(message.err));
                        out.push(Happening::Lost(name, format!("topic {topic}: {words}")));
                    }
                },
                EVENT_ERROR => {
                    let name = text((api.rd_kafka_err2name)((api.rd_kafka_event_error)(event)));
                    let words = text((api.rd_kafka_event_error_string)(event));
                    let fatal = (api.rd_kafka_event_error_is_fatal)(event) != 0;
                    out.push(if fatal {
                        Happening::Fatal(name, words)
                    } else {
                        Happening::Error(name, words)
                    });
                }
                EVENT_LOG => {
                    let (mut facility, mut words, mut level) = (ptr::null(), ptr::null(), 0);
                    (api.rd_kafka_event_log)(event, &mut facility, &mut words, &mut level);
                    out.push(Happening::Log(text(facility), text(words)));
                }
                _ => {}
            }
        }
    }

    pub fn flush(&self, timeout: Duration) -> usize {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let left = deadline.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
            // SAFETY: the handle is ours.
            let done =
                unsafe { (self.api.rd_kafka_flush)(self.handle, milliseconds(left.min(SLICE))) };
            if done == 0 || left.is_zero() {
                return self.waiting();
            }
        }
    }

    pub fn waiting(&self) -> usize {
        // SAFETY: the handle is ours.
        unsafe { (self.api.rd_kafka_outq_len)(self.handle) }
            .try_into()
            .unwrap_or_default()
    }

    pub fn purge(&self) {
        // SAFETY: the handle is ours.
        unsafe { (self.api.rd_kafka_purge)(self.handle, PURGE_QUEUE_AND_INFLIGHT) };
    }

    pub fn init_transactions(&self, timeout: Duration) -> Result<(), Failure> {
        // SAFETY: the handle is ours; so below.
        self.check(unsafe {
            (self.api.rd_kafka_init_transactions)(self.handle, milliseconds(timeout))
        })
    }

    pub fn begin_transaction(&self) -> Result<(), Failure> {
        // SAFETY: as above.
        self.check(unsafe { (self.api.rd_kafka_begin_transaction)(self.handle) })
    }

    pub fn commit_transaction(&self, timeout: Duration) -> Result<(), Failure> {
        // SAFETY: as above.
        self.check(unsafe {
            (self.api.rd_kafka_commit_transaction)(self.handle, milliseconds(timeout))
        })
    }

    pub fn abort_transaction(&self, timeout: Duration) -> Result<(), Failure> {
        // SAFETY: as above.
        self.check(unsafe {
            (self.api.rd_kafka_abort_transaction)(self.handle, milliseconds(timeout))
        })
    }

    fn check(&self, error: *mut Error) -> Result<(), Failure> {
        if error.is_null() {
            Ok(())
        } else {
            Err(self.failure(error).1)
        }
    }

    /// Reads and frees an error object.
    fn failure(&self, error: *mut Error) -> (c_int, Failure) {
        let api = &self.api;
        // SAFETY: `error` came from a call that gives it to us; it is destroyed once, here.
        unsafe {
            let code = (api.rd_kafka_error_code)(error);
            let kind = if (api.rd_kafka_error_is_fatal)(error) != 0 {
                Kind::Fatal
            } else if (api.rd_kafka_error_txn_requires_abort)(error) != 0 {
                Kind::Abort
            } else if (api.rd_kafka_error_is_retriable)(error) != 0 {
                Kind::Retriable
            } else {
                Kind::Other
            };
            let failure = Failure {
                name: text((api.rd_kafka_err2name)(code)),
                text: text((api.rd_kafka_error_string)(error)),
                kind,
            };
            (api.rd_kafka_error_destroy)(error);
            (code, failure)
        }
    }
}

impl Drop for Client {
    /// What is not acknowledged is dropped: whoever wants it delivered has flushed.
    fn drop(&mut self) {
        let topics = self
            .topics
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        // SAFETY: nobody else has the pointers any more; topics and queue go before the handle they belong to.
        unsafe {
            (self.api.rd_kafka_purge)(self.handle, PURGE_QUEUE_AND_INFLIGHT);
            for topic in topics.values() {
                (self.api.rd_kafka_topic_destroy)(*topic as *mut Topic);
            }
            (self.api.rd_kafka_queue_destroy)(self.events);
            (self.api.rd_kafka_destroy)(self.handle);
        }
    }
}

fn invalid(words: &str) -> Failure {
    Failure {
        name: "_INVALID_ARG".into(),
        text: words.into(),
        kind: Kind::Other,
    }
}

fn milliseconds(timeout: Duration) -> c_int {
    timeout.as_millis().try_into().unwrap_or(c_int::MAX)
}

/// # Safety
/// `words` is null or ends with NUL.
unsafe fn text(words: *const c_char) -> String {
    if words.is_null() {
        return String::new();
    }
    // SAFETY: see above.
    unsafe { CStr::from_ptr(words) }
        .to_string_lossy()
        .into_owned()
}
