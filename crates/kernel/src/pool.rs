//! Output buffers used again: a fresh megabyte per batch would cost a page fault per 4 KB.

use std::sync::{Mutex, PoisonError};

#[derive(Debug)]
pub struct Pool {
    /// Buffers that grew beyond this (one huge row) are let go.
    keep_bytes: usize,
    free: Mutex<Vec<Vec<u8>>>,
}

/// More than the batches that queue, writer and decoder hold between them.
const KEPT: usize = 8;

impl Pool {
    pub fn new(keep_bytes: usize) -> Self {
        Pool {
            keep_bytes,
            free: Mutex::new(Vec::new()),
        }
    }

    pub fn take(&self) -> Vec<u8> {
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    pub fn give_back(&self, mut buffer: Vec<u8>) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT && buffer.capacity() > 0 && buffer.capacity() <= self.keep_bytes {
            buffer.clear();
            free.push(buffer);
        }
    }
}
