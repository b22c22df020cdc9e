//! The filter as Envoy's configuration names it.

use std::path::Path;

use serde_json::{Value, json};

use super::FILTERS;

/// What the filter is called, wherever it is named.
pub(super) const NAME: &str = "caponier";

/// The filter with its module. Without `allow_on_headers_stop_iteration` headers would be on their
/// way before the body is judged.
pub(super) fn filter(module: &Path) -> Value {
    json!({"name": NAME, "typed_config": wasm(json!({"local": {"filename": module}}))})
}

/// Its configuration, with the code from wherever it is.
pub(super) fn wasm(code: Value) -> Value {
    json!({
        "@type": format!("{FILTERS}.http.wasm.v3.Wasm"),
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
