//! JSON Web Tokens against a key set that is a file.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caponier_config::{Claims, Jwt, JwtAlgorithm};
use caponier_core::Principal;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::Caller;

/// Longer tokens are not looked at.
const MAX_TOKEN: usize = 16 * 1024;

/// Why a key set cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JwksError {
    /// Not a key set.
    #[error("not a JSON Web Key Set: {0}")]
    Shape(String),
    /// A key that verifies nothing.
    #[error("keys[{0}] cannot be used to verify signatures")]
    Key(usize),
    /// No key for any accepted algorithm.
    #[error("no key fits the accepted algorithms ({0}); hint: see `algorithms` of this source")]
    NoKey(String),
}

struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    decoding: DecodingKey,
}

/// Checks tokens of one issuer.
pub(crate) struct JwtVerifier {
    keys: Vec<Key>,
    validations: Vec<(Algorithm, Validation)>,
    claims: Claims,
}

impl JwtVerifier {
    pub(crate) fn new(config: &Jwt, jwks: &[u8]) -> Result<Self, JwksError> {
        let set: JwkSet = serde_json::from_slice(jwks).map_err(|error| {
            JwksError::Shape(format!("{:?} at line {}", error.classify(), error.line()))
        })?;
        let validations: Vec<(Algorithm, Validation)> = config
            .algorithms
            .iter()
            .map(|algorithm| {
                let algorithm = registered(*algorithm);
                let mut validation = Validation::new(algorithm);
                validation.leeway = config.leeway.as_secs();
                validation.validate_nbf = true;
                validation.set_issuer(&[&config.issuer]);
                validation.set_audience(&config.audience);
                validation.set_required_spec_claims(&["exp", "iss", "aud"]);
                (algorithm, validation)
            })
            .collect();
        let mut keys = Vec::new();
        for (index, jwk) in set.keys.iter().enumerate() {
            if verifies(jwk) {
                let decoding = DecodingKey::from_jwk(jwk).map_err(|_| JwksError::Key(index))?;
                let algorithm = match jwk.common.key_algorithm {
                    Some(named) => Some(
                        named
                            .to_string()
                            .parse()
                            .map_err(|_| JwksError::Key(index))?,
                    ),
                    None => None,
                };
                keys.push(Key {
                    id: jwk.common.key_id.clone(),
                    algorithm,
                    decoding,
                });
            }
        }
        let fits = |key: &Key| {
            validations
                .iter()
                .any(|(algorithm, _)| key.fits(*algorithm, None))
        };
        if !keys.iter().any(fits) {
            let names: Vec<&str> = config
                .algorithms
                .iter()
                .map(|algorithm| algorithm.as_str())
                .collect();
            return Err(JwksError::NoKey(names.join(", ")));
        }
        Ok(Self {
            keys,
            validations,
            claims: config.claims.clone(),
        })
    }

    /// The caller that a valid token names; `None` for anything else.
    pub(crate) fn verify(&self, token: &str, now: u64) -> Option<Caller> {
        if token.len() > MAX_TOKEN || token.bytes().filter(|byte| *byte == b'.').count() != 2 {
            return None;
        }
        let header = decode_header(token).ok()?;
        if is_critical(token) {
            return None;
        }
        let (_, validation) = self
            .validations
            .iter()
            .find(|(algorithm, _)| *algorithm == header.alg)?;
        let claims = self
            .keys
            .iter()
            .filter(|key| key.fits(header.alg, header.kid.as_deref()))
            .find_map(|key| decode::<Map<String, Value>>(token, &key.decoding, validation).ok())?
            .claims;
        // The library's own clock decides on `exp` and `nbf`; a token from the future is no better.
        let issued = claims.get("iat").and_then(Value::as_f64).unwrap_or(0.0);
        if issued > now as f64 + validation.leeway as f64 {
            return None;
        }
        self.caller(claims)
    }

    fn caller(&self, claims: Map<String, Value>) -> Option<Caller> {
        let id = text(find(&claims, &self.claims.id)?)?;
        let tenant = match &self.claims.tenant {
            // A tenant that was asked for and is not there must not become "no tenant".
            Some(name) => Some(text(find(&claims, name)?)?),
            None => None,
        };
        let roles = self
            .claims
            .roles
            .as_deref()
            .and_then(|name| find(&claims, name))
            .map(list)
            .unwrap_or_default();
        Some(Caller {
            tenant,
            principal: Some(Principal {
                id,
                roles,
                claims: claims
                    .into_iter()
                    .map(|(name, value)| (name, value.to_string()))
                    .collect(),
            }),
            consumed: None,
        })
    }
}

impl Key {
    fn fits(&self, algorithm: Algorithm, id: Option<&str>) -> bool {
        self.decoding.family() == family(algorithm)
            && self.algorithm.is_none_or(|own| own == algorithm)
            && id.is_none_or(|id| self.id.as_deref().is_none_or(|own| own == id))
    }
}

/// Whether a key of the set is meant for signatures and is not a shared secret.
fn verifies(jwk: &Jwk) -> bool {
    let signs = match &jwk.common.public_key_use {
        Some(usage) => *usage == PublicKeyUse::Signature,
        None => true,
    };
    let operates = match &jwk.common.key_operations {
        Some(operations) => operations.contains(&KeyOperations::Verify),
        None => true,
    };
    let public = matches!(
        jwk.algorithm,
        AlgorithmParameters::RSA(_)
            | AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKeyPair(_)
    );
    signs && operates && public
}

/// Whether the token demands an extension. None is understood here, so it has to be refused.
fn is_critical(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(header) else {
        return true;
    };
    match serde_json::from_slice::<Map<String, Value>>(&bytes) {
        Ok(fields) => fields.contains_key("crit"),
        Err(_) => true,
    }
}

/// A claim by its whole name, else by its path.
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

fn registered(algorithm: JwtAlgorithm) -> Algorithm {
    match algorithm {
        JwtAlgorithm::Rs256 => Algorithm::RS256,
        JwtAlgorithm::Rs384 => Algorithm::RS384,
        JwtAlgorithm::Rs512 => Algorithm::RS512,
        JwtAlgorithm::Ps256 => Algorithm::PS256,
        JwtAlgorithm::Ps384 => Algorithm::PS384,
        JwtAlgorithm::Ps512 => Algorithm::PS512,
        JwtAlgorithm::Es256 => Algorithm::ES256,
        JwtAlgorithm::Es384 => Algorithm::ES384,
        JwtAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

fn family(algorithm: Algorithm) -> AlgorithmFamily {
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => AlgorithmFamily::Hmac,
        Algorithm::ES256 | Algorithm::ES384 => AlgorithmFamily::Ec,
        Algorithm::EdDSA => AlgorithmFamily::Ed,
        _ => AlgorithmFamily::Rsa,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jsonwebtoken::{EncodingKey, Header, encode};
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
    use serde_json::json;

    use super::*;

    struct Issuer {
        key: EncodingKey,
        jwks: String,
    }

    fn issuer(id: &str) -> Issuer {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(id.to_owned());
        let jwks = serde_json::to_string(&JwkSet { keys: vec![jwk] }).unwrap();
        Issuer { key, jwks }
    }

    fn config() -> Jwt {
        Jwt {
            jwks: "keys.json".into(),
            issuer: "https://issuer.example".into(),
            audience: vec!["llm".into()],
            algorithms: vec![JwtAlgorithm::Es256, JwtAlgorithm::Rs256],
            claims: Claims {
                id: "sub".into(),
                tenant: Some("org".into()),
                roles: Some("realm.roles".into()),
            },
            leeway: Duration::from_secs(5),
        }
    }

    fn claims() -> Value {
        let now = crate::clock::unix_seconds();
        json!({
            "sub": "ann", "org": "acme", "iss": "https://issuer.example", "aud": ["other", "llm"],
            "exp": now + 60, "nbf": now - 1, "iat": now - 1, "realm": {"roles": ["dev", "ops"]},
        })
    }

    fn token(issuer: &Issuer, claims: &Value, kid: Option<&str>) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = kid.map(str::to_owned);
        encode(&header, claims, &issuer.key).unwrap()
    }

    fn verify(issuer: &Issuer, token: &str) -> Option<Caller> {
        let verifier = JwtVerifier::new(&config(), issuer.jwks.as_bytes()).unwrap();
        verifier.verify(token, crate::clock::unix_seconds())
    }

    #[test]
    fn a_good_token_names_the_caller() {
        let issuer = issuer("k1");
        for kid in [Some("k1"), None] {
            let caller = verify(&issuer, &token(&issuer, &claims(), kid)).unwrap();
            let principal = caller.principal.unwrap();
            assert_eq!(caller.tenant.as_deref(), Some("acme"));
            assert_eq!(
                (principal.id.as_str(), principal.roles),
                ("ann", vec!["dev".to_owned(), "ops".to_owned()])
            );
            assert!(
                principal
                    .claims
                    .contains(&("org".to_owned(), "\"acme\"".to_owned()))
            );
        }
    }

    #[test]
    fn claims_that_do_not_hold_are_refused() {
        let issuer = issuer("k1");
        let now = crate::clock::unix_seconds();
        for (name, value) in [
            ("exp", json!(now - 60)),
            ("exp", Value::Null),
            ("nbf", json!(now + 60)),
            ("iat", json!(now + 600)),
            ("iss", json!("https://other.example")),
            ("iss", Value::Null),
            ("aud", json!("other")),
            ("aud", Value::Null),
            ("sub", Value::Null),
            ("sub", json!("")),
            ("org", Value::Null),
        ] {
            let mut claims = claims();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
            assert_eq!(
                verify(&issuer, &token(&issuer, &claims, Some("k1"))),
                None,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn signatures_that_do_not_hold_are_refused() {
        let (issuer, stranger) = (issuer("k1"), issuer("k1"));
        let good = token(&issuer, &claims(), Some("k1"));
        let (body, signature) = good.rsplit_once('.').unwrap();
        let payload = good.split('.').nth(1).unwrap();
        let encoded = |header: &str| URL_SAFE_NO_PAD.encode(header);
        // The public key as a shared secret: the classic confusion of algorithms.
        let confused = {
            let header = Header::new(Algorithm::HS256);
            encode(
                &header,
                &claims(),
                &EncodingKey::from_secret(issuer.jwks.as_bytes()),
            )
            .unwrap()
        };
        for (what, token) in [
            ("another's key", token(&stranger, &claims(), Some("k1"))),
            ("an unknown key id", token(&issuer, &claims(), Some("k2"))),
            ("no signature", format!("{body}.")),
            (
                "alg none",
                format!("{}.{payload}.", encoded(r#"{"alg":"none"}"#)),
            ),
            (
                "alg None with a signature",
                format!("{}.{payload}.{signature}", encoded(r#"{"alg":"None"}"#)),
            ),
            ("HMAC with the public key", confused),
            (
                "a critical extension",
                format!(
                    "{}.{payload}.{signature}",
                    encoded(r#"{"alg":"ES256","crit":["x"]}"#)
                ),
            ),
            ("two parts", body.to_owned()),
            ("four parts", format!("{good}.x")),
            ("an endless token", format!("{good}{}", "A".repeat(20_000))),
            ("nothing", String::new()),
        ] {
            assert_eq!(verify(&issuer, &token), None, "{what}");
        }
        assert!(verify(&issuer, &good).is_some());
    }

    #[test]
    fn sets_without_a_usable_key_are_refused() {
        let ours = issuer("k1");
        let encryption = ours.jwks.replace("\"kid\"", "\"use\":\"enc\",\"kid\"");
        let secret = r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}]}"#;
        for jwks in [encryption.as_str(), secret, r#"{"keys":[]}"#] {
            assert!(
                matches!(
                    JwtVerifier::new(&config(), jwks.as_bytes()),
                    Err(JwksError::NoKey(_))
                ),
                "{jwks}"
            );
        }
        assert!(matches!(
            JwtVerifier::new(&config(), b"[]"),
            Err(JwksError::Shape(_))
        ));
    }
}
