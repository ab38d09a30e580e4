//! See `crates/harness/src/json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_harness::run("json", bytes));
