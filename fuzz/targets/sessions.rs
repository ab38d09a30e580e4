//! See `crates/harness/src/sessions`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_harness::run("sessions", bytes));
