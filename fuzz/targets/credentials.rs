//! See `crates/harness/src/credentials`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_harness::run("credentials", bytes));
