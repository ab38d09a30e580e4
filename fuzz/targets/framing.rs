//! See `crates/harness/src/framing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_harness::run("framing", bytes));
