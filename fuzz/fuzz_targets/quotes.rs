//! Any bytes at all against the promises of the quote records.
#![no_main]

#[path = "../../tests/quotes_fuzz/target.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| target::quotes(bytes));
