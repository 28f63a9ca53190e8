//! The certificate that endpoints show, and the authority that it comes from: made at start, kept in memory.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// The names of every endpoint.
const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A key could not be made, or nothing be signed with it.
    #[error("signing a certificate")]
    Sign(#[from] rcgen::Error),
    /// The TLS library does not take it.
    #[error("serving a certificate")]
    Serve(#[from] rustls::Error),
}

/// The authority in PEM, and what answers a client that asks for TLS.
pub(super) fn make() -> Result<(String, TlsAcceptor), CertificateError> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    authority
        .distinguished_name
        .push(DnType::CommonName, "embedded RDS");
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let shown = CertificateParams::new(NAMES.map(str::to_owned))?.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![shown.der().clone()], key)?;
    Ok((issuer.pem(), TlsAcceptor::from(Arc::new(config))))
}
