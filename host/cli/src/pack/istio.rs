//! An EnvoyFilter for Istio.
//!
//! A WasmPlugin would not do: it cannot say `allow_on_headers_stop_iteration`, without which headers
//! cannot wait until the body is judged.

use anyhow::bail;
use serde_json::{Value, json};

use super::ecds::discovered;
use super::filter::{NAME, wasm};
use crate::args::{Direction, Pack};

/// Istio's agent fetches the module and hands Envoy a file; the name of the cluster is not used.
const BY_THE_AGENT: &str = "_";

/// What a module can be checked by, once it has been fetched.
pub(super) struct Digests {
    pub(super) module: String,
    /// Of the image's manifest, as an image is pushed and pulled.
    pub(super) image: String,
}

/// The manifest as JSON, which is YAML as well.
pub(super) fn envoy_filter(
    command: &Pack,
    url: &str,
    digests: &Digests,
    buffer: u32,
) -> anyhow::Result<Vec<u8>> {
    let context = match command.direction {
        Direction::Gateway => "GATEWAY",
        Direction::Inbound => "SIDECAR_INBOUND",
        Direction::Outbound => "SIDECAR_OUTBOUND",
    };
    let (label, value) = &command.selector;
    let router = json!({
        "context": context,
        "listener": {"filterChain": {"filter": {
            "name": "envoy.filters.network.http_connection_manager",
            "subFilter": {"name": "envoy.filters.http.router"},
        }}},
    });
    let buffers = json!({"per_connection_buffer_limit_bytes": buffer});
    let patch = |place: &str, matching: Value, operation: &str, value: Value| {
        json!({
            "applyTo": place,
            "match": matching,
            "patch": {"operation": operation, "value": value},
        })
    };
    let here = json!({"context": context});
    let resource = json!({"name": NAME, "typed_config": wasm(code(url, digests)?)});
    // Without a time limit a listener waits for the module rather than open without it.
    let filter = discovered(json!({
        "ads": {},
        "initial_fetch_timeout": "0s",
        "resource_api_version": "V3",
    }));
    let manifest = json!({
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": NAME},
        "spec": {
            "workloadSelector": {"labels": {label.as_str(): value}},
            "configPatches": [
                patch("EXTENSION_CONFIG", here.clone(), "ADD", resource),
                patch("HTTP_FILTER", router, "INSERT_BEFORE", filter),
                patch("LISTENER", here.clone(), "MERGE", buffers.clone()),
                patch("CLUSTER", here, "MERGE", buffers),
            ],
        },
    });
    Ok(serde_json::to_vec_pretty(&manifest)?)
}

fn code(url: &str, digests: &Digests) -> anyhow::Result<Value> {
    if let Some(path) = url
        .strip_prefix("file://")
        .filter(|path| path.starts_with('/'))
    {
        return Ok(json!({"local": {"filename": path}}));
    }
    let is_named = |scheme: &str| {
        url.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    };
    let digest = if is_named("oci://") {
        &digests.image
    } else if is_named("https://") || is_named("http://") {
        &digests.module
    } else {
        bail!(
            "--url {url}: not an address that Istio fetches from; hint: oci://registry/name:tag, https://host/name.wasm, or file:///path within the proxy"
        );
    };
    Ok(json!({"remote": {
        "http_uri": {"uri": url, "timeout": "30s", "cluster": BY_THE_AGENT},
        "sha256": digest,
    }}))
}
