//! TLS on both sides, by rustls.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// Why certificates or keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// No certificate in the file, or a damaged one.
    #[error(
        "holds no readable PEM certificate; hint: it begins with `-----BEGIN CERTIFICATE-----`"
    )]
    Certificate,
    /// No key in the file, or a damaged one.
    #[error(
        "holds no readable PEM private key; hint: it begins with `-----BEGIN PRIVATE KEY-----`"
    )]
    Key,
    /// Key and certificate are not of one pair, or of a sort that is not supported.
    #[error("certificate and key do not work together: {0}")]
    Pair(rustls::Error),
    /// The protocol versions are not available.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// How a listener speaks TLS.
pub(crate) fn server(cert: &[u8], key: &[u8], http2: bool) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(cert)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    if http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(Arc::new(config))
}

/// How upstreams are spoken to: with the public authorities, or with those of `trusted` instead.
pub(crate) fn client(trusted: Option<&[u8]>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    match trusted {
        Some(pem) => {
            for certificate in certificates(pem)? {
                roots.add(certificate).map_err(TlsError::Pair)?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(Arc::new(config))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::Certificate);
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_do_not_match_are_refused() {
        let ours = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (cert, key) = (ours.cert.pem(), ours.signing_key.serialize_pem());
        let config = server(cert.as_bytes(), key.as_bytes(), true).unwrap();
        assert_eq!(
            config.alpn_protocols,
            [b"h2".to_vec(), b"http/1.1".to_vec()]
        );
        let foreign = other.signing_key.serialize_pem();
        assert!(matches!(
            server(cert.as_bytes(), foreign.as_bytes(), true),
            Err(TlsError::Pair(_))
        ));
        assert!(matches!(
            server(b"", key.as_bytes(), true),
            Err(TlsError::Certificate)
        ));
        assert!(matches!(
            server(cert.as_bytes(), b"", true),
            Err(TlsError::Key)
        ));
        assert!(matches!(client(Some(b"junk")), Err(TlsError::Certificate)));
        assert!(client(None).is_ok() && client(Some(cert.as_bytes())).is_ok());
    }
}
