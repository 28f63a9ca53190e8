//! The certificate that endpoints show, and the authority that it comes from: made at start, kept in memory.

use std::fmt;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
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
    /// It does not read back.
    #[error("reading a certificate")]
    Read(#[from] rustls::pki_types::pem::Error),
    /// The TLS library does not take it.
    #[error("serving a certificate")]
    Serve(#[from] rustls::Error),
}

/// A server's certificate, all in PEM.
#[derive(Clone)]
pub struct Certificate {
    /// The authority that it comes from: what clients are told to trust.
    pub authority: String,
    /// The certificate itself, for 127.0.0.1 and `localhost`.
    pub shown: String,
    /// Its private key.
    pub key: String,
}

impl fmt::Debug for Certificate {
    /// Everything but the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("shown", &self.shown)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// Makes an authority and a certificate of it. The authority's own key is forgotten.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn make() -> Result<Self, CertificateError> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        authority
            .distinguished_name
            .push(DnType::CommonName, "embedded RDS");
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let shown = CertificateParams::new(NAMES.map(str::to_owned))?.signed_by(&key, &issuer)?;
        Ok(Self {
            authority: issuer.pem(),
            shown: shown.pem(),
            key: key.serialize_pem(),
        })
    }

    /// What answers a client that asks for TLS.
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, CertificateError> {
        let shown = CertificateDer::from_pem_slice(self.shown.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![shown], key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
