//! See `crates/harness/src/codec`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_harness::run("codec", bytes));
