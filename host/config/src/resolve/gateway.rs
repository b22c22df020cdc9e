//! Listeners, identity and routes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{Scope, as_usize, item, join, keys, secret};
use crate::de::nearest;
use crate::gateway::{
    Admin, ApiKeys, Claims, ConnectionLimits, DecisionApi, DenyAs, Gateway, Http2, IdentitySource,
    Jwt, JwtAlgorithm, PathPattern, Protocol, Route, StreamMode, Timeouts, Tls, UnknownEndpoints,
};
use crate::limits::{HoldExceeded, Treatment};
use crate::plugins::Plugin;
use crate::raw;
use crate::yaml::{Segment, shown};

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

pub(super) fn gateway(
    scope: &mut Scope<'_>,
    raw: raw::Gateway,
    plugins: &[Plugin],
    hold: HoldExceeded,
) -> Gateway {
    let path = keys(["gateway"]);
    let listen = raw.listen.map_or(local(8787), |listen| listen.0);
    let tls = raw.tls.map(tls);
    let insecure = raw.insecure.unwrap_or(false);
    check_listener(scope, &path, listen, tls.is_some(), insecure);
    let identity = raw.identity.unwrap_or_default().into_iter().enumerate();
    let identity = identity
        .map(|(index, source)| {
            identity_source(scope, &item(&join(&path, ["identity"]), index), source)
        })
        .collect();
    let routes_path = join(&path, ["routes"]);
    let raw_routes = raw.routes.unwrap_or_else(default_routes);
    if raw_routes.is_empty() {
        scope.error(
            &routes_path,
            "no route leads anywhere",
            Some("name at least one `path`"),
        );
    }
    let mut seen: BTreeMap<PathPattern, usize> = BTreeMap::new();
    let mut routes = Vec::new();
    for (index, raw_route) in raw_routes.into_iter().enumerate() {
        let at = item(&routes_path, index);
        let route = route(scope, &at, raw_route, plugins, hold);
        if let Some(first) = seen.insert(route.path.clone(), index) {
            let line = scope
                .place(&join(&item(&routes_path, first), ["path"]))
                .line;
            scope.error(
                &join(&at, ["path"]),
                format!(
                    "`{}` is the path of the route in line {line} too",
                    route.path
                ),
                Some("keep one of the two"),
            );
        }
        routes.push(route);
    }
    // Exact paths first, then the longest prefix: the first match is the most specific one.
    routes.sort_by_key(|route| match &route.path {
        PathPattern::Exact(_) => (0, 0),
        PathPattern::Prefix(prefix) => (1, usize::MAX - prefix.len()),
    });
    Gateway {
        listen,
        tls,
        insecure,
        identity,
        routes,
        connections: connections(scope, &join(&path, ["connections"]), raw.connections),
        shutdown_grace: raw
            .shutdown_grace
            .map_or(Duration::from_secs(30), |grace| grace.0),
    }
}

fn default_routes() -> Vec<raw::Route> {
    vec![raw::Route {
        path: crate::scalars::Pattern(PathPattern::Prefix("/v1/".to_owned())),
        protocol: None,
        upstream: None,
        credentials: None,
        trusted_ca: None,
        plugins: None,
        stream: None,
        deny_as: None,
        hold_exceeded: None,
        pass: None,
        unknown_endpoints: None,
        websocket: None,
        timeouts: None,
    }]
}

fn tls(raw: raw::Tls) -> Tls {
    Tls {
        cert: raw.cert.0,
        key: raw.key.0,
    }
}

fn check_listener(
    scope: &mut Scope<'_>,
    path: &[Segment],
    listen: SocketAddr,
    safe: bool,
    insecure: bool,
) {
    if insecure {
        scope.warn(
            &join(path, ["insecure"]),
            "what passes here can be read and changed on its way",
        );
    } else if !safe && !listen.ip().is_loopback() {
        scope.error(
            &join(path, ["listen"]),
            format!("others can reach {listen}, and it has no TLS"),
            Some(
                "add `tls: { cert, key }`, listen on 127.0.0.1, or accept it with `insecure: true`",
            ),
        );
    }
}

fn identity_source(scope: &mut Scope<'_>, path: &[Segment], raw: raw::Identity) -> IdentitySource {
    let jwt = match raw {
        raw::Identity::ApiKeys(file) => return IdentitySource::ApiKeys(ApiKeys { file: file.0 }),
        raw::Identity::Jwt(jwt) => jwt,
    };
    let path = join(path, ["jwt"]);
    let audience: Vec<String> = jwt
        .audience
        .into_vec()
        .into_iter()
        .map(|audience| audience.0)
        .collect();
    if audience.is_empty() {
        scope.error(
            &join(&path, ["audience"]),
            "names no audience",
            Some("tokens for anyone are tokens for no one"),
        );
    }
    let algorithms = jwt.algorithms.unwrap_or_else(|| {
        vec![
            JwtAlgorithm::Rs256,
            JwtAlgorithm::Ps256,
            JwtAlgorithm::Es256,
            JwtAlgorithm::EdDsa,
        ]
    });
    if algorithms.is_empty() {
        scope.error(
            &join(&path, ["algorithms"]),
            "accepts no algorithm",
            Some("remove the key for the default"),
        );
    }
    let leeway = jwt
        .leeway
        .map_or(Duration::from_secs(30), |leeway| leeway.0);
    if leeway > Duration::from_secs(600) {
        scope.error(
            &join(&path, ["leeway"]),
            "is more than ten minutes",
            Some("set the clocks instead"),
        );
    }
    let claims = jwt.claims.unwrap_or(raw::Claims {
        id: None,
        tenant: None,
        roles: None,
    });
    IdentitySource::Jwt(Jwt {
        jwks: jwt.jwks.0,
        issuer: jwt.issuer.0,
        audience,
        algorithms,
        claims: Claims {
            id: claims.id.map_or_else(|| "sub".to_owned(), |claim| claim.0),
            tenant: claims.tenant.map(|claim| claim.0),
            roles: claims.roles.map(|claim| claim.0),
        },
        leeway,
    })
}

fn route(
    scope: &mut Scope<'_>,
    path: &[Segment],
    raw: raw::Route,
    plugins: &[Plugin],
    hold: HoldExceeded,
) -> Route {
    let mut upstream = raw.upstream.map(|url| url.0);
    for (key, given) in [
        ("credentials", raw.credentials.is_some()),
        ("trusted_ca", raw.trusted_ca.is_some()),
    ] {
        if given && upstream.is_none() {
            scope.error(
                &join(path, [key]),
                "there is no upstream to use it for",
                Some("add `upstream`: without one the built-in echo model answers"),
            );
        }
    }
    if let Some(upstream) = &mut upstream {
        upstream.credentials = raw.credentials.map(secret);
        upstream.trusted_ca = raw.trusted_ca.map(|file| file.0);
        let local = upstream.host == "localhost"
            || upstream
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if !upstream.tls && upstream.trusted_ca.is_some() {
            scope.error(
                &join(path, ["trusted_ca"]),
                "the upstream is not https",
                Some("write `https://` in `upstream`"),
            );
        } else if !upstream.tls && !local {
            scope.warn(
                &join(path, ["upstream"]),
                "prompts, answers and credentials go out unencrypted",
            );
        }
    }
    let names = raw
        .plugins
        .map(|names| route_plugins(scope, &join(path, ["plugins"]), names, plugins));
    let pass: Vec<PathPattern> = raw
        .pass
        .unwrap_or_default()
        .into_iter()
        .map(|pattern| pattern.0)
        .collect();
    if !pass.is_empty() {
        scope.warn(
            &join(path, ["pass"]),
            "what goes to these endpoints is not inspected",
        );
    }
    let unknown_endpoints = raw.unknown_endpoints.unwrap_or(UnknownEndpoints::Deny);
    if unknown_endpoints != UnknownEndpoints::Deny {
        scope.warn(
            &join(path, ["unknown_endpoints"]),
            "what goes to endpoints of no known format is not inspected",
        );
    }
    let protocol = raw.protocol.unwrap_or_default();
    if protocol == Protocol::Mcp && upstream.is_none() {
        scope.error(
            &join(path, ["protocol"]),
            "the built-in model does not speak MCP",
            Some("name the server as `upstream`"),
        );
    }
    let websocket = raw.websocket.unwrap_or(Treatment::Deny);
    if websocket != Treatment::Deny {
        scope.warn(
            &join(path, ["websocket"]),
            "what goes through a WebSocket is not inspected",
        );
    }
    Route {
        path: raw.path.0,
        protocol,
        upstream,
        plugins: names,
        stream: raw.stream.unwrap_or(StreamMode::Hold),
        deny_as: raw.deny_as.unwrap_or(DenyAs::Refusal),
        hold_exceeded: raw.hold_exceeded.unwrap_or(hold),
        pass,
        unknown_endpoints,
        websocket,
        timeouts: timeouts(scope, &join(path, ["timeouts"]), raw.timeouts),
    }
}

fn route_plugins(
    scope: &mut Scope<'_>,
    path: &[Segment],
    names: Vec<crate::scalars::Text>,
    plugins: &[Plugin],
) -> Vec<String> {
    let known: Vec<&str> = plugins.iter().filter_map(Plugin::known_name).collect();
    let unnamed = known.len() < plugins.len();
    let mut seen = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let name = name.0;
        if seen.contains(&name) {
            scope.error(
                &item(path, index),
                format!("`{}` stands here twice", shown(&name)),
                Some("remove one"),
            );
        } else if !known.contains(&name.as_str()) {
            // A plugin that brings its own name may be the one: that shows once it is loaded.
            let hint = match nearest(&name, known.iter().copied()) {
                Some(known) => Some(format!("did you mean `{known}`?")),
                None if unnamed => None,
                None => Some(format!("plugins here are {}", known.join(", "))),
            };
            if !unnamed {
                scope.error(
                    &item(path, index),
                    format!("no plugin of this file is called `{}`", shown(&name)),
                    hint.as_deref(),
                );
            }
        }
        seen.push(name);
    }
    if seen.is_empty() {
        scope.warn(path, "no plugin inspects what takes this route");
    }
    seen
}

fn timeouts(scope: &mut Scope<'_>, path: &[Segment], raw: Option<raw::Timeouts>) -> Timeouts {
    let raw = raw.unwrap_or(raw::Timeouts {
        connect: None,
        first_byte: None,
        idle: None,
        total: None,
    });
    let mut read = |key: &str, value: Option<crate::scalars::Span>, default: u64| {
        scope.positive(
            &join(path, [key]),
            value.map_or(Duration::from_secs(default), |value| value.0),
        )
    };
    Timeouts {
        connect: read("connect", raw.connect, 5),
        first_byte: read("first_byte", raw.first_byte, 300),
        idle: read("idle", raw.idle, 120),
        total: read("total", raw.total, 900),
    }
}

fn connections(
    scope: &mut Scope<'_>,
    path: &[Segment],
    raw: Option<raw::Connections>,
) -> ConnectionLimits {
    let raw = raw.unwrap_or(raw::Connections {
        max_connections: None,
        header_bytes: None,
        max_headers: None,
        header_timeout: None,
        body_timeout: None,
        min_body_rate: None,
        tls_timeout: None,
        http2: None,
    });
    let at = |key: &str| join(path, [key]);
    let seconds = |value: Option<crate::scalars::Span>, default| {
        value.map_or(Duration::from_secs(default), |value| value.0)
    };
    let http2 = raw.http2.unwrap_or(raw::Http2 {
        enabled: None,
        max_concurrent_streams: None,
        max_resets: None,
    });
    let streams = http2.max_concurrent_streams.unwrap_or(128);
    let streams = scope.within(
        &join(path, ["http2", "max_concurrent_streams"]),
        streams,
        1,
        65_536,
    );
    let resets = http2.max_resets.unwrap_or(32);
    let resets = scope.within(&join(path, ["http2", "max_resets"]), resets, 1, 65_536);
    let http2 = http2.enabled.unwrap_or(true).then_some(Http2 {
        max_concurrent_streams: u32::try_from(streams).unwrap_or(u32::MAX),
        max_resets: as_usize(resets),
    });
    let max_connections = scope.within(
        &at("max_connections"),
        raw.max_connections.unwrap_or(10_000),
        1,
        1_000_000,
    );
    let header_bytes = scope.within(
        &at("header_bytes"),
        raw.header_bytes.map_or(64 << 10, |size| size.0),
        8 << 10,
        1 << 20,
    );
    let max_headers = scope.within(&at("max_headers"), raw.max_headers.unwrap_or(128), 8, 4096);
    ConnectionLimits {
        max_connections: as_usize(max_connections),
        header_bytes: as_usize(header_bytes),
        max_headers: as_usize(max_headers),
        header_timeout: scope.positive(&at("header_timeout"), seconds(raw.header_timeout, 30)),
        body_timeout: scope.positive(&at("body_timeout"), seconds(raw.body_timeout, 30)),
        min_body_rate: raw.min_body_rate.map_or(1 << 10, |rate| rate.0),
        tls_timeout: scope.positive(&at("tls_timeout"), seconds(raw.tls_timeout, 10)),
        http2,
    }
}

pub(super) fn decision(scope: &mut Scope<'_>, raw: raw::Decision) -> DecisionApi {
    let path = keys(["decision"]);
    let listen = raw.listen.map_or(local(8789), |listen| listen.0);
    let tls = raw.tls.map(tls);
    let insecure = raw.insecure.unwrap_or(false);
    check_listener(scope, &path, listen, tls.is_some(), insecure);
    if raw.tokens.is_none() && !insecure && !listen.ip().is_loopback() {
        scope.error(
            &join(&path, ["listen"]),
            format!("others can reach {listen}, and it asks for no token"),
            Some("add `tokens: { env: NAME }`, listen on 127.0.0.1, or accept it with `insecure: true`"),
        );
    }
    DecisionApi {
        listen,
        tokens: raw.tokens.map(secret),
        tls,
        insecure,
    }
}

pub(super) fn admin(scope: &mut Scope<'_>, raw: &raw::Admin) -> Admin {
    let path = keys(["admin"]);
    let listen = raw.listen.as_ref().map_or(local(8788), |listen| listen.0);
    let insecure = raw.insecure.unwrap_or(false);
    if insecure {
        scope.warn(
            &join(&path, ["insecure"]),
            "anyone who reaches this port can read metrics and versions",
        );
    } else if !listen.ip().is_loopback() {
        scope.error(
            &join(&path, ["listen"]),
            format!("others can reach {listen}, and it has neither TLS nor tokens"),
            Some("listen on 127.0.0.1, or accept it with `insecure: true`"),
        );
    }
    Admin { listen, insecure }
}

/// No two listeners want one address. Port 0 is a free port each time.
pub(super) fn distinct_ports(
    scope: &mut Scope<'_>,
    gateway: Option<&Gateway>,
    decision: Option<&DecisionApi>,
    admin: Option<&Admin>,
) {
    let listeners = [
        ("gateway", gateway.map(|gateway| gateway.listen)),
        ("decision", decision.map(|decision| decision.listen)),
        ("admin", admin.map(|admin| admin.listen)),
    ];
    let mut taken: BTreeMap<SocketAddr, &str> = BTreeMap::new();
    for (section, listen) in listeners {
        let Some(listen) = listen.filter(|listen| listen.port() != 0) else {
            continue;
        };
        if let Some(other) = taken.insert(listen, section) {
            scope.error(
                &keys([section, "listen"]),
                format!("{listen} is taken by `{other}` already"),
                Some("give each section a port of its own"),
            );
        }
    }
}
