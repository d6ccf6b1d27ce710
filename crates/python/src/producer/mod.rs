//! `Producer`: batches into Kafka through librdkafka, record by record without Python.

mod client;
mod librdkafka;

use crate::batch::Batch;
use crate::gil::without_gil;
use client::{Client, Failure, Happening};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyImportError, PyValueError};
use pyo3::prelude::*;
use std::ffi::OsString;
use std::time::Duration;

create_exception!(
    tailrace._kernel,
    KafkaFailure,
    PyException,
    "librdkafka refused: (name, text, kind), kind being 'fatal', 'abort', 'retriable' or ''."
);

fn raise(failure: Failure) -> PyErr {
    KafkaFailure::new_err((failure.name, failure.text, failure.kind.word()))
}

fn seconds(timeout: f64) -> Duration {
    Duration::try_from_secs_f64(timeout.max(0.0)).unwrap_or(Duration::MAX)
}

#[pyclass(frozen, module = "tailrace._kernel")]
pub struct Producer {
    client: Client,
}

#[pymethods]
impl Producer {
    #[new]
    fn new(library: OsString, properties: Vec<(String, String)>) -> PyResult<Self> {
        let api = librdkafka::Api::load(&library)
            .map_err(|error| PyImportError::new_err(error.to_string()))?;
        let client = Client::new(api, &properties).map_err(PyValueError::new_err)?;
        Ok(Producer { client })
    }

    /// Records `start..end` of the batch; returns the first that did not fit into the queue any more.
    fn produce(&self, py: Python<'_>, batch: &Batch, start: usize, end: usize) -> PyResult<usize> {
        let batch = batch.kernel();
        without_gil(py, || self.client.produce(batch, start, end)).map_err(raise)
    }

    /// One record made in Python; False: the queue is full.
    #[pyo3(signature = (topic, key, value, partition = None))]
    fn send(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        partition: Option<i32>,
    ) -> PyResult<bool> {
        self.client
            .send(topic, key, value, partition)
            .map_err(raise)
    }

    /// What happened since, waiting up to `timeout` seconds for the first: (kind, name or facility, text).
    fn poll(&self, py: Python<'_>, timeout: f64) -> Vec<(&'static str, String, String)> {
        let happenings = without_gil(py, || self.client.poll(seconds(timeout)));
        happenings.into_iter().map(Happening::parts).collect()
    }

    /// Waits until all that was given is acknowledged or `timeout` seconds are over; returns how many are not.
    fn flush(&self, py: Python<'_>, timeout: f64) -> usize {
        without_gil(py, || self.client.flush(seconds(timeout)))
    }

    /// Drops what has not been acknowledged.
    fn purge(&self, py: Python<'_>) {
        without_gil(py, || self.client.purge());
    }

    fn init_transactions(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        without_gil(py, || self.client.init_transactions(seconds(timeout))).map_err(raise)
    }

    fn begin_transaction(&self) -> PyResult<()> {
        self.client.begin_transaction().map_err(raise)
    }

    fn commit_transaction(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        without_gil(py, || self.client.commit_transaction(seconds(timeout))).map_err(raise)
    }

    fn abort_transaction(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        without_gil(py, || self.client.abort_transaction(seconds(timeout))).map_err(raise)
    }

    /// Records that are not acknowledged yet.
    fn __len__(&self) -> usize {
        self.client.waiting()
    }
}
