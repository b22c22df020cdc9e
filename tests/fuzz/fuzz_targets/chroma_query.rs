#![no_main]

use caponier_fuzz::check_store;
use caponier_protocol::Store;

const PATH: &str = "/api/v2/tenants/t/databases/d/collections/c/query";

libfuzzer_sys::fuzz_target!(|input: &[u8]| check_store(Store::Chroma, "POST", PATH, input));
