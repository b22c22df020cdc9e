//! Envoy's functions, each called in one place.
//!
//! What the crate of the ABI makes of them panics on a status it does not expect, and a panic ends
//! the worker's VM. Here every status that is not good is an answer like any other.

#![expect(
    unsafe_code,
    reason = "Envoy's functions are imports, which Rust cannot vouch for"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use crate::host::{Body, Host, Level, Map, Metric, Property, Shared};
use crate::identity::pairs;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, len: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        len: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        buffer: u32,
        start: usize,
        len: usize,
        data: *const u8,
        size: usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_len: usize,
        value: *const u8,
        value_len: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_len: usize) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_len: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, len: usize, metric: *mut u32) -> u32;
    fn proxy_increment_metric(metric: u32, by: i64) -> u32;
    fn proxy_record_metric(metric: u32, value: u64) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_len: usize,
        data: *mut *mut u8,
        size: *mut usize,
        state: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_len: usize,
        value: *const u8,
        value_len: usize,
        state: u32,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_len: usize,
        body: *const u8,
        body_len: usize,
        headers: *const u8,
        headers_len: usize,
        grpc_status: i32,
    ) -> u32;
}

/// Envoy's word for what is not there.
const NOT_FOUND: u32 = 1;

/// What Envoy calls the buffer of the filter's configuration.
const CONFIGURATION: u32 = 7;

/// Envoy, as one callback of a stream sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envoy;

/// Bytes that Envoy has put into this module's memory, in room that it asked the module for.
fn taken(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Option<Vec<u8>> {
    let mut data: *mut u8 = std::ptr::null_mut();
    let mut size = 0_usize;
    if call(&raw mut data, &raw mut size) != 0 {
        return None;
    }
    if data.is_null() {
        return Some(Vec::new());
    }
    // SAFETY: Envoy has filled `size` bytes that it got from `proxy_on_memory_allocate`, which gives
    // away a boxed slice of that size; nobody else has it.
    Some(unsafe { Vec::from_raw_parts(data, size, size) })
}

fn buffer(number: u32, len: usize) -> Option<Vec<u8>> {
    // Envoy refuses a range whose end overflows 32 bits.
    let len = len.min(1 << 31);
    taken(|data, size| {
        // SAFETY: both addresses are those of live variables.
        unsafe { proxy_get_buffer_bytes(number, 0, len, data, size) }
    })
}

/// The filter's configuration.
pub(crate) fn configuration(len: usize) -> Vec<u8> {
    buffer(CONFIGURATION, len).unwrap_or_default()
}

fn number(body: Body) -> u32 {
    match body {
        Body::Request => 0,
        Body::Response => 1,
    }
}

fn map_number(map: Map) -> u32 {
    match map {
        Map::Request => 0,
        Map::Response => 2,
    }
}

/// Pairs as Envoy reads them: a count, each pair's two lengths, then each pair's bytes, with a zero
/// after each.
fn written(list: &[(&str, &str)]) -> Vec<u8> {
    let length = |len: usize| u32::try_from(len).unwrap_or(0).to_le_bytes();
    let mut bytes = length(list.len()).to_vec();
    for (name, value) in list {
        bytes.extend(length(name.len()));
        bytes.extend(length(value.len()));
    }
    for (name, value) in list {
        for part in [name, value] {
            bytes.extend(part.as_bytes());
            bytes.push(0);
        }
    }
    bytes
}

impl Host for Envoy {
    fn headers(&self, map: Map) -> Option<Vec<(String, Vec<u8>)>> {
        let bytes = taken(|data, size| {
            // SAFETY: both addresses are those of live variables.
            unsafe { proxy_get_header_map_pairs(map_number(map), data, size) }
        });
        let named = |(name, value)| {
            let name = String::from_utf8(name).ok()?;
            Some((name.to_ascii_lowercase(), value))
        };
        pairs(&bytes?)?.into_iter().map(named).collect()
    }

    fn set_header(&self, map: Map, name: &str, value: Option<&str>) -> bool {
        let map = map_number(map);
        // SAFETY: addresses and lengths are those of live strings.
        let status = unsafe {
            match value {
                Some(value) => proxy_replace_header_map_value(
                    map,
                    name.as_ptr(),
                    name.len(),
                    value.as_ptr(),
                    value.len(),
                ),
                None => proxy_remove_header_map_value(map, name.as_ptr(), name.len()),
            }
        };
        status == 0
    }

    fn body(&self, body: Body, len: usize) -> Option<Vec<u8>> {
        buffer(number(body), len)
    }

    fn set_body(&self, body: Body, len: usize, bytes: &[u8]) -> bool {
        // SAFETY: address and length are those of a live slice.
        let status =
            unsafe { proxy_set_buffer_bytes(number(body), 0, len, bytes.as_ptr(), bytes.len()) };
        status == 0
    }

    fn respond(&self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> bool {
        let headers = written(headers);
        let details = "caponier";
        // SAFETY: addresses and lengths are those of live slices.
        let status = unsafe {
            proxy_send_local_response(
                u32::from(status),
                details.as_ptr(),
                details.len(),
                body.as_ptr(),
                body.len(),
                headers.as_ptr(),
                headers.len(),
                -1,
            )
        };
        status == 0
    }

    fn property(&self, path: &[&str]) -> Property {
        let path = path.join("\0");
        let mut status = 0;
        let value = taken(|data, size| {
            // SAFETY: the path is a live string, the addresses are those of live variables.
            status = unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) };
            status
        });
        match value {
            Some(value) => Property::Found(value),
            None if status == NOT_FOUND => Property::Absent,
            None => Property::Unreadable,
        }
    }

    fn unix_millis(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }

    fn random(&self, bytes: &mut [u8]) -> bool {
        random(bytes)
    }

    fn metric(&self, kind: Metric, name: &str) -> Option<u32> {
        let kind = match kind {
            Metric::Counter => 0,
            Metric::Gauge => 1,
            Metric::Histogram => 2,
        };
        let mut metric = 0_u32;
        // SAFETY: the name is a live string, the address is that of a live variable.
        let status =
            unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut metric) };
        (status == 0).then_some(metric)
    }

    fn add(&self, metric: u32, by: i64) {
        // SAFETY: it takes any numbers.
        let _ = unsafe { proxy_increment_metric(metric, by) };
    }

    fn measure(&self, metric: u32, value: u64) {
        // SAFETY: it takes any numbers.
        let _ = unsafe { proxy_record_metric(metric, value) };
    }

    fn shared(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        let mut state = 0_u32;
        let mut status = 0;
        let bytes = taken(|data, size| {
            // SAFETY: the key is a live string, the addresses are those of live variables.
            status = unsafe {
                proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut state)
            };
            status
        });
        match bytes {
            Some(bytes) => Some((bytes, state)),
            None => (status == NOT_FOUND).then(|| (Vec::new(), 0)),
        }
    }

    fn share(&self, key: &str, value: &[u8], state: u32) -> Shared {
        const CHANGED: u32 = 8;
        // SAFETY: addresses and lengths are those of live slices.
        let status = unsafe {
            proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), state)
        };
        match status {
            0 => Shared::Done,
            CHANGED => Shared::Changed,
            _ => Shared::Failed,
        }
    }

    fn log(&self, level: Level, line: &str) {
        let level = match level {
            Level::Debug => 1,
            Level::Info => 2,
            Level::Warn => 3,
            Level::Error => 4,
        };
        // SAFETY: address and length are those of a live string.
        let _ = unsafe { proxy_log(level, line.as_ptr(), line.len()) };
    }
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn random_get(data: *mut u8, len: usize) -> i32;
}

fn random(bytes: &mut [u8]) -> bool {
    // SAFETY: address and length are those of a live slice, which is written to.
    unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) == 0 }
}
