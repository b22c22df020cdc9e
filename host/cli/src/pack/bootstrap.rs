//! A complete bootstrap for Envoy around a packed module.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use caponier_config::{Config, PathPattern, Upstream};
use serde_json::{Value, json};

const FILTERS: &str = "type.googleapis.com/envoy.extensions.filters";

/// The labels of the filter's metrics. They are parts of a metric's name until Envoy takes them out.
const LABELS: &[&str] = &[
    "route",
    "action",
    "status",
    "stage",
    "plugin",
    "kind",
    "rule",
    "direction",
    "revision",
];

/// The bootstrap as JSON, which is YAML as well.
///
/// The listener is the gateway's, and each route goes to its upstream. Buffers are as large as a
/// body may be: Envoy's own limit of 1 MiB would refuse what the configuration allows.
pub(super) fn bootstrap(config: &Config, module: &Path) -> anyhow::Result<Vec<u8>> {
    let Some(gateway) = &config.gateway else {
        bail!("the configuration has no `gateway:`, so Envoy would have nothing to listen on");
    };
    if gateway.tls.is_some() {
        bail!(
            "gateway.tls: Envoy's own `transport_socket` does that, and is not written here; hint: pack without --envoy and put the filter into a listener of yours"
        );
    }
    if let Some(admin) = &config.admin
        && !admin.listen.ip().is_loopback()
    {
        bail!(
            "admin.listen: in Envoy this is its own admin port, where anyone who reaches it may read the whole configuration and stop the proxy, and {} is not a loopback address; hint: `listen: 127.0.0.1:{}`, or pack without --envoy",
            admin.listen.ip(),
            admin.listen.port()
        );
    }
    let module = module
        .canonicalize()
        .with_context(|| format!("cannot find {}", module.display()))?;
    let buffer = u32::try_from(config.limits.body).unwrap_or(u32::MAX);
    let mut clusters = BTreeMap::new();
    let mut routes = Vec::new();
    for (index, route) in gateway.routes.iter().enumerate() {
        let Some(upstream) = &route.upstream else {
            bail!(
                "gateway.routes[{index}] has no `upstream`: the echo model is the gateway's, Envoy has none"
            );
        };
        if upstream.credentials.is_some() {
            bail!(
                "gateway.routes[{index}].credentials: Envoy's `credential_injector` does that; hint: pack without --envoy"
            );
        }
        let name = format!("{}:{}", upstream.host, upstream.port);
        clusters
            .entry(name.clone())
            .or_insert_with(|| cluster(&name, upstream, buffer));
        let (matching, path) = match &route.path {
            PathPattern::Exact(path) => (json!({"path": path}), path),
            PathPattern::Prefix(prefix) => (json!({"prefix": prefix}), prefix),
        };
        let mut action = serde_json::Map::new();
        action.insert("cluster".into(), json!(name));
        action.insert("timeout".into(), json!("0s"));
        action.insert("idle_timeout".into(), json!(seconds(route.timeouts.idle)));
        action.insert("host_rewrite_literal".into(), json!(upstream.host));
        if !upstream.base_path.is_empty() {
            let below = format!("{}{path}", upstream.base_path);
            action.insert("prefix_rewrite".into(), json!(below));
        }
        routes.push(json!({"match": matching, "route": action}));
    }
    let manager = json!({
        "@type": format!("{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "caponier",
        "codec_type": "AUTO",
        "normalize_path": false,
        // Clients reach this listener directly. What they say of their own address, or to Envoy
        // about how it should treat them, counts for nothing.
        "use_remote_address": true,
        "skip_xff_append": true,
        "internal_address_config": {},
        "route_config": {"virtual_hosts": [{"name": "model", "domains": ["*"], "routes": routes}]},
        "http_filters": [filter(&module), {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": format!("{FILTERS}.http.router.v3.Router")},
        }],
    });
    let tags: Vec<Value> = LABELS
        .iter()
        .map(|label| json!({"tag_name": label, "regex": format!("(;{label}=([^;]*))")}))
        .collect();
    let mut bootstrap = json!({
        "stats_config": {"stats_tags": tags},
        "static_resources": {
            "listeners": [{
                "name": "gateway",
                "address": address(&gateway.listen.ip().to_string(), gateway.listen.port()),
                "per_connection_buffer_limit_bytes": buffer,
                "filter_chains": [{"filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": manager,
                }]}],
            }],
            "clusters": clusters.into_values().collect::<Vec<_>>(),
        },
    });
    if let (Some(admin), Some(fields)) = (config.admin, bootstrap.as_object_mut()) {
        let place = address(&admin.listen.ip().to_string(), admin.listen.port());
        fields.insert("admin".into(), json!({"address": place}));
    }
    Ok(serde_json::to_vec_pretty(&bootstrap)?)
}

/// The filter. Without `allow_on_headers_stop_iteration` headers would be on their way before the
/// body is judged.
fn filter(module: &Path) -> Value {
    json!({
        "name": "caponier",
        "typed_config": {
            "@type": format!("{FILTERS}.http.wasm.v3.Wasm"),
            "config": {
                "name": "caponier",
                "root_id": "caponier",
                "fail_open": false,
                "allow_on_headers_stop_iteration": true,
                "vm_config": {
                    "vm_id": "caponier",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": module}},
                },
            },
        },
    })
}

fn cluster(name: &str, upstream: &Upstream, buffer: u32) -> Value {
    let is_address = upstream.host.parse::<IpAddr>().is_ok();
    let mut cluster = json!({
        "name": name,
        "type": if is_address { "STATIC" } else { "STRICT_DNS" },
        "connect_timeout": "5s",
        "per_connection_buffer_limit_bytes": buffer,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": address(&upstream.host, upstream.port)}},
        ]}]},
    });
    if upstream.tls
        && let Some(fields) = cluster.as_object_mut()
    {
        let trusted = upstream
            .trusted_ca
            .as_deref()
            .unwrap_or("/etc/ssl/certs/ca-certificates.crt");
        fields.insert(
            "transport_socket".into(),
            json!({
                "name": "envoy.transport_sockets.tls",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                    "sni": upstream.host,
                    "common_tls_context": {"validation_context": {
                        "trusted_ca": {"filename": trusted},
                        "match_typed_subject_alt_names": [
                            {"san_type": "DNS", "matcher": {"exact": upstream.host}},
                        ],
                    }},
                },
            }),
        );
    }
    cluster
}

fn address(host: &str, port: u16) -> Value {
    json!({"socket_address": {"address": host, "port_value": port}})
}

fn seconds(time: std::time::Duration) -> String {
    format!("{}s", time.as_secs_f64())
}
