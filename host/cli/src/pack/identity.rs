//! Who is calling: what the module is told of it, and what must stand before it for that to be true.

use std::path::Path;

use anyhow::{Context as _, bail};
use caponier_config::{Config, IdentitySource, Jwt, JwtAlgorithm};
use caponier_decide::IdentityFrom;
use caponier_runtime::Packable;
use serde_json::{Map, Value, json};

use super::FILTERS;

const HINT: &str = "hint: [{\"headers\": {\"id\": \"x-user\"}}]";

/// Where the module looks. Whoever configured identities for the gateway must say where they come
/// from in Envoy: without, everybody would be anonymous there.
///
/// A bootstrap of ours verifies tokens by itself. Nothing in it could vouch for anything else, and
/// a client that sets a header by itself could be anyone.
pub(super) fn sources(
    file: Option<&Path>,
    has_bootstrap: bool,
    config: &Config,
) -> anyhow::Result<Vec<IdentityFrom>> {
    let configured = config
        .gateway
        .as_ref()
        .map_or(&[][..], |gateway| &gateway.identity);
    match file {
        Some(_) if has_bootstrap => bail!(
            "--identity: nothing in the bootstrap would make sure of what it names, so every client could be whoever it likes; hint: name tokens in `gateway.identity`, or pack without --envoy, behind a filter of yours that sets or strips these values"
        ),
        Some(path) => read(path),
        None if has_bootstrap => {
            let tokens = tokens(configured)?;
            Ok(tokens
                .enumerate()
                .map(|(index, jwt)| from(index, jwt))
                .collect())
        }
        None if configured.is_empty() => Ok(Vec::new()),
        None => bail!(
            "gateway.identity: Envoy verifies tokens itself, so the module must be told where it puts them; hint: --identity FILE"
        ),
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<IdentityFrom>> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let sources: Vec<IdentityFrom> = serde_json::from_slice(&text)
        .with_context(|| format!("{}: not a list of identity sources; {HINT}", path.display()))?;
    if sources.is_empty() {
        bail!("{}: an empty list names nobody; {HINT}", path.display());
    }
    Ok(sources)
}

/// The sources, if all are such as Envoy can verify.
fn tokens(configured: &[IdentitySource]) -> anyhow::Result<impl Iterator<Item = &Jwt>> {
    for (index, source) in configured.iter().enumerate() {
        if let IdentitySource::ApiKeys(_) = source {
            bail!(
                "gateway.identity[{index}].api_keys: Envoy knows no hashed keys; hint: pack without --envoy, behind a filter that knows the callers, and name what it sets by --identity"
            );
        }
    }
    Ok(configured.iter().filter_map(|source| match source {
        IdentitySource::Jwt(jwt) => Some(jwt),
        IdentitySource::ApiKeys(_) => None,
    }))
}

/// Under which name a verified token's claims are found. Istio uses the first.
fn payload(index: usize) -> String {
    match index {
        0 => "payload".to_owned(),
        _ => format!("payload-{index}"),
    }
}

fn from(index: usize, jwt: &Jwt) -> IdentityFrom {
    IdentityFrom::JwtAuthn {
        payload: payload(index),
        id: jwt.claims.id.clone(),
        tenant: jwt.claims.tenant.clone(),
        roles: jwt.claims.roles.clone(),
    }
}

/// The filter that verifies the tokens which the configuration names: whoever has none of them does
/// not get past it. `None`: everybody is anonymous.
pub(super) fn verifier(made: &Packable) -> anyhow::Result<Option<Value>> {
    let configured = made
        .config
        .gateway
        .as_ref()
        .map_or(&[][..], |gateway| &gateway.identity);
    let mut providers = Map::new();
    let mut names = Vec::new();
    for (index, jwt) in tokens(configured)?.enumerate() {
        let keys = made
            .files
            .bytes(&jwt.jwks)
            .and_then(|bytes| keys(bytes, &jwt.algorithms))
            .with_context(|| {
                let names: Vec<&str> = jwt.algorithms.iter().map(|it| it.as_str()).collect();
                format!(
                    "gateway.identity[{index}].jwt.jwks: {}: no key set with a key for {}",
                    jwt.jwks,
                    names.join(", ")
                )
            })?;
        let name = payload(index);
        providers.insert(
            name.clone(),
            json!({
                "issuer": jwt.issuer,
                "audiences": jwt.audience,
                "local_jwks": {"inline_string": keys.to_string()},
                "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}],
                "payload_in_metadata": name,
                "require_expiration": true,
                // 0 would mean a minute.
                "clock_skew_seconds": jwt.leeway.as_secs().max(1),
                "forward": false,
            }),
        );
        names.push(json!({"provider_name": name}));
    }
    let requires = match names.as_slice() {
        [] => return Ok(None),
        [one] => one.clone(),
        _ => json!({"requires_any": {"requirements": names}}),
    };
    Ok(Some(json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": format!("{FILTERS}.http.jwt_authn.v3.JwtAuthentication"),
            "providers": providers,
            "rules": [{"match": {"prefix": "/"}, "requires": requires}],
        },
    })))
}

/// The public keys of a set that verify signatures of these algorithms, each with the one algorithm
/// that it is for: Envoy goes by what the key says, and would take a shared secret, too.
fn keys(set: &[u8], algorithms: &[JwtAlgorithm]) -> Option<Value> {
    let set: Value = serde_json::from_slice(set).ok()?;
    let mut usable = Vec::new();
    for key in set.get("keys")?.as_array()? {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let signs = match key.get("use") {
            Some(usage) => usage == "sig",
            None => true,
        };
        let verifies = match key.get("key_ops") {
            Some(operations) => operations.as_array()?.iter().any(|it| it == "verify"),
            None => true,
        };
        if !signs || !verifies {
            continue;
        }
        for algorithm in algorithms {
            let name = algorithm.as_str();
            let members: &[&str] = match (algorithm, text("kty"), text("crv")) {
                (JwtAlgorithm::Es256, Some("EC"), Some("P-256"))
                | (JwtAlgorithm::Es384, Some("EC"), Some("P-384")) => &["crv", "x", "y"],
                (JwtAlgorithm::EdDsa, Some("OKP"), Some("Ed25519")) => &["crv", "x"],
                (
                    JwtAlgorithm::Rs256
                    | JwtAlgorithm::Rs384
                    | JwtAlgorithm::Rs512
                    | JwtAlgorithm::Ps256
                    | JwtAlgorithm::Ps384
                    | JwtAlgorithm::Ps512,
                    Some("RSA"),
                    _,
                ) => &["n", "e"],
                _ => continue,
            };
            if text("alg").is_some_and(|own| own != name) {
                continue;
            }
            // Nothing else: a set may hold private members.
            let mut public = Map::new();
            for member in members.iter().chain(&["kty", "kid"]) {
                if let Some(value) = key.get(*member) {
                    public.insert((*member).to_owned(), value.clone());
                }
            }
            public.insert("alg".into(), json!(name));
            usable.push(Value::Object(public));
        }
    }
    (!usable.is_empty()).then(|| json!({"keys": usable}))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn usable(keys: Value, algorithms: &[JwtAlgorithm]) -> Option<Value> {
        super::keys(json!({"keys": keys}).to_string().as_bytes(), algorithms)
    }

    #[test]
    fn a_key_is_for_the_algorithms_that_are_accepted() {
        let rsa = json!([{"kty": "RSA", "kid": "a", "n": "AQ", "e": "AQAB", "d": "private"}]);
        let algorithms = [
            JwtAlgorithm::Rs256,
            JwtAlgorithm::Ps256,
            JwtAlgorithm::Es256,
        ];
        let expected = json!({"keys": [
            {"kty": "RSA", "kid": "a", "n": "AQ", "e": "AQAB", "alg": "RS256"},
            {"kty": "RSA", "kid": "a", "n": "AQ", "e": "AQAB", "alg": "PS256"},
        ]});
        assert_eq!(usable(rsa, &algorithms), Some(expected));
    }

    #[test]
    fn what_verifies_nothing_is_left_out() {
        let all = [
            JwtAlgorithm::Rs256,
            JwtAlgorithm::Es256,
            JwtAlgorithm::EdDsa,
        ];
        for key in [
            json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}),
            json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "use": "enc"}),
            json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "key_ops": ["encrypt"]}),
            json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "alg": "RS512"}),
            json!({"kty": "EC", "crv": "P-521", "x": "AQ", "y": "AQ"}),
        ] {
            assert_eq!(usable(json!([key]), &all), None, "{key}");
        }
        assert_eq!(super::keys(b"[]", &all), None);
        assert_eq!(super::keys(b"{", &all), None);
    }
}
