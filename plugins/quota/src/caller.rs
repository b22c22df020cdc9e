//! Whose count it is.

use caponier_sdk::Context;

use crate::settings::{Anonymous, Per};

/// What stands for the caller in a counter's key; `None` where they are not counted. Each part says
/// how long it is, or is of a form that no other has, so that no name reads like another's.
pub(crate) fn caller(context: &Context, anonymous: Anonymous) -> Option<String> {
    if let Some(principal) = &context.principal {
        return Some(named('p', &principal.id));
    }
    match anonymous {
        Anonymous::Ignore => None,
        Anonymous::Together => Some("anonymous".to_owned()),
        Anonymous::Client => Some(match context.attribute("client") {
            Some(address) => named('c', &network(address)),
            None => "anonymous".to_owned(),
        }),
    }
}

/// The key of a limit for this request, without the limit's own part.
pub(crate) fn key(context: &Context, per: &[Per], anonymous: Anonymous) -> Option<String> {
    let mut key = String::new();
    for part in per {
        key.push('/');
        match part {
            Per::Principal => key.push_str(&caller(context, anonymous)?),
            // The host keeps tenants apart.
            Per::Tenant => {}
            Per::Model => key.push_str(&named('m', context.model.as_deref().unwrap_or_default())),
            Per::Route => key.push_str(&named('r', &context.route)),
        }
    }
    Some(key)
}

fn named(kind: char, name: &str) -> String {
    format!("{kind}{}:{name}", name.len())
}

/// An address, of IPv6 its first 64 bits: a customer has as many addresses as they like.
fn network(address: &str) -> String {
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(address) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use caponier_sdk::Principal;

    use super::*;

    fn context(principal: Option<&str>, client: Option<&str>) -> Context {
        let principal = principal.map(|id| Principal {
            id: id.to_owned(),
            roles: Vec::new(),
        });
        let client = client.map(|client| ("client".to_owned(), client.to_owned()));
        Context {
            principal,
            attributes: client.into_iter().collect(),
            ..Context::default()
        }
    }

    #[test]
    fn callers_are_told_apart() {
        let of = |principal, client, anonymous| caller(&context(principal, client), anonymous);
        assert_eq!(of(Some("ann"), None, Anonymous::Ignore).unwrap(), "p3:ann");
        assert_eq!(of(None, Some("192.0.2.1"), Anonymous::Ignore), None);
        assert_eq!(
            of(None, Some("192.0.2.1"), Anonymous::Client).unwrap(),
            "c9:192.0.2.1"
        );
        assert_eq!(
            of(None, Some("2001:db8::1"), Anonymous::Client),
            of(None, Some("2001:db8:0:0:ffff::2"), Anonymous::Client),
        );
        assert_ne!(
            of(None, Some("2001:db8::1"), Anonymous::Client),
            of(None, Some("2001:db8:0:1::1"), Anonymous::Client),
        );
        assert_eq!(of(None, None, Anonymous::Client).unwrap(), "anonymous");
    }

    #[test]
    fn no_name_reads_like_anothers() {
        let per = [Per::Principal, Per::Model];
        let mut first = context(Some("ann/m1:x"), None);
        first.model = Some("y".to_owned());
        let mut second = context(Some("ann"), None);
        second.model = Some("x/m1:y".to_owned());
        let of = |context| key(context, &per, Anonymous::Ignore);
        assert_ne!(of(&first), of(&second));
        assert_eq!(key(&first, &[Per::Tenant], Anonymous::Ignore).unwrap(), "/");
    }
}
