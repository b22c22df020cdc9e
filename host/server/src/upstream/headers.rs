//! Which headers go on, and which do not.

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue,
};

use crate::identity::KEY_HEADERS;

/// Headers of the gateway's own; nobody else may set them.
const OWN_PREFIX: &str = "x-caponier-";

/// Takes out what concerns one connection only, and what is only the gateway's to say.
pub(crate) fn clean(headers: &mut HeaderMap) {
    clean_and(headers, |_| false);
}

/// The same, with more that is unwanted: one pass over what there is, for few of the names that
/// could be there ever are.
fn clean_and(headers: &mut HeaderMap, is_unwanted: impl Fn(&str) -> bool) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        // The usual ones go anyway, or are no header.
        .filter(|name| !is_hop_by_hop(name) && *name != "close")
        .filter_map(|name| name.parse().ok())
        .collect();
    let unwanted: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            let text = name.as_str();
            is_hop_by_hop(text) || is_own(text) || is_unwanted(text)
        })
        .cloned()
        .collect();
    for name in named.iter().chain(&unwanted) {
        headers.remove(name);
    }
}

/// Headers that concern one connection only.
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "http2-settings"
    )
}

fn is_own(name: &str) -> bool {
    name.len() >= OWN_PREFIX.len()
        && name
            .bytes()
            .zip(OWN_PREFIX.bytes())
            .all(|(byte, own)| byte == own || (byte == b'_' && own == b'-'))
}

/// What a route sends as its own credentials, in either way that model APIs take a key.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// `Bearer <key>`, for `authorization`.
    bearer: HeaderValue,
    /// The key alone, for `x-api-key`.
    key: HeaderValue,
}

impl Credentials {
    /// `None` for what does not fit into a header.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        let sensitive = |bytes: &[u8]| {
            let mut value = HeaderValue::from_bytes(bytes).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        Some(Self {
            bearer: sensitive(&[b"Bearer ", key].concat())?,
            key: sensitive(key).filter(|key| !key.is_empty())?,
        })
    }

    fn put(&self, headers: &mut HeaderMap) {
        // Whoever speaks to an API of this family has to say so.
        match headers.contains_key("anthropic-version") {
            true => headers.insert("x-api-key", self.key.clone()),
            false => headers.insert(AUTHORIZATION, self.bearer.clone()),
        };
    }
}

/// Makes a client's headers into those for an upstream.
pub(crate) fn outgoing(
    headers: &mut HeaderMap,
    host: &HeaderValue,
    consumed: Option<&HeaderName>,
    credentials: Option<&Credentials>,
) {
    clean_and(headers, |name| {
        let is_key = || name == "authorization" || KEY_HEADERS.iter().any(|key| key == name);
        matches!(name, "expect" | "content-length")
            || consumed.is_some_and(|consumed| consumed == name)
            || (credentials.is_some() && is_key())
    });
    if let Some(credentials) = credentials {
        credentials.put(headers);
    }
    headers.insert(HOST, host.clone());
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
}

/// Makes an upstream's headers into those for the client. The body that follows is another one.
pub(crate) fn incoming(headers: &mut HeaderMap) {
    clean_and(headers, |name| {
        matches!(
            name,
            "content-length"
                | "content-encoding"
                // Digests and tags of the upstream's bytes; ours may differ.
                | "etag"
                | "content-md5"
                | "digest"
                | "content-digest"
                | "repr-digest"
                | "accept-ranges"
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn only_what_is_end_to_end_goes_on() {
        let mut headers = map(&[
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "Basic x"),
            ("content-length", "3"),
            ("expect", "100-continue"),
            ("accept-encoding", "gzip"),
            ("host", "gateway"),
            ("x-caponier-action", "allow"),
            ("x-caponier-", "x"),
            ("x_caponier_principal", "root"),
            ("content-type", "application/json"),
            ("authorization", "Bearer client"),
            ("user-agent", "a"),
        ]);
        outgoing(
            &mut headers,
            &HeaderValue::from_static("api.example"),
            None,
            None,
        );
        assert_eq!(
            names(&headers),
            [
                "accept-encoding",
                "authorization",
                "content-type",
                "host",
                "user-agent"
            ]
        );
        assert_eq!(headers["host"], "api.example");
        assert_eq!(headers["accept-encoding"], "identity");
        assert_eq!(headers["authorization"], "Bearer client");
    }

    #[test]
    fn credentials_of_the_route_replace_the_clients_and_those_meant_for_the_gateway_stay() {
        let pairs = [
            ("authorization", "Bearer client"),
            ("x-api-key", "k"),
            ("api-key", "k"),
        ];
        let host = HeaderValue::from_static("h");
        let route = Credentials::new(b"route").unwrap();
        let mut replaced = map(&pairs);
        outgoing(&mut replaced, &host, None, Some(&route));
        assert_eq!(replaced["authorization"], "Bearer route");
        assert!(!replaced.contains_key("x-api-key") && !replaced.contains_key("api-key"));
        let mut other = map(&pairs);
        other.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        outgoing(&mut other, &host, None, Some(&route));
        assert_eq!(other["x-api-key"], "route");
        assert!(!other.contains_key("authorization") && !other.contains_key("api-key"));
        assert!(Credentials::new(b"").is_none() && Credentials::new(b"a\nb").is_none());
        let mut consumed = map(&pairs);
        outgoing(&mut consumed, &host, Some(&KEY_HEADERS[0]), None);
        assert_eq!(
            names(&consumed),
            ["accept-encoding", "api-key", "authorization", "host"]
        );
    }

    #[test]
    fn an_upstream_cannot_speak_for_the_gateway() {
        let mut headers = map(&[
            ("x-caponier-action", "allow"),
            ("content-encoding", "gzip"),
            ("content-length", "9"),
            ("etag", "x"),
            ("x-request-id", "1"),
            ("set-cookie", "a=b"),
            ("connection", "keep-alive"),
        ]);
        incoming(&mut headers);
        assert_eq!(names(&headers), ["set-cookie", "x-request-id"]);
    }
}
