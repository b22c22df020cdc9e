//! The upstreams of the routes, each once.

use std::net::IpAddr;
use std::time::Duration;

use caponier_config::{Route, Upstream};
use caponier_runtime::Files;
use serde_json::{Value, json};

use super::output::absolute;

/// What Envoy trusts where a route names no authority of its own.
const PUBLIC_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// All in which two upstreams on the same host and port may differ.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    tls: bool,
    host: String,
    port: u16,
    trusted_ca: Option<String>,
    connect: Duration,
}

/// The clusters so far.
pub(super) struct Clusters<'f> {
    files: &'f Files,
    buffer: u32,
    known: Vec<(Target, String)>,
}

impl<'f> Clusters<'f> {
    pub(super) fn new(files: &'f Files, buffer: u32) -> Self {
        Self {
            files,
            buffer,
            known: Vec::new(),
        }
    }

    /// The name of the cluster that a route's requests go to. Routes share one only if they would
    /// speak to it in the same way.
    pub(super) fn of(&mut self, route: &Route, upstream: &Upstream) -> anyhow::Result<String> {
        let trusted_ca = match upstream.trusted_ca.as_deref().filter(|_| upstream.tls) {
            Some(path) => Some(absolute(&self.files.resolve(path))?),
            None => None,
        };
        let target = Target {
            tls: upstream.tls,
            host: upstream.host.clone(),
            port: upstream.port,
            trusted_ca,
            connect: route.timeouts.connect,
        };
        if let Some((_, name)) = self.known.iter().find(|(known, _)| *known == target) {
            return Ok(name.clone());
        }
        let scheme = if target.tls { "https" } else { "http" };
        let plain = format!("{scheme}://{}:{}", target.host, target.port);
        let alike = self.known.iter().filter(|(_, name)| {
            let own = name.split_once('#').map_or(name.as_str(), |(own, _)| own);
            own == plain
        });
        let name = match alike.count() {
            0 => plain,
            before => format!("{plain}#{}", before + 1),
        };
        self.known.push((target, name.clone()));
        Ok(name)
    }

    pub(super) fn to_json(&self) -> Vec<Value> {
        let clusters = self.known.iter();
        clusters
            .map(|(target, name)| cluster(target, name, self.buffer))
            .collect()
    }
}

fn cluster(target: &Target, name: &str, buffer: u32) -> Value {
    let is_address = target.host.parse::<IpAddr>().is_ok();
    let mut cluster = json!({
        "name": name,
        "type": if is_address { "STATIC" } else { "STRICT_DNS" },
        "connect_timeout": super::seconds(target.connect),
        "per_connection_buffer_limit_bytes": buffer,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": super::address(&target.host, target.port)}},
        ]}]},
    });
    if let (true, Some(fields)) = (target.tls, cluster.as_object_mut()) {
        fields.insert("transport_socket".into(), tls(target, is_address));
    }
    cluster
}

fn tls(target: &Target, is_address: bool) -> Value {
    let trusted = target.trusted_ca.as_deref().unwrap_or(PUBLIC_AUTHORITIES);
    let san_type = if is_address { "IP_ADDRESS" } else { "DNS" };
    let mut context = json!({
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": {"validation_context": {
            "trusted_ca": {"filename": trusted},
            "match_typed_subject_alt_names": [
                {"san_type": san_type, "matcher": {"exact": target.host}},
            ],
        }},
    });
    // An address is no server name.
    if let (false, Some(fields)) = (is_address, context.as_object_mut()) {
        fields.insert("sni".into(), json!(target.host));
    }
    json!({"name": "envoy.transport_sockets.tls", "typed_config": context})
}
