//! Who is calling, as something in front of the filter has made sure of.

use caponier_core::Principal;
use caponier_decide::{IdentityFrom, Refusal};
use caponier_protocol::ErrorKind;

use crate::headers::Headers;
use crate::host::{Host, Property};

/// The filter that verifies tokens, and leaves what they say.
const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// A caller that an identity source vouches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) tenant: Option<String>,
    /// `None`: anonymous.
    pub(crate) principal: Option<Principal>,
}

/// A source does not say who is calling in a way that can be read: that is not the same as saying
/// nothing.
struct Unreadable;

/// Tells who is calling: the first source that applies counts.
pub(crate) fn identify(
    host: &impl Host,
    headers: &Headers,
    sources: &[IdentityFrom],
) -> Result<Caller, Refusal> {
    if sources.is_empty() {
        return Ok(Caller::default());
    }
    for source in sources {
        match from(host, headers, source) {
            Ok(Some(caller)) => return Ok(caller),
            Ok(None) => {}
            Err(Unreadable) => {
                return Err(Refusal::new(
                    ErrorKind::Unauthenticated,
                    "the identity cannot be read; hint: each part of it is text, there once, and complete",
                ));
            }
        }
    }
    Err(Refusal::new(
        ErrorKind::Unauthenticated,
        "no identity; hint: the filters before this one establish it",
    ))
}

/// What one source says; nothing, where it does not apply.
fn from(
    host: &impl Host,
    headers: &Headers,
    source: &IdentityFrom,
) -> Result<Option<Caller>, Unreadable> {
    let (id, tenant, roles) = match source {
        IdentityFrom::JwtAuthn {
            payload,
            id,
            tenant,
            roles,
        } => {
            let claim = |name: &String| claim(host, payload, name);
            let Some(id) = claim(id)? else {
                return Ok(None);
            };
            let roles = match roles {
                Some(name) => role_claims(host, payload, name)?,
                None => Vec::new(),
            };
            (id, tenant.as_ref().map(claim), roles)
        }
        IdentityFrom::Headers { id, tenant, roles } => {
            let value = |name: &String| value(headers, name);
            let Some(id) = value(id)? else {
                return Ok(None);
            };
            let list = roles.as_ref().map(value).transpose()?.flatten();
            let roles = list.map_or_else(Vec::new, |list| words(&list, &[',']));
            (id, tenant.as_ref().map(value), roles)
        }
    };
    // A caller of no tenant is not what a source with tenants vouches for.
    let tenant = match tenant {
        Some(tenant) => Some(tenant?.ok_or(Unreadable)?),
        None => None,
    };
    Ok(Some(Caller {
        tenant,
        principal: Some(Principal {
            id,
            roles,
            claims: Vec::new(),
        }),
    }))
}

/// A header by its name.
fn value(headers: &Headers, name: &str) -> Result<Option<String>, Unreadable> {
    let name = name.to_ascii_lowercase();
    if !headers.has(&name) {
        return Ok(None);
    }
    let value = headers.one(&name).ok_or(Unreadable)?.trim();
    readable(value.as_bytes().to_vec())
}

/// Text of a name: anything else, such as a number's bytes, names nobody.
fn readable(bytes: Vec<u8>) -> Result<Option<String>, Unreadable> {
    let text = String::from_utf8(bytes).map_err(|_| Unreadable)?;
    if text.contains(char::is_control) {
        return Err(Unreadable);
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A claim by its name. A dot goes one level down, unless the name itself has one.
fn raw_claim(host: &impl Host, payload: &str, name: &str) -> Result<Option<Vec<u8>>, Unreadable> {
    let path = |parts: &[&str]| {
        let start = ["metadata", "filter_metadata", JWT_AUTHN, payload];
        match host.property(&[&start, parts].concat()) {
            Property::Found(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            Property::Absent => Ok(None),
            Property::Unreadable => Err(Unreadable),
        }
    };
    let whole = path(&[name])?;
    let parts: Vec<&str> = name.split('.').collect();
    match whole {
        None if parts.len() > 1 => path(&parts),
        whole => Ok(whole),
    }
}

fn claim(host: &impl Host, payload: &str, name: &str) -> Result<Option<String>, Unreadable> {
    raw_claim(host, payload, name)?.map_or(Ok(None), readable)
}

/// Roles: a string with spaces between, or a list.
fn role_claims(host: &impl Host, payload: &str, name: &str) -> Result<Vec<String>, Unreadable> {
    let Some(bytes) = raw_claim(host, payload, name)? else {
        return Ok(Vec::new());
    };
    if let Some(pairs) = pairs(&bytes) {
        // A list's items stand alone in their pairs; an object's have a name beside them.
        let items = pairs.into_iter().filter_map(|pair| match pair {
            (item, empty) | (empty, item) if empty.is_empty() => Some(item),
            _ => None,
        });
        return Ok(items
            .filter_map(|item| String::from_utf8(item).ok())
            .filter(|item| !item.is_empty())
            .collect());
    }
    let text = readable(bytes)?.unwrap_or_default();
    Ok(words(&text, &[' ', ',']))
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
