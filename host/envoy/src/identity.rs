//! Who is calling, as something in front of the filter has made sure of.

use caponier_core::Principal;
use caponier_decide::{IdentityFrom, Refusal};
use caponier_protocol::ErrorKind;

use crate::headers::Headers;
use crate::host::Host;

/// The filter that verifies tokens, and leaves what they say.
const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// A caller that an identity source vouches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) tenant: Option<String>,
    /// `None`: anonymous.
    pub(crate) principal: Option<Principal>,
}

/// Tells who is calling: the first source that applies counts.
pub(crate) fn identify(
    host: &impl Host,
    headers: &Headers,
    sources: &[IdentityFrom],
) -> Result<Caller, Refusal> {
    if sources.is_empty() {
        return Ok(Caller::default());
    }
    let found = sources.iter().find_map(|source| match source {
        IdentityFrom::JwtAuthn {
            payload,
            id,
            tenant,
            roles,
        } => {
            let claim = |name: &str| claim(host, payload, name);
            let principal = Principal {
                id: claim(id)?,
                roles: roles
                    .as_deref()
                    .map(|name| role_claims(host, payload, name))
                    .unwrap_or_default(),
                claims: Vec::new(),
            };
            Some(Caller {
                tenant: tenant.as_deref().and_then(claim),
                principal: Some(principal),
            })
        }
        IdentityFrom::Headers { id, tenant, roles } => {
            let value = |name: &str| {
                let value = headers.one(&name.to_ascii_lowercase())?.trim();
                (!value.is_empty()).then(|| value.to_owned())
            };
            let principal = Principal {
                id: value(id)?,
                roles: roles
                    .as_deref()
                    .and_then(value)
                    .map(|list| words(&list, &[',']))
                    .unwrap_or_default(),
                claims: Vec::new(),
            };
            Some(Caller {
                tenant: tenant.as_deref().and_then(value),
                principal: Some(principal),
            })
        }
    });
    found.ok_or_else(|| {
        Refusal::new(
            ErrorKind::Unauthenticated,
            "no identity; hint: the filters before this one establish it",
        )
    })
}

/// A claim by its name. A dot goes one level down, unless the name itself has one.
fn raw_claim(host: &impl Host, payload: &str, name: &str) -> Option<Vec<u8>> {
    let path = |parts: &[&str]| {
        let start = ["metadata", "filter_metadata", JWT_AUTHN, payload];
        host.property(&[&start, parts].concat())
            .filter(|value| !value.is_empty())
    };
    path(&[name]).or_else(|| {
        let parts: Vec<&str> = name.split('.').collect();
        (parts.len() > 1).then(|| path(&parts)).flatten()
    })
}

fn claim(host: &impl Host, payload: &str, name: &str) -> Option<String> {
    String::from_utf8(raw_claim(host, payload, name)?).ok()
}

/// Roles: a string with spaces between, or a list.
fn role_claims(host: &impl Host, payload: &str, name: &str) -> Vec<String> {
    let Some(bytes) = raw_claim(host, payload, name) else {
        return Vec::new();
    };
    if let Some(pairs) = pairs(&bytes) {
        // A list's items stand alone in their pairs; an object's have a name beside them.
        let items = pairs.into_iter().filter_map(|pair| match pair {
            (item, empty) | (empty, item) if empty.is_empty() => Some(item),
            _ => None,
        });
        return items
            .filter_map(|item| String::from_utf8(item).ok())
            .filter(|item| !item.is_empty())
            .collect();
    }
    String::from_utf8(bytes).map_or_else(|_| Vec::new(), |text| words(&text, &[' ', ',']))
}

fn words(text: &str, between: &[char]) -> Vec<String> {
    text.split(between)
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Reads pairs as Envoy hands them over: a count, each pair's two lengths, then each pair's bytes,
/// with a zero after each. `None` where it is anything else.
pub(crate) fn pairs(bytes: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let number = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
    };
    let count = number(0)?;
    let mut at = count.checked_mul(8)?.checked_add(4)?;
    if at > bytes.len() {
        return None;
    }
    let mut next = |len: usize| {
        let part = bytes.get(at..at.checked_add(len)?)?.to_vec();
        at = at.checked_add(len)?;
        (bytes.get(at) == Some(&0)).then_some(())?;
        at += 1;
        Some(part)
    };
    let mut pairs = Vec::with_capacity(count);
    for index in 0..count {
        let name = next(number(4 + index * 8)?)?;
        let value = next(number(8 + index * 8)?)?;
        pairs.push((name, value));
    }
    (at == bytes.len()).then_some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(list: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = u32::try_from(list.len()).unwrap().to_le_bytes().to_vec();
        for (name, value) in list {
            for part in [name, value] {
                bytes.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
            }
        }
        for (name, value) in list {
            for part in [name, value] {
                bytes.extend(part.as_bytes());
                bytes.push(0);
            }
        }
        bytes
    }

    #[test]
    fn pairs_are_read_and_nothing_else_is_taken_for_them() {
        let bytes = packed(&[("a", "1"), ("", "xyz")]);
        let read = pairs(&bytes).unwrap();
        assert_eq!(read[1], (b"".to_vec(), b"xyz".to_vec()));
        assert_eq!(pairs(&packed(&[])), Some(vec![]));
        for cut in 0..bytes.len() {
            assert_eq!(pairs(&bytes[..cut]), None, "{cut}");
        }
        for odd in [&b"admin staff"[..], b"\xff\xff\xff\xff", b"\x01\0\0\0"] {
            assert_eq!(pairs(odd), None);
        }
    }
}
