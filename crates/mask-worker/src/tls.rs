//! TLS towards the database: the server's certificate must come from the configured authorities.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;
use crate::target::Target;

/// The configuration; none where no authorities are configured.
pub(crate) fn client_config(target: &Target) -> Result<Option<ClientConfig>, Error> {
    let Some(path) = &target.authorities else {
        return Ok(None);
    };
    let unreadable = || Error::Authorities(path.display().to_string());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unreadable())? {
        roots
            .add(certificate.map_err(|_| unreadable())?)
            .map_err(|_| unreadable())?;
    }
    Ok(Some(
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    ))
}
