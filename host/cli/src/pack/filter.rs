//! The filter as Envoy's configuration names it.

use serde_json::{Value, json};

/// What the filter is called, wherever it is named.
pub(super) const NAME: &str = "caponier";

/// The type of its configuration.
pub(super) const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

/// The filter with its module.
pub(super) fn filter(module: &str) -> Value {
    json!({"name": NAME, "typed_config": wasm(json!({"local": {"filename": module}}))})
}

/// Its configuration, with the code from wherever it is. Without `allow_on_headers_stop_iteration`
/// Envoy would not show the filter a body while the headers wait for it.
pub(super) fn wasm(code: Value) -> Value {
    json!({
        "@type": WASM,
        "config": {
            "name": NAME,
            "root_id": NAME,
            "fail_open": false,
            "allow_on_headers_stop_iteration": true,
            "vm_config": {
                "vm_id": NAME,
                "runtime": "envoy.wasm.runtime.v8",
                "code": code,
            },
        },
    })
}
