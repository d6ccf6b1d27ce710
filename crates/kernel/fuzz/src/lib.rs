//! Fuzz targets of the kernel, for libFuzzer: `cargo +nightly fuzz run TARGET` in crates/kernel.
//!
//! Seeds come from the recorded binlogs: `cargo test --test fuzz_targets -- --ignored`. What breaks a target goes to
//! testdata/crashes/TARGET.

#[path = "../../tests/support/decode.rs"]
mod decode;
pub mod targets;
