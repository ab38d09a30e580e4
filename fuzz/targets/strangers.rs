//! See `crates/harness/src/strangers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_harness::run("strangers", bytes));
