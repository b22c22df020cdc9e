#![no_main]

use caponier_fuzz::check_store;
use caponier_protocol::Store;

const PATH: &str = "/_bulk";

libfuzzer_sys::fuzz_target!(|input: &[u8]| check_store(Store::OpenSearch, "POST", PATH, input));
