//! The part of librdkafka's C interface that a producer needs (`rdkafka.h`, stable since 1.9), from the library that the
//! package confluent-kafka brings along: one librdkafka in the process, and none to be compiled.

use libloading::Library;
use std::ffi::{OsStr, c_char, c_int, c_void};

/// Handles whose inside is librdkafka's own.
macro_rules! opaque {
    ($($name:ident),*) => { $(
        #[repr(C)]
        pub struct $name { _private: [u8; 0] }
    )* };
}
opaque!(Conf, Handle, Topic, Error, Queue, Event, Headers);

/// `rd_kafka_vtype_t`
pub mod vtype {
    pub const RKT: i32 = 2;
    pub const PARTITION: i32 = 3;
    pub const VALUE: i32 = 4;
    pub const KEY: i32 = 5;
    pub const MSGFLAGS: i32 = 7;
    pub const HEADERS: i32 = 10;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Mem {
    pub ptr: *const c_void,
    pub size: usize,
}

/// The union of `rd_kafka_vu_t`, padded to 64 bytes as there.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Value {
    pub topic: *mut Topic,
    pub i: c_int,
    pub i32: i32,
    pub mem: Mem,
    pub headers: *mut Headers,
    pub pad: [u64; 8],
}

/// `rd_kafka_vu_t`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Argument {
    pub vtype: i32,
    pub value: Value,
}

/// `rd_kafka_message_t`
#[repr(C)]
pub struct Message {
    pub err: c_int,
    pub topic: *mut Topic,
    pub partition: i32,
    pub payload: *mut c_void,
    pub len: usize,
    pub key: *mut c_void,
    pub key_len: usize,
    pub offset: i64,
    pub private: *mut c_void,
}

pub const PRODUCER: c_int = 0;
pub const MSG_F_COPY: c_int = 0x2;
pub const PARTITION_UA: i32 = -1;
pub const EVENT_DR: c_int = 0x1;
pub const EVENT_LOG: c_int = 0x4;
pub const EVENT_ERROR: c_int = 0x8;
pub const PURGE_QUEUE_AND_INFLIGHT: c_int = 0x3;
/// `RD_KAFKA_RESP_ERR__QUEUE_FULL`
pub const QUEUE_FULL: c_int = -184;

/// A table of functions, each by the name that `rdkafka.h` gives it.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        pub struct Api {
            $(pub $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            /// What the pointers above lead into; never unloaded before them.
            _library: Library,
        }

        impl Api {
            /// # Errors
            /// Where there is no such library, or it lacks a function.
            pub fn load(path: &OsStr) -> Result<Self, libloading::Error> {
                // SAFETY: the library is librdkafka; its initialisers do nothing but register themselves.
                let library = unsafe { Library::new(path) }?;
                Ok(Api {
                    // SAFETY: types are those of `rdkafka.h`.
                    $($name: *unsafe { library.get(concat!(stringify!($name), "\0").as_bytes()) }?,)*
                    _library: library,
                })
            }
        }
    };
}

functions! {
    rd_kafka_conf_new: fn() -> *mut Conf;
    rd_kafka_conf_set: fn(*mut Conf, *const c_char, *const c_char, *mut c_char, usize) -> c_int;
    rd_kafka_conf_destroy: fn(*mut Conf);
    rd_kafka_conf_set_events: fn(*mut Conf, c_int);
    rd_kafka_new: fn(c_int, *mut Conf, *mut c_char, usize) -> *mut Handle;
    rd_kafka_destroy: fn(*mut Handle);
    rd_kafka_set_log_queue: fn(*mut Handle, *mut Queue) -> c_int;
    rd_kafka_topic_new: fn(*mut Handle, *const c_char, *mut c_void) -> *mut Topic;
    rd_kafka_topic_destroy: fn(*mut Topic);
    rd_kafka_topic_name: fn(*const Topic) -> *const c_char;
    rd_kafka_produceva: fn(*mut Handle, *const Argument, usize) -> *mut Error;
    rd_kafka_headers_new: fn(usize) -> *mut Headers;
    rd_kafka_headers_copy: fn(*const Headers) -> *mut Headers;
    rd_kafka_headers_destroy: fn(*mut Headers);
    rd_kafka_header_add: fn(*mut Headers, *const c_char, isize, *const c_void, isize) -> c_int;
    rd_kafka_outq_len: fn(*mut Handle) -> c_int;
    rd_kafka_flush: fn(*mut Handle, c_int) -> c_int;
    rd_kafka_purge: fn(*mut Handle, c_int) -> c_int;
    rd_kafka_queue_get_main: fn(*mut Handle) -> *mut Queue;
    rd_kafka_queue_destroy: fn(*mut Queue);
    rd_kafka_queue_poll: fn(*mut Queue, c_int) -> *mut Event;
    rd_kafka_event_destroy: fn(*mut Event);
    rd_kafka_event_type: fn(*const Event) -> c_int;
    rd_kafka_event_message_next: fn(*mut Event) -> *const Message;
    rd_kafka_event_error: fn(*mut Event) -> c_int;
    rd_kafka_event_error_string: fn(*mut Event) -> *const c_char;
    rd_kafka_event_error_is_fatal: fn(*mut Event) -> c_int;
    rd_kafka_event_log: fn(*mut Event, *mut *const c_char, *mut *const c_char, *mut c_int) -> c_int;
    rd_kafka_err2name: fn(c_int) -> *const c_char;
    rd_kafka_err2str: fn(c_int) -> *const c_char;
    rd_kafka_init_transactions: fn(*mut Handle, c_int) -> *mut Error;
    rd_kafka_begin_transaction: fn(*mut Handle) -> *mut Error;
    rd_kafka_commit_transaction: fn(*mut Handle, c_int) -> *mut Error;
    rd_kafka_abort_transaction: fn(*mut Handle, c_int) -> *mut Error;
    rd_kafka_error_code: fn(*const Error) -> c_int;
    rd_kafka_error_string: fn(*const Error) -> *const c_char;
    rd_kafka_error_is_fatal: fn(*const Error) -> c_int;
    rd_kafka_error_is_retriable: fn(*const Error) -> c_int;
    rd_kafka_error_txn_requires_abort: fn(*const Error) -> c_int;
    rd_kafka_error_destroy: fn(*mut Error);
}
