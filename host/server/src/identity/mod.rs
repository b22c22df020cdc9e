//! Who is calling: signed tokens and API keys.

mod api_keys;
mod jwt;

use std::sync::Arc;

use caponier_core::Principal;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName};

pub(crate) use api_keys::ApiKeyRing;
pub use api_keys::hash_api_key;
pub(crate) use jwt::JwtVerifier;

/// Headers in which clients of model APIs send a key, beside `Authorization: Bearer`.
pub(crate) const KEY_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
];

/// A caller that an identity source vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The tenant, where the source names one.
    pub(crate) tenant: Option<String>,
    /// Who it is. `None`: anonymous.
    pub(crate) principal: Option<Principal>,
    /// The header that held the credential. It was meant for the gateway and does not go further.
    pub(crate) consumed: Option<HeaderName>,
}

impl Caller {
    const ANONYMOUS: Self = Self {
        tenant: None,
        principal: None,
        consumed: None,
    };
}

/// Why a caller is not let in. Says nothing of the credential itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unidentified {
    /// No credential where one is looked for.
    #[error("no credential; hint: send `Authorization: Bearer <token or key>`")]
    Missing,
    /// The header stands there twice, so two readers could take different ones.
    #[error("more than one credential in one header; hint: send it once")]
    Ambiguous,
    /// No source accepts it.
    #[error("the credential is not valid here, or no longer")]
    Invalid,
}

/// One configured source.
pub(crate) enum Source {
    /// Signed tokens.
    Jwt(JwtVerifier),
    /// Hashed keys.
    ApiKeys(Arc<ApiKeyRing>),
}

/// The configured sources, in order. Without any, every caller is anonymous.
#[derive(Default)]
pub(crate) struct Identity {
    sources: Vec<Source>,
}

impl Identity {
    pub(crate) fn new(sources: Vec<Source>) -> Self {
        Self { sources }
    }

    /// Tells who is calling: the first source that accepts a credential counts.
    pub(crate) fn identify(&self, headers: &HeaderMap, now: u64) -> Result<Caller, Unidentified> {
        if self.sources.is_empty() {
            return Ok(Caller::ANONYMOUS);
        }
        let credentials = credentials(headers)?;
        if credentials.is_empty() {
            return Err(Unidentified::Missing);
        }
        for source in &self.sources {
            for (header, credential) in &credentials {
                let accepted = match source {
                    Source::Jwt(_) if *header != AUTHORIZATION => None,
                    Source::Jwt(verifier) => verifier.verify(credential, now),
                    Source::ApiKeys(ring) => ring.find(credential),
                };
                if let Some(mut caller) = accepted {
                    caller.consumed = Some(header.clone());
                    return Ok(caller);
                }
            }
        }
        Err(Unidentified::Invalid)
    }
}

/// What the request carries as credentials, each once at most.
fn credentials(headers: &HeaderMap) -> Result<Vec<(HeaderName, &str)>, Unidentified> {
    let mut found = Vec::with_capacity(1);
    if let Some(value) = single(headers, &AUTHORIZATION)? {
        match bearer(value) {
            Some(token) => found.push((AUTHORIZATION, token)),
            None => return Err(Unidentified::Invalid),
        }
    }
    for name in &KEY_HEADERS {
        if let Some(value) = single(headers, name)? {
            found.push((name.clone(), value));
        }
    }
    Ok(found)
}

fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Unidentified> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Unidentified::Ambiguous);
    }
    value
        .to_str()
        .map(|text| Some(text.trim()))
        .map_err(|_| Unidentified::Invalid)
}

/// The token of `Bearer <token>`.
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Identity {
        let file = format!(
            "keys:\n  - {{hash: \"{}\", id: ann, tenant: acme, roles: [dev]}}\n",
            hash_api_key("cap-test-key")
        );
        Identity::new(vec![Source::ApiKeys(Arc::new(
            ApiKeyRing::read(file.as_bytes()).unwrap(),
        ))])
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn without_sources_everyone_is_anonymous() {
        let caller = Identity::default()
            .identify(&headers(&[("authorization", "Bearer x")]), 0)
            .unwrap();
        assert_eq!(caller, Caller::ANONYMOUS);
    }

    #[test]
    fn a_key_is_taken_from_any_of_its_headers_and_from_nowhere_else() {
        for header in ["x-api-key", "api-key"] {
            let caller = keys()
                .identify(&headers(&[(header, "cap-test-key")]), 0)
                .unwrap();
            assert_eq!(caller.principal.unwrap().id, "ann");
            assert_eq!(caller.consumed.unwrap(), header);
        }
        let bearer = keys()
            .identify(&headers(&[("authorization", "bearer  cap-test-key")]), 0)
            .unwrap();
        assert_eq!(
            (bearer.tenant.as_deref(), bearer.consumed),
            (Some("acme"), Some(AUTHORIZATION))
        );
        for (pairs, why) in [
            (&[][..], Unidentified::Missing),
            (&[("x-caponier-principal", "ann")], Unidentified::Missing),
            (
                &[("authorization", "Basic cap-test-key")],
                Unidentified::Invalid,
            ),
            (&[("authorization", "cap-test-key")], Unidentified::Invalid),
            (
                &[("authorization", "Bearer cap-test-kez")],
                Unidentified::Invalid,
            ),
            (
                &[
                    ("authorization", "Bearer cap-test-key"),
                    ("authorization", "Bearer other"),
                ],
                Unidentified::Ambiguous,
            ),
        ] {
            assert_eq!(keys().identify(&headers(pairs), 0), Err(why), "{pairs:?}");
        }
    }
}
