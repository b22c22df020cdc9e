//! Where a redirect may lead: nowhere that is weaker than where it comes from.

use http::Uri;

use crate::reference::is_loopback;
use crate::transport::authority;

/// Where a redirect of a blob leads, if it may be followed.
pub(crate) fn follow(from: &Uri, location: &str) -> Result<Uri, &'static str> {
    let to = resolve(from, location).ok_or("it leads to no URL")?;
    match (from.scheme_str(), to.scheme_str()) {
        (_, Some("https")) => Ok(to),
        (Some("https"), _) => Err("it leads from https to something weaker"),
        (Some("http"), Some("http")) if is_loopback(&authority(&to)) => Ok(to),
        _ => Err("it leaves this machine without TLS"),
    }
}

/// A location, which may lack scheme and host.
pub(crate) fn resolve(base: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next()?;
    let to: Uri = if let Some(rest) = location.strip_prefix("//") {
        format!("{}://{rest}", base.scheme_str()?).parse().ok()?
    } else if location.starts_with('/') {
        format!("{}://{}{location}", base.scheme_str()?, base.authority()?)
            .parse()
            .ok()?
    } else {
        location.parse().ok()?
    };
    let has_user = to.authority()?.as_str().contains('@');
    (matches!(to.scheme_str(), Some("http" | "https")) && !has_user).then_some(to)
}

pub(crate) fn same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        })
    };
    a.scheme() == b.scheme() && a.host() == b.host() && a.host().is_some() && port(a) == port(b)
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::{follow, same_origin};

    #[test]
    fn redirects_never_get_weaker() {
        let tls = Uri::from_static("https://ghcr.io/v2/a/blobs/x");
        let plain = Uri::from_static("http://127.0.0.1:5000/v2/a/blobs/x");
        let target = |from: &Uri, to: &str| follow(from, to).map(|uri| uri.to_string());
        assert_eq!(
            target(&tls, "https://cdn.example/x?sig=1"),
            Ok("https://cdn.example/x?sig=1".to_owned())
        );
        assert_eq!(target(&tls, "/y"), Ok("https://ghcr.io/y".to_owned()));
        assert_eq!(
            target(&tls, "//cdn.example/y"),
            Ok("https://cdn.example/y".to_owned())
        );
        assert_eq!(
            target(&plain, "http://localhost:1/y"),
            Ok("http://localhost:1/y".to_owned())
        );
        for (from, to) in [
            (&tls, "http://ghcr.io/y"),
            (&tls, "http://127.0.0.1/y"),
            (&tls, "file:///etc/passwd"),
            (&tls, "https://user:pw@ghcr.io/y"),
            (&tls, ""),
            (&tls, "y"),
            (&plain, "http://cdn.example/y"),
            (&plain, "http://169.254.169.254/latest"),
            (&plain, "ftp://127.0.0.1/y"),
        ] {
            assert!(follow(from, to).is_err(), "{from} to {to}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let home = Uri::from_static("https://ghcr.io/v2/");
        assert!(same_origin(
            &home,
            &Uri::from_static("https://ghcr.io:443/x")
        ));
        for other in [
            "http://ghcr.io/v2/",
            "https://ghcr.io:444/v2/",
            "https://ghcr.io.evil.example/v2/",
            "/v2/",
        ] {
            assert!(!same_origin(&home, &Uri::from_static(other)), "{other}");
        }
    }
}
