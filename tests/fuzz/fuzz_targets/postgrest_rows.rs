#![no_main]

use caponier_fuzz::check_store;
use caponier_protocol::Store;

const PATH: &str = "/documents";

libfuzzer_sys::fuzz_target!(|input: &[u8]| check_store(Store::PostgRest, "GET", PATH, input));
