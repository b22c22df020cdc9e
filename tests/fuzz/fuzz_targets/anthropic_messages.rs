#![no_main]

use caponier_fuzz::check;
use caponier_protocol::Format;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check(&Format::AnthropicMessages, input));
